"""Google's product feed, as XML or separated by tabs or commas.

Google Merchant Center help: "Product data specification". Items with the same `item_group_id` are
variants of one product.
"""

import re
from decimal import Decimal

from catalog.importing import values
from catalog.importing.entries import BadRow, Catalogue, ProductEntry, Row, VariantEntry
from catalog.importing.grouping import Slugs, add_group, add_pictures, sound_rows
from catalog.importing.reader import Table

# What the variants of a product may differ in.
_CHOSEN = ("color", "size", "material", "pattern")
_GRAMS = {
    "kg": Decimal(1000),
    "g": Decimal(1),
    "lb": Decimal("453.59237"),
    "oz": Decimal("28.349523125"),
}
_PRICE = re.compile(r"(?P<amount>[^A-Za-z]+?)\s*(?P<currency>[A-Za-z]{3})?")
# Of a long one every way to part it would be tried.
_LONGEST_PRICE = 60
_WEIGHT = re.compile(r"([\d.]+)\s*(kg|g|lb|oz)", re.IGNORECASE)
_EMPTY = {"out of stock", "out_of_stock"}
_COLUMNS = {
    "id", "title", "description", "long_description", "image_link", "additional_image_link",
    "price", "sale_price", "sale_price_effective_date", "availability", "quantity",
    "sell_on_google_quantity", "brand", "gtin", "product_type", "google_product_category",
    "item_group_id", "shipping_weight", "mpn", "condition", *_CHOSEN,
}  # fmt: skip
_KEPT = ("google_product_category", "mpn", "condition", "sale_price", "sale_price_effective_date")


def recognises(columns: list[str]) -> bool:
    return {"id", "title", "price", "image_link"} <= set(columns)


def knows(column: str) -> bool:
    """Whether a column says something here, by its name in lower case."""
    return column in _COLUMNS or column.startswith("attribute: ")


def parse(table: Table, currency: str) -> Catalogue:
    """The products of the feed, those of a group together."""
    catalogue = Catalogue("Google", table.header)
    groups: dict[str, list[Row]] = {}
    for row in sound_rows(table, catalogue):
        group = row.get("item_group_id")
        groups.setdefault(f"group {group}" if group else f"row {row.line}", []).append(row)
    slugs = Slugs()
    for rows in groups.values():
        _add(catalogue, rows, slugs, currency)
    return catalogue


def _add(catalogue: Catalogue, rows: list[Row], slugs: Slugs, currency: str) -> None:
    chosen = [name for name in _CHOSEN if len({row.get(name) for row in rows}) > 1]

    def product_of(row: Row) -> ProductEntry:
        product = _product(row, slugs)
        product.option_names = [name.capitalize() for name in chosen]
        return product

    def variant_of(row: Row, product: ProductEntry) -> VariantEntry:
        if absent := next((name for name in chosen if not row.get(name)), ""):
            raise BadRow(f"The variant has no {absent}.")
        options = [values.short(row.get(name), "An option") for name in chosen]
        variant = _variant(row, options, currency)
        add_pictures(product, _pictures(row))
        return variant

    add_group(catalogue, rows[0], rows, product_of, variant_of)


def _product(row: Row, slugs: Slugs) -> ProductEntry:
    name = values.short(row.get("title"), "The title")
    if not name:
        raise BadRow("The product has no title.")
    categories = []
    for text in values.split_list(row.get("product_type")):
        path = [part.strip() for part in text.split(">") if part.strip()]
        categories.append(tuple(values.short(part, "A category") for part in path))
    attributes = {
        column.capitalize(): row.get(column)
        for column in row.cells
        if column.startswith("attribute: ") and row.get(column)
    }
    product = ProductEntry(
        row=row,
        slug=slugs.of(name),
        name=name,
        description=row.get("description", "long_description"),
        status="active",
        vendor=values.short(row.get("brand"), "The brand"),
        product_type="",
        tags=[],
        option_names=[],
        categories=[path for path in categories if path],
        seo_title="",
        seo_description="",
        kept=attributes,
    )
    add_pictures(product, _pictures(row))
    return product


def _pictures(row: Row) -> list[str]:
    return [row.get("image_link"), *values.split_list(row.get("additional_image_link"))]


def _variant(row: Row, options: list[str], currency: str) -> VariantEntry:
    if not row.get("id"):
        raise BadRow("It has no id.")
    regular = _money(row.get("price"), "The price", currency)
    sale = None
    # A price that begins and ends by itself is kept as text: none here does.
    if row.get("sale_price") and not row.get("sale_price_effective_date"):
        sale = _money(row.get("sale_price"), "The sale price", currency)
    quantity = row.get("quantity", "sell_on_google_quantity")
    stock = values.units(quantity, "The quantity") if quantity else None
    if row.get("availability").lower() in _EMPTY:
        stock = 0
    weight = _WEIGHT.fullmatch(row.get("shipping_weight"))
    return VariantEntry(
        row=row,
        sku=values.short(row.get("id"), "The id"),
        option_values=options,
        price=regular if sale is None else sale,
        compare_at_price=regular if sale is not None and regular > sale else None,
        stock=stock,
        barcode=values.short(row.get("gtin"), "The GTIN"),
        weight_grams=values.weight(weight[1], "The weight", _GRAMS[weight[2].lower()])
        if weight
        else None,
        kept={name: row.get(name) for name in _KEPT if row.get(name)},
    )


def _money(text: str, name: str, currency: str) -> Decimal:
    """`189.00 CHF` in the shop's currency."""
    if not text:
        raise BadRow("It has no price.")
    found = _PRICE.fullmatch(text) if len(text) <= _LONGEST_PRICE else None
    if not found:
        raise BadRow(f"{name} is '{text[:40]}', which is no price.")
    given = (found["currency"] or currency).upper()
    if given != currency:
        raise BadRow(f"{name} is in {given}; the shop sells in {currency}.")
    return values.money(found["amount"], name, currency)
