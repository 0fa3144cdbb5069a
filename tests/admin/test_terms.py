"""How a shop sells: shipping, taxes, discounts and how orders are taken."""

from decimal import Decimal

import pytest

from catalog.models import Product
from orders.models import Discount, OrderSettings, ShippingMethod, TaxRate
from tenants.shop.models import AuditEntry, catalogue_version
from tests.admin.conftest import words
from tests.admin.test_merchant import filled
from tests.factories import make_order, make_shipping_method

SHIPPING = {
    "name": "Express",
    "code": "express",
    "price": "14.90",
    "free_from": "",
    "countries": "US, Germany,usa",
    "position": "2",
    "active": "on",
}
TAX = {"name": "Sales tax", "country": "US", "state": "california", "percent": "7.25"}
DISCOUNT = {"code": "spring10", "kind": "percent", "value": "10", "minimum": "", "active": "on"}


def test_pages_of_products_are_made_anew_when_shipping_changes(desk):
    """They tell of delivery, and are kept for each version of the catalogue."""
    versions = [catalogue_version()]

    desk.post("/admin/orders/shippingmethod/add/", SHIPPING)
    versions.append(catalogue_version())
    method = ShippingMethod.objects.get(code="express")
    desk.post(f"/admin/orders/shippingmethod/{method.pk}/delete/", {"post": "yes"})
    versions.append(catalogue_version())

    assert not ShippingMethod.objects.filter(code="express").exists()
    assert versions == sorted(set(versions))


def test_a_shipping_method_goes_to_the_countries_that_were_named(desk):
    response = desk.post("/admin/orders/shippingmethod/add/", SHIPPING)

    assert response.status_code == 302, response.context["errors"]
    method = ShippingMethod.objects.get(code="express")
    assert (method.price, method.countries) == (Decimal("14.90"), ["US", "DE"])
    assert AuditEntry.objects.get().object_name == "Express"
    assert "$14.90" in words(desk.get("/admin/orders/shippingmethod/"))


def test_the_code_of_a_shipping_method_is_made_from_its_name(desk):
    for _ in range(2):
        response = desk.post("/admin/orders/shippingmethod/add/", SHIPPING | {"code": ""})
        assert response.status_code == 302, response.context["errors"]
    desk.post("/admin/orders/shippingmethod/add/", SHIPPING | {"code": "", "name": "快递"})

    codes = set(ShippingMethod.objects.values_list("code", flat=True))
    assert codes == {"standard", "express", "express-2", "method"}


def test_a_shipping_method_whose_code_is_emptied_keeps_it(desk):
    method = make_shipping_method("express")
    address = f"/admin/orders/shippingmethod/{method.pk}/change/"

    desk.post(address, filled(desk.get(address)) | {"code": "", "name": "Next day"})

    method.refresh_from_db()
    assert (method.name, method.code) == ("Next day", "express")


def test_a_tax_rate_is_kept_by_the_code_of_its_state(desk):
    response = desk.post("/admin/orders/taxrate/add/", TAX | {"on_shipping": "on"})

    assert response.status_code == 302, response.context["errors"]
    rate = TaxRate.objects.get()
    assert (rate.country, rate.state, rate.percent) == ("US", "CA", Decimal("7.25"))
    rates = words(desk.get("/admin/orders/taxrate/"))
    assert "7.25 %" in rates
    assert "United States" in rates


def test_a_new_tax_rate_begins_with_the_country_of_the_shop(desk):
    OrderSettings.objects.update(country="PT")

    assert '<option value="PT" selected' in words(desk.get("/admin/orders/taxrate/add/"))


def test_a_discount_is_kept_in_capitals(desk):
    response = desk.post("/admin/orders/discount/add/", DISCOUNT)

    assert response.status_code == 302, response.context["errors"]
    discount = Discount.objects.get()
    assert (discount.code, discount.value, discount.minimum) == ("SPRING10", 10, 0)


@pytest.mark.parametrize(
    ("model", "cells", "problem"),
    [
        (
            "shippingmethod",
            {"countries": "US, Atlantis"},
            "There is no country &#x27;Atlantis&#x27;",
        ),
        ("shippingmethod", {"price": "0.999"}, "USD has 2 decimals."),
        ("shippingmethod", {"price": "1000000"}, "At most 999999.99 USD can be paid at once."),
        ("shippingmethod", {"price": "-1"}, "greater than or equal to 0"),
        ("shippingmethod", {"code": "standard"}, "already exists"),
        ("taxrate", {"percent": "101"}, "less than or equal to 100"),
        ("taxrate", {"state": "Bavaria"}, "United States has no &#x27;Bavaria&#x27;"),
        ("taxrate", {"country": "XX"}, "Select a valid choice"),
        ("discount", {"value": "101"}, "at most 100 per cent"),
        ("discount", {"value": "0"}, "more than 0"),
        ("discount", {"kind": "amount", "value": "0.999"}, "USD has 2 decimals."),
        ("discount", {"code": "TEN PERCENT"}, "Use letters, digits, - and _."),
        (
            "discount",
            {
                "starts_at_0": "2026-05-02",
                "starts_at_1": "00:00",
                "ends_at_0": "2026-05-01",
                "ends_at_1": "00:00",
            },
            "It must end after it starts.",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(desk, model, cells, problem):
    data = {"shippingmethod": SHIPPING, "taxrate": TAX, "discount": DISCOUNT}[model]

    response = desk.post(f"/admin/orders/{model}/add/", data | cells)

    assert response.status_code == 200
    assert problem in words(response)
    assert not TaxRate.objects.exists()
    assert not Discount.objects.exists()
    assert ShippingMethod.objects.count() == 1


def test_the_same_place_is_taxed_once(desk):
    desk.post("/admin/orders/taxrate/add/", TAX)

    response = desk.post("/admin/orders/taxrate/add/", TAX | {"state": "CA"})

    assert response.status_code == 200
    assert TaxRate.objects.count() == 1


@pytest.mark.breaks_books
def test_a_discount_that_was_used_keeps_its_code_and_stays(desk):
    discount = Discount.objects.create(code="USED", value=5, used_count=2)
    address = f"/admin/orders/discount/{discount.pk}"
    data = filled(desk.get(f"{address}/change/"))
    Discount.objects.update(used_count=3)

    desk.post(f"{address}/change/", data | {"code": "OTHER", "value": "7"})
    limited = desk.post(f"{address}/change/", data | {"usage_limit": "2"})
    deleted = desk.post(f"{address}/delete/", {"post": "yes"})

    discount.refresh_from_db()
    assert (discount.code, discount.value, discount.used_count) == ("USED", 7, 3)
    assert "It was used 3 times already." in words(limited)
    assert deleted.status_code == 403


def test_times_are_those_of_the_shops_clocks(desk, tech):
    tech.time_zone = "America/New_York"
    tech.save()
    times = {"starts_at_0": "2026-01-01", "starts_at_1": "09:00:00"}

    desk.post("/admin/orders/discount/add/", DISCOUNT | times)

    assert Discount.objects.get().starts_at.isoformat() == "2026-01-01T14:00:00+00:00"
    assert "1 Jan 2026, 09:00" in words(desk.get("/admin/orders/discount/"))


def test_without_a_way_to_send_the_merchant_is_warned(desk):
    method = ShippingMethod.objects.get()
    address = f"/admin/orders/shippingmethod/{method.pk}/change/"
    data = filled(desk.get(address))
    del data["active"]

    response = desk.post(address, data, follow=True)

    assert "nobody can check out" in words(response)


def test_there_is_one_row_of_settings_and_it_is_changed(desk):
    opened = desk.get("/admin/orders/ordersettings/", follow=True)
    data = filled(opened) | {"number_prefix": "TG-", "hold_hours": "48", "country": "DE"}

    response = desk.post("/admin/orders/ordersettings/1/change/", data)

    assert response.status_code == 302, response.context["errors"]
    settings = OrderSettings.objects.get()
    assert (settings.number_prefix, settings.hold_hours, settings.country) == ("TG-", 48, "DE")
    assert AuditEntry.objects.get().changes["hold_hours"] == [24, 48]
    assert desk.get("/admin/orders/ordersettings/add/").status_code == 403
    deleted = desk.post("/admin/orders/ordersettings/1/delete/", {"post": "yes"})
    assert deleted.status_code == 403


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"number_prefix": "T-1"}, "Its last character must be no digit."),
        ({"number_prefix": "T 1-"}, "Use letters, digits and"),
        ({"hold_hours": "0"}, "greater than or equal to 1"),
        ({"hold_hours": "2161"}, "less than or equal to 2160"),
        ({"country": "Atlantis"}, "Select a valid choice"),
        ({"contact_email": "nobody"}, "Enter a valid email address"),
    ],
)
def test_settings_that_make_no_sense_are_refused(desk, cells, problem):
    data = filled(desk.get("/admin/orders/ordersettings/1/change/"))

    response = desk.post("/admin/orders/ordersettings/1/change/", data | cells)

    assert response.status_code == 200
    assert problem in words(response)
    assert OrderSettings.objects.get().hold_hours == 24


@pytest.mark.parametrize(
    ("role", "writes"), [("owner", True), ("manager", True), ("viewer", False)]
)
def test_most_read_how_the_shop_sells_and_some_change_it(desk_of, role, writes):
    desk = desk_of(role)
    rate = TaxRate.objects.create(country="US", percent=5)
    discount = Discount.objects.create(code="TEN", value=10)
    express = make_shipping_method("express")
    for path in (
        f"taxrate/{rate.pk}",
        f"discount/{discount.pk}",
        f"shippingmethod/{express.pk}",
        "ordersettings/1",
    ):
        address = f"/admin/orders/{path}/change/"
        assert desk.get(address).status_code == 200
        assert (desk.post(address, {}).status_code == 200) is writes
    for model, data in (("shippingmethod", SHIPPING), ("taxrate", TAX), ("discount", DISCOUNT)):
        assert desk.get(f"/admin/orders/{model}/").status_code == 200
        assert (desk.get(f"/admin/orders/{model}/add/").status_code == 200) is writes
        posted = desk.post(f"/admin/orders/{model}/add/", data | {"code": "new"})
        assert (posted.status_code == 302) is writes
    gone = desk.post(f"/admin/orders/taxrate/{rate.pk}/delete/", {"post": "yes"})
    assert (gone.status_code == 302) is writes


def test_who_packs_reads_orders_and_products_alone(desk_of):
    desk, owners = desk_of("fulfilment"), desk_of("owner")
    order = make_order()

    start, owners_start = desk.get("/admin/"), owners.get("/admin/")

    assert "Orders to fulfil" in words(start)
    assert "Revenue" not in words(start)
    for path in ("orders/order/", f"orders/order/{order.pk}/change/", "catalog/product/"):
        assert desk.get(f"/admin/{path}").status_code == 200
    for path in (
        "orders/discount/",
        "orders/shippingmethod/",
        "orders/taxrate/",
        "orders/ordersettings/1/change/",
        "shop/auditentry/",
    ):
        link = f'href="/admin/{path.removesuffix("1/change/")}"'
        assert link in words(owners_start)
        assert link not in words(start)
        assert desk.get(f"/admin/{path}").status_code == 403
    address = f"/admin/catalog/product/{Product.objects.get().pk}"
    for client, reads in ((owners, True), (desk, False)):
        page = words(client.get(f"{address}/change/"))
        assert (f'href="{address}/history/"' in page) is reads
