"""All that the selected shop knows of one person, to be handed to them."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from checkout.models import Cart
from orders.models import Customer, Order, OutboxMessage
from orders.reading import exact, order_members


def carts_of(customer: Customer) -> QuerySet[Cart]:
    """Carts in which the person's address was typed, or that became orders of theirs."""
    return Cart.objects.filter(
        Q(details__email__iexact=customer.email) | Q(order__customer=customer)
    )


# So many orders, or carts, are in memory at once.
_AT_ONCE = 200


def everything_about(customer: Customer) -> dict[str, Any]:
    """The customer, addresses, orders with payments and shipments, mails, sign-ins and carts.

    Values are texts, numbers, Decimals in major units, UUIDs and datetimes in UTC. What there may
    be thousands of is an iterator, which reads while it is gone through: within a transaction.
    """
    orders = Order.objects.filter(customer=customer, number__isnull=False)
    ids = list(orders.values_list("pk", flat=True))
    return {
        "customer": {
            "id": customer.pk,
            "name": customer.name,
            "email": customer.email,
            "phone": customer.phone,
            "created_at": customer.created_at,
            "updated_at": customer.updated_at,
        },
        "addresses": [
            each.address | {"last_used_at": each.last_used_at} for each in customer.addresses.all()
        ],
        "orders": _orders(ids),
        "mails": OutboxMessage.objects.filter(
            topic__startswith="mail.", payload__order__in=[str(each) for each in ids]
        )
        .values("topic", "created_at", "sent_at")
        .iterator(),
        "sign_ins": list(
            customer.sign_ins.order_by("created_at").values(
                "email", "client_address", "created_at", "used_at"
            )
        ),
        "carts": (
            _cart(cart)
            for cart in carts_of(customer)
            .prefetch_related("lines__variant")
            .iterator(chunk_size=_AT_ONCE)
        ),
    }


def _orders(ids: Sequence[UUID]) -> Iterator[dict[str, Any]]:
    """The members of these orders, in their order."""
    wanted = Order.objects.prefetch_related(
        "line_items", "ledger", "events", "refunds", "fulfilments__lines"
    )
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        found = wanted.in_bulk(some)
        yield from (_order(found[pk]) for pk in some if pk in found)


def _order(order: Order) -> dict[str, Any]:
    return order_members(order) | {
        "language": order.language,
        "payments": [
            {
                "kind": entry.kind,
                "amount": exact(entry.amount, entry.currency),
                "currency": entry.currency,
                "provider": entry.provider,
                "provider_id": entry.provider_id,
                "created_at": entry.created_at,
            }
            for entry in order.ledger.all()
        ],
        "timeline": [
            {"kind": event.kind, "text": event.text, "created_at": event.created_at}
            for event in order.events.all()
        ],
    }


def _cart(cart: Cart) -> dict[str, Any]:
    return {
        "details": cart.details,
        "created_at": cart.created_at,
        "updated_at": cart.updated_at,
        "lines": [
            {
                "name": line.name,
                "sku": line.variant.sku if line.variant else None,
                "quantity": line.quantity,
                "seen_price": exact(line.seen_price),
            }
            for line in cart.lines.all()
        ],
    }
