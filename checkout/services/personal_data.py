"""All that the selected shop knows of one person, to be handed to them."""

from typing import Any

from django.db.models import Q, QuerySet

from checkout.models import Cart
from orders.models import Customer, Order, OutboxMessage
from orders.reading import exact, order_members


def carts_of(customer: Customer) -> QuerySet[Cart]:
    """Carts in which the person's address was typed, or that became orders of theirs."""
    return Cart.objects.filter(
        Q(details__email__iexact=customer.email) | Q(order__customer=customer)
    )


def everything_about(customer: Customer) -> dict[str, Any]:
    """The customer, addresses, orders with payments and shipments, mails, sign-ins and carts.

    Values are texts, numbers, Decimals in major units, UUIDs and datetimes in UTC.
    """
    orders = Order.objects.filter(customer=customer, number__isnull=False)
    found = orders.prefetch_related(
        "line_items", "ledger", "events", "refunds", "fulfilments__lines"
    )
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
        "orders": [_order(order) for order in found],
        "mails": list(
            OutboxMessage.objects.filter(
                topic__startswith="mail.",
                payload__order__in=[str(each) for each in orders.values_list("pk", flat=True)],
            ).values("topic", "created_at", "sent_at")
        ),
        "sign_ins": list(
            customer.sign_ins.order_by("created_at").values(
                "email", "client_address", "created_at", "used_at"
            )
        ),
        "carts": [_cart(cart) for cart in carts_of(customer).prefetch_related("lines__variant")],
    }


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
