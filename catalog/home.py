"""The shop's home page: what the merchant set, and what stands there where nothing was set."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from catalog.layout import Link, links_to
from catalog.listing import CardRow, ProductFilters, cards_of, newest_cards
from catalog.models import HomePage
from catalog.pictures import HOME_NARROW, name_at
from catalog.tree import category_tree
from tenants.models import Tenant

NEW, ON_SALE = 8, 4


@dataclass(frozen=True, slots=True)
class Home:
    """What the page shows. `picture` is a mapping of url, alt, width, height, and srcset."""

    heading: str
    text: str
    picture: dict[str, Any] | None
    button: Link
    categories: list[Link]
    featured: list[CardRow]
    on_sale: list[CardRow]
    newest: list[CardRow]
    is_for_sale: bool


def home_of(tenant: Tenant, version: int, all_products: str) -> Home:
    """The home page at this version of the catalogue; `all_products` is where its button leads
    while the merchant chose no category."""
    found = HomePage.objects.get()
    tree = category_tree(version)
    chosen = found.categories.values_list("category_id", flat=True)
    nodes = [tree.by_id[key] for key in chosen if key in tree.by_id]
    newest = newest_cards(ProductFilters(), limit=NEW, version=version)
    on_sale = ProductFilters(on_sale=True)
    return Home(
        heading=found.heading or tenant.name,
        text=found.text or tenant.tagline,
        picture=_picture(found),
        button=_button(found, version, all_products),
        categories=links_to(nodes or tree.roots),
        featured=_featured(found),
        on_sale=newest_cards(on_sale, limit=ON_SALE, version=version) if found.shows_sale else [],
        newest=newest if found.shows_new else [],
        is_for_sale=bool(newest),
    )


def _button(found: HomePage, version: int, all_products: str) -> Link:
    chosen = found.button_category_id
    node = category_tree(version).by_id.get(chosen) if chosen else None
    if node is None:
        return Link(found.button_label or _("See all products"), all_products, "")
    [link] = links_to([node])
    return link._replace(name=found.button_label or node.name)


def _featured(found: HomePage) -> list[CardRow]:
    return cards_of(list(found.products.values_list("product_id", flat=True)))


def _picture(found: HomePage) -> dict[str, Any] | None:
    if not found.picture:
        return None
    url, width = found.picture.url, found.picture_width or 0
    narrow = f"{name_at(url, HOME_NARROW)} {HOME_NARROW}w, {url} {width}w"
    return {
        "url": url,
        "alt": found.picture_alt,
        "width": width,
        "height": found.picture_height,
        "srcset": narrow if width > HOME_NARROW else "",
    }
