"""Discount codes by the thousand: made, listed, exported and switched off as a batch."""

import csv
import io
import re
import threading
import time
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections

from orders.errors import BadDiscount
from orders.models import Discount, DiscountBatch
from orders.services import batches
from orders.services.batches import ALPHABET, make_batch, shortest, switch_batch
from orders.services.pricing import find_discount
from pycommerce.core.errors import InvalidRequest
from tenants.models import Tenant
from tenants.shop.models import AuditEntry
from tests.admin.conftest import words
from tests.factories import make_order, make_product

D = Decimal
LIST = "/admin/orders/discount/"
ADD = f"{LIST}batch/"
ASKED = {
    "name": "Autumn letter",
    "count": "50",
    "begin": "autumn-",
    "length": "8",
    "kind": "percent",
    "value": "10",
    "minimum": "",
    "usage_limit": "1",
}
TERMS = {"kind": "percent", "value": D(10), "usage_limit": 1}


def make(name: str = "Letter", count: int = 5, **more: Any) -> DiscountBatch:
    wanted = {"prefix": "", "length": 10, "terms": TERMS, "user": None} | more
    return make_batch(name=name, count=count, **wanted)


def test_a_batch_has_as_many_codes_as_were_asked_for(desk):
    response = desk.post(ADD, ASKED | {"ends_at": "2030-01-31T23:59"}, follow=True)

    assert "50 codes are made." in words(response)
    batch = DiscountBatch.objects.get()
    codes = list(batch.codes.all())
    assert len({each.code for each in codes}) == 50
    assert all(re.fullmatch(f"AUTUMN-[{ALPHABET}]{{8}}", each.code) for each in codes)
    assert {(each.value, each.minimum, each.usage_limit) for each in codes} == {(10, 0, 1)}
    assert {each.ends_at.year for each in codes} == {2030}
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.object_name, entry.user_name) == (
        "create",
        "Autumn letter",
        "owner@example.com",
    )
    assert entry.changes["codes"] == [None, 50]


def test_the_characters_do_not_look_alike():
    assert not set("0O1IL") & set(ALPHABET)
    assert len(set(ALPHABET)) == len(ALPHABET)


def test_each_code_works_once_and_by_its_rules(tech):
    terms = TERMS | {"minimum": D(20)}
    code = make(terms=terms).codes.all()[0].code
    product = make_product(price="30.00")

    order = make_order(product, discount_code=code.lower())

    assert order.discount_total == 3
    with pytest.raises(BadDiscount, match="used up"):
        make_order(product, discount_code=code)
    other = Discount.objects.exclude(code=code)[0].code
    with pytest.raises(BadDiscount, match="larger orders"):
        find_discount(other, D("19.99"))


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"count": "0"}, "greater than or equal to 1"),
        ({"count": "10001"}, "less than or equal to 10000"),
        ({"count": "x"}, "write a whole number"),
        ({"length": "5"}, "Between 6 and 20: shorter ones can be guessed."),
        ({"count": "10000", "length": "6"}, "Between 7 and 20"),
        ({"length": "21"}, "less than or equal to 20"),
        ({"begin": "TEN %"}, "Use letters, digits, - and _."),
        ({"begin": "A" * 21}, "at most 20 characters"),
        ({"name": ""}, "This field is required."),
        ({"name": "Spring letter"}, "A batch of this name is there already."),
        ({"value": "101"}, "at most 100 per cent"),
        ({"kind": "amount", "value": "0.999"}, "USD has 2 decimals."),
        (
            {"starts_at": "2026-05-02T00:00", "ends_at": "2026-05-01T00:00"},
            "must end after it starts",
        ),
        ({"starts_at": "soon"}, "Enter a valid date/time."),
    ],
)
def test_a_batch_that_makes_no_sense_is_refused_beside_its_field(desk, cells, problem):
    DiscountBatch.objects.create(name="Spring letter")

    response = desk.post(ADD, ASKED | cells)

    assert response.status_code == 200
    assert problem in words(response)
    assert not Discount.objects.exists()
    assert DiscountBatch.objects.count() == 1


def test_codes_are_as_long_as_guessing_needs():
    assert len(ALPHABET) ** shortest(10_000) >= 10_000 * 1_000_000
    assert len(ALPHABET) ** (shortest(10_000) - 1) < 10_000 * 1_000_000


def test_the_most_codes_are_made_in_a_moment_and_few_statements(
    tech, django_assert_max_num_queries
):
    started = time.process_time()

    with django_assert_max_num_queries(20):
        batch = make(count=10_000)

    assert batch.codes.count() == 10_000
    assert time.process_time() - started < 10


def test_codes_that_are_there_already_are_made_up_for(tech, monkeypatch):
    """Also those of single codes, which keep their own terms."""
    monkeypatch.setattr(batches, "shortest", lambda count: 1)
    taken = [Discount(code=f"A{each}", value=99) for each in ALPHABET[:20]]
    Discount.objects.bulk_create(taken)

    batch = make(prefix="A", length=1, count=len(ALPHABET) - 20)

    assert sorted(each.code for each in batch.codes.all()) == [f"A{x}" for x in ALPHABET[20:]]
    assert Discount.objects.filter(value=99, batch=None).count() == 20


@pytest.mark.django_db(transaction=True)
def test_batches_that_are_made_at_once_share_no_code(monkeypatch):
    monkeypatch.setattr(batches, "shortest", lambda count: 1)
    tenant = Tenant.objects.get(slug="tech")
    failed: list[Exception] = []

    def work(number: int) -> None:
        connection.set_tenant(tenant)
        try:
            make(f"Letter {number}", prefix="B", length=2, count=200)
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    connection.set_tenant(tenant)
    assert failed == []
    assert [batch.codes.count() for batch in DiscountBatch.objects.all()] == [200] * 4
    assert Discount.objects.values("code").distinct().count() == 800


def test_a_batch_is_listed_by_itself_and_exported(desk):
    batch = make("Letter", 3)
    make("Other", 4)
    query = f"?batch__id__exact={batch.pk}"

    page = words(desk.get(f"{LIST}{query}"))
    exported = b"".join(desk.get(f"{LIST}export/csv/{query}"))

    rows = list(csv.DictReader(io.StringIO(exported.decode("utf-8-sig"))))
    codes = set(batch.codes.values_list("code", flat=True))
    assert {row["Code"] for row in rows} == codes
    assert {(row["Batch"], row["Value"], row["Used"], row["Active"]) for row in rows} == {
        ("Letter", "10", "0", "yes")
    }
    assert all(code in page for code in codes)
    assert "3 of its codes are active." in page
    assert page.count('name="_selected_action"') in {0, 3}


def test_each_code_leads_to_the_batch_it_is_of(desk):
    batch = make("Autumn letter", 2)
    Discount.objects.create(code="ALONE", value=10)

    page = words(desk.get(LIST))

    link = f'href="{LIST}?batch__id__exact={batch.pk}">Autumn letter</a>'
    assert page.count(link) == 2


def test_a_batch_is_switched_off_and_on_as_a_whole(desk):
    batch, other = make("Letter", 3), make("Other", 2)
    code = batch.codes.all()[0].code
    address = f"{ADD}{batch.pk}/"

    off = desk.post(address, follow=True)

    assert "3 codes switched off." in words(off)
    assert not batch.codes.filter(active=True).exists()
    assert other.codes.filter(active=True).count() == 2
    with pytest.raises(BadDiscount):
        find_discount(code, D(100))
    assert "Switch all its codes on" in words(off)
    assert AuditEntry.objects.filter(action="change").get().changes == {
        "active": [True, False],
        "codes": [None, 3],
    }
    desk.post(address, {"active": "on"})
    assert find_discount(code, D(100)).code == code
    assert switch_batch(batch, active=True, user=None) == 0


@pytest.mark.parametrize("role", ["owner", "manager", "fulfilment", "viewer"])
def test_batches_are_made_and_switched_by_those_who_set_the_terms(desk_of, tech, role):
    batch, may = make(), role in {"owner", "manager"}
    desk = desk_of(role)

    statuses = {
        desk.get(ADD).status_code,
        desk.post(ADD, ASKED).status_code,
        desk.post(f"{ADD}{batch.pk}/").status_code,
    }

    assert statuses == ({200, 302} if may else {403})
    assert DiscountBatch.objects.count() == (2 if may else 1)
    assert batch.codes.filter(active=True).exists() is not may
    assert ("Make many codes" in words(desk.get(LIST))) is may


def test_what_asks_for_a_batch_wrongly_changes_nothing(tech):
    with pytest.raises(InvalidRequest, match="count"):
        make(count=0)
    with pytest.raises(InvalidRequest, match="length"):
        make(length=3)
    assert not DiscountBatch.objects.exists()
