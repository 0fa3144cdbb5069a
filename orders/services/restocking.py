"""Units of a refund: back into stock with the money, and out of it again where that fails."""

from uuid import UUID

from catalog.services.holding import return_units, take_back_units
from orders.models import LineItem, Order, Refund, RefundLine
from orders.services.timeline import NOBODY, Actor, note
from tenants.shop.models import raise_catalogue_version


def restock(order: Order, refund: Refund, actor: Actor = NOBODY) -> None:
    """Put a refund's units back into stock, where that was asked and they are out of it.

    Called when the provider took the refund: one that it refuses leaves them with the order.
    """
    if not refund.restock or order.units != Order.Units.SOLD:
        return
    parts, coming = _parts_of(refund), {}
    for variant_id, part in parts.items():
        line = part.line_item
        if units := min(part.quantity, line.quantity - line.restocked):
            coming[variant_id] = units
    if not coming:
        return
    return_units(coming, _sources("refund", refund, parts), "Refund")
    for variant_id, units in coming.items():
        _count(parts[variant_id], units)
    note(order, "restocked", f"{_words(sum(coming.values()))} came back into stock.", actor)
    raise_catalogue_version()


def take_back(order: Order, refund: Refund) -> None:
    """A refund failed after its units had come back: those that are owed again leave the stock.

    Units that the customer had sent back stay in it. What others bought meanwhile is not there to
    be sent, and the timeline says so.
    """
    if order.status == Order.Status.CANCELLED:
        return
    parts, owed = _parts_of(refund), {}
    for variant_id, part in parts.items():
        if units := min(part.restocked, _owed_from_stock(part.line_item)):
            owed[variant_id] = units
    if not owed:
        return
    taken = take_back_units(owed, _sources("refund-failed", refund, parts), "Refund failed")
    for variant_id, units in taken.items():
        _count(parts[variant_id], -units)
    if back := sum(taken.values()):
        note(order, "restocked", f"{_words(back)} left the stock again: the order needs them.")
    if gone := sum(owed.values()) - back:
        note(order, "restocked", f"{_words(gone)} cannot be sent: sold to others meanwhile.")
    raise_catalogue_version()


def _parts_of(refund: Refund) -> dict[UUID, RefundLine]:
    """A refund's lines by variant, without those whose variant was deleted."""
    return {
        part.line_item.variant_id: part
        for part in refund.lines.select_related("line_item")
        if part.line_item.variant_id
    }


def _owed_from_stock(line: LineItem) -> int:
    """Units that the customer paid and did not get, and that stand in stock."""
    return max(0, line.quantity - line.fulfilled - line.refunded) - line.to_send


def _count(part: RefundLine, units: int) -> None:
    part.restocked += units
    part.save(update_fields=["restocked"])
    part.line_item.restocked += units
    part.line_item.save(update_fields=["restocked"])


def _sources(cause: str, refund: Refund, parts: dict[UUID, RefundLine]) -> dict[UUID, str]:
    return {
        variant_id: f"{cause}:{refund.pk}:{part.line_item_id}" for variant_id, part in parts.items()
    }


def _words(units: int) -> str:
    return "1 unit" if units == 1 else f"{units} units"
