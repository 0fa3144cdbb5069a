"""Orders and customers as tables for a spreadsheet."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.models import Customer, Order
from pycommerce.core.money import decimals_of
from pycommerce.core.spreadsheets import Cell
from pycommerce.db import connection
from tenants.exporting import Table

_AT_ONCE = 1_000
_PLACE = ("line1", "line2", "city", "state", "postal_code", "country")


def orders_table(found: QuerySet[Order]) -> Table:
    """A row for each order, newest first; amounts in its currency."""
    header = [
        _("Order"),
        _("Placed"),
        _("Status"),
        _("Payment"),
        _("Name"),
        _("E-mail"),
        _("Phone"),
        *_place_names(),
        _("Shipping method"),
        _("Items"),
        _("Units"),
        _("Units sent"),
        _("Discount code"),
        _("Items total"),
        _("Discount"),
        _("Shipping"),
        _("Tax"),
        _("Total"),
        _("Paid"),
        _("Refunded"),
        _("Currency"),
        _("Note"),
    ]
    orders = found.order_by("-created_at", "-pk").prefetch_related("line_items")
    return Table("orders", header, map(_order_row, orders.iterator(chunk_size=_AT_ONCE)))


def _place_names() -> list[str]:
    return [
        _("Address"),
        _("Address, second line"),
        _("City"),
        _("State"),
        _("Postal code"),
        _("Country"),
    ]


def _order_row(order: Order) -> list[Cell]:
    lines = order.line_items.all()
    amounts = (
        order.items_total,
        order.discount_total,
        order.shipping_total,
        order.tax_total,
        order.total,
        order.captured,
        order.refunded,
    )
    return [
        str(order.number),
        timezone.localtime(order.created_at),
        order.get_status_display(),
        order.get_payment_status_display(),
        order.customer_name,
        order.customer_email,
        order.customer_phone,
        *_place(order.shipping_address),
        order.shipping_name,
        "; ".join(f"{line.quantity} × {line.name} ({line.sku})" for line in lines),
        sum(line.quantity for line in lines),
        sum(line.fulfilled for line in lines),
        order.discount_code,
        *(_rounded(amount, order.currency) for amount in amounts),
        order.currency,
        order.notes,
    ]


def _place(address: dict[str, Any]) -> list[Cell]:
    return [str(address.get(name) or "") for name in _PLACE]


def _rounded(amount: Decimal, currency: str) -> Decimal:
    """With the decimals of its currency, unless it has more."""
    exact = round(amount, decimals_of(currency))
    return exact if exact == amount else amount


def customers_matching(search: str) -> QuerySet[Customer]:
    """Customers with all the words in name or e-mail, with their count of orders."""
    found = Customer.objects.all()
    for word in search.split():
        found = found.filter(Q(name__icontains=word) | Q(email__icontains=word))
    counted = _of_customer().annotate(count=Count("pk")).values("count")
    return found.annotate(order_count=Coalesce(Subquery(counted), 0))


def _of_customer() -> QuerySet[Order, Any]:
    placed = Order.objects.filter(customer=OuterRef("pk"), number__isnull=False)
    return placed.order_by().values("customer")


def customers_table(found: QuerySet[Customer]) -> Table:
    """A row for each customer, newest first, with the address they used last."""
    header = [
        _("Name"),
        _("E-mail"),
        _("Phone"),
        _("Since"),
        _("Orders"),
        _("Last order"),
        _("Spent"),
        _("Currency"),
        *_place_names(),
    ]
    spent = _of_customer().annotate(sum=Sum(F("captured") - F("refunded"))).values("sum")
    last = _of_customer().annotate(at=Max("created_at")).values("at")
    customers = (
        found.annotate(spent=Subquery(spent), last_order_at=Subquery(last))
        .order_by("-created_at", "-pk")
        .prefetch_related("addresses")
    )
    return Table("customers", header, _customer_rows(customers))


def _customer_rows(customers: QuerySet[Any]) -> Iterator[list[Cell]]:
    currency = connection.tenant.currency
    for customer in customers.iterator(chunk_size=_AT_ONCE):
        addresses = list(customer.addresses.all())
        last = customer.last_order_at
        yield [
            customer.name,
            customer.email,
            customer.phone,
            timezone.localtime(customer.created_at),
            customer.order_count,
            timezone.localtime(last) if last else None,
            _rounded(customer.spent or Decimal(0), currency),
            currency,
            *_place(addresses[0].address if addresses else {}),
        ]
