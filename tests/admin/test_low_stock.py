"""What gets low in stock: by its own limit or the shop's, told once until there is more again."""

import re
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from catalog.models import LowStockNotice, Product, StockMovement, StockSettings, Variant
from catalog.services.stock import adjust_stock
from orders.models import OutboxMessage
from orders.services.low_stock import tell_low_stock
from orders.services.mailing import deliver_outbox
from tenants.shop.models import AuditEntry
from tests.admin.conftest import words
from tests.admin.test_merchant import filled
from tests.factories import make_member, make_order, make_product

STOCK = "/admin/catalog/variant/"


def count(product: Product, units: int) -> None:
    adjust_stock(variant_id=product.variants.get().pk, on_hand=units, reason="Counted", user=None)


def listed(desk: Any, query: str, address: str = STOCK) -> set[str]:
    return {str(each) for each in desk.get(f"{address}{query}").context["cl"].result_list}


@pytest.fixture
def shelf(tech) -> dict[str, Product]:
    """A product with plenty, one at the shop's limit, one at its own, one sold out, one hidden."""
    made = {
        "PLENTY": make_product("Plenty", sku="PLENTY", on_hand=4),
        "SHOPS": make_product("Shops", sku="SHOPS", on_hand=3),
        "OWN": make_product("Own", sku="OWN", variants=[{"sku": "OWN", "on_hand": 20}]),
        "OUT": make_product("Out", sku="OUT", on_hand=1),
        "DRAFT": make_product("Draft", sku="DRAFT", on_hand=0, status="draft"),
    }
    Variant.objects.filter(sku="OWN").update(low_stock_limit=20)
    sold = Variant.objects.filter(sku="OUT")
    StockMovement.objects.create(variant=sold.get(), kind="adjustment", quantity=-1, reason="Lost")
    sold.update(on_hand=0)
    return made


def test_the_list_shows_variants_at_or_under_their_limit(desk, shelf):
    assert listed(desk, "?level=low") == {"SHOPS", "OWN", "OUT"}
    assert listed(desk, "?level=out") == {"OUT"}
    assert listed(desk, "") == set(shelf)


def test_the_products_of_low_variants_are_found_too(desk, shelf):
    found = listed(desk, "?level=low", "/admin/catalog/product/")

    assert found == {"Shops", "Own", "Out"}


def test_the_shops_limit_is_for_those_without_their_own(desk, shelf):
    response = desk.post(
        "/admin/catalog/stocksettings/1/change/", {"low_stock_limit": "4", "mails_low_stock": "on"}
    )

    assert response.status_code == 302
    assert listed(desk, "?level=low") == {"PLENTY", "SHOPS", "OWN", "OUT"}
    assert desk.get("/admin/").context["to_do"][-1].count == 4


def test_units_that_are_held_cannot_be_sold(desk, shelf):
    make_order(shelf["PLENTY"])

    assert "PLENTY" in listed(desk, "?level=low")


def test_a_limit_is_changed_without_an_adjustment(desk, shelf):
    variant = Variant.objects.get(sku="PLENTY")
    address = f"{STOCK}{variant.pk}/change/"

    response = desk.post(address, filled(desk.get(address)) | {"low_stock_limit": "9"})

    assert response.status_code == 302, response.context["errors"]
    variant.refresh_from_db()
    assert (variant.low_stock_limit, variant.on_hand) == (9, 4)
    assert AuditEntry.objects.get().changes == {"low stock limit": [None, 9]}


def test_an_adjustment_needs_its_reason(desk, shelf):
    variant = Variant.objects.get(sku="PLENTY")
    address = f"{STOCK}{variant.pk}/change/"

    refused = desk.post(address, filled(desk.get(address)) | {"change": "2"})

    assert "This field is required." in words(refused)
    variant.refresh_from_db()
    assert variant.on_hand == 4


# --- The mail ---------------------------------------------------------------------------------


def test_owners_get_one_mail_about_all_that_got_low(shelf):
    owner = make_member(connection.tenant, "owner")
    make_member(connection.tenant, "manager")

    assert tell_low_stock() == 3
    assert deliver_outbox() == (1, 0)

    (sent,) = mail.outbox
    assert sent.to == [owner.email]
    assert sent.subject == "3 variants are low in stock"
    assert re.findall(r"^\w+ \((\w+)\): (\d+) left$", sent.body, re.MULTILINE) == [
        ("OUT", "0"),
        ("OWN", "20"),
        ("SHOPS", "3"),
    ]
    assert "http://tech.localhost/admin/catalog/variant/?level=low" in sent.body


def test_nothing_is_told_again_until_it_was_above(shelf):
    tell_low_stock()
    count(shelf["SHOPS"], 1)

    assert tell_low_stock() == 0
    count(shelf["SHOPS"], 50)
    assert tell_low_stock() == 0
    count(shelf["SHOPS"], 2)
    assert tell_low_stock() == 1
    assert OutboxMessage.objects.count() == 2


def test_what_never_had_a_unit_has_not_got_low(tech):
    imported = make_product(sku="NEW", on_hand=0)

    assert tell_low_stock() == 0
    count(imported, 5)
    assert tell_low_stock() == 0
    count(imported, 2)
    assert tell_low_stock() == 1


def test_a_mail_names_so_many_and_counts_the_others(tech):
    make_member(tech, "owner")
    for number in range(55):
        make_product(sku=f"S-{number:02}", on_hand=1)

    tell_low_stock()
    deliver_outbox()

    body = mail.outbox[0].body
    assert body.count(" left\n") == 50
    assert "And 5 more." in body


def test_a_shop_that_wants_no_mail_hears_nothing_later_either(shelf):
    StockSettings.objects.update(mails_low_stock=False)
    tell_low_stock()
    StockSettings.objects.update(mails_low_stock=True)

    assert tell_low_stock() == 0
    assert not OutboxMessage.objects.exists()
    assert LowStockNotice.objects.count() == 3


def test_a_german_shop_reads_it_in_german(shelf):
    tenant = connection.tenant
    make_member(tenant, "owner")
    tenant.language = "de"

    tell_low_stock()
    deliver_outbox()

    assert mail.outbox[0].subject == "3 Varianten haben wenig Bestand"
    assert "noch 20" in mail.outbox[0].body


@pytest.mark.parametrize(("role", "status"), [("manager", 302), ("fulfilment", 403)])
def test_limits_are_set_by_who_writes_the_catalogue(desk_of, shelf, role, status):
    response = desk_of(role).post(
        "/admin/catalog/stocksettings/1/change/", {"low_stock_limit": "4"}
    )

    assert response.status_code == status


@pytest.mark.parametrize("page", ["²", "٣", "-1", "9" * 5000, "a"])
def test_what_is_no_number_of_a_page_of_movements_shows_the_first(desk, shelf, page):
    address = f"{STOCK}{shelf['OWN'].variants.get().pk}/change/?movements-page={page}"

    assert desk.get(address).status_code == 200
