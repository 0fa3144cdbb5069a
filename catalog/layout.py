"""What every page of a shop has around it: addresses, links to categories, header and footer.

Header and footer are the same on every page of a shop, and kept like its cards.
"""

from collections.abc import Iterable
from html import escape
from typing import Any, NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from catalog.addresses import category_addresses, home_address, page_address
from catalog.tree import Node, category_tree
from pycommerce.core.bounded_cache import BoundedCache
from pycommerce.core.http import HttpRequest, address_of
from pycommerce.db import connection
from tenants.middleware import cookie_place

_parts: BoundedCache[tuple[SafeString, SafeString]] = BoundedCache(settings.CARD_CACHE_SIZE)


class Link(NamedTuple):
    """A category or a page as other pages point to it."""

    name: str
    href: str
    description: str


def links_to(nodes: Iterable[Node]) -> list[Link]:
    nodes = list(nodes)
    addresses = category_addresses(node.slug for node in nodes)
    return [
        Link(node.name, address, node.description)
        for node, address in zip(nodes, addresses, strict=True)
    ]


def list_items(links: Iterable[Link]) -> SafeString:
    """Links as the items of a list. A page has dozens; in a template they cost ten times that."""
    return SafeString(
        "".join(f'<li><a href="{escape(link.href)}">{escape(link.name)}</a></li>' for link in links)
    )


def layout(request: HttpRequest, q: str = "", theme: str = "") -> dict[str, Any]:
    """The layout's part of a page's context; `q` stands in the search field.

    `theme` is another style sheet's address, of a look that is tried on: of such a page nothing is
    kept, and its links open beside it.
    """
    tenant = request.tenant
    home = home_address()
    tree = category_tree(request.version)
    context: dict[str, Any] = {
        "tenant": tenant,
        "urls": {
            "home": home,
            "products": f"{home}products/",
            "search": f"{home}search/",
            "suggestions": f"{home}search/suggestions/",
            "cart": f"{home}cart/",
            "account": f"{home}account/",
            "theme": theme or f"{home}theme.css?v={tenant.updated_at:%Y%m%d%H%M%S%f}",
            "news": f"{home}feeds/new.rss",
            "cart_count_cookie": cookie_place(request, settings.CART_COUNT_COOKIE_NAME)[0],
        },
        "roots": list_items(links_to(tree.roots)),
        "canonical": "" if theme else address_of(request),
        "is_tried_on": bool(theme),
    }
    key = (connection.schema_name, request.version, tenant.updated_at, home)
    is_kept = not (q or theme)
    parts = _parts.get(key) if is_kept else None
    if parts is None:
        pages = [Link(title, page_address(slug), "") for title, slug in tree.pages]
        inside = context | {"q": q, "pages": list_items(pages)}
        parts = (
            render_to_string("catalog/_header.html", inside),
            render_to_string("catalog/_footer.html", inside),
        )
        if is_kept:
            _parts.put(key, parts)
    context["header"], context["footer"] = parts
    return context
