"""Prices and counts as people type them, in a browser that reads numbers in English."""

from decimal import Decimal

import pytest
from django.db import connection
from playwright.sync_api import expect

from catalog.models import Variant
from orders.models import ShippingMethod
from tenants.models import Tenant
from tests.factories import make_member, make_product, make_shipping_method

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def _select() -> Tenant:
    connection.set_schema_to_public()
    tenant = Tenant.objects.get(slug="tech")
    connection.set_tenant(tenant)
    return tenant


@pytest.fixture
def method(live_server):
    tenant = _select()
    make_member(tenant, "manager", email="merchant@example.com")
    return make_shipping_method(code="post", price=Decimal("7.50"))


def _retype(field, text):
    """As somebody at a keyboard: a field that is filled by a program takes it whole."""
    field.click()
    field.press("Control+a")
    field.press_sequentially(text)


def test_a_typed_decimal_comma_is_a_decimal_comma(method, sit_down):
    seen = sit_down(locale="en-US")
    page = seen.page
    address = f"/admin/orders/shippingmethod/{method.pk}/change/"
    price = page.locator("input[name=price]")

    for typed, saved in (("4,90", "4.90"), ("1.234,50", "1234.50"), ("4.90", "4.90")):
        page.goto(address)
        _retype(price, typed)
        page.get_by_role("button", name="Save", exact=True).click()
        page.wait_for_url("**/shippingmethod/")
        _select()
        assert ShippingMethod.objects.get(pk=method.pk).price == Decimal(saved)
        page.goto(address)
        expect(price).to_have_value(saved)

    _retype(price, "1,234")
    page.get_by_role("button", name="Save", exact=True).click()
    said = "Price (USD) is '1,234', which could be 1234 or 1.234: write 1234 if that is meant."
    expect(page.get_by_text(said)).to_be_visible()
    expect(price).to_have_value("1,234")
    assert seen.problems == []


@pytest.mark.parametrize("width", [1280, 360])
def test_the_price_of_a_variant_and_one_in_the_list_are_typed_alike(method, sit_down, width):
    product = make_product("Lamp", price="10.00")
    seen = sit_down(width, locale="en-US")
    page = seen.page
    page.goto(f"/admin/catalog/product/{product.pk}/change/")

    _retype(page.locator("input[name=variants-0-price]"), "12,50")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/product/")
    _select()
    assert Variant.objects.get().price == Decimal("12.50")

    _retype(page.get_by_label("Price of Lamp"), "4,90")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("1 row saved.").wait_for()
    _select()
    assert Variant.objects.get().price == Decimal("4.90")
    assert not seen.is_too_wide()
    assert seen.problems == []


@pytest.mark.parametrize("typed", ["1.000", "1,000"])
def test_a_count_with_a_separator_is_not_saved_as_another(method, sit_down, typed):
    variant = make_product("Lamp", on_hand=3).variants.get()
    page = sit_down(locale="en-US").page
    page.goto(f"/admin/catalog/variant/{variant.pk}/change/")

    page.get_by_label("Counted units").press_sequentially(typed)
    page.get_by_label("Reason").fill("counted")
    page.get_by_role("button", name="Save", exact=True).click()

    said = f"Counted units is '{typed}': write a whole number with digits alone, such as 1000."
    expect(page.get_by_text(said)).to_be_visible()
    _select()
    assert Variant.objects.get().on_hand == 3
