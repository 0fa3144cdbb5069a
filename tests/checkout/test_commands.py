"""What operators run by hand or by a timer."""

import json
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F
from django.utils import timezone

from catalog.models import StockMovement, Variant
from checkout.models import Cart, PaymentAttempt
from checkout.services.integrity import RULES, violations
from checkout.services.refunding import cancel_order, send_refund
from checkout.services.starting import start_payment
from checkout.simulator import store
from checkout.simulator.delivering import deliver_due
from checkout.simulator.models import Refund as Simulated
from checkout.simulator.models import Session
from orders.models import (
    Discount,
    Fulfilment,
    LedgerEntry,
    LineItem,
    Order,
    OutboxMessage,
    Refund,
    RefundLine,
)
from orders.services.fulfilling import fulfil_order
from orders.services.mailing import deliver_outbox
from orders.services.paying import record_manual_payment
from orders.services.refunding import refund_order
from orders.services.timeline import NOBODY
from pycommerce.core.ids import uuid7
from tenants.shop.models import ShopState
from tests.checkout.conftest import ORIGIN, paid, pay, select, state_of, stock
from tests.factories import make_order


def run(capsys, command, *arguments):
    """Exit code and JSON of a command."""
    connection.set_schema_to_public()
    code = 0
    try:
        call_command(command, *arguments, "--json")
    except SystemExit as ended:
        code = ended.code
    select()
    found = json.loads(capsys.readouterr().out)
    return code, found | {"tenants": {shop["tenant"]: shop for shop in found["tenants"]}}


def test_reconcile_finds_payments_of_which_no_event_came(capsys, order):
    pay(order, delivery="lost")

    code, found = run(capsys, "reconcile")
    again, nothing = run(capsys, "reconcile", "--tenant", "tech")

    assert code == again == 0
    assert state_of(order) == ("processing", "paid")
    assert [len(shop["repaired"]) for shop in found["tenants"].values()] == [1, 0]
    assert nothing["tenants"]["tech"]["repaired"] == []


def test_reconcile_books_refunds_of_which_no_event_came(capsys, order):
    paid(order)
    Session.objects.update(delivery="lost")
    store.refund_outside(Session.objects.get().pk)

    run(capsys, "reconcile")

    assert state_of(order) == ("processing", "refunded")
    assert violations() == []


def test_reconcile_ends_sessions_that_nobody_waits_for(capsys, order):
    start_payment(order.pk, origin=ORIGIN)
    PaymentAttempt.objects.update(state="abandoned")

    run(capsys, "reconcile")

    assert Session.objects.get().status == "expired"


def test_reconcile_compares_what_is_open_whatever_its_age(capsys, order, product):
    old = timezone.now() - timedelta(days=10)
    pay(order, delivery="lost")
    returned = paid(make_order(product))
    refund = send_refund(refund_order(order_id=returned.pk).pk)
    deliver_due()
    Refund.objects.filter(pk=refund.pk).update(state="pending", created_at=old)
    Simulated.objects.update(status="failed", created=old)
    for each in (Session, PaymentAttempt):
        field = "created" if each is Session else "created_at"
        each.objects.update(**{field: old})

    code, found = run(capsys, "reconcile", "--hours", "1")

    assert code == 0
    assert state_of(order) == ("processing", "paid")
    assert (Refund.objects.get().state, state_of(returned)[1]) == ("failed", "paid")
    assert len(found["tenants"]["tech"]["repaired"]) == 2


def test_reconcile_compares_an_open_session_of_an_order_that_was_paid_elsewhere(capsys, order):
    start_payment(order.pk, origin=ORIGIN)
    record_manual_payment(order_id=order.pk, reference="Cash", actor=NOBODY)
    store.pay(Session.objects.get().pk, outcome="paid", delivery="lost")
    old = timezone.now() - timedelta(days=10)
    Session.objects.update(created=old)
    PaymentAttempt.objects.update(created_at=old)

    run(capsys, "reconcile", "--hours", "1")

    assert PaymentAttempt.objects.get().state == "complete"
    # Paid twice: the second payment goes back.
    assert Refund.objects.get().is_surplus


@pytest.mark.parametrize("hours", ["0", "-1", "x", "99999"])
def test_reconcile_names_a_wrong_window(hours, tech):
    with pytest.raises(CommandError, match="--hours: use a whole number from 1 to 8760"):
        call_command("reconcile", "--hours", hours)


def test_expire_holds_frees_what_nobody_pays_for(capsys, order):
    Order.objects.update(created_at=timezone.now() - timedelta(hours=25))

    code, found = run(capsys, "expire_holds")

    assert code == 0
    assert found["tenants"]["tech"]["expired"] == [str(order.pk)]
    assert stock() == (25, 0)


def test_an_order_that_is_kept_until_paid_is_not_expired(capsys, order):
    Order.objects.update(created_at=timezone.now() - timedelta(hours=25), keep_until_paid=True)

    run(capsys, "expire_holds")

    assert stock() == (25, 1)


def test_mails_are_sent_once_as_text_and_html(capsys, order):
    paid(order)
    fulfil_order(order_id=order.pk, carrier="UPS", tracking_number="1Z999")
    refund_order(order_id=order.pk)

    code, found = run(capsys, "deliver_outbox")
    run(capsys, "deliver_outbox")

    assert (code, found["tenants"]["tech"]["sent"]) == (0, 2)
    confirmed, sent = mail.outbox
    assert confirmed.to == ["john.doe@example.com"]
    assert "T-1001" in confirmed.subject
    assert f"http://tech.localhost/orders/{order.access_token}/" in confirmed.body
    assert "1Z999" in sent.body
    assert "$129.99" in sent.alternatives[0][0]
    assert confirmed.extra_headers["Message-ID"] != sent.extra_headers["Message-ID"]


def test_a_mail_that_cannot_be_sent_is_tried_again(order, settings):
    paid(order)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    assert deliver_outbox() == (0, 1)
    message = OutboxMessage.objects.get()
    assert message.sent_at is None
    assert message.next_try_at > timezone.now()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    OutboxMessage.objects.update(next_try_at=timezone.now())
    assert deliver_outbox() == (1, 0)
    assert len(mail.outbox) == 1


def test_integrity_is_clean_after_a_whole_life(capsys, order, product):
    paid(order)
    make_order(product)
    fulfil_order(order_id=order.pk)

    code, found = run(capsys, "check_integrity")

    assert code == 0
    assert found["ok"] is True


def without(table, *constraints):
    """Take away what the database itself would refuse; undone with the test."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in constraints:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def orders(**fields):
    return lambda order: Order.objects.filter(pk=order.pk).update(**fields)


def unguarded(constraint, **fields):
    """Change the order in a way that a constraint would refuse."""

    def change(order):
        without("orders_order", constraint)
        orders(**fields)(order)

    return change


def lines(*constraints, **fields):
    def change(order):
        without("orders_lineitem", *constraints)
        LineItem.objects.update(**fields)

    return change


def forget_mails(topic):
    return lambda order: OutboxMessage.objects.filter(topic=topic).delete()


def hold_more_than_there_is(order):
    without("catalog_variant", "variant_held_is_on_hand")
    Variant.objects.update(held=99)


def charge_twice(order):
    entry = order.ledger.get(kind="charge")
    entry.pk, entry.provider_id, entry.amount = None, "pi_other", 0
    entry.save(force_insert=True)


def fail_silently(order):
    Refund.objects.update(state="failed")


def refund_more_than_came(order):
    Refund.objects.update(amount=1_000)


def forget_a_refund(order):
    RefundLine.objects.all().delete()
    Refund.objects.all().delete()


def book_a_surplus(order):
    entry = order.ledger.get(kind="charge")
    entry.pk, entry.provider_id, entry.is_surplus = None, "pi_surplus", True
    entry.save(force_insert=True)


def attempt_again(order):
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX one_open_attempt_for_an_order")
    for key in ("a", "b"):
        attempt = order.attempts.first()
        attempt.pk, attempt.stripe_key, attempt.session_id, attempt.state = (
            uuid7(),
            key,
            None,
            "new",
        )
        attempt.save(force_insert=True)


def keep_a_cart(order):
    Cart.objects.create(order=order)


def order_from_two_carts(order):
    keep_a_cart(order)
    keep_a_cart(order)


def use_a_code(order):
    code = Discount.objects.create(code="TEN", kind="percent", value=10)
    orders(used_discount=code)(order)


def sell_to_nobody(order):
    variant = Variant.objects.get()
    for kind, units in (("sale", -1), ("receipt", 1)):
        StockMovement.objects.create(
            variant=variant, kind=kind, quantity=units, source=f"{kind}:{uuid7()}"
        )


def cancel_what_uses_a_code(order):
    use_a_code(order)
    LedgerEntry.objects.all().delete()
    orders(status="cancelled", captured=0, refunded=0)(order)


# What each rule notices: done to an order that was paid and sent, and of which a unit went back.
BREAK = {
    "held units are on hand": hold_more_than_there_is,
    "on hand is the sum of all movements": lambda order: Variant.objects.update(on_hand=99),
    "held is the sum of what orders hold": lambda order: Variant.objects.update(held=5),
    "sold units are movements of their lines": orders(units="released"),
    "a line's total is its price by its quantity": lines(
        "line_item_total_is_price_by_quantity", total_price=1
    ),
    "an order's goods are the sum of its lines": lines(discount=1),
    "the parts of an order make its total": unguarded(
        "order_subtotal_tax_and_shipping_make_the_total", subtotal=1
    ),
    "every order has a number": orders(number=None),
    "numbers of orders follow each other up to the last one": orders(number="T-1007"),
    "an order's tax is that of its lines and of its shipping": lines(tax=1),
    "a pending order holds its units": orders(units="held"),
    "captured is what the ledger says": lambda order: LedgerEntry.objects.update(amount=1),
    "an order has one charge that was not surplus": charge_twice,
    "refunded is what the ledger says": lambda order: order.ledger.filter(kind="refund").delete(),
    "nothing is refunded that was not captured": unguarded(
        "order_refunded_is_captured", refunded=1_000
    ),
    "a refund that was given is in the ledger": lambda order: order.ledger.filter(
        kind="refund"
    ).update(amount=1),
    "a refund in the ledger is one that was given, or was booked back": fail_silently,
    "of a payment no more goes back than came": refund_more_than_came,
    "what is sold was paid in its own currency": orders(currency="EUR"),
    "refunded units are those of refunds that did not fail": forget_a_refund,
    "a surplus charge goes back": book_a_surplus,
    "a paid order was paid in full, and its units are sold or its money went back": orders(
        payment_status="unpaid"
    ),
    "a payment status is what the amounts say": orders(payment_status="refunded"),
    "a cancelled order holds nothing, and its money goes back": orders(status="cancelled"),
    "a completed order has nothing left to send": lines(fulfilled=0),
    "what was sent is the sum of shipments": lambda order: Fulfilment.objects.all().delete(),
    "an order has one open attempt at most": attempt_again,
    "no attempt is open for longer than a session can be": lambda order: order.attempts.update(
        state="open", created_at=timezone.now() - timedelta(hours=26)
    ),
    "an order that waits to be paid has no attempt that is complete": orders(
        status="pending", payment_status="unpaid"
    ),
    "a cart that was bought is gone": keep_a_cart,
    "an order was made from one cart at most": order_from_two_carts,
    "units that came back are movements of their lines": lines(restocked=0),
    "a sale or a return is of a line of an order": sell_to_nobody,
    "a discount counts the orders that use it, within its limit": use_a_code,
    "an order that nobody paid uses no discount": cancel_what_uses_a_code,
    "a paid order is confirmed by mail": forget_mails("mail.order_confirmed"),
    "who cancelled, refunded or sent told the customer": forget_mails("mail.order_refunded"),
    "a message that was sent was tried": lambda order: OutboxMessage.objects.update(
        sent_at=timezone.now(), attempts=0
    ),
    "the platform knows the version of the catalogue": lambda order: ShopState.objects.update(
        catalogue_version=F("catalogue_version") + 1
    ),
    "no message was given up": lambda order: OutboxMessage.objects.update(
        sent_at=None, attempts=12
    ),
}


@pytest.mark.breaks_books
@pytest.mark.parametrize("rule", RULES)
def test_integrity_notices_what_is_broken(capsys, product, rule):
    """The control: each rule fails when what it names is broken."""
    order = paid(make_order(product, quantity=2))
    [line] = order.line_items.all()
    fulfil_order(order_id=order.pk)
    refund = refund_order(order_id=order.pk, items={line.pk: 1}, restock=True)
    send_refund(refund.pk)
    deliver_outbox()
    assert violations() == []
    BREAK[rule](order)

    code, found = run(capsys, "check_integrity")

    assert code == 1
    assert any(problem.startswith(rule) for problem in found["tenants"]["tech"]["problems"])


@pytest.mark.parametrize("topic", ["order_cancelled", "order_fulfilled"])
@pytest.mark.breaks_books
def test_integrity_notices_a_mail_that_was_never_written(order, product, topic):
    fulfil_order(order_id=paid(order).pk)
    cancel_order(order_id=make_order(product).pk, reason="Changed my mind")
    assert violations() == []
    forget_mails(f"mail.{topic}")(order)

    [violation] = violations()

    assert violation.rule == "who cancelled, refunded or sent told the customer"
    assert violation.thing.startswith(f"mail.{topic}:")
