"""Placing an order: a snapshot of the catalogue, and units held from that moment."""

from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog.models import Product, StockMovement, Variant
from orders.errors import BadDiscount, OutOfStock, PricesChanged
from orders.models import Customer, Discount, Order, OrderEvent, OrderSettings, ShippingMethod
from orders.services.paying import end_order, record_payment
from orders.services.placing import (
    Buyer,
    address_from,
    give_number,
    place_order,
)
from orders.services.timeline import Actor
from pycommerce.core.errors import InvalidRequest
from tenants.errors import TenantInactive
from tenants.models import Tenant
from tenants.shop.models import catalogue_version
from tests.factories import (
    JOHN,
    PARK_AVENUE,
    make_product,
    make_shipping_method,
)

D = Decimal


def wanted(*products, units=1):
    return {product.variants.get(position=1).pk: units for product in products}


def place(quantities, **fields):
    """Place an order as its callers do: with its number, all or nothing."""
    given = {
        "buyer": JOHN,
        "shipping_address": PARK_AVENUE,
        "shipping_method": "standard",
        **fields,
    }
    with transaction.atomic():
        order = place_order(quantities=quantities, **given)
        give_number(order)
    return order


def counts(product):
    variant = product.variants.get(position=1)
    return variant.on_hand, variant.held


# --- What is kept --------------------------------------------------------------------------------


def test_an_order_keeps_what_was_agreed_whatever_the_catalogue_does_later(tech):
    shirt = make_product(
        "Shirt",
        option_names=["Size", "Colour"],
        variants=[{"option_values": ["M", "Red"], "sku": "S-MR", "price": "19.99"}],
    )
    method = make_shipping_method("slow", "4.00", name="By foot")
    order = place(wanted(shirt, units=2), shipping_method="slow", notes="Ring twice")

    Variant.objects.update(price=D("99.00"), sku="NEW", option_values=["L", "Blue"])
    Product.objects.update(name="Jumper", option_names=["A", "B"], status="archived")
    ShippingMethod.objects.filter(pk=method.pk).update(price=9, name="By air", code="air")
    OrderSettings.objects.update(prices_include_tax=True)
    Tenant.objects.filter(pk=tech.pk).update(currency="EUR")

    order.refresh_from_db()
    [line] = order.line_items.all()
    assert (line.name, line.sku, line.options) == ("Shirt", "S-MR", {"Size": "M", "Colour": "Red"})
    assert (line.unit_price, line.quantity, line.total_price) == (D("19.99"), 2, D("39.98"))
    assert (order.shipping_method, order.shipping_name) == ("slow", "By foot")
    assert (order.currency, order.total, order.prices_include_tax) == ("USD", D("43.98"), False)
    assert (order.notes, order.country_code) == ("Ring twice", "US")


def test_an_order_outlives_its_product(tech):
    product = make_product("Lamp", price="20.00")
    order = place(wanted(product))
    end_order(order.pk, reason="")
    product.delete()

    [line] = order.line_items.all()
    assert (line.name, line.variant, line.total_price) == ("Lamp", None, D("20.00"))
    assert line.product_id


def test_addresses_are_kept_as_they_were_given(tech):
    product = make_product()
    billing = address_from(
        {"line1": "Am Markt 1", "city": "Bonn", "country": "Germany", "postal_code": "53111"}
    )

    order = place(wanted(product), billing_address=billing)
    same = place(wanted(product))

    assert order.billing_address == {
        "line1": "Am Markt 1",
        "line2": "",
        "city": "Bonn",
        "state": "",
        "postal_code": "53111",
        "country": "Germany",
    }
    assert same.billing_address == same.shipping_address == PARK_AVENUE.as_json()


def test_a_place_that_is_no_country_is_refused():
    with pytest.raises(InvalidRequest) as refused:
        address_from({"line1": "1", "city": "Poseidonis", "country": "Atlantis"})

    assert refused.value.fields.keys() == {"country"}


def test_a_customer_is_made_by_their_first_order_and_stays_as_they_are(tech):
    product = make_product()
    first = place(wanted(product), buyer=Buyer("Ann", "Ann@Example.com", "1"))
    again = place(wanted(product), buyer=Buyer("Ann B.", "ann@example.COM", "2"))

    [customer] = Customer.objects.all()
    assert first.customer_id == again.customer_id == customer.pk
    assert (customer.name, customer.email, customer.phone) == ("Ann", "ann@example.com", "1")
    assert (again.customer_name, again.customer_phone) == ("Ann B.", "2")


def test_numbers_count_up_under_the_shops_own_prefix(tech):
    product = make_product(on_hand=9)
    numbers = [place(wanted(product)).number for _ in range(2)]
    OrderSettings.objects.update(number_prefix="TG/")
    numbers.append(place(wanted(product)).number)

    assert numbers == ["T-1001", "T-1002", "TG/1003"]


def test_a_refused_order_uses_up_no_number(tech):
    product = make_product(on_hand=1)
    with pytest.raises(OutOfStock):
        place(wanted(product, units=2))

    assert place(wanted(product)).number == "T-1001"


def test_the_timeline_begins_with_who_placed_it(tech):
    order = place(wanted(make_product()), actor=Actor(None, "ann@example.com"))

    [event] = order.events.all()
    assert (event.kind, event.user_name) == ("placed", "ann@example.com")


# --- Units ---------------------------------------------------------------------------------------


def test_units_are_held_from_that_moment_and_what_is_kept_of_the_catalogue_is_stale(tech):
    product = make_product(on_hand=5)
    version = catalogue_version()

    place(wanted(product, units=3))

    assert counts(product) == (5, 3)
    assert catalogue_version() == version + 1
    assert StockMovement.objects.count() == 1


def test_of_what_is_short_nothing_is_held_and_nothing_written(tech):
    plenty, scarce = make_product(on_hand=9), make_product(on_hand=2, sku="SCARCE")
    Discount.objects.create(code="TEN", value=10)

    with pytest.raises(OutOfStock, match="SCARCE: 3 requested, 2 available"):
        place({**wanted(plenty), **wanted(scarce, units=3)}, discount_code="TEN")

    assert counts(plenty) == (9, 0)
    assert counts(scarce) == (2, 0)
    assert not Order.objects.exists()
    assert not Customer.objects.exists()
    assert not OrderEvent.objects.exists()
    assert Discount.objects.get().used_count == 0


def test_held_units_are_not_there_for_the_next_order(tech):
    product = make_product(on_hand=5)
    place(wanted(product, units=4))

    with pytest.raises(OutOfStock, match="2 requested, 1 available"):
        place(wanted(product, units=2))


# --- Refusals ------------------------------------------------------------------------------------


def refused(quantities, **fields):
    with pytest.raises(InvalidRequest) as found:
        place(quantities, **fields)
    assert not Order.objects.exists()
    return found.value.fields


@pytest.mark.parametrize("units", [0, -1, 10_000])
def test_a_quantity_out_of_range_is_refused(tech, units):
    assert refused(wanted(make_product(on_hand=20_000), units=units)).keys() == {"items"}


def test_nothing_is_no_order(tech):
    assert refused({}).keys() == {"items"}


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_what_is_not_for_sale_is_refused(tech, status):
    product = make_product(status=status)

    assert "is not for sale" in refused(wanted(product))["items"][0]


def test_another_shops_variant_is_unknown(tech, outdoor):
    foreign = make_product(on_hand=5)
    quantities = wanted(foreign)
    connection.set_schema_to_public()
    connection.set_tenant(tech)

    assert refused(quantities).keys() == {"items"}


def test_a_price_that_was_not_seen_is_refused(tech):
    product = make_product(price="10.00")
    [variant_id] = wanted(product)

    with pytest.raises(PricesChanged):
        place({variant_id: 1}, seen_prices={variant_id: D("9.99")})

    assert not Order.objects.exists()
    assert place({variant_id: 1}, seen_prices={variant_id: D("10")}).total == 10


def test_a_shop_that_closed_a_moment_ago_takes_no_order(tech):
    product = make_product()
    # The connection's own tenant still says that it is active.
    Tenant.objects.filter(pk=tech.pk).update(active=False)

    with pytest.raises(TenantInactive):
        place(wanted(product))

    assert counts(product) == (5, 0)


# --- Codes ---------------------------------------------------------------------------------------


def paid(order):
    return record_payment(
        order_id=order.pk,
        amount=order.total,
        currency=order.currency,
        provider="simulator",
        provider_id=f"pi_{order.pk.hex}",
    )


def test_a_code_is_counted_and_given_back_by_an_order_that_nobody_paid(tech):
    product = make_product(on_hand=9)
    code = Discount.objects.create(code="ONCE", value=10, usage_limit=1)
    order = place(wanted(product), discount_code="once")
    with pytest.raises(BadDiscount, match="used up"):
        place(wanted(product), discount_code="once")

    # Renamed meanwhile: it is the discount that counts, not its name.
    Discount.objects.update(code="NEW")
    end_order(order.pk, reason="", expired=True)
    end_order(order.pk, reason="", expired=True)

    code.refresh_from_db()
    assert code.used_count == 0
    assert place(wanted(product), discount_code="new").used_discount_id == code.pk


def test_a_code_is_counted_again_by_an_order_that_is_paid_after_it_had_expired(tech):
    product = make_product(on_hand=9)
    code = Discount.objects.create(code="ONCE", value=10, usage_limit=1)
    first, second = (_expired_with_code(product) for _ in range(2))

    assert paid(first).status == "processing"
    # The last use went to the first one; what was agreed with the second holds all the same.
    assert paid(second).status == "processing"

    code.refresh_from_db()
    assert code.used_count == 1
    assert [order.pk for order in code.orders.all()] == [first.pk]
    second.refresh_from_db()
    assert (second.discount_total, second.used_discount) == (D("1.00"), None)


def _expired_with_code(product):
    order = place(wanted(product), discount_code="ONCE")
    end_order(order.pk, reason="", expired=True)
    return order


def test_a_late_payment_for_what_is_not_sold_any_more_goes_back(tech):
    product, other = make_product(on_hand=9), make_product(on_hand=9)
    order = place({**wanted(product), **wanted(other)})
    end_order(order.pk, reason="", expired=True)
    product.delete()

    paid(order)

    order.refresh_from_db()
    assert (order.status, order.units) == ("cancelled", "released")
    assert order.refunds.get().amount == order.total
    assert counts(other) == (9, 0)


# --- Statements ----------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [1, 40])
def test_an_order_costs_at_most_25_statements_whatever_the_number_of_lines(tech, lines):
    Discount.objects.create(code="TEN", value=10, usage_limit=9)
    products = [make_product(on_hand=9) for _ in range(lines)]
    quantities = wanted(*products)

    with CaptureQueriesContext(connection) as statements:
        order = place(quantities, discount_code="TEN")

    assert order.line_items.count() == lines
    assert len(statements) <= 16
