"""What Stripe says of an account that a shop's payments shall go to."""

from django.conf import settings

from checkout.errors import PaymentProviderUnavailable, UnknownAccount
from checkout.stripe_gateway import Gateway
from pycommerce.core.errors import wrong_field


def look_up(account: str) -> str:
    """A sentence on the account. Raises InvalidRequest naming `stripe_account`."""
    if settings.STRIPE_SIMULATOR or not settings.STRIPE_SECRET_KEY:
        return "It was not looked up, since no Stripe key is set."
    try:
        takes_charges = Gateway(account).takes_charges()
    except UnknownAccount as error:
        problem = "Stripe knows no such account, or it is not connected to this platform."
        raise wrong_field("stripe_account", problem) from error
    except PaymentProviderUnavailable as error:
        problem = "Stripe did not say whether it can be used: nothing was changed, try again later."
        raise wrong_field("stripe_account", problem) from error
    if takes_charges:
        return "Stripe says that it takes payments."
    return "Stripe says that it cannot take payments yet: its owner has to complete it there."
