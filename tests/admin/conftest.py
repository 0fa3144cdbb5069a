"""Whoever works in the shop, at their desk."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tenants.models import Tenant
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
