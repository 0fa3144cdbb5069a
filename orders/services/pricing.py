"""What an order would cost: shipping, discount and tax for a cart and an address."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.addresses import state_code
from orders.errors import BadDiscount
from orders.models import Discount, Order, OrderSettings, ShippingMethod, TaxRate
from orders.totals import Rate, Totals, compute_totals
from pycommerce.core.errors import wrong_field
from pycommerce.core.money import UPPER_LIMIT, round_to, step_of


@dataclass(frozen=True, slots=True)
class Quote:
    """The sums, and by which method and code they came about.

    `is_tax_open`: the total may change, since the tax depends on a state that is not told yet.
    """

    totals: Totals
    shipping: ShippingMethod
    discount: Discount | None
    rate: Rate
    prices_include_tax: bool
    is_tax_open: bool


def order_settings() -> OrderSettings:
    """How this shop sells."""
    return OrderSettings.objects.get()


def shipping_methods(country_code: str) -> list[ShippingMethod]:
    """The methods that go to a country, as the shop sorts them."""
    active = ShippingMethod.objects.filter(active=True)
    return [method for method in active if method.goes_to(country_code)]


def find_shipping_method(code: str, country_code: str) -> ShippingMethod:
    """The active method of this code. Raises InvalidRequest naming `shipping_method`."""
    method = ShippingMethod.objects.filter(code=code, active=True).first()
    if method is None:
        known = ShippingMethod.objects.filter(active=True).values_list("code", flat=True)
        raise wrong_field("shipping_method", f"Use one of {', '.join(known)}.")
    if not method.goes_to(country_code):
        raise wrong_field("shipping_method", f"It does not go to {country_code}.")
    return method


def missing_for_free_shipping(goods: Decimal, country_code: str) -> Decimal | None:
    """How much more would be sent to the country for nothing; None where nothing is, or all is."""
    methods = shipping_methods(country_code)
    if any(not method.price_for(goods) for method in methods):
        return None
    limits = [method.free_from for method in methods if method.free_from is not None]
    return min(limits) - goods if limits else None


def rate_for(country_code: str, state: str) -> Rate:
    """The tax rate of the state (by code or name), else of the country, else none."""
    return _rate_among(_rates_in(country_code), state_code(country_code, state))


def _rates_in(country_code: str) -> dict[str, TaxRate]:
    """The rates of a country by its states, the one of all others under an empty text."""
    rates = TaxRate.objects.filter(country=country_code)
    return {state_code(country_code, rate.state): rate for rate in rates}


def _rate_among(rates: dict[str, TaxRate], state: str) -> Rate:
    rate = rates.get(state) or rates.get("")
    return Rate(rate.percent, rate.on_shipping, rate.name) if rate else Rate()


def find_discount(code: str, goods: Decimal, replaced: Order | None = None) -> Discount:
    """The discount of this code for goods of this amount.

    A use of it by the order that would be replaced is free again then, and does not count. Raises
    BadDiscount saying why not.
    """
    discount = Discount.objects.filter(code=code.strip().upper(), active=True).first()
    now = timezone.now()
    if discount is None or (discount.starts_at and discount.starts_at > now):
        raise BadDiscount(_("There is no such code."))
    if discount.ends_at and discount.ends_at <= now:
        raise BadDiscount(_("This code has ended."))
    own = 1 if replaced and replaced.used_discount_id == discount.pk else 0
    if discount.usage_limit is not None and discount.used_count - own >= discount.usage_limit:
        raise BadDiscount(_("This code has been used up."))
    if goods < discount.minimum:
        raise BadDiscount(_("This code is for larger orders."))
    return discount


def amount_off(discount: Discount, goods: Decimal, currency: str) -> Decimal:
    """How much the code takes off goods of this amount."""
    if discount.kind == Discount.Kind.PERCENT:
        return round_to(goods * discount.value / 100, step_of(currency))
    return min(discount.value, goods)


def quote(
    prices: Sequence[tuple[Decimal, int]],
    *,
    currency: str,
    country_code: str,
    state: str,
    shipping_code: str,
    discount_code: str = "",
    replaced: Order | None = None,
) -> Quote:
    """What lines of (unit price, quantity) cost, sent there that way.

    `replaced` is an order that would end with it, and give back the use of its code.
    Raises InvalidRequest naming `shipping_method` or `items`, or BadDiscount.
    """
    settings = order_settings()
    shipping = find_shipping_method(shipping_code, country_code)
    goods = sum((price * quantity for price, quantity in prices), Decimal(0))
    if goods >= UPPER_LIMIT:
        raise wrong_field("items", _("The order is too large."))
    discount = find_discount(discount_code, goods, replaced) if discount_code.strip() else None
    off = amount_off(discount, goods, currency) if discount else Decimal(0)
    rates, told = _rates_in(country_code), state_code(country_code, state)
    rate = _rate_among(rates, told)
    totals = compute_totals(
        prices,
        currency=currency,
        shipping=shipping.price_for(goods - off),
        discount=off,
        rate=rate,
        prices_include_tax=settings.prices_include_tax,
    )
    if totals.total >= UPPER_LIMIT:
        raise wrong_field("items", _("The order is too large."))
    return Quote(
        totals,
        shipping,
        discount,
        rate,
        prices_include_tax=settings.prices_include_tax,
        is_tax_open=not (settings.prices_include_tax or told) and bool(rates.keys() - {""}),
    )
