"""What programs beside us ask, by whatever name they reach us; nobody asks it through the proxy.

Both the proxy's configurations refuse these addresses, and so do we where a request was relayed.
"""

from django.http import HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from pycommerce.core.http import HttpRequest
from tenants.resolution import is_served, normalise_host


@require_safe
def tls_allowed(request: HttpRequest) -> HttpResponse:
    """200 where the host in `domain` may have a certificate, else 404: for an on-demand TLS proxy.

    Caddy: "on_demand_tls", `ask`.
    """
    is_allowed = is_served(normalise_host(request.GET.get("domain", "")))
    return HttpResponse(
        "yes\n" if is_allowed else "no\n",
        content_type="text/plain",
        status=200 if is_allowed else 404,
        headers={"Cache-Control": "no-store"},
    )


def nothing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return HttpResponse("There is nothing here.\n", content_type="text/plain", status=404)


urlpatterns = [path("internal/tls-allowed", tls_allowed, name="tls-allowed")]

handler404 = "tenants.internal.nothing"
