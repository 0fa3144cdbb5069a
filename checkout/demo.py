"""Orders of the demo's shops: the founding document's two, and a year of plausible ones."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django_tenants.utils import tenant_context

from catalog.models import StockMovement, Variant
from checkout.models import PaymentAttempt
from checkout.simulator.models import Session
from orders.models import (
    Customer,
    Discount,
    Fulfilment,
    FulfilmentLine,
    LedgerEntry,
    LineItem,
    Order,
    OrderEvent,
    OrderSettings,
    OutboxMessage,
    ShippingMethod,
    TaxRate,
)
from orders.services.placing import Address
from orders.totals import Rate, Totals, compute_totals
from pycommerce.core.ids import uuid7
from pycommerce.core.money import to_minor_units
from tenants.models import Tenant
from tenants.public import in_public
from tenants.shop.models import ShopState

D = Decimal
_SEED = 20_250_315
_A_YEAR = 140
_NAMES = (
    "Ada Moreno", "Ben Fischer", "Chiara Rossi", "Dmitri Volkov", "Elif Kaya", "Femi Adeyemi",
    "Grace Kim", "Hugo Martin", "Ines Santos", "Jonas Weber", "Keiko Tanaka", "Liam Murphy",
    "Mina Patel", "Noah Cohen", "Olga Nowak", "Pedro Alvarez", "Quinn Taylor", "Rania Haddad",
    "Sven Larsson", "Tara Singh", "Uma Reddy", "Victor Dubois", "Wendy Clark", "Yusuf Demir",
)  # fmt: skip
_PLACES = (
    ("742 Evergreen Terrace", "Portland", "OR", "97201"),
    ("18 Harbor View Rd", "Seattle", "WA", "98101"),
    ("55 Sunset Blvd", "Los Angeles", "CA", "90028"),
    ("9 Maple Ave", "Albany", "NY", "12207"),
    ("301 Lakeshore Dr", "Chicago", "IL", "60611"),
    ("77 Beacon St", "Boston", "MA", "02108"),
)


@dataclass
class _Rows:
    """What is written for all orders together, each kind by one statement."""

    orders: list[Order] = field(default_factory=list)
    lines: list[LineItem] = field(default_factory=list)
    events: list[OrderEvent] = field(default_factory=list)
    ledger: list[LedgerEntry] = field(default_factory=list)
    fulfilments: list[Fulfilment] = field(default_factory=list)
    sent: list[FulfilmentLine] = field(default_factory=list)
    movements: list[StockMovement] = field(default_factory=list)
    outbox: list[OutboxMessage] = field(default_factory=list)
    attempts: list[PaymentAttempt] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)

    def write(self) -> None:
        Order.objects.bulk_create(self.orders)
        LineItem.objects.bulk_create(self.lines)
        OrderEvent.objects.bulk_create(self.events)
        LedgerEntry.objects.bulk_create(self.ledger)
        Fulfilment.objects.bulk_create(self.fulfilments)
        FulfilmentLine.objects.bulk_create(self.sent)
        StockMovement.objects.bulk_create(self.movements)
        OutboxMessage.objects.bulk_create(self.outbox)
        if settings.STRIPE_SIMULATOR:
            PaymentAttempt.objects.bulk_create(self.attempts)
            in_public(lambda: Session.objects.bulk_create(self.sessions))


def ensure_orders(tenant: Tenant) -> None:
    """Give a demo shop its ways to send, its taxes and its orders, unless it has orders."""
    with tenant_context(tenant), transaction.atomic():
        if Order.objects.exists():
            return
        _settings(tenant)
        rows = _Rows()
        if tenant.slug == "tech":
            _founding_orders(tenant, rows)
        _a_year(tenant, rows)
        for number, order in enumerate(sorted(rows.orders, key=lambda each: each.created_at), 1):
            order.number = f"{tenant.slug[0].upper()}-{1000 + number}"
        rows.write()
        ShopState.objects.update(
            last_order_number=1000 + len(rows.orders), catalogue_version=F("catalogue_version") + 1
        )


def _settings(tenant: Tenant) -> None:
    OrderSettings.objects.update(prices_include_tax=tenant.slug != "tech")
    ShippingMethod.objects.update_or_create(
        code="standard",
        defaults={
            "name": "Standard",
            "description": "3–5 days",
            "price": D("5.90"),
            "free_from": D(150),
        },
    )
    ShippingMethod.objects.update_or_create(
        code="express",
        defaults={
            "name": "Express",
            "description": "next day",
            "price": D("14.90"),
            "position": 2,
        },
    )
    rates = [("US", "CA", "7.25"), ("US", "NY", "8.875"), ("US", "WA", "6.5")]
    if tenant.slug != "tech":
        rates = [("DE", "", "19"), ("AT", "", "20"), ("FR", "", "20")]
    TaxRate.objects.bulk_create(
        TaxRate(
            country=country,
            state=state,
            percent=D(percent),
            name="Sales tax" if country == "US" else "VAT",
        )
        for country, state, percent in rates
    )
    Discount.objects.create(code="WELCOME10", kind="percent", value=10)
    Discount.objects.create(code="TWENTYOFF", kind="amount", value=20, minimum=100)


# --- The founding document's ---------------------------------------------------------------------

_JANE = Address("123 Main St", "Metropolis", "USA", "US", "Apt 4B", "NY", "10001")
_JOHN = Address("456 Park Ave", "Metropolis", "USA", "US", "", "NY", "10002")


def _founding_orders(tenant: Tenant, rows: _Rows) -> None:
    headphones = Variant.objects.select_related("product").get(sku="WH-001")
    speaker = Variant.objects.select_related("product").get(sku="BS-002")
    jane = Customer.objects.create(
        id=UUID("f9a0b1c2-d3e4-4f5a-9b6c-7d8e9f0a1b2c"),
        name="Jane Smith",
        email="jane.smith@example.com",
        phone="+1234567890",
    )
    john = Customer.objects.create(
        name="John Doe", email="john.doe@example.com", phone="+1987654321"
    )
    placed_at = datetime(2025, 3, 15, 10, 30, tzinfo=UTC)
    totals = compute_totals(
        [(headphones.price, 1), (speaker.price, 1)],
        currency=tenant.currency,
        shipping=D("10.00"),
        discount=D("20.00"),
        rate=Rate(D("5.2637")),
    )
    order = _order(
        tenant,
        jane,
        _JANE,
        totals,
        placed_at,
        id=UUID("d7e8f9a0-b1c2-4d3e-8f4a-5b6c7d8e9f0a"),
        notes="Please leave at front door",
    )
    ids = ["a0b1c2d3-e4f5-4a6b-9c7d-8e9f0a1b2c3d", "b1c2d3e4-f5a6-4b7c-9d8e-9f0a1b2c3d4e"]
    _add(rows, order, [(headphones, 1), (speaker, 1)], totals, ids)
    _pay(rows, order, placed_at + timedelta(minutes=2))
    _send(rows, order, datetime(2025, 3, 15, 14, 20, tzinfo=UTC), "UPS", "1Z999AA10123456784")

    placed_at = datetime(2025, 3, 16, 14, 45, tzinfo=UTC)
    totals = compute_totals([(headphones.price, 1)], currency=tenant.currency)
    order = _order(
        tenant,
        john,
        _JOHN,
        totals,
        placed_at,
        id=UUID("e8f9a0b1-c2d3-4e4f-9a5b-6c7d8e9f0a1b"),
        shipping_method="express",
        shipping_name="Express",
        notes="Please call before delivery",
        keep_until_paid=True,
    )
    _add(rows, order, [(headphones, 1)], totals)
    # The documented stock is what is left to sell beside the unit held here.
    Variant.objects.filter(pk=headphones.pk).update(on_hand=F("on_hand") + 1, held=F("held") + 1)
    rows.movements.append(_movement(headphones, 1, "receipt", placed_at - timedelta(days=1)))


# --- A year ---------------------------------------------------------------------------------------


def _a_year(tenant: Tenant, rows: _Rows) -> None:
    """Orders over the last year, more of them lately: most sent, a few waiting or cancelled."""
    dice = random.Random(_SEED + len(tenant.slug))  # noqa: S311 - plausible, not secret
    variants = list(
        Variant.objects.select_related("product").filter(product__status="active").order_by("sku")
    )
    customers = [
        Customer(name=name, email=f"{name.lower().replace(' ', '.')}@example.com")
        for name in _NAMES
    ]
    Customer.objects.bulk_create(customers)
    now = timezone.now().replace(microsecond=0)
    rates = {rate.state: Rate(rate.percent, True) for rate in TaxRate.objects.filter(country="US")}
    methods = {method.code: method for method in ShippingMethod.objects.all()}
    include = OrderSettings.objects.get().prices_include_tax
    for number in range(_A_YEAR):
        age = timedelta(days=365 * (1 - number / _A_YEAR) ** 1.5, minutes=dice.randrange(600))
        line1, city, state, postal_code = dice.choice(_PLACES)
        basket = dice.sample(variants, dice.choice((1, 1, 1, 2, 2, 3)))
        wanted = [(variant, dice.choice((1, 1, 1, 2))) for variant in basket]
        method = methods["express" if dice.random() < 0.2 else "standard"]
        goods = sum((variant.price * units for variant, units in wanted), D(0))
        totals = compute_totals(
            [(variant.price, units) for variant, units in wanted],
            currency=tenant.currency,
            shipping=method.price_for(goods),
            rate=rates.get(state, Rate()),
            prices_include_tax=include,
        )
        placed_at = now - age - timedelta(hours=2)
        order = _order(
            tenant,
            dice.choice(customers),
            Address(line1, city, "US", "US", "", state, postal_code),
            totals,
            placed_at,
            shipping_method=method.code,
            shipping_name=method.name,
            prices_include_tax=include,
        )
        _add(rows, order, wanted, totals)
        if dice.random() < 0.06:
            _cancel(rows, order, placed_at + timedelta(minutes=35))
            continue
        _pay(rows, order, placed_at + timedelta(minutes=3))
        if age > timedelta(days=3):
            sent_at = placed_at + timedelta(hours=dice.randrange(4, 48))
            _send(rows, order, sent_at, "UPS", f"1Z{dice.randrange(10**15):015}")


# --- One order -----------------------------------------------------------------------------------


def _order(
    tenant: Tenant,
    customer: Customer,
    address: Address,
    totals: Totals,
    placed_at: datetime,
    **fields: object,
) -> Order:
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


def _add(
    rows: _Rows,
    order: Order,
    wanted: list[tuple[Variant, int]],
    totals: Totals,
    ids: Iterable[str] = (),
) -> None:
    given = [UUID(text) for text in ids] or [uuid7() for _ in wanted]
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
        )
        for position, (line_id, (variant, units), sums) in enumerate(
            zip(given, wanted, totals.lines, strict=True), 1
        )
    ]
    _event(rows, order, "placed", f"Order placed, {len(wanted)} line items.", order.created_at)


def _lines_of(rows: _Rows, order: Order) -> list[LineItem]:
    return [line for line in rows.lines if line.order_id == order.pk]


def _event(rows: _Rows, order: Order, kind: str, text: str, at: datetime) -> None:
    rows.events.append(OrderEvent(order=order, kind=kind, text=text, created_at=at))
    order.updated_at = at


def _movement(
    variant: Variant, units: int, kind: str, at: datetime, source: str = ""
) -> StockMovement:
    return StockMovement(variant=variant, kind=kind, quantity=units, source=source, created_at=at)


def _pay(rows: _Rows, order: Order, at: datetime) -> None:
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
        rows.movements.append(_movement(line.variant, line.quantity, "receipt", early))
        rows.movements.append(
            _movement(line.variant, -line.quantity, "sale", at, f"sale:{line.pk}")
        )
    _event(rows, order, "paid", f"Paid {order.total.normalize():f} {order.currency}.", at)
    rows.outbox.append(
        OutboxMessage(
            topic="mail.order_confirmed",
            dedupe_key=f"mail.order_confirmed:{order.pk}:",
            payload={"order": str(order.pk)},
            created_at=at,
            attempts=1,
            sent_at=at,
        )
    )
    _remember_session(rows, order, payment)


def _remember_session(rows: _Rows, order: Order, payment: str) -> None:
    """The session at the simulator, so that the order can be refunded like any other."""
    session_id = f"cs_test_demo{order.pk.hex}"
    ends = order.created_at + timedelta(minutes=35)
    rows.sessions.append(
        Session(
            id=session_id,
            params={"client_reference_id": str(order.pk), "line_items": [], "success_url": ""},
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
    rows.attempts.append(
        PaymentAttempt(
            order=order,
            state=PaymentAttempt.State.COMPLETE,
            stripe_key=f"demo-{order.pk.hex}",
            params={},
            amount=order.total,
            currency=order.currency,
            session_id=session_id,
            expires_at=ends,
            created_at=order.created_at,
        )
    )


def _send(rows: _Rows, order: Order, at: datetime, carrier: str, tracking_number: str) -> None:
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


def _cancel(rows: _Rows, order: Order, at: datetime) -> None:
    order.status, order.units = Order.Status.CANCELLED, Order.Units.RELEASED
    order.cancel_reason, order.expired = "Nobody paid in time.", True
    _event(rows, order, "cancelled", "Cancelled: Nobody paid in time.", at)
