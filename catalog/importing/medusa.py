"""Medusa's product CSV: the template of its dashboard, and what its second version exports.

Medusa user guide: "Import products" and "Export products". Rows with the same handle are one
product, each of them a variant; there is a column of prices for each currency.
"""

import re

from catalog.importing import values
from catalog.importing.entries import BadRow, Catalogue, ProductEntry, Row, VariantEntry
from catalog.importing.grouping import add_group, add_pictures, sound_rows
from catalog.importing.reader import Table

_STATUSES = {
    "": "active",
    "published": "active",
    "draft": "draft",
    "proposed": "draft",
    "rejected": "draft",
}
_PRICE = re.compile(r"(?:variant )?price ([a-z]{3})")
_OPTION = re.compile(r"(?:variant )?option (\d+) (name|value)")
_TAG = re.compile(r"product tag \d+")
_CATEGORY = re.compile(r"product category \d+")
_IMAGE = re.compile(r"(?:product image \d+|image \d+ url)")
_COLUMNS = {
    "product handle", "product title", "product subtitle", "product description",
    "product status", "product thumbnail", "product weight", "product type", "product tags",
    "variant title", "variant sku", "variant barcode", "variant ean", "variant upc",
    "variant inventory quantity", "variant weight",
}  # fmt: skip


def recognises(columns: list[str]) -> bool:
    return {"product handle", "product title", "variant title"} <= set(columns)


def knows(column: str) -> bool:
    """Whether a column says something here, by its name in lower case."""
    patterns = (_PRICE, _OPTION, _TAG, _CATEGORY, _IMAGE)
    return column in _COLUMNS or any(each.fullmatch(column) for each in patterns)


def parse(table: Table, currency: str) -> Catalogue:
    """The products of the file, with the prices that it has in the shop's currency."""
    catalogue = Catalogue("Medusa", table.header)
    groups: dict[str, list[Row]] = {}
    for row in sound_rows(table, catalogue):
        try:
            handle = values.slug(row.get("product handle"), "The handle")
        except BadRow as problem:
            catalogue.reject(row, str(problem))
            continue
        groups.setdefault(handle, []).append(row)
    for rows in groups.values():
        first = next((row for row in rows if row.get("product title")), rows[0])
        add_group(
            catalogue, first, rows, _product, lambda row, product: _variant(row, product, currency)
        )
    return catalogue


def _all(row: Row, pattern: re.Pattern[str]) -> list[str]:
    """What stands in the columns of this pattern, in their order."""
    return [row.get(name) for name in row.cells if pattern.fullmatch(name) and row.get(name)]


def _product(row: Row) -> ProductEntry:
    name = values.short(row.get("product title"), "The title")
    if not name:
        raise BadRow("The product has no title.")
    status = row.get("product status").lower()
    if status not in _STATUSES:
        raise BadRow(f"The status is '{status}'; it is published, proposed, rejected or draft.")
    option_names = list(_options(row))
    tags = [*values.split_list(row.get("product tags")), *_all(row, _TAG)]
    product = ProductEntry(
        row=row,
        slug=row.get("product handle"),
        name=name,
        description=row.get("product description", "product subtitle"),
        status=_STATUSES[status],
        vendor="",
        product_type=values.short(row.get("product type"), "The type"),
        tags=[values.short(tag, "A tag") for tag in dict.fromkeys(tags)],
        option_names=option_names,
        # Newer exports name categories by their ids there, which say nothing to a reader.
        categories=[
            (values.short(text, "A category"),)
            for text in _all(row, _CATEGORY)
            if not text.startswith("pcat_")
        ],
        seo_title="",
        seo_description="",
    )
    add_pictures(product, [row.get("product thumbnail"), *_all(row, _IMAGE)])
    return product


def _options(row: Row) -> dict[str, str]:
    """Option to its value, in the order of their numbers."""
    cells: dict[int, dict[str, str]] = {}
    for column in row.cells:
        if found := _OPTION.fullmatch(column):
            cells.setdefault(int(found.group(1)), {})[found.group(2)] = row.get(column)
    pairs = [(cells[n].get("name", ""), cells[n].get("value", "")) for n in sorted(cells)]
    return {
        values.short(name, "An option"): values.short(value, "An option")
        for name, value in pairs
        if name and value
    }


def _variant(row: Row, product: ProductEntry, currency: str) -> VariantEntry:
    prices = {
        found.group(1).upper(): row.get(column)
        for column in row.cells
        if (found := _PRICE.fullmatch(column)) and row.get(column)
    }
    if currency not in prices:
        given = f"but in {', '.join(sorted(prices))}" if prices else "nor in any other currency"
        raise BadRow(f"It has no price in {currency}, {given}.")
    options = _options(row)
    if list(options) != product.option_names:
        wanted = ", ".join(product.option_names) or "none"
        raise BadRow(f"Its options are {', '.join(options) or 'none'}; the product's are {wanted}.")
    stock = row.get("variant inventory quantity")
    return VariantEntry(
        row=row,
        sku=values.short(row.get("variant sku"), "The SKU"),
        option_values=list(options.values()),
        price=values.money(prices[currency], "The price", currency),
        compare_at_price=None,
        stock=values.units(stock, "The quantity") if stock else None,
        barcode=values.short(
            row.get("variant barcode", "variant ean", "variant upc"), "The barcode"
        ),
        weight_grams=values.weight(row.get("variant weight", "product weight"), "The weight"),
    )
