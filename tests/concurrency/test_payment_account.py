"""Two shops whose owners set the same payment account at the same moment."""

import threading
from collections.abc import Iterator

import pytest
from django.db import connection, connections, transaction

from pycommerce.core.errors import InvalidRequest
from tenants.models import Role, Tenant, User
from tenants.services import add_member
from tenants.services.accounts import change_account
from tests.factories import make_member

pytestmark = pytest.mark.django_db(transaction=True)
ACCOUNT = "acct_1Wanted"
_WAITING = """
SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN (
    SELECT pid FROM pg_stat_activity WHERE datname = current_database())
"""


@pytest.fixture
def shops() -> Iterator[dict[str, tuple[Tenant, User]]]:
    """Two shops, each with an owner of its own."""
    connection.set_schema_to_public()
    found = Tenant.objects.filter(slug__in=("tech", "outdoor"))
    yield {shop.slug: (shop, make_member(shop)) for shop in found}
    Tenant.objects.update(stripe_account="")


def _is_waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        return bool(cursor.fetchone()[0])


def take_at_once(first: tuple[Tenant, User], second: tuple[Tenant, User]) -> list[str]:
    """Both take the account: the second begins before the first has committed.

    What was said to the second; nothing where it was given the account.
    """
    has_taken, may_commit, said = threading.Event(), threading.Event(), []

    def take_first() -> None:
        try:
            with transaction.atomic():
                change_account(first[0], ACCOUNT, first[1])
                has_taken.set()
                may_commit.wait()
        finally:
            has_taken.set()
            connections.close_all()

    def take_second() -> None:
        try:
            has_taken.wait()
            change_account(second[0], ACCOUNT, second[1])
        except InvalidRequest as refusal:
            said.extend(refusal.fields["stripe_account"])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take) for take in (take_first, take_second)]
    for thread in threads:
        thread.start()
    while threads[1].is_alive() and not _is_waiting():
        threads[1].join(0.01)
    may_commit.set()
    for thread in threads:
        thread.join()
    return said


def _accounts() -> dict[str, str]:
    return dict(Tenant.objects.exclude(stripe_account="").values_list("slug", "stripe_account"))


def test_one_of_two_strangers_gets_an_account_that_both_take_at_once(shops):
    said = take_at_once(shops["tech"], shops["outdoor"])

    assert said == ["This account belongs to another shop here."]
    assert _accounts() == {"tech": ACCOUNT}


def test_who_owns_both_shops_sets_it_in_both(shops):
    (tech, owner), (outdoor, _other) = shops["tech"], shops["outdoor"]
    add_member(owner, outdoor, Role.OWNER)

    assert take_at_once((tech, owner), (outdoor, owner)) == []

    assert _accounts() == {"tech": ACCOUNT, "outdoor": ACCOUNT}
