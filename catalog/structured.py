"""What search engines read of a page: JSON-LD in the words of schema.org."""

import json
from decimal import Decimal
from html import unescape
from typing import Any

from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.text import Truncator

from catalog.addresses import category_address
from catalog.listing import ProductRow
from catalog.tree import Node
from pycommerce.core.http import HttpRequest, address_of, origin_of, whole_address
from pycommerce.core.money import round_money

Thing = dict[str, Any]
_SUMMARY = 160


def summary(html: str) -> str:
    """The beginning of a description, as plain text."""
    text = " ".join(unescape(strip_tags(html.replace("><", "> <"))).split())
    return text if len(text) <= _SUMMARY else Truncator(text).chars(_SUMMARY)


def amount(value: Decimal, currency: str) -> str:
    """An amount with the decimals of its currency, such as 129.99."""
    return f"{round_money(value, currency):f}"


def json_ld(*things: Thing) -> str:
    """JSON-LD, safe inside a script element."""
    return for_script({"@context": "https://schema.org", "@graph": list(things)})


def for_script(value: Any) -> str:
    """A value as JSON, safe inside a script element."""
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def about_shop(request: HttpRequest) -> list[Thing]:
    """Who the shop is, and how it is searched."""
    tenant = request.tenant
    home = request.build_absolute_uri(reverse("catalog:home"))
    organization: Thing = {"@type": "Organization", "name": tenant.name, "url": home}
    if tenant.logo:
        organization["logo"] = request.build_absolute_uri(tenant.logo.url)
    if tenant.tagline:
        organization["description"] = tenant.tagline
    words = request.build_absolute_uri(reverse("catalog:search"))
    website: Thing = {
        "@type": "WebSite",
        "name": tenant.name,
        "url": home,
        "inLanguage": tenant.language,
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": f"{words}?q={{search_term_string}}"},
            "query-input": "required name=search_term_string",
        },
    }
    return [organization, website]


def trail(request: HttpRequest, path: list[Node], here: str = "") -> Thing:
    """The categories that lead to a page, and `here`, the name of the page itself."""
    origin = origin_of(request)
    steps = [(node.name, origin + category_address(node.slug)) for node in path]
    if here:
        steps.append((here, address_of(request)))
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": address}
            for position, (name, address) in enumerate(steps, 1)
        ],
    }


def product(request: HttpRequest, row: ProductRow, words: str, pictures: list[Thing]) -> Thing:
    """A product with what it costs and whether it can be had; `words` describe it."""
    currency = request.tenant.currency
    availability = "InStock" if row.stock else "OutOfStock"
    offer: Thing = {
        "availability": f"https://schema.org/{availability}",
        "itemCondition": "https://schema.org/NewCondition",
        "priceCurrency": currency,
        "url": address_of(request),
    }
    if row.max_price > row.price:
        offer |= {
            "@type": "AggregateOffer",
            "lowPrice": amount(row.price, currency),
            "highPrice": amount(row.max_price, currency),
            "offerCount": len(row.variants),
        }
    else:
        offer |= {"@type": "Offer", "price": amount(row.price, currency)}
    found: Thing = {
        "@type": "Product",
        "name": row.name,
        "sku": row.sku,
        "url": address_of(request),
        "offers": offer,
    }
    if words:
        found["description"] = words
    if pictures:
        found["image"] = [whole_address(request, image["url"]) for image in pictures]
    if row.vendor:
        found["brand"] = {"@type": "Brand", "name": row.vendor}
    return found
