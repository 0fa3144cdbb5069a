"""Orders as programs read them: rows for lists, members for one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects

from orders.addresses import MEMBERS
from orders.errors import UnknownOrder
from orders.models import Order
from pycommerce.api.cursors import decode_cursor
from pycommerce.api.paging import Cut, cut_page
from pycommerce.core.money import decimals_of
from pycommerce.db import connection


@dataclass(frozen=True, slots=True)
class OrderFilters:
    """What a list is narrowed to."""

    status: str | None = None
    payment_status: str | None = None
    customer_id: UUID | None = None
    updated_since: datetime | None = None
    created_after: datetime | None = None

    def sql(self) -> tuple[str, list[object]]:
        conditions = {
            "o.status = %s": self.status,
            "o.payment_status = %s": self.payment_status,
            "o.customer_id = %s": self.customer_id,
            "o.updated_at >= %s": self.updated_since,
            "o.created_at > %s": self.created_after,
        }
        given = {text: value for text, value in conditions.items() if value is not None}
        # An order that has no number yet is still being placed.
        return " AND ".join(["o.number IS NOT NULL", *given]), list(given.values())


_ROW = """
SELECT o.created_at, o.id::text, o.customer_name, o.customer_email, o.status, o.total,
    (SELECT count(*) FROM orders_lineitem l WHERE l.order_id = o.id), o.shipping_method
FROM orders_order o
"""


def find_orders(filters: OrderFilters, *, limit: int, cursor: str | None) -> tuple[Cut, int]:
    """A page of rows, newest first, and the count of all matches.

    They are counted for the first page; its cursors carry the count to the others.
    """
    identity = f"{connection.schema_name} counted orders {filters}"
    place = decode_cursor(cursor, query=identity) if cursor else None
    *position, count = place.values if place else [None]
    backward = place is not None and place.direction == "prev"
    sign, way = (">", "ASC") if backward else ("<", "DESC")
    where, arguments = filters.sql()
    page = f"AND (o.created_at, o.id) {sign} (%s::timestamptz, %s::uuid)" if place else ""
    with connection.cursor() as database:
        if count is None:
            database.execute(f"SELECT count(*) FROM orders_order o WHERE {where}", arguments)
            (count,) = database.fetchone()
        database.execute(
            f"{_ROW} WHERE {where} {page} ORDER BY o.created_at {way}, o.id {way} LIMIT %s",
            [*arguments, *position, limit + 1],
        )
        rows = database.fetchall()
    cut = cut_page(
        rows,
        limit=limit,
        place=place,
        query=identity,
        place_of=lambda row: [row[0].isoformat(), row[1], count],
    )
    return cut, count


def row_members(row: Sequence[Any]) -> dict[str, Any]:
    """The documented members of a row."""
    created_at, order_id, name, email, status, total, count, shipping_method = row
    return {
        "id": order_id,
        "customer_name": name,
        "customer_email": email,
        "status": status,
        "total": exact(total),
        "created_at": created_at,
        "items_count": count,
        "shipping_method": shipping_method,
    }


def exact(amount: Decimal, currency: str | None = None) -> Decimal:
    """The amount with the decimals of its currency, or without trailing zeros beyond two."""
    currency = currency or connection.tenant.currency
    wanted = round(amount, decimals_of(currency))
    return wanted if wanted == amount else amount.normalize()


def find_order(order_id: UUID) -> Order:
    """The order with this id. Raises UnknownOrder."""
    order = Order.objects.filter(pk=order_id, number__isnull=False).first()
    if order is None:
        raise UnknownOrder(order_id)
    return order


def _in_order(address: dict[str, str]) -> dict[str, str]:
    # A jsonb column keeps members by length and name.
    return {name: address.get(name, "") for name in MEMBERS}


def order_members(order: Order) -> dict[str, Any]:
    """The members of the order detail, the documented ones first."""
    prefetch_related_objects([order], "fulfilments__lines")
    currency = order.currency
    return {
        "id": order.pk,
        "customer": {
            "id": order.customer_id,
            "name": order.customer_name,
            "email": order.customer_email,
            "phone": order.customer_phone,
        },
        "status": order.status,
        "total": exact(order.total, currency),
        "subtotal": exact(order.subtotal, currency),
        "tax": exact(order.tax_total, currency),
        "shipping_cost": exact(order.shipping_net, currency),
        "created_at": order.created_at,
        "updated_at": order.updated_at,
        "shipping_address": _in_order(order.shipping_address),
        "billing_address": _in_order(order.billing_address),
        "shipping_method": order.shipping_method,
        "payment_method": order.payment_method,
        "payment_status": order.payment_status,
        "notes": order.notes,
        "items": [
            {
                "id": line.pk,
                "product_id": line.product_id,
                "name": line.name,
                "quantity": line.quantity,
                "unit_price": exact(line.unit_price, currency),
                "total_price": exact(line.total_price, currency),
                "variant_id": line.variant_id,
                "sku": line.sku,
                "options": line.options,
                "fulfilled_quantity": line.fulfilled,
                "refunded_quantity": line.refunded,
            }
            for line in order.line_items.all()
        ],
        "tenant_id": connection.tenant.pk,
        "number": order.number,
        "currency": currency,
        "discount": exact(order.discount_total, currency),
        "discount_code": order.discount_code,
        "refunded": exact(order.refunded, currency),
        "cancel_reason": order.cancel_reason,
        "fulfilments": [
            {
                "id": fulfilment.pk,
                "carrier": fulfilment.carrier,
                "tracking_number": fulfilment.tracking_number,
                "created_at": fulfilment.created_at,
                "items": [
                    {"id": line.line_item_id, "quantity": line.quantity}
                    for line in fulfilment.lines.all()
                ],
            }
            for fulfilment in order.fulfilments.all()
        ],
        "refunds": [
            {
                "id": refund.pk,
                "amount": exact(refund.amount, currency),
                "status": refund.state,
                "reason": refund.reason,
                "created_at": refund.created_at,
            }
            for refund in order.refunds.all()
        ],
    }
