"""What a page says of its product, kept like a card for as long as the product stays as it is."""

from collections.abc import Iterable
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from catalog import structured
from catalog.choices import Group, groups_of, offer_at_first, offers_of
from catalog.delivery import Delivery, ways_to_send
from catalog.display import weight
from catalog.layout import links_to, list_items
from catalog.listing import ProductRow
from catalog.pictures import small
from catalog.tree import Node
from pycommerce.core.bounded_cache import BoundedCache
from pycommerce.core.http import HttpRequest, address_of, whole_address
from pycommerce.db import connection

_kept: BoundedCache[dict[str, str]] = BoundedCache(settings.CARD_CACHE_SIZE)
# A page's part takes as much memory as some cards do.
_CARD_BYTES = 500


def about_product(
    request: HttpRequest,
    columns: tuple[Any, ...],
    row: ProductRow,
    path: list[Node],
    urls: dict[str, str],
) -> dict[str, str]:
    """The product's part of its page's context: `article` and what the head says of it.

    `columns` are what `row` was read from, `path` the categories that lead to it, `urls` the
    layout's addresses.
    """
    ways = ways_to_send(request.version)
    trail = tuple((node.name, node.slug) for node in path)
    shop = connection.schema_name, request.tenant.updated_at
    key = (shop, address_of(request), columns, trail, tuple(ways))
    about = _kept.get(key)
    if about is None:
        about = _about(request, row, path, ways, urls)
        _kept.put(key, about, 1 + sum(map(len, about.values())) // _CARD_BYTES)
    return about


def _about(
    request: HttpRequest,
    row: ProductRow,
    path: list[Node],
    ways: list[Delivery],
    urls: dict[str, str],
) -> dict[str, str]:
    pictures = [image for image in row.images if image["url"]]
    words = structured.summary(row.description)
    things = [structured.product(request, row, words, pictures)]
    if path:
        things.append(structured.trail(request, path, row.name))
    return {
        "title": row.seo_title or row.name,
        "summary": row.seo_description or words,
        "share_picture": whole_of_first(request, pictures),
        "share_price": structured.amount(row.price, request.tenant.currency),
        "structured": structured.json_ld(*things),
        "picture": small(pictures[0]) if pictures else "",
        "article": _article(row, pictures, path, ways, urls),
    }


def _article(
    row: ProductRow,
    pictures: list[dict[str, Any]],
    path: list[Node],
    ways: list[Delivery],
    urls: dict[str, str],
) -> SafeString:
    offers = offers_of(row, pictures)
    first = offer_at_first(offers)
    groups = groups_of(row, offers, first)
    context = {
        "product": row,
        "urls": urls,
        "crumbs": list_items(links_to(path)),
        "pictures": pictures,
        "offer": first,
        "groups": groups,
        "offers": offers if groups else [],
        "for_script": structured.for_script([asdict(offer) for offer in offers]) if groups else "",
        "details": _details(row, groups),
        "deliveries": [(way.name, way.takes, way.cost_words(row.price)) for way in ways],
    }
    return render_to_string("catalog/_product.html", context)


def whole_of_first(request: HttpRequest, pictures: Iterable[dict[str, Any] | None]) -> str:
    """The whole address of the first picture there is, for those who share the page."""
    found = next((each["url"] for each in pictures if each and each["url"]), "")
    return whole_address(request, found) if found else ""


def _details(row: ProductRow, groups: list[Group]) -> list[tuple[str, str]]:
    """What else there is to know of a product: names and values."""
    weights = {variant["weight"] for variant in row.variants}
    found = [(_("Brand"), row.vendor), (_("Type"), row.product_type)]
    found += [(group.name, ", ".join(value.label for value in group.values)) for group in groups]
    if len(weights) == 1 and (grams := weights.pop()):
        found.append((_("Weight"), weight(Decimal(grams))))
    return [(name, value) for name, value in found if value]
