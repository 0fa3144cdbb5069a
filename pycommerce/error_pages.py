"""What a person or a program sees when nothing was found, or when we failed."""

import sys

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext as _

from catalog import views as storefront
from pycommerce.api.errors import error_response, is_call, refusal_for
from pycommerce.core.errors import Forbidden, InvalidRequest, NotFound
from pycommerce.core.http import HttpRequest
from tenants import views as platform


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if is_call(request.path_info):
        return error_response(NotFound(f"There is nothing at '{request.path}'."), request)
    if request.tenant is not None:
        return storefront.not_found(request)
    return platform.not_found(request)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if is_call(request.path_info):
        return error_response(refusal_for(exception or InvalidRequest()), request)
    return _page(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if is_call(request.path_info):
        return error_response(Forbidden(), request)
    return _page(request, 403)


def server_error(request: HttpRequest) -> HttpResponse:
    """A failure in words.

    What the database did not answer in time is a 503 that says when to come back.
    """
    exception = sys.exc_info()[1]
    refusal = refusal_for(exception) if exception else refusal_for(RuntimeError())
    if is_call(request.path_info):
        return error_response(refusal, request)
    status = refusal.status if refusal.status in {400, 409, 503} else 500
    response = _page(request, 503 if status == 409 else status)
    if response.status_code == 503:
        response["Retry-After"] = str(refusal.retry_after or 1)
    return response


def _words(status: int, *, in_shop: bool) -> tuple[str, str]:
    """What such a page is headed, and what it says."""
    if status == 400:
        return _("This address is not valid"), _(
            "Something in it cannot be read. Check it, or begin at the home page."
        )
    if status == 403:
        title = _("This is not for you")
        if in_shop:
            return title, _(
                "Your account may not see or do this. Ask an owner of the shop for the right to it."
            )
        return title, _(
            "Your account may not see or do this. Ask whoever runs this platform for the right "
            "to it."
        )
    if status == 503:
        return _("One moment, please"), _(
            "The shop is busy and did not answer in time. Please try again in a few seconds."
        )
    return _("Something went wrong"), _(
        "It is our fault, and it was written down. Please try again in a moment."
    )


def _page(request: HttpRequest, status: int) -> HttpResponse:
    """A page that asks the database nothing: the shop is the one that is remembered, if any.

    It speaks the shop's language; where no shop is known, the visitor's.
    """
    tenant = getattr(request, "tenant", None)
    language = tenant.language if tenant else get_language_from_request(request)
    is_admin = request.path_info.startswith("/admin/")
    with translation.override(language):
        title, words = _words(status, in_shop=tenant is not None)
        context = {
            "language": language,
            "title": title,
            "words": words,
            "shop": tenant.name if tenant else "",
            # Its style sheet asks the database, for which nobody should wait once more.
            "theme": f"{request.mount}/theme.css" if tenant and status != 503 else "",
            "home": f"{getattr(request, 'mount', '')}/{'admin/' if is_admin else ''}",
            "may_retry": status in {500, 503} and request.method in {"GET", "HEAD"},
            "request_id": getattr(request, "request_id", ""),
        }
        response = HttpResponse(render_to_string("error.html", context), status=status)
    response["Cache-Control"] = "no-store"
    return response
