"""What the steps that ask the payment provider promise, for the OpenAPI description."""

from checkout.errors import PaymentProviderUnavailable, PaymentRefused
from orders import serializers
from orders.description import step

cancelled = step(
    "Cancel an order that was not sent; what was paid goes back",
    serializers.CancelSerializer,
    {"reason": "The customer changed their mind."},
    "Order T-1001 is completed.",
    refusals={PaymentProviderUnavailable: None},
)
refunded = step(
    "Give money back: an amount, units of lines, or all that is left",
    serializers.RefundSerializer,
    {"amount": 20.00, "reason": "Scratched."},
    "Order T-1001: 30 asked, 20 left to refund.",
    refusals={PaymentProviderUnavailable: None, PaymentRefused: None},
)
