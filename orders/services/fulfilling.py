"""Sending an order, all at once or part by part."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import transaction

from orders.errors import IllegalTransition
from orders.models import Fulfilment, FulfilmentLine, LineItem, Order
from orders.services.paying import lock_order
from orders.services.timeline import NOBODY, Actor, announce_order, changes_of, note, save, tell
from pycommerce.core.errors import wrong_field

_PAID = {Order.PaymentStatus.PAID, Order.PaymentStatus.PARTIALLY_REFUNDED}


@transaction.atomic
def fulfil_order(
    *,
    order_id: UUID,
    items: Mapping[UUID, int] | None = None,
    carrier: str = "",
    tracking_number: str = "",
    actor: Actor = NOBODY,
) -> Fulfilment:
    """Note that units of line items (id to units; default: all that is left) were sent.

    The order is completed when nothing is left. Raises InvalidRequest naming `items`, or
    IllegalTransition unless the order is paid and waits to be sent.
    """
    order = lock_order(order_id)
    if order.status != Order.Status.PROCESSING or order.payment_status not in _PAID:
        raise IllegalTransition(
            f"Order {order} is {order.status} and {order.payment_status}; it cannot be sent."
        )
    lines = {line.pk: line for line in order.line_items.all()}
    if items is None:
        items = {key: line.to_send for key, line in lines.items() if line.to_send}
        if not items:
            raise IllegalTransition(f"Order {order} has nothing left to send.")
    else:
        _check(items, lines)
    fulfilment = Fulfilment.objects.create(
        order=order,
        carrier=carrier,
        tracking_number=tracking_number,
        user_id=actor.id,
        user_name=actor.name,
    )
    FulfilmentLine.objects.bulk_create(
        FulfilmentLine(fulfilment=fulfilment, line_item=lines[key], quantity=count)
        for key, count in items.items()
    )
    for key, count in items.items():
        lines[key].fulfilled += count
    LineItem.objects.bulk_update([lines[key] for key in items], ["fulfilled"])
    what = changes_of({"by": carrier, "tracking number": tracking_number})
    count = sum(items.values())
    units = "1 unit" if count == 1 else f"{count} units"
    note(order, "fulfilled", f"Sent {units}{f', {what}' if what else ''}.", actor)
    save(order)
    complete_if_all_is_sent(order, lines.values(), actor)
    tell("mail.order_fulfilled", order, str(fulfilment.pk), fulfilment=str(fulfilment.pk))
    announce_order("order.fulfilled", order)
    return fulfilment


def complete_if_all_is_sent(
    order: Order, lines: Collection[LineItem], actor: Actor = NOBODY
) -> None:
    """Complete an order of which something was sent, and nothing is left to send."""
    if (
        order.status == Order.Status.PROCESSING
        and any(line.fulfilled for line in lines)
        and not any(line.to_send for line in lines)
    ):
        save(order, status=Order.Status.COMPLETED)
        note(order, "completed", "Nothing is left to send.", actor)


def _check(items: Mapping[UUID, int], lines: Mapping[UUID, LineItem]) -> None:
    if not items:
        raise wrong_field("items", "Name at least one line item.")
    for key, count in items.items():
        if key not in lines:
            raise wrong_field("items", f"The order has no line item '{key}'.")
        if count < 1:
            raise wrong_field("items", "Use quantities of 1 or more.")
        left = lines[key].to_send
        if count > left:
            raise IllegalTransition(f"{lines[key].sku}: {count} units asked, {left} left to send.")
