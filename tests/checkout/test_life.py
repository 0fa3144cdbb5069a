"""A shop's life by chance: whatever follows whatever, its books are right after every step.

The simulator stands at the other end; events come late, twice or never, and time passes. The lives
are the same each time; `LIVES=500 pytest tests/checkout/test_life.py` lives five hundred others.
What went wrong is printed as the shortest life in which it does.
"""

import os
import sys
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.db.models import F
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from catalog.models import Product, Variant
from catalog.services.editing import delete_products
from catalog.services.stock import adjust_stock
from checkout.carts import add_to_cart, change_cart
from checkout.models import Cart, PaymentAttempt
from checkout.services import starting
from checkout.services.checking_out import AlreadyPaid, check_out
from checkout.services.integrity import violations
from checkout.services.reconciling import Recent, reconcile
from checkout.services.refunding import cancel_order, send_refund
from checkout.services.settling import settle
from checkout.services.starting import start_payment
from checkout.services.sweeping import sweep
from checkout.services.taking import take_manual_payment
from checkout.simulator import store
from checkout.simulator.delivering import deliver_due, send
from checkout.simulator.models import Delivery, Session
from checkout.simulator.models import Refund as ProviderRefund
from checkout.stripe_gateway import Gateway
from checkout.stripe_inbox.models import StripeEvent
from orders.models import (
    Discount,
    Order,
    OrderEvent,
    OrderSettings,
    Refund,
    ShippingMethod,
    TaxRate,
)
from orders.services import paying, restocking
from orders.services.attending import end_review, hold_back
from orders.services.fulfilling import fulfil_order
from orders.services.mailing import deliver_outbox
from orders.services.noting import keep_until_paid
from orders.services.refunding import refund_order
from orders.services.timeline import NOBODY
from pycommerce.core.errors import Refusal
from pycommerce.core.money import to_minor_units
from tests.checkout.conftest import ORIGIN
from tests.factories import JOHN, PARK_AVENUE, make_order, make_product

D = Decimal
ANY = st.integers(0, 99)
UNITS = st.integers(1, 4)
CODES = st.sampled_from(["", "", "TEN", "FIVE"])
BEGUN = ["placed", "open", "paid", "orphan"]
WAYS = st.sampled_from(sorted(store.DELIVERIES))
# What time is told by. To let it pass is to put all of this into the past.
CLOCKS = {
    Order: ["created_at"],
    Refund: ["created_at", "updated_at"],
    Cart: ["updated_at"],
    PaymentAttempt: ["created_at", "expires_at", "checked_at"],
    Session: ["created", "expires_at"],
    ProviderRefund: ["created"],
    Delivery: ["due_at"],
    StripeEvent: ["received_at", "next_try_at"],
}


_ORDERS = "(SELECT count(*) FROM orders_order WHERE {})"
_SESSIONS = "(SELECT count(*) FROM simulator_session WHERE {})"
_DELIVERIES = "(SELECT count(*) FROM simulator_delivery WHERE {})"
THERE = {
    "carts": "(SELECT count(*) FROM checkout_cart)",
    "pending": _ORDERS.format("status = 'pending'"),
    "payable": _ORDERS.format("status = 'pending' AND payment_status = 'unpaid'"),
    "unsent": _ORDERS.format("status IN ('pending', 'processing')"),
    "processing": _ORDERS.format("status = 'processing'"),
    "captured": _ORDERS.format("captured > 0"),
    "sessions": _SESSIONS.format("true"),
    "open": _SESSIONS.format("status = 'open'"),
    "paid": _SESSIONS.format("payment_status = 'paid'"),
    "refunds": "(SELECT count(*) FROM simulator_refund WHERE status = 'succeeded')",
    "told": _DELIVERIES.format("delivered_at IS NOT NULL"),
    "due": _DELIVERIES.format("delivered_at IS NULL"),
}


def pass_time(**time: int) -> None:
    for model, fields in CLOCKS.items():
        model.objects.update(**{field: F(field) - timedelta(**time) for field in fields})


def pick(things: Any, number: int) -> Any:
    """One of them, or None where there is none."""
    found = list(things)
    return found[number % len(found)] if found else None


def order_of(number: int, **fields: Any) -> Order | None:
    return pick(Order.objects.filter(**fields).order_by("created_at", "id"), number)


def session_of(number: int, **fields: Any) -> Session | None:
    return pick(Session.objects.filter(**fields).order_by("created", "id"), number)


def allowed(act: Any, *arguments: Any, **named: Any) -> Any:
    """Do it; to be refused is an answer as well."""
    try:
        return act(*arguments, **named)
    except (Refusal, AlreadyPaid):
        return None


def needs(what: str) -> Any:
    """For a step that does nothing where there is none of this."""
    return precondition(lambda life: life.there[what] > 0)


class Life(RuleBasedStateMachine):
    """Shoppers, clerks, the worker and the payment provider, each doing what they can."""

    there: Counter[str] = Counter()

    # What happened in all lives together.
    seen: Counter[str] = Counter()

    @initialize(
        included=st.booleans(),
        begun=st.lists(st.sampled_from(BEGUN), min_size=1, max_size=3),
    )
    def open_shop(self, included: bool, begun: list[str]) -> None:
        self.block = transaction.atomic()
        # As a test's own transaction: it stands for the database, and is undone afterwards.
        self.block._from_testcase = True
        self.block.__enter__()
        self.variants = [
            make_product(price=price, on_hand=6).variants.get().pk for price in ("10.00", "3.33")
        ]
        OrderSettings.objects.update(prices_include_tax=included)
        ShippingMethod.objects.update(price=D("4.90"))
        TaxRate.objects.create(country="US", state="NY", percent=D("8.875"))
        Discount.objects.create(code="TEN", kind="percent", value=10, usage_limit=2)
        Discount.objects.create(code="FIVE", kind="amount", value=5)
        # A life knows only some of the steps; it begins with something to take them on.
        for number, kind in enumerate(begun):
            self.begin(number, kind)

    def begin(self, number: int, kind: str) -> None:
        product = Variant.objects.get(pk=pick(self.variants, number)).product
        order = make_order(product, quantity=2, discount_code="TEN" if number else "")
        if kind == "orphan":
            # A session that was made, and of which nobody here knows: its start was given up.
            self.start_and_die(order)
            pass_time(minutes=6)
            self.work()
        elif kind != "placed":
            session_id = start_payment(order.pk, origin=ORIGIN).session_id
            assert session_id
            if kind == "paid":
                store.pay(session_id, outcome="paid")
                deliver_due()

    def teardown(self) -> None:
        if not hasattr(self, "block"):
            return
        try:
            if sys.exc_info()[0] is None:
                self.come_to_rest()
        finally:
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    # --- Shoppers -----------------------------------------------------------------------------

    @rule(which=ANY, what=ANY, units=UNITS)
    def put_into_a_cart(self, which: int, what: int, units: int) -> None:
        cart = pick([None, *Cart.objects.order_by("created_at")], which)
        allowed(add_to_cart, cart, variant_id=pick(self.variants, what), quantity=units)

    @needs("carts")
    @rule(which=ANY, units=st.integers(0, 6))
    def change_a_cart(self, which: int, units: int) -> None:
        if cart := pick(Cart.objects.order_by("created_at"), which):
            lines = cart.lines.select_related("variant")[:1]
            prices = {line.pk: line.variant.price for line in lines}
            allowed(change_cart, cart, dict.fromkeys(prices, units), accepted=prices)

    @needs("carts")
    @rule(which=ANY, code=CODES)
    def check_a_cart_out(self, which: int, code: str) -> None:
        if cart := pick(Cart.objects.order_by("created_at"), which):
            order = allowed(
                check_out,
                cart.pk,
                buyer=JOHN,
                shipping_address=PARK_AVENUE,
                shipping_method="standard",
                discount_code=code,
            )
            if order:
                allowed(start_payment, order.pk, origin=ORIGIN)

    @rule(what=ANY, units=UNITS, code=CODES)
    def order_by_the_api(self, what: int, units: int, code: str) -> None:
        product = Variant.objects.get(pk=pick(self.variants, what)).product
        allowed(make_order, product, quantity=units, discount_code=code)

    @needs("payable")
    @rule(which=ANY)
    def start_a_payment(self, which: int) -> None:
        if order := order_of(which):
            allowed(start_payment, order.pk, origin=ORIGIN)

    @needs("payable")
    @rule(which=ANY)
    def start_a_payment_and_die_before_the_session_is_stored(self, which: int) -> None:
        if order := order_of(which, status="pending"):
            self.start_and_die(order)

    def start_and_die(self, order: Order) -> None:
        attempt = allowed(starting._take_attempt, order.pk, ORIGIN)
        if attempt and attempt.state == PaymentAttempt.State.NEW:
            Gateway().create_session(attempt.params, attempt.stripe_key)

    @needs("open")
    @rule(
        which=ANY, outcome=st.sampled_from(["paid", "paid", "delayed", "delayed_fails"]), way=WAYS
    )
    def pay(self, which: int, outcome: str, way: str) -> None:
        if session := session_of(which, status="open"):
            store.pay(session.pk, outcome=outcome, delivery=way)

    @needs("open")
    @rule(which=ANY, outcome=st.sampled_from(["paid", "delayed"]))
    def pay_and_come_back(self, which: int, outcome: str) -> None:
        session = session_of(which, status="open")
        if session and store.pay(session.pk, outcome=outcome, delivery="lost"):
            settle(session.pk)

    @needs("open")
    @rule(which=ANY)
    def pay_another_amount(self, which: int) -> None:
        if session := session_of(which, status="open", amount_total__gt=1):
            Session.objects.filter(pk=session.pk).update(amount_total=1)
            store.pay(session.pk, outcome="paid")

    @needs("sessions")
    @rule(which=ANY)
    def come_back(self, which: int) -> None:
        if session := session_of(which):
            settle(session.pk)

    # --- The provider -------------------------------------------------------------------------

    @needs("due")
    @rule()
    def deliver(self) -> None:
        deliver_due()

    @needs("told")
    @rule(which=ANY)
    def deliver_again(self, which: int) -> None:
        told = Delivery.objects.exclude(delivered_at=None).order_by("id")
        if delivery := pick(told, which):
            send(delivery.event)

    @needs("open")
    @rule(which=ANY)
    def expire_a_session(self, which: int) -> None:
        if session := session_of(which, status="open"):
            store.expire(session.pk)

    @needs("paid")
    @rule(which=ANY)
    def give_money_back_at_the_provider(self, which: int) -> None:
        if session := session_of(which, payment_status="paid"):
            store.refund_outside(session.pk)

    @needs("refunds")
    @rule(which=ANY)
    def fail_a_refund(self, which: int) -> None:
        given = ProviderRefund.objects.filter(status="succeeded").order_by("created", "id")
        if refund := pick(given, which):
            store.fail_refund(refund.pk)

    @needs("paid")
    @rule(which=ANY)
    def dispute(self, which: int) -> None:
        if session := session_of(which, payment_status="paid"):
            store.dispute(session.pk)

    # --- The shop's people --------------------------------------------------------------------

    @needs("unsent")
    @rule(which=ANY)
    def cancel(self, which: int) -> None:
        if order := order_of(which):
            allowed(cancel_order, order_id=order.pk, reason="Changed my mind")

    @needs("captured")
    @rule(which=ANY, amount=st.sampled_from(["0.01", "3.33", "10.00"]), at_once=st.booleans())
    def refund_an_amount(self, which: int, amount: str, at_once: bool) -> None:
        self.refund(which, at_once, amount=D(amount))

    @needs("captured")
    @rule(which=ANY, units=UNITS, restock=st.booleans(), at_once=st.booleans())
    def refund_units(self, which: int, units: int, restock: bool, at_once: bool) -> None:
        if order := order_of(which, captured__gt=0):
            line = order.line_items.first()
            self.refund(which, at_once, items={line.pk: units}, restock=restock)

    @needs("captured")
    @rule(which=ANY, restock=st.booleans())
    def refund_all(self, which: int, restock: bool) -> None:
        self.refund(which, True, restock=restock)

    def refund(self, which: int, at_once: bool, **what: Any) -> None:
        if order := order_of(which, captured__gt=0):
            refund = allowed(refund_order, order_id=order.pk, **what)
            if refund and at_once:
                allowed(send_refund, refund.pk)

    @needs("processing")
    @rule(which=ANY, units=UNITS)
    def send_units(self, which: int, units: int) -> None:
        if order := order_of(which, status="processing"):
            line = order.line_items.first()
            allowed(fulfil_order, order_id=order.pk, items={line.pk: units})

    @needs("processing")
    @rule(which=ANY)
    def send_all(self, which: int) -> None:
        if order := order_of(which, status="processing"):
            allowed(fulfil_order, order_id=order.pk)

    @rule(what=ANY, change=st.integers(-4, 4))
    def adjust(self, what: int, change: int) -> None:
        variant_id = pick(self.variants, what)
        allowed(adjust_stock, variant_id=variant_id, change=change, reason="Count", user=None)

    @rule(what=ANY, price=st.sampled_from(["10.00", "3.33", "0.05", "0.00"]))
    def change_a_price(self, what: int, price: str) -> None:
        Variant.objects.filter(pk=pick(self.variants, what)).update(price=D(price))

    @rule(what=ANY, status=st.sampled_from(["active", "active", "archived", "draft"]))
    def show_or_hide_a_product(self, what: int, status: str) -> None:
        Product.objects.filter(variants=pick(self.variants, what)).update(status=status)

    @rule(what=ANY)
    def delete_a_product(self, what: int) -> None:
        """Unless units of it are held; another takes its place."""
        variant = Variant.objects.get(pk=pick(self.variants, what))
        allowed(delete_products, [variant.product_id])
        if not Variant.objects.filter(pk=variant.pk).exists():
            self.variants.remove(variant.pk)
            self.variants.append(make_product(price="7.77", on_hand=6).variants.get().pk)
            self.seen["deleted"] += 1

    @rule(code=st.sampled_from(["TEN", "FIVE"]), active=st.booleans(), more=st.integers(0, 1))
    def change_a_code(self, code: str, active: bool, more: int) -> None:
        Discount.objects.filter(code=code).update(
            active=active, usage_limit=F("usage_limit") + more
        )

    @needs("payable")
    @rule(which=ANY)
    def take_cash(self, which: int) -> None:
        if order := order_of(which):
            allowed(take_manual_payment, order_id=order.pk, reference="Cash", actor=NOBODY)

    @needs("pending")
    @rule(which=ANY, keep=st.booleans())
    def keep(self, which: int, keep: bool) -> None:
        if order := order_of(which):
            allowed(keep_until_paid, order_id=order.pk, keep=keep, actor=NOBODY)

    @needs("captured")
    @rule(which=ANY, back=st.booleans())
    def look_at(self, which: int, back: bool) -> None:
        if order := order_of(which):
            if back:
                allowed(hold_back, order_id=order.pk, reason="Odd", actor=NOBODY)
            else:
                allowed(end_review, order_id=order.pk, actor=NOBODY)

    # --- Time and the worker ------------------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 6, 40]))
    def wait(self, minutes: int) -> None:
        pass_time(minutes=minutes)
        self.work()

    @rule()
    def sleep_a_day(self) -> None:
        for hours in (1, 25):
            pass_time(hours=hours)
            self.work()

    @rule()
    def work(self) -> None:
        assert sweep(connection.tenant).problems == []

    @rule()
    def send_mails(self) -> None:
        assert deliver_outbox()[1] == 0
        self.seen["mailed"] += len(mail.outbox)
        mail.outbox.clear()

    @rule()
    def reconcile(self) -> None:
        assert reconcile(Recent()).problems == []

    # --- What must be true --------------------------------------------------------------------

    @invariant()
    def all_is_well(self) -> None:
        assert [str(each) for each in violations()] == []
        failed = StripeEvent.objects.exclude(state__in=["done", "ignored"])
        assert list(failed.values_list("type", "state", "problem")) == []
        self.look_around()

    def look_around(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(THERE.values())}")
            self.there = Counter(dict(zip(THERE, cursor.fetchone(), strict=True)))

    def come_to_rest(self) -> None:
        """All that is on its way arrives: then both sides agree, and nothing is left to do."""
        for hours in (1, 1, 26):
            pass_time(hours=hours)
            deliver_due()
            self.work()
            # Of a refund that failed later than that, and silently, only a longer look tells.
            assert reconcile(Recent(hours=24 * 90)).problems == []
        again = reconcile(Recent(hours=24 * 90))
        assert (again.repaired, again.problems) == ([], [])
        self.all_is_well()
        for order in Order.objects.all():
            self.look_back_at(order)
        self.seen.update(OrderEvent.objects.values_list("kind", flat=True))

    def look_back_at(self, order: Order) -> None:
        sessions = Session.objects.filter(params__client_reference_id=str(order.pk))
        assert not sessions.filter(status="open").exists()
        theirs = sum(
            session.amount_total - session.amount_refunded
            for session in sessions.filter(payment_status="paid")
        )
        booked = D(0)
        for entry in order.ledger.filter(provider="simulator"):
            signs = {"charge": 1, "refund": -1, "refund_reversal": 1, "dispute": 0}
            booked += signs[entry.kind] * entry.amount
        assert to_minor_units(booked, "USD") == theirs
        assert not order.refunds.filter(state__in=["new", "pending"]).exists()
        if order.status == "pending":
            assert order.keep_until_paid or order.payment_status == "review"
        if order.status == "cancelled" and not order.refunds.filter(state="failed").exists():
            # Not the goods, so the money: all of it.
            assert order.captured == order.refunded
            assert theirs == 0


def live(examples: int, **given: Any) -> None:
    lives = int(os.environ.get("LIVES", "0"))
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=lives or examples,
            stateful_step_count=50,
            derandomize=not lives,
            database=None,
            deadline=None,
            print_blob=True,
            # A shorter life with the same end takes minutes to find; it is looked for on demand.
            phases=[Phase.generate, *([Phase.shrink] if lives else [])],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            **given,
        ),
    )


def test_the_books_are_right_after_every_step_of_many_lives(tech):
    Life.seen.clear()

    live(45)

    # Lives in which nothing happens would prove nothing.
    often = {"paid", "cancelled", "fulfilled", "refunded", "refund_failed", "restocked", "disputed"}
    assert often | {"mailed", "deleted"} <= set(+Life.seen)


@pytest.mark.parametrize(
    ("module", "guard", "rule"),
    [
        (paying, "release_units", "held is the sum of what orders hold"),
        (paying, "sell_units", "held is the sum of what orders hold"),
        (paying, "free_discount", "an order that nobody paid uses no discount"),
        (restocking, "return_units", "units that came back are movements of their lines"),
    ],
)
def test_without_a_guard_a_life_goes_wrong_soon(tech, monkeypatch, module, guard, rule):
    """The control: the test above would see it."""
    monkeypatch.setattr(module, guard, lambda *args, **kwargs: None)

    with pytest.raises(AssertionError, match=rule):
        live(45)
