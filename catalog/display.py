"""How values are shown to people, in the tenant's language and currency."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from html import escape
from typing import NamedTuple

from babel.numbers import (
    format_currency,
    format_decimal,
    get_decimal_symbol,
    get_group_symbol,
)
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pycommerce.core.bounded_cache import BoundedCache
from pycommerce.core.money import decimals_of
from pycommerce.db import connection

FEW = 3
# What is not told in the shop's language, such as the papers of an order placed in another.
_spoken: ContextVar[str] = ContextVar("spoken", default="")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Texts and amounts in this language, whatever the shop speaks."""
    token = _spoken.set(language)
    try:
        with translation.override(language):
            yield
    finally:
        _spoken.reset(token)


def option_words(options: Iterable[tuple[str, str]]) -> str:
    """What was chosen, by pairs of name and value: Size: M, Colour: Black."""
    return ", ".join(f"{name}: {value}" for name, value in options)


class _Style(NamedTuple):
    """How a language writes amounts of a currency: what stands around the digits and in them."""

    decimals: int
    before: str
    marks: dict[int, str]
    after: str


_styles: BoundedCache[_Style] = BoundedCache(1000)


def _style_of(currency: str, language: str) -> _Style:
    style = _styles.get((currency, language))
    if style is None:
        style = _read_style(currency, language)
        _styles.put((currency, language), style)
    return style


def _read_style(currency: str, language: str) -> _Style:
    """From an amount that Babel wrote, which takes ten times as long as writing one here."""
    point = get_decimal_symbol(language)
    marks = str.maketrans({",": get_group_symbol(language), ".": point})
    sample = format_currency(1234567, currency, locale=language)
    before, _, after = sample.partition("1,234,567".translate(marks))
    # Its decimals are CLDR's, which leaves some currencies without any that we sell in hundredths.
    return _Style(decimals_of(currency), before, marks, after.lstrip(f"{point}0"))


def money(amount: Decimal) -> str:
    """An amount in the tenant's currency, as its language writes it: $1,299.00, 1.299,00 €.

    What is `speaking` another language writes it as that one does.
    """
    tenant = connection.tenant
    language = _spoken.get() or tenant.language
    style = _style_of(tenant.currency, language)
    exact = round(amount, style.decimals)
    if exact != amount or amount < 0:
        return format_currency(
            exact if exact == amount else amount.normalize(),
            tenant.currency,
            locale=language,
            decimal_quantization=exact == amount,
        )
    return f"{style.before}{f'{exact:,}'.translate(style.marks)}{style.after}"


def stock_words(stock: int) -> str:
    """What a shopper needs to know of the units that can be sold."""
    if stock <= 0:
        return _("Sold out")
    if stock <= FEW:
        return ngettext("Low stock: %(count)d left", "Low stock: %(count)d left", stock) % {
            "count": stock
        }
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
    now = escape(money(price))
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


def offer_price_html(price: Decimal, compare_at_price: Decimal | None) -> SafeString:
    """The price of one variant, with how much lower it is than before."""
    found = price_html(price, price, compare_at_price)
    if off := percent_off(price, compare_at_price):
        return SafeString(f'{found} <span class="badge badge-sale">−{off} %</span>')
    return found


def weight(grams: Decimal) -> str:
    """A weight as people say it: 350 g, 1.2 kg."""
    kilos = grams >= 1000
    # Pounds and ounces of an import are no whole grams.
    shown = grams / 1000 if kilos else round(grams) if grams >= 10 else grams
    amount = format_decimal(shown, locale=connection.tenant.language)
    return f"{amount}\N{NO-BREAK SPACE}{'kg' if kilos else 'g'}"
