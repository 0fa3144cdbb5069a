"""Whoever works in the shop, at their desk."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from orders.models import Order
from tenants.models import Tenant
from tests.checkout.conftest import (  # fixtures
    _nothing_broken_from_another_test,  # noqa: F401
    _the_books_agree_afterwards,  # noqa: F401
    fake,  # noqa: F401
)
from tests.factories import make_member


@pytest.fixture
def desk_of(tech: Tenant) -> Callable[[str], Client]:
    """A browser on the shop's back office, signed in with a role."""

    def sit_down(role: str) -> Client:
        client = Client(HTTP_HOST="tech.localhost")
        client.force_login(make_member(tech, role, email=f"{role}@example.com"))
        return client

    return sit_down


@pytest.fixture
def desk(desk_of: Callable[[str], Client]) -> Client:
    """The owner's."""
    return desk_of("owner")


def words(response: Any) -> str:
    """A page's text on one line."""
    return " ".join(response.content.decode().split())


def page_of(order: Order, step: str = "change") -> str:
    """The address of an order's page, or of a step."""
    return f"/admin/orders/order/{order.pk}/{step}/"


def take(client: Client, order: Order, step: str, **data: Any) -> Any:
    """Open a step's page and send its form, filled in; the answer, or the page it leads to."""
    data.setdefault("request_key", "0" * 32)
    return client.post(page_of(order, step), data, follow=True)
