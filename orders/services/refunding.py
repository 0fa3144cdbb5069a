"""Giving money back: by amount, by units of lines, or all that is left."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from orders.errors import IllegalTransition
from orders.models import LineItem, Order, Refund, RefundLine
from orders.services.fulfilling import complete_if_all_is_sent
from orders.services.paying import lock_order, refundable, write_refund
from orders.services.timeline import NOBODY, Actor
from pycommerce.core.errors import wrong_field
from pycommerce.core.money import round_money, round_to, step_of, step_problem


@dataclass(frozen=True, slots=True)
class RefundPlan:
    """What a refund gives back: a sum, and units of line items by id where it is of units."""

    amount: Decimal
    units: dict[UUID, int]
    lines: dict[UUID, LineItem]


@transaction.atomic
def refund_order(
    *,
    order_id: UUID,
    amount: Decimal | None = None,
    items: Mapping[UUID, int] | None = None,
    expected: Decimal | None = None,
    restock: bool = False,
    reason: str = "",
    request_key: str | None = None,
    actor: Actor = NOBODY,
) -> Refund:
    """Write down a refund of `amount`, of units of line items (id to units), or of what is left.

    It is sent to the provider after the commit. A repeat with the same `request_key` returns the
    refund that was written first. With `restock` the units come back into stock, once the provider
    has taken the refund.

    Raises InvalidRequest naming the field, or IllegalTransition where less is left, or where the
    sum would not be the `expected` one that somebody agreed to.
    """
    order = lock_order(order_id)
    if request_key and (known := Refund.objects.filter(request_key=request_key).first()):
        return known
    plan = plan_refund(order, amount=amount, items=items, restock=restock)
    if expected is not None and plan.amount != expected:
        raise IllegalTransition(
            f"Order {order} has changed: the refund would be {plan.amount.normalize():f} now."
        )
    units, lines = plan.units, plan.lines
    refund = write_refund(
        order,
        amount=plan.amount,
        reason=reason,
        restock=restock,
        request_key=request_key,
        actor=actor,
    )
    assert refund is not None
    RefundLine.objects.bulk_create(
        RefundLine(refund=refund, line_item=lines[key], quantity=count)
        for key, count in units.items()
    )
    for key, count in units.items():
        lines[key].refunded += count
        lines[key].save(update_fields=["refunded"])
    complete_if_all_is_sent(order, lines.values(), actor)
    return refund


def plan_refund(
    order: Order,
    *,
    amount: Decimal | None = None,
    items: Mapping[UUID, int] | None = None,
    restock: bool = False,
) -> RefundPlan:
    """What such a refund would give back; raises what `refund_order` raises, and writes nothing."""
    if amount is not None and items is not None:
        raise wrong_field("amount", "Give either an amount or items.")
    if amount is not None and restock:
        raise wrong_field("restock", "An amount names no units: give items.")
    if amount is not None and (amount <= 0 or amount != round_money(amount, order.currency)):
        raise wrong_field("amount", f"It is no amount in {order.currency}.")
    if amount is not None and (problem := step_problem(amount, order.currency)):
        raise wrong_field("amount", problem)
    lines = {line.pk: line for line in order.line_items.all()}
    if items is not None:
        _check_items(items, lines)
    left = refundable(order)
    if left <= 0:
        raise IllegalTransition(f"Order {order} has nothing left to refund.")
    units: dict[UUID, int] = {}
    if items is not None:
        units = _units_left(items, lines)
        wanted = sum((worth(order, lines[key], count) for key, count in units.items()), Decimal(0))
    elif amount is not None:
        wanted = amount
    else:
        wanted = left
        units = {key: line.quantity - line.refunded for key, line in lines.items()}
        units = {key: count for key, count in units.items() if count}
    if not 0 < wanted <= left:
        raise IllegalTransition(
            f"Order {order}: {round_money(wanted, order.currency)} asked, "
            f"{round_money(left, order.currency)} {order.currency} left to refund."
        )
    return RefundPlan(wanted, units, lines)


def _check_items(items: Mapping[UUID, int], lines: Mapping[UUID, LineItem]) -> None:
    if not items:
        raise wrong_field("items", "Name at least one line item.")
    for key, count in items.items():
        if key not in lines:
            raise wrong_field("items", f"The order has no line item '{key}'.")
        if count < 1:
            raise wrong_field("items", "Use quantities of 1 or more.")


def _units_left(items: Mapping[UUID, int], lines: Mapping[UUID, LineItem]) -> dict[UUID, int]:
    for key, count in items.items():
        left = lines[key].quantity - lines[key].refunded
        if count > left:
            raise IllegalTransition(
                f"{lines[key].sku}: {count} units asked, {left} left to refund."
            )
    return dict(items)


def worth(order: Order, line: LineItem, count: int) -> Decimal:
    """What the next `count` units of a line cost: all of them together make the line exactly."""
    paid = line.total_price - line.discount
    if not order.prices_include_tax:
        paid += line.tax

    def of(units: int) -> Decimal:
        if units == line.quantity:
            return paid
        return round_to(paid * units / line.quantity, step_of(order.currency))

    return of(line.refunded + count) - of(line.refunded)
