"""`/api/orders`: created, read and moved on by programs."""

import copy
import json
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Variant
from orders.models import Discount, Order, TaxRate
from tests.api.conftest import ADDRESS, error_of, in_tech, pay
from tests.factories import (
    make_member,
    make_order,
    make_product,
    make_shipping_method,
)

# --- Creating ------------------------------------------------------------------------------------


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


# --- Reading -------------------------------------------------------------------------------------


def test_a_list_has_the_documented_members(merchant, product):
    in_tech()
    order = make_order(product, shipping_method="express")

    answer = merchant.get("/api/orders?tenant=tech").json()

    assert answer["tenant"] == "tech"
    assert answer["count"] == 1
    assert answer["filters"] == {"status": None, "customer_id": None}
    [row] = answer["orders"]
    assert row == {
        "id": str(order.pk),
        "customer_name": "John Doe",
        "customer_email": "john.doe@example.com",
        "status": "pending",
        "total": 129.99,
        "created_at": order.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "items_count": 1,
        "shipping_method": "express",
    }


def test_lists_are_filtered_and_paged(merchant, product):
    in_tech()
    orders = [make_order(product) for _ in range(5)]
    pay(orders[0])
    customer = orders[0].customer_id

    def ids(query):
        connection.set_schema_to_public()
        return [
            row["id"] for row in merchant.get(f"/api/orders?tenant=tech&{query}").json()["orders"]
        ]

    newest_first = [str(order.pk) for order in reversed(orders)]
    assert ids("") == newest_first
    assert ids("status=processing") == ids("payment_status=paid") == [str(orders[0].pk)]
    assert ids(f"customer_id={customer}") == newest_first
    assert ids("customer_id=00000000-0000-4000-8000-000000000000") == []
    assert ids("created_after=2999-01-01T00:00:00Z") == []
    seen, path = [], "/api/orders?tenant=tech&limit=2"
    while path:
        page = merchant.get(path)
        seen += [row["id"] for row in page.json()["orders"]]
        links = dict(
            reversed(part.split(">; rel=")) for part in page.get("Link", "").split(", ") if part
        )
        path = links.get('"next"', "")[1:].replace("http://localhost", "")
    assert seen == newest_first


@pytest.mark.parametrize(
    "query", ["status=done", "customer_id=7", "payment_status=x", "updated_since=now", "cursor=x"]
)
def test_a_wrong_filter_is_a_400(merchant, query):
    response = merchant.get(f"/api/orders?tenant=tech&{query}")

    assert error_of(response)["fields"].keys() == {query.partition("=")[0]}


@pytest.mark.parametrize("order_id", ["12345", "00000000-0000-4000-8000-000000000000"])
def test_an_unknown_order_is_a_404_that_quotes_it(merchant, order_id):
    response = merchant.get(f"/api/orders/{order_id}")

    assert response.status_code == 404
    assert error_of(response)["code"] == "resource_not_found"
    assert error_of(response)["details"] == f"Order with ID '{order_id}' does not exist."


def test_an_order_that_the_caller_holds_is_a_304(merchant, product):
    in_tech()
    order = make_order(product)
    etag = merchant.get(f"/api/orders/{order.pk}")["ETag"]

    assert merchant.get(f"/api/orders/{order.pk}", HTTP_IF_NONE_MATCH=etag).status_code == 304
    in_tech()
    pay(order)
    assert merchant.get(f"/api/orders/{order.pk}", HTTP_IF_NONE_MATCH=etag).status_code == 200
