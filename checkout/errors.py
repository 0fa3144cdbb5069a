"""The refusals of carts and payments, one class each."""

from decimal import Decimal

from django.utils.translation import gettext as _

from catalog.display import money
from orders.errors import PricesChanged
from pycommerce.core.errors import Conflict, Refusal


class PaymentProviderUnavailable(Refusal):
    """Stripe does not answer, or not in a way that can be used (502)."""

    status = 502
    code = "payment_provider_unavailable"
    message = "The payment provider cannot be reached at the moment."

    def __init__(self, details: str = "") -> None:
        super().__init__(details or _("The payment provider cannot be reached at the moment."))


class PaymentRefused(Conflict):
    """The provider says that this can never be paid, or never be given back.

    `reason` are the provider's own words: for the shop and for logs, never for a shopper.
    """

    message = "The payment provider does not accept this payment."

    def __init__(self, details: str = "", *, reason: str = "") -> None:
        super().__init__(details or _("The payment provider does not accept this payment."))
        self.reason = reason or details


class KeptFailure(PaymentProviderUnavailable):
    """The provider gives the failure again that it kept for this idempotency key."""


class TotalChanged(PricesChanged):
    """The order would come to another total than the one the shopper saw."""

    def __init__(self, total: Decimal) -> None:
        words = _("The total is %(total)s now. Please look at it, and pay again.")
        super().__init__(words % {"total": money(total)})


class UnknownAccount(Exception):
    """The provider knows no such account, or it is not connected to the platform."""


class NotThatSession(Exception):
    """A session that cannot be expired: it is complete, expired already, or unknown."""
