"""The founding document's two orders, with its ids and figures."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import F

from catalog.models import Variant
from checkout.demo.rows import Rows, add, movement, new_order, pay, send
from orders.models import Customer
from orders.services.placing import Address
from orders.totals import Rate, compute_totals
from tenants.models import Tenant

D = Decimal
_JANE = Address("123 Main St", "Metropolis", "USA", "US", "Apt 4B", "NY", "10001")
_JOHN = Address("456 Park Ave", "Metropolis", "USA", "US", "", "NY", "10002")


def founding_orders(tenant: Tenant, rows: Rows) -> None:
    """Jane Smith's, paid and sent; John Doe's, which is kept until it is paid."""
    headphones = Variant.objects.select_related("product").get(sku="WH-001")
    speaker = Variant.objects.select_related("product").get(sku="BS-002")
    jane = Customer.objects.create(
        id=UUID("f9a0b1c2-d3e4-4f5a-9b6c-7d8e9f0a1b2c"),
        name="Jane Smith",
        email="jane.smith@example.com",
        phone="+1234567890",
    )
    john = Customer.objects.create(
        name="John Doe", email="john.doe@example.com", phone="+1987654321"
    )
    placed_at = datetime(2025, 3, 15, 10, 30, tzinfo=UTC)
    rate = Rate(D("5.2637"))
    totals = compute_totals(
        [(headphones.price, 1), (speaker.price, 1)],
        currency=tenant.currency,
        shipping=D("10.00"),
        discount=D("20.00"),
        rate=rate,
    )
    order = new_order(
        tenant,
        jane,
        _JANE,
        totals,
        placed_at,
        id=UUID("d7e8f9a0-b1c2-4d3e-8f4a-5b6c7d8e9f0a"),
        notes="Please leave at front door",
    )
    ids = ["a0b1c2d3-e4f5-4a6b-9c7d-8e9f0a1b2c3d", "b1c2d3e4-f5a6-4b7c-9d8e-9f0a1b2c3d4e"]
    add(rows, order, [(headphones, 1), (speaker, 1)], totals, rate, ids)
    pay(rows, order, placed_at + timedelta(minutes=2))
    send(rows, order, datetime(2025, 3, 15, 14, 20, tzinfo=UTC), "UPS", "1Z999AA10123456784")

    placed_at = datetime(2025, 3, 16, 14, 45, tzinfo=UTC)
    totals = compute_totals([(headphones.price, 1)], currency=tenant.currency)
    order = new_order(
        tenant,
        john,
        _JOHN,
        totals,
        placed_at,
        id=UUID("e8f9a0b1-c2d3-4e4f-9a5b-6c7d8e9f0a1b"),
        shipping_method="express",
        shipping_name="Express",
        notes="Please call before delivery",
        keep_until_paid=True,
    )
    add(rows, order, [(headphones, 1)], totals, Rate())
    # The documented stock is what is left to sell beside the unit held here.
    Variant.objects.filter(pk=headphones.pk).update(on_hand=F("on_hand") + 1, held=F("held") + 1)
    rows.movements.append(movement(headphones, 1, "receipt", placed_at - timedelta(days=1)))
