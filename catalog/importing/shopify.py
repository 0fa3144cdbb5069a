"""Shopify's product CSV, in both generations of its header and some that were typed by hand.

Shopify help centre: "Using CSV files to import and export products". Rows with the same handle
are one product: the first describes it, each with a price is a variant, the rest are pictures.
"""

from catalog.importing import values
from catalog.importing.entries import (
    BadRow,
    Catalogue,
    ImageEntry,
    ProductEntry,
    Row,
    VariantEntry,
)
from catalog.importing.reader import Table

HANDLE = ("handle", "url handle")
TITLE = ("title",)
BODY = ("body (html)", "body", "description")
TYPE = ("type", "custom product type")
TAXONOMY = ("product category", "standard product type")
PUBLISHED = ("published", "published on online store")
SKU = ("variant sku", "sku")
PRICE = ("variant price", "price")
COMPARE_AT = ("variant compare at price", "compare-at price", "compare at price")
QUANTITY = ("variant inventory qty", "variant inventory quantity", "inventory quantity")
BARCODE = ("variant barcode", "barcode")
GRAMS = ("variant grams", "weight value (grams)")
IMAGE = ("image src", "product image url")
IMAGE_POSITION = ("image position",)
IMAGE_ALT = ("image alt text",)
# A column of ours behind Shopify's own: the tree of categories, which it has not.
CATEGORIES = ("categories",)

# Columns that the shop has no use for; kept, and written again by the exporter.
KEPT_OF_PRODUCT = (
    "Product Category",
    "Gift Card",
    "Google Shopping / Google Product Category",
    "Google Shopping / Gender",
    "Google Shopping / Age Group",
    "Google Shopping / MPN",
    "Google Shopping / AdWords Grouping",
    "Google Shopping / AdWords Labels",
    "Google Shopping / Condition",
    "Google Shopping / Custom Product",
    "Google Shopping / Custom Label 0",
    "Google Shopping / Custom Label 1",
    "Google Shopping / Custom Label 2",
    "Google Shopping / Custom Label 3",
    "Google Shopping / Custom Label 4",
)
KEPT_OF_VARIANT = (
    "Variant Inventory Tracker",
    "Variant Inventory Policy",
    "Variant Fulfillment Service",
    "Variant Requires Shipping",
    "Variant Taxable",
    "Variant Image",
    "Variant Weight Unit",
    "Variant Tax Code",
    "Cost per item",
)
# The same columns as other headers spell them.
_OTHER_NAMES = {
    "Product Category": ("product category", "standard product type"),
    "Variant Inventory Tracker": ("inventory tracker",),
    "Variant Fulfillment Service": ("variant fullfilment service", "fulfillment service"),
    "Variant Requires Shipping": ("requires shipping",),
    "Variant Taxable": ("charge tax",),
    "Variant Image": ("variant image url",),
    "Variant Weight Unit": ("weight unit for display",),
    "Variant Tax Code": ("tax code",),
}


def recognises(columns: list[str]) -> bool:
    names = set(columns)
    return any(
        {handle, price} <= names for handle in HANDLE for price in PRICE
    ) and not names.isdisjoint(TITLE)


_OTHERS = {"vendor", "tags", "status", "seo title", "seo description"}
_OTHERS |= {f"option{number} {what}" for number in (1, 2, 3) for what in ("name", "value")}
_NAMED: tuple[tuple[str, ...], ...] = (
    HANDLE, TITLE, BODY, TYPE, TAXONOMY, PUBLISHED, SKU, PRICE, COMPARE_AT, QUANTITY, BARCODE,
    GRAMS, IMAGE, IMAGE_POSITION, IMAGE_ALT, CATEGORIES,
)  # fmt: skip


def knows(column: str) -> bool:
    """Whether a column says something here, by its name in lower case."""
    kept = (*KEPT_OF_PRODUCT, *KEPT_OF_VARIANT)
    return (
        column in _OTHERS
        or any(column in names for names in _NAMED)
        or any(column in {name.lower(), _loose(name), *_OTHER_NAMES.get(name, ())} for name in kept)
    )


def _loose(name: str) -> str:
    """As a header typed by hand has it: without the slashes."""
    return name.lower().replace(" / ", " ")


def parse(table: Table, currency: str) -> Catalogue:
    """The products of the file, in the order in which they first stand there."""
    catalogue = Catalogue("Shopify", table.header)
    groups: dict[str, list[Row]] = {}
    for row in table.rows:
        try:
            values.check_shape(row, len(table.columns))
            handle = values.slug(row.get(*HANDLE), "The handle")
        except BadRow as problem:
            catalogue.reject(row, str(problem))
            continue
        groups.setdefault(handle, []).append(row)
    for handle, rows in groups.items():
        _parse_group(catalogue, handle, rows, currency)
    return catalogue


def _parse_group(catalogue: Catalogue, handle: str, rows: list[Row], currency: str) -> None:
    first = next((row for row in rows if row.get(*TITLE)), rows[0])
    try:
        product = _product(first, handle)
    except BadRow as problem:
        for row in rows:
            reason = str(problem)
            catalogue.reject(row, reason if row is first else f"Its product was refused: {reason}")
        return
    seen: set[tuple[str, ...]] = set()
    pictures: list[tuple[int, int, ImageEntry]] = []
    for index, row in enumerate(rows):
        try:
            # First: a row that is refused for its picture gives no variant either.
            picture = _picture(row, index)
            if row.get(*PRICE) or row.get("option1 value"):
                variant = _variant(row, product, currency)
                key = tuple(variant.option_values)
                if key in seen:
                    shown = " / ".join(key) or "no options"
                    raise BadRow(f"The product has a variant with these options: {shown}.")
                seen.add(key)
                product.variants.append(variant)
            elif not picture:
                raise BadRow("It has neither a price nor a picture.")
            else:
                product.other_rows.append(row)
            if picture:
                pictures.append(picture)
        except BadRow as problem:
            catalogue.reject(row, str(problem))
    if not product.variants:
        # Its rows with prices were refused above; what is left are pictures of nothing.
        for row in product.other_rows:
            catalogue.reject(row, "Its product has no variant that could be taken.")
        return
    _add_pictures(product, pictures)
    catalogue.products.append(product)


def _product(row: Row, handle: str) -> ProductEntry:
    name = values.short(row.get(*TITLE), "The title")
    if not name:
        raise BadRow("The product has no title.")
    product_type = values.short(row.get(*TYPE), "The type")
    if "categories" in row.cells:
        categories = values.split_paths(row.get(*CATEGORIES))
    elif product_type:
        categories = [(product_type,)]
    else:
        path = tuple(part.strip() for part in row.get(*TAXONOMY).split(">") if part.strip())
        categories = [path] if path else []
    for path in categories:
        for part in path:
            values.short(part, "A category")
    return ProductEntry(
        row=row,
        slug=handle,
        name=name,
        description=row.get(*BODY),
        status=_status(row),
        vendor=values.short(row.get("vendor"), "The vendor"),
        product_type=product_type,
        tags=[values.short(tag, "A tag") for tag in values.split_list(row.get("tags"))],
        option_names=_option_names(row),
        categories=categories,
        seo_title=values.short(row.get("seo title"), "The SEO title"),
        seo_description=values.short(row.get("seo description"), "The SEO description", 500),
        kept=_kept(row, KEPT_OF_PRODUCT),
    )


def _status(row: Row) -> str:
    status = row.get("status").lower()
    if status in {"draft", "archived"}:
        return status
    if status not in {"", "active", "unlisted"}:
        raise BadRow(f"The status is '{status}'; it is active, draft or archived.")
    return "draft" if row.get(*PUBLISHED).lower() in {"false", "no", "0"} else "active"


def _option_names(row: Row) -> list[str]:
    names = [row.get(f"option{number} name") for number in (1, 2, 3)]
    names = [values.short(name, "An option") for name in names if name]
    if names == ["Title"] and row.get("option1 value") in {"", "Default Title"}:
        return []
    if len(set(names)) != len(names):
        raise BadRow("Two options have the same name.")
    return names


def _variant(row: Row, product: ProductEntry, currency: str) -> VariantEntry:
    price = row.get(*PRICE)
    if not price:
        raise BadRow("The variant has no price.")
    option_values = [row.get(f"option{number} value") for number in (1, 2, 3)]
    wanted = len(product.option_names)
    if wanted == 0 and option_values[0] == "Default Title":
        option_values = []
    option_values = [values.short(value, "An option") for value in option_values if value]
    if len(option_values) != wanted:
        given = f"it has {len(option_values)}"
        raise BadRow(f"The product's variants have {wanted} option values, {given}.")
    before = row.get(*COMPARE_AT)
    quantity = row.get(*QUANTITY)
    former = values.money(before, "The compare-at price", currency) if before else None
    return VariantEntry(
        row=row,
        sku=values.short(row.get(*SKU), "The SKU"),
        option_values=option_values,
        price=values.money(price, "The price", currency),
        # Some systems write 0 where there is no former price.
        compare_at_price=former or None,
        stock=values.units(quantity, "The quantity") if quantity else None,
        barcode=values.short(row.get(*BARCODE), "The barcode"),
        weight_grams=values.weight(row.get(*GRAMS), "The weight"),
        kept=_kept(row, KEPT_OF_VARIANT),
    )


def _kept(row: Row, names: tuple[str, ...]) -> dict[str, str]:
    kept: dict[str, str] = {}
    for name in names:
        if value := row.get(name.lower(), _loose(name), *_OTHER_NAMES.get(name, ())):
            kept[name] = value
    return kept


def _picture(row: Row, index: int) -> tuple[int, int, ImageEntry] | None:
    url = row.get(*IMAGE)
    if not url:
        return None
    position = row.get(*IMAGE_POSITION)
    place = int(values.number(position, "The image position")) if position else index + 1
    alt = values.short(row.get(*IMAGE_ALT), "The alternative text", 512)
    return place, index, ImageEntry(values.image_address(url), alt)


def _add_pictures(product: ProductEntry, pictures: list[tuple[int, int, ImageEntry]]) -> None:
    """In the order of their positions, each address once."""
    seen: set[str] = set()
    for _, _, entry in sorted(pictures, key=lambda picture: picture[:2]):
        if entry.url not in seen:
            seen.add(entry.url)
            product.images.append(entry)
