"""Pages that are somebody's own: never kept, never indexed."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone, translation

from catalog.layout import layout
from pycommerce.core.csp import csp_with_forms_to
from pycommerce.core.http import HttpRequest

View = Callable[..., HttpResponse]


def personal_page(view: View) -> View:
    """A view for one visitor, in the shop's language and time."""

    @wraps(view)
    def own(request: HttpRequest, **arguments: Any) -> HttpResponse:
        tenant = request.tenant
        with translation.override(tenant.language), timezone.override(tenant.time_zone):
            response = view(request, **arguments)
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex"
        response["Referrer-Policy"] = "same-origin"
        return response

    return own


def shop_context(request: HttpRequest, **more: Any) -> dict[str, Any]:
    """The layout's part of a page's context, without an address for search engines, and more."""
    return layout(request) | {"canonical": "", "is_personal": True} | more


def allow_payment_page(response: HttpResponse) -> None:
    """Without a script a form's answer leads away, to wherever the payment page is."""
    sources = ["https:"]
    if not settings.PRODUCTION:
        sources += ["http://localhost:*", "http://*.localhost:*", "http://127.0.0.1:*"]
    response["Content-Security-Policy"] = csp_with_forms_to(*sources)
