"""Magento 2's product CSV, and that of Adobe Commerce.

Adobe Commerce user guide: "Product data attributes". A configurable product names its variants by
SKU in one cell; they are rows of the type simple and may stand anywhere in the file.
"""

import re

from catalog.importing import values
from catalog.importing.entries import BadRow, Catalogue, ProductEntry, Row, VariantEntry
from catalog.importing.grouping import Slugs, add_group, add_pictures, sound_rows
from catalog.importing.reader import Table

_SOLD = {"simple", "virtual"}
# The root of every Magento shop, which its visitors never see.
_ROOT = "Default Category"
_COLUMNS = {
    "sku", "store_view_code", "product_type", "categories", "name", "description",
    "short_description", "weight", "product_online", "visibility", "price", "special_price",
    "special_price_from_date", "special_price_to_date", "url_key", "meta_title",
    "meta_description", "base_image", "additional_images", "additional_attributes", "qty",
    "configurable_variations", "configurable_variation_labels",
}  # fmt: skip


def recognises(columns: list[str]) -> bool:
    return {"sku", "attribute_set_code", "product_type", "name", "price"} <= set(columns)


def knows(column: str) -> bool:
    """Whether a column says something here, by its name in lower case."""
    return column in _COLUMNS


def parse(table: Table, currency: str) -> Catalogue:
    """The products of the file: simple ones, and configurable ones with their variants."""
    catalogue = Catalogue("Magento", table.header)
    parser = _Parser(catalogue, currency)
    rows = list(sound_rows(table, catalogue))
    by_sku = {row.get("sku"): row for row in rows if _kind(row) in _SOLD and _is_default(row)}
    chosen = {
        row.line: _variations(row)
        for row in rows
        if _kind(row) == "configurable" and _is_default(row)
    }
    taken = {sku for variations in chosen.values() for sku in variations}
    for row in rows:
        if not _is_default(row):
            catalogue.reject(row, f"It speaks for the store view '{row.get('store_view_code')}'.")
        elif row.line in chosen:
            parser.add_configurable(row, chosen[row.line], by_sku)
        elif _kind(row) not in _SOLD:
            kind = _kind(row) or "none"
            catalogue.reject(row, f"Products of the type {kind} cannot be sold here.")
        elif not row.get("sku"):
            catalogue.reject(row, "It has no SKU.")
        elif by_sku[row.get("sku")] is not row:
            catalogue.reject(row, f"The SKU '{row.get('sku')}' stands in the file again.")
        elif row.get("sku") not in taken:
            parser.add_simple(row)
    return catalogue


def _kind(row: Row) -> str:
    return row.get("product_type").lower()


def _is_default(row: Row) -> bool:
    return row.get("store_view_code").lower() in {"", "default"}


def _variations(row: Row) -> dict[str, dict[str, str]]:
    """SKU to the options that its variant is chosen by: `sku=A,size=S|sku=B,size=M`."""
    found = {}
    for text in re.split(r"\|(?=sku=)", row.get("configurable_variations")):
        pairs = _pairs(text)
        if sku := pairs.pop("sku", ""):
            found[sku] = pairs
    return found


def _pairs(text: str) -> dict[str, str]:
    """`size=XS,color=Black` as a mapping; a comma within a value stays in it."""
    pairs: dict[str, list[str]] = {}
    name = ""
    for part in text.split(","):
        before, equals, after = part.partition("=")
        if equals:
            name = before.strip()
            pairs[name] = [after.strip()]
        elif name:
            pairs[name].append(part)
    return {name: ",".join(parts) for name, parts in pairs.items()}


class _Parser:
    def __init__(self, catalogue: Catalogue, currency: str) -> None:
        self.catalogue = catalogue
        self.currency = currency
        self.slugs = Slugs()

    def add_simple(self, row: Row) -> None:
        add_group(
            self.catalogue,
            row,
            [row],
            self._product,
            lambda each, product: self._variant(each, product, []),
        )

    def add_configurable(
        self, row: Row, variations: dict[str, dict[str, str]], by_sku: dict[str, Row]
    ) -> None:
        own = [by_sku[sku] for sku in variations if sku in by_sku]
        missing = [sku for sku in variations if sku not in by_sku]
        if not own:
            self.catalogue.reject(row, "A configurable product without any variation in the file.")
            return
        if missing:
            reason = f"Its variation '{missing[0]}' is not in the file."
            self.catalogue.reject(row, reason)
        names = list(dict.fromkeys(name for pairs in variations.values() for name in pairs))
        labels = _pairs(row.get("configurable_variation_labels"))

        def product_of(each: Row) -> ProductEntry:
            product = self._product(each)
            shown = [labels.get(name) or name.replace("_", " ").capitalize() for name in names]
            product.option_names = [values.short(name, "An option") for name in shown]
            return product

        def variant_of(each: Row, product: ProductEntry) -> VariantEntry:
            pairs = variations[each.get("sku")]
            if absent := [name for name in names if not pairs.get(name)]:
                raise BadRow(f"The variation has no {absent[0]}.")
            options = [values.short(pairs[name], "An option") for name in names]
            return self._variant(each, product, options)

        add_group(self.catalogue, row, own, product_of, variant_of)

    def _product(self, row: Row) -> ProductEntry:
        name = values.short(row.get("name"), "The name")
        if not name:
            raise BadRow("The product has no name.")
        is_online = row.get("product_online") in {"", "1"}
        is_visible = row.get("visibility").lower() != "not visible individually"
        address = row.get("url_key")
        attributes = _pairs(row.get("additional_attributes"))
        product = ProductEntry(
            row=row,
            slug=self.slugs.of(values.slug(address, "The address") if address else name),
            name=name,
            description=row.get("description") or row.get("short_description"),
            status="active" if is_online and is_visible else "draft",
            vendor=values.short(attributes.get("manufacturer", ""), "The manufacturer"),
            product_type="",
            tags=[],
            option_names=[],
            categories=_categories(row),
            seo_title=values.short(row.get("meta_title"), "The meta title"),
            seo_description=values.short(row.get("meta_description"), "The meta description", 500),
            kept={f"Attribute: {key}": value for key, value in attributes.items() if value},
        )
        add_pictures(product, _pictures(row))
        return product

    def _variant(self, row: Row, product: ProductEntry, options: list[str]) -> VariantEntry:
        if not row.get("price"):
            raise BadRow("It has no price.")
        regular = values.money(row.get("price"), "The price", self.currency)
        special, kept = None, {}
        if written := row.get("special_price"):
            special = values.money(written, "The special price", self.currency)
            period = row.get("special_price_from_date"), row.get("special_price_to_date")
            if any(period):
                # It begins or ends by itself, which no price here does.
                kept["Special price"] = f"{special} {period[0]} - {period[1]}"
                special = None
        stock = row.get("qty")
        weight = values.weight(row.get("weight"), "The weight")
        if weight:
            # Pounds or kilograms, as the shop was set up: the file does not say.
            kept["Weight"] = row.get("weight")
        add_pictures(product, _pictures(row))
        return VariantEntry(
            row=row,
            sku=values.short(row.get("sku"), "The SKU"),
            option_values=options,
            price=regular if special is None else special,
            compare_at_price=regular if special is not None and regular > special else None,
            stock=values.units(stock, "The quantity") if stock else None,
            barcode="",
            weight_grams=None,
            kept=kept,
        )


def _pictures(row: Row) -> list[str]:
    return [row.get("base_image"), *values.split_list(row.get("additional_images"))]


def _categories(row: Row) -> list[tuple[str, ...]]:
    """`Default Category/Men/Tops,Default Category/Sale`; a slash in a name has a backslash."""
    paths = []
    for text in values.split_list(row.get("categories")):
        parts = [part.replace("\\/", "/").strip() for part in re.split(r"(?<!\\)/", text)]
        path = tuple(values.short(part, "A category") for part in parts if part)
        paths.append(path[1:] if path and path[0] == _ROOT else path)
    return [path for path in paths if path]
