"""What crawlers and other programs fetch: robots.txt, sitemaps, the product feed, news."""

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.feeds import google_feed, sitemap_parts, sitemap_rows
from catalog.listing import ProductFilters, count_products, find_products
from catalog.models import TextPage
from catalog.pages import public_page
from catalog.structured import summary
from catalog.tree import category_tree
from pycommerce.core.http import HttpRequest

NEWS = 30
# Private or endless: nothing a search engine should keep.
_DISALLOWED = ("admin", "api", "search", "cart", "checkout", "account", "orders", "stripe-demo")


@public_page
def robots(request: HttpRequest) -> HttpResponse:
    root = request.mount
    sitemap_address = request.build_absolute_uri(reverse("catalog:sitemap"))
    lines = ["User-agent: *", *(f"Disallow: {root}/{name}/" for name in _DISALLOWED)]
    lines += [f"Sitemap: {sitemap_address}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain")


@public_page
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every public address; an index of parts where they are more than one file may hold."""
    parts = sitemap_parts(count_products(ProductFilters(), request.version))
    part = request.GET.get("part", "")
    if parts and part not in parts:
        here = request.build_absolute_uri(reverse("catalog:sitemap"))
        addresses = [f"{here}?part={each}" for each in parts]
        return render(request, "catalog/sitemap_index.xml", {"parts": addresses}, "application/xml")
    is_first = not parts or part == parts[0]
    context = {
        "origin": _origin(request),
        "is_first": is_first,
        "nodes": category_tree(request.version).by_id.values() if is_first else [],
        "pages": TextPage.objects.filter(is_published=True) if is_first else [],
        "products": [
            (reverse("catalog:product", args=[slug]), changed_at)
            for slug, changed_at in sitemap_rows(part if parts else "")
        ],
    }
    return render(request, "catalog/sitemap.xml", context, "application/xml")


@require_safe
def product_feed(request: HttpRequest) -> HttpResponseBase:
    """Every variant for sale, as Google Merchant Center reads it; sent while it is read."""
    address = reverse("catalog:product", args=["SLUG"])
    is_asked = request.method == "GET"
    response = StreamingHttpResponse(
        google_feed(request.tenant, _origin(request), address) if is_asked else (),
        content_type="application/xml; charset=utf-8",
    )
    response["Cache-Control"] = "public, max-age=900"
    return response


@public_page
def news(request: HttpRequest) -> HttpResponse:
    """The newest products as RSS 2.0."""
    tenant = request.tenant
    feed = Rss201rev2Feed(
        title=_("New at %(shop)s") % {"shop": tenant.name},
        link=request.build_absolute_uri(reverse("catalog:home")),
        description=tenant.tagline or tenant.name,
        language=tenant.language,
        feed_url=request.build_absolute_uri(reverse("catalog:news")),
    )
    page = find_products(ProductFilters(), sort="newest", limit=NEWS, cursor=None)
    for row in page.rows:
        feed.add_item(
            title=row.name,
            link=request.build_absolute_uri(reverse("catalog:product", args=[row.slug])),
            description=summary(row.description) or row.name,
            unique_id=str(row.id),
            unique_id_is_permalink=False,
            pubdate=row.created_at,
            categories=row.categories,
        )
    return HttpResponse(feed.writeString("utf-8"), content_type="application/rss+xml")


def _origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"
