"""How an order stands, in the words of the shop's people."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from catalog.display import money
from orders.models import LineItem, Order
from pycommerce.db import connection

Status, Payment = Order.Status, Order.PaymentStatus


@dataclass(frozen=True, slots=True)
class Tag:
    """A few words and how they are coloured: good, open, bad or plain."""

    text: str
    tone: str


PAYMENT = {
    Payment.UNPAID: Tag("Unpaid", "open"),
    Payment.PROCESSING: Tag("Payment on its way", "open"),
    Payment.PAID: Tag("Paid", "good"),
    Payment.PARTIALLY_REFUNDED: Tag("Partly refunded", "plain"),
    Payment.REFUNDED: Tag("Refunded", "plain"),
    Payment.REVIEW: Tag("In review", "bad"),
}


def payment_tags(order: Order) -> list[Tag]:
    """How it is paid; of an order in review the mark of that follows, and is the last."""
    if order.payment_status != Payment.REVIEW or order.status == Status.CANCELLED:
        return [_payment_tag(order)]
    if order.captured != order.total:
        paid = Tag("Wrong amount", "plain")
    else:
        paid = PAYMENT[Payment.PARTIALLY_REFUNDED if order.refunded else Payment.PAID]
    return [paid, PAYMENT[Payment.REVIEW]]


def _payment_tag(order: Order) -> Tag:
    if order.status == Status.CANCELLED:
        if order.captured > order.refunded:
            return Tag("Refund on its way", "open")
        if order.payment_status == Payment.UNPAID:
            return Tag("Unpaid", "plain")
    return PAYMENT[Payment(order.payment_status)]


def fulfilment_tag(order: Order, lines: Collection[LineItem]) -> Tag:
    return sending_tag(
        order.status,
        order.payment_status,
        is_begun=any(line.fulfilled for line in lines),
        is_over=not any(line.to_send for line in lines),
    )


def sending_tag(status: str, payment: str, *, is_begun: bool, is_over: bool) -> Tag:
    """How far an order in these states is sent: `is_begun`, some is; `is_over`, none is left."""
    if status == Status.CANCELLED:
        return Tag("Cancelled", "plain")
    if is_over:
        return Tag("Sent", "good") if is_begun else Tag("Nothing to send", "plain")
    if status == Status.PENDING:
        return Tag("Waits for payment", "plain")
    if is_begun:
        return Tag("Partly sent", "open")
    if payment == Payment.REFUNDED:
        return Tag("Not sent", "plain")
    return Tag("To send", "open")


def units_words(lines: Collection[LineItem]) -> str:
    """Units of the order, and how many of them were sent where it is not all or none."""
    units, sent = sum(line.quantity for line in lines), sum(line.fulfilled for line in lines)
    return f"{sent} of {units}" if 0 < sent < units else str(units)


def counted(count: int, thing: str) -> str:
    """1 unit, 2 units."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def amount_words(amount: Decimal, currency: str) -> str:
    """An amount that may be in another currency than the shop's: that is why it is in review."""
    if currency == connection.tenant.currency:
        return money(amount)
    return f"{amount.normalize():f} {currency}"


def plain_number(amount: Decimal) -> str:
    """A number without the zeros that its column has: 7.25, 10."""
    return f"{amount.normalize():f}"
