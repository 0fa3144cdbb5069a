"""The platform's own pages: which shops there are."""

from dataclasses import dataclass

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.http import HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from pycommerce.core.http import HttpRequest
from tenants.models import Tenant
from tenants.platform_pages import addresses_of, platform_page
from tenants.theme import stylesheet, theme_of

PAGE_SIZE = 48


@dataclass(frozen=True, slots=True)
class _Entry:
    """A shop in the directory, with the address it is opened at."""

    tenant: Tenant
    address: str
    host: str


def _page(request: HttpRequest) -> Page:
    listed = Tenant.objects.filter(active=True, is_listed=True, has_products=True)
    shops = listed.order_by("name", "id")
    return Paginator(shops, PAGE_SIZE).get_page(request.GET.get("page"))


@require_safe
@platform_page
def directory(request: HttpRequest) -> HttpResponse:
    """Every open shop that has something to buy, by name; but those that do not want to be here."""
    page = _page(request)
    context = {
        "page": page,
        "entries": [_entry(request, tenant) for tenant in page],
        "sign_up_is_open": settings.SIGN_UP,
        **addresses_of(request),
    }
    response = render(request, "tenants/directory.html", context)
    response["Cache-Control"] = "public, max-age=10"
    return response


def _entry(request: HttpRequest, tenant: Tenant) -> _Entry:
    address = address_of(request, tenant)
    return _Entry(tenant, address, address.partition("://")[2].rstrip("/") or address)


def address_of(request: HttpRequest, tenant: Tenant) -> str:
    """Under its own host where this request came over the base host; else under its mount."""
    host, _, port = request.get_host().partition(":")
    if host.endswith(settings.BASE_HOST):
        shop = f"{tenant.default_host}:{port}" if port else tenant.default_host
        return f"{request.scheme}://{shop}/"
    return f"/stores/{tenant.slug}/"


@require_safe
def theme(request: HttpRequest) -> HttpResponse:
    """The colours of the shops on a page of the directory."""
    css = "".join(stylesheet(theme_of(shop), f".shop-{shop.slug}") for shop in _page(request))
    response = HttpResponse(css, content_type="text/css")
    response["Cache-Control"] = "public, max-age=10"
    return response


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", "Disallow: /admin/", "Disallow: /api/", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    return HttpResponsePermanentRedirect(static("img/favicon.svg"))


@platform_page
def not_found(request: HttpRequest) -> HttpResponse:
    """The platform's 404 page, also of a shop that there is not: the way back to the shops."""
    is_of_a_shop = request.path_info.startswith("/stores/")
    context = {"home": reverse("platform:home"), "is_of_a_shop": is_of_a_shop}
    return render(request, "tenants/not_found.html", context, status=404)
