"""One order as the shop's people see it: what was sold, paid and sent, and what may be done."""

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from django.urls import reverse

from catalog.display import option_words
from orders.desk.paging import newest_page
from orders.desk.words import Tag, amount_words, fulfilment_tag, payment_tags
from orders.models import Fulfilment, LedgerEntry, LineItem, Order, OrderEvent, Refund
from orders.services.paying import refundable

Status, Payment = Order.Status, Order.PaymentStatus
# So many events of an order are shown on a page.
MOST_EVENTS = 100
PAID = frozenset({Payment.PAID, Payment.PARTIALLY_REFUNDED})


def is_paid(order: Order) -> bool:
    """Whether what is left of it may be sent."""
    return order.status == Status.PROCESSING and order.payment_status in PAID


@dataclass(frozen=True, slots=True)
class LineSight:
    """A line item with what became of its units."""

    line: LineItem
    options: str
    picture: dict[str, Any] | None
    address: str | None
    to_send: int
    to_refund: int

    @property
    def fate(self) -> str:
        """Such as "1 sent, 1 refunded"."""
        line = self.line
        counts = {
            "sent": line.fulfilled,
            "refunded": line.refunded,
            "back in stock": line.restocked,
        }
        return ", ".join(f"{count} {what}" for what, count in counts.items() if count)


@dataclass
class Sight:
    """An order with its lines, and what its state allows; the services have the last word."""

    order: Order
    lines: list[LineSight] = field(default_factory=list)

    @cached_property
    def left(self) -> Decimal:
        """What can be given back still."""
        return refundable(self.order)

    @property
    def payment(self) -> list[Tag]:
        return payment_tags(self.order)

    @property
    def fulfilment(self) -> Tag:
        return fulfilment_tag(self.order, [each.line for each in self.lines])

    @property
    def is_paid(self) -> bool:
        return is_paid(self.order)

    @property
    def can_be_sent(self) -> bool:
        return self.is_paid and any(each.to_send for each in self.lines)

    @property
    def can_be_cancelled(self) -> bool:
        return (
            self.order.status in {Status.PENDING, Status.PROCESSING}
            and self.order.payment_status != Payment.PROCESSING
            and not any(each.line.fulfilled for each in self.lines)
        )

    @property
    def was_confirmed(self) -> bool:
        """And there is somebody to tell again."""
        is_confirmed = self.order.status in {Status.PROCESSING, Status.COMPLETED}
        return is_confirmed and not self.order.is_erased

    @property
    def is_held_back(self) -> bool:
        """In review, and it could go on."""
        order = self.order
        return (
            order.payment_status == Payment.REVIEW
            and order.status == Status.PROCESSING
            and order.captured == order.total
        )

    @property
    def paid_wrongly(self) -> bool:
        """In review since what came is not what it costs."""
        return self.order.payment_status == Payment.REVIEW and not self.is_held_back


def see_order(order_id: UUID) -> Sight | None:
    """The order of this id with its lines and their pictures; None where there is none."""
    found = Order.objects.filter(pk=order_id, number__isnull=False)
    order = found.prefetch_related("line_items__variant__product").first()
    if order is None:
        return None
    return Sight(order, [_see_line(line) for line in order.line_items.all()])


def _see_line(line: LineItem) -> LineSight:
    product = line.variant.product if line.variant else None
    images = product.image_list if product else []
    return LineSight(
        line=line,
        options=option_words(line.options.items()),
        picture=images[0] if images and images[0].get("url") else None,
        address=reverse("admin:catalog_product_change", args=[product.pk]) if product else None,
        to_send=line.to_send,
        to_refund=line.quantity - line.refunded,
    )


@dataclass(frozen=True, slots=True)
class Account:
    """What was paid and sent, and what happened, for the order's page.

    `ledger` is entries with their amounts in words; `events` are a page of the timeline, newest
    first, with the cursors of the pages beside it.
    """

    ledger: list[tuple[LedgerEntry, str]]
    refunds: list[Refund]
    fulfilments: list[Fulfilment]
    events: list[OrderEvent]
    older: str | None
    newer: str | None

    @property
    def came(self) -> str:
        """What was paid, in words."""
        kind = LedgerEntry.Kind.CHARGE
        charges = [words for entry, words in self.ledger if entry.kind == kind]
        return charges[0] if charges else ""

    @property
    def why_in_review(self) -> str:
        """What was said when it was last held back, where this page of the timeline has it."""
        return next((event.text for event in self.events if event.kind == "review"), "")

    @property
    def open_refunds(self) -> list[Refund]:
        """Written down, and not sent to the provider yet."""
        return [refund for refund in self.refunds if refund.state == Refund.State.NEW]


def account_of(order: Order, *, cursor: str | None = None) -> Account:
    """Of an order; `cursor` is that of a page of its timeline, else it is the newest."""
    timeline = newest_page(
        order.events.all(), query=f"timeline {order.pk}", cursor=cursor, per_page=MOST_EVENTS
    )
    return Account(
        ledger=[
            (entry, amount_words(entry.amount, entry.currency)) for entry in order.ledger.all()
        ],
        refunds=list(order.refunds.prefetch_related("lines__line_item")),
        fulfilments=list(order.fulfilments.prefetch_related("lines__line_item")),
        events=timeline.rows,
        older=timeline.next_cursor,
        newer=timeline.previous_cursor,
    )
