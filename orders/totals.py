"""The sums of an order. Everything is rounded half up, once per line; nothing is a float."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from pycommerce.core.money import quantum_of, round_to, step_of

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Rate:
    """The tax that applies: per cent, and whether shipping is taxed as well."""

    percent: Decimal = ZERO
    on_shipping: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class LineTotals:
    """A line's price, its share of the discount and its tax."""

    total: Decimal
    discount: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """The amounts of an order; `subtotal + tax + shipping_net == total`, always."""

    lines: tuple[LineTotals, ...]
    items_total: Decimal
    discount: Decimal
    shipping: Decimal
    shipping_net: Decimal
    tax: Decimal
    subtotal: Decimal
    total: Decimal


def compute_totals(
    prices: Sequence[tuple[Decimal, int]],
    *,
    currency: str,
    shipping: Decimal = ZERO,
    discount: Decimal = ZERO,
    rate: Rate = Rate(),
    prices_include_tax: bool = False,
) -> Totals:
    """The sums for lines of (unit price, quantity).

    `discount` is an amount off the goods, at most all of them; each line bears its share. All are
    amounts that can be paid, where the prices are.
    """
    step = step_of(currency)
    if any(price % step for price, _ in prices):
        # They were there before such prices were refused, and are not paid by card.
        step = quantum_of(currency)
    amounts = [price * quantity for price, quantity in prices]
    items_total = sum(amounts, ZERO)
    discount = min(round_to(discount, step), items_total)
    shipping = round_to(shipping, step)
    shares = share_out(discount, amounts, step)
    lines = tuple(
        LineTotals(
            total=amount,
            discount=share,
            tax=_tax(amount - share, rate.percent, step, prices_include_tax),
        )
        for amount, share in zip(amounts, shares, strict=True)
    )
    shipping_percent = rate.percent if rate.on_shipping else ZERO
    shipping_tax = _tax(shipping, shipping_percent, step, prices_include_tax)
    tax = sum((line.tax for line in lines), ZERO) + shipping_tax
    total = items_total - discount + shipping + (ZERO if prices_include_tax else tax)
    shipping_net = shipping - (shipping_tax if prices_include_tax else ZERO)
    return Totals(
        lines=lines,
        items_total=items_total,
        discount=discount,
        shipping=shipping,
        shipping_net=shipping_net,
        tax=tax,
        subtotal=total - tax - shipping_net,
        total=total,
    )


def _tax(amount: Decimal, percent: Decimal, step: Decimal, included: bool) -> Decimal:
    if not percent:
        return ZERO
    divisor = 100 + percent if included else Decimal(100)
    return round_to(amount * percent / divisor, step)


def share_out(amount: Decimal, weights: Sequence[Decimal], step: Decimal) -> list[Decimal]:
    """The amount in parts by weight, each a multiple of the step.

    The parts make the amount exactly: what rounding leaves goes to the largest remainders.
    """
    whole = sum(weights, ZERO)
    if not amount or not whole:
        return [ZERO for _ in weights]
    exact = [amount * weight / whole for weight in weights]
    parts = [(share / step).quantize(Decimal(1), rounding=ROUND_DOWN) * step for share in exact]
    missing = int((amount - sum(parts, ZERO)) / step)
    by_remainder = sorted(range(len(parts)), key=lambda i: parts[i] - exact[i])
    for index in by_remainder[:missing]:
        parts[index] += step
    return parts
