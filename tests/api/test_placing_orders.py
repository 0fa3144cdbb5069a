"""`POST /api/orders`: orders that programs place."""

import copy
import json
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Product, Variant
from orders.models import Discount, Order, TaxRate
from tenants.services import add_member
from tests.api.conftest import ADDRESS, error_of, in_tech
from tests.factories import make_member, make_product, make_shipping_method


def test_the_founding_documents_order_is_created(merchant, body):
    response = merchant.post("/api/orders", body)

    assert response.status_code == 201
    answer = response.json()
    assert answer == {
        "id": answer["id"],
        "status": "pending",
        "message": "Order created successfully",
    }
    assert response["Location"] == f"http://localhost/api/orders/{answer['id']}"
    detail = merchant.get(f"/api/orders/{answer['id']}").json()
    assert detail["total"] == 129.99
    assert detail["subtotal"] + detail["tax"] + detail["shipping_cost"] == detail["total"]
    assert detail["shipping_address"] == ADDRESS
    assert detail["number"] == "T-1001"
    in_tech()
    variant = Variant.objects.get(sku="WH-001")
    assert (variant.on_hand, variant.held, variant.stock) == (25, 1, 24)


def test_what_may_be_missing_may_be_missing(merchant, body):
    for name in ("billing_address", "notes"):
        del body[name]
    del body["customer"]["phone"]
    body["shipping_address"] = {name: value for name, value in ADDRESS.items() if name != "line2"}

    created = merchant.post("/api/orders", body)

    detail = merchant.get(f"/api/orders/{created.json()['id']}").json()
    assert detail["billing_address"] == detail["shipping_address"] == ADDRESS
    assert detail["customer"]["phone"] == detail["notes"] == ""


def _at(body, path, value):
    changed = copy.deepcopy(body)
    *parents, last = path
    place = changed
    for name in parents:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "field", "code"),
    [
        (["tenant_id"], "tech", "tenant_id", "invalid_request"),
        (["tenant_id"], None, "tenant_id", "missing_parameter"),
        (["customer"], None, "customer", "missing_parameter"),
        (["customer", "email"], "nobody", "customer.email", "invalid_request"),
        (["customer", "email"], 7, "customer.email", "invalid_request"),
        (["customer", "name"], "x" * 256, "customer.name", "invalid_request"),
        (["customer", "name"], "a\x00b", "customer.name", "invalid_request"),
        (
            ["shipping_address", "country"],
            "Atlantis",
            "shipping_address.country",
            "invalid_request",
        ),
        (["shipping_address", "line1"], "x" * 201, "shipping_address.line1", "invalid_request"),
        (["items"], [], "items", "invalid_request"),
        (["items", 0, "quantity"], 0, "items[0].quantity", "invalid_request"),
        (["items", 0, "quantity"], -1, "items[0].quantity", "invalid_request"),
        (["items", 0, "quantity"], 10_000, "items[0].quantity", "invalid_request"),
        (["items", 0, "quantity"], 1.5, "items[0].quantity", "invalid_request"),
        (["items", 0, "quantity"], "1", "items[0].quantity", "invalid_request"),
        (["items", 0, "quantity"], True, "items[0].quantity", "invalid_request"),
        (["items", 0, "quantity"], 10**30, "items[0].quantity", "invalid_request"),
        (["items", 0, "product_id"], "WH-001", "items[0].product_id", "invalid_request"),
        (
            ["items", 0, "product_id"],
            "00000000-0000-4000-8000-000000000000",
            "items[0].product_id",
            "invalid_request",
        ),
        (["shipping_method"], "rocket", "shipping_method", "invalid_request"),
        (["payment_method"], "shells", "payment_method", "invalid_request"),
        (["notes"], "x" * 5001, "notes", "invalid_request"),
        (["discount_code"], "NOSUCH", "discount_code", "invalid_request"),
    ],
)
def test_a_wrong_member_is_a_400_that_names_it(merchant, body, path, value, field, code):
    response = merchant.post("/api/orders", _at(body, path, value))

    assert response.status_code == 400
    assert error_of(response)["code"] == code
    assert field in error_of(response)["fields"]
    in_tech()
    assert not Order.objects.exists()
    assert Variant.objects.get(sku="WH-001").held == 0


def test_more_than_there_is_is_a_409_and_nothing_is_written(merchant, body, product):
    plenty = make_product("Speaker", on_hand=99)
    body["items"] = [
        {"product_id": str(plenty.pk), "quantity": 2},
        {"product_id": str(product.pk), "quantity": 26},
    ]

    response = merchant.post("/api/orders", body)

    assert response.status_code == 409
    assert error_of(response)["code"] == "out_of_stock"
    assert error_of(response)["details"] == "WH-001: 26 requested, 25 available."
    in_tech()
    assert not Order.objects.exists()
    assert not Variant.objects.filter(held__gt=0).exists()


def test_the_same_variant_twice_is_added_up(merchant, body, product):
    body["items"] = [{"product_id": str(product.pk), "quantity": 2}] * 2

    detail = merchant.get(f"/api/orders/{merchant.post('/api/orders', body).json()['id']}").json()

    assert [item["quantity"] for item in detail["items"]] == [4]


def test_of_several_variants_one_must_be_named(merchant, body, tech):
    shirt = make_product(
        "Shirt",
        option_names=["Size"],
        variants=[
            {"option_values": ["S"], "sku": "S-1"},
            {"option_values": ["M"], "sku": "M-1", "price": "11.50"},
        ],
    )
    item = {"product_id": str(shirt.pk), "quantity": 1}

    body["items"] = [item]
    unclear = merchant.post("/api/orders", body)
    body["items"] = [item | {"sku": "M-1"}]
    by_sku = merchant.post("/api/orders", body)
    body["items"] = [item | {"sku": "WH-001"}]
    foreign = merchant.post("/api/orders", body)

    assert error_of(unclear)["fields"].keys() == {"items[0].variant_id"}
    assert by_sku.status_code == 201
    assert error_of(foreign)["fields"].keys() == {"items[0].sku"}
    detail = merchant.get(f"/api/orders/{by_sku.json()['id']}").json()
    assert detail["items"][0]["options"] == {"Size": "M"}
    assert detail["total"] == 11.5


def test_tax_shipping_and_discount_add_up(merchant, body, tech):
    make_shipping_method("slow", "9.99")
    TaxRate.objects.create(country="US", state="NY", percent=Decimal("8.875"))
    Discount.objects.create(code="TEN", kind="percent", value=10, usage_limit=1)
    body |= {"shipping_method": "slow", "discount_code": "ten"}

    first = merchant.post("/api/orders", body)
    second = merchant.post("/api/orders", body)

    text = merchant.get(f"/api/orders/{first.json()['id']}").content
    detail = json.loads(text, parse_float=Decimal)
    assert detail["discount"] == Decimal("13.00")
    assert detail["subtotal"] == Decimal("116.99")
    assert detail["tax"] == Decimal("11.27")
    assert detail["shipping_cost"] == Decimal("9.99")
    assert detail["total"] == Decimal("138.25")
    assert second.status_code == 400
    assert "used up" in error_of(second)["fields"]["discount_code"][0]


def test_a_body_may_not_name_another_shop_than_the_host(tech, outdoor, caller, body):
    api = caller(make_member(outdoor), host="outdoor.localhost")

    response = api.post("/api/orders", body)

    assert error_of(response)["code"] == "tenant_mismatch"


def test_placing_costs_few_statements_whatever_the_number_of_lines(merchant, body, tech):
    make_shipping_method("x")
    products = [make_product(on_hand=9) for _ in range(20)]
    counts = []
    # The first call also finds the tenant; later ones know it.
    assert merchant.post("/api/orders", body).status_code == 201
    for some in (products[:1], products):
        body["items"] = [{"product_id": str(each.pk), "quantity": 1} for each in some]
        connection.set_schema_to_public()
        with CaptureQueriesContext(connection) as statements:
            response = merchant.post("/api/orders", body, HTTP_IDEMPOTENCY_KEY=str(len(some)))
        assert response.status_code == 201
        counts.append(len(statements))

    assert counts[0] == counts[1] <= 25


def test_what_is_not_asked_for_is_not_taken(merchant, body):
    mine = {
        "id": "d7e8f9a0-b1c2-4d3e-8f4a-5b6c7d8e9f0a",
        "number": "X-1",
        "status": "completed",
        "payment_status": "paid",
        "total": 1,
        "captured": 1000,
        "created_at": "2020-01-01T00:00:00Z",
        "keep_until_paid": True,
    }
    body["items"][0] |= {"unit_price": 0.01, "price": 0.01, "name": "Free"}

    created = merchant.post("/api/orders", body | mine).json()

    detail = merchant.get(f"/api/orders/{created['id']}").json()
    assert detail["id"] != mine["id"]
    assert (detail["status"], detail["payment_status"]) == ("pending", "unpaid")
    assert (detail["total"], detail["number"]) == (129.99, "T-1001")
    assert detail["items"][0]["name"] == "Wireless Headphones"
    assert detail["created_at"] > "2025"


def test_a_shop_that_there_is_not_is_a_404(merchant, body):
    body["tenant_id"] = "00000000-0000-4000-8000-000000000000"

    response = merchant.post("/api/orders", body)

    assert (response.status_code, error_of(response)["code"]) == (404, "tenant_not_found")


def test_the_shop_may_be_that_of_the_host_or_of_the_query(tech, caller, body):
    user = make_member(tech)
    del body["tenant_id"]

    assert caller(user, host="tech.localhost").post("/api/orders", body).status_code == 201
    assert caller(user).post("/api/orders?tenant=tech", body).status_code == 201
    assert error_of(caller(user).post("/api/orders?tenant=outdoor", body))["code"] == (
        "permission_denied"
    )


def test_a_body_and_a_query_may_not_contradict_each_other(tech, outdoor, caller, body):
    user = make_member(outdoor)
    add_member(user, tech, "owner")

    response = caller(user).post("/api/orders?tenant=outdoor", body)

    assert error_of(response)["code"] == "tenant_mismatch"


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_what_is_not_for_sale_is_unknown(merchant, body, product, status):
    in_tech()
    Product.objects.filter(pk=product.pk).update(status=status)

    response = merchant.post("/api/orders", body)

    assert error_of(response)["fields"].keys() == {"items[0].product_id"}


@pytest.mark.parametrize("first", [9_999, 5_000])
def test_quantities_count_after_they_were_added_up(merchant, body, product, first):
    in_tech()
    Variant.objects.update(on_hand=20_000)
    item = body["items"][0]
    body["items"] = [item | {"quantity": first}, item | {"quantity": 9_999 - first + 1}]

    refused = merchant.post("/api/orders", body)
    body["items"][1]["quantity"] = 9_999 - first or 1
    body["items"][0]["quantity"] = first if first < 9_999 else 9_998
    taken = merchant.post("/api/orders", body)

    assert error_of(refused)["fields"].keys() == {"items[1].quantity"}
    assert taken.status_code == 201


def test_one_variant_may_be_named_in_two_ways(merchant, body, product):
    item = {"product_id": str(product.pk), "quantity": 1}
    in_tech()
    variant = str(product.variants.get().pk)
    body["items"] = [item, item | {"sku": "WH-001"}, item | {"variant_id": variant}]

    created = merchant.post("/api/orders", body).json()
    body["items"] = [item | {"sku": "NO", "variant_id": variant}]
    contradiction = merchant.post("/api/orders", body)

    detail = merchant.get(f"/api/orders/{created['id']}").json()
    assert [line["quantity"] for line in detail["items"]] == [3]
    assert error_of(contradiction)["fields"].keys() == {"items[0].sku"}


def test_a_method_that_does_not_go_there_is_refused(merchant, body):
    make_shipping_method("local", countries=["DE"])
    body["shipping_method"] = "local"

    response = merchant.post("/api/orders", body)

    assert error_of(response)["fields"].keys() == {"shipping_method"}


@pytest.mark.parametrize("country", ["US", "USA", "United States", "united states", " USA "])
def test_a_country_is_echoed_as_it_was_sent(merchant, body, country):
    body["shipping_address"] = ADDRESS | {"country": country}

    created = merchant.post("/api/orders", body).json()

    detail = merchant.get(f"/api/orders/{created['id']}").json()
    assert detail["shipping_address"]["country"] == country.strip()
    assert detail["billing_address"]["country"] == "USA"


@pytest.mark.parametrize(
    ("path", "most"),
    [
        (["customer", "name"], 255),
        (["shipping_address", "line1"], 200),
        (["shipping_address", "line2"], 200),
        (["shipping_address", "city"], 200),
        (["notes"], 5000),
    ],
)
@pytest.mark.parametrize("letter", ["x", "é", "漢", "😀"])
def test_text_may_be_as_long_as_it_says(merchant, body, path, most, letter):
    assert merchant.post("/api/orders", _at(body, path, letter * most)).status_code == 201
    long = merchant.post("/api/orders", _at(body, path, letter * (most + 1)))
    assert error_of(long)["fields"].keys() == {".".join(path)}


def test_an_email_address_may_be_254_characters_long(merchant, body):
    body["customer"]["email"] = f"{'x' * 60}@{'d' * 60}.{'d' * 60}.{'d' * 60}.example"
    left = 254 - len(body["customer"]["email"])
    body["customer"]["email"] = body["customer"]["email"].replace("@", "@" + "e" * (left - 1) + ".")
    assert len(body["customer"]["email"]) == 254

    assert merchant.post("/api/orders", body).status_code == 201
    body["customer"]["email"] = "y" + body["customer"]["email"]
    assert error_of(merchant.post("/api/orders", body))["fields"].keys() == {"customer.email"}
