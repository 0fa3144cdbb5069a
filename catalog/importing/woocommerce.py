"""WooCommerce's product CSV.

WooCommerce documentation: "Product CSV Importer and Exporter Schema". Variations name their parent
by SKU (or `id:44`) and may stand anywhere in the file.
"""

import re
from decimal import Decimal

from catalog.importing import values
from catalog.importing.entries import (
    BadRow,
    Catalogue,
    ImageEntry,
    ProductEntry,
    Row,
    VariantEntry,
)
from catalog.importing.grouping import Slugs
from catalog.importing.reader import Table

_GRAMS = {
    "kg": Decimal(1000),
    "g": Decimal(1),
    "lbs": Decimal("453.59237"),
    "oz": Decimal("28.349523125"),
}
_WEIGHT = re.compile(r"weight \((kg|g|lbs|oz)\)")
_ATTRIBUTE = re.compile(r"attribute (\d+) name")
_ANY = "Any"


def recognises(columns: list[str]) -> bool:
    return {"type", "sku", "name", "regular price"} <= set(columns)


_COLUMNS = {
    "id", "type", "sku", "gtin, upc, ean, or isbn", "name", "published", "visibility in catalog",
    "short description", "description", "stock", "sale price", "regular price", "categories",
    "tags", "images", "parent", "brands",
}  # fmt: skip
_VALUES = re.compile(r"attribute \d+ value\(s\)")


def knows(column: str) -> bool:
    """Whether a column says something here, by its name in lower case."""
    patterns = (_ATTRIBUTE, _VALUES, _WEIGHT)
    return column in _COLUMNS or any(each.fullmatch(column) for each in patterns)


def parse(table: Table, currency: str) -> Catalogue:
    """The products of the file: simple ones, and variable ones with their variations."""
    catalogue = Catalogue("WooCommerce", table.header)
    rows = []
    for row in table.rows:
        try:
            values.check_shape(row, len(table.columns))
            rows.append(row)
        except BadRow as problem:
            catalogue.reject(row, str(problem))
    parser = _Parser(catalogue, table.columns, currency)
    variations = [row for row in rows if "variation" in _kinds(row)]
    by_parent: dict[str, list[Row]] = {}
    for row in variations:
        by_parent.setdefault(row.get("parent"), []).append(row)
    for row in rows:
        if "variation" not in _kinds(row):
            parser.add(row, by_parent)
    parser.finish(variations)
    return catalogue


def _kinds(row: Row) -> set[str]:
    return {kind.strip().lower() for kind in row.get("type").split(",") if kind.strip()}


class _Parser:
    def __init__(self, catalogue: Catalogue, columns: list[str], currency: str) -> None:
        self.catalogue = catalogue
        self.currency = currency
        self.attributes = [
            int(found.group(1)) for name in columns if (found := _ATTRIBUTE.fullmatch(name))
        ]
        self.weight = next((name for name in columns if _WEIGHT.fullmatch(name)), "")
        self.slugs = Slugs()
        self.taken: set[int] = set()
        self.parents: set[str] = set()

    def add(self, row: Row, by_parent: dict[str, list[Row]]) -> None:
        kinds = _kinds(row)
        names = _names_of(row)
        self.parents |= names
        own = sorted(
            (each for name in names for each in by_parent.get(name, [])),
            key=lambda each: each.line,
        )
        self.taken |= {each.line for each in own}
        try:
            if "simple" in kinds:
                product = self._product(row)
                product.variants.append(self._variant(row, []))
            elif "variable" in kinds:
                product = self._variable(row, own)
            else:
                kind = ", ".join(sorted(kinds)) or "none"
                raise BadRow(f"Products of the type {kind} cannot be sold here.")
        except BadRow as problem:
            self.catalogue.reject(row, str(problem))
            for each in own:
                self.catalogue.reject(each, f"Its product was refused: {problem}")
            return
        if product.variants:
            self.catalogue.products.append(product)

    def _variable(self, row: Row, own: list[Row]) -> ProductEntry:
        if not own:
            raise BadRow("It is a variable product without any variation.")
        product = self._product(row)
        offered = [self._attribute(row, number)[0] for number in self.attributes]
        set_by_variations = {
            name
            for each in own
            for name, value in (self._attribute(each, number) for number in self.attributes)
            if name and value
        }
        # An attribute that no variation sets is no choice; it is said of all of them.
        product.option_names = [name for name in offered if name in set_by_variations]
        seen: set[tuple[str, ...]] = set()
        for each in own:
            try:
                chosen = self._chosen(each)
                option_values = [chosen.get(name, _ANY) for name in product.option_names]
                if tuple(option_values) in seen:
                    shown = " / ".join(option_values) or "no options"
                    raise BadRow(f"The product has a variant with these options: {shown}.")
                product.variants.append(self._variant(each, option_values))
                seen.add(tuple(option_values))
            except BadRow as problem:
                self.catalogue.reject(each, str(problem))
        if not product.variants:
            raise BadRow("None of its variations could be taken.")
        return product

    def finish(self, variations: list[Row]) -> None:
        """Refuse the variations whose product is not in the file."""
        for row in variations:
            if row.line not in self.taken:
                parent = row.get("parent") or "nothing"
                self.catalogue.reject(row, f"Its parent '{parent}' is not in the file.")

    def _attribute(self, row: Row, number: int) -> tuple[str, str]:
        name = row.get(f"attribute {number} name")
        return name, row.get(f"attribute {number} value(s)")

    def _chosen(self, row: Row) -> dict[str, str]:
        pairs = (self._attribute(row, number) for number in self.attributes)
        return {name: values.short(value, "An option") for name, value in pairs if name and value}

    def _product(self, row: Row) -> ProductEntry:
        name = values.short(row.get("name"), "The name")
        if not name:
            raise BadRow("The product has no name.")
        is_shown = row.get("visibility in catalog").lower() != "hidden"
        is_published = row.get("published") not in {"0", "-1"}
        short_text, long_text = row.get("short description"), row.get("description")
        product = ProductEntry(
            row=row,
            slug=self.slugs.of(name),
            name=name,
            description=_paragraphs(long_text or short_text),
            status="active" if is_shown and is_published else "draft",
            vendor=values.short(row.get("brands"), "The brand"),
            product_type="",
            tags=[values.short(tag, "A tag") for tag in values.split_list(row.get("tags"))],
            option_names=[],
            categories=_categories(row),
            seo_title="",
            seo_description=values.short(
                " ".join(short_text.split())[:500] if long_text else "", "The short text", 500
            ),
            kept=self._facts(row),
        )
        for url in values.split_list(row.get("images")):
            product.images.append(ImageEntry(values.image_address(url), ""))
        return product

    def _facts(self, row: Row) -> dict[str, str]:
        """What is said of the product as a whole, kept as it was written."""
        pairs = (self._attribute(row, number) for number in self.attributes)
        return {f"Attribute: {name}": value for name, value in pairs if name and value}

    def _variant(self, row: Row, option_values: list[str]) -> VariantEntry:
        regular, sale = row.get("regular price"), row.get("sale price")
        if not regular and not sale:
            raise BadRow("It has no price.")
        price = values.money(sale or regular, "The price", self.currency)
        before = values.money(regular, "The regular price", self.currency) if regular else None
        stock = row.get("stock")
        weight = row.get(self.weight) if self.weight else ""
        unit = _WEIGHT.fullmatch(self.weight)
        return VariantEntry(
            row=row,
            sku=values.short(row.get("sku"), "The SKU"),
            option_values=option_values,
            price=price,
            compare_at_price=before if sale and before and before > price else None,
            stock=values.units(stock, "The stock") if stock else None,
            barcode=values.short(row.get("gtin, upc, ean, or isbn"), "The barcode"),
            weight_grams=values.weight(
                weight, "The weight", _GRAMS[unit.group(1)] if unit else Decimal(1)
            ),
        )


def _names_of(row: Row) -> set[str]:
    """What a variation may call its parent."""
    names = {row.get("sku")} if row.get("sku") else set()
    return names | ({f"id:{row.get('id')}"} if row.get("id") else set())


def _categories(row: Row) -> list[tuple[str, ...]]:
    paths = []
    for text in values.split_list(row.get("categories")):
        path = tuple(values.short(part.strip(), "A category") for part in text.split(">"))
        paths.append(tuple(part for part in path if part))
    return paths


def _paragraphs(text: str) -> str:
    """Plain text with blank lines as paragraphs; what is HTML already stays as it is."""
    text = text.replace("\\n", "\n")
    if "<p" in text or "<br" in text or "\n" not in text:
        return text
    parts = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
    return "".join(f"<p>{part}</p>" for part in parts if part)
