"""The connection's path: sent when it must change, forgotten with what it was set in."""

import random
import threading
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import (
    DataError,
    NotSupportedError,
    OperationalError,
    close_old_connections,
    connection,
    connections,
    transaction,
)
from django.test.utils import CaptureQueriesContext

from tenants.models import Tenant
from tenants.services import create_tenant
from tenants.shop.models import ShopState

pytestmark = pytest.mark.django_db(transaction=True)


def _shops(*slugs: str) -> list[Tenant]:
    return [Tenant.objects.get(slug=slug) for slug in slugs]


def _here() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return cursor.fetchone()[0]


def _visit_and_roll_back(shop: Tenant) -> None:
    with transaction.atomic():
        connection.set_tenant(shop)
        assert _here() == shop.schema_name
        transaction.set_rollback(True)


def test_selecting_costs_nothing_until_a_statement_needs_another_path():
    tech, outdoor = _shops("tech", "outdoor")
    connection.set_tenant(tech)
    assert _here() == tech.schema_name

    with CaptureQueriesContext(connection) as context:
        connection.set_tenant(outdoor)
        connection.set_schema_to_public()
        connection.set_tenant(tech)
        assert _here() == tech.schema_name

    assert len(context) == 1


def test_a_path_set_in_a_transaction_is_undone_with_it():
    tech, outdoor = _shops("tech", "outdoor")
    connection.set_tenant(tech)
    assert _here() == tech.schema_name

    _visit_and_roll_back(outdoor)

    assert _here() == outdoor.schema_name


def test_a_path_set_in_a_savepoint_is_undone_with_it():
    tech, outdoor = _shops("tech", "outdoor")
    with transaction.atomic():
        connection.set_tenant(tech)
        assert _here() == tech.schema_name
        _visit_and_roll_back(outdoor)
        assert _here() == outdoor.schema_name


def _fail() -> None:
    """An error that whoever asked passes over."""
    with suppress(DataError):
        connection.fetch_prepared("SELECT 1 / %s::int", [0])


def test_a_path_set_in_a_transaction_that_failed_is_undone_with_it():
    tech, outdoor = _shops("tech", "outdoor")
    connection.set_tenant(tech)
    assert _here() == tech.schema_name

    with transaction.atomic():
        connection.set_tenant(outdoor)
        assert _here() == outdoor.schema_name
        _fail()

    assert _here() == outdoor.schema_name


def test_a_new_connection_begins_anew():
    (tech,) = _shops("tech")
    connection.set_tenant(tech)
    assert _here() == tech.schema_name

    connection.close()

    assert _here() == tech.schema_name


def _mix(shops: list[Tenant], select: object) -> list[tuple[str, str]]:
    """8 threads that visit shops in turn; returns the visits that ended elsewhere."""
    wrong, start = [], threading.Barrier(8)

    def visit(seed: int) -> None:
        order = random.Random(seed)
        start.wait()
        for _ in range(30):
            shop = order.choice(shops)
            select(shop)
            number = ShopState.objects.values_list("last_order_number", flat=True).get()
            read = "SELECT last_order_number FROM shop_state"
            [(prepared,)] = connection.fetch_prepared(read, [])
            if {number, prepared} != {int(shop.slug.split("-")[1])}:
                wrong.append((shop.slug, f"{number}, {prepared}"))
        connections.close_all()

    threads = [threading.Thread(target=visit, args=[seed]) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


def test_eight_threads_over_forty_shops_never_meet():
    shops = []
    for number in range(40):
        shop = create_tenant(slug=f"shop-{number}", name=f"Shop {number}")
        connection.set_tenant(shop)
        ShopState.objects.update(last_order_number=number)
        connection.set_schema_to_public()
        shops.append(shop)

    def properly(shop: Tenant) -> None:
        connection.set_tenant(shop)

    state: dict[str, Tenant] = {}

    def naively(shop: Tenant) -> None:
        # What a module-level "current shop" would do.
        state["current"] = shop
        threading.Event().wait(0.0005)
        connection.set_tenant(state["current"])

    assert _mix(shops, properly) == []
    # The control: state that threads share is caught.
    assert _mix(shops, naively) != []


def _runs() -> list[int]:
    """How often each statement that the connection has prepared was run."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT generic_plans + custom_plans FROM pg_prepared_statements")
        return [row[0] for row in cursor.fetchall()]


def test_what_every_call_asks_is_prepared_once_for_each_shop_and_nothing_else_is():
    shops = _shops("tech", "outdoor")

    for number in range(3):
        for shop in shops:
            connection.set_tenant(shop)
            assert connection.fetch_prepared("SELECT %s::int + 1", [number]) == [(number + 1,)]

    # One for both would be planned anew for each.
    assert _runs() == [3, 3]


def test_a_prepared_statement_outlives_a_change_of_its_columns():
    statement = "SELECT amount FROM example"
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE example AS SELECT 7 AS amount")
        assert connection.fetch_prepared(statement, []) == [(7,)]
        cursor.execute("DO $$BEGIN ALTER TABLE example ALTER amount TYPE text; END$$")

    assert connection.fetch_prepared(statement, []) == [("7",)]


def test_of_transactions_only_the_first_fails_by_a_change_of_columns():
    statement = "SELECT amount FROM example"
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE example AS SELECT 7 AS amount")
        assert connection.fetch_prepared(statement, []) == [(7,)]
        cursor.execute("DO $$BEGIN ALTER TABLE example ALTER amount TYPE text; END$$")

    @transaction.atomic
    def read() -> list[tuple[str]]:
        assert _here()
        return connection.fetch_prepared(statement, [])

    with pytest.raises(NotSupportedError):
        read()

    assert read() == [("7",)]
    assert _runs() == [1]


@pytest.mark.parametrize("fetch", ["fetch_prepared", "fetch_planned"])
def test_a_statement_without_a_cursor_reads_the_schema_that_is_selected(fetch):
    tech, outdoor = _shops("tech", "outdoor")
    read, seen = "SELECT last_order_number FROM shop_state", []
    for shop, number in ((tech, 1), (outdoor, 2)):
        connection.set_tenant(shop)
        ShopState.objects.update(last_order_number=number)

    for shop in (tech, outdoor, tech, outdoor):
        connection.set_tenant(shop)
        seen += getattr(connection, fetch)(read, [])

    assert seen == [(1,), (2,), (1,), (2,)]


def test_whatever_becomes_of_transactions_each_shop_reads_its_own(settings):
    # Fewer than are wanted: some make way for others all the time.
    settings.PREPARED_STATEMENTS = 5
    connection.close()
    shops, chance = _shops("tech", "outdoor"), random.Random(1)
    for number, shop in enumerate(shops):
        connection.set_tenant(shop)
        ShopState.objects.update(last_order_number=number)

    def read() -> None:
        number, fetch = chance.randrange(2), chance.choice(["fetch_prepared", "fetch_planned"])
        connection.set_tenant(shops[number])
        statement = f"SELECT last_order_number, {chance.randrange(4)} FROM shop_state"
        assert getattr(connection, fetch)(statement, [])[0][0] == number

    for _ in range(300):
        read()
        with transaction.atomic():
            read()
            with transaction.atomic():
                read()
                chance.choice([read, _fail])()
                transaction.set_rollback(True)
            read()
            chance.choice([read, _fail, lambda: transaction.set_rollback(True)])()


@pytest.mark.parametrize("fetch", ["fetch_prepared", "fetch_planned"])
def test_a_statement_without_a_cursor_takes_part_in_the_transaction(fetch):
    (tech,) = _shops("tech")
    connection.set_tenant(tech)
    add = "UPDATE shop_state SET last_order_number = 5 RETURNING last_order_number"

    with transaction.atomic():
        assert getattr(connection, fetch)(add, []) == [(5,)]
        assert getattr(connection, fetch)(add, []) == [(5,)]
        transaction.set_rollback(True)

    assert ShopState.objects.get().last_order_number == 1000


def test_a_connection_keeps_a_bounded_number_of_prepared_statements(settings):
    settings.PREPARED_STATEMENTS = 5
    connection.close()
    tech, outdoor = _shops("tech", "outdoor")

    for number in [*range(11), *range(11)]:
        for shop in (tech, outdoor):
            connection.set_tenant(shop)
            read = f"SELECT {number}, %s::text"
            assert connection.fetch_prepared(read, ["a"]) == [(number, "a")]

    assert len(_runs()) == 5


@pytest.mark.parametrize("fetch", ["fetch_prepared", "fetch_planned"])
def test_a_statement_without_a_cursor_refuses_text_that_the_database_cannot_hold(fetch):
    _shops("tech", "outdoor")

    with pytest.raises(DataError):
        getattr(connection, fetch)("SELECT %s::text", ["a\x00b"])


@pytest.mark.parametrize("fetch", ["fetch_prepared", "fetch_planned"])
def test_a_lost_connection_is_made_anew_for_the_next_request(fetch):
    _shops("tech", "outdoor")
    assert getattr(connection, fetch)("SELECT 1", []) == [(1,)]
    with pytest.raises(OperationalError):
        getattr(connection, fetch)("SELECT pg_terminate_backend(pg_backend_pid())", [])

    close_old_connections()

    assert getattr(connection, fetch)("SELECT 1", []) == [(1,)]


def test_a_planned_statement_has_its_values_in_it_as_they_are():
    _shops("tech", "outdoor")
    key, at = uuid4(), datetime(2026, 11, 29, 12, tzinfo=UTC)
    values = ["O'Brien %s \\ ; --", 7, Decimal("1.50"), key, at, [key], ["a'b", "{}"]]
    types = ["text", "int", "numeric", "uuid", "timestamptz", "uuid[]", "text[]"]
    read = ", ".join(f"%s::{kind}" for kind in types)

    [row] = connection.fetch_planned(f"SELECT {read}, 'a' LIKE '%%'", values)

    assert list(row) == [*values, True]
    assert _runs() == []
