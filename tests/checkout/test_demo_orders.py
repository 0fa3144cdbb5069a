"""The demo's orders: the founding document's two to the letter, and a year that adds up."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Min
from django.utils import timezone

from catalog.demo.loading import ensure_shop
from catalog.demo.outdoor import OUTDOOR
from catalog.demo.tech import TECH
from catalog.models import Variant
from checkout.demo.loading import ensure_orders
from checkout.services.integrity import violations
from checkout.services.reconciling import Recent, reconcile
from checkout.services.refunding import send_refund
from checkout.services.sweeping import expire_holds
from checkout.simulator.delivering import deliver_due
from checkout.stripe_inbox.models import StripeEvent
from orders.models import Customer, Discount, Order, OrderEvent
from orders.services.refunding import refund_order
from tests.api.conftest import Caller
from tests.checkout.conftest import paid
from tests.factories import make_order, make_product, make_user

D = Decimal
JANE = "d7e8f9a0-b1c2-4d3e-8f4a-5b6c7d8e9f0a"
JOHN = "e8f9a0b1-c2d3-4e4f-9a5b-6c7d8e9f0a1b"
ROWS = [
    {
        "id": JOHN,
        "customer_name": "John Doe",
        "customer_email": "john.doe@example.com",
        "status": "pending",
        "total": D("129.99"),
        "created_at": "2025-03-16T14:45:00Z",
        "items_count": 1,
        "shipping_method": "express",
    },
    {
        "id": JANE,
        "customer_name": "Jane Smith",
        "customer_email": "jane.smith@example.com",
        "status": "completed",
        "total": D("209.98"),
        "created_at": "2025-03-15T10:30:00Z",
        "items_count": 2,
        "shipping_method": "standard",
    },
]
MAIN_ST = {
    "line1": "123 Main St",
    "line2": "Apt 4B",
    "city": "Metropolis",
    "state": "NY",
    "postal_code": "10001",
    "country": "USA",
}
DETAIL = {
    "id": JANE,
    "customer": {
        "id": "f9a0b1c2-d3e4-4f5a-9b6c-7d8e9f0a1b2c",
        "name": "Jane Smith",
        "email": "jane.smith@example.com",
        "phone": "+1234567890",
    },
    "status": "completed",
    "total": D("209.98"),
    "subtotal": D("189.98"),
    "tax": D("10.00"),
    "shipping_cost": D("10.00"),
    "created_at": "2025-03-15T10:30:00Z",
    "updated_at": "2025-03-15T14:20:00Z",
    "shipping_address": MAIN_ST,
    "billing_address": MAIN_ST,
    "shipping_method": "standard",
    "payment_method": "credit_card",
    "payment_status": "paid",
    "notes": "Please leave at front door",
    "items": [
        {
            "id": "a0b1c2d3-e4f5-4a6b-9c7d-8e9f0a1b2c3d",
            "product_id": "b5c6d7e8-f9a0-4b1c-8d2e-3f4a5b6c7d8e",
            "name": "Wireless Headphones",
            "quantity": 1,
            "unit_price": D("129.99"),
            "total_price": D("129.99"),
        },
        {
            "id": "b1c2d3e4-f5a6-4b7c-9d8e-9f0a1b2c3d4e",
            "product_id": "c6d7e8f9-a0b1-4c2d-8e3f-4a5b6c7d8e9f",
            "name": "Bluetooth Speaker",
            "quantity": 1,
            "unit_price": D("79.99"),
            "total_price": D("79.99"),
        },
    ],
    "tenant_id": "ea6c4bc0-d5aa-4f5c-b769-c51c812a5037",
}


@pytest.fixture
def shops(tech, outdoor):
    connection.set_schema_to_public()
    made = [ensure_shop(shop, pictures=False) for shop in (TECH, OUTDOOR)]
    for shop in made:
        ensure_orders(shop)
    return made


def select(shop):
    connection.set_tenant(shop)


def documented(answer, wanted):
    """The members of the answer that the document has, at every depth, in its order."""
    if isinstance(wanted, dict):
        names = [name for name in answer if name in wanted]
        assert names == list(wanted)
        return {name: documented(answer[name], wanted[name]) for name in names}
    if isinstance(wanted, list):
        return [documented(*pair) for pair in zip(answer, wanted, strict=True)]
    return answer


def test_the_founding_documents_orders_read_letter_for_letter(shops):
    connection.set_schema_to_public()
    api = Caller(make_user(is_superuser=True))

    def get(path):
        return json.loads(api.get(path).content, parse_float=Decimal)

    listed = {row["id"]: row for row in get("/api/orders?tenant=tech&limit=250")["orders"]}
    assert [listed[row["id"]] for row in ROWS] == ROWS
    mine = get(f"/api/orders?tenant=tech&customer_id={DETAIL['customer']['id']}")
    assert mine["orders"] == [ROWS[1]]
    detail = get(f"/api/orders/{JANE}")
    assert documented(detail, DETAIL) == DETAIL
    assert (detail["currency"], detail["discount"]) == ("USD", 20)


def test_john_does_order_is_kept_and_holds_one_of_what_is_left_to_sell(shops):
    select(shops[0])
    headphones = Variant.objects.get(sku="WH-001")

    assert (headphones.on_hand, headphones.held, headphones.stock) == (26, 1, 25)
    assert expire_holds() == ([], [])
    john = Order.objects.get(pk=JOHN)
    assert (john.tax_total, john.shipping_total, john.discount_total) == (0, 0, 0)
    assert john.customer_phone == "+1987654321"
    assert john.notes == "Please call before delivery"
    assert paid(john).status == "processing"
    headphones.refresh_from_db()
    assert (headphones.on_hand, headphones.held) == (25, 0)
    assert violations() == []


def test_a_year_of_orders_adds_up(shops):
    for shop in shops:
        select(shop)
        orders = list(Order.objects.order_by("created_at"))
        assert len(orders) >= 140
        assert [order.number for order in orders] == [
            f"{shop.slug[0].upper()}-{1001 + index}" for index in range(len(orders))
        ]
        now = timezone.now()
        assert orders[-1].created_at > now - timedelta(days=2)
        assert sum(now - order.created_at > timedelta(days=300) for order in orders) >= 5
        assert not OrderEvent.objects.filter(created_at__gt=now).exists()
        assert {order.status for order in orders} >= {"processing", "completed", "cancelled"}
        assert {order.payment_status for order in orders} >= {"paid", "partially_refunded"}
        assert Discount.objects.get(code="WELCOME10").used_count > 5
        assert {order.tax_total > 0 for order in orders} == {True, False}
        assert violations() == []


def test_the_demos_customers_are_known_since_their_first_order(shops):
    for shop in shops:
        select(shop)
        firsts = dict(Order.objects.values_list("customer").annotate(first=Min("created_at")))
        known = dict(Customer.objects.filter(pk__in=firsts).values_list("pk", "created_at"))
        assert known == firsts


def test_the_demos_orders_agree_with_the_provider(shops):
    for shop in shops:
        select(shop)
        found = reconcile(Recent(hours=400 * 24))
        assert (found.repaired, found.problems) == ([], [])


def test_an_order_of_the_demo_goes_on_like_any_other(shops):
    select(shops[1])
    sent = Order.objects.filter(status="completed", payment_status="paid").first()

    assert send_refund(refund_order(order_id=sent.pk, restock=True).pk).state == "succeeded"

    assert deliver_due() == 2
    assert set(StripeEvent.objects.values_list("state", "tenant_id")) == {("done", shops[1].pk)}
    sent.refresh_from_db()
    assert sent.payment_status == "refunded"
    assert violations() == []


def test_a_second_start_changes_nothing_and_new_orders_count_on(shops):
    select(shops[0])
    before = Order.objects.count()
    ensure_orders(shops[0])
    select(shops[0])
    assert Order.objects.count() == before

    assert make_order(make_product()).number == f"T-{1001 + before}"
