"""Payments, cancellations and refunds that cross each other: real threads, real commits.

Each order ends paid with its units, or with all of its money given back; never both, never less.
"""

import itertools
import threading
from collections import Counter
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection

from catalog.models import Variant
from checkout.errors import PaymentProviderUnavailable
from checkout.models import Cart, CartLine, PaymentAttempt
from checkout.services import refunding, settling, starting
from checkout.services.checking_out import AlreadyPaid, check_out
from checkout.services.integrity import violations
from checkout.services.reconciling import Recent, reconcile
from checkout.services.refunding import cancel_order, send_refund
from checkout.services.settling import settle
from checkout.services.starting import end_unpaid, start_payment
from checkout.services.sweeping import sweep
from orders.errors import IllegalTransition
from orders.models import LedgerEntry, Order, OutboxMessage, Refund
from orders.services import paying
from orders.services import refunding as orders_refunding
from orders.services.fulfilling import fulfil_order
from orders.services.paying import end_order
from orders.services.refunding import refund_order
from tests.checkout.conftest import ORIGIN, at_once, select, state_of, stock, tell
from tests.factories import JOHN, PARK_AVENUE, make_order, make_product
from tests.fakes.books import differences

D = Decimal
committed = pytest.mark.django_db(transaction=True)


def opened(order):
    session_id = start_payment(order.pk, origin=ORIGIN).session_id
    assert session_id
    return session_id


def finish(fake):
    """What the worker does afterwards: whatever was told late or never is made up for."""
    tell(fake)
    sweep(connection.tenant)
    found = reconcile(Recent())
    assert found.problems == []


def refusals(results):
    return [each for each in results if isinstance(each, Exception)]


# --- Paid after it ended -------------------------------------------------------------------------


@committed
@pytest.mark.parametrize("units", [25, 1], ids=["still there", "sold to another"])
def test_paid_after_it_expired(product, fake, units):
    order = make_order(product, quantity=units)
    session_id = opened(order)
    fake.pay(session_id)
    # Somebody believes that nobody paid: a wrong hand, or a bug of ours.
    end_order(order.pk, reason="Nobody paid in time.", expired=True)
    if units == 1:
        Variant.objects.update(held=0)
        rival = make_order(product, quantity=25)

    at_once(*[partial(settle, session_id)] * 6)
    finish(fake)

    if units == 25:
        assert state_of(order) == ("processing", "paid")
        assert stock() == (0, 0)
    else:
        assert state_of(order) == ("cancelled", "refunded")
        assert state_of(rival) == ("pending", "unpaid")
        assert stock() == (25, 25)
    assert differences(fake) == []


@pytest.mark.breaks_books
def test_control_taking_up_without_looking_sells_what_is_not_there(product, fake, monkeypatch):
    order = make_order(product)
    session_id = opened(order)
    fake.pay(session_id)
    end_order(order.pk, reason="Nobody paid in time.", expired=True)
    make_order(product, quantity=25)

    def naive(order):
        paying.save(order, units="held", status="pending")
        return True

    monkeypatch.setattr(paying, "_take_up", naive)
    settle(session_id)

    assert differences(fake) != []


@pytest.mark.parametrize("amount", [12900, 13000], ids=["less", "more"])
def test_another_amount_for_an_order_that_had_ended_goes_back(order, fake, amount):
    session_id = opened(order)
    fake.sessions[session_id].amount = amount
    fake.pay(session_id)
    end_order(order.pk, reason="Nobody paid in time.", expired=True)

    finish(fake)

    assert state_of(order) == ("cancelled", "refunded")
    assert differences(fake) == []


def test_another_currency_is_looked_at_and_goes_back_in_it(order, fake):
    session_id = opened(order)
    fake.sessions[session_id].currency = "jpy"
    fake.pay(session_id)
    tell(fake)

    assert state_of(order) == ("pending", "review")
    assert stock() == (25, 1)
    assert order.ledger.get().currency == "JPY"
    assert order.ledger.get().amount == 12999

    cancel_order(order_id=order.pk, reason="Not in yen")
    [refund] = fake.refunds.values()
    assert (refund.amount, state_of(order)) == (12999, ("cancelled", "refunded"))
    fake.move_refund(refund.id, "failed")
    tell(fake)
    assert state_of(order) == ("cancelled", "review")


# --- Cancel against payment ----------------------------------------------------------------------


@committed
def test_cancel_against_payment(product, fake):
    """The shopper pays while the shop cancels, and while Stripe tells of it."""
    for turn in range(8):
        order = make_order(product)
        session_id = opened(order)

        def shopper(session_id=session_id):
            if fake.pay(session_id):
                tell(fake, fake.events[-1])

        def shop(order=order):
            cancel_order(order_id=order.pk, reason="Sold over the counter")

        works = [shopper, shop] if turn % 2 else [shop, shopper]
        results = at_once(*works, partial(settle, session_id))
        assert all(isinstance(each, IllegalTransition) for each in refusals(results)), results

    finish(fake)
    assert differences(fake) == []
    assert stock()[1] == 0
    ends = Counter(Order.objects.values_list("status", "payment_status"))
    assert set(ends) <= {("cancelled", "unpaid"), ("cancelled", "refunded")}, ends


@committed
def test_a_payment_that_arrives_while_it_is_cancelled_is_given_back(order, fake, monkeypatch):
    """Exactly between the look at the session and the cancellation."""
    session_id = opened(order)
    real = starting._end_idle

    def late(order_id, **how):
        if not fake.paid_sessions():
            # It was expired at Stripe just before: nobody can pay it any more.
            assert not fake.pay(session_id)
        return real(order_id, **how)

    monkeypatch.setattr(starting, "_end_idle", late)
    cancel_order(order_id=order.pk)

    assert state_of(order) == ("cancelled", "unpaid")
    assert differences(fake) == []


@pytest.mark.breaks_books
def test_control_cancelling_without_asking_leaves_a_session_that_can_be_paid(order, fake):
    session_id = opened(order)
    end_order(order.pk, reason="Changed my mind")

    assert fake.pay(session_id)
    assert differences(fake) != []


@committed
def test_a_session_that_is_opened_while_its_order_is_cancelled_is_not_left_open(
    product, fake, monkeypatch
):
    """Another tab starts a payment between the end of the old session and the cancellation."""
    order = make_order(product)
    opened(order)
    real, tabs = starting._end_idle, itertools.count()

    def other_tab(order_id, **how):
        if next(tabs) == 0:
            assert at_once(partial(start_payment, order.pk, origin=ORIGIN))[0].state == "open"
        return real(order_id, **how)

    monkeypatch.setattr(starting, "_end_idle", other_tab)
    cancel_order(order_id=order.pk)

    assert [session.status for session in fake.sessions.values()] == ["expired", "expired"]
    assert state_of(order) == ("cancelled", "unpaid")
    assert set(PaymentAttempt.objects.values_list("state", flat=True)) == {"expired"}


def test_what_cannot_be_ended_at_the_provider_is_not_cancelled_here(order, fake):
    opened(order)
    fake.fail("500", "expire_session", times=100)

    with pytest.raises(PaymentProviderUnavailable):
        cancel_order(order_id=order.pk)

    assert state_of(order) == ("pending", "unpaid")
    assert stock() == (25, 1)


def test_what_is_being_paid_at_this_moment_is_not_cancelled(order, fake):
    session_id = opened(order)
    fake.busy.add(session_id)

    with pytest.raises(IllegalTransition):
        cancel_order(order_id=order.pk)

    assert [call.operation for call in fake.calls[1:]] == ["expire_session", "get_session"]
    assert state_of(order) == ("pending", "unpaid")
    assert fake.pay(session_id)
    tell(fake)
    assert state_of(order) == ("processing", "paid")


def test_a_payment_on_its_way_is_not_cancelled(order, fake):
    session_id = opened(order)
    fake.pay(session_id, "delayed")

    with pytest.raises(IllegalTransition):
        cancel_order(order_id=order.pk)
    assert end_unpaid(order.pk, reason="Nobody wants it.") is None

    assert state_of(order) == ("pending", "processing")
    fake.decide(session_id)
    tell(fake)
    assert state_of(order) == ("processing", "paid")
    assert differences(fake) == []


# --- Two sessions --------------------------------------------------------------------------------


@committed
def test_of_two_sessions_that_were_paid_one_goes_back(order, fake):
    """What should never be: an old session stayed open, and both were paid at once."""
    first = opened(order)
    PaymentAttempt.objects.update(state="abandoned")
    second = opened(order)
    assert fake.pay(first)
    assert fake.pay(second)

    at_once(*[partial(settle, first), partial(settle, second)] * 4)
    finish(fake)

    assert state_of(order) == ("processing", "paid")
    assert stock() == (24, 0)
    assert [refund.amount for refund in fake.refunds.values()] == [12999]
    assert differences(fake) == []


@pytest.mark.breaks_books
def test_control_without_the_look_for_a_charge_both_are_kept(order, fake, monkeypatch):
    first = opened(order)
    PaymentAttempt.objects.update(state="abandoned")
    second = opened(order)
    fake.pay(first)
    fake.pay(second)

    def naive(*, order_id, amount, currency, provider, provider_id):
        LedgerEntry.objects.get_or_create(
            provider_id=provider_id,
            kind="charge",
            defaults={"order_id": order_id, "amount": amount, "currency": currency},
        )

    monkeypatch.setattr(settling, "record_payment", naive)
    settle(first)
    settle(second)

    assert any("2 charges" in each for each in differences(fake))


@committed
def test_twenty_starts_at_once_open_one_session(order, fake):
    results = at_once(*[partial(start_payment, order.pk, origin=ORIGIN)] * 20)

    assert refusals(results) == []
    assert len({attempt.session_id for attempt in results}) == 1
    assert len(fake.sessions) == 1
    assert order.attempts.count() == 1


@pytest.mark.breaks_books
@committed
def test_control_with_a_key_of_their_own_they_would_open_many(order, fake, monkeypatch):
    real, inside = starting.Gateway.create_session, threading.Barrier(8)

    def naive(self, params, key):
        inside.wait(120)
        return real(self, params, f"{key}-{threading.get_ident()}")

    monkeypatch.setattr(starting.Gateway, "create_session", naive)
    at_once(*[partial(start_payment, order.pk, origin=ORIGIN)] * 8)

    assert len(fake.sessions) > 1


@committed
def test_one_cart_in_many_tabs_is_paid_once(product, fake):
    variant = product.variants.get()
    cart = Cart.objects.create()
    CartLine.objects.create(cart=cart, variant=variant, quantity=2, seen_price=variant.price)

    def tab():
        order = check_out(
            cart.pk, buyer=JOHN, shipping_address=PARK_AVENUE, shipping_method="standard"
        )
        session_id = start_payment(order.pk, origin=ORIGIN).session_id
        if fake.pay(session_id):
            tell(fake, fake.events[-1])

    results = at_once(*[tab] * 6)
    known = (AlreadyPaid, IllegalTransition)
    # Or the cart is gone already, with what was bought.
    strange = [
        each
        for each in refusals(results)
        if not isinstance(each, known) and "empty" not in str(each)
    ]
    assert strange == []
    finish(fake)

    assert Order.objects.filter(status="pending").count() <= 1
    kept = [order for order in Order.objects.all() if order.captured > order.refunded]
    assert len(kept) == 1
    assert stock() == (23, 2 * Order.objects.filter(status="pending").count())
    assert differences(fake) == []


def test_a_second_checkout_does_not_cancel_a_payment_on_its_way(product, fake):
    variant = product.variants.get()
    cart = Cart.objects.create()
    CartLine.objects.create(cart=cart, variant=variant, quantity=1, seen_price=variant.price)
    how = {"buyer": JOHN, "shipping_address": PARK_AVENUE, "shipping_method": "standard"}
    order = check_out(cart.pk, **how)
    fake.pay(opened(order), "delayed")

    with pytest.raises(AlreadyPaid):
        check_out(cart.pk, **how)

    assert state_of(order) == ("pending", "processing")
    assert Order.objects.count() == 1


@pytest.mark.parametrize("outcome", ["open", "delayed"])
def test_the_end_of_an_old_session_does_not_end_what_is_paid_by_another(order, fake, outcome):
    old = opened(order)
    PaymentAttempt.objects.update(state="abandoned")
    new = opened(order)
    if outcome == "delayed":
        fake.pay(new, "delayed")
        tell(fake)
    fake.expire(old)

    tell(fake, fake.events[-1])

    assert state_of(order)[0] == "pending"
    assert stock() == (25, 1)
    assert fake.pay(new) if outcome == "open" else not fake.decide(new)
    tell(fake)
    assert state_of(order) == ("processing", "paid")


def test_what_was_bought_is_in_no_cart(product, fake):
    variant = product.variants.get()
    cart = Cart.objects.create()
    CartLine.objects.create(cart=cart, variant=variant, quantity=1, seen_price=variant.price)
    how = {"buyer": JOHN, "shipping_address": PARK_AVENUE, "shipping_method": "standard"}
    fake.pay(opened(check_out(cart.pk, **how)))
    assert Cart.objects.exists()

    tell(fake)

    assert not Cart.objects.exists()


def test_a_free_order_is_sold_once(tech, fake):
    product = make_product(price="0.00", on_hand=3)
    order = make_order(product)
    first = opened(order)
    PaymentAttempt.objects.update(state="abandoned")
    second = opened(order)
    for session_id in (first, second):
        fake.pay(session_id)
    tell(fake)

    assert state_of(order) == ("processing", "paid")
    assert Refund.objects.count() == 0
    assert differences(fake) == []


def test_a_free_order_that_had_ended_owes_nothing(tech, fake):
    product = make_product(price="0.00", on_hand=1)
    order = make_order(product)
    session_id = opened(order)
    fake.pay(session_id)
    end_order(order.pk, reason="Nobody paid in time.", expired=True)
    make_order(product)

    tell(fake)

    assert order.events.filter(kind="late_payment").count() == 1
    assert state_of(order) == ("cancelled", "paid")


# --- Refunds -------------------------------------------------------------------------------------


@pytest.fixture
def paid(product, fake):
    """An order of 100.00, paid."""
    product = make_product(price="100.00", on_hand=9)
    order = make_order(product)
    fake.pay(opened(order))
    tell(fake)
    fake.events.clear()
    return order


def give_back(order, amount):
    return send_refund(refund_order(order_id=order.pk, amount=D(amount)).pk)


@committed
def test_twenty_refunds_of_thirty_at_once(paid, fake):
    results = at_once(*[partial(give_back, paid, "30.00")] * 20)

    assert len(refusals(results)) == 17
    assert {type(each) for each in refusals(results)} == {IllegalTransition}
    assert sorted(refund.amount for refund in fake.refunds.values()) == [3000] * 3
    finish(fake)
    assert state_of(paid) == ("processing", "partially_refunded")
    assert differences(fake) == []


@pytest.mark.breaks_books
@committed
def test_control_without_the_orders_lock_more_are_written_than_there_is(paid, fake, monkeypatch):
    inside = threading.Barrier(8)

    def unlocked(order_id):
        inside.wait(120)
        return Order.objects.get(pk=order_id)

    monkeypatch.setattr(orders_refunding, "lock_order", unlocked)
    results = at_once(
        *[lambda: refund_order(order_id=paid.pk, amount=D("30.00"))] * 8,
    )

    assert len(results) - len(refusals(results)) > 3


@committed
def test_a_refund_here_against_one_over_there(paid, fake):
    """The shop gives all of it back while somebody does so in Stripe's dashboard."""

    def dashboard():
        fake.refund(next(iter(fake.sessions)), 7000)
        tell(fake, *fake.events)

    at_once(partial(give_back, paid, "100.00"), dashboard, partial(give_back, paid, "50.00"))
    finish(fake)

    assert fake.left_of(fake.paid_sessions()[0].intent) >= 0
    assert differences(fake) == []


def test_a_refund_of_the_dashboard_is_counted_once(paid, fake):
    refund = fake.refund(next(iter(fake.sessions)), 2500)
    for _ in range(3):
        tell(fake)
        reconcile(Recent())

    assert [each.provider_id for each in Refund.objects.all()] == [refund.id]
    assert Order.objects.get(pk=paid.pk).refunded == D("25.00")
    assert differences(fake) == []


def test_a_second_refund_under_the_name_of_one_of_ours_is_another(paid, fake):
    """Stripe had forgotten the key, and the first had not been in its list yet."""
    ours = give_back(paid, "30.00")
    copy = fake.refund(next(iter(fake.sessions)), 3000)
    copy.metadata = fake.refunds[ours.provider_id].metadata
    tell(fake)

    assert sorted(each.provider_id for each in Refund.objects.all()) == sorted(fake.refunds)
    assert Order.objects.get(pk=paid.pk).refunded == D("60.00")
    assert differences(fake) == []


@pytest.mark.parametrize("name", ["not a uuid", "6b7a0e3c-1d2f-4f60-9b1a-000000000000", ""])
def test_a_refund_with_a_strange_name_is_the_dashboards(paid, fake, name):
    fake.refund(next(iter(fake.sessions)), 3000).metadata = {"refund": name}

    assert set(tell(fake)) == {"done"}
    assert differences(fake) == []


def test_a_refund_that_came_to_nothing_is_no_riddle(paid, fake):
    """All of it was given back twice in the dashboard, of which the first failed: nobody told."""
    first = fake.refund(next(iter(fake.sessions)))
    fake.move_refund(first.id, "failed")
    first.created -= 60  # so that Stripe's list names it after the second
    fake.refund(next(iter(fake.sessions)))

    assert reconcile(Recent()).problems == []
    assert reconcile(Recent()).repaired == []

    assert state_of(paid) == ("processing", "refunded")
    assert sorted(Refund.objects.values_list("state", flat=True)) == ["failed", "succeeded"]
    assert not OutboxMessage.objects.filter(topic="alert.refund_unexplained").exists()
    assert differences(fake) == []


@pytest.mark.breaks_books
def test_more_than_there_was_is_told_once_and_booked_never(paid, fake):
    """It cannot be, so a person looks."""
    refund = fake.refund(next(iter(fake.sessions)), 6000)
    tell(fake)
    refund = fake.refund(next(iter(fake.sessions)), 100)
    refund.amount = 6000

    assert tell(fake, *fake.events[-2:] * 2) == ["unmatched"] * 4

    assert Order.objects.get(pk=paid.pk).refunded == D("60.00")
    assert OutboxMessage.objects.filter(topic="alert.refund_unexplained").count() == 1


def test_parts_are_given_back_to_the_last_cent(paid, fake):
    for amount in ("33.33", "33.33", "33.33", "0.01"):
        give_back(paid, amount)
    with pytest.raises(IllegalTransition):
        refund_order(order_id=paid.pk, amount=D("0.01"))
    tell(fake)

    assert state_of(paid) == ("processing", "refunded")
    assert fake.left_of(fake.paid_sessions()[0].intent) == 0
    assert differences(fake) == []


@pytest.mark.parametrize("fault", ["reset_after", "hang_after", "500_after", "malformed"])
def test_a_refund_whose_answer_was_lost_is_not_given_twice(paid, fake, fault, monkeypatch):
    monkeypatch.setattr("checkout.stripe_transport.READ_SECONDS", 0.3)
    monkeypatch.setattr("checkout.stripe_transport.CALL_SECONDS", 0.8)
    fake.fail(fault, "create_refund", times=2)
    refund = refund_order(order_id=paid.pk, amount=D("40.00"))
    with pytest.raises(PaymentProviderUnavailable):
        send_refund(refund.pk)
    fake.heal()

    # A day later Stripe has forgotten the key.
    fake.forget_keys()
    assert send_refund(refund.pk).state == "succeeded"
    send_refund(refund.pk)

    assert [each.amount for each in fake.refunds.values()] == [4000]
    tell(fake)
    assert differences(fake) == []


@pytest.mark.breaks_books
def test_control_without_the_look_at_the_list_it_is_given_twice(paid, fake, monkeypatch):
    fake.fail("reset_after", "create_refund", times=2)
    refund = refund_order(order_id=paid.pk, amount=D("40.00"))
    with pytest.raises(PaymentProviderUnavailable):
        send_refund(refund.pk)
    fake.heal()
    fake.forget_keys()

    monkeypatch.setattr(refunding.Gateway, "refunds_of", lambda self, payment: [])
    send_refund(refund.pk)

    assert [each.amount for each in fake.refunds.values()] == [4000, 4000]
    assert differences(fake) != []


@committed
def test_two_workers_that_send_one_refund_give_it_once(paid, fake):
    refund = refund_order(order_id=paid.pk, amount=D("40.00"))

    results = at_once(*[partial(send_refund, refund.pk)] * 8)

    assert all(isinstance(each, PaymentProviderUnavailable) for each in refusals(results)), results
    finish(fake)
    assert [each.amount for each in fake.refunds.values()] == [4000]
    assert differences(fake) == []


def test_a_refund_that_stripe_refuses_has_failed_and_says_why(paid, fake):
    fake.refund(next(iter(fake.sessions)))  # of which nobody told yet

    refund = give_back(paid, "10.00")

    assert (refund.state, refund.problem) == ("failed", "Charge has already been refunded.")
    tell(fake)
    assert state_of(paid) == ("processing", "refunded")
    assert differences(fake) == []


def test_units_of_a_refund_that_failed_are_owed_again(tech, fake):
    product = make_product(price="10.00", on_hand=9)
    order = make_order(product, quantity=3)
    fake.pay(opened(order))
    tell(fake)
    [line] = order.line_items.all()
    refund = send_refund(refund_order(order_id=order.pk, items={line.pk: 1}).pk)
    fulfil_order(order_id=order.pk, items={line.pk: 2})
    assert state_of(order) == ("completed", "partially_refunded")

    fake.move_refund(refund.provider_id, "failed")
    tell(fake)

    assert state_of(order) == ("processing", "paid")
    assert differences(fake) == []
    # To be sent, or given back again.
    assert order.line_items.get().to_send == 1
    send_refund(refund_order(order_id=order.pk, items={line.pk: 1}).pk)
    assert state_of(order) == ("completed", "partially_refunded")


@pytest.fixture
def two_of_nine(tech, fake):
    """A paid order of two units; seven are left in stock."""
    order = make_order(make_product(price="10.00", on_hand=9), quantity=2)
    fake.pay(opened(order))
    tell(fake)
    return order


def give_back_a_unit(order):
    [line] = order.line_items.all()
    return refund_order(order_id=order.pk, items={line.pk: 1}, restock=True)


def stock_of(order):
    return order.line_items.get().variant.on_hand


def test_units_come_back_into_stock_with_the_money_and_not_before(two_of_nine):
    refund = give_back_a_unit(two_of_nine)
    assert (stock_of(two_of_nine), two_of_nine.line_items.get().to_send) == (7, 1)

    send_refund(refund.pk)

    assert (stock_of(two_of_nine), two_of_nine.line_items.get().to_send) == (8, 1)


def test_a_refund_that_is_refused_leaves_its_units_with_the_order(two_of_nine, fake):
    refund = give_back_a_unit(two_of_nine)
    fake.fail("400", "create_refund")

    assert send_refund(refund.pk).state == "failed"

    assert (stock_of(two_of_nine), two_of_nine.line_items.get().to_send) == (7, 2)
    assert violations() == []


def test_units_leave_the_stock_again_when_their_refund_fails_later(two_of_nine, fake):
    refund = send_refund(give_back_a_unit(two_of_nine).pk)
    fake.move_refund(refund.provider_id, "failed")
    tell(fake)

    assert (stock_of(two_of_nine), two_of_nine.line_items.get().to_send) == (7, 2)
    assert differences(fake) == []
    send_refund(give_back_a_unit(two_of_nine).pk)
    assert (stock_of(two_of_nine), two_of_nine.line_items.get().to_send) == (8, 1)
    assert violations() == []


def test_units_that_others_bought_since_do_not_leave_the_stock_again(two_of_nine, fake):
    refund = send_refund(give_back_a_unit(two_of_nine).pk)
    make_order(two_of_nine.line_items.get().variant.product, quantity=8)
    fake.move_refund(refund.provider_id, "failed")
    tell(fake)

    assert (stock_of(two_of_nine), two_of_nine.line_items.get().to_send) == (8, 1)
    assert two_of_nine.events.filter(text__startswith="1 unit cannot be sent").exists()
    assert differences(fake) == []


def test_units_that_the_customer_sent_back_stay_in_stock(two_of_nine, fake):
    fulfil_order(order_id=two_of_nine.pk)
    refund = send_refund(give_back_a_unit(two_of_nine).pk)
    fake.move_refund(refund.provider_id, "failed")
    tell(fake)

    assert (stock_of(two_of_nine), two_of_nine.line_items.get().to_send) == (8, 0)
    assert state_of(two_of_nine) == ("completed", "paid")
    assert differences(fake) == []


def test_a_refund_is_asked_for_where_its_payment_was_made(tech, fake):
    fake.accounts.add("acct_1")
    tech.stripe_account = "acct_1"
    tech.save(update_fields=["stripe_account"])
    select()
    product = make_product(price="10.00", on_hand=9)
    order = make_order(product)
    fake.pay(opened(order))
    tell(fake)
    tech.stripe_account = ""
    tech.save(update_fields=["stripe_account"])
    select()

    assert give_back(order, "4.00").state == "succeeded"

    tell(fake)
    finish(fake)
    assert {call.account for call in fake.calls if "refund" in call.operation} >= {"acct_1"}
    assert differences(fake) == []
