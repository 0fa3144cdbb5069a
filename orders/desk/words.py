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


_PAYMENT = {
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
        paid = _PAYMENT[Payment.PARTIALLY_REFUNDED if order.refunded else Payment.PAID]
    return [paid, _PAYMENT[Payment.REVIEW]]


def _payment_tag(order: Order) -> Tag:
    if order.status == Status.CANCELLED:
        if order.captured > order.refunded:
            return Tag("Refund on its way", "open")
        if order.payment_status == Payment.UNPAID:
            return Tag("Unpaid", "plain")
    return _PAYMENT[Payment(order.payment_status)]


def fulfilment_tag(order: Order, lines: Collection[LineItem]) -> Tag:
    if order.status == Status.CANCELLED:
        return Tag("Cancelled", "plain")
    sent = any(line.fulfilled for line in lines)
    if not any(line.to_send for line in lines):
        return Tag("Sent", "good") if sent else Tag("Nothing to send", "plain")
    if order.status == Status.PENDING:
        return Tag("Waits for payment", "plain")
    if sent:
        return Tag("Partly sent", "open")
    if order.payment_status == Payment.REFUNDED:
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
