"""commercetools' inventory CSV: units by SKU and channel, of products that the shop has."""

from collections import Counter
from uuid import UUID

from catalog.importing import values
from catalog.importing.entries import BadRow, Catalogue, Row
from catalog.importing.grouping import sound_rows
from catalog.importing.present import product_entry, variant_entry, with_all
from catalog.importing.reader import Table
from catalog.models import Product

_COLUMNS = {"sku", "quantityonstock", "supplychannel"}


def recognises(columns: list[str]) -> bool:
    return {"sku", "quantityonstock"} <= set(columns)


def knows(column: str) -> bool:
    """Whether a column says something here, by its name in lower case."""
    return column in _COLUMNS


def parse(table: Table, currency: str) -> Catalogue:
    """The products whose variants the file counts; a SKU's units of all channels are added up."""
    catalogue = Catalogue("commercetools stock", table.header)
    units: Counter[str] = Counter()
    rows: dict[str, Row] = {}
    for row in sound_rows(table, catalogue):
        try:
            sku = row.get("sku")
            if not sku:
                raise BadRow("The row has no SKU.")
            units[sku] += values.units(row.get("quantityonstock"), "The quantity")
        except BadRow as problem:
            catalogue.reject(row, str(problem))
        else:
            rows.setdefault(sku, row)
    known: set[str] = set()
    counted: dict[UUID, Product] = {
        product.pk: product
        for product in with_all(Product.objects.filter(variants__sku__in=list(rows)).distinct())
    }
    for product in counted.values():
        found = [variant for variant in product.variants.all() if variant.sku in rows]
        known |= {variant.sku for variant in found}
        entry = product_entry(product, rows[found[0].sku])
        entry.variants = [
            variant_entry(variant, rows[variant.sku], units[variant.sku]) for variant in found
        ]
        catalogue.products.append(entry)
    for sku, row in rows.items():
        if sku not in known:
            reason = f"No product of the shop has the SKU '{sku}': import the products first."
            catalogue.reject(row, reason)
    return catalogue
