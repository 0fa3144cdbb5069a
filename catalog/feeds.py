"""The shop as other programs list it: sitemaps, Google's product feed, and news of new products.

Feeds read their own statements in batches: a shop of 100,000 products is never in memory at once.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from xml.sax.xmlreader import AttributesImpl

import orjson
from django.utils.xmlutils import SimplerXMLGenerator
from django_tenants.utils import tenant_context

from catalog.structured import amount, summary
from pycommerce.db import connection
from tenants.models import Tenant

BATCH = 500
# sitemaps.org: at most 50,000 addresses in a file; parts are by the ids' last digits, not even.
MOST_ADDRESSES = 40_000


def sitemap_parts(count: int) -> list[str]:
    """The last hexadecimal digits of ids that split so many products into files that may be."""
    width = 0
    while count > MOST_ADDRESSES * 16**width:
        width += 1
    return [f"{number:0{width}x}" for number in range(16**width)] if width else []


def sitemap_rows(part: str) -> list[tuple[str, datetime]]:
    """Slug and time of the last change of every product whose id ends so."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT slug, updated_at FROM catalog_product WHERE status = 'active'"
            + (" AND right(id::text, %s) = %s" if part else "")
            + " ORDER BY id",
            [len(part), part] if part else [],
        )
        return cursor.fetchall()


@dataclass(frozen=True, slots=True)
class FeedProduct:
    """A product as feeds list it; `variants` are id, sku, barcode, price, compare_at_price, stock
    and option values."""

    id: UUID
    name: str
    slug: str
    description: str
    vendor: str
    product_type: str
    category_names: list[str]
    option_names: list[str]
    images: list[dict[str, Any]]
    variants: list[dict[str, Any]]


_PRODUCTS = """
SELECT p.id, p.name, p.slug, p.description, p.vendor, p.product_type, p.category_names,
    p.option_names, p.image_list, v.list
FROM (
    SELECT * FROM catalog_product WHERE status = 'active' AND id > %s ORDER BY id LIMIT %s
) AS p
CROSS JOIN LATERAL (
    SELECT json_agg(json_build_object(
        'id', x.id, 'sku', x.sku, 'barcode', x.barcode, 'price', x.price::text,
        'compare_at_price', x.compare_at_price::text, 'stock', x.on_hand - x.held,
        'values', x.option_values) ORDER BY x.position, x.id)::text AS list
    FROM catalog_variant x WHERE x.product_id = p.id
) AS v
ORDER BY p.id
"""


def feed_products(tenant: Tenant) -> Iterator[FeedProduct]:
    """Every active product of the shop, read in batches that each enter its schema anew.

    The answer is sent while it is read, when the request's own schema may be left already.
    """
    last = UUID(int=0)
    while True:
        with tenant_context(tenant), connection.cursor() as cursor:
            cursor.execute(_PRODUCTS, [last, BATCH])
            rows = cursor.fetchall()
        for row in rows:
            # As it comes jsonb is text, and so is what we asked for as text.
            values = [*row[:8], orjson.loads(row[8]), orjson.loads(row[9] or "[]")]
            yield FeedProduct(*values)
        if len(rows) < BATCH:
            return
        last = rows[-1][0]


class _Writer:
    """XML that is taken away while it is written."""

    def __init__(self) -> None:
        self._buffer = io.StringIO()
        self.xml = SimplerXMLGenerator(self._buffer, "utf-8")

    def element(self, name: str, content: str | None) -> None:
        if content:
            self.xml.addQuickElement(name, content)

    def take(self) -> str:
        text = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return text


def google_feed(tenant: Tenant, origin: str, product_address: str) -> Iterator[str]:
    """Google's product feed: RSS 2.0 with the members of the product data specification.

    `product_address` is the path of a product's page with SLUG in it. Source: Google Merchant
    Center Help, "Product data specification".
    """
    writer = _Writer()
    xml = writer.xml
    xml.startDocument()
    xml.startElement("rss", AttributesImpl(_NAMESPACE))
    xml.startElement("channel", AttributesImpl({}))
    xml.addQuickElement("title", tenant.name)
    xml.addQuickElement("link", origin)
    xml.addQuickElement("description", tenant.tagline or tenant.name)
    for product in feed_products(tenant):
        address = origin + product_address.replace("SLUG", product.slug)
        for variant in product.variants:
            _write_offer(writer, tenant, origin, address, product, variant)
        yield writer.take()
    xml.endElement("channel")
    xml.endElement("rss")
    xml.endDocument()
    yield writer.take()


def _write_offer(
    writer: _Writer,
    tenant: Tenant,
    origin: str,
    address: str,
    product: FeedProduct,
    variant: dict[str, Any],
) -> None:
    values = variant["values"]
    name = f"{product.name} – {' / '.join(values)}" if values else product.name
    pictures = [image["url"] for image in product.images if image["url"]]
    price, before = variant["price"], variant["compare_at_price"]
    is_reduced = before is not None and Decimal(before) > Decimal(price)

    def money(value: str) -> str:
        return f"{amount(Decimal(value), tenant.currency)} {tenant.currency}"

    writer.xml.startElement("item", AttributesImpl({}))
    # Google: an id has at most 50 characters, a title 150.
    writer.element("g:id", str(variant["id"]))
    writer.element("g:title", name[:150])
    writer.element("g:description", summary(product.description) or product.name)
    writer.element("g:link", address)
    for position, url in enumerate(pictures[:11]):
        full = url if "://" in url else origin + url
        writer.element("g:image_link" if position == 0 else "g:additional_image_link", full)
    writer.element("g:availability", "in_stock" if variant["stock"] > 0 else "out_of_stock")
    writer.element("g:price", money(before if is_reduced else price))
    writer.element("g:sale_price", money(price) if is_reduced else None)
    writer.element("g:condition", "new")
    writer.element("g:brand", product.vendor or tenant.name)
    writer.element("g:gtin", variant["barcode"])
    writer.element("g:mpn", variant["sku"])
    writer.element("g:identifier_exists", "yes" if variant["barcode"] else "no")
    writer.element("g:product_type", product.product_type or " > ".join(product.category_names))
    if len(product.variants) > 1:
        writer.element("g:item_group_id", str(product.id))
        for option, value in zip(product.option_names, values, strict=False):
            if kind := _OPTIONS.get(option.strip().lower()):
                writer.element(f"g:{kind}", value)
    writer.xml.endElement("item")


_NAMESPACE = {"version": "2.0", "xmlns:g": "http://base.google.com/ns/1.0"}
# Names of options that Google has a member of its own for.
_OPTIONS = {
    "size": "size",
    "größe": "size",
    "color": "color",
    "colour": "color",
    "farbe": "color",
    "material": "material",
    "pattern": "pattern",
    "muster": "pattern",
}
