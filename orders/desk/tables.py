"""Orders and customers as tables for a spreadsheet."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from orders.desk.words import paying_tags, sending_tag
from orders.models import Customer, Discount, LineItem, Order, units_to_send
from pycommerce.core.money import decimals_of
from pycommerce.core.spreadsheets import Cell
from pycommerce.db import connection
from pycommerce.db.batches import keys_in_batches
from tenants.exporting import Table, one_row_each

_AT_ONCE = 1_000
_PLACE = ("line1", "line2", "city", "state", "postal_code", "country")


def orders_table(found: QuerySet[Order]) -> Table:
    """A row for each order, newest first; amounts in its currency."""
    header = [
        "Order",
        "Placed",
        "Status",
        "Payment",
        "Name",
        "E-mail",
        "Phone",
        *_place_names(),
        "Shipping method",
        "Items",
        "Units",
        "Units sent",
        "Discount code",
        "Items total",
        "Discount",
        "Shipping",
        "Tax",
        "Total",
        "Paid",
        "Refunded",
        "Currency",
        "Note",
    ]
    return one_row_each("orders", header, found, _order_rows(found.order_by("-created_at", "-pk")))


def _place_names() -> list[str]:
    return [
        "Address",
        "Address, second line",
        "City",
        "State",
        "Postal code",
        "Country",
    ]


_OF_ORDER = (
    "pk", "number", "created_at", "status", "payment_status", "customer_name", "customer_email",
    "customer_phone", "shipping_address", "shipping_name", "discount_code", "currency", "notes",
    "items_total", "discount_total", "shipping_total", "tax_total", "total", "captured", "refunded",
)  # fmt: skip


def _order_rows(orders: QuerySet[Order]) -> Iterator[list[Cell]]:
    """From plain values: an object for each order and line would take three times as long."""
    zone = timezone.get_current_timezone()
    for keys in keys_in_batches(orders, _AT_ONCE):
        lines = _lines_of(keys)
        for values in orders.filter(pk__in=keys).values_list(*_OF_ORDER):
            order_id, number, placed_at, status, payment, name, email, phone = values[:8]
            address, shipping, code, currency, notes, *amounts = values[8:]
            items, units, sent, left = lines.get(order_id, _NO_LINES)
            sending = sending_tag(status, payment, is_begun=sent > 0, is_over=left == 0)
            total, captured, refunded = amounts[-3:]
            paying = paying_tags(status, payment, total=total, captured=captured, refunded=refunded)
            yield [
                number,
                placed_at.astimezone(zone),
                sending.text,
                ", ".join(tag.text for tag in paying),
                name,
                email,
                phone,
                *_place(address),
                shipping,
                items,
                units,
                sent,
                code,
                *(_rounded(amount, currency) for amount in amounts),
                currency,
                notes,
            ]


_NO_LINES = ("", 0, 0, 0)


def _lines_of(order_ids: Sequence[UUID]) -> dict[UUID, tuple[str, int, int, int]]:
    """Of each order what it is of, in words, its units, how many were sent, and are to be sent."""
    lines = LineItem.objects.filter(order__in=order_ids).order_by("order_id", "position")
    found: dict[UUID, tuple[str, int, int, int]] = {}
    for order_id, units, sent, refunded, restocked, name, sku in lines.values_list(
        "order_id", "quantity", "fulfilled", "refunded", "restocked", "name", "sku"
    ):
        before, units_before, sent_before, left_before = found.get(order_id, _NO_LINES)
        words = f"{units} × {name} ({sku})"
        found[order_id] = (
            f"{before}; {words}" if before else words,
            units_before + units,
            sent_before + sent,
            left_before + units_to_send(units, sent, refunded, restocked),
        )
    return found


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
        "Name",
        "E-mail",
        "Phone",
        "Since",
        "Orders",
        "Last order",
        "Spent",
        "Currency",
        *_place_names(),
    ]
    spent = _of_customer().annotate(sum=Sum(F("captured") - F("refunded"))).values("sum")
    last = _of_customer().annotate(at=Max("created_at")).values("at")
    customers = (
        found.annotate(spent=Subquery(spent), last_order_at=Subquery(last))
        .order_by("-created_at", "-pk")
        .prefetch_related("addresses")
    )
    return one_row_each("customers", header, found, _customer_rows(customers))


def _customer_rows(customers: QuerySet[Any]) -> Iterator[list[Cell]]:
    currency = connection.tenant.currency
    parts = (customers.filter(pk__in=keys) for keys in keys_in_batches(customers, _AT_ONCE))
    for customer in chain.from_iterable(parts):
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


def discounts_table(found: QuerySet[Discount]) -> Table:
    """A row for each code, as they are sorted."""
    header = [
        "Code",
        "Batch",
        "Kind",
        "Value",
        "Minimum",
        "Starts",
        "Ends",
        "Usage limit",
        "Used",
        "Active",
    ]
    return one_row_each("discounts", header, found, _discount_rows(found))


def _discount_rows(found: QuerySet[Discount]) -> Iterator[list[Cell]]:
    kinds = dict(Discount.Kind.choices)
    values = found.values_list(
        "code", "batch__name", "kind", "value", "minimum", "starts_at", "ends_at",
        "usage_limit", "used_count", "active",
    )  # fmt: skip
    parts = (values.filter(pk__in=keys) for keys in keys_in_batches(found, _AT_ONCE))
    for row in chain.from_iterable(parts):
        code, batch, kind, value, minimum, starts_at, ends_at, *counts, active = row
        yield [
            code,
            batch or "",
            kinds[kind],
            value.normalize(),
            minimum.normalize(),
            timezone.localtime(starts_at) if starts_at else None,
            timezone.localtime(ends_at) if ends_at else None,
            *counts,
            "yes" if active else "no",
        ]
