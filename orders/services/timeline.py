"""What happened to an order, and what the outside is told of it: written with the change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from orders.models import Order, OrderEvent, OutboxMessage


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it; a plain id and the name of that moment."""

    id: UUID | None = None
    name: str = ""


NOBODY = Actor()


def note(order: Order, kind: str, text: str, actor: Actor = NOBODY) -> None:
    """Add a line to the order's timeline."""
    OrderEvent.objects.create(
        order=order, kind=kind, text=text[:500], user_id=actor.id, user_name=actor.name[:254]
    )


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


def save(order: Order, **fields: Any) -> None:
    """Save fields of a locked order."""
    for name, value in fields.items():
        setattr(order, name, value)
    order.updated_at = timezone.now()
    order.save(update_fields=[*fields, "updated_at"])


def changes_of(values: Mapping[str, Any]) -> str:
    """Words for a timeline: what was given, without what was left empty."""
    return ", ".join(f"{name} {value}" for name, value in values.items() if value)
