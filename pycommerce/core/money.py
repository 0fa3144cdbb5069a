"""Money is a Decimal in major units (149.99) of the tenant's currency."""

from decimal import ROUND_HALF_UP, Decimal

# ISO 4217, as CLDR has it: currencies whose smallest unit is not a hundredth.
_WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
_DECIMALS = dict.fromkeys(_WHOLE.split(), 0) | dict.fromkeys(_THOUSANDTHS.split(), 3)

MAX_DIGITS = 13
MAX_DECIMALS = 3
UPPER_LIMIT = Decimal(10_000_000_000)


def decimals_of(currency: str) -> int:
    """How many decimals amounts in this currency (ISO 4217 code) have."""
    return _DECIMALS.get(currency, 2)


def quantum_of(currency: str) -> Decimal:
    """The smallest amount of the currency: 0.01 for USD, 1 for JPY."""
    return Decimal(1).scaleb(-decimals_of(currency))


def round_money(amount: Decimal, currency: str) -> Decimal:
    """The amount rounded half up to what the currency can express."""
    return amount.quantize(quantum_of(currency), rounding=ROUND_HALF_UP)


def round_to(amount: Decimal, step: Decimal) -> Decimal:
    """The amount rounded half up to a multiple of a step, such as `step_of` a currency."""
    return (amount / step).quantize(Decimal(1), rounding=ROUND_HALF_UP) * step


# Stripe: "Zero-decimal currencies" and "Three-decimal currencies" (docs.stripe.com/currencies).
# ISK and UGX have no decimals, and are sent with two all the same ("Special cases").
_STRIPE_WHOLE = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
_STRIPE_THOUSANDTHS = frozenset("BHD JOD KWD OMR TND".split())


class TooFine(ValueError):
    """The amount is no whole number of what the payment provider counts in."""


def _minor_decimals(currency: str) -> int:
    if currency in _STRIPE_WHOLE:
        return 0
    return 3 if currency in _STRIPE_THOUSANDTHS else 2


def step_of(currency: str) -> Decimal:
    """Amounts that can be paid are multiples of it: 0.01 for USD, 1 for JPY, 0.01 for KWD as well.

    Stripe takes amounts in three-decimal currencies whose last digit is 0.
    """
    minor = 10 if currency in _STRIPE_THOUSANDTHS else 1
    return max(quantum_of(currency), from_minor_units(minor, currency))


def to_minor_units(amount: Decimal, currency: str) -> int:
    """The amount as Stripe counts it: cents for USD, yen for JPY.

    Raises TooFine. Amounts of three-decimal currencies end in 0 there.
    """
    if amount % step_of(currency):
        raise TooFine(f"{amount} {currency} cannot be paid by card.")
    return int(amount.scaleb(_minor_decimals(currency)))


def most_minor_units(currency: str) -> int:
    """The largest charge, as Stripe counts it.

    Stripe, "Minimum and maximum charge amounts" (docs.stripe.com/currencies): twelve digits for
    IDR, and eight for all other currencies.
    """
    return 999_999_999_999 if currency == "IDR" else 99_999_999


def most_payable(currency: str) -> Decimal:
    """The largest amount that can be paid at once."""
    most = from_minor_units(most_minor_units(currency), currency)
    return (most - most % step_of(currency)).quantize(quantum_of(currency))


def price_problem(price: Decimal, currency: str) -> str:
    """Why nobody could pay this price, in a sentence; "" where somebody can."""
    most = most_payable(currency)
    if price > most:
        return f"At most {most} {currency} can be paid at once."
    return step_problem(price, currency)


def step_problem(amount: Decimal, currency: str) -> str:
    """Why an amount is too fine to be paid, and what comes next to it; "" where it is not."""
    step, quantum = step_of(currency), quantum_of(currency)
    if not (over := amount % step):
        return ""
    below, above = amount - over, amount - over + step
    return (
        f"{currency} is paid in steps of {step.quantize(quantum)}: "
        f"use {below.quantize(quantum)} or {above.quantize(quantum)}."
    )


def from_minor_units(minor: int, currency: str) -> Decimal:
    """An amount of Stripe's in major units."""
    return Decimal(minor).scaleb(-_minor_decimals(currency))
