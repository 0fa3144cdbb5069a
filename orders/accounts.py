"""Who a visitor is, by a signed cookie of their own: a customer of this shop, or nobody."""

from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpResponse

from orders.models import Customer
from pycommerce.api.parameters import parse_uuid
from pycommerce.core.http import HttpRequest
from tenants.middleware import cookie_place, place_of_request

SIGNED_IN_FOR = timedelta(days=30)


def _signer(request: HttpRequest) -> TimestampSigner:
    # What was given elsewhere, in another shop or on another host, is nothing here.
    return TimestampSigner(salt=f"customer:{place_of_request(request)}")


def customer_of(request: HttpRequest) -> Customer | None:
    """The customer who is signed in, if any."""
    name, _ = cookie_place(request, settings.CUSTOMER_COOKIE_NAME)
    try:
        text = _signer(request).unsign(request.COOKIES.get(name, ""), max_age=SIGNED_IN_FOR)
    except BadSignature:
        return None
    customer_id = parse_uuid(text)
    return Customer.objects.filter(pk=customer_id).first() if customer_id else None


def sign_in(request: HttpRequest, response: HttpResponse, customer: Customer) -> None:
    name, path = cookie_place(request, settings.CUSTOMER_COOKIE_NAME)
    response.set_cookie(
        name,
        _signer(request).sign(str(customer.pk)),
        max_age=SIGNED_IN_FOR,
        path=path,
        secure=settings.HTTPS_REQUIRED,
        httponly=True,
        samesite="Lax",
    )


def sign_out(request: HttpRequest, response: HttpResponse) -> None:
    name, path = cookie_place(request, settings.CUSTOMER_COOKIE_NAME)
    response.delete_cookie(name, path=path, samesite="Lax")
