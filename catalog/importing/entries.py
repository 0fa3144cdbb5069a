"""What a file says, whatever its format: products with their variants, and rows refused."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(slots=True)
class Row:
    """A record of the file: the line it begins on, and its cells by column in lower case."""

    line: int
    cells: dict[str, str]
    raw: list[str]

    def get(self, *names: str) -> str:
        """The first of these columns that says something, without blanks around it."""
        for name in names:
            if value := self.cells.get(name, "").strip():
                return value
        return ""


class BadRow(Exception):
    """A row that cannot be taken, with the reason in a sentence."""


@dataclass(frozen=True, slots=True)
class Rejection:
    line: int
    reason: str
    raw: list[str]


@dataclass(slots=True)
class ImageEntry:
    url: str
    alt: str


@dataclass(slots=True)
class VariantEntry:
    """One buyable form; `stock` is None where the file does not count it.

    It becomes the product's variant with the SKU `instead_of`, where it has none of its own.
    """

    row: Row
    sku: str
    option_values: list[str]
    price: Decimal
    compare_at_price: Decimal | None
    stock: int | None
    barcode: str
    weight_grams: Decimal | None
    kept: dict[str, str] = field(default_factory=dict)
    instead_of: str = ""


@dataclass(slots=True)
class ProductEntry:
    """A product; `categories` are paths of names, root first.

    `picture_files` counts pictures that the other system names by file: those cannot be fetched.
    """

    row: Row
    slug: str
    name: str
    description: str
    status: str
    vendor: str
    product_type: str
    tags: list[str]
    option_names: list[str]
    categories: list[tuple[str, ...]]
    seo_title: str
    seo_description: str
    kept: dict[str, str] = field(default_factory=dict)
    images: list[ImageEntry] = field(default_factory=list)
    picture_names: set[str] = field(default_factory=set)
    picture_files: int = 0
    variants: list[VariantEntry] = field(default_factory=list)
    other_rows: list[Row] = field(default_factory=list)

    def rows(self) -> Iterator[Row]:
        """Every row the product stands on."""
        lines = {self.row.line: self.row}
        lines |= {variant.row.line: variant.row for variant in self.variants}
        lines |= {row.line: row for row in self.other_rows}
        yield from (lines[line] for line in sorted(lines))


@dataclass(slots=True)
class Catalogue:
    """A whole file, parsed; of the columns in `unknown` its format knows nothing."""

    format: str
    header: list[str]
    unknown: list[str] = field(default_factory=list)
    products: list[ProductEntry] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)

    def reject(self, row: Row, reason: str) -> None:
        self.rejections.append(Rejection(row.line, reason, row.raw))

    def reject_product(self, product: ProductEntry, reason: str) -> None:
        """Refuse every row of the product; the reason stands on the first."""
        for row in product.rows():
            is_first = row.line == product.row.line
            self.reject(row, reason if is_first else f"Its product was refused: {reason}")
