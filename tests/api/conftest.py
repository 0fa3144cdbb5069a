"""A caller of the API."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from catalog.models import Product
from orders.models import Order
from orders.services.paying import record_payment
from tenants.models import Tenant, User
from tenants.services.tokens import issue_tokens
from tests.factories import make_member, make_product, make_shipping_method, make_user


class Caller:
    """Calls on one host, with the token of a user where there is one."""

    def __init__(self, user: User | None = None, host: str = "localhost") -> None:
        self.client = Client(HTTP_HOST=host, raise_request_exception=False)
        self.headers: dict[str, str] = {}
        if user:
            self.headers["HTTP_AUTHORIZATION"] = f"Bearer {issue_tokens(user)['access']}"

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, **(self.headers | headers))

    def post(self, path: str, body: object = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def patch(self, path: str, body: object = None, **headers: str) -> Any:
        return self.send("PATCH", path, body, **headers)

    def send(self, method: str, path: str, body: object, **headers: str) -> Any:
        """Send JSON; bytes are sent as they are."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"content_type": "application/json"} | self.headers | headers
        return self.client.generic(method, path, content, **headers)

    def request(self, method: str, path: str, **headers: str) -> Any:
        return self.client.generic(method, path, **(self.headers | headers))


@pytest.fixture
def caller(db: None) -> Callable[..., Caller]:
    return Caller


@pytest.fixture
def api(tech: object) -> Caller:
    """Somebody with a token and no role anywhere, on the platform's host."""
    return Caller(make_user())


@pytest.fixture
def stranger(db: None) -> Caller:
    return Caller()


def error_of(response: Any) -> dict[str, Any]:
    """The envelope of a refusal, which must be complete."""
    error: dict[str, Any] = response.json()["error"]
    assert {"code", "message", "details", "request_id"} <= set(error)
    assert error["request_id"] == response["X-Request-ID"]
    return error


ADDRESS = {
    "line1": "456 Park Ave",
    "line2": "",
    "city": "Metropolis",
    "state": "NY",
    "postal_code": "10002",
    "country": "USA",
}


@pytest.fixture
def product(tech: Tenant) -> Product:
    """Wireless Headphones, of which there are 25."""
    in_tech()
    make_shipping_method("express", "0.00")
    return make_product("Wireless Headphones", price="129.99", on_hand=25, sku="WH-001")


@pytest.fixture
def body(tech: Tenant, product: Product) -> dict[str, Any]:
    """The founding document's order."""
    return {
        "tenant_id": str(tech.pk),
        "customer": {
            "name": "John Doe",
            "email": "john.doe@example.com",
            "phone": "+1987654321",
        },
        "shipping_address": dict(ADDRESS),
        "billing_address": dict(ADDRESS),
        "items": [{"product_id": str(product.pk), "quantity": 1}],
        "shipping_method": "express",
        "payment_method": "credit_card",
        "notes": "Please call before delivery",
    }


@pytest.fixture
def merchant(tech: Tenant, caller: Callable[..., Caller]) -> Caller:
    """The owner of Tech Gadgets, on the platform's host."""
    return caller(make_member(tech))


def pay(order: Order, amount: Decimal | None = None) -> Order:
    """Book a payment as the provider would tell of it."""
    return record_payment(
        order_id=order.pk,
        amount=amount or order.total,
        currency=order.currency,
        provider="simulator",
        provider_id=f"pi_{order.pk}",
    )


def in_tech() -> None:
    """Select Tech Gadgets again: a call leaves the connection wherever it was."""
    connection.set_schema_to_public()
    connection.set_tenant(Tenant.objects.get(slug="tech"))
