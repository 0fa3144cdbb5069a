"""Shops that are opened at the same moment."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from pycommerce.core.errors import Refusal
from tenants.models import SignUp, Tenant, User
from tenants.services.signing_up import open_shop
from tests.tenants.test_sign_up import asked_for

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """The results of all calls, begun together; a refusal is one."""
    start, results = threading.Barrier(len(calls)), [None] * len(calls)

    def run(number: int, call: Callable[[], Any]) -> None:
        start.wait()
        try:
            results[number] = call()
        except Refusal as refusal:
            results[number] = refusal
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_many_clicks_on_one_link_open_one_shop():
    sign_up = asked_for("books")

    found = at_once(*[lambda: open_shop(sign_up.pk)] * 4)

    assert len({tenant.pk for tenant in found}) == 1
    assert Tenant.objects.filter(slug="books").count() == 1
    assert User.objects.filter(email="books@example.com").count() == 1


def test_of_two_who_want_the_same_address_one_gets_it():
    one, other = asked_for("books"), asked_for("books")
    SignUp.objects.filter(pk=other.pk).update(email="other@example.com")

    found = at_once(lambda: open_shop(one.pk), lambda: open_shop(other.pk))

    assert sorted(type(each).__name__ for each in found) == ["SlugTaken", "Tenant"]
    assert SignUp.objects.filter(opened_at=None).count() == 1
    # Who was refused has no account, and may choose another address.
    assert User.objects.count() == 1


def test_one_person_who_opens_two_shops_at_once_has_one_account():
    one, other = asked_for("books"), asked_for("papers")
    SignUp.objects.update(email="ann@example.com")

    found = at_once(lambda: open_shop(one.pk), lambda: open_shop(other.pk))

    assert {each.slug for each in found} == {"books", "papers"}
    assert User.objects.get().memberships.count() == 2
