"""What happened to an order, and what the outside is told of it: written with the change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from orders.errors import IllegalTransition
from orders.models import MAX_NOTE, Order, OrderEvent, OutboxMessage
from tenants.due import Kind, note_due
from tenants.webhooks.announcing import announce


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it; a plain id and the name of that moment."""

    id: UUID | None = None
    name: str = ""


NOBODY = Actor()


def placed_words(lines: int) -> str:
    """What the timeline says of an order of so many lines."""
    return f"Order placed, {lines} line{'' if lines == 1 else 's'}."


def note(order: Order, kind: str, text: str, actor: Actor = NOBODY) -> None:
    """Add a line to the order's timeline."""
    OrderEvent.objects.create(
        order=order, kind=kind, text=text[:MAX_NOTE], user_id=actor.id, user_name=actor.name[:254]
    )


def has_failed_payment(order: Order) -> bool:
    """Whether a payment was not made of which the customer was told that it is on its way."""
    return order.events.filter(kind="payment_failed").exists()


def tell(topic: str, order: Order, key: str = "", **payload: Any) -> None:
    """Put a message into the outbox, once for a topic, an order and a key."""
    OutboxMessage.objects.bulk_create(
        [
            OutboxMessage(
                topic=topic,
                dedupe_key=f"{topic}:{order.pk}:{key}"[:120],
                payload={"order": str(order.pk), **payload},
            )
        ],
        ignore_conflicts=True,
    )
    note_due(Kind.MESSAGES)


def announce_order(event_type: str, order: Order) -> None:
    """Tell the shop's other systems what happened to the order."""
    announce(event_type, [{"order": str(order.pk)}])


_MOVES = {"status": Order.STATUS_MOVES, "payment_status": Order.PAYMENT_MOVES}


def save(order: Order, **fields: Any) -> None:
    """Save fields of a locked order; its states move as their tables allow, and not otherwise.

    Raises IllegalTransition.
    """
    before = {name: getattr(order, name) for name in _MOVES}
    for name, old in before.items():
        new = fields.get(name, old)
        if new != old and new not in _MOVES[name][old]:
            raise IllegalTransition(f"Order {order} is {old}; it cannot become {new}.")
    fields["updated_at"] = timezone.now()
    if not Order.objects.filter(pk=order.pk, **before).update(**fields):
        raise IllegalTransition(f"Order {order} is not {before['status']} any more.")
    for name, value in fields.items():
        setattr(order, name, value)


def changes_of(values: Mapping[str, Any]) -> str:
    """Words for a timeline: what was given, without what was left empty."""
    return ", ".join(f"{name} {value}" for name, value in values.items() if value)
