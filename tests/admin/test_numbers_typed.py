"""Numbers in forms: what people type is read as they mean it, or refused, and never guessed."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.forms import NumberInput
from django.test import RequestFactory

from catalog.models import StockSettings, Variant
from orders.desk.forms import FulfilForm, RefundForm
from orders.desk.page import see_order
from orders.discount_admin import BatchForm
from orders.models import Discount, OrderSettings, ShippingMethod, TaxRate
from pycommerce.core.numbers import Unreadable, read_number, read_whole_number
from tenants.admin_sites import platform_site, tenant_site
from tenants.models import Tenant
from tests.admin.conftest import words
from tests.admin.test_merchant import NEW, filled
from tests.admin.test_terms import DISCOUNT, SHIPPING, TAX
from tests.factories import make_order, make_product, make_user

ADD = "/admin/orders/shippingmethod/add/"
READ = {
    "4,90": "4.90",
    "4.90": "4.90",
    " 4.90 ": "4.90",
    "4": "4",
    ",5": "0.5",
    "0,125": "0.125",
    "1,234.50": "1234.50",
    "1.234,50": "1234.50",
    "1,234.567": "1234.567",
    "1.234,567": "1234.567",
    "1,234,567": "1234567",
    "1.234.567": "1234567",
    "1 234,50": "1234.50",
    "1\u202f234,50": "1234.50",
    "1'234.50": "1234.50",
    "12345,678": "12345.678",
    "-4,90": "-4.90",
    "−4.90": "-4.90",
}
# Neither with a point nor with a comma, or with both.
NO_NUMBERS = (
    *("", ",", ".", "-", "x", "1,2,3", "1.23,90", "12,90.5", "1,23,456", "4 90"),
    *("1_000", "1e3", "NaN", "٤", "4,90 €", "9" * 31),
)


@pytest.mark.parametrize("typed", READ)
def test_a_number_is_read_with_a_point_or_a_comma(typed):
    assert read_number(typed, "It") == Decimal(READ[typed])


@pytest.mark.parametrize("typed", NO_NUMBERS)
def test_what_is_no_number_is_said(typed):
    with pytest.raises(Unreadable, match=r"^The price is '.*', which is no number\.\Z"):
        read_number(typed, "The price")


@pytest.mark.parametrize(
    ("typed", "places", "said"),
    [
        ("1,234", None, "It is '1,234': write 1234, or 1.234."),
        ("1,234", 3, "It is '1,234': write 1234, or 1.234."),
        ("1,234", 2, "could be 1234 or 1.234: write 1234 if that is meant."),
        ("1.234", 2, "could be 1234 or 1.234: write 1234 if that is meant."),
        ("-12.000", 0, "could be -12000 or -12.000: write -12000 if that is meant."),
    ],
)
def test_a_number_that_could_be_two_is_refused(typed, places, said):
    with pytest.raises(Unreadable) as refusal:
        read_number(typed, "It", places)

    assert said in str(refusal.value)


def test_a_point_before_three_digits_is_a_decimal_one_where_there_are_three():
    assert read_number("1.234", "It", 3) == read_number("1.234", "It") == Decimal("1.234")


@pytest.mark.parametrize("typed", ["1,000", "1.000", "1.0", "1 000", "1e3", "x", "", "²", "1_0"])
def test_a_whole_number_is_written_with_digits_alone(typed):
    with pytest.raises(Unreadable, match="write a whole number with digits alone, such as 1000"):
        read_whole_number(typed, "It")


# --- In the forms ---------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["4,90", "4.90", " 4.90 ", "4,9"])
def test_a_price_is_saved_as_it_was_meant_and_shown_with_a_point(desk, typed):
    assert desk.post(ADD, SHIPPING | {"price": typed}).status_code == 302

    method = ShippingMethod.objects.get(code="express")
    assert method.price == Decimal("4.90")
    page = desk.get(f"/admin/orders/shippingmethod/{method.pk}/change/")
    assert filled(page)["price"] == Decimal("4.90")
    assert 'name="price" value="4.90"' in page.content.decode()
    assert 'inputmode="decimal"' in page.content.decode()


@pytest.mark.parametrize("typed", ["1,234.50", "1.234,50", "1234,50"])
def test_thousands_are_read_where_they_are_beyond_doubt(desk, typed):
    assert desk.post(ADD, SHIPPING | {"free_from": typed}).status_code == 302
    assert ShippingMethod.objects.get(code="express").free_from == Decimal("1234.50")


@pytest.mark.parametrize("typed", ["1,234", "1.234"])
def test_a_price_that_could_be_two_is_refused_and_names_its_field(desk, typed):
    response = desk.post(ADD, SHIPPING | {"price": typed})

    said = f"Price (USD) is '{typed}', which could be 1234 or 1.234: write 1234 if that is meant."
    assert response.context["adminform"].form.errors == {"price": [said]}
    assert f'value="{typed}"' in response.content.decode()
    assert not ShippingMethod.objects.filter(code="express").exists()


def in_currency(tech, currency):
    connection.set_schema_to_public()
    Tenant.objects.filter(pk=tech.pk).update(currency=currency)
    tech.currency = currency
    connection.set_tenant(tech)


def test_prices_are_named_with_the_currency_of_the_shop(desk, tech):
    lamp, method = make_product("Lamp"), ShippingMethod.objects.get(code="standard")
    in_currency(tech, "EUR")

    form = words(desk.get(f"/admin/catalog/product/{lamp.pk}/change/"))
    assert form.count('aria-label="Price (EUR)"') == 2  # of the variant, and of another one
    assert 'data-label="Compare at price (EUR)"' in form
    assert "Price (EUR)" in words(desk.get("/admin/catalog/product/"))
    shipping = words(desk.get(f"/admin/orders/shippingmethod/{method.pk}/change/"))
    assert "Price (EUR)" in shipping
    assert "Free from (EUR)" in shipping


@pytest.mark.parametrize(
    ("currency", "typed", "saved"),
    [
        ("JPY", "490", "490"),
        ("JPY", "1,234,567", "1234567"),
        ("JPY", "4,90", None),
        ("JPY", "1.234", None),
        ("JPY", "1,234", None),
        ("KWD", "1.230", "1.230"),
        ("KWD", "1,234.560", "1234.560"),
        ("KWD", "4,90", "4.900"),
        ("KWD", "1,234", None),
    ],
)
def test_currencies_without_decimals_and_with_three_follow_the_same_rule(
    desk, tech, currency, typed, saved
):
    in_currency(tech, currency)

    response = desk.post(ADD, SHIPPING | {"price": typed})

    method = ShippingMethod.objects.filter(code="express").first()
    assert (method and str(method.price)) == (saved and f"{Decimal(saved):.3f}")
    if method is None:
        assert list(response.context["adminform"].form.errors) == ["price"]
        return
    # What the page shows is what it takes.
    address = f"/admin/orders/shippingmethod/{method.pk}/change/"
    shown = {name: str(value) for name, value in filled(desk.get(address)).items()}
    assert desk.post(address, shown | {"name": "Fast"}).status_code == 302
    method.refresh_from_db()
    assert (method.name, str(method.price)) == ("Fast", f"{Decimal(saved):.3f}")


def test_a_variant_a_tax_and_a_discount_take_a_decimal_comma(desk):
    assert desk.post("/admin/catalog/product/add/", NEW | {"variants-0-price": "49,95"})
    assert desk.post("/admin/orders/taxrate/add/", TAX | {"percent": "8,25"})
    assert desk.post("/admin/orders/discount/add/", DISCOUNT | {"value": "7,5", "minimum": "20,5"})

    assert Variant.objects.get().price == Decimal("49.95")
    assert TaxRate.objects.get().percent == Decimal("8.25")
    discount = Discount.objects.get()
    assert (discount.value, discount.minimum) == (Decimal("7.5"), Decimal("20.5"))


@pytest.mark.parametrize(
    ("kind", "typed", "saved"),
    [
        ("amount", "1.000", None),
        ("amount", "1,000", None),
        ("amount", "1.000,00", "1000"),
        ("percent", "1.000", "1"),
    ],
)
def test_what_a_code_takes_off_is_read_as_an_amount_where_it_is_one(desk, kind, typed, saved):
    batch = {"name": "Letter", "count": "1", "length": "8"}
    given = DISCOUNT | {"kind": kind, "value": typed}
    for address, more in (("add/", {}), ("batch/", batch)):
        desk.post(f"/admin/orders/discount/{address}", given | more)

    wanted = 2 * [Decimal(saved)] if saved else []
    assert [each.value for each in Discount.objects.all()] == wanted


@pytest.mark.parametrize(
    ("typed", "saved"), [("4,90", "4.90"), ("1.234,50", "1234.50"), ("1,234", None)]
)
def test_a_price_in_the_list_of_products_follows_the_same_rule(desk, typed, saved):
    product = make_product("Lamp", price="10.00")
    data = {
        "_save": "1",
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "1",
        "form-0-id": str(product.pk),
        "form-0-price_shown": typed,
        "initial-form-0-price_shown": "10.00",
    }

    page = desk.post("/admin/catalog/product/", data, follow=True)

    assert Variant.objects.get().price == Decimal(saved or "10.00")
    assert ("Price is &#x27;1,234&#x27;, which could be" in words(page)) == (saved is None)


def test_a_refund_takes_a_decimal_comma(tech):
    amount = RefundForm(see_order(make_order().pk)).fields["amount"]

    assert amount.to_python("4,90") == Decimal("4.90")
    with pytest.raises(ValidationError, match="Amount in USD is '1,234', which could be"):
        amount.to_python("1,234")


@pytest.mark.parametrize("typed", ["1,000", "1.000", "1.0"])
def test_a_whole_number_with_a_separator_is_refused_and_names_its_field(desk, tech, typed):
    for address, field, label in (
        ("/admin/catalog/stocksettings/1/change/", "low_stock_limit", "Low stock limit"),
        ("/admin/orders/ordersettings/1/change/", "hold_hours", "Hours to wait for a payment"),
    ):
        data = filled(desk.get(address)) | {field: typed}
        errors = desk.post(address, data).context["adminform"].form.errors
        assert [f"{label} is '{typed}'" in said for said in errors[field]] == [True]

    connection.set_tenant(tech)
    assert StockSettings.objects.get().low_stock_limit == 3
    assert OrderSettings.objects.get().hold_hours == 24


@pytest.mark.parametrize("typed", ["1,000", "1.000"])
def test_units_are_counted_with_digits_alone(desk, typed):
    variant = make_product("Lamp", on_hand=3).variants.get()
    address = f"/admin/catalog/variant/{variant.pk}/change/"

    for field in ("on_hand_now", "change"):
        data = filled(desk.get(address)) | {field: typed, "reason": "counted"}
        assert list(desk.post(address, data).context["adminform"].form.errors) == [field]

    variant.refresh_from_db()
    assert variant.on_hand == 3


def _forms(site, tenant):
    """The forms of a back office's pages, and of the rows in them."""
    request = RequestFactory().get("/")
    request.tenant = tenant
    request.user = make_user(is_superuser=True)
    request.client_address = "127.0.0.1"
    for admin in site._registry.values():
        if not (admin.has_add_permission(request) or admin.has_change_permission(request)):
            continue
        if hasattr(admin, "row_form"):
            yield admin.row_form
        yield admin.get_form(request)
        yield from (each.get_formset(request).form for each in admin.get_inline_instances(request))


@pytest.mark.parametrize("site", [tenant_site, platform_site], ids=["shop", "platform"])
def test_no_form_leaves_the_reading_of_a_number_to_the_browser(tech, site):
    if site is platform_site:
        connection.set_schema_to_public()
    forms = [*_forms(site, tech if site is tenant_site else None), BatchForm]
    fields = [(form, *each) for form in forms for each in form.base_fields.items()]

    left = [
        f"{form.__name__}.{name}"
        for form, name, field in fields
        if isinstance(field.widget, NumberInput)
    ]

    assert len(fields) > 20
    assert left == []


def test_no_step_of_an_order_leaves_the_reading_of_a_number_to_the_browser(tech):
    sight = see_order(make_order().pk)

    for form in (RefundForm(sight), FulfilForm(sight)):
        fields = form.fields.values()
        assert not [field for field in fields if isinstance(field.widget, NumberInput)]
