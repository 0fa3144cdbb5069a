"""The description says what the API answers: real answers are held against it."""

import json
import re
from typing import Any

import jsonschema
import pytest
from django.db import connection

from tests.api.conftest import in_tech
from tests.checkout.conftest import paid
from tests.factories import PASSWORD, make_category, make_member, make_order, make_product
from tests.isolation.test_routes import PLATFORM_ROUTES, TENANT_ROUTES


@pytest.fixture
def description(stranger) -> dict[str, Any]:
    return stranger.get("/api/schema").json()


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path) + r"\Z")


def check(description: dict[str, Any], method: str, response: Any) -> None:
    """The answer's status, headers and body as the description has them."""
    path = response.request["PATH_INFO"]
    [item] = [item for known, item in description["paths"].items() if _pattern(known).match(path)]
    answers = item[method.lower()]["responses"]
    assert str(response.status_code) in answers, f"{method} {path}: {response.status_code}"
    answer = answers[str(response.status_code)]
    for name in answer.get("headers", {}):
        if name not in {"Link", "Retry-After", "Location", "Idempotent-Replayed"}:
            assert name in response.headers, f"{method} {path} lacks {name}"
    if not response.content:
        return
    schema = answer["content"]["application/json"]["schema"]
    validator = jsonschema.Draft202012Validator(
        {**schema, "components": description["components"]},
        format_checker=jsonschema.FormatChecker(),
    )
    problems = [str(problem) for problem in validator.iter_errors(response.json())]
    assert problems == []


def test_answers_are_as_described(description, caller, stranger, tech):
    category = make_category("Audio")
    make_category("Headphones", parent=category)
    product = make_product("Wireless Headphones", categories=[category], image="In black")
    make_product(
        "Shirt",
        option_names=["Size"],
        compare_at_price="12.00",
        variants=[{"option_values": ["S"]}, {"option_values": ["M"], "price": "11.50"}],
    )
    user = make_member(tech)
    api = caller(user)
    login = stranger.post("/api/auth/login", {"email": user.email, "password": PASSWORD})
    refresh = stranger.post("/api/auth/refresh", {"refresh": login.json()["refresh"]})
    etag = api.get("/api/products?tenant=tech")["ETag"]

    for response in (
        stranger.get("/api/health"),
        login,
        refresh,
        stranger.post("/api/auth/login", {"email": user.email, "password": "wrong"}),
        stranger.post("/api/auth/login", b"{"),
        stranger.get("/api/products?tenant=tech"),
        api.get("/api/auth/me"),
        api.get("/api/tenants"),
        api.get("/api/products?tenant=tech&limit=1"),
        api.get("/api/products?tenant=tech", HTTP_IF_NONE_MATCH=etag),
        api.get("/api/products?tenant=tech&min_price=x"),
        api.get("/api/products?tenant=nowhere"),
        api.get("/api/products"),
        api.request("DELETE", "/api/products"),
        api.get(f"/api/products/{product.pk}?tenant=tech"),
        api.get("/api/products/shirt?tenant=tech"),
        api.get("/api/products/none?tenant=tech"),
        api.get("/api/categories?tenant=tech"),
        api.get(f"/api/categories/{category.pk}?tenant=tech"),
        api.get("/api/categories/none?tenant=tech"),
    ):
        method = response.request["REQUEST_METHOD"]
        # A method that an address does not have is described beside those it has.
        check(description, "GET" if method == "DELETE" else method, response)


def test_answers_about_orders_are_as_described(description, caller, stranger, tech, product, body):
    in_tech()
    order = paid(make_order(product, quantity=3))
    unpaid = make_order(product)
    connection.set_schema_to_public()
    api, viewer = caller(make_member(tech)), caller(make_member(tech, "viewer"))
    here = f"/api/orders/{order.pk}"
    etag = api.get(here)["ETag"]
    key = {"HTTP_IDEMPOTENCY_KEY": "k"}
    [line] = api.get(here).json()["items"]
    checkout = "/stripe-demo/create-checkout-session-json"
    too_many = [{**body["items"][0], "quantity": 999}]
    part = {"items": [{"id": line["id"], "quantity": 1}]}

    for response in (
        api.get("/api/orders?tenant=tech&limit=1"),
        api.get("/api/orders?tenant=tech&status=x"),
        api.get("/api/orders"),
        stranger.get("/api/orders?tenant=tech"),
        api.get(here),
        api.get(here, HTTP_IF_NONE_MATCH=etag),
        api.get("/api/orders/12345"),
        api.post("/api/orders", body, **key),
        api.post("/api/orders", body, **key),
        api.post("/api/orders", body | {"notes": "x"}, **key),
        api.post("/api/orders", body | {"items": too_many}),
        api.post("/api/orders", body | {"items": []}),
        api.post("/api/orders", b"{"),
        api.post("/api/orders", b"{}", content_type="text/plain"),
        api.post("/api/orders", b" " * 300_000),
        viewer.post("/api/orders", body),
        api.post(f"{here}/fulfil", part),
        api.post(f"{here}/fulfil", {"items": []}),
        api.post(f"{here}/refund", part | {"restock": True}),
        api.post(f"{here}/refund", {"amount": 1000}),
        api.post(f"{here}/cancel", {}),
        api.post(f"/api/orders/{unpaid.pk}/cancel", {"reason": "x"}),
        api.post("/api/orders/12345/cancel", {}),
        api.patch(f"/api/products/{product.pk}?tenant=tech", {"price": 99}),
        api.patch("/api/products/none?tenant=tech", {"price": 99}),
        viewer.patch(f"/api/products/{product.pk}?tenant=tech", {}),
        api.post(
            "/api/stock-adjustments?tenant=tech", {"sku": "WH-001", "change": 1, "reason": "x"}
        ),
        api.post(
            "/api/stock-adjustments?tenant=tech", {"sku": "WH-001", "change": -99, "reason": "x"}
        ),
        stranger.post(checkout, {"order_id": "x", "items": []}),
        stranger.post(
            checkout,
            {"order_id": "x", "items": [{"id": "p", "name": "N", "price": 1, "quantity": 1}]},
        ),
        stranger.post(checkout, {}, HTTP_ORIGIN="https://evil.example"),
        stranger.post(checkout, b"{}", content_type="text/plain"),
    ):
        check(description, response.request["REQUEST_METHOD"], response)


def test_every_example_is_as_its_own_schema_says(description):
    """Of requests and of answers; the founding document's are among them."""
    seen = 0
    for path, item in description["paths"].items():
        for method, operation in item.items():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for body in bodies:
                for content in body.get("content", {}).values():
                    for name, example in content.get("examples", {}).items():
                        schema = {**content["schema"], "components": description["components"]}
                        problems = [
                            str(problem)
                            for problem in jsonschema.Draft202012Validator(schema).iter_errors(
                                example["value"]
                            )
                        ]
                        assert problems == [], (path, method, name)
                        seen += 1

    assert seen > 50
    assert json.dumps(description).count("WH-001") >= 2


def test_every_address_of_the_api_is_described_and_none_that_there_is_not(description):
    routes = {
        "/" + re.sub(r"\{\w+\}", "{}", route)
        for route in (*TENANT_ROUTES, *PLATFORM_ROUTES)
        if route.startswith("api/")
    }
    described = {re.sub(r"\{\w+\}", "{}", path) for path in description["paths"]}

    assert routes - described == {"/api/docs", "/api/nothing"}
    assert {path for path in described if path.startswith("/api/")} <= routes


def test_the_login_describes_the_code_of_a_second_factor(description):
    operation = description["paths"]["/api/auth/login"]["post"]
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    login = description["components"]["schemas"][reference.rpartition("/")[2]]

    assert login["properties"].keys() == {"email", "password", "otp"}
    assert sorted(login["required"]) == ["email", "password"]
