"""What the shop's people do with an order by hand: notes, keeping it, payments outside."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from checkout.models import Cart, PaymentAttempt
from checkout.services.integrity import violations
from checkout.services.refunding import send_refund
from checkout.services.starting import start_payment
from checkout.services.sweeping import expire_holds
from checkout.services.taking import take_manual_payment
from checkout.simulator import store
from checkout.simulator.models import Session
from orders.errors import IllegalTransition, UnknownOrder
from orders.models import MAX_NOTE, LedgerEntry, Order, OutboxMessage
from orders.services.noting import add_note, keep_until_paid
from orders.services.paying import end_order, mark_payment_processing, record_manual_payment
from orders.services.refunding import refund_order
from orders.services.timeline import Actor
from pycommerce.core.errors import InvalidRequest
from pycommerce.core.ids import uuid7
from tests.factories import make_order, make_product

ORIGIN = "http://tech.localhost"
ANN = Actor(uuid7(), "ann@example.com")


@pytest.fixture
def product(tech):
    return make_product(price="20.00", on_hand=5)


@pytest.fixture
def order(product):
    return make_order(product, quantity=2)


def counts(product):
    variant = product.variants.get()
    return variant.on_hand, variant.held


def state(order):
    order.refresh_from_db()
    return order.status, order.payment_status


# --- Notes ---------------------------------------------------------------------------------------


def test_a_note_stands_in_the_timeline_with_its_writer(order):
    add_note(order_id=order.pk, text="  Called: wants it on Friday.  ", actor=ANN)

    event = order.events.get(kind="note")
    assert event.text == "Called: wants it on Friday."
    assert (event.user_id, event.user_name) == (ANN.id, ANN.name)


@pytest.mark.parametrize("text", ["", "  ", "x" * (MAX_NOTE + 1)])
def test_a_note_without_words_or_with_too_many_is_refused(order, text):
    with pytest.raises(InvalidRequest) as refused:
        add_note(order_id=order.pk, text=text, actor=ANN)

    assert refused.value.fields.keys() == {"text"}
    assert not order.events.filter(kind="note").exists()


def test_a_note_is_of_an_order(tech):
    with pytest.raises(UnknownOrder):
        add_note(order_id=uuid7(), text="Hello", actor=ANN)


# --- Kept until paid -----------------------------------------------------------------------------


def make_old(order):
    Order.objects.filter(pk=order.pk).update(created_at=timezone.now() - timedelta(days=40))


def test_a_kept_order_holds_its_units_as_long_as_it_is_kept(order, product):
    make_old(order)
    keep_until_paid(order_id=order.pk, keep=True, actor=ANN)
    keep_until_paid(order_id=order.pk, keep=True, actor=ANN)
    assert expire_holds() == ([], [])
    assert counts(product) == (5, 2)

    keep_until_paid(order_id=order.pk, keep=False, actor=ANN)
    assert expire_holds() == ([order.pk], [])

    assert counts(product) == (5, 0)
    kinds = list(order.events.values_list("kind", flat=True))
    assert kinds == ["placed", "kept", "not_kept", "cancelled"]


def test_a_kept_order_outlives_its_payment_session(order, product):
    keep_until_paid(order_id=order.pk, keep=True, actor=ANN)
    attempt = start_payment(order.pk, origin=ORIGIN)
    store.expire(attempt.session_id)

    assert start_payment(order.pk, origin=ORIGIN).session_id
    assert state(order) == ("pending", "unpaid")
    assert counts(product) == (5, 2)


def test_what_waits_for_no_payment_is_not_kept(order):
    end_order(order.pk, reason="")

    with pytest.raises(IllegalTransition, match="is cancelled"):
        keep_until_paid(order_id=order.pk, keep=True, actor=ANN)


# --- Paid outside --------------------------------------------------------------------------------


def test_a_payment_outside_sells_the_units_and_tells_the_customer(order, product):
    take_manual_payment(order_id=order.pk, reference=" Transfer 4711 ", actor=ANN)

    assert state(order) == ("processing", "paid")
    assert (order.captured, order.payment_method) == (Decimal("40.00"), "manual")
    assert counts(product) == (3, 0)
    entry = LedgerEntry.objects.get()
    assert (entry.provider, entry.amount) == ("manual", Decimal("40.00"))
    event = order.events.get(kind="paid")
    assert event.text == "Paid $40.00 (Transfer 4711)."
    assert event.user_name == "ann@example.com"
    assert OutboxMessage.objects.filter(topic="mail.order_confirmed").count() == 1
    assert violations() == []


def test_the_session_that_was_open_ends_first_and_the_cart_is_gone(order):
    attempt = start_payment(order.pk, origin=ORIGIN)
    Cart.objects.create(order=order)

    take_manual_payment(order_id=order.pk, reference="Cash", actor=ANN)

    assert Session.objects.get(pk=attempt.session_id).status == "expired"
    assert not PaymentAttempt.objects.filter(state__in=["new", "open"]).exists()
    assert not Cart.objects.exists()
    assert state(order) == ("processing", "paid")


def test_what_was_just_paid_by_card_is_not_paid_again(order):
    attempt = start_payment(order.pk, origin=ORIGIN)
    store.pay(attempt.session_id, outcome="paid", delivery="lost")

    with pytest.raises(IllegalTransition, match="processing and paid"):
        take_manual_payment(order_id=order.pk, reference="Cash", actor=ANN)

    assert LedgerEntry.objects.get().provider == "simulator"
    assert violations() == []


def test_a_card_payment_on_its_way_is_waited_for(order):
    mark_payment_processing(order.pk)

    with pytest.raises(IllegalTransition, match="pending and processing"):
        record_manual_payment(order_id=order.pk, reference="Cash", actor=ANN)


@pytest.mark.parametrize("reference", ["", "   "])
def test_a_payment_outside_says_how_it_was_made(order, reference):
    with pytest.raises(InvalidRequest) as refused:
        take_manual_payment(order_id=order.pk, reference=reference, actor=ANN)

    assert refused.value.fields.keys() == {"reference"}
    assert state(order) == ("pending", "unpaid")


def test_an_order_is_paid_outside_once(order):
    take_manual_payment(order_id=order.pk, reference="Cash", actor=ANN)

    with pytest.raises(IllegalTransition):
        take_manual_payment(order_id=order.pk, reference="Cash", actor=ANN)

    assert LedgerEntry.objects.count() == 1


def test_money_from_outside_goes_back_outside(order):
    take_manual_payment(order_id=order.pk, reference="Cash", actor=ANN)

    refund = send_refund(refund_order(order_id=order.pk, amount=Decimal("15.00")).pk)

    assert refund.state == "succeeded"
    assert state(order) == ("processing", "partially_refunded")
    assert violations() == []
