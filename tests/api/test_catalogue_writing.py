"""`PATCH /api/products/{id}` and `POST /api/stock-adjustments`: for a merchant's other systems."""

import json
from decimal import Decimal

import pytest
from django.db import connection

from catalog.models import Product, StockMovement, Variant
from tenants.shop.models import AuditEntry, catalogue_version
from tests.api.conftest import error_of, in_tech
from tests.factories import make_member, make_order, make_product, make_user

STOCK = "/api/stock-adjustments?tenant=tech"


@pytest.fixture
def shirt(tech):
    return make_product(
        "Shirt",
        option_names=["Size"],
        variants=[
            {"option_values": ["S"], "sku": "S-1"},
            {"option_values": ["M"], "sku": "M-1", "price": "11.50"},
        ],
    )


def patch(api, product, body, **headers):
    response = api.patch(f"/api/products/{product.pk}?tenant=tech", body, **headers)
    in_tech()
    return response


def adjust(api, body, **headers):
    response = api.post(STOCK, body, **headers)
    in_tech()
    return response


# --- Products ------------------------------------------------------------------------------------


def test_what_is_sent_is_changed_and_nothing_else(merchant, product):
    before = merchant.get(f"/api/products/{product.pk}?tenant=tech").json()

    response = patch(
        merchant,
        product,
        {"name": "Headphones", "description": "<b>New</b><script>x</script>", "sku": "X", "id": 1},
    )

    assert response.status_code == 200
    changed = response.json()
    assert changed.pop("status") == "active"
    assert changed["name"] == "Headphones"
    assert changed["description"] == "<b>New</b>"
    unchanged = set(before) - {"name", "description", "updated_at"}
    assert {name: changed[name] for name in unchanged} == {name: before[name] for name in unchanged}


def test_an_answer_after_a_change_is_the_changed_one(merchant, product):
    """What was kept of lists and details is stale from that moment, and so are ETags."""
    paths = (f"/api/products/{product.pk}?tenant=tech", "/api/products?tenant=tech")
    etags = [merchant.get(path)["ETag"] for path in paths]

    patch(merchant, product, {"price": 119.5})

    for path, etag in zip(paths, etags, strict=True):
        response = merchant.get(path, HTTP_IF_NONE_MATCH=etag)
        assert response.status_code == 200
        assert b'"price":119.50' in response.content


def test_prices_are_changed_by_variant(merchant, shirt):
    small = shirt.variants.get(sku="S-1")

    response = patch(
        merchant,
        shirt,
        b'{"variants": [{"id": "%s", "price": 9.10}, {"sku": "M-1", "compare_at_price": 15}]}'
        % str(small.pk).encode(),
    )

    answer = json.loads(response.content, parse_float=Decimal)
    assert answer["price"] == Decimal("9.10")
    assert [each["price"] for each in answer["variants"]] == [Decimal("9.10"), Decimal("11.50")]
    assert [each["compare_at_price"] for each in answer["variants"]] == [None, Decimal("15.00")]
    patch(merchant, shirt, {"variants": [{"sku": "M-1", "compare_at_price": None}]})
    assert Variant.objects.get(sku="M-1").compare_at_price is None


@pytest.mark.parametrize(("status", "seen"), [("draft", 404), ("archived", 404), ("active", 200)])
def test_a_product_is_taken_out_of_the_shop_and_put_back(merchant, product, status, seen):
    response = patch(merchant, product, {"status": status})

    assert response.json()["status"] == status
    assert merchant.get(f"/api/products/{product.pk}?tenant=tech").status_code == seen
    again = patch(merchant, product, {"status": "active"})
    assert again.json()["status"] == "active"
    assert merchant.get(f"/api/products/{product.pk}?tenant=tech").status_code == 200


def test_a_product_is_named_by_its_slug_as_well(merchant, product):
    response = merchant.patch(f"/api/products/{product.slug}?tenant=tech", {"name": "H"})

    assert response.json()["id"] == str(product.pk)


def test_a_change_is_written_into_the_history(merchant, product, tech):
    patch(merchant, product, {"name": "Headphones", "price": 119.99})

    entry = AuditEntry.objects.get()
    assert entry.object_id == str(product.pk)
    assert "@" in entry.user_name
    assert entry.changes == {
        "name": ["Wireless Headphones", "Headphones"],
        "price of WH-001": ["129.990", "119.99"],
    }


@pytest.mark.parametrize("body", [{}, {"name": "Wireless Headphones", "price": 129.99}])
def test_what_changes_nothing_writes_nothing(merchant, product, body):
    version = catalogue_version()

    assert patch(merchant, product, body).status_code == 200

    assert catalogue_version() == version
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"name": ""}', "name"),
        (b'{"name": null}', "name"),
        (b'{"name": 7}', "name"),
        ({"name": "x" * 256}, "name"),
        (b'{"description": []}', "description"),
        (b'{"status": "gone"}', "status"),
        (b'{"status": ["active"]}', "status"),
        (b'{"price": "1"}', "price"),
        (b'{"price": -1}', "price"),
        (b'{"price": 1.001}', "price"),
        (b'{"price": 10000000000}', "price"),
        (b'{"price": 1000000}', "price"),
        (b'{"variants": [{"sku": "WH-001", "price": 1000000}]}', "variants[0].price"),
        (b'{"price": true}', "price"),
        (b'{"price": null}', "price"),
        (b'{"compare_at_price": 0.001}', "compare_at_price"),
        (b'{"variants": {}}', "variants"),
        (b'{"variants": [1]}', "variants[0]"),
        (b'{"variants": [{"price": 1}]}', "variants[0]"),
        (b'{"variants": [{"sku": "S-1", "price": 1}]}', "variants[0].sku"),
        (b'{"variants": [{"id": "x", "price": 1}]}', "variants[0].id"),
        (b'{"variants": [{"sku": "WH-001", "price": 0.001}]}', "variants[0].price"),
        (b'{"price": 1, "variants": [{"sku": "WH-001", "price": 1}]}', "variants[0]"),
    ],
)
def test_a_wrong_change_names_the_member_and_changes_nothing(merchant, product, shirt, body, field):
    response = patch(merchant, product, body)

    assert response.status_code == 400
    assert field in error_of(response)["fields"]
    assert Product.objects.get(pk=product.pk).name == "Wireless Headphones"
    assert Variant.objects.get(sku="WH-001").price == Decimal("129.99")


def test_the_price_of_several_variants_needs_their_names(merchant, shirt):
    response = patch(merchant, shirt, {"price": 1})

    assert error_of(response)["fields"].keys() == {"price"}


# --- Stock ---------------------------------------------------------------------------------------


def test_units_come_and_go_and_are_counted(merchant, product):
    variant = product.variants.get()
    make_order(product, quantity=2)

    came = adjust(merchant, {"sku": "WH-001", "change": 12, "reason": "Delivery"})
    went = adjust(merchant, {"variant_id": str(variant.pk), "change": -1, "reason": "Broken"})
    counted = adjust(merchant, {"sku": "WH-001", "on_hand": 30, "reason": "Count"})

    assert [each.status_code for each in (came, went, counted)] == [200] * 3
    assert came.json() == {
        "product_id": str(product.pk),
        "variant_id": str(variant.pk),
        "sku": "WH-001",
        "on_hand": 37,
        "held": 2,
        "stock": 35,
    }
    assert went.json()["on_hand"] == 36
    assert counted.json() | {"stock": 28} == counted.json()
    movements = StockMovement.objects.filter(kind="adjustment").order_by("id")
    assert [(each.quantity, each.reason) for each in movements] == [
        (12, "Delivery"),
        (-1, "Broken"),
        (-6, "Count"),
    ]
    assert AuditEntry.objects.count() == 3


def test_stock_that_changed_is_what_lists_say(merchant, product):
    path = f"/api/products/{product.pk}?tenant=tech"
    etag = merchant.get(path)["ETag"]

    adjust(merchant, {"sku": "WH-001", "change": -5, "reason": "Broken"})

    assert merchant.get(path, HTTP_IF_NONE_MATCH=etag).json()["stock"] == 20


@pytest.mark.parametrize("body", [{"change": -24}, {"on_hand": 1}])
def test_units_that_are_held_or_not_there_cannot_go(merchant, product, body):
    make_order(product, quantity=2)

    response = adjust(merchant, {"sku": "WH-001", "reason": "x"} | body)

    assert response.status_code == 409
    assert error_of(response)["code"] == "out_of_stock"
    assert error_of(response)["details"] == "WH-001: 24 requested, 23 available."
    assert Variant.objects.get(sku="WH-001").on_hand == 25


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"sku": None}, "sku", "missing_parameter"),
        ({"reason": None}, "reason", "missing_parameter"),
        ({"change": None}, "change", "invalid_request"),
        ({"on_hand": 3}, "on_hand", "invalid_request"),
        ({"reason": " "}, "reason", "invalid_request"),
        ({"reason": "x" * 256}, "reason", "invalid_request"),
        ({"sku": "NONE"}, "sku", "invalid_request"),
        ({"sku": 7}, "sku", "invalid_request"),
        ({"variant_id": "7"}, "variant_id", "invalid_request"),
        (
            {"variant_id": "00000000-0000-4000-8000-000000000000"},
            "variant_id",
            "invalid_request",
        ),
        ({"change": "1"}, "change", "invalid_request"),
        ({"change": 1.5}, "change", "invalid_request"),
        ({"change": True}, "change", "invalid_request"),
        ({"change": 10**30}, "change", "invalid_request"),
        ({"change": None, "on_hand": -1}, "on_hand", "invalid_request"),
        ({"change": None, "on_hand": 10**30}, "on_hand", "invalid_request"),
    ],
)
def test_a_wrong_adjustment_names_the_member_and_changes_nothing(
    merchant, product, change, field, code
):
    body = {"sku": "WH-001", "change": 1, "reason": "x"} | change
    body = {name: value for name, value in body.items() if value is not None}

    response = adjust(merchant, body)

    assert response.status_code == 400
    assert error_of(response)["code"] == code
    assert field in error_of(response)["fields"]
    assert Variant.objects.get(sku="WH-001").on_hand == 25


def test_sku_and_id_must_name_the_same_variant(merchant, product, shirt):
    other = shirt.variants.get(sku="S-1")

    response = adjust(
        merchant, {"sku": "WH-001", "variant_id": str(other.pk), "change": 1, "reason": "x"}
    )

    assert error_of(response)["fields"].keys() == {"sku"}


def test_an_adjustment_is_made_once_for_a_key(merchant, product):
    body = {"sku": "WH-001", "change": 5, "reason": "Delivery"}

    first, second = (adjust(merchant, body, HTTP_IDEMPOTENCY_KEY="d-1") for _ in range(2))
    other = adjust(merchant, body | {"change": 6}, HTTP_IDEMPOTENCY_KEY="d-1")

    assert first.content == second.content
    assert second["Idempotent-Replayed"] == "true"
    assert error_of(other)["code"] == "idempotency_key_reused"
    assert Variant.objects.get(sku="WH-001").on_hand == 30


# --- Both ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "status"),
    [("owner", 200), ("manager", 200), ("fulfilment", 403), ("viewer", 403), (None, 403)],
)
def test_owners_and_managers_write(tech, outdoor, caller, product, role, status):
    connection.set_schema_to_public()
    api = caller(make_member(tech, role) if role else make_member(outdoor))

    changed = patch(api, product, {"name": "H"})
    adjusted = adjust(api, {"sku": "WH-001", "change": 1, "reason": "x"})

    assert (changed.status_code, adjusted.status_code) == (status, status)
    assert Product.objects.get(pk=product.pk).name == ("H" if status == 200 else product.name)
    assert Variant.objects.get(sku="WH-001").on_hand == (26 if status == 200 else 25)


def test_they_need_a_token_a_shop_and_a_product(caller, product, merchant):
    stranger = caller()
    assert patch(stranger, product, {}).status_code == 401
    assert adjust(stranger, {}).status_code == 401
    unnamed = merchant.post("/api/stock-adjustments", {})
    assert error_of(unnamed)["code"] == "missing_parameter"
    missing = merchant.patch("/api/products/none?tenant=tech", {})
    assert error_of(missing)["details"] == "Product with ID 'none' does not exist."
    connection.set_schema_to_public()
    staff = caller(make_user(is_superuser=True))
    assert patch(staff, product, {"name": "H"}).status_code == 200
