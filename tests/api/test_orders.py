"""`GET /api/orders` and `/api/orders/{id}`: read by programs."""

import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.models import Order
from tenants.models import Tenant
from tenants.resolution import clear_cache
from tenants.services import add_member, create_tenant
from tests.api.conftest import error_of, in_tech, pay
from tests.factories import make_member, make_order


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


def test_a_list_is_narrowed_by_time(merchant, product):
    in_tech()
    orders = [make_order(product) for _ in range(3)]
    for day, order in enumerate(orders, 1):
        moment = datetime(2025, 3, day, 10, 30, tzinfo=UTC)
        Order.objects.filter(pk=order.pk).update(created_at=moment, updated_at=moment)

    def days(query):
        connection.set_schema_to_public()
        rows = merchant.get(f"/api/orders?tenant=tech&{query}").json()["orders"]
        return [row["created_at"][8:10] for row in rows]

    assert days("created_after=2025-03-02T10:30:00Z") == ["03"]
    assert days("updated_since=2025-03-02T10:30:00Z") == ["03", "02"]
    assert days("updated_since=2025-03-02T11:30:00%2B01:00") == ["03", "02"]
    assert days("created_after=2025-03-01T10:30:00Z&updated_since=2025-03-03T00:00:00Z") == ["03"]


def test_a_list_says_what_it_was_narrowed_to_and_counts_all_of_it(merchant, product):
    in_tech()
    orders = [make_order(product) for _ in range(3)]
    customer = str(orders[0].customer_id)

    answer = merchant.get(
        f"/api/orders?tenant=tech&status=pending&customer_id={customer.upper()}&limit=1"
    ).json()

    assert answer["filters"] == {"status": "pending", "customer_id": customer}
    assert (answer["count"], len(answer["orders"])) == (3, 1)


def test_a_list_is_counted_once_and_not_for_each_page(merchant, product):
    in_tech()
    for _ in range(3):
        make_order(product)
    counted = []
    answer = merchant.get("/api/orders?tenant=tech&limit=1")
    for _page in range(2):
        following = re.search(r"<http://localhost(\S+)>; rel=\"next\"", answer["Link"])[1]
        with CaptureQueriesContext(connection) as statements:
            answer = merchant.get(following)
        assert answer.json()["count"] == 3
        counted += [
            each["sql"]
            for each in statements
            if each["sql"].startswith("SELECT count(*) FROM orders_order")
        ]

    assert counted == []


def test_a_list_is_walked_back_as_well(merchant, product):
    in_tech()
    for _ in range(3):
        make_order(product)
    first = merchant.get("/api/orders?tenant=tech&limit=2")
    second = merchant.get(re.search(r"<http://localhost(\S+)>; rel=\"next\"", first["Link"])[1])

    back = merchant.get(re.search(r"<http://localhost(\S+)>; rel=\"prev\"", second["Link"])[1])

    assert back.json() == first.json()
    assert len(second.json()["orders"]) == 1


def test_a_cursor_of_another_query_is_a_400(merchant, product):
    in_tech()
    for _ in range(2):
        make_order(product)
    link = merchant.get("/api/orders?tenant=tech&limit=1")["Link"]
    cursor = re.search(r"cursor=([^&>]+)", link)[1]

    response = merchant.get(f"/api/orders?tenant=tech&limit=1&status=pending&cursor={cursor}")

    assert error_of(response)["fields"].keys() == {"cursor"}


def test_a_list_that_the_caller_holds_is_a_304_until_something_changes(merchant, product):
    in_tech()
    order = make_order(product)
    path = "/api/orders?tenant=tech"
    first = merchant.get(path)

    held = merchant.get(path, HTTP_IF_NONE_MATCH=f'"x", W/{first["ETag"]}')
    assert (held.status_code, held.content) == (304, b"")
    assert first["Cache-Control"] == "private, no-cache"
    assert first["Vary"] == "Authorization, Accept-Encoding"
    merchant.post(f"/api/orders/{order.pk}/cancel", {})
    changed = merchant.get(path, HTTP_IF_NONE_MATCH=first["ETag"])
    assert changed.json()["orders"][0]["status"] == "cancelled"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("tenant=tech&tenant=tech", "tenant"),
        ("tenant=tech&status=pending&status=pending", "status"),
        ("tenant=tech&status=", "status"),
        ("tenant=tech&status=Pending", "status"),
        ("tenant=tech&limit=0", "limit"),
        ("tenant=tech&limit=251", "limit"),
        ("tenant=tech&created_after=2025-13-01", "created_after"),
        ("tenant=tech&customer_id=%7Bd7e8f9a0-b1c2-4d3e-8f4a-5b6c7d8e9f0a%7D", "customer_id"),
        ("tenant=tech&customer_id=d7e8f9a0b1c24d3e8f4a5b6c7d8e9f0a", "customer_id"),
        ("", "tenant"),
    ],
)
def test_a_query_is_read_strictly(merchant, query, field):
    response = merchant.get(f"/api/orders?{query}")

    assert response.status_code == 400
    assert field in error_of(response)["fields"]


def test_head_and_options_answer_as_everywhere(merchant, product):
    in_tech()
    order = make_order(product)
    for path, allowed in (
        ("/api/orders?tenant=tech", {"GET", "POST"}),
        (f"/api/orders/{order.pk}", {"GET"}),
        (f"/api/orders/{order.pk}/cancel", {"POST"}),
    ):
        options = merchant.request("OPTIONS", path)
        assert options.status_code == 204
        assert allowed <= set(options["Allow"].split(", "))
        wrong = merchant.request("DELETE", path)
        assert error_of(wrong)["code"] == "method_not_allowed"
        assert allowed <= set(wrong["Allow"].split(", "))
    head = merchant.request("HEAD", f"/api/orders/{order.pk}/")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head["Content-Length"]) == len(merchant.get(f"/api/orders/{order.pk}").content)


def test_amounts_are_numbers_of_exactly_the_stored_value(merchant, body):
    created = merchant.post("/api/orders", body).json()

    content = merchant.get(f"/api/orders/{created['id']}").content

    for member in (b'"total":129.99,', b'"tax":0.00,', b'"unit_price":129.99,'):
        assert member in content


# --- Among the caller's shops --------------------------------------------------------------------


def _in_many_shops(user, count):
    connection.set_schema_to_public()
    for number in range(count):
        shop = create_tenant(slug=f"shop-{number}", name=f"Shop {number}")
        add_member(user, shop, "viewer")


def test_an_order_is_found_among_the_callers_shops(tech, outdoor, caller, product):
    in_tech()
    order = make_order(product)
    connection.set_schema_to_public()
    user = make_member(outdoor)
    add_member(user, tech, "viewer")

    found = caller(user).get(f"/api/orders/{order.pk}")

    assert found.json()["tenant_id"] == str(tech.pk)
    named = caller(user).get(f"/api/orders/{order.pk}?tenant=outdoor")
    assert error_of(named)["code"] == "resource_not_found"


@pytest.mark.parametrize(("others", "status"), [(19, 200), (20, 400)])
def test_who_reads_more_than_twenty_shops_names_one(tech, caller, product, others, status):
    in_tech()
    order = make_order(product)
    connection.set_schema_to_public()
    user = make_member(tech)
    _in_many_shops(user, others)
    api = caller(user)

    response = api.get(f"/api/orders/{order.pk}")

    assert response.status_code == status
    if status == 400:
        assert error_of(response)["code"] == "missing_parameter"
        assert error_of(response)["fields"].keys() == {"tenant"}
    assert api.get(f"/api/orders/{order.pk}?tenant=tech").status_code == 200


def test_orders_of_a_closed_shop_are_closed(tech, caller, body, product):
    in_tech()
    order = make_order(product)
    connection.set_schema_to_public()
    api = caller(make_member(tech))
    Tenant.objects.filter(pk=tech.pk).update(active=False)
    clear_cache()

    for response in (
        api.get("/api/orders?tenant=tech"),
        api.get(f"/api/orders/{order.pk}"),
        api.post("/api/orders", body),
        api.post(f"/api/orders/{order.pk}/cancel", {}),
    ):
        assert response.status_code == 403
        assert error_of(response)["code"] == "tenant_inactive"
