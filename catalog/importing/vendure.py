"""Vendure's product CSV.

Vendure documentation: "Importing product data". A row with a name begins a product, those below it
without one are more variants of it. Cells may be padded with blanks.
"""

from catalog.importing import values
from catalog.importing.entries import BadRow, Catalogue, ProductEntry, Row, VariantEntry
from catalog.importing.grouping import Slugs, add_group, add_pictures, sound_rows
from catalog.importing.reader import Table

_COLUMNS = {
    "name", "slug", "description", "assets", "facets", "optiongroups", "optionvalues", "sku",
    "price", "stockonhand", "variantassets",
    "variantfacets",
}  # fmt: skip


def recognises(columns: list[str]) -> bool:
    return {"name", "optiongroups", "optionvalues", "sku", "price"} <= set(columns)


def knows(column: str) -> bool:
    """Whether a column says something here, by its name in lower case."""
    return column in _COLUMNS


def parse(table: Table, currency: str) -> Catalogue:
    """The products of the file; a facet `category` is a category, `brand` the brand."""
    catalogue = Catalogue("Vendure", table.header)
    groups: list[list[Row]] = []
    for row in sound_rows(table, catalogue):
        if row.get("name", "slug"):
            groups.append([row])
        elif groups:
            groups[-1].append(row)
        else:
            catalogue.reject(row, "It has no name, and no product stands above it.")
    slugs = Slugs()
    for rows in groups:
        add_group(
            catalogue,
            rows[0],
            rows,
            lambda row: _product(row, slugs),
            lambda row, product: _variant(row, product, currency),
        )
    return catalogue


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split("|") if part.strip()]


def _facets(text: str) -> list[tuple[str, str]]:
    """`category:Electronics|brand:Apple` as pairs."""
    pairs = (part.partition(":") for part in _parts(text))
    return [(name.strip(), value.strip()) for name, _, value in pairs if value.strip()]


def _kept(facets: list[tuple[str, str]]) -> dict[str, str]:
    kept: dict[str, list[str]] = {}
    for facet, value in facets:
        kept.setdefault(f"Facet: {facet}", []).append(value)
    return {name: ", ".join(given) for name, given in kept.items()}


def _product(row: Row, slugs: Slugs) -> ProductEntry:
    name = values.short(row.get("name"), "The name")
    if not name:
        raise BadRow("The product has no name.")
    address = row.get("slug")
    facets = _facets(row.get("facets"))
    option_names = [values.short(part, "An option") for part in _parts(row.get("optiongroups"))]
    if len(set(option_names)) != len(option_names):
        raise BadRow("Two options have the same name.")
    product = ProductEntry(
        row=row,
        slug=slugs.of(values.slug(address, "The slug") if address else name),
        name=name,
        description=row.get("description"),
        status="active",
        vendor=next(
            (values.short(value, "The brand") for key, value in facets if key == "brand"), ""
        ),
        product_type="",
        tags=[],
        option_names=option_names,
        categories=[
            (values.short(value, "A category"),) for key, value in facets if key == "category"
        ],
        seo_title="",
        seo_description="",
        kept=_kept(facets),
    )
    add_pictures(product, _parts(row.get("assets")))
    return product


def _variant(row: Row, product: ProductEntry, currency: str) -> VariantEntry:
    if not row.get("price"):
        raise BadRow("The variant has no price.")
    options = [values.short(part, "An option") for part in _parts(row.get("optionvalues"))]
    wanted = len(product.option_names)
    if len(options) != wanted:
        given = f"it has {len(options)}"
        raise BadRow(f"The product's variants have {wanted} option values, {given}.")
    price = values.money(row.get("price"), "The price", currency)
    stock = row.get("stockonhand")
    units = values.units(stock, "The stock") if stock else None
    add_pictures(product, _parts(row.get("variantassets")))
    return VariantEntry(
        row=row,
        sku=values.short(row.get("sku"), "The SKU"),
        option_values=options,
        price=price,
        compare_at_price=None,
        stock=units,
        barcode="",
        weight_grams=None,
        kept=_kept(_facets(row.get("variantfacets"))),
    )
