"""How values are shown to people, in the tenant's language and currency."""

from decimal import Decimal

from babel.numbers import format_currency
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pycommerce.core.money import decimals_of
from pycommerce.db import connection

FEW = 3


def money(amount: Decimal) -> str:
    """An amount in the tenant's currency, as its language writes it: $1,299.00, 1.299,00 €."""
    tenant = connection.tenant
    exact = round(amount, decimals_of(tenant.currency))
    return format_currency(
        exact if exact == amount else amount.normalize(),
        tenant.currency,
        locale=tenant.language,
        decimal_quantization=exact == amount,
    )


def stock_words(stock: int) -> str:
    """What a shopper needs to know of the units that can be sold."""
    if stock <= 0:
        return _("Sold out")
    if stock <= FEW:
        return ngettext("Only %(count)d left", "Only %(count)d left", stock) % {"count": stock}
    return _("In stock")


def stock_state(stock: int) -> str:
    """The same for a style sheet: `out`, `few` or `in`."""
    return "out" if stock <= 0 else "few" if stock <= FEW else "in"


def percent_off(price: Decimal, compare_at_price: Decimal | None) -> int:
    """How much lower the price is, in whole per cent; 0 where it is not."""
    if not compare_at_price or compare_at_price <= price:
        return 0
    return int((compare_at_price - price) * 100 / compare_at_price)


def price_html(price: Decimal, max_price: Decimal, compare_at_price: Decimal | None) -> SafeString:
    """The price with what it was before, and "from" where variants differ."""
    now: str = escape(money(price))
    if max_price > price:
        now = escape(_("from %(price)s")) % {"price": now}
    if not percent_off(price, compare_at_price) or compare_at_price is None:
        return SafeString(f'<span class="price">{now}</span>')
    before = escape(money(compare_at_price))
    return SafeString(
        f'<span class="price price-reduced">{now}</span> '
        f'<s class="price-before"><span class="visually-hidden">{escape(_("Before:"))} </span>'
        f"{before}</s>"
    )
