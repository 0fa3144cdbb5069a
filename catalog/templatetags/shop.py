"""Filters of the storefront's templates."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html, linebreaks
from django.utils.safestring import SafeString

from catalog import display, pictures
from catalog.sanitise import sanitise_html
from pycommerce.core.money import decimals_of
from pycommerce.db import connection

register = template.Library()


@register.filter
def money(amount: Decimal) -> str:
    """An amount in the tenant's currency and language."""
    return display.money(amount)


@register.filter
def stock_words(stock: int) -> str:
    return display.stock_words(stock)


@register.filter
def stock_state(stock: int) -> str:
    return display.stock_state(stock)


@register.filter
def sanitised(text: str) -> SafeString:
    """HTML from the database as it may be shown; sanitised when it was written, and again here.

    Text without a tag keeps its lines and paragraphs.
    """
    clean = sanitise_html(text)
    return SafeString(clean if "<" in clean else linebreaks(clean))


@register.filter
def plain_amount(amount: Decimal) -> str:
    """An amount as it is typed into a field: without the currency, and without cents of 00."""
    is_whole = amount == amount.to_integral_value()
    return f"{amount:.{0 if is_whole else decimals_of(connection.tenant.currency)}f}"


@register.filter
def unbroken(text: str, part: str) -> str:
    """The text as HTML for a mail, with a part that no line ends in, such as an order's number."""
    if not part or part not in text:
        return text
    before, after = text.split(part, 1)
    return format_html('{}<span style="white-space:nowrap">{}</span>{}', before, part, after)


@register.simple_tag
def srcset(picture: Mapping[str, Any], sizes: str) -> SafeString:
    """The attributes by which a browser chooses among the widths of a picture; empty for one."""
    found = pictures.srcset(picture)
    return format_html('srcset="{}" sizes="{}"', found, sizes) if found else SafeString("")


@register.filter
def widths(picture: Mapping[str, Any]) -> str:
    return pictures.srcset(picture)


@register.filter
def small(picture: Mapping[str, Any]) -> str:
    """The address of a picture at its narrowest."""
    return pictures.small(picture)
