"""PrestaShop's combinations CSV: the variants of products that the shop has.

PrestaShop documentation: "Import". A row names its product by the number that the products' file
has, and says by how much its price and weight differ from the product's.
"""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from catalog.importing import values
from catalog.importing.entries import BadRow, Catalogue, ImageEntry, ProductEntry, Row, VariantEntry
from catalog.importing.grouping import add_group, add_pictures, sound_rows
from catalog.importing.present import product_entry, with_all
from catalog.importing.reader import Table
from catalog.models import Product, Variant

NUMBER = "Product id"
_IMPACT, _HEAVIER, _REFERENCE = "Impact on price", "Impact on weight", "Reference"
_KILOGRAM = Decimal(1000)
_ATTRIBUTES = "attribute (name:type:position)*"
_VALUES = "value (value:position)*"
_DEFAULT = "default (0 = no, 1 = yes)"
_COLUMNS = {
    "product id*", _ATTRIBUTES, _VALUES, "reference", "ean13", "upc", "impact on price",
    "impact on weight", "quantity", _DEFAULT, "image urls (x,y,z...)", "image alt texts (x,y,z...)",
}  # fmt: skip
_ATTRIBUTE = re.compile(r"(.+?):\w*:\d+")
_VALUE = re.compile(r"(.+):\d+")


def recognises(columns: list[str]) -> bool:
    return {"product id*", _ATTRIBUTES, _VALUES} <= set(columns)


def knows(column: str) -> bool:
    """Whether a column says something here, by its name in lower case."""
    return column in _COLUMNS


def parse(table: Table, currency: str) -> Catalogue:
    """The products of the shop that the file names, with their variants.

    Where a product has had one form, the default combination takes its place.
    """
    catalogue = Catalogue("PrestaShop combinations", table.header)
    groups: dict[str, list[Row]] = {}
    for row in sound_rows(table, catalogue):
        groups.setdefault(row.get("product id*"), []).append(row)
    products = _by_number(groups)
    references: set[str] = set()
    for number, rows in groups.items():
        if product := products.get(number):
            _add(catalogue, product, rows, references, currency)
            continue
        reason = f"No product of the shop has PrestaShop's number '{number[:40]}'"
        for row in rows:
            catalogue.reject(row, f"{reason}: import the products first.")
    return catalogue


def _by_number(numbers: Iterable[str]) -> dict[str, Product]:
    wanted = set(numbers) - {""}
    found = Product.objects.filter(**{f"source_fields__{NUMBER}__in": sorted(wanted)})
    return {product.source_fields[NUMBER]: product for product in with_all(found)}


def combined(numbers: Iterable[str]) -> dict[str, list[Variant]]:
    """By PrestaShop's number, the variants of products whose combinations the shop has."""
    found = ((number, list(each.variants.all())) for number, each in _by_number(numbers).items())
    return {
        number: variants
        for number, variants in found
        if all(_IMPACT in variant.source_fields for variant in variants)
    }


def _add(
    catalogue: Catalogue, product: Product, rows: list[Row], references: set[str], currency: str
) -> None:
    first = product.variants.all()[0]
    before = len(catalogue.products)

    def product_of(row: Row) -> ProductEntry:
        entry = product_entry(product, row)
        entry.option_names = [
            name for each in rows for name in _parts(_ATTRIBUTE, each.get(_ATTRIBUTES))
        ]
        entry.option_names = list(dict.fromkeys(entry.option_names))
        return entry

    def variant_of(row: Row, entry: ProductEntry) -> VariantEntry:
        variant = _variant(row, entry.option_names, first, references, currency)
        for image in _images(row):
            add_pictures(entry, [image.url])
            if entry.images and entry.images[-1].url == image.url and not entry.images[-1].alt:
                entry.images[-1].alt = image.alt
        return variant

    add_group(catalogue, rows[0], rows, product_of, variant_of)
    if len(catalogue.products) > before and not first.option_values:
        variants = catalogue.products[-1].variants
        chosen = next((each for each in variants if each.row.get(_DEFAULT) == "1"), variants[0])
        chosen.instead_of = first.sku


def _parts(form: re.Pattern[str], text: str) -> Iterator[str]:
    for part in text.split(","):
        if match := form.fullmatch(part.strip()):
            yield values.short(match[1].strip(), "An attribute")


def _variant(
    row: Row, options: list[str], first: Variant, references: set[str], currency: str
) -> VariantEntry:
    given = dict(
        zip(
            _parts(_ATTRIBUTE, row.get(_ATTRIBUTES)), _parts(_VALUE, row.get(_VALUES)), strict=False
        )
    )
    if absent := next((name for name in options if not given.get(name)), ""):
        raise BadRow(f"The combination has no {absent}.")
    if not options:
        raise BadRow("The combination has no attribute, written as Colour:color:0.")
    reference = values.short(row.get("reference"), "The reference")
    kept = {_IMPACT: row.get("impact on price") or "0"}
    price = values.money(
        str(base_price(first) + values.number(kept[_IMPACT], _IMPACT)), "The price", currency
    )
    weight = _weight(row, first, kept)
    # There a reference may stand on several combinations; here the first has it.
    if is_taken := reference in references:
        kept[_REFERENCE] = reference
    elif reference:
        references.add(reference)
    stock = row.get("quantity")
    return VariantEntry(
        row=row,
        sku="" if is_taken else reference,
        option_values=[given[name] for name in options],
        price=price,
        compare_at_price=None,
        stock=values.units(stock, "The quantity") if stock else None,
        barcode=values.short(row.get("ean13", "upc"), "The barcode"),
        weight_grams=weight,
        kept=kept,
    )


def base_price(variant: Variant) -> Decimal:
    """The product's price, from which that of its combination differs."""
    return variant.price - Decimal(variant.source_fields.get(_IMPACT, "0"))


def price_from(base: Decimal, variant: Variant) -> Decimal:
    """The combination's price where the product has that one."""
    return base + Decimal(variant.source_fields[_IMPACT])


def _weight(row: Row, first: Variant, kept: dict[str, str]) -> Decimal | None:
    written = row.get("impact on weight")
    impact = values.number(written, _HEAVIER) if written else Decimal(0)
    if impact:
        kept[_HEAVIER] = written
    base = first.weight_grams
    if base is None:
        return values.weight(str(impact), "The weight", _KILOGRAM) if impact else None
    base -= Decimal(first.source_fields.get(_HEAVIER, "0")) * _KILOGRAM
    return values.weight(str(base + impact * _KILOGRAM), "The weight")


def _images(row: Row) -> Iterator[ImageEntry]:
    addresses = values.split_list(row.get("image urls (x,y,z...)"))
    texts = [text.strip() for text in row.get("image alt texts (x,y,z...)").split(",")]
    texts += [""] * len(addresses)
    for address, text in zip(addresses, texts, strict=False):
        yield ImageEntry(address, values.short(text, "The alternative text", 512))
