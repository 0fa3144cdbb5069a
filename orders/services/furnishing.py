"""What a shop that was just opened sells by: where it is, and whom its customers write to."""

from orders.models import OrderSettings
from tenants.models import SignUp

# Prices are shown to shoppers without the tax on them here, and with it everywhere else.
_TAX_COMES_ON_TOP = frozenset({"US", "CA"})


def furnish(sign_up: SignUp) -> None:
    """Set the selected shop's country and contact as they were given when it was asked for."""
    OrderSettings.objects.update(
        country=sign_up.country,
        contact_email=sign_up.email,
        prices_include_tax=sign_up.country not in _TAX_COMES_ON_TOP,
    )
