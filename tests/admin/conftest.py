"""Whoever works in the shop, at their desk."""

from collections.abc import Callable
from html.parser import HTMLParser
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


class _Fields(HTMLParser):
    """What a browser would send of each form of a page: name to values."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, list[str]]] = [{}]
        self.text: tuple[str, list[str]] | None = None
        self.select: tuple[str, bool, list[tuple[str, bool]]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value")
        if tag == "form":
            self.forms.append({})
        elif tag == "select" and name:
            self.select = (name, "multiple" in given, [])
        elif tag == "option" and self.select:
            self.select[2].append((value or "", "selected" in given))
        elif tag == "textarea" and name:
            self.text = (name, [])
        elif tag == "input" and name and given.get("type") not in {"submit", "file", "button"}:
            is_box = given.get("type") in {"checkbox", "radio"}
            if not is_box or "checked" in given:
                self.add(name, ("on" if is_box else "") if value is None else value)

    def handle_data(self, data: str) -> None:
        if self.text:
            self.text[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.text:
            # The line break behind the tag is none of the text.
            self.add(self.text[0], "".join(self.text[1]).removeprefix("\n"))
            self.text = None
        elif tag == "select" and self.select:
            name, is_multiple, options = self.select
            chosen = [value for value, is_chosen in options if is_chosen]
            for value in chosen or ([] if is_multiple else [value for value, _ in options[:1]]):
                self.add(name, value)
            self.select = None

    def add(self, name: str, value: str) -> None:
        self.forms[-1].setdefault(name, []).append(value)


def sent_by(response: Any) -> dict[str, list[str]]:
    """The largest form of a page, as a browser sends it when nothing is typed."""
    fields = _Fields()
    fields.feed(response.content.decode())
    return max(fields.forms, key=len)


def page_of(order: Order, step: str = "change") -> str:
    """The address of an order's page, or of a step."""
    return f"/admin/orders/order/{order.pk}/{step}/"


def take(client: Client, order: Order, step: str, **data: Any) -> Any:
    """Open a step's page and send its form, filled in; the answer, or the page it leads to."""
    data.setdefault("request_key", "0" * 32)
    return client.post(page_of(order, step), data, follow=True)
