"""Filters of the storefront's templates."""

from decimal import Decimal

from django import template
from django.utils.safestring import SafeString

from catalog import display
from catalog.sanitise import sanitise_html

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
def sanitised(html: str) -> SafeString:
    """HTML from the database as it may be shown; sanitised when it was written, and again here."""
    return SafeString(sanitise_html(html))


@register.filter
def plain_amount(amount: Decimal) -> str:
    """An amount as it is typed into a field: no currency, no more decimals than it has."""
    return f"{amount.normalize():f}"
