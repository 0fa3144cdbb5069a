"""What programs read of a product and of stock: the members of the API's answers."""

from typing import Any
from uuid import UUID

import orjson

from catalog.listing import Select, find_one, money_sql, variants_sql
from catalog.models import Product, Variant


def _columns() -> str:
    return f"""p.id::text, p.name, p.description, {money_sql("p.price")}::text, p.sku, v.stock,
        p.category_names, p.slug, p.image_list::text, {money_sql("p.compare_at_price")}::text,
        v.list, to_char(p.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""


class _Reader:
    """Makes the JSON members of a product from its row, the documented ones first."""

    def __init__(self, origin: str, currency: str) -> None:
        self._currency = currency
        # Quotation marks inside a JSON string are escaped, so this can only be the member itself.
        self._relative = '"url": "/'
        self._absolute = f'"url": "{origin}/'

    def __call__(self, row: tuple[Any, ...]) -> dict[str, Any]:
        price, compare_at_price, images = row[3], row[9], row[8]
        return {
            "id": row[0],
            "name": row[1],
            "description": row[2],
            "price": orjson.Fragment(price),
            "sku": row[4],
            "stock": row[5],
            "categories": row[6],
            "slug": row[7],
            "currency": self._currency,
            "images": orjson.Fragment(images.replace(self._relative, self._absolute)),
            "compare_at_price": compare_at_price and orjson.Fragment(compare_at_price),
            "variants": orjson.Fragment(row[10]),
            "updated_at": row[11],
        }


def product_select(origin: str, currency: str) -> Select:
    """How a product is read for programs; its pictures have addresses below `origin`."""
    return Select(_columns(), variants_sql(), _Reader(origin, currency))


def product_members(product_id: UUID, origin: str, currency: str) -> dict[str, Any] | None:
    """A product in any status, with that; None where it is gone."""
    members = find_one(str(product_id), product_select(origin, currency), condition="true")
    if members is None:
        return None
    status = Product.objects.values_list("status", flat=True).filter(pk=product_id).first()
    return members | {"status": status}


def stock_members(variant: Variant) -> dict[str, Any]:
    """The units of a variant."""
    return {
        "product_id": variant.product_id,
        "variant_id": variant.pk,
        "sku": variant.sku,
        "on_hand": variant.on_hand,
        "held": variant.held,
        "stock": variant.stock,
    }
