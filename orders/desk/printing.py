"""Packing slips and invoices: the customer reads them, in the language of the order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

import segno
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import formats
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from catalog.display import money, speaking
from orders.desk.paging import PER_PAGE
from orders.models import LedgerEntry, LineItem, Order
from orders.services.pricing import order_settings
from orders.showing import order_context
from pycommerce.core.pdf import NoPdf, make_pdf
from pycommerce.db import connection
from tenants.origins import shop_origin

PAPERS = MappingProxyType({"slips": "Packing slips", "invoices": "Invoices"})
# As many as a page of the list has. As PDF they take three seconds of a processor and 0.1 s for
# each order.
MOST_PAPERS = PER_PAGE
# The only picture of a PDF, under a name that nobody can fetch.
_LOGO = "paper:logo"
_STYLES = Path(settings.BASE_DIR) / "static/css/papers.css"


@dataclass(frozen=True, slots=True)
class Sum:
    """A row below the lines of an invoice; `kind` is for the style sheet."""

    label: str
    amount: str
    kind: str = ""


def print_papers(
    paper: str, order_ids: Sequence[UUID], *, address_of: Callable[[UUID], str], logo: str = ""
) -> list[SafeString]:
    """A paper for each order, oldest first; each is a page of its own.

    `address_of` gives the whole address of an order in the back office, for the code on its
    paper; `logo` is where the shop's logo is found.
    """
    tenant, shop = connection.tenant, order_settings()
    origin = shop_origin(tenant)
    orders = Order.objects.filter(pk__in=order_ids, number__isnull=False)
    found = []
    for order in orders.order_by("created_at", "pk").prefetch_related(
        "line_items", "ledger", "fulfilments"
    ):
        with speaking(order.language):
            context = order_context(order) | {
                "tenant": tenant,
                "logo": logo,
                "origin": origin,
                "shop": shop,
                "packed": _packed(order),
                "sums": sums_of(order),
                "sent": next(iter(order.fulfilments.all()), None),
                "code": _code(address_of(order.pk), order),
            }
            found.append(render_to_string(f"orders/papers/{paper}.html", context))
    return found


def papers_as_pdf(
    paper: str, order_ids: Sequence[UUID], *, address_of: Callable[[UUID], str]
) -> bytes:
    """The same papers as one PDF. Raises NoPdf."""
    tenant = connection.tenant
    pictures = {}
    if tenant.logo and tenant.logo.storage.exists(tenant.logo.name):
        with tenant.logo.open() as file:
            pictures[_LOGO] = file.read()
    logo = _LOGO if pictures else ""
    papers = print_papers(paper, order_ids, address_of=address_of, logo=logo)
    if not papers:
        raise NoPdf("No order was chosen.")
    context = {"papers": papers, "title": PAPERS[paper], "tenant": tenant}
    html = render_to_string("orders/papers/pdf.html", context)
    return make_pdf(html, css=_STYLES.read_text(), pictures=pictures)


def _packed(order: Order) -> list[tuple[LineItem, int]]:
    """Lines and units for the parcel: what is to be sent, or what was sent once nothing is."""
    lines = order.line_items.all()
    to_send = [(line, units) for line in lines if (units := line.to_send)]
    return to_send or [(line, line.fulfilled) for line in lines if line.fulfilled]


def _code(address: str, order: Order) -> SafeString:
    """An address as a QR code, to be read from a paper by a telephone."""
    made = segno.make(address, error="m", micro=False)
    return mark_safe(  # noqa: S308 - made by the library, of modules alone
        made.svg_inline(
            omitsize=True,
            border=2,
            svgclass="code",
            lineclass=None,
            title=_("Order %(number)s") % {"number": order.number},
        )
    )


def sums_of(order: Order) -> list[Sum]:
    """What an invoice comes to: goods, discount, shipping, tax by rate, total, what was paid."""
    taxes = [_tax_sum(order, percent, *sums) for percent, sums in taxes_of(order).items()]
    found = [Sum(_("Goods"), money(order.items_total))]
    if order.discount_total:
        label = f"{_('Discount')} ({order.discount_code})" if order.discount_code else _("Discount")
        found.append(Sum(label, f"−{money(order.discount_total)}"))
    shipping = f"{_('Shipping')} ({order.shipping_name})"
    found.append(Sum(shipping, money(order.shipping_total)))
    if not order.prices_include_tax:
        found += taxes
    found.append(Sum(_("Total"), money(order.total), "total"))
    if order.prices_include_tax:
        found += taxes
    return found + _payments(order)


def taxes_of(order: Order) -> dict[Decimal, tuple[Decimal, Decimal]]:
    """Per cent to the amount that is taxed, without its tax, and the tax."""
    found: dict[Decimal, tuple[Decimal, Decimal]] = {}

    def add(percent: Decimal, net: Decimal, tax: Decimal) -> None:
        nets, sums = found.get(percent, (Decimal(0), Decimal(0)))
        found[percent] = nets + net, sums + tax

    lines = order.line_items.all()
    for line in lines:
        if line.tax_percent:
            inside = line.tax if order.prices_include_tax else Decimal(0)
            add(line.tax_percent, line.total_price - line.discount - inside, line.tax)
    # Of shipping an order keeps what is left of its tax: it has the rate of the place too.
    if shipping_tax := order.tax_total - sum((line.tax for line in lines), Decimal(0)):
        add(max(found, default=Decimal(0)), order.shipping_net, shipping_tax)
    return dict(sorted(found.items()))


def _tax_sum(order: Order, percent: Decimal, net: Decimal, tax: Decimal) -> Sum:
    rate = formats.number_format(Decimal(f"{percent.normalize():f}"))
    values = {
        "tax": order.tax_words or _("%(percent)s %% tax") % {"percent": rate},
        "net": money(net),
    }
    if order.prices_include_tax:
        return Sum(_("of which %(tax)s on %(net)s") % values, money(tax), "quiet")
    return Sum(_("%(tax)s on %(net)s") % values, money(tax))


def _payments(order: Order) -> list[Sum]:
    found = []
    if order.captured:
        charges = [each for each in order.ledger.all() if each.kind == LedgerEntry.Kind.CHARGE]
        values: dict[str, Any] = {
            "date": formats.date_format(charges[0].created_at if charges else order.created_at)
        }
        if order.payment_method == Order.PaymentMethod.CREDIT_CARD:
            label = _("Paid by card on %(date)s") % values
        else:
            label = _("Paid on %(date)s") % values
        found.append(Sum(label, money(order.captured)))
    if order.refunded:
        found.append(Sum(_("Given back"), f"−{money(order.refunded)}"))
    if order.captured < order.total and order.status != Order.Status.CANCELLED:
        found.append(Sum(_("To pay"), money(order.total - order.captured), "total"))
    return found
