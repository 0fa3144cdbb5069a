"""What operators run by hand or by a timer."""

import json
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from catalog.models import Variant
from checkout.models import PaymentAttempt
from checkout.services.integrity import RULES, violations
from checkout.services.refunding import send_refund
from checkout.services.starting import start_payment
from checkout.simulator import store
from checkout.simulator.delivering import deliver_due
from checkout.simulator.models import Refund as Simulated
from checkout.simulator.models import Session
from orders.models import Fulfilment, LedgerEntry, Order, OutboxMessage, Refund
from orders.services.fulfilling import fulfil_order
from orders.services.mailing import deliver_outbox
from orders.services.paying import record_manual_payment
from orders.services.refunding import refund_order
from orders.services.timeline import NOBODY
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


BREAK = {
    "on hand is the sum of all movements": lambda order: Variant.objects.update(on_hand=99),
    "held is the sum of what orders hold": lambda order: Variant.objects.update(held=5),
    "sold units are movements of their lines": lambda order: Order.objects.update(units="released"),
    "captured is what the ledger says": lambda order: LedgerEntry.objects.update(amount=1),
    "every order has a number": lambda order: Order.objects.update(number=None),
    "what was sent is the sum of shipments": lambda order: Fulfilment.objects.all().delete(),
    "a paid order is confirmed by mail": lambda order: OutboxMessage.objects.all().delete(),
    "a payment status is what the amounts say": lambda order: Order.objects.update(
        payment_status="refunded"
    ),
}


@pytest.mark.breaks_books
@pytest.mark.parametrize("rule", BREAK)
def test_integrity_notices_what_is_broken(capsys, order, rule):
    """The control: each rule fails when what it names is broken."""
    paid(order)
    fulfil_order(order_id=order.pk)
    assert violations() == []
    BREAK[rule](order)

    code, found = run(capsys, "check_integrity")

    assert code == 1
    assert any(problem.startswith(rule) for problem in found["tenants"]["tech"]["problems"])
    assert rule in RULES
