"""The list of orders: tabs by what there is to do, a search, newest first, page by page."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.db.models.lookups import IsNull

from orders.desk.page import PAID, is_paid
from orders.desk.paging import newest_page
from orders.desk.words import Tag, fulfilment_tag, payment_tags, units_words
from orders.models import LineItem, Order
from pycommerce.api.paging import Cut
from pycommerce.db.counting import capped_counts
from pycommerce.db.searching import Place, any_of, found_in

Status, Payment = Order.Status, Order.PaymentStatus

# Asked order by order through the index of their lines: EXISTS would make the planner read all
# the lines there are.
_UNSENT_LINE = Subquery(
    LineItem.objects.filter(
        order=OuterRef("pk"), quantity__gt=F("fulfilled") + Greatest("refunded", "restocked")
    )
    .order_by()
    .values("pk")[:1]
)
_UNSENT = Q(IsNull(_UNSENT_LINE, False))
_ALL_SENT = Q(IsNull(_UNSENT_LINE, True))
_PAID = Q(status=Status.PROCESSING, payment_status__in=PAID)


@dataclass(frozen=True, slots=True)
class Tab:
    """A part of the orders; each but `all` is found by an index on a state.

    `has_some_to_send`: there may be orders in it that can be fulfilled.
    """

    name: str
    condition: Q
    has_some_to_send: bool = False


TABS: Mapping[str, Tab] = MappingProxyType(
    {
        "all": Tab("All", Q(), has_some_to_send=True),
        "to-fulfil": Tab("To fulfil", _PAID & _UNSENT, has_some_to_send=True),
        "unpaid": Tab(
            "Unpaid",
            Q(status=Status.PENDING, payment_status__in=[Payment.UNPAID, Payment.PROCESSING]),
        ),
        "review": Tab("In review", Q(payment_status=Payment.REVIEW)),
        "done": Tab(
            "Done",
            Q(status=Status.COMPLETED)
            | Q(status=Status.PROCESSING, payment_status=Payment.REFUNDED)
            | (_PAID & _ALL_SENT),
        ),
        "cancelled": Tab("Cancelled", Q(status=Status.CANCELLED)),
    }
)


@dataclass(frozen=True, slots=True)
class Row:
    """An order as the list shows it."""

    order: Order
    payment: list[Tag]
    fulfilment: Tag
    units: str
    can_be_sent: bool
    can_be_refunded: bool


def orders_in(tab: str) -> QuerySet[Order]:
    # An order that has no number yet is still being placed.
    return Order.objects.filter(TABS[tab].condition, number__isnull=False)


def tab_counts() -> dict[str, int]:
    """How many orders each tab has, up to a limit."""
    return capped_counts({key: orders_in(key) for key in TABS})


def matching(search: str) -> Q:
    """Orders by a part of their number, of a SKU, or by all the words in name or e-mail."""
    person = Q()
    for word in search.split():
        person &= Q(customer_name__icontains=word) | Q(customer_email__icontains=word)
    own = Q(number__icontains=search) | person
    lines = LineItem.objects.filter(sku__icontains=search)
    test = any_of(lines.filter(order=OuterRef("pk")))
    return found_in(
        [
            Place(Order.objects.filter(own).values("pk"), own),
            Place(lines.values("order_id"), test, slow=True),
        ]
    )


def find(tab: str, search: str) -> QuerySet[Order]:
    """All that a tab and a search list."""
    return orders_in(tab).filter(matching(search) if search else Q())


def find_page(tab: str, search: str, cursor: str | None) -> Cut:
    """A page of rows, newest first. A broken cursor, or another query's, is the first page."""
    cut = newest_page(
        find(tab, search).only(*_SHOWN).prefetch_related("line_items"),
        query=f"inbox {tab} {search}",
        cursor=cursor,
    )
    return cut._replace(rows=[_row(order) for order in cut.rows])


def rows_of(orders: QuerySet[Order]) -> list[Row]:
    """Orders as rows, as they are sorted."""
    return [_row(order) for order in orders.only(*_SHOWN).prefetch_related("line_items")]


_SHOWN = (
    "number",
    "created_at",
    "customer_name",
    "customer_email",
    "total",
    "status",
    "payment_status",
    "captured",
    "refunded",
)


def _row(order: Order) -> Row:
    lines = order.line_items.all()
    return Row(
        order,
        payment_tags(order),
        fulfilment_tag(order, lines),
        units_words(lines),
        can_be_sent=is_paid(order) and any(line.to_send for line in lines),
        can_be_refunded=order.refunded < order.captured,
    )
