"""Gives the demo's shops their ways to send, their taxes and their orders."""

from decimal import Decimal

from django.db import transaction
from django_tenants.utils import tenant_context

from checkout.demo.founding import founding_orders
from checkout.demo.rows import Rows
from checkout.demo.year import a_year
from orders.models import Discount, Order, OrderSettings, ShippingMethod, TaxRate
from tenants.models import Tenant
from tenants.shop.models import ShopState, raise_catalogue_version

D = Decimal


def ensure_orders(tenant: Tenant) -> None:
    """Give a demo shop its ways to send, its taxes and its orders, unless it has orders."""
    with tenant_context(tenant), transaction.atomic():
        if Order.objects.exists():
            return
        _settings(tenant)
        rows = Rows()
        if tenant.slug == "tech":
            founding_orders(tenant, rows)
        a_year(tenant, rows)
        for number, order in enumerate(sorted(rows.orders, key=lambda each: each.created_at), 1):
            order.number = f"{tenant.slug[0].upper()}-{1000 + number}"
        rows.write()
        ShopState.objects.update(last_order_number=1000 + len(rows.orders))
        raise_catalogue_version()


def _settings(tenant: Tenant) -> None:
    OrderSettings.objects.update(prices_include_tax=tenant.slug != "tech")
    ShippingMethod.objects.update_or_create(
        code="standard",
        defaults={
            "name": "Standard",
            "description": "3–5 days",
            "price": D("5.90"),
            "free_from": D(150),
        },
    )
    ShippingMethod.objects.update_or_create(
        code="express",
        defaults={
            "name": "Express",
            "description": "next day",
            "price": D("14.90"),
            "position": 2,
        },
    )
    rates = [("US", "CA", "7.25"), ("US", "NY", "8.875"), ("US", "WA", "6.5")]
    if tenant.slug != "tech":
        rates = [("DE", "", "19"), ("AT", "", "20"), ("FR", "", "20")]
    TaxRate.objects.bulk_create(
        TaxRate(
            country=country,
            state=state,
            percent=D(percent),
            name="Sales tax" if country == "US" else "VAT",
        )
        for country, state, percent in rates
    )
    Discount.objects.create(code="WELCOME10", kind="percent", value=10)
    Discount.objects.create(code="TWENTYOFF", kind="amount", value=20, minimum=100)
