"""A plain table, one product or variant on a row; a mapping says in which column each thing stands.

Where a column is an option (size, colour), rows of one address or name are variants of a product.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from string import ascii_letters

from babel.numbers import get_currency_symbol

from catalog.importing import values
from catalog.importing.entries import BadRow, Catalogue, ProductEntry, Row, VariantEntry
from catalog.importing.grouping import Slugs, add_group, add_pictures, sound_rows
from catalog.importing.reader import BrokenFile, Table

FORMAT = "Table"
NEEDED = ("name", "price")
OPTIONS = ("option_1", "option_2", "option_3")
FIELDS = (
    *NEEDED, "sku", "slug", "description", "brand", "type", "tags", "category", "stock", "barcode",
    "picture", "price_before", "grams", *OPTIONS,
)  # fmt: skip
# Several addresses in a cell; a comma may stand within one.
_BETWEEN_PICTURES = re.compile(r"[\s,;|]+(?=https?://)", re.IGNORECASE)


def parse(table: Table, currency: str, mapping: Mapping[str, str]) -> Catalogue:
    """The products of the file; `mapping` leads from each of FIELDS to a column of the header.

    Without options, a row with the SKU of one before it adds its category to that product. Raises
    BrokenFile where the mapping does not fit the header.
    """
    columns = {field: _column(table, field, wanted) for field, wanted in mapping.items() if wanted}
    if missing := [field for field in NEEDED if field not in columns]:
        raise BrokenFile(f"No column is named for the {missing[0]}.")
    catalogue = Catalogue(FORMAT, table.header)
    catalogue.unknown = [
        name
        for name, column in zip(table.header, table.columns, strict=True)
        if name.strip() and column not in columns.values()
    ]
    names = dict(zip(table.columns, table.header, strict=True))
    options = {field: names[columns[field]].strip() for field in OPTIONS if field in columns}
    groups: dict[str, list[Row]] = {}
    for row in sound_rows(table, catalogue):
        mapped = Row(row.line, {name: row.get(each) for name, each in columns.items()}, row.raw)
        key = _product_of(mapped) if options else mapped.get("sku")
        groups.setdefault(f"key {key}" if key else f"row {row.line}", []).append(mapped)
    slugs = Slugs()
    for rows in groups.values():
        if options:
            _add_variants(catalogue, rows, slugs, currency, options)
        else:
            _add(catalogue, rows, slugs, currency)
    return catalogue


def _product_of(row: Row) -> str:
    """What rows of one product have in common."""
    return next((f"{by} {row.get(by)}" for by in ("slug", "name") if row.get(by)), "")


def _column(table: Table, field: str, wanted: str) -> str:
    if field not in FIELDS:
        raise BrokenFile(f"'{field}' is nothing a product has here; there are {', '.join(FIELDS)}.")
    column = " ".join(wanted.split()).lower()
    if column not in table.columns:
        raise BrokenFile(f"The file has no column '{wanted}'.")
    return column


def _add_variants(
    catalogue: Catalogue, rows: list[Row], slugs: Slugs, currency: str, options: Mapping[str, str]
) -> None:
    """A product whose rows are its variants; it has the options that any of them names."""
    chosen = [field for field in options if any(row.get(field) for row in rows)]

    def product_of(row: Row) -> ProductEntry:
        product = _product(row, slugs)
        product.option_names = [values.short(options[field], "An option") for field in chosen]
        return product

    def variant_of(row: Row, product: ProductEntry) -> VariantEntry:
        if absent := next((options[field] for field in chosen if not row.get(field)), ""):
            raise BadRow(f"The variant has no {absent}.")
        variant = _variant(row, currency)
        variant.option_values = [values.short(row.get(field), "An option") for field in chosen]
        product.categories += [each for each in _categories(row) if each not in product.categories]
        add_pictures(product, _pictures(row))
        return variant

    add_group(catalogue, rows[0], rows, product_of, variant_of)


def _add(catalogue: Catalogue, rows: list[Row], slugs: Slugs, currency: str) -> None:
    first, *others = rows
    before = len(catalogue.products)
    add_group(
        catalogue,
        first,
        [first],
        lambda row: _product(row, slugs),
        lambda row, _: _variant(row, currency),
    )
    if len(catalogue.products) == before:
        for row in others:
            catalogue.reject(row, f"Its product on line {first.line} was refused.")
        return
    product = catalogue.products[-1]
    for row in others:
        if any(row.get(name) != first.get(name) for name in NEEDED):
            reason = f"Line {first.line} has its SKU with another name or price."
            catalogue.reject(row, reason)
            continue
        try:
            paths = _categories(row)
        except BadRow as problem:
            catalogue.reject(row, str(problem))
            continue
        product.categories += [path for path in paths if path not in product.categories]
        product.other_rows.append(row)


def _product(row: Row, slugs: Slugs) -> ProductEntry:
    name = values.short(row.get("name"), "The name")
    if not name:
        raise BadRow("The product has no name.")
    address = row.get("slug")
    product = ProductEntry(
        row=row,
        slug=slugs.of(values.slug(address, "The slug") if address else name),
        name=name,
        description=row.get("description"),
        status="active",
        vendor=values.short(row.get("brand"), "The brand"),
        product_type=values.short(row.get("type"), "The type"),
        tags=[values.short(tag, "A tag") for tag in values.split_list(row.get("tags"))],
        option_names=[],
        categories=_categories(row),
        seo_title="",
        seo_description="",
    )
    add_pictures(product, _pictures(row))
    return product


def _pictures(row: Row) -> list[str]:
    return _BETWEEN_PICTURES.split(row.get("picture"))


def _categories(row: Row) -> list[tuple[str, ...]]:
    """`Home > Light` is one category below another."""
    path = [part.strip() for part in row.get("category").split(">") if part.strip()]
    return [tuple(values.short(part, "A category") for part in path)] if path else []


def _variant(row: Row, currency: str) -> VariantEntry:
    if not row.get("price"):
        raise BadRow("It has no price.")
    price = _money(row.get("price"), "The price", currency)
    written = row.get("price_before")
    before = _money(written, "The price before", currency) if written else None
    stock = row.get("stock")
    return VariantEntry(
        row=row,
        sku=values.short(row.get("sku"), "The SKU"),
        option_values=[],
        price=price,
        compare_at_price=before if before and before > price else None,
        stock=values.units(stock, "The stock") if stock else None,
        barcode=values.short(row.get("barcode"), "The barcode"),
        weight_grams=values.weight(row.get("grams"), "The weight"),
    )


def _money(text: str, name: str, currency: str) -> Decimal:
    """An amount beside which the shop's own currency may stand: 12,90 €, EUR 12.90, $12.90."""
    sign = get_currency_symbol(currency, "en")
    for each in (currency, sign, sign.lstrip(ascii_letters)):
        text = text.removeprefix(each).removesuffix(each).strip()
    return values.money(text, name, currency)
