"""In which column of a plain table each thing stands: proposed by the columns' names and cells."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from itertools import islice

from catalog.importing.plain import OPTIONS
from catalog.importing.reader import Table

SAMPLES = 3
# So far down the file cells are looked for.
_ROWS_LOOKED_AT = 500
_SAMPLE_SHOWN = 80

# As shops and other systems name their columns, in English and German.
_NAMES = {
    "name": (
        "name", "title", "product", "product name", "product title", "item name", "item", "produkt",
        "produktname", "produktbezeichnung", "artikel", "artikelname", "artikelbezeichnung",
        "bezeichnung", "titel",
    ),
    "price": (
        "price", "unit price", "selling price", "sales price", "retail price", "regular price",
        "variant price", "preis", "verkaufspreis", "vk", "vk preis", "einzelpreis", "bruttopreis",
        "endpreis",
    ),
    "sku": (
        "sku", "variant sku", "article number", "article no", "item number", "item no", "item id",
        "item code", "product code", "product number", "part number", "part no", "reference",
        "artikelnummer", "artikel nr", "art nr", "artnr", "nr", "bestellnummer", "code",
    ),
    "stock": (
        "stock", "qty", "quantity", "inventory", "on hand", "in stock", "stock quantity", "units",
        "available", "bestand", "lager", "lagerbestand", "menge", "anzahl", "stück",
    ),
    "category": (
        "category", "categories", "product category", "department", "collection", "group",
        "kategorie", "kategorien", "warengruppe", "produktgruppe", "rubrik",
    ),
    "description": (
        "description", "product description", "long description", "short description", "body",
        "text", "beschreibung", "produktbeschreibung", "artikelbeschreibung",
    ),
    "brand": (
        "brand", "vendor", "manufacturer", "maker", "marke", "hersteller", "lieferant", "designer",
    ),
    "type": ("type", "product type", "kind", "art", "typ", "produkttyp", "produktart"),
    "tags": ("tags", "tag", "keywords", "labels", "schlagworte", "schlagwörter", "stichworte"),
    "barcode": ("barcode", "ean", "ean13", "gtin", "upc", "isbn", "ean code", "strichcode"),
    "picture": (
        "picture", "pictures", "image", "images", "photo", "photos", "image url", "image link",
        "image src", "picture url", "bild", "bilder", "bild url", "foto", "produktbild",
    ),
    "price_before": (
        "price before", "old price", "compare at price", "msrp", "rrp", "list price", "was price",
        "uvp", "streichpreis", "alter preis", "listenpreis",
    ),
    "grams": (
        "grams", "weight g", "weight in g", "weight grams", "weight in grams", "gewicht g",
        "gewicht in g", "gramm",
    ),
    "slug": ("slug", "handle", "url key", "permalink", "url slug"),
}  # fmt: skip
_OPTIONS = {
    "size", "color", "colour", "material", "style", "length", "finish", "pattern", "größe",
    "grösse", "groesse", "farbe", "länge", "muster", "ausführung",
}  # fmt: skip
_NUMBER = re.compile(r"-?\d+([.,]\d+)?\Z", re.ASCII)
_CURRENCY = r"(?:[A-Z]{3}|[A-Z]{0,2}[^\w\s.,-])?"
_PRICE = re.compile(rf"{_CURRENCY}\s?\d[\d.,]*\s?{_CURRENCY}\Z")
_ADDRESSES = ("http://", "https://")
# How a cell looks in the columns that are not read as text.
_LOOKS = {"price": _PRICE, "price_before": _PRICE, "stock": _NUMBER, "grams": _NUMBER}
# Beside a name, these say nothing of what stands in the column.
_ASIDE = {"eur", "usd", "gbp", "chf", "euro", "in", "de", "en", "gross", "brutto"}


def examples(table: Table) -> list[list[str]]:
    """For each column the first few different cells that say something, cut where they are long."""
    found: list[dict[str, None]] = [{} for _ in table.columns]
    for row in islice(table.rows, _ROWS_LOOKED_AT):
        for column, cells in zip(table.columns, found, strict=True):
            if len(cells) < SAMPLES and (cell := " ".join(row.get(column).split())):
                cells[cell if len(cell) <= _SAMPLE_SHOWN else f"{cell[:_SAMPLE_SHOWN]}…"] = None
    return [list(cells) for cells in found]


def proposed(columns: Sequence[str], samples: Sequence[Sequence[str]]) -> dict[str, str]:
    """Field to column, as far as the names say; what should be numbers and is not is left out."""
    found: dict[str, str] = {}
    options = iter(OPTIONS)
    for column, cells in zip(columns, samples, strict=True):
        words = [word for word in re.split(r"[^\w]+|_", column.lower()) if word]
        names = {" ".join(words), " ".join(word for word in words if word not in _ASIDE)}
        field = next((each for each, known in _NAMES.items() if not names.isdisjoint(known)), None)
        if field is None and not names.isdisjoint(_OPTIONS):
            field = next(options, None)
        if field is None or field in found:
            continue
        look = _LOOKS.get(field)
        if look and cells and not any(map(look.match, cells)):
            continue
        found[field] = column
    return found


def is_a_product(header: Sequence[str]) -> bool:
    """Whether a first row looks like a product, and has no name of a column."""
    cells = [" ".join(cell.split()) for cell in header]
    if not any(_PRICE.match(cell) or cell.startswith(_ADDRESSES) for cell in cells):
        return False
    return not proposed([cell.lower() for cell in cells], [[] for _ in cells])


def header_key(columns: Sequence[str]) -> str:
    """What files with the same header have in common; so has one of rows that were refused."""
    own = list(columns[2:] if list(columns[:2]) == ["line", "reason"] else columns)
    return hashlib.sha256("\n".join(own).encode()).hexdigest()


def fitting(mapping: Mapping[str, str], columns: Sequence[str]) -> dict[str, str]:
    """What of a mapping these columns have."""
    return {field: column for field, column in mapping.items() if column in columns}
