"""Everything at once on a few products: whoever waits for whom, nobody waits in a circle."""

import random

from django.db.models import Q

from catalog.models import Variant
from catalog.services.stock import adjust_stock
from checkout.carts import add_to_cart
from checkout.models import Cart
from checkout.services import settling
from checkout.services.checking_out import AlreadyPaid, check_out
from checkout.services.integrity import violations
from checkout.services.refunding import cancel_order, send_refund
from checkout.services.settling import settle
from checkout.services.starting import start_payment
from checkout.services.sweeping import sweep
from checkout.simulator import store
from checkout.simulator.delivering import deliver_due
from checkout.simulator.models import Session
from orders.models import Customer, Discount, Order
from orders.services.fulfilling import fulfil_order
from orders.services.refunding import refund_order
from pycommerce.core.errors import Refusal
from pycommerce.db import connection
from pycommerce.db.retrying import once_more
from tests.concurrency.conftest import Gate, at_once, deadlocks, in_shop, select, wait_for
from tests.factories import JOHN, PARK_AVENUE, make_product

ORIGIN = "http://tech.localhost"


class Day:
    """What one of many does, by its own dice: shoppers, clerks, the worker, the bank."""

    def __init__(self, seed, variants):
        self.dice = random.Random(seed)
        self.variants = variants
        self.carts = []
        self.done = 0

    def live(self, steps):
        acts = [self.shop, self.shop, self.pay, self.pay, self.cancel, self.refund, self.send]
        acts += [self.count, self.bank, self.late, self.worker]
        for _ in range(steps):
            try:
                self.dice.choice(acts)()
                self.done += 1
            except (Refusal, AlreadyPaid, IndexError):
                # Nothing to do it with, or refused for a reason: not a failure.
                continue
        return self.done

    def order(self, **fields):
        return self.dice.choice(Order.objects.filter(**fields).order_by("?")[:3])

    def shop(self):
        cart = self.dice.choice([None, *self.carts])
        cart = Cart.objects.filter(pk=cart).first()
        for variant_id in self.dice.sample(self.variants, self.dice.randint(1, 4)):
            cart = add_to_cart(cart, variant_id=variant_id, quantity=self.dice.randint(1, 3))
        self.carts.append(cart.pk)
        order = check_out(
            cart.pk,
            buyer=JOHN,
            shipping_address=PARK_AVENUE,
            shipping_method="standard",
            discount_code=self.dice.choice(["", "TEN"]),
        )
        start_payment(order.pk, origin=ORIGIN)

    def pay(self):
        open_ones = Session.objects.filter(status="open").order_by("?")
        session = open_ones[0]
        if store.pay(session.pk, outcome=self.dice.choice(["paid", "paid", "delayed"])):
            settle(session.pk)

    def late(self):
        """A session is paid of which nobody hears, and expires at the same time."""
        session = Session.objects.filter(status="open").order_by("?")[0]
        self.dice.choice([store.expire, lambda key: store.pay(key, outcome="paid")])(session.pk)

    def bank(self):
        deliver_due()

    def worker(self):
        sweep(connection.tenant)

    def cancel(self):
        order = self.order(status__in=["pending", "processing"])
        cancel_order(order_id=order.pk, reason="Changed my mind")

    def refund(self):
        order = self.order(payment_status__in=["paid", "partially_refunded"])
        line = self.dice.choice(order.line_items.all())
        refund = once_more(
            lambda: refund_order(
                order_id=order.pk, items={line.pk: 1}, restock=self.dice.random() < 0.5
            )
        )
        send_refund(refund.pk)

    def send(self):
        order = self.order(status="processing")
        line = self.dice.choice(order.line_items.all())
        once_more(lambda: fulfil_order(order_id=order.pk, items={line.pk: 1}))

    def count(self):
        adjust_stock(
            variant_id=self.dice.choice(self.variants),
            change=self.dice.randint(-2, 5),
            reason="Count",
            user=None,
        )


def test_a_busy_day_ends_without_a_deadlock_and_with_every_sum_right(shop):
    Customer.objects.create(email=JOHN.email, name=JOHN.name)
    Discount.objects.create(code="TEN", value=10, usage_limit=30)
    variants = [make_product(on_hand=40).variants.get().pk for _ in range(5)]
    before = deadlocks()
    days = [Day(seed, variants) for seed in range(6)]

    done = at_once([lambda day=day: in_shop(lambda: day.live(40)) for day in days])

    select()
    assert min(done) > 5
    assert deadlocks() == before
    assert violations() == []
    # What is told now, late and twice, ends it all in peace as well.
    for session in Session.objects.all():
        settle(session.pk)
    sweep(connection.tenant)
    assert violations() == []
    assert Order.objects.filter(Q(status="processing") | Q(status="completed")).exists()
    assert Variant.objects.filter(pk__in=variants).count() == 5


def meet_at_the_cart(thread, late):
    """A cart is checked out again while its first order is paid after all."""
    cart = add_to_cart(None, variant_id=make_product().variants.get().pk, quantity=1)
    Customer.objects.create(email=JOHN.email, name=JOHN.name)
    buyer = {"buyer": JOHN, "shipping_address": PARK_AVENUE, "shipping_method": "standard"}
    first = check_out(cart.pk, **buyer)
    session_id = start_payment(first.pk, origin=ORIGIN).session_id
    assert store.expire(session_id)
    settle(session_id)
    Session.objects.filter(pk=session_id).update(
        status="complete", payment_status="paid", payment_intent="pi_late"
    )
    with Gate("orders_order", "INSERT") as gate:
        second = thread(lambda: check_out(cart.pk, **buyer))
        wait_for(at_gate=1)
        paid = thread(lambda: late(session_id))
        wait_for(at_gate=1, behind=1)
        gate.open()
        second.result()
        paid.result()
    return first


def test_a_late_payment_and_a_checkout_of_its_cart_do_not_wait_in_a_circle(shop, thread):
    before = deadlocks()

    first = meet_at_the_cart(thread, settle)

    first.refresh_from_db()
    assert first.payment_status == "paid"
    assert deadlocks() == before
    assert violations() == []


def test_with_the_cart_after_the_last_row_they_would(shop, thread, monkeypatch):
    """The control: the test above would see it."""
    before = deadlocks()
    book_payment = settling._book_payment

    def careless(order, session):
        book_payment(order, session)
        Cart.objects.filter(order=order.pk).delete()

    monkeypatch.setattr(settling, "lock_carts", lambda order_id: Cart.objects.none())
    monkeypatch.setattr(settling, "_book_payment", careless)

    meet_at_the_cart(thread, settle)

    assert deadlocks() > before
