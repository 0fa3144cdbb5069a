"""Sending an order part by part: what is sent, what is left, and when it is done."""

from decimal import Decimal

import pytest

from catalog.models import Variant
from checkout.services.refunding import send_refund
from orders.errors import IllegalTransition, UnknownOrder
from orders.models import Fulfilment, OutboxMessage
from orders.services.fulfilling import fulfil_order
from orders.services.paying import cancel_paid_order, end_order, record_payment
from orders.services.refunding import refund_order
from orders.services.timeline import Actor
from pycommerce.core.errors import InvalidRequest
from pycommerce.core.ids import uuid7
from tests.factories import make_order, make_product


@pytest.fixture
def order(tech):
    """Paid: 3 lamps and 3 chairs."""
    return paid(make_order(make_product("Lamp"), make_product("Chair"), quantity=3))


def paid(order):
    return record_payment(
        order_id=order.pk,
        amount=order.total,
        currency=order.currency,
        provider="manual",
        provider_id=f"pi_{order.pk.hex}",
    )


def state(order):
    order.refresh_from_db()
    return order.status, [line.fulfilled for line in order.line_items.all()]


def send(order, *units, **fields):
    lines = order.line_items.all()
    items = {line.pk: count for line, count in zip(lines, units, strict=True) if count}
    return fulfil_order(order_id=order.pk, items=items, **fields)


def test_an_order_is_sent_part_by_part_until_nothing_is_left(order):
    send(order, 1, 0, carrier="UPS", tracking_number="1Z1")
    assert state(order) == ("processing", [1, 0])
    send(order, 1, 2)
    assert state(order) == ("processing", [2, 2])
    fulfil_order(order_id=order.pk, carrier="DHL")

    assert state(order) == ("completed", [3, 3])
    shipments = Fulfilment.objects.prefetch_related("lines")
    assert [[line.quantity for line in each.lines.all()] for each in shipments] == [
        [1],
        [1, 2],
        [1, 1],
    ]
    assert (shipments[0].carrier, shipments[0].tracking_number) == ("UPS", "1Z1")
    texts = list(order.events.values_list("text", flat=True))
    assert texts[-4:] == [
        "Sent 1 unit, by UPS, tracking number 1Z1.",
        "Sent 3 units.",
        "Sent 2 units, by DHL.",
        "Nothing is left to send.",
    ]
    assert OutboxMessage.objects.filter(topic="mail.order_fulfilled").count() == 3


def test_all_at_once_is_the_default(order):
    fulfil_order(order_id=order.pk, actor=Actor(uuid7(), "bob@example.com"))

    assert state(order) == ("completed", [3, 3])
    assert Fulfilment.objects.get().user_name == "bob@example.com"
    assert order.events.get(kind="completed").user_name == "bob@example.com"
    with pytest.raises(IllegalTransition, match="is completed"):
        fulfil_order(order_id=order.pk)


def test_more_than_is_left_is_refused_and_nothing_changes(order):
    send(order, 2, 0)

    with pytest.raises(IllegalTransition, match="2 units asked, 1 left to send"):
        send(order, 2, 1)

    assert state(order) == ("processing", [2, 0])
    assert Fulfilment.objects.count() == 1


@pytest.mark.parametrize("items", [{}, {uuid7(): 1}])
def test_lines_that_are_none_of_its_own_are_refused(order, items):
    with pytest.raises(InvalidRequest) as refused:
        fulfil_order(order_id=order.pk, items=items)

    assert refused.value.fields.keys() == {"items"}


@pytest.mark.parametrize("count", [0, -1])
def test_no_units_are_no_shipment(order, count):
    [line, _] = order.line_items.all()

    with pytest.raises(InvalidRequest):
        fulfil_order(order_id=order.pk, items={line.pk: count})


def test_only_what_is_paid_is_sent(tech):
    waiting, ended, cancelled = (make_order() for _ in range(3))
    end_order(ended.pk, reason="")
    paid(cancelled)
    cancel_paid_order(cancelled.pk, reason="")

    for order in (waiting, ended, cancelled):
        with pytest.raises(IllegalTransition):
            fulfil_order(order_id=order.pk)
    with pytest.raises(UnknownOrder):
        fulfil_order(order_id=uuid7())
    assert not Fulfilment.objects.exists()


def test_a_payment_of_another_amount_sends_nothing(tech):
    order = make_order(make_product(price="10.00"))
    record_payment(
        order_id=order.pk, amount=Decimal(9), currency="USD", provider="manual", provider_id="pi_1"
    )

    with pytest.raises(IllegalTransition, match="review"):
        fulfil_order(order_id=order.pk)


# --- Units that were given back ------------------------------------------------------------------


def test_units_whose_money_went_back_are_not_sent(order):
    lamp, _ = order.line_items.all()
    send_refund(refund_order(order_id=order.pk, items={lamp.pk: 2}, restock=True).pk)

    # Two lamps are in stock again: whoever sent them would send what somebody else may buy.
    with pytest.raises(IllegalTransition, match="2 units asked, 1 left to send"):
        fulfil_order(order_id=order.pk, items={lamp.pk: 2})
    fulfil_order(order_id=order.pk)

    assert state(order) == ("completed", [1, 3])
    assert Variant.objects.get(pk=lamp.variant_id).on_hand == 4


def test_a_refund_of_what_was_left_completes_the_order(order):
    _, chair = order.line_items.all()
    send(order, 3, 1)

    refund_order(order_id=order.pk, items={chair.pk: 2})

    assert state(order) == ("completed", [3, 1])
    assert order.events.filter(kind="completed").count() == 1


def test_a_refund_of_what_was_sent_leaves_the_rest_to_be_sent(order):
    send(order, 3, 0)
    lamp, _ = order.line_items.all()
    refund_order(order_id=order.pk, items={lamp.pk: 3})

    assert state(order) == ("processing", [3, 0])
    assert [line.to_send for line in order.line_items.all()] == [0, 3]
    fulfil_order(order_id=order.pk)
    assert state(order) == ("completed", [3, 3])


def test_a_refund_before_anything_was_sent_does_not_complete(order):
    refund_order(order_id=order.pk)

    assert state(order) == ("processing", [0, 0])
    with pytest.raises(IllegalTransition):
        fulfil_order(order_id=order.pk)


def test_sending_costs_the_same_whatever_the_number_of_lines(tech, django_assert_num_queries):
    orders = [paid(make_order(*(make_product() for _ in range(lines)))) for lines in (1, 30)]
    for order in orders:
        with django_assert_num_queries(14):
            fulfil_order(order_id=order.pk)
