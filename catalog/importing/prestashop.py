"""PrestaShop's product CSV, as its back office takes it.

PrestaShop documentation: "Import". Its combinations are a file of their own: without it, each
product is sold in one form.
"""

from decimal import Decimal

from catalog.importing import values
from catalog.importing.entries import BadRow, Catalogue, ProductEntry, Row, VariantEntry
from catalog.importing.grouping import Slugs, add_group, add_pictures, sound_rows
from catalog.importing.present import variant_entry
from catalog.importing.prestashop_combinations import NUMBER, combined, price_from
from catalog.importing.reader import Table
from catalog.models import Variant

_COLUMNS = {
    "product id", "active (0/1)", "name *", "name", "categories (x,y,z...)",
    "price tax excluded", "price tax included", "reference #", "manufacturer", "ean13", "upc",
    "weight", "quantity", "visibility", "summary", "description", "tags (x,y,z...)",
    "meta title", "meta description", "url rewritten", "image urls (x,y,z...)",
    "image alt texts (x,y,z...)", "discount amount", "discount percent",
    "discount from (yyyy-mm-dd)", "discount to (yyyy-mm-dd)",
    "available for order (0 = no, 1 = yes)", "show price (0 = no, 1 = yes)",
}  # fmt: skip
_KEPT = (
    NUMBER.lower(), "discount amount", "discount percent", "discount from (yyyy-mm-dd)",
    "discount to (yyyy-mm-dd)",
)  # fmt: skip
_NAME = ("name *", "name")
_PRICE = ("price tax included", "price tax excluded")


def recognises(columns: list[str]) -> bool:
    names = set(columns)
    return "product id" in names and not names.isdisjoint(_NAME) and not names.isdisjoint(_PRICE)


def knows(column: str) -> bool:
    """Whether a column says something here, by its name in lower case."""
    return column in _COLUMNS


def parse(table: Table, currency: str) -> Catalogue:
    """The products of the file, each with one variant, or with the combinations it has already."""
    catalogue = Catalogue("PrestaShop", table.header)
    slugs = Slugs()
    rows = list(sound_rows(table, catalogue))
    present = combined(row.get("product id") for row in rows)
    for row in rows:
        before = len(catalogue.products)
        add_group(
            catalogue,
            row,
            [row],
            lambda each: _product(each, slugs),
            lambda each, _: _variant(each, currency),
        )
        if len(catalogue.products) > before and (found := present.get(row.get("product id"))):
            _keep_combinations(catalogue, found, currency)
    return catalogue


def _keep_combinations(catalogue: Catalogue, present: list[Variant], currency: str) -> None:
    """Leave the last product its variants, at prices that follow from the file's."""
    product = catalogue.products[-1]
    base = product.variants[0].price
    product.option_names = list(present[0].product.option_names)
    product.variants = [variant_entry(variant, product.row) for variant in present]
    try:
        for entry, variant in zip(product.variants, present, strict=True):
            price = str(price_from(base, variant))
            entry.price = values.money(price, "The price of a combination", currency)
    except BadRow as problem:
        catalogue.products.pop()
        catalogue.reject_product(product, str(problem))


def _product(row: Row, slugs: Slugs) -> ProductEntry:
    name = values.short(row.get(*_NAME), "The name")
    if not name:
        raise BadRow("The product has no name.")
    address = row.get("url rewritten")
    is_active = row.get("active (0/1)") != "0"
    is_shown = row.get("visibility").lower() != "none"
    is_sold = row.get("available for order (0 = no, 1 = yes)") != "0"
    has_price = row.get("show price (0 = no, 1 = yes)") != "0"
    product = ProductEntry(
        row=row,
        slug=slugs.of(values.slug(address, "The rewritten address") if address else name),
        name=name,
        description=row.get("description", "summary"),
        status="active" if is_active and is_shown and is_sold and has_price else "draft",
        vendor=values.short(row.get("manufacturer"), "The manufacturer"),
        product_type="",
        tags=[values.short(tag, "A tag") for tag in values.split_list(row.get("tags (x,y,z...)"))],
        option_names=[],
        categories=_categories(row),
        seo_title=values.short(row.get("meta title"), "The meta title"),
        seo_description=values.short(row.get("meta description"), "The meta description", 500),
        # Discounts begin and end by themselves, which no price here does.
        kept={name.capitalize(): row.get(name) for name in _KEPT if row.get(name)},
    )
    add_pictures(product, values.split_list(row.get("image urls (x,y,z...)")))
    texts = [text.strip() for text in row.get("image alt texts (x,y,z...)").split(",")]
    for image, text in zip(product.images, texts, strict=False):
        image.alt = values.short(text, "The alternative text", 512)
    return product


def _categories(row: Row) -> list[tuple[str, ...]]:
    """Names between commas; below Home, which is the root of every shop, by slashes."""
    paths = []
    for text in values.split_list(row.get("categories (x,y,z...)")):
        path = [part.strip() for part in text.split("/") if part.strip()]
        if path[:1] == ["Home"]:
            path = path[1:]
        if path:
            paths.append(tuple(values.short(part, "A category") for part in path))
    return paths


def _variant(row: Row, currency: str) -> VariantEntry:
    if not row.get(*_PRICE):
        raise BadRow("It has no price.")
    stock = row.get("quantity")
    return VariantEntry(
        row=row,
        sku=values.short(row.get("reference #"), "The reference"),
        option_values=[],
        price=values.money(row.get(*_PRICE), "The price", currency),
        compare_at_price=None,
        stock=values.units(stock, "The quantity") if stock else None,
        barcode=values.short(row.get("ean13", "upc"), "The barcode"),
        weight_grams=values.weight(row.get("weight"), "The weight", Decimal(1000)),
    )
