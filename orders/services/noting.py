"""What the shop's people say about an order by hand."""

from uuid import UUID

from django.db import transaction

from orders.errors import IllegalTransition
from orders.models import MAX_NOTE, Order
from orders.services.paying import lock_order
from orders.services.timeline import Actor, note, save
from pycommerce.core.errors import wrong_field


@transaction.atomic
def add_note(*, order_id: UUID, text: str, actor: Actor) -> Order:
    """Add a note to the timeline, for the shop's own people.

    Raises InvalidRequest naming `text`, or UnknownOrder.
    """
    text = text.strip()
    if not 1 <= len(text) <= MAX_NOTE:
        raise wrong_field("text", f"Use 1 to {MAX_NOTE} characters.")
    order = lock_order(order_id)
    note(order, "note", text, actor)
    return order


@transaction.atomic
def keep_until_paid(*, order_id: UUID, keep: bool, actor: Actor) -> Order:
    """Hold a pending order's units however long its payment takes, or as long as others' again.

    Raises UnknownOrder, or IllegalTransition where it waits for no payment any more.
    """
    order = lock_order(order_id)
    if order.status != Order.Status.PENDING:
        raise IllegalTransition(f"Order {order} is {order.status}.")
    if order.keep_until_paid != keep:
        save(order, keep_until_paid=keep)
        text = "Kept until it is paid." if keep else "Kept no longer than other orders."
        note(order, "kept" if keep else "not_kept", text, actor)
    return order
