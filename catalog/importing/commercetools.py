"""commercetools' product CSV, as its sample data and its command-line importer have it.

A row with a product type begins a product, those below it without one are more variants of it. A
cell of prices lists many: `EUR 18750` is one for everybody, in the smallest unit of its currency.
"""

import re

from catalog.importing import values
from catalog.importing.entries import BadRow, Catalogue, ProductEntry, Row, VariantEntry
from catalog.importing.grouping import Slugs, add_group, add_pictures, sound_rows
from catalog.importing.reader import Table
from pycommerce.core.money import decimals_of
from pycommerce.db import connection

# Attributes that buyers choose by, where the variants of a product differ in them.
_CHOSEN = ("color", "size")
_PLAIN = re.compile(r"([A-Z]{3}) (\d+)")
_COLUMNS = {"producttype", "variantid", "sku", "prices", "categories", "images", "designer"}
_COLUMNS |= set(_CHOSEN)
_LOCALIZED = re.compile(r"(name|slug|description|metatitle|metadescription)\.[a-z]{2}(-[a-z]{2})?")


def recognises(columns: list[str]) -> bool:
    return {"producttype", "variantid", "sku", "prices"} <= set(columns)


def knows(column: str) -> bool:
    """Whether a column says something here, by its name in lower case."""
    return column in _COLUMNS or _LOCALIZED.fullmatch(column) is not None


def parse(table: Table, currency: str) -> Catalogue:
    """The products of the file, in the shop's language and currency where it has them."""
    catalogue = Catalogue("commercetools", table.header)
    groups: list[list[Row]] = []
    for row in sound_rows(table, catalogue):
        if row.get("producttype"):
            groups.append([row])
        elif groups:
            groups[-1].append(row)
        else:
            catalogue.reject(row, "It has no product type, and no product stands above it.")
    slugs = Slugs()
    language = connection.tenant.language
    for rows in groups:
        _add(catalogue, rows, slugs, currency, language)
    return catalogue


def _add(catalogue: Catalogue, rows: list[Row], slugs: Slugs, currency: str, language: str) -> None:
    chosen = [name for name in _CHOSEN if len({row.get(name) for row in rows}) > 1]

    def product_of(row: Row) -> ProductEntry:
        product = _product(row, slugs, language)
        product.option_names = [name.capitalize() for name in chosen]
        return product

    def variant_of(row: Row, product: ProductEntry) -> VariantEntry:
        if absent := next((name for name in chosen if not row.get(name)), ""):
            raise BadRow(f"The variant has no {absent}.")
        price = _price(row, currency)
        add_pictures(product, _pictures(row))
        return VariantEntry(
            row=row,
            sku=values.short(row.get("sku"), "The SKU"),
            option_values=[values.short(row.get(name), "An option") for name in chosen],
            price=values.money(price, "The price", currency),
            compare_at_price=None,
            # Stock is a file of its own there.
            stock=None,
            barcode="",
            weight_grams=None,
            kept={"Prices": row.get("prices")},
        )

    add_group(catalogue, rows[0], rows, product_of, variant_of)


def _price(row: Row, currency: str) -> str:
    """What everybody pays; prices of a country, a group or a channel are others."""
    matches = (_PLAIN.fullmatch(text.strip()) for text in row.get("prices").split(";"))
    found = {match.group(1): match.group(2) for match in matches if match}
    if currency not in found:
        given = f"but in {', '.join(sorted(found))}" if found else "nor in any other currency"
        raise BadRow(f"It has no price for everybody in {currency}, {given}.")
    return str(values.number(found[currency], "The price").scaleb(-decimals_of(currency)))


def _said(row: Row, what: str, language: str) -> str:
    """A text in this language, or else in the first one that has it."""
    others = [name for name in row.cells if name.startswith(f"{what}.")]
    return row.get(f"{what}.{language}", *others)


def _product(row: Row, slugs: Slugs, language: str) -> ProductEntry:
    name = values.short(_said(row, "name", language), "The name")
    if not name:
        raise BadRow("The product has no name.")
    address = _said(row, "slug", language)
    description = _said(row, "metadescription", language)
    product = ProductEntry(
        row=row,
        slug=slugs.of(values.slug(address, "The slug") if address else name),
        name=name,
        description=_said(row, "description", language),
        status="active",
        vendor=values.short(row.get("designer"), "The designer"),
        product_type=values.short(row.get("producttype"), "The product type"),
        tags=[],
        option_names=[],
        categories=_categories(row),
        seo_title=values.short(_said(row, "metatitle", language), "The meta title"),
        seo_description=values.short(description, "The meta description", 500),
    )
    add_pictures(product, _pictures(row))
    return product


def _pictures(row: Row) -> list[str]:
    return [part.strip() for part in row.get("images").split(";")]


def _categories(row: Row) -> list[tuple[str, ...]]:
    """`Women>Clothing;Sale`: the levels of a path, and one path behind the other."""
    paths = []
    for text in row.get("categories").split(";"):
        parts = [part.strip() for part in text.split(">") if part.strip()]
        if parts:
            paths.append(tuple(values.short(part, "A category") for part in parts))
    return paths
