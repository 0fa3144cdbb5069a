"""Spree's product CSV.

Spree documentation: "Import products". Rows with the same slug are one product: the one with a
name describes it, the others are its variants, once for each currency.
"""

import re
from decimal import Decimal

from catalog.importing import values
from catalog.importing.entries import BadRow, Catalogue, ProductEntry, Row, VariantEntry
from catalog.importing.grouping import add_group, add_pictures, sound_rows
from catalog.importing.reader import Table

_GRAMS = {
    "": Decimal(1),
    "g": Decimal(1),
    "kg": Decimal(1000),
    "lb": Decimal("453.59237"),
    "oz": Decimal("28.349523125"),
}
_COLUMNS = {
    "slug", "sku", "name", "price", "compare_at_price", "currency", "status", "description",
    "meta_title", "meta_description", "tags", "product_type", "vendor_name", "weight",
    "weight_unit", "inventory_count", "barcode",
}  # fmt: skip
_NUMBERED = re.compile(r"option[123]_(name|value)|category\d|image\d_src|custom_field\..+")


def recognises(columns: list[str]) -> bool:
    return {"slug", "sku", "name", "price", "currency", "option1_value"} <= set(columns)


def knows(column: str) -> bool:
    """Whether a column says something here, by its name in lower case."""
    return column in _COLUMNS or _NUMBERED.fullmatch(column) is not None


def parse(table: Table, currency: str) -> Catalogue:
    """The products of the file, with the prices that it has in the shop's currency."""
    catalogue = Catalogue("Spree", table.header)
    groups: dict[str, list[Row]] = {}
    for row in sound_rows(table, catalogue):
        try:
            slug = values.slug(row.get("slug"), "The slug")
        except BadRow as problem:
            catalogue.reject(row, str(problem))
            continue
        groups.setdefault(slug, []).append(row)
    for rows in groups.values():
        _add(catalogue, rows, currency)
    return catalogue


def _add(catalogue: Catalogue, rows: list[Row], currency: str) -> None:
    first = next((row for row in rows if row.get("name")), rows[0])
    # The product's own row is sold only where no other gives a variant.
    others = [row for row in rows if row is not first]
    sold = [row for row in others or rows if row.get("currency").upper() in {"", currency}]
    if not sold:
        given = sorted({row.get("currency").upper() for row in others or rows})
        catalogue.reject(first, f"It has no price in {currency}, but in {', '.join(given)}.")
        for row in others:
            catalogue.reject(row, f"Its product has no price in {currency}.")
        return
    by_sku: dict[str, Row] = {}
    for row in others:
        # Other currencies repeat a variant, and leave most columns empty or fill all of them.
        if row.get("sku") and row.get("option1_value"):
            by_sku.setdefault(row.get("sku"), row)

    def product_of(row: Row) -> ProductEntry:
        product = _product(row)
        described = [by_sku.get(each.get("sku"), each) for each in sold]
        names = [_options(each)[0] for each in described]
        product.option_names = max(names, key=len)
        add_pictures(product, [url for each in [row, *described] for url in _pictures(each)])
        return product

    before = len(catalogue.products)
    add_group(
        catalogue,
        first,
        sold,
        product_of,
        lambda row, product: _variant(row, by_sku.get(row.get("sku"), row), product, currency),
    )
    if len(catalogue.products) > before:
        named = {row.line for row in sold}
        product = catalogue.products[-1]
        product.other_rows += [row for row in others if row.line not in named]


def _product(row: Row) -> ProductEntry:
    name = values.short(row.get("name"), "The name")
    if not name:
        raise BadRow("The product has no name.")
    status = row.get("status").lower() or "active"
    if status not in {"active", "draft", "archived"}:
        raise BadRow(f"The status is '{status}'; it is active, draft or archived.")
    categories = []
    for column in sorted(name for name in row.cells if re.fullmatch(r"category\d", name)):
        path = [part.strip() for part in row.get(column).split("->") if part.strip()]
        if path:
            categories.append(tuple(values.short(part, "A category") for part in path))
    return ProductEntry(
        row=row,
        slug=values.slug(row.get("slug"), "The slug"),
        name=name,
        description=row.get("description"),
        status=status,
        vendor=values.short(row.get("vendor_name"), "The vendor"),
        product_type=values.short(row.get("product_type"), "The type"),
        tags=[values.short(tag, "A tag") for tag in values.split_list(row.get("tags"))],
        option_names=[],
        categories=categories,
        seo_title=values.short(row.get("meta_title"), "The meta title"),
        seo_description=values.short(row.get("meta_description"), "The meta description", 500),
        kept={
            name: row.get(name)
            for name in row.cells
            if name.startswith("custom_field.") and row.get(name)
        },
    )


def _options(row: Row) -> tuple[list[str], list[str]]:
    """Names and values of a row's options."""
    pairs = [(row.get(f"option{n}_name"), row.get(f"option{n}_value")) for n in (1, 2, 3)]
    pairs = [(name, value) for name, value in pairs if name and value]
    names = [values.short(name, "An option") for name, _ in pairs]
    return names, [values.short(value, "An option") for _, value in pairs]


def _variant(priced: Row, row: Row, product: ProductEntry, currency: str) -> VariantEntry:
    """The variant that `row` describes, at the price of `priced`."""
    if not priced.get("price"):
        raise BadRow("The variant has no price.")
    price = values.money(priced.get("price"), "The price", currency)
    before = priced.get("compare_at_price")
    former = values.money(before, "The compare-at price", currency) if before else None
    names, options = _options(row)
    if names != product.option_names:
        wanted = ", ".join(product.option_names) or "none"
        raise BadRow(f"Its options are {', '.join(names) or 'none'}; the product's are {wanted}.")
    unit = row.get("weight_unit").lower()
    weight = row.get("weight")
    if weight and unit not in _GRAMS:
        raise BadRow(f"The unit of weight is '{unit}'; it is g, kg, lb or oz.")
    stock = row.get("inventory_count")
    return VariantEntry(
        row=priced,
        sku=values.short(row.get("sku"), "The SKU"),
        option_values=options,
        price=price,
        # Spree writes 0 where there is no former price.
        compare_at_price=former or None,
        stock=values.units(stock, "The stock") if stock else None,
        barcode=values.short(row.get("barcode"), "The barcode"),
        weight_grams=values.weight(weight, "The weight", _GRAMS[unit]) if weight else None,
    )


def _pictures(row: Row) -> list[str]:
    columns = [name for name in row.cells if re.fullmatch(r"image\d_src", name)]
    return [row.get(name) for name in sorted(columns)]
