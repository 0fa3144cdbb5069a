"""Where a shop is found from outside: its own host, never what a request says."""

from urllib.parse import urlsplit

from django.conf import settings

from pycommerce.core.http import HttpRequest
from tenants.models import Domain, Tenant
from tenants.public import in_public
from tenants.resolution import is_platform_host, normalise_host, tenant_by_host


def shop_origin(tenant: Tenant, *, mount: str = "", host: str = "", port: str = "") -> str:
    """The address of the shop's home without its last slash.

    That of `host`, else of its custom domain, else of its slug below the base host; under a
    mount, that of the base host. `port` counts outside production only, where the port is
    nobody's secret.
    """
    scheme = "https" if settings.HTTPS_REQUIRED else "http"
    if settings.PUBLIC_PORT:
        port = str(settings.PUBLIC_PORT)
    elif settings.PRODUCTION:
        port = ""
    host = settings.BASE_HOST if mount else host or _primary_host(tenant)
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
    """The origin at which a visitor has the shop, where their cart and their sign-in are.

    One of the shop's own: the tenant was found by this very host.
    """
    host = normalise_host(request.get_host())
    return shop_origin(request.tenant, mount=request.mount, host=host, port=request.get_port())


def origin_that_lasts(tenant: Tenant, kept: str) -> str:
    """An origin of the shop that was kept, or its present one where the shop has lost that."""
    parts = urlsplit(kept)
    host = parts.hostname or ""
    if is_platform_host(host):
        is_ours = parts.path == f"/stores/{tenant.slug}"
    else:
        is_ours = bool(host) and tenant_by_host(host) == tenant
    return kept if is_ours else shop_origin(tenant)


def origin_of_ours(tenant: Tenant, kept: str) -> str:
    """An origin of the shop on a host of the installation: `kept` where it is one.

    A custom domain is in the hands of its owner, who can lead it elsewhere any day: what is
    mailed there must not open an account, which may have a role in other shops too.
    """
    lasting = origin_that_lasts(tenant, kept)
    parts = urlsplit(lasting)
    host = parts.hostname or ""
    if is_platform_host(host) or host == tenant.default_host:
        return lasting
    return shop_origin(tenant, host=tenant.default_host, port=str(parts.port or ""))


def platform_origin(request: HttpRequest) -> str:
    """The address of the platform's own pages."""
    return base_origin("" if settings.PRODUCTION else request.get_port())


def base_origin(port: str = "") -> str:
    """The address of the platform's own pages, as it is known without a request."""
    scheme = "https" if settings.HTTPS_REQUIRED else "http"
    if settings.PUBLIC_PORT:
        port = str(settings.PUBLIC_PORT)
    suffix = f":{port}" if port and port != {"http": "80", "https": "443"}[scheme] else ""
    return f"{scheme}://{settings.BASE_HOST}{suffix}"


def below_base_host(request: HttpRequest) -> str:
    """What stands behind the slug in a shop's address: ".example.com", with the port in use."""
    host = request.get_host()
    port = f":{host.partition(':')[2]}" if ":" in host and not host.startswith("[") else ""
    return f".{settings.BASE_HOST}{port}"
