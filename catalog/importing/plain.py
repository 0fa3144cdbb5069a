"""A plain table, one product on a row; a mapping says in which column each thing stands."""

from collections.abc import Mapping

from catalog.importing import values
from catalog.importing.entries import BadRow, Catalogue, ProductEntry, Row, VariantEntry
from catalog.importing.grouping import Slugs, add_group, add_pictures, sound_rows
from catalog.importing.reader import BrokenFile, Table

NEEDED = ("name", "price")
FIELDS = (
    *NEEDED, "sku", "slug", "description", "brand", "category", "stock", "barcode", "picture",
    "price_before", "grams",
)  # fmt: skip


def parse(table: Table, currency: str, mapping: Mapping[str, str]) -> Catalogue:
    """The products of the file; `mapping` leads from each of FIELDS to a column of the header.

    A row with the SKU of one before it adds its category to that product. Raises BrokenFile where
    the mapping does not fit the header.
    """
    columns = {field: _column(table, field, wanted) for field, wanted in mapping.items() if wanted}
    if missing := [field for field in NEEDED if field not in columns]:
        raise BrokenFile(f"No column is named for the {missing[0]}.")
    catalogue = Catalogue("Table", table.header)
    catalogue.unknown = [
        name
        for name, column in zip(table.header, table.columns, strict=True)
        if name.strip() and column not in columns.values()
    ]
    groups: dict[str, list[Row]] = {}
    for row in sound_rows(table, catalogue):
        cells = {field: row.get(column) for field, column in columns.items()}
        sku = cells.get("sku", "")
        mapped = Row(row.line, cells, row.raw)
        groups.setdefault(f"sku {sku}" if sku else f"row {row.line}", []).append(mapped)
    slugs = Slugs()
    for rows in groups.values():
        _add(catalogue, rows, slugs, currency)
    return catalogue


def _column(table: Table, field: str, wanted: str) -> str:
    if field not in FIELDS:
        raise BrokenFile(f"'{field}' is nothing a product has here; there are {', '.join(FIELDS)}.")
    column = " ".join(wanted.split()).lower()
    if column not in table.columns:
        raise BrokenFile(f"The file has no column '{wanted}'.")
    return column


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
        product_type="",
        tags=[],
        option_names=[],
        categories=_categories(row),
        seo_title="",
        seo_description="",
    )
    add_pictures(product, [row.get("picture")])
    return product


def _categories(row: Row) -> list[tuple[str, ...]]:
    """`Home > Light` is one category below another."""
    path = [part.strip() for part in row.get("category").split(">") if part.strip()]
    return [tuple(values.short(part, "A category") for part in path)] if path else []


def _variant(row: Row, currency: str) -> VariantEntry:
    if not row.get("price"):
        raise BadRow("It has no price.")
    price = values.money(row.get("price"), "The price", currency)
    written = row.get("price_before")
    before = values.money(written, "The price before", currency) if written else None
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
