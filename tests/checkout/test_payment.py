"""Payments become known in one way, whoever hears of them first, and end in one state."""

import itertools
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.utils import timezone

from checkout.models import PaymentAttempt
from checkout.services.events import work_off
from checkout.services.refunding import cancel_order, send_refund
from checkout.services.settling import settle
from checkout.services.starting import end_unpaid, start_payment
from checkout.services.sweeping import expire_holds, sweep
from checkout.simulator import store
from checkout.simulator.delivering import deliver_due
from checkout.simulator.models import Delivery, Session
from checkout.simulator.models import Refund as ProviderRefund
from checkout.stripe_inbox.models import StripeEvent
from orders.errors import IllegalTransition
from orders.models import LedgerEntry, Order, OutboxMessage, Refund
from orders.services.mailing import deliver_outbox
from orders.services.noting import keep_until_paid
from orders.services.paying import end_order
from orders.services.refunding import refund_order
from orders.services.timeline import NOBODY
from tenants.shop.models import catalogue_version
from tests.checkout.conftest import ORIGIN, paid, pay, select, state_of, stock
from tests.factories import make_order

D = Decimal


def mails(topic="mail.order_confirmed"):
    return OutboxMessage.objects.filter(topic=topic).count()


def test_a_session_asks_for_exactly_what_the_order_says(order):
    attempt = start_payment(order.pk, origin=ORIGIN)

    session = Session.objects.get(pk=attempt.session_id)
    assert session.amount_total == 12999
    assert session.currency == "usd"
    assert session.params["client_reference_id"] == str(order.pk)
    assert session.params["metadata"]["tenant"] == "ea6c4bc0-d5aa-4f5c-b769-c51c812a5037"
    assert session.params["success_url"].startswith("http://tech.localhost/checkout/return/")


def test_a_second_start_gets_the_same_session(order):
    first, second = (start_payment(order.pk, origin=ORIGIN) for _ in range(2))

    assert first.session_id == second.session_id
    assert Session.objects.count() == 1


def test_killed_between_session_and_commit_a_retry_gets_the_same_session(order):
    attempt = start_payment(order.pk, origin=ORIGIN)
    PaymentAttempt.objects.update(state="new", session_id=None, url="")

    again = start_payment(order.pk, origin=ORIGIN)

    assert again.session_id == attempt.session_id
    assert Session.objects.count() == 1


def test_paid_it_is_processing_and_its_units_are_sold(order):
    pay(order)
    assert stock() == (25, 1)

    deliver_due()

    assert state_of(order) == ("processing", "paid")
    assert stock() == (24, 0)
    assert mails() == 1


def test_what_was_paid_before_the_session_was_stored_is_known(order):
    session_id = pay(order)
    PaymentAttempt.objects.update(state="new", session_id=None, url="")

    deliver_due()

    assert state_of(order) == ("processing", "paid")
    assert PaymentAttempt.objects.get().session_id == session_id


def test_an_event_a_hundred_times_changes_nothing_more(order):
    session_id = pay(order)
    deliver_due()

    event_id = StripeEvent.objects.get().pk
    for _ in range(50):
        work_off(event_id)
        settle(session_id)

    assert state_of(order) == ("processing", "paid")
    assert LedgerEntry.objects.count() == 1
    assert mails() == 1
    assert stock() == (24, 0)


def test_a_delayed_payment_holds_its_units_until_it_is_decided(order):
    pay(order, "delayed")
    deliver_due()
    assert state_of(order) == ("pending", "processing")
    assert stock() == (25, 1)

    Delivery.objects.update(due_at=timezone.now())
    deliver_due()

    assert state_of(order) == ("processing", "paid")


def test_a_delayed_payment_that_fails_releases_them(order):
    pay(order, "delayed_fails")
    deliver_due()

    Delivery.objects.update(due_at=timezone.now())
    deliver_due()

    assert state_of(order) == ("cancelled", "unpaid")
    assert stock() == (25, 0)


@pytest.mark.parametrize("delivery", ["now", "twice", "reordered", "lost"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_who_was_told_that_a_payment_is_on_its_way_hears_once_that_it_failed(
    product, shopper, delivery, language
):
    order = make_order(product, language=language)
    session_id = pay(order, "delayed_fails", delivery)
    kinds = ["completed", "async_payment_failed"]
    for kind in reversed(kinds) if delivery == "reordered" else kinds:
        events = Delivery.objects.filter(event__type=f"checkout.session.{kind}")
        events.update(due_at=timezone.now())
        deliver_due()
    for _ in range(2):
        settle(session_id)
    deliver_outbox()

    assert state_of(order) == ("cancelled", "unpaid")
    [cancelled] = mail.outbox
    words = {"en": "Your payment was not made.", "de": "Ihre Zahlung wurde nicht ausgeführt."}
    assert words[language] in cancelled.body
    assert words[language] in cancelled.alternatives[0][0]
    page = shopper.get(f"/orders/{order.access_token}/").content.decode()
    assert "This order was cancelled. Your payment was not made." in page
    select()
    noted = list(order.events.order_by("id").values_list("kind", flat=True))
    assert noted == ["placed", "payment_processing", "payment_failed", "cancelled"]


@pytest.mark.parametrize("delivery", ["now", "twice", "lost"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_whose_order_is_kept_until_it_is_paid_hears_once_that_it_was_not(
    product, shopper, delivery, language
):
    order = make_order(product, language=language)
    keep_until_paid(order_id=order.pk, keep=True, actor=NOBODY)
    session_id = pay(order, "delayed_fails", delivery)
    for _ in range(2):
        Delivery.objects.update(due_at=timezone.now())
        deliver_due()
        settle(session_id)
    deliver_outbox()

    assert state_of(order) == ("pending", "unpaid")
    [told] = mail.outbox
    number = order.number
    words = {
        "en": f"The payment of your order {number} was not made. The order is kept for you",
        "de": f"Die Zahlung Ihrer Bestellung {number} wurde nicht ausgeführt.",
    }
    assert words[language] in told.body
    assert words[language] in told.alternatives[0][0]
    assert f"/orders/{order.access_token}/" in told.body
    # And it can be paid there.
    page = shopper.get(f"/orders/{order.access_token}/").content.decode()
    assert f"/checkout/pay/{order.access_token}/" in page


def test_nobody_is_told_of_a_session_that_expired_while_the_order_is_kept(order):
    keep_until_paid(order_id=order.pk, keep=True, actor=NOBODY)
    attempt = start_payment(order.pk, origin=ORIGIN)
    store.expire(attempt.session_id)
    deliver_due()
    deliver_outbox()

    assert state_of(order) == ("pending", "unpaid")
    assert mail.outbox == []


def test_paid_after_all_and_cancelled_once_more_its_customer_hears_of_that_too(order):
    first = pay(order, delivery="lost")
    PaymentAttempt.objects.update(state="abandoned")
    pay(order, "delayed_fails")
    for _ in range(2):
        Delivery.objects.update(due_at=timezone.now())
        deliver_due()
    assert state_of(order) == ("cancelled", "unpaid")
    settle(first)
    assert state_of(order) == ("processing", "paid")

    cancel_order(order_id=order.pk)

    assert mails("mail.order_cancelled") == 2


@pytest.mark.parametrize("turn", range(24))
def test_events_in_any_order_end_in_one_state(order, turn):
    """Completed, decided, refunded, and an expiry that never was."""
    pay(order, "delayed")
    Delivery.objects.update(due_at=timezone.now() + timedelta(days=1))
    first, decided = Delivery.objects.order_by("id")
    Session.objects.update(**decided.effect)
    settle(order.attempts.get().session_id)
    assert store.refund_outside(order.attempts.get().session_id)
    refunded, charge = Delivery.objects.order_by("-id")[:2]
    for delivery in list(itertools.permutations([first, decided, refunded, charge]))[turn]:
        Delivery.objects.filter(pk=delivery.pk).update(due_at=timezone.now())
        deliver_due()

    assert state_of(order) == ("processing", "refunded")
    assert sorted(LedgerEntry.objects.values_list("kind", flat=True)) == ["charge", "refund"]
    assert mails() == 1
    assert mails("mail.order_refunded") == 1


def test_an_expired_session_ends_the_hold_and_mails_nobody(order, shopper):
    attempt = start_payment(order.pk, origin=ORIGIN)
    store.expire(attempt.session_id)
    deliver_due()

    assert state_of(order) == ("cancelled", "unpaid")
    assert stock() == (25, 0)
    assert not OutboxMessage.objects.exists()
    page = shopper.get(f"/orders/{order.access_token}/").content.decode()
    assert "Your payment was not made." not in page


def test_an_order_that_is_kept_outlives_its_session(order):
    Order.objects.update(keep_until_paid=True)
    first = start_payment(order.pk, origin=ORIGIN)
    store.expire(first.session_id)
    deliver_due()

    assert state_of(order) == ("pending", "unpaid")
    assert start_payment(order.pk, origin=ORIGIN).session_id != first.session_id


def test_events_lost_altogether_are_made_up_for_by_the_sweeper(order, tech):
    pay(order, delivery="lost")
    assert deliver_due() == 0
    PaymentAttempt.objects.update(checked_at=timezone.now() - timedelta(minutes=6))

    swept = sweep(tech)

    assert swept.settled == 1
    assert state_of(order) == ("processing", "paid")
    assert mails() == 1


def test_a_hold_ends_with_the_session_and_never_by_our_clock(order, product):
    other = make_order(product)
    start_payment(order.pk, origin=ORIGIN)
    Order.objects.update(created_at=timezone.now() - timedelta(hours=25))

    assert expire_holds() == ([other.pk], [])
    assert stock() == (25, 1)


def test_paid_after_it_expired_takes_the_units_again(order):
    session_id = pay(order, delivery="lost")
    end_order(order.pk, reason="Nobody paid in time.", expired=True)
    assert stock() == (25, 0)

    settle(session_id)

    assert state_of(order) == ("processing", "paid")
    assert stock() == (24, 0)


def test_only_a_payment_that_changes_what_can_be_sold_makes_kept_pages_stale(order, product):
    session_id = pay(make_order(product), delivery="lost")
    paid(order)
    late = pay(make_order(product), delivery="lost")
    before = catalogue_version()

    settle(session_id)
    assert catalogue_version() == before

    end_order(PaymentAttempt.objects.get(session_id=late).order_id, reason="Late.", expired=True)
    before = catalogue_version()
    settle(late)
    assert catalogue_version() == before + 1


def test_paid_after_it_expired_with_the_units_gone_goes_back_in_full(order, product, amounts):
    session_id = pay(order, delivery="lost")
    end_order(order.pk, reason="Nobody paid in time.", expired=True)
    make_order(product, quantity=25)
    settle(session_id)
    refund = Refund.objects.get()
    send_refund(refund.pk)

    assert state_of(order) == ("cancelled", "refunded")
    assert amounts(order) == (D("129.99"), D("129.99"))
    assert stock() == (25, 25)
    assert mails("mail.late_payment") == 1


def test_another_amount_is_looked_at_and_ships_nothing(order):
    attempt = start_payment(order.pk, origin=ORIGIN)
    Session.objects.update(amount_total=100)
    store.pay(attempt.session_id, outcome="paid")
    deliver_due()

    assert state_of(order) == ("pending", "review")
    assert stock() == (25, 1)
    assert mails("alert.payment_mismatch") == 1


def test_of_two_paid_sessions_the_second_goes_back(order, amounts):
    first = pay(order, delivery="lost")
    PaymentAttempt.objects.update(state="abandoned")
    second = pay(order, delivery="lost")
    for session_id in (first, second, first, second):
        settle(session_id)
    for refund in Refund.objects.filter(state="new"):
        send_refund(refund.pk)

    assert state_of(order) == ("processing", "paid")
    assert amounts(order) == (D("129.99"), D("0"))
    assert ProviderRefund.objects.get().amount == 12999
    assert stock() == (24, 0)


def test_cancelling_expires_the_session_first(order):
    attempt = start_payment(order.pk, origin=ORIGIN)

    cancel_order(order_id=order.pk, reason="Changed my mind")

    assert Session.objects.get(pk=attempt.session_id).status == "expired"
    deliver_due()
    assert state_of(order) == ("cancelled", "unpaid")
    assert stock() == (25, 0)
    assert mails("mail.order_cancelled") == 1


def test_cancelling_what_was_just_paid_gives_the_money_back(order, amounts):
    pay(order, delivery="lost")

    cancel_order(order_id=order.pk)

    assert state_of(order) == ("cancelled", "refunded")
    assert amounts(order) == (D("129.99"), D("129.99"))
    assert stock() == (25, 0)


def test_parts_are_refunded_until_nothing_is_left(order, amounts):
    paid(order)
    for amount in ("100.00", "29.99"):
        send_refund(refund_order(order_id=order.pk, amount=D(amount)).pk)
    with pytest.raises(IllegalTransition, match="nothing left"):
        refund_order(order_id=order.pk, amount=D("0.01"))
    deliver_due()

    assert state_of(order) == ("processing", "refunded")
    assert amounts(order) == (D("129.99"), D("129.99"))
    assert ProviderRefund.objects.count() == 2


def test_a_refund_that_fails_is_booked_back(order, amounts):
    paid(order)
    refund = send_refund(refund_order(order_id=order.pk, amount=D("50.00")).pk)
    deliver_due()
    assert state_of(order) == ("processing", "partially_refunded")

    store.fail_refund(refund.provider_id)
    deliver_due()

    assert state_of(order) == ("processing", "paid")
    assert amounts(order) == (D("129.99"), D("0.00"))
    assert mails("alert.refund_failed") == 1


def test_a_refund_that_failed_makes_room_for_the_one_that_took_its_place(order, amounts):
    """Heard of both at once, the newer one first."""
    paid(order)
    session = Session.objects.get()
    store.refund_outside(session.pk)
    deliver_due()
    store.fail_refund(ProviderRefund.objects.get().pk)
    session.refresh_from_db()
    store.refund_outside(session.pk)

    deliver_due()

    assert state_of(order) == ("processing", "refunded")
    assert not StripeEvent.objects.exclude(state="done").exists()
    assert mails("alert.refund_unexplained") == 0


def test_another_amount_that_went_back_ends_the_order(order, amounts):
    attempt = start_payment(order.pk, origin=ORIGIN)
    Session.objects.update(amount_total=100)
    store.pay(attempt.session_id, outcome="paid")
    deliver_due()
    assert state_of(order) == ("pending", "review")

    store.refund_outside(attempt.session_id)
    deliver_due()

    assert state_of(order) == ("cancelled", "refunded")
    assert stock() == (25, 0)
    assert mails("mail.order_cancelled") == 1


def test_refunded_units_come_back_into_stock_when_asked(product, amounts):
    order = make_order(product, quantity=3)
    paid(order)
    [line] = order.line_items.all()

    refund = refund_order(order_id=order.pk, items={line.pk: 2}, restock=True)
    send_refund(refund.pk)

    assert amounts(order)[1] == D("259.98")
    assert stock() == (24, 0)


def test_a_dispute_is_noted(order):
    session_id = pay(order)
    deliver_due()
    store.dispute(session_id)
    deliver_due()
    deliver_due()

    assert order.events.filter(kind="disputed").count() == 1
    assert LedgerEntry.objects.filter(kind="dispute").count() == 1


def test_ending_sessions_of_a_paid_order_books_it(order):
    pay(order, delivery="lost")

    assert end_unpaid(order.pk, reason="Nobody wants it.") is None

    assert state_of(order) == ("processing", "paid")


def test_an_order_that_waits_for_nothing_starts_no_payment(order):
    paid(order)

    with pytest.raises(IllegalTransition):
        start_payment(order.pk, origin=ORIGIN)
