"""The rows of orders as a life in the shop would have left them, written all together."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from catalog.models import StockMovement, Variant
from checkout.models import PaymentAttempt
from checkout.services.starting import metadata_of
from checkout.simulator.models import Refund as ProviderRefund
from checkout.simulator.models import Session
from orders.models import (
    Customer,
    Fulfilment,
    FulfilmentLine,
    LedgerEntry,
    LineItem,
    Order,
    OrderEvent,
    OutboxMessage,
    Refund,
    RefundLine,
)
from orders.services.placing import Address, money_words
from orders.services.refunding import worth
from orders.services.timeline import placed_words
from orders.totals import Rate, Totals
from pycommerce.core.ids import uuid7
from pycommerce.core.money import to_minor_units
from tenants.models import Tenant
from tenants.public import in_public


@dataclass
class Rows:
    """What is written for all orders together, each kind by one statement."""

    orders: list[Order] = field(default_factory=list)
    lines: list[LineItem] = field(default_factory=list)
    events: list[OrderEvent] = field(default_factory=list)
    ledger: list[LedgerEntry] = field(default_factory=list)
    fulfilments: list[Fulfilment] = field(default_factory=list)
    sent: list[FulfilmentLine] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    given_back: list[RefundLine] = field(default_factory=list)
    movements: list[StockMovement] = field(default_factory=list)
    outbox: list[OutboxMessage] = field(default_factory=list)
    attempts: list[PaymentAttempt] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    provider_refunds: list[ProviderRefund] = field(default_factory=list)

    def write(self) -> None:
        Order.objects.bulk_create(self.orders)
        Customer.objects.bulk_update(self._customers(), ["created_at"])
        LineItem.objects.bulk_create(self.lines)
        OrderEvent.objects.bulk_create(self.events)
        LedgerEntry.objects.bulk_create(self.ledger)
        Fulfilment.objects.bulk_create(self.fulfilments)
        FulfilmentLine.objects.bulk_create(self.sent)
        Refund.objects.bulk_create(self.refunds)
        RefundLine.objects.bulk_create(self.given_back)
        StockMovement.objects.bulk_create(self.movements)
        OutboxMessage.objects.bulk_create(self.outbox)
        if settings.STRIPE_SIMULATOR:
            PaymentAttempt.objects.bulk_create(self.attempts)
            in_public(self._write_provider)

    def _customers(self) -> set[Customer]:
        """Who ordered; they are known since their first order."""
        for order in self.orders:
            customer = order.customer
            if customer is not None:
                customer.created_at = min(customer.created_at, order.created_at)
        return {order.customer for order in self.orders if order.customer is not None}

    def _write_provider(self) -> None:
        Session.objects.bulk_create(self.sessions)
        ProviderRefund.objects.bulk_create(self.provider_refunds)


def new_order(
    tenant: Tenant,
    customer: Customer,
    address: Address,
    totals: Totals,
    placed_at: datetime,
    **fields: object,
) -> Order:
    """An order that waits for its payment, not written yet."""
    return Order(
        **{
            "customer": customer,
            "customer_name": customer.name,
            "customer_email": customer.email,
            "customer_phone": customer.phone,
            "shipping_address": address.as_json(),
            "billing_address": address.as_json(),
            "country_code": address.code,
            "shipping_method": "standard",
            "shipping_name": "Standard",
            "currency": tenant.currency,
            "items_total": totals.items_total,
            "discount_total": totals.discount,
            "shipping_total": totals.shipping,
            "shipping_net": totals.shipping_net,
            "tax_total": totals.tax,
            "subtotal": totals.subtotal,
            "total": totals.total,
            "language": tenant.language,
            "created_at": placed_at,
            "updated_at": placed_at,
            **fields,
        }
    )


def add(
    rows: Rows,
    order: Order,
    wanted: list[tuple[Variant, int]],
    totals: Totals,
    rate: Rate,
    ids: Iterable[str] = (),
) -> None:
    """Add an order and its lines, whose ids may be given."""
    given = [UUID(text) for text in ids] or [uuid7() for _ in wanted]
    order.tax_name, order.tax_percent = rate.name, rate.percent
    rows.orders.append(order)
    rows.lines += [
        LineItem(
            id=line_id,
            order=order,
            position=position,
            variant=variant,
            product_id=variant.product_id,
            name=variant.product.name,
            sku=variant.sku,
            options=dict(zip(variant.product.option_names, variant.option_values, strict=False)),
            quantity=units,
            unit_price=variant.price,
            total_price=sums.total,
            discount=sums.discount,
            tax=sums.tax,
            tax_percent=rate.percent,
        )
        for position, (line_id, (variant, units), sums) in enumerate(
            zip(given, wanted, totals.lines, strict=True), 1
        )
    ]
    _event(rows, order, "placed", placed_words(len(wanted)), order.created_at)


def _lines_of(rows: Rows, order: Order) -> list[LineItem]:
    return [line for line in rows.lines if line.order_id == order.pk]


def _event(rows: Rows, order: Order, kind: str, text: str, at: datetime) -> None:
    rows.events.append(OrderEvent(order=order, kind=kind, text=text, created_at=at))
    order.updated_at = at


def _told(
    rows: Rows, order: Order, topic: str, at: datetime, key: str = "", **payload: str
) -> None:
    """The customer was told, by a mail that nobody has to send any more."""
    rows.outbox.append(
        OutboxMessage(
            topic=topic,
            dedupe_key=f"{topic}:{order.pk}:{key}",
            payload={"order": str(order.pk), **payload},
            created_at=at,
            attempts=1,
            sent_at=at,
        )
    )


def movement(
    variant: Variant, units: int, kind: str, at: datetime, source: str = ""
) -> StockMovement:
    """Units that came or went in the past."""
    return StockMovement(variant=variant, kind=kind, quantity=units, source=source, created_at=at)


def pay(rows: Rows, order: Order, at: datetime) -> None:
    """The order was paid with the simulator: its units were sold, and the customer was told."""
    order.status, order.payment_status = Order.Status.PROCESSING, Order.PaymentStatus.PAID
    order.units, order.captured = Order.Units.SOLD, order.total
    payment = f"pi_demo{order.pk.hex}"
    rows.ledger.append(
        LedgerEntry(
            order=order,
            kind="charge",
            amount=order.total,
            currency=order.currency,
            provider="simulator",
            provider_id=payment,
            created_at=at,
        )
    )
    for line in _lines_of(rows, order):
        assert line.variant
        # What was sold in the past had come in before: today's stock stays as the shop says.
        early = order.created_at - timedelta(days=1)
        rows.movements.append(movement(line.variant, line.quantity, "receipt", early))
        rows.movements.append(movement(line.variant, -line.quantity, "sale", at, f"sale:{line.pk}"))
    _event(rows, order, "paid", f"Paid {money_words(order.total, order.currency)}.", at)
    _told(rows, order, "mail.order_confirmed", at)
    _remember_session(rows, order, payment)


def _remember_session(rows: Rows, order: Order, payment: str) -> None:
    """The session at the simulator, so that the order can be refunded like any other."""
    session_id = f"cs_test_demo{order.pk.hex}"
    ends = order.created_at + timedelta(minutes=35)
    attempt = PaymentAttempt(
        order=order,
        state=PaymentAttempt.State.COMPLETE,
        stripe_key=f"demo-{order.pk.hex}",
        params={},
        amount=order.total,
        currency=order.currency,
        session_id=session_id,
        payment_id=payment,
        expires_at=ends,
        created_at=order.created_at,
    )
    rows.attempts.append(attempt)
    metadata = metadata_of(attempt)
    rows.sessions.append(
        Session(
            id=session_id,
            params={
                "client_reference_id": str(order.pk),
                "line_items": [],
                "metadata": metadata,
                "payment_intent_data": {"metadata": metadata},
                "success_url": "",
            },
            status="complete",
            payment_status="paid",
            amount_total=to_minor_units(order.total, order.currency),
            currency=order.currency.lower(),
            payment_intent=payment,
            intent_status="succeeded",
            created=order.created_at,
            expires_at=ends,
        )
    )


def send(rows: Rows, order: Order, at: datetime, carrier: str, tracking_number: str) -> None:
    """The whole order was sent."""
    fulfilment = Fulfilment(
        order=order, carrier=carrier, tracking_number=tracking_number, created_at=at
    )
    rows.fulfilments.append(fulfilment)
    for line in _lines_of(rows, order):
        line.fulfilled = line.quantity
        rows.sent.append(
            FulfilmentLine(fulfilment=fulfilment, line_item=line, quantity=line.quantity)
        )
    order.status = Order.Status.COMPLETED
    _event(rows, order, "fulfilled", f"Sent, by {carrier}, {tracking_number}.", at)
    key = str(fulfilment.pk)
    _told(rows, order, "mail.order_fulfilled", at, key, fulfilment=key)


def give_back(rows: Rows, order: Order, at: datetime) -> None:
    """A unit arrived broken: its price goes back, and the unit does not come into stock again."""
    line = _lines_of(rows, order)[0]
    amount = worth(order, line, 1)
    line.refunded = 1
    provider_id = f"re_demo{order.pk.hex}"
    refund = Refund(
        order=order,
        amount=amount,
        state=Refund.State.SUCCEEDED,
        charge_id=f"pi_demo{order.pk.hex}",
        provider_id=provider_id,
        reason="Arrived broken",
        created_at=at,
    )
    rows.refunds.append(refund)
    rows.given_back.append(RefundLine(refund=refund, line_item=line, quantity=1))
    rows.ledger.append(
        LedgerEntry(
            order=order,
            kind="refund",
            amount=amount,
            currency=order.currency,
            provider="simulator",
            provider_id=provider_id,
            created_at=at,
        )
    )
    session = rows.sessions[-1]
    session.amount_refunded = to_minor_units(amount, order.currency)
    rows.provider_refunds.append(
        ProviderRefund(
            id=provider_id,
            session=session,
            amount=session.amount_refunded,
            metadata={"order": str(order.pk), "refund": str(refund.pk)},
            created=at,
        )
    )
    order.refunded, order.payment_status = amount, Order.PaymentStatus.PARTIALLY_REFUNDED
    if amount == order.captured:
        order.payment_status = Order.PaymentStatus.REFUNDED
    words = f"Refunded {amount.normalize():f} {order.currency}. {refund.reason}"
    _event(rows, order, "refunded", words, at)
    _told(rows, order, "mail.order_refunded", at, str(refund.pk), amount=str(amount))


def cancel(rows: Rows, order: Order, at: datetime) -> None:
    """Nobody paid the order."""
    order.status, order.units = Order.Status.CANCELLED, Order.Units.RELEASED
    order.cancel_reason, order.expired = "Nobody paid in time.", True
    _event(rows, order, "cancelled", "Cancelled: Nobody paid in time.", at)
