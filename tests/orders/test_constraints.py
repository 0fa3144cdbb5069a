"""The database's own guards of stock, orders and money: each refuses what it names.

They stand below every service, so these statements go round the services.
"""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import CheckConstraint, F, UniqueConstraint
from django.utils import timezone

from catalog.models import (
    FeaturedCategory,
    FeaturedProduct,
    HomePage,
    ImportRun,
    PictureFetch,
    StockMovement,
    StockSettings,
    Variant,
)
from checkout.models import Cart, CartLine, PaymentAttempt
from orders.models import (
    CustomerAddress,
    Discount,
    Fulfilment,
    FulfilmentLine,
    LedgerEntry,
    LineItem,
    Order,
    OrderSettings,
    Refund,
    RefundLine,
    ShippingMethod,
    TaxRate,
)
from tests.factories import make_category, make_order, make_product

D = Decimal
LATER = timezone.now() + timedelta(hours=1)


@pytest.fixture
def there(tech):
    """One of each, in good order."""
    product = make_product(price="10.00", on_hand=5, sku="A-1")
    order = make_order(product, make_product(price="4.00"), quantity=2)
    line = order.line_items.first()
    cart = Cart.objects.create()
    refund = Refund.objects.create(order=order, amount=1, charge_id="pi_1")
    fulfilment = Fulfilment.objects.create(order=order)
    found = SimpleNamespace(
        product=product,
        variant=product.variants.get(),
        order=order,
        line=line,
        refund=refund,
        fulfilment=fulfilment,
        cart=cart,
        discount=Discount.objects.create(code="TEN", value=10, usage_limit=2),
    )
    CartLine.objects.create(cart=cart, variant=found.variant, quantity=1, seen_price=10)
    RefundLine.objects.create(refund=refund, line_item=line, quantity=1)
    FulfilmentLine.objects.create(fulfilment=fulfilment, line_item=line, quantity=1)
    TaxRate.objects.create(country="US", state="NY", percent=8)
    CustomerAddress.objects.create(
        customer=order.customer, address=order.shipping_address, country_code="US"
    )
    _attempt(found, "first")
    _entry(found)
    return found


def _attempt(there, key):
    PaymentAttempt.objects.create(
        order=there.order,
        stripe_key=key,
        params={},
        amount=there.order.total,
        currency="USD",
        expires_at=LATER,
    )


def _entry(there, **fields):
    given = {"kind": "charge", "provider": "stripe", "provider_id": "pi_1", "amount": 1} | fields
    LedgerEntry.objects.create(order=there.order, currency="USD", **given)


def _order(**fields):
    return lambda there: Order.objects.filter(pk=there.order.pk).update(**fields)


def _line(**fields):
    return lambda there: LineItem.objects.filter(pk=there.line.pk).update(**fields)


def _variant(**fields):
    return lambda there: Variant.objects.filter(pk=there.variant.pk).update(**fields)


def _discount(**fields):
    return lambda there: Discount.objects.update(**fields)


def _code(text):
    # In SQL: the field itself writes in capitals.
    return lambda there: _execute("UPDATE orders_discount SET code = %s", text)


def _fetch_twice():
    run = ImportRun.objects.create(file_name="a", size=1)
    for _number in range(2):
        PictureFetch.objects.create(run=run, url="https://images.example/a.jpg")


def _feature_twice(model, **what):
    home, _ = HomePage.objects.get_or_create(pk=1)
    for _ in range(2):
        model.objects.create(home=home, **what)


def _execute(statement, *arguments):
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)


# The order's goods are 28.00, without tax or shipping.
BREAKS = {
    # Stock
    "variant_held_is_on_hand": [
        _variant(held=-1),
        _variant(held=6),
        _variant(on_hand=1),
        _variant(on_hand=-1, held=-1),
    ],
    "variant_price_not_negative": [_variant(price=D("-0.01"))],
    "variant_compare_at_price_not_negative": [_variant(compare_at_price=-1)],
    "variant_options_once": [
        lambda there: Variant.objects.create(product=there.product, sku="A-2", price=1)
    ],
    "stock_movement_moves": [
        lambda there: StockMovement.objects.create(variant=there.variant, kind="sale", quantity=0)
    ],
    "stock_movement_source_once": [
        lambda there: [
            StockMovement.objects.create(
                variant=there.variant, kind="sale", quantity=-1, source="sale:1"
            )
            for _ in range(2)
        ]
    ],
    # Home page
    "home_page_one_row": [lambda there: HomePage.objects.create(pk=2)],
    "import_done_within_total": [
        lambda there: ImportRun.objects.create(file_name="a", size=1, total=1, done=2)
    ],
    "picture_fetched_once_for_an_import": [lambda there: _fetch_twice()],
    "stock_settings_one_row": [lambda there: StockSettings.objects.create(pk=2)],
    "featured_category_once": [
        lambda there: _feature_twice(FeaturedCategory, category=make_category("Lamps"))
    ],
    "featured_product_once": [lambda there: _feature_twice(FeaturedProduct, product=there.product)],
    # Categories
    "category_name_once": [lambda there: [make_category("Lamps") for _ in range(2)]],
    "category_is_not_its_own_parent": [
        lambda there: type(make_category()).objects.update(parent=F("id"))
    ],
    # Sums
    "order_total_is_the_sum": [
        # Both sums move together, so that the other one's constraint has nothing to say.
        _order(items_total=D("28.01")),
        _order(total=D("28.01"), subtotal=D("28.01")),
        _order(tax_total=1, subtotal=27, prices_include_tax=False),
        _order(tax_total=1, total=29, prices_include_tax=True),
        _order(shipping_total=1),
        _order(discount_total=1),
    ],
    "order_subtotal_tax_and_shipping_make_the_total": [
        _order(subtotal=27),
        _order(tax_total=1, prices_include_tax=True),
        _order(shipping_net=1),
    ],
    "order_amounts_not_negative": [
        _order(shipping_total=-1, shipping_net=-1, total=27),
        _order(discount_total=29, subtotal=-1, total=-1),
        _order(discount_total=-1, subtotal=29, total=29),
        _order(tax_total=-1, total=27),
        _order(tax_total=29, subtotal=-1, prices_include_tax=True),
    ],
    "order_refunded_is_captured": [
        _order(refunded=1),
        _order(captured=28, refunded=D("28.01")),
        _order(captured=28, refunded=-1),
    ],
    "order_cancelled_holds_nothing": [_order(status="cancelled")],
    "order_states_are_known": [
        _order(status="lost"),
        _order(payment_status="late"),
        _order(units="eaten"),
    ],
    "line_item_total_is_price_by_quantity": [
        _line(quantity=3),
        _line(unit_price=D("9.99")),
        _line(total_price=D("20.01")),
    ],
    "line_item_amounts_in_range": [
        _line(unit_price=-10, total_price=-20, discount=-20),
        _line(discount=D("20.01")),
        _line(discount=-1),
        _line(tax=-1),
    ],
    "line_item_quantity_in_range": [
        _line(quantity=0, total_price=0),
        _line(quantity=10_000, total_price=100_000),
    ],
    "line_item_units_within_quantity": [
        _line(fulfilled=3),
        _line(fulfilled=-1),
        _line(refunded=3),
        _line(refunded=-1),
        _line(restocked=3),
        _line(restocked=-1),
    ],
    "line_item_position_once": [_line(position=2)],
    # Money
    "ledger_fact_once": [_entry],
    "ledger_amount_not_negative": [lambda there: _entry(there, provider_id="pi_2", amount=-1)],
    "refund_is_positive": [
        lambda there: Refund.objects.update(amount=0),
        lambda there: Refund.objects.update(amount=-1),
    ],
    "refund_line_once": [
        lambda there: RefundLine.objects.create(
            refund=there.refund, line_item=there.line, quantity=1
        )
    ],
    "refund_line_has_units": [lambda there: RefundLine.objects.update(quantity=0)],
    "refund_line_restocked_in_range": [
        lambda there: RefundLine.objects.update(restocked=-1),
        lambda there: RefundLine.objects.update(restocked=F("quantity") + 1),
    ],
    "sent_line_once": [
        lambda there: FulfilmentLine.objects.create(
            fulfilment=there.fulfilment, line_item=there.line, quantity=1
        )
    ],
    "sent_line_has_units": [lambda there: FulfilmentLine.objects.update(quantity=0)],
    "one_open_attempt_for_an_order": [lambda there: _attempt(there, "second")],
    # What a shop sets
    "order_settings_one_row": [lambda there: OrderSettings.objects.create(id=2)],
    "order_number_prefix_ends_in_no_digit": [
        lambda there: OrderSettings.objects.update(number_prefix="T-1")
    ],
    "shipping_price_not_negative": [
        lambda there: ShippingMethod.objects.update(price=-1),
        lambda there: ShippingMethod.objects.update(free_from=-1),
    ],
    "tax_rate_once_a_place": [
        lambda there: TaxRate.objects.create(country="US", state="NY", percent=9)
    ],
    "tax_rate_is_a_percentage": [
        lambda there: TaxRate.objects.update(percent=-1),
        lambda there: TaxRate.objects.update(percent=D("100.0001")),
    ],
    "discount_used_within_its_limit": [
        _discount(used_count=3),
        _discount(used_count=1, usage_limit=0),
    ],
    "discount_value_makes_sense": [_discount(value=0), _discount(value=101), _discount(value=-1)],
    "discount_code_in_capitals": [_code("ten"), _code(""), _code(" TEN")],
    "discount_minimum_not_negative": [_discount(minimum=-1)],
    # Customers and carts
    "customer_address_once": [
        lambda there: CustomerAddress.objects.create(
            customer=there.order.customer, address=there.order.shipping_address, country_code="US"
        )
    ],
    "cart_line_once": [
        lambda there: CartLine.objects.create(
            cart=there.cart, variant=there.variant, quantity=1, seen_price=10
        )
    ],
    "cart_line_quantity_in_range": [
        lambda there: CartLine.objects.update(quantity=0),
        lambda there: CartLine.objects.update(quantity=10_000),
    ],
}


@pytest.mark.parametrize(
    ("name", "number"), [(name, i) for name, each in BREAKS.items() for i in range(len(each))]
)
def test_a_constraint_refuses_what_it_names(there, name, number):
    with pytest.raises(IntegrityError, match=name):
        _now(BREAKS[name][number], there)


@transaction.atomic
def _now(change, *arguments):
    """Do it, with the checks that a commit would make."""
    change(*arguments)
    connection.check_constraints()


def test_every_constraint_is_in_the_table():
    named = {
        constraint.name
        for app in ("catalog", "orders", "checkout")
        for model in apps.get_app_config(app).get_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, CheckConstraint | UniqueConstraint)
    }

    assert named == set(BREAKS)


def test_what_is_sold_cannot_be_forgotten(there):
    """Rows that money or goods depend on go with nothing else."""
    for thing in (there.order, there.line, there.order.customer):
        with pytest.raises(IntegrityError):
            _now(_execute, f"DELETE FROM {thing._meta.db_table} WHERE id = %s", thing.pk)
