"""What a shop sold: day by day, against the time before, and which products most.

Revenue is what was paid on orders that were placed in a time, less what went back of it since;
shipping and tax are in it. An order counts once it is paid, unless it was cancelled, is in review
or all of its payment went back.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, F, Max, Q, QuerySet, Sum, When
from django.db.models.functions import TruncDate
from django.utils import timezone

from orders.models import LineItem, Order
from pycommerce.core.money import decimals_of, round_money
from pycommerce.db import connection

PERIODS = (7, 30, 90)
TOP = 10
_COUNTED_PAYMENTS = [Order.PaymentStatus.PAID, Order.PaymentStatus.PARTIALLY_REFUNDED]


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the shop, or several taken together."""

    date: date
    orders: int = 0
    revenue: Decimal = Decimal(0)

    @property
    def average(self) -> Decimal | None:
        """What an order came to, in the currency's decimals; None without any."""
        if not self.orders:
            return None
        return round_money(self.revenue / self.orders, connection.tenant.currency)


@dataclass(frozen=True, slots=True)
class Figures:
    """As many days up to today, oldest first, and the same number of days before them.

    The last day of `before` ends at this time of its day, so that both times are of one length.
    """

    days: list[Day]
    before: list[Day]

    @property
    def total(self) -> Day:
        return _sum(self.days)

    @property
    def total_before(self) -> Day:
        return _sum(self.before)


def _sum(days: list[Day]) -> Day:
    return Day(
        days[0].date,
        sum(day.orders for day in days),
        sum((day.revenue for day in days), Decimal(0)),
    )


def counted(since: datetime) -> QuerySet[Order]:
    """The orders placed since then that figures count."""
    cancelled = Order.Status.CANCELLED
    placed = Order.objects.filter(number__isnull=False, created_at__gte=since).order_by()
    return placed.filter(payment_status__in=_COUNTED_PAYMENTS).exclude(status=cancelled)


def begins(days: int, now: datetime) -> datetime:
    """The first moment of so many days of which the last one is today."""
    first = now - timedelta(days=days - 1)
    return first.replace(hour=0, minute=0, second=0, microsecond=0)


def local_now() -> datetime:
    """This moment as the shop's clocks show it; days are added to it as its calendar has them."""
    return timezone.now().astimezone(ZoneInfo(connection.tenant.time_zone))


def figures_of(days: int) -> Figures:
    """What was sold in so many days, by one statement."""
    now = local_now()
    start = begins(days, now)
    earliest = start - timedelta(days=days)
    same_time_before = Q(created_at__lt=now - timedelta(days=days)) | Q(created_at__gte=start)
    rows = (
        counted(earliest)
        .filter(same_time_before)
        .values(day=TruncDate("created_at", tzinfo=now.tzinfo))
        .annotate(count=Count("pk"), sum=Sum(F("captured") - F("refunded")))
    )
    found = {row["day"]: Day(row["day"], row["count"], row["sum"]) for row in rows}

    def row_of(first: datetime) -> list[Day]:
        dates = [(first + timedelta(days=number)).date() for number in range(days)]
        return [found.get(each, Day(each)) for each in dates]

    return Figures(row_of(start), row_of(earliest))


@dataclass(frozen=True, slots=True)
class TopProduct:
    """A product by what it was sold for: `amount` is less discounts and less refunded units."""

    product_id: UUID
    name: str
    units: int
    amount: Decimal


def top_products(days: int) -> list[TopProduct]:
    """The products that were sold for most in so many days, by one statement."""
    kept, goods = F("quantity") - F("refunded"), F("total_price") - F("discount")
    worth = Case(When(refunded=0, then=goods), default=goods * kept / F("quantity"))
    rows = (
        LineItem.objects.filter(order__in=counted(begins(days, local_now())))
        .order_by()
        .values("product_id")
        .annotate(title=Max("name"), units=Sum(kept), amount=Sum(worth))
        .filter(units__gt=0)
        .order_by("-amount", "product_id")[:TOP]
    )
    places = decimals_of(connection.tenant.currency)
    return [
        TopProduct(row["product_id"], row["title"], row["units"], round(row["amount"], places))
        for row in rows
    ]
