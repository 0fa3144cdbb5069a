"""What the calls that ask the payment provider promise, for the OpenAPI description."""

from checkout import serializers
from checkout.errors import PaymentProviderUnavailable, PaymentRefused
from orders import serializers as order_serializers
from orders.description import step
from orders.errors import IllegalTransition, PricesChanged
from pycommerce.api.description import OF_BODY, describe
from pycommerce.core.errors import Busy, Forbidden, InvalidRequest
from tenants.errors import TenantInactive, TenantNotFound

cancelled = step(
    "Cancel an order that was not sent; what was paid goes back",
    order_serializers.CancelSerializer,
    {"reason": "The customer changed their mind."},
    "Order T-1001 is completed.",
    refusals={PaymentProviderUnavailable: None},
)
refunded = step(
    "Give money back: an amount, units of lines, or all that is left",
    order_serializers.RefundSerializer,
    {"amount": 20.00, "reason": "Scratched."},
    "Order T-1001: 30 asked, 20 left to refund.",
    refusals={PaymentProviderUnavailable: None, PaymentRefused: None},
)
checkout_call = describe(
    tag="Checkout",
    summary="Create a Stripe checkout session for a shopper",
    request=serializers.CheckoutCallSerializer,
    answers={200: serializers.CheckoutSessionSerializer},
    refusals={
        InvalidRequest: "Detailed error message describing the issue",
        PricesChanged: "Premium Headphones: it does not cost 149.98.",
        IllegalTransition: "Order T-1001 is processing and paid; it waits for no payment.",
        PaymentRefused: None,
        PaymentProviderUnavailable: None,
        Forbidden: "This call is for the shop's own pages.",
        TenantInactive: "Tenant 'tech' is not active.",
        TenantNotFound: None,
        Busy: None,
        **OF_BODY,
    },
    request_example={
        "items": [
            {"id": "prod_1", "name": "Premium Headphones", "price": 149.99, "quantity": 1},
            {"id": "prod_2", "name": "Wireless Speaker", "price": 79.99, "quantity": 2},
        ],
        "order_id": "order-123-abc",
    },
    example={
        "checkout_url": "https://checkout.stripe.com/pay/cs_test_a1b2c3...",
        "session_id": "cs_test_a1b2c3...",
    },
    token=False,
    flat=True,
)
