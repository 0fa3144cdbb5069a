"""What Stripe cannot charge is refused when a price is saved, not when somebody wants to pay it."""

from decimal import Decimal

import pytest
from django.db import connection

from catalog.importing import import_catalogue
from catalog.models import Variant
from orders.models import Discount, ShippingMethod, TaxRate
from orders.services.refunding import refund_order
from orders.totals import compute_totals
from pycommerce.core.errors import InvalidRequest
from pycommerce.core.money import most_payable, to_minor_units
from tenants.models import Tenant
from tests.admin.conftest import desk, desk_of, sent_by  # noqa: F401 - fixtures
from tests.admin.test_product_lists import PRODUCTS, save
from tests.admin.test_terms import DISCOUNT, SHIPPING
from tests.api.conftest import Caller, error_of
from tests.checkout.conftest import paid
from tests.factories import make_member, make_order, make_product

pytestmark = pytest.mark.django_db

MOST = {
    "USD": ("999999.99", 99_999_999),
    "EUR": ("999999.99", 99_999_999),
    "JPY": ("99999999", 99_999_999),
    "KWD": ("99999.990", 99_999_990),
    # No decimals here, and sent with two.
    "ISK": ("999999", 99_999_900),
    "IDR": ("9999999999.99", 999_999_999_999),
}


@pytest.mark.parametrize("currency", MOST)
def test_the_largest_price_of_a_currency_has_as_many_digits_as_stripe_takes(currency):
    most, minor = MOST[currency]

    assert str(most_payable(currency)) == most
    assert to_minor_units(most_payable(currency), currency) == minor


def in_currency(tech, currency):
    connection.set_schema_to_public()
    Tenant.objects.filter(pk=tech.pk).update(currency=currency)
    tech.currency = currency
    connection.set_tenant(tech)


@pytest.mark.parametrize(
    ("currency", "price", "is_fine"),
    [
        ("USD", "999999.99", True),
        ("USD", "1000000", False),
        ("JPY", "99999999", True),
        ("JPY", "100000000", False),
        ("KWD", "99999.990", True),
        ("KWD", "100000", False),
        ("IDR", "9999999999.99", True),
    ],
)
def test_a_price_beyond_it_is_refused_beside_its_field(desk, tech, currency, price, is_fine):  # noqa: F811
    product = make_product("Ring", price="10")
    in_currency(tech, currency)
    address = f"/admin/catalog/product/{product.pk}/change/"

    response = desk.post(address, sent_by(desk.get(address)) | {"variants-0-price": price})

    connection.set_tenant(tech)
    assert Variant.objects.get().price == Decimal(price if is_fine else "10")
    if not is_fine:
        (form,) = response.context["inline_admin_formsets"][0].formset.initial_forms
        most = MOST[currency][0]
        assert form.errors == {"price": [f"At most {most} {currency} can be paid at once."]}


def test_a_product_that_has_such_a_price_already_can_be_changed(desk, tech):  # noqa: F811
    product = make_product("Ring", price="2000000")
    address = f"/admin/catalog/product/{product.pk}/change/"
    data = sent_by(desk.get(address)) | {"status": "archived"}

    assert desk.post(address, data).status_code == 302

    product.refresh_from_db()
    assert product.status == "archived"


def test_one_row_of_an_import_is_refused_and_the_others_are_taken(tech, tmp_path):
    file = tmp_path / "products.csv"
    file.write_text("Handle,Title,Variant Price\nring,Ring,1000000\nlamp,Lamp,999999.99\n")

    report = import_catalogue(file)

    assert [(each.line, each.reason) for each in report.rejections] == [
        (2, "The price is 1000000.00. At most 999999.99 USD can be paid at once.")
    ]
    assert Variant.objects.get().price == Decimal("999999.99")


# --- Amounts between two that can be paid ---------------------------------------------------------

STEPS = "KWD is paid in steps of 0.010: use 1.230 or 1.240."
REFUSED = [
    *((currency, "1.234", f"{currency}{STEPS[3:]}") for currency in "BHD JOD KWD OMR TND".split()),
    ("JPY", "12.5", "JPY has 0 decimals."),
    ("ISK", "12.5", "ISK has 0 decimals."),
    # Stripe counts no cents of it.
    ("MGA", "12.5", "MGA is paid in steps of 1.00: use 12.00 or 13.00."),
    ("KWD", "1.230", ""),
    ("JPY", "12", ""),
    ("MGA", "12", ""),
]
of_each = pytest.mark.parametrize(("currency", "price", "problem"), REFUSED)


@of_each
def test_the_products_page_refuses_it(desk, tech, currency, price, problem):  # noqa: F811
    product = make_product("Ring", price="10")
    in_currency(tech, currency)
    address = f"/admin/catalog/product/{product.pk}/change/"

    response = desk.post(address, sent_by(desk.get(address)) | {"variants-0-price": price})

    connection.set_tenant(tech)
    assert Variant.objects.get().price == Decimal("10" if problem else price)
    if problem:
        (form,) = response.context["inline_admin_formsets"][0].formset.initial_forms
        assert form.errors == {"price": [problem]}


@of_each
def test_the_list_of_products_refuses_it(desk, tech, currency, price, problem):  # noqa: F811
    make_product("Ring", price="10")
    in_currency(tech, currency)

    response = save(desk, PRODUCTS, Ring=price)

    connection.set_tenant(tech)
    assert Variant.objects.get().price == Decimal("10" if problem else price)
    assert problem in response.content.decode()


@of_each
def test_the_api_refuses_it(tech, currency, price, problem):
    product = make_product("Ring", price="10")
    in_currency(tech, currency)
    merchant = Caller(make_member(tech))

    response = merchant.patch(
        f"/api/products/{product.pk}?tenant=tech", f'{{"price": {price}}}'.encode()
    )

    connection.set_tenant(tech)
    assert Variant.objects.get().price == Decimal("10" if problem else price)
    if problem:
        assert error_of(response)["fields"] == {"price": [problem]}


@pytest.mark.parametrize(
    ("currency", "price", "reason"),
    [
        ("KWD", "1.234", f"The price is 1.234. {STEPS}"),
        ("JPY", "12.5", "The price is 12.5; JPY has 0 decimals."),
    ],
)
def test_an_import_refuses_its_row(tech, tmp_path, currency, price, reason):
    in_currency(tech, currency)
    file = tmp_path / "products.csv"
    file.write_text(f"Handle,Title,Variant Price\nring,Ring,{price}\nlamp,Lamp,12\n")

    report = import_catalogue(file)

    assert [(each.line, each.reason) for each in report.rejections] == [(2, reason)]
    assert Variant.objects.get().price == 12


def test_shipping_and_amounts_off_are_refused_as_well(desk, tech):  # noqa: F811
    in_currency(tech, "KWD")
    shipping, discount = "/admin/orders/shippingmethod/add/", "/admin/orders/discount/add/"
    off = DISCOUNT | {"kind": "amount"}
    errors = [
        desk.post(address, data).context["adminform"].form.errors
        for address, data in (
            (shipping, SHIPPING | {"price": "1.234"}),
            (discount, off | {"value": "1.234"}),
        )
    ]
    for address, data in (
        (shipping, SHIPPING | {"price": "1.23", "free_from": "1.234"}),
        (discount, off | {"value": "1.23"}),
        (discount, DISCOUNT | {"code": "PART", "value": "1.234"}),
    ):
        assert desk.post(address, data).status_code == 302

    assert errors == [{"price": [STEPS]}, {"value": [STEPS]}]
    assert ShippingMethod.objects.get(code="express").price == Decimal("1.23")
    assert Discount.objects.count() == 2


def test_an_order_in_thousandths_is_paid_and_given_back_unit_by_unit(tech):
    in_currency(tech, "KWD")
    TaxRate.objects.create(country="US", percent=Decimal("7.25"))
    Discount.objects.create(code="PART", value=Decimal("3.3"))
    ring, lamp = make_product("Ring", price="1.25"), make_product("Lamp", price="0.37")

    order = paid(make_order(ring, lamp, quantity=3, discount_code="part"))

    assert order.captured == order.total
    units = [line.pk for line in order.line_items.all() for _ in range(line.quantity)]
    refunds = [refund_order(order_id=order.pk, items={key: 1}).amount for key in units]
    assert sum(refunds) == order.total
    assert not [amount for amount in [order.total, *refunds] if amount % Decimal("0.01")]


def test_no_refund_comes_between_two_amounts_that_can_be_paid(tech):
    in_currency(tech, "KWD")
    order = paid(make_order(make_product("Ring", price="1.25")))

    with pytest.raises(InvalidRequest) as refusal:
        refund_order(order_id=order.pk, amount=Decimal("1.234"))

    assert refusal.value.fields == {"amount": [STEPS]}


def test_an_order_of_a_price_from_before_keeps_its_sums(tech):
    """It cannot be paid by card; all that is given off is at most the goods."""
    totals = compute_totals(
        [(Decimal("0.001"), 1), (Decimal("0.009"), 1)], currency="KWD", discount=Decimal("0.01")
    )

    assert [line.discount for line in totals.lines] == [Decimal("0.001"), Decimal("0.009")]
