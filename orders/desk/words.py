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
    return paying_tags(
        order.status,
        order.payment_status,
        total=order.total,
        captured=order.captured,
        refunded=order.refunded,
    )


def paying_tags(
    status: str, payment: str, *, total: Decimal, captured: Decimal, refunded: Decimal
) -> list[Tag]:
    """How an order in these states, with these amounts, is paid."""
    if status == Status.CANCELLED:
        if captured > refunded:
            return [Tag("Refund on its way", "open")]
        if payment == Payment.UNPAID:
            return [Tag("Unpaid", "plain")]
    elif payment == Payment.REVIEW:
        # As much of another currency is wrong, too: the order waits for its payment still.
        if status == Status.PENDING or captured != total:
            paid = Tag("Wrong amount", "plain")
        else:
            paid = _PAYMENT[Payment.PARTIALLY_REFUNDED if refunded else Payment.PAID]
        return [paid, _PAYMENT[Payment.REVIEW]]
    return [_PAYMENT[Payment(payment)]]


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
