"""Programs that look through mails follow every link: that uses nothing up and lets nobody in."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from orders.models import Customer
from orders.services.mailing import deliver_outbox
from pycommerce.db import connection
from tenants.models import Tenant
from tests.admin import test_passwords as staff
from tests.factories import PASSWORD, make_member
from tests.tenants import test_sign_up as sign_up

OURS = {"HTTP_SEC_FETCH_SITE": "same-origin"}


def scan(host: str, link: str) -> None:
    """What such programs do: with and without a memory, to the end of every redirect, and again."""
    keeper = Client(HTTP_HOST=host)
    for client in (keeper, Client(HTTP_HOST=host), keeper):
        client.head(link)
        page = client.get(link, follow=True)
        assert page.status_code == 200
        # Nobody was let in, in whatever way the page was reached.
        assert client.get("/admin/").status_code == 302


def test_a_link_to_a_new_password(tech: Tenant) -> None:
    member = make_member(tech, email="anna@example.com")
    staff.ask("anna@example.com")
    link = staff.link_in(staff.mailed()[0])

    scan("tech.localhost", link)

    member.refresh_from_db()
    assert member.check_password(PASSWORD)
    staff.choose(link)
    assert staff.enters("anna@example.com", staff.NEW)


def test_an_invitation(tech: Tenant) -> None:
    owner = Client(HTTP_HOST="tech.localhost")
    owner.force_login(make_member(tech))
    staff.invite(owner, "new@example.com")
    link = staff.link_in(staff.mailed()[0])

    scan("tech.localhost", link)

    staff.choose(link)
    assert staff.enters("new@example.com", staff.NEW)


def test_the_confirmation_of_a_new_shop(db: Any) -> None:
    client = sign_up.browser()
    sign_up.ask(client)
    link = sign_up.link()

    scan("localhost", link)

    assert "books" not in sign_up.shops()
    client.post(link)
    assert "books" in sign_up.shops()
    # Nor does the open shop let anybody in who has the link alone.
    scan("localhost", link)
    desk = sign_up.browser("books.localhost")
    sign_up.enter(desk, sign_up.way_in(client, link))
    assert sign_up.is_in(desk)


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_customers_way_in(tech: Tenant, method: str) -> None:
    Customer.objects.create(email="john@example.com")
    shopper = Client(HTTP_HOST="tech.localhost", **OURS)
    shopper.post("/account/", {"email": "john@example.com"})
    connection.set_tenant(tech)
    deliver_outbox()
    found = re.search(r"http://tech\.localhost(/account/sign-in/\S+)", mail.outbox[-1].body)
    assert found
    scanner = Client(HTTP_HOST="tech.localhost")

    for _again in range(2):
        assert getattr(scanner, method)(found.group(1)).status_code == 200

    assert "Sign out" not in scanner.get("/account/").content.decode()
    assert shopper.post(found.group(1))["Location"] == "/account/"
    assert "Sign out" in shopper.get("/account/").content.decode()
