"""A shop that sells, and its payments with the simulator."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from catalog.models import Variant
from checkout.services.starting import start_payment
from checkout.simulator import store
from checkout.simulator.delivering import deliver_due
from orders.models import Order
from tenants.models import Tenant
from tests.factories import make_order, make_product

ORIGIN = "http://tech.localhost"


def select(slug: str = "tech") -> None:
    connection.set_schema_to_public()
    connection.set_tenant(Tenant.objects.get(slug=slug))


@pytest.fixture
def product(tech: Tenant) -> Any:
    return make_product("Wireless Headphones", price="129.99", on_hand=25, sku="WH-001")


@pytest.fixture
def order(product: Any) -> Order:
    return make_order(product)


def stock() -> tuple[int, int]:
    """Units on hand and held of the one product."""
    variant = Variant.objects.get(sku="WH-001")
    return variant.on_hand, variant.held


def state_of(order: Order) -> tuple[str, str]:
    fresh = Order.objects.get(pk=order.pk)
    return fresh.status, fresh.payment_status


def pay(order: Order, outcome: str = "paid", delivery: str = "now") -> str:
    """Open a session for the order and pay it; returns its id. No event is delivered yet."""
    attempt = start_payment(order.pk, origin=ORIGIN)
    assert attempt.session_id
    assert store.pay(attempt.session_id, outcome=outcome, delivery=delivery)
    return attempt.session_id


def paid(order: Order) -> Order:
    """The order, paid and told of."""
    pay(order)
    deliver_due()
    return Order.objects.get(pk=order.pk)


SAME_ORIGIN = {"HTTP_SEC_FETCH_SITE": "same-origin"}


@pytest.fixture
def shopper(tech: Tenant) -> Client:
    """A browser on the shop's host."""
    return Client(HTTP_HOST="tech.localhost")


@pytest.fixture
def amounts() -> Callable[[Order], tuple[Decimal, Decimal]]:
    def of(order: Order) -> tuple[Decimal, Decimal]:
        fresh = Order.objects.get(pk=order.pk)
        return fresh.captured, fresh.refunded

    return of
