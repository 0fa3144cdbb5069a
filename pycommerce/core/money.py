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
