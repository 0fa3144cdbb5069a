"""Units are sold once, whoever else is buying."""

import random
import sys
import time
from contextlib import suppress

import pytest
from django.db import OperationalError, connection, transaction

from catalog.importing import import_catalogue, running
from catalog.models import Variant
from catalog.services import holding
from catalog.services.holding import Shortage
from catalog.services.stock import adjust_stock
from checkout.services.integrity import violations
from orders.models import Order
from orders.services import placing
from orders.services.placing import give_number, place_order
from tests.concurrency.conftest import (
    Gate,
    at_once,
    buying,
    code_of,
    connected_with,
    deadlocks,
    in_shop,
    meet,
    orders_with,
    select,
    statuses,
    wait_for,
)
from tests.factories import JOHN, PARK_AVENUE, make_order, make_product


def counts(product):
    variant = product.variants.get()
    return variant.on_hand, variant.held


# --- Many buyers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("units", "rounds"), [(1, 4), (7, 2)])
def test_fifty_buyers_buy_what_there_is_and_no_more(shop, owner, units, rounds):
    for _ in range(rounds):
        product = make_product(on_hand=units)
        before = Order.objects.count()

        responses = at_once([buying(owner, (product, 1)) for _ in range(50)])

        assert statuses(responses) == {201: units, 409: 50 - units}
        assert {code_of(each) for each in responses if each.status_code == 409} == {"out_of_stock"}
        select()
        assert Order.objects.count() == before + units
        assert counts(product) == (units, units)
        assert violations() == []


def careless_hold(quantities):
    """Looks first and writes afterwards, as anybody would who is alone."""
    for variant in Variant.objects.filter(pk__in=quantities):
        units = quantities[variant.pk]
        if variant.stock < units:
            return Shortage(variant.pk, variant.sku, units, variant.stock)
        meet()
        Variant.objects.filter(pk=variant.pk).update(held=variant.held + units)
    return None


@pytest.mark.breaks_books
def test_without_the_lock_the_last_unit_is_sold_more_than_once(shop, owner, monkeypatch):
    """The control: the test above would see it."""
    monkeypatch.setattr(placing, "hold_units", careless_hold)
    product = make_product(on_hand=1)

    responses = at_once([buying(owner, (product, 1)) for _ in range(50)])

    select()
    assert statuses(responses)[201] > 1
    assert violations() != []


def test_of_two_buyers_the_second_waits_for_the_first_and_then_hears_the_truth(shop, owner, thread):
    """An interleaving that was chosen: the first is stopped in the middle of its change."""
    product = make_product(on_hand=1)
    with Gate("catalog_variant", "UPDATE") as gate:
        first = thread(buying(owner, (product, 1)))
        wait_for(at_gate=1)
        second = thread(buying(owner, (product, 1)))
        wait_for(at_gate=1, behind=1)
        gate.open()
        responses = [first.result(), second.result()]

    assert [response.status_code for response in responses] == [201, 409]
    assert counts(product) == (1, 1)


def test_an_adjustment_waits_for_an_order_and_keeps_what_it_holds(shop, owner, thread):
    product = make_product(on_hand=5)
    variant = product.variants.get()
    with Gate("catalog_variant", "UPDATE") as gate:
        bought = thread(buying(owner, (product, 3)))
        wait_for(at_gate=1)
        counted = thread(
            lambda: adjust_stock(variant_id=variant.pk, on_hand=4, reason="Count", user=None)
        )
        wait_for(at_gate=1, behind=1)
        gate.open()
        assert bought.result().status_code == 201
        counted.result()

    assert counts(product) == (4, 3)
    assert violations() == []


# --- Baskets -------------------------------------------------------------------------------------


def shop_around(owner, products, baskets, seed):
    """Buys baskets of two to five things in shuffled order; returns the responses."""
    dice = random.Random(seed)
    calls = [
        buying(owner, *((each, 1) for each in dice.sample(products, dice.randint(2, 5))))
        for _ in range(baskets)
    ]
    return lambda: [call() for call in calls]


def buy_baskets(owner, *, threads, baskets):
    products = [make_product(on_hand=10_000) for _ in range(8)]
    found = at_once([shop_around(owner, products, baskets, seed) for seed in range(threads)])
    select()
    return [response for responses in found for response in responses]


def test_baskets_in_any_order_are_bought_without_a_deadlock(shop, owner):
    before = deadlocks()

    responses = buy_baskets(owner, threads=8, baskets=100)

    assert statuses(responses) == {201: 800}
    assert deadlocks() == before
    assert violations() == []


def lock_as_they_come(variant_ids):
    """Each variant when its turn in the basket comes."""
    found = {}
    with connection.cursor() as cursor:
        for variant_id in variant_ids:
            cursor.execute(holding._LOCK, [[variant_id]])
            found |= {row[0]: row[1:] for row in cursor.fetchall()}
    return found


def test_locked_in_the_baskets_order_they_would_deadlock(shop, owner, monkeypatch):
    """The control: the test above would see it."""
    monkeypatch.setattr(holding, "lock_variants", lock_as_they_come)
    before = deadlocks()

    buy_baskets(owner, threads=8, baskets=15)

    assert deadlocks() > before


def test_an_order_that_loses_a_deadlock_is_placed_all_the_same(shop, owner, thread):
    low, high = sorted((make_product() for _ in range(2)), key=lambda each: each.variants.get().pk)
    ids = [product.variants.get().pk for product in (low, high)]
    lock = "SELECT 1 FROM catalog_variant WHERE id = %s FOR UPDATE"
    with connected_with("-c deadlock_timeout=60s"):
        select()
        with transaction.atomic(), connection.cursor() as cursor:
            # A server process looks for a circle once in a wait: late enough for the circle to be.
            connection.settings_dict["OPTIONS"]["options"] = "-c deadlock_timeout=5s"
            cursor.execute(lock, [ids[1]])
            bought = thread(buying(owner, (low, 1), (high, 1)))
            # The order has the low one and waits for the high one: now a circle, in which the
            # order looks first and gives way.
            wait_for(behind=1)
            cursor.execute(lock, [ids[0]])
        response = bought.result()

    assert response.status_code == 201
    assert [counts(low), counts(high)] == [(5, 1), (5, 1)]


# --- While a catalogue is imported ---------------------------------------------------------------


def import_beside_buyers(tmp_path, owner, products, buyers):
    """The responses of orders of two things while a file with many more comes in."""
    columns = ["Handle", "Title", "Variant SKU", "Variant Price", "Variant Inventory Qty"]
    # The file names them in another order than the one in which they are locked.
    rows = [
        [each.slug, each.name, each.variants.get().sku, "9.50", "50000"]
        for each in reversed(products)
    ]
    file = tmp_path / "products.csv"
    file.write_text("\n".join(",".join(row) for row in [columns, *rows]))
    first, last = products[0], products[-1]

    def take_in():
        in_shop(lambda: import_catalogue(file))
        return []

    def buy():
        return [buying(owner, (last, 1), (first, 1))() for _ in range(15)]

    # An order that waits for the lock of a whole import gives up, as in the web.
    with connected_with("-c lock_timeout=5s -c deadlock_timeout=100ms"):
        select()
        found = at_once([take_in, *[buy] * buyers])
    select()
    return [response for responses in found for response in responses]


@pytest.fixture
def priced(shop, monkeypatch):
    """Enough products for several parts, at the price that the file has as well."""
    monkeypatch.setattr(running, "PART", 40)
    return [make_product(f"Lamp {number}", price="9.50", on_hand=10_000) for number in range(400)]


def test_orders_wait_for_a_part_of_an_import_and_none_fails(tmp_path, owner, priced):
    before = deadlocks()

    responses = import_beside_buyers(tmp_path, owner, priced, buyers=4)

    assert statuses(responses) == {201: 60}
    assert deadlocks() == before
    assert {each.variants.get().on_hand for each in priced} == {50_000}
    assert violations() == []


def test_an_import_in_one_transaction_would_stop_them(tmp_path, owner, priced, monkeypatch):
    """The control: the test above would see it."""
    before = deadlocks()
    whole = running.import_catalogue

    def at_once_and_slowly(file):
        # It may be the one that gives way.
        with suppress(OperationalError), transaction.atomic():
            whole(file, progress=lambda done, total: time.sleep(1.5))

    monkeypatch.setattr(sys.modules[__name__], "import_catalogue", at_once_and_slowly)

    responses = import_beside_buyers(tmp_path, owner, priced, buyers=4)

    assert deadlocks() > before or statuses(responses).get(409)


# --- Who waits for whom --------------------------------------------------------------------------


def test_an_order_waits_for_no_order_of_other_variants_but_for_the_last_row(shop, owner, thread):
    hot, other = make_product(on_hand=9), make_product(on_hand=9)
    with transaction.atomic():
        order = place_order(
            buyer=JOHN,
            shipping_address=PARK_AVENUE,
            shipping_method="standard",
            quantities={hot.variants.get().pk: 1},
        )
        # Held, and not committed: whoever wants something else is not kept waiting by it.
        assert thread(buying(owner, (other, 1))).result().status_code == 201
        give_number(order)

    assert order.number == "T-1002"
    assert counts(hot) == counts(other) == (9, 1)


def test_who_waits_too_long_is_told_to_come_back(shop, owner, thread):
    product = make_product(on_hand=9)
    tries = []

    def count(execute, sql, *rest):
        tries.append("FOR NO KEY UPDATE" in sql)
        return execute(sql, *rest)

    def buy():
        with connection.execute_wrapper(count):
            return buying(owner, (product, 1))()

    with connected_with("-c lock_timeout=100ms"):
        select()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM catalog_variant FOR UPDATE")
            response = thread(buy).result()

    assert response.status_code == 409
    assert code_of(response) == "busy"
    assert response["Retry-After"] == "1"
    assert sum(tries) == 2
    select()
    assert orders_with() == 0
    assert buying(owner, (product, 1))().status_code == 201


def test_the_row_that_all_orders_share_is_taken_last(shop, owner):
    written = []

    def keep(execute, sql, *rest):
        if "INSERT" in sql or "UPDATE" in sql:
            written.append(sql)
        return execute(sql, *rest)

    product = make_product()
    with connection.execute_wrapper(keep):
        assert buying(owner, (product, 1), key="k")().status_code == 201

    assert "UPDATE shop_state" in written[-1]
    assert not any("shop_state" in sql for sql in written[:-1])
    assert make_order(product).number == "T-1002"
