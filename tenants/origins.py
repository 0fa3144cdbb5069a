"""Where a shop is found from outside: its own host, never what a request says."""

from django.conf import settings

from pycommerce.core.http import HttpRequest
from tenants.models import Domain, Tenant
from tenants.public import in_public


def shop_origin(tenant: Tenant, *, mount: str = "", port: str = "") -> str:
    """The address of the shop's home without its last slash.

    Its custom domain, else its slug below the base host; under a mount, that of the base host.
    `port` counts outside production only, where the port is nobody's secret.
    """
    scheme = "https" if settings.HTTPS_REQUIRED else "http"
    if settings.PUBLIC_PORT:
        port = str(settings.PUBLIC_PORT)
    elif settings.PRODUCTION:
        port = ""
    host = settings.BASE_HOST if mount else _primary_host(tenant)
    usual = {"http": "80", "https": "443"}[scheme]
    suffix = f":{port}" if port and port != usual else ""
    return f"{scheme}://{host}{suffix}{mount}"


def _primary_host(tenant: Tenant) -> str:
    domain = in_public(
        lambda: (
            Domain.objects.filter(tenant=tenant, is_primary=True)
            .values_list("domain", flat=True)[:1]
            .first()
        )
    )
    return domain or tenant.default_host


def origin_of(request: HttpRequest) -> str:
    """The origin of the shop that this request is for."""
    return shop_origin(request.tenant, mount=request.mount, port=request.get_port())


def platform_origin(request: HttpRequest) -> str:
    """The address of the platform's own pages."""
    scheme = "https" if settings.HTTPS_REQUIRED else "http"
    port = "" if settings.PRODUCTION else request.get_port()
    if settings.PUBLIC_PORT:
        port = str(settings.PUBLIC_PORT)
    suffix = f":{port}" if port and port != {"http": "80", "https": "443"}[scheme] else ""
    return f"{scheme}://{settings.BASE_HOST}{suffix}"
