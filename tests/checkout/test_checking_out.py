"""From a cart to an order: at what was seen, and one pending order for a cart."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.signing import Signer
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Variant
from checkout.carts import add_to_cart, change_cart
from checkout.errors import PaymentProviderUnavailable
from checkout.models import Cart
from checkout.services.checking_out import AlreadyPaid, check_out
from checkout.services.integrity import violations
from checkout.services.settling import settle
from checkout.services.starting import start_payment
from checkout.simulator import store
from checkout.simulator.delivering import deliver_due
from checkout.simulator.models import Session
from orders.errors import OutOfStock, PricesChanged
from orders.models import Discount, Order, TaxRate
from pycommerce.core.errors import InvalidRequest
from tenants.middleware import place_of
from tenants.models import Tenant
from tests.checkout.conftest import ORIGIN, SAME_ORIGIN, pay, state_of, stock, tell
from tests.factories import JOHN, PARK_AVENUE, make_order, make_product, make_shipping_method


def place(cart, **fields):
    return check_out(
        cart.pk,
        **{
            "buyer": JOHN,
            "shipping_address": PARK_AVENUE,
            "shipping_method": "standard",
            **fields,
        },
    )


@pytest.fixture
def cart(product):
    return add_to_cart(None, variant_id=product.variants.get().pk, quantity=2)


def pending():
    return [order.pk for order in Order.objects.filter(status="pending")]


def test_a_cart_becomes_an_order_and_stays_until_it_is_paid(cart):
    order = place(cart)

    assert [(line.sku, line.quantity) for line in order.line_items.all()] == [("WH-001", 2)]
    assert order.number == "T-1001"
    assert stock() == (25, 2)
    assert Cart.objects.get().order_id == order.pk

    pay(order)
    deliver_due()

    assert not Cart.objects.exists()
    assert stock() == (23, 0)


def test_a_second_checkout_ends_the_first_and_its_session(cart):
    first = place(cart)
    attempt = start_payment(first.pk, origin=ORIGIN)
    change_cart(cart, {cart.lines.get().pk: 25})

    second = place(cart)

    assert pending() == [second.pk]
    assert state_of(first) == ("cancelled", "unpaid")
    assert Session.objects.get(pk=attempt.session_id).status == "expired"
    assert stock() == (25, 25)
    deliver_due()
    assert pending() == [second.pk]
    assert violations() == []


def test_a_second_checkout_of_the_same_goes_on_with_the_order_that_stands(cart):
    first = place(cart, discount_code="", notes="Ring twice")
    attempt = start_payment(first.pk, origin=ORIGIN)

    again = place(cart, notes="Ring twice", agreed_total=first.total)

    assert (again.pk, again.number) == (first.pk, first.number)
    assert start_payment(again.pk, origin=ORIGIN).session_id == attempt.session_id
    assert Order.objects.count() == 1
    assert stock() == (25, 2)


OTHER = {
    "buyer": replace(JOHN, email="john@example.net"),
    "name": replace(JOHN, name="Jon Doe"),
    "phone": replace(JOHN, phone="+1 555"),
    "shipping_address": replace(PARK_AVENUE, line1="457 Park Ave"),
    "only_shipping": replace(PARK_AVENUE, line1="457 Park Ave"),
    "billing_address": replace(PARK_AVENUE, line2="Floor 2"),
    "shipping_method": "express",
    "notes": "Ring twice",
    "discount_code": "ten",
}


@pytest.mark.parametrize("what", OTHER)
def test_what_is_changed_at_the_checkout_makes_another_order(cart, what):
    make_shipping_method("express", "15.00", position=2)
    Discount.objects.create(code="TEN", value=10)
    first = place(cart)
    names = {"name": "buyer", "phone": "buyer", "only_shipping": "shipping_address"}
    other = {names.get(what, what): OTHER[what]}
    if what == "only_shipping":
        other["billing_address"] = PARK_AVENUE

    second = place(cart, **other)

    assert state_of(first) == ("cancelled", "unpaid")
    assert pending() == [second.pk]
    assert place(cart, **other).pk == second.pk


def test_a_cart_with_something_else_in_it_makes_another_order(cart):
    lamp = make_product("Desk Lamp").variants.get().pk
    orders = [place(cart)]

    add_to_cart(cart, variant_id=lamp, quantity=1)
    orders.append(place(cart))
    [line] = cart.lines.filter(variant=lamp)
    change_cart(cart, {line.pk: 2})
    orders.append(place(cart))
    Variant.objects.filter(pk=lamp).update(price=Decimal("9.00"))
    change_cart(cart, {line.pk: 2}, accepted={line.pk: Decimal("9.00")})
    orders.append(place(cart))
    change_cart(cart, {line.pk: 0})
    orders.append(place(cart))

    assert len({order.pk for order in orders}) == 5
    assert pending() == [orders[-1].pk]
    assert stock() == (25, 2)


def test_a_total_that_is_another_now_makes_another_order(cart):
    first = place(cart)
    TaxRate.objects.create(country="US", percent=10)

    second = place(cart, agreed_total=first.total + Decimal("26.00"))

    assert state_of(first) == ("cancelled", "unpaid")
    assert pending() == [second.pk]


def test_the_order_that_stands_goes_on_where_its_session_has_expired(cart, fake):
    """At the provider, who could not tell yet."""
    first = place(cart)
    old = start_payment(first.pk, origin=ORIGIN).session_id
    fake.expire(old)

    again = place(cart)

    assert again.pk == first.pk
    assert start_payment(again.pk, origin=ORIGIN).session_id != old
    tell(fake)
    assert pending() == [first.pk]
    assert stock() == (25, 2)


def test_while_the_provider_is_down_each_try_goes_on_with_the_same_order(cart, fake):
    tries = []
    fake.fail("reset", times=1000)
    for _click in range(3):
        order = place(cart)
        tries.append(order.pk)
        with pytest.raises(PaymentProviderUnavailable):
            start_payment(order.pk, origin=ORIGIN)

    assert set(tries) == {order.pk}
    assert Order.objects.count() == 1
    assert stock() == (25, 2)


def test_an_open_session_is_kept_where_nobody_can_say_how_it_is(cart, fake):
    order = place(cart)
    session_id = start_payment(order.pk, origin=ORIGIN).session_id
    fake.fail("reset", times=1000)

    assert place(cart).pk == order.pk
    assert start_payment(order.pk, origin=ORIGIN).session_id == session_id


def test_a_cart_that_was_paid_in_another_tab_is_not_checked_out_again(cart):
    order = place(cart)
    pay(order, delivery="lost")

    with pytest.raises(AlreadyPaid) as paid:
        place(cart)

    assert paid.value.order.pk == order.pk
    assert Order.objects.count() == 1
    assert state_of(order) == ("processing", "paid")


def test_a_cart_whose_payment_is_on_its_way_is_not_checked_out_again(cart):
    order = place(cart)
    session_id = pay(order, outcome="delayed")
    deliver_due()
    assert state_of(order) == ("pending", "processing")

    with pytest.raises(AlreadyPaid):
        place(cart)

    assert pending() == [order.pk]
    assert state_of(order) == ("pending", "processing")
    assert stock() == (25, 2)
    # The bank says no: then the units are free, and the cart may be checked out again.
    Session.objects.filter(pk=session_id).update(intent_status="requires_payment_method")
    settle(session_id)
    assert state_of(order) == ("cancelled", "unpaid")
    assert place(cart).pk in pending()


def test_the_code_of_an_order_that_is_replaced_counts_once(cart):
    code = Discount.objects.create(code="ONCE", value=10, usage_limit=1)

    orders = [place(cart, discount_code="ONCE", notes=notes) for notes in ("", "1", "2")]

    code.refresh_from_db()
    assert code.used_count == 1
    assert pending() == [orders[-1].pk]
    assert violations() == []


def test_a_price_that_changes_between_page_and_order_is_refused(cart):
    """The page looked before; the transaction looks again."""
    Variant.objects.update(price=Decimal("1.00"))

    with pytest.raises(PricesChanged):
        place(cart)

    assert not Order.objects.exists()
    change_cart(cart, {cart.lines.get().pk: 2}, accepted={cart.lines.get().pk: Decimal(1)})
    assert place(cart).total == 2


def test_what_was_bought_by_others_meanwhile_is_refused(cart, product):
    make_order(product, quantity=24)

    with pytest.raises(OutOfStock, match="WH-001: 2 requested, 1 available"):
        place(cart)

    assert stock() == (25, 24)


def test_an_empty_cart_is_no_order(cart):
    change_cart(cart, {cart.lines.get().pk: 0})

    with pytest.raises(InvalidRequest):
        place(cart)


def test_a_cart_that_is_gone_is_no_order(cart):
    Cart.objects.all().delete()

    with pytest.raises(InvalidRequest):
        place(cart)


def test_the_earlier_order_that_had_ended_by_itself_stays_as_it_ended(cart):
    first = place(cart)
    attempt = start_payment(first.pk, origin=ORIGIN)
    store.expire(attempt.session_id)
    deliver_due()
    reason = Order.objects.get(pk=first.pk).cancel_reason

    second = place(cart)

    assert Order.objects.get(pk=first.pk).cancel_reason == reason == "Nobody paid in time."
    assert pending() == [second.pk]


@pytest.mark.parametrize("lines", [1, 40])
def test_a_checkout_costs_at_most_25_statements_whatever_the_number_of_lines(tech, lines):
    cart = None
    for _ in range(lines):
        variant = make_product(on_hand=9).variants.get()
        cart = add_to_cart(cart, variant_id=variant.pk, quantity=1)

    with CaptureQueriesContext(connection) as statements:
        order = place(cart)

    assert order.line_items.count() == lines
    assert len(statements) <= 25


def test_a_cart_that_was_bought_in_another_tab_begins_anew(cart, product):
    line = cart.lines.get()
    Cart.objects.all().delete()

    change_cart(cart, {line.pk: 3})
    new = add_to_cart(cart, variant_id=product.variants.get().pk, quantity=1)

    assert new.pk != cart.pk
    assert [line.quantity for line in new.lines.all()] == [1]


def test_typing_on_at_the_checkout_of_such_a_cart_is_no_failure(cart, shopper):
    """It goes between the page's first look and its last."""
    tech = Tenant.objects.get(slug="tech")
    shopper.cookies["cart"] = Signer(salt=f"cart:{place_of(tech, 'tech.localhost')}").sign(cart.pk)
    looked = []

    def buy_then(execute, sql, *rest):
        if 'UPDATE "checkout_cart"' in sql and not looked:
            looked.append(sql)
            Cart.objects.all().delete()
        return execute(sql, *rest)

    with connection.execute_wrapper(buy_then):
        response = shopper.post(
            "/checkout/", {"email": "a@example.com", "update": "1"}, **SAME_ORIGIN
        )

    assert looked
    assert response["Location"] == "/checkout/"
    assert shopper.get("/checkout/")["Location"] == "/cart/"
