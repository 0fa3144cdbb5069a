"""The catalogue as Shopify's product CSV: what is exported can be imported again, byte for byte.

Products stand in the order of their addresses, pictures that an import named by the address it
named. A column of ours, `Categories`, stands behind
Shopify's own, which ignores columns that it does not know.
"""

import csv
from collections.abc import Iterator
from decimal import Decimal
from typing import IO, Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from catalog.importing.shopify import KEPT_OF_PRODUCT, KEPT_OF_VARIANT
from catalog.importing.values import join_paths
from catalog.models import Category, Product, ProductImage, Variant
from catalog.pictures import public_url
from pycommerce.core.spreadsheets import Cell
from pycommerce.db.batches import keys_in_batches
from tenants.exporting import Table

COLUMNS = [
    "Handle",
    "Title",
    "Body (HTML)",
    "Vendor",
    "Product Category",
    "Type",
    "Tags",
    "Published",
    "Option1 Name",
    "Option1 Value",
    "Option2 Name",
    "Option2 Value",
    "Option3 Name",
    "Option3 Value",
    "Variant SKU",
    "Variant Grams",
    "Variant Inventory Tracker",
    "Variant Inventory Qty",
    "Variant Inventory Policy",
    "Variant Fulfillment Service",
    "Variant Price",
    "Variant Compare At Price",
    "Variant Requires Shipping",
    "Variant Taxable",
    "Variant Barcode",
    "Image Src",
    "Image Position",
    "Image Alt Text",
    "Gift Card",
    "SEO Title",
    "SEO Description",
    *(name for name in KEPT_OF_PRODUCT if name.startswith("Google Shopping")),
    "Variant Image",
    "Variant Weight Unit",
    "Variant Tax Code",
    "Cost per item",
    "Status",
    "Categories",
]
# Written as numbers where a format knows them.
_NUMBERS = {
    "Variant Grams",
    "Variant Inventory Qty",
    "Variant Price",
    "Variant Compare At Price",
    "Image Position",
}


def export_catalogue(file: IO[str]) -> int:
    """Write every product of the selected tenant; returns how many there were.

    `file` is opened with newline="".
    """
    writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    count = 0
    for rows in _rows_of_each(Product.objects.all()):
        writer.writerows(rows)
        count += 1
    return count


def products_table(products: QuerySet[Product]) -> Table:
    """These products in the same columns, to look at and to import again."""
    groups = (
        [[_cell(name, row.get(name, "")) for name in COLUMNS] for row in rows]
        for rows in _rows_of_each(products)
    )
    of_each = (
        Variant.objects.filter(product__in=products.order_by()),
        ProductImage.objects.filter(product__in=products.order_by()),
    )
    return Table("products", COLUMNS, products, groups, of_each=of_each, comes_back=True)


def _cell(name: str, value: Any) -> Cell:
    return Decimal(value) if value != "" and name in _NUMBERS else value


def _rows_of_each(products: QuerySet[Product]) -> Iterator[Iterator[dict[str, Any]]]:
    """The rows of each product, in the order of their addresses."""
    paths = _paths()
    related = (
        Prefetch("variants", Variant.objects.order_by("position", "id")),
        Prefetch("images", ProductImage.objects.order_by("position", "id")),
        Prefetch("categories", Category.objects.only("id")),
    )
    found = Product.objects.order_by("slug").defer("image_list").prefetch_related(*related)
    for keys in keys_in_batches(products.order_by("slug")):
        for product in found.filter(pk__in=keys):
            if any(category.pk not in paths for category in product.categories.all()):
                paths |= _paths()  # made since the export began
            yield _rows(product, paths)


def _paths() -> dict[UUID, tuple[str, ...]]:
    """Every category's path of names."""
    rows = {row[0]: row[1:] for row in Category.objects.values_list("id", "name", "parent_id")}
    paths: dict[UUID, tuple[str, ...]] = {}

    def path(key: UUID) -> tuple[str, ...]:
        if key not in paths:
            name, parent_id = rows[key]
            paths[key] = (*(path(parent_id) if parent_id else ()), name)
        return paths[key]

    for key in rows:
        path(key)
    return paths


def _rows(product: Product, paths: dict[UUID, tuple[str, ...]]) -> Iterator[dict[str, Any]]:
    variants, images = list(product.variants.all()), list(product.images.all())
    for index in range(max(len(variants), len(images))):
        row: dict[str, Any] = {"Handle": product.slug}
        if index == 0:
            row |= _product_cells(product, paths)
        if index < len(variants):
            row |= _variant_cells(variants[index])
            if not product.option_names:
                row |= {"Option1 Name": "Title", "Option1 Value": "Default Title"}
        if index < len(images):
            row |= {
                "Image Src": images[index].source_url or public_url(images[index]),
                "Image Position": index + 1,
                "Image Alt Text": images[index].alt,
            }
        yield row


def _product_cells(product: Product, paths: dict[UUID, tuple[str, ...]]) -> dict[str, Any]:
    # One that was deleted as soon as it was made is none of them.
    found = product.categories.all()
    categories = sorted(paths[category.pk] for category in found if category.pk in paths)
    cells = {
        "Title": product.name,
        "Body (HTML)": product.description,
        "Vendor": product.vendor,
        "Type": product.product_type,
        "Tags": ", ".join(product.tags),
        "Published": "true" if product.status == Product.Status.ACTIVE else "false",
        "SEO Title": product.seo_title,
        "SEO Description": product.seo_description,
        "Status": product.status,
        "Categories": join_paths(categories),
    }
    cells |= {name: product.source_fields.get(name, "") for name in KEPT_OF_PRODUCT}
    for number, name in enumerate(product.option_names[:3], 1):
        cells[f"Option{number} Name"] = name
    return cells


def _variant_cells(variant: Variant) -> dict[str, Any]:
    cells: dict[str, Any] = {
        "Variant SKU": "" if variant.sku_is_generated else variant.sku,
        "Variant Grams": _plain(variant.weight_grams),
        "Variant Inventory Qty": variant.on_hand,
        "Variant Price": _plain(variant.price),
        "Variant Compare At Price": _plain(variant.compare_at_price),
        "Variant Barcode": variant.barcode,
    }
    cells |= {name: variant.source_fields.get(name, "") for name in KEPT_OF_VARIANT}
    for number, value in enumerate(variant.option_values[:3], 1):
        cells[f"Option{number} Value"] = value
    return cells


def _plain(amount: Decimal | None) -> str:
    """The number with the decimals it needs, two at least where it has any."""
    if amount is None:
        return ""
    text = f"{amount.normalize():f}"
    whole, point, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}" if point else whole
