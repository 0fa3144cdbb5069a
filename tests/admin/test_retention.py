"""How long a shop keeps what it need not keep, as its merchants decide."""

import re
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import ImportRun
from checkout import jobs
from checkout.carts import add_to_cart
from checkout.models import Cart
from checkout.services import retention
from checkout.services.erasing import erase_person
from checkout.services.integrity import violations
from checkout.services.refunding import cancel_order
from checkout.services.retention import forget_old_carts, keep_retention_times
from orders.errors import IllegalTransition
from orders.models import Customer, Order
from orders.services.fulfilling import fulfil_order
from orders.services.placing import Buyer
from orders.services.webhooks import forget_old_webhooks
from pycommerce.db.batches import delete_in_batches
from tenants.services.audit import record
from tenants.shop.models import AuditEntry, RetentionTimes, WebhookEvent
from tests.admin.conftest import words
from tests.checkout.conftest import paid
from tests.factories import make_order, make_product

D = Decimal
PAGE = "/admin/shop/retentiontimes/1/change/"
TIMES = {
    "customers_years": "",
    "history_months": "",
    "carts_days": "90",
    "webhooks_days": "14",
    "import_files_days": "7",
    "imports_days": "90",
}


@contextmanager
def clock(**later):
    moment = timezone.now() + timedelta(**later)
    with patch("django.utils.timezone.now", lambda: moment):
        yield


@pytest.fixture
def product(tech):
    return make_product("Lamp", price="20.00", on_hand=50)


def keep(**times):
    RetentionTimes.objects.update(**times)


def sent_to(name, product):
    """An order that was paid and sent."""
    buyer = Buyer(name, f"{name.lower()}@example.com", "+1 555 0100")
    order = paid(make_order(product, buyer=buyer))
    fulfil_order(order_id=order.pk)
    return Order.objects.get(pk=order.pk)


def names():
    return list(Customer.objects.order_by("name").values_list("name", flat=True))


# --- People -----------------------------------------------------------------------------------


def test_nobody_is_erased_by_time_unless_the_shop_says_so(product):
    sent_to("Ada", product)

    with clock(days=365 * 30):
        forgotten = keep_retention_times()

    assert names() == ["Ada"]
    assert forgotten.people == 0


def test_who_ordered_long_ago_is_erased_and_the_order_keeps_its_amounts(product):
    order = sent_to("Ada", product)
    before = order.total, order.number, order.line_items.get().total_price
    keep(customers_years=2)

    with clock(days=2 * 365 - 1):
        assert keep_retention_times().people == 0
    assert names() == ["Ada"]
    with clock(days=2 * 365 + 2):
        assert keep_retention_times().people == 1

    assert names() == []
    order.refresh_from_db()
    assert (order.total, order.number, order.line_items.get().total_price) == before
    assert order.customer is None
    assert "Ada" not in f"{order.customer_name} {order.customer_email}"
    assert order.ledger.count() > 0
    assert violations() == []
    entry = AuditEntry.objects.filter(object_type="customer").get()
    assert (entry.object_name, entry.user_name) == (
        "A person, erased when their time was over",
        "",
    )


def test_the_last_order_counts_and_not_the_first(product):
    sent_to("Ada", product)
    sent_to("Ben", product)
    keep(customers_years=1)
    newer = sent_to("Ada", product)
    Order.objects.filter(pk=newer.pk).update(created_at=timezone.now() + timedelta(days=300))

    with clock(days=370):
        forgotten = keep_retention_times()
    assert (forgotten.people, forgotten.waiting) == (1, 0)
    assert names() == ["Ada"]
    with clock(days=300 + 370):
        keep_retention_times()
    assert names() == []


def test_who_has_no_order_yet_is_not_erased_as_if_it_were_old(tech):
    Customer.objects.create(email="new@example.com", name="New")
    keep(customers_years=1)

    with clock(days=360):
        assert keep_retention_times().people == 0
    with clock(days=370):
        assert keep_retention_times().people == 1


def test_an_open_order_keeps_its_person_until_it_is_done(product):
    order = paid(make_order(product))
    sent_to("Ada", product)
    keep(customers_years=1)

    with clock(days=400):
        forgotten = keep_retention_times()
    assert (forgotten.people, forgotten.waiting) == (1, 1)
    assert names() == ["John Doe"]
    fulfil_order(order_id=order.pk)
    with clock(days=400):
        assert keep_retention_times().people == 1


def test_who_orders_at_that_moment_is_not_erased(product):
    order = make_order(product)
    cancel_order(order_id=order.pk, reason="No")

    with pytest.raises(IllegalTransition, match="meanwhile"):
        erase_person(order.customer_id, user=None, quiet_since=timezone.now() - timedelta(days=1))

    assert names() == ["John Doe"]


def test_a_night_erases_so_many_and_the_next_goes_on(product, monkeypatch):
    for name in ("Ada", "Ben", "Cid", "Dan"):
        sent_to(name, product)
    monkeypatch.setattr(retention, "MOST_PEOPLE", 3)
    monkeypatch.setattr(retention, "_AT_ONCE", 2)
    keep(customers_years=1)

    with clock(days=400):
        assert keep_retention_times().people == 3
        assert len(names()) == 1
        assert keep_retention_times().people == 1


def test_the_worker_keeps_each_shops_own_times(product, outdoor, tech):
    connection.set_tenant(outdoor)
    sent_to("Olga", make_product("Tent"))
    connection.set_tenant(tech)
    sent_to("Ada", product)
    keep(customers_years=1)
    connection.set_schema_to_public()

    with clock(days=400):
        jobs.keep_retention_times_regularly(timestamp=0)

    connection.set_tenant(tech)
    assert names() == []
    connection.set_tenant(outdoor)
    assert names() == ["Olga"]


# --- Things -----------------------------------------------------------------------------------


def test_history_is_kept_for_good_or_for_so_many_months(product):
    record(user=None, action=AuditEntry.Action.CHANGE, thing=product)
    with clock(days=5000):
        assert keep_retention_times().history == 0
    keep(history_months=3)

    with clock(days=90):
        assert keep_retention_times().history == 0
    with clock(days=93):
        assert keep_retention_times().history == 1

    assert not AuditEntry.objects.exists()


def test_abandoned_carts_go_after_the_shops_days(product):
    add_to_cart(None, variant_id=product.variants.get().pk, quantity=1)
    keep(carts_days=10)

    with clock(days=9):
        assert forget_old_carts() == 0
    with clock(days=11):
        assert forget_old_carts() == 1

    assert not Cart.objects.exists()


def test_the_log_of_webhooks_goes_after_the_shops_days(tech):
    WebhookEvent.objects.create(type="order.paid", body="{}")
    keep(webhooks_days=30)

    with clock(days=29):
        assert forget_old_webhooks() == 0
    with clock(days=31):
        assert forget_old_webhooks() == 1


def test_imports_go_after_the_shops_days_and_the_worker_does_it_every_hour(tech, product):
    ImportRun.objects.create(file_name="a.csv", size=1, has_file=False)
    add_to_cart(None, variant_id=product.variants.get().pk, quantity=1)
    keep(imports_days=8, carts_days=8)
    for days, left in ((7, 1), (9, 0)):
        connection.set_schema_to_public()
        with clock(days=days):
            jobs.forget_regularly(timestamp=0)
        connection.set_tenant(tech)
        assert (ImportRun.objects.count(), Cart.objects.count()) == (left, left)


def test_batches_delete_all_and_only_what_was_asked_for(product):
    for _ in range(5):
        record(user=None, action=AuditEntry.Action.CHANGE, thing=product)
    kept = record(user=None, action=AuditEntry.Action.DELETE, thing=product)

    changes = AuditEntry.objects.filter(action="change")
    with CaptureQueriesContext(connection) as asked:
        assert delete_in_batches(changes, size=2) == 5
    deletes = [each["sql"] for each in asked if each["sql"].startswith("DELETE")]
    assert [len(re.findall(r"[0-9a-f]{12}'", sql)) for sql in deletes] == [2, 2, 1]

    assert AuditEntry.objects.get() == kept


# --- The page ---------------------------------------------------------------------------------


def test_the_page_says_what_can_be_decided_and_what_is_fixed(desk, product):
    page = words(desk.get("/admin/shop/retentiontimes/", follow=True))

    assert 'name="carts_days" value="90"' in page
    assert "Answers to calls with an Idempotency-Key" in page
    assert "<td>24 hours</td>" in page or "<td>1 day</td>" in page
    assert "<td>for good</td>" in page
    assert "would be erased next" not in page


def test_people_are_erased_by_time_only_by_who_says_that_they_understood(desk, product):
    sent_to("Ada", product)
    form = TIMES | {"customers_years": "2"}

    refused = desk.post(PAGE, form)
    assert "from tonight on people are erased" in words(refused)
    assert RetentionTimes.objects.get().customers_years is None

    assert desk.post(PAGE, form | {"understood": "on"}).status_code == 302
    assert RetentionTimes.objects.get().customers_years == 2
    entry = AuditEntry.objects.get(object_type="retention times")
    assert entry.changes == {"customers_years": [None, 2]}
    assert "0 customers would be erased next" in words(desk.get(PAGE))
    Customer.objects.update(created_at=timezone.now() - timedelta(days=1000))
    Order.objects.update(created_at=timezone.now() - timedelta(days=1000))
    assert "1 customer would be erased next" in words(desk.get(PAGE))

    # Later, or never, needs no such word; sooner does.
    assert desk.post(PAGE, TIMES | {"customers_years": "5"}).status_code == 302
    assert desk.post(PAGE, TIMES | {"customers_years": "4"}).status_code == 200
    assert desk.post(PAGE, TIMES).status_code == 302
    assert RetentionTimes.objects.get().customers_years is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("customers_years", "0"),
        ("customers_years", "31"),
        ("history_months", "2"),
        ("carts_days", "6"),
        ("carts_days", "366"),
        ("webhooks_days", "6"),
        ("import_files_days", "1"),
        ("imports_days", "6"),
        ("imports_days", ""),
        ("imports_days", "1e99"),
    ],
)
def test_a_time_below_its_minimum_is_refused_by_name(desk, tech, name, value):
    page = desk.post(PAGE, TIMES | {"understood": "on", name: value})

    assert page.status_code == 200
    assert list(page.context["adminform"].form.errors) == [name]


@pytest.mark.parametrize(
    ("role", "may"), [("owner", True), ("manager", True), ("fulfilment", False), ("viewer", False)]
)
def test_owners_and_managers_decide(desk_of, tech, role, may):
    client = desk_of(role)

    response = client.post(PAGE, TIMES | {"carts_days": "30"})

    assert response.status_code == (302 if may else 403)
    assert RetentionTimes.objects.get().carts_days == (30 if may else 90)


def test_the_row_is_neither_added_nor_deleted(desk, tech):
    assert desk.get("/admin/shop/retentiontimes/add/").status_code == 403
    assert desk.post("/admin/shop/retentiontimes/1/delete/", {"post": "yes"}).status_code == 403


def test_the_page_asks_the_database_equally_often_however_many_people(
    desk, product, django_assert_max_num_queries
):
    keep(customers_years=1)
    desk.get(PAGE)
    with django_assert_max_num_queries(30) as few:
        desk.get(PAGE)
    for name in ("Ada", "Ben", "Cid"):
        sent_to(name, product)

    with django_assert_max_num_queries(len(few)):
        desk.get(PAGE)
