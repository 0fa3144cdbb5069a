"""What formats have in common in which a product stands on several rows."""

from collections.abc import Callable, Iterator

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
from catalog.services.slugs import slug_from


def sound_rows(table: Table, catalogue: Catalogue) -> Iterator[Row]:
    """The rows that have no more cells than the header; the others are refused."""
    for row in table.rows:
        try:
            values.check_shape(row, len(table.columns))
        except BadRow as problem:
            catalogue.reject(row, str(problem))
        else:
            yield row


def add_group(
    catalogue: Catalogue,
    first: Row,
    rows: list[Row],
    product_of: Callable[[Row], ProductEntry],
    variant_of: Callable[[Row, ProductEntry], VariantEntry],
) -> None:
    """Add the product that `first` describes, with a variant from each of `rows`.

    A variant with the options of one before is refused; so is a product that is left with none.
    """
    others = [row for row in rows if row.line != first.line]
    try:
        product = product_of(first)
    except BadRow as problem:
        catalogue.reject(first, str(problem))
        for row in others:
            catalogue.reject(row, f"Its product was refused: {problem}")
        return
    seen: set[tuple[str, ...]] = set()
    refused: set[int] = set()
    for row in rows:
        try:
            variant = variant_of(row, product)
            key = tuple(variant.option_values)
            if key in seen:
                shown = " / ".join(key) or "no options"
                raise BadRow(f"The product has a variant with these options: {shown}.")
        except BadRow as problem:
            catalogue.reject(row, str(problem))
            refused.add(row.line)
            continue
        seen.add(key)
        product.variants.append(variant)
    if product.variants:
        if first.line not in {row.line for row in rows}:
            product.other_rows.append(first)
        catalogue.products.append(product)
    elif first.line not in refused:
        catalogue.reject(first, "The product has no variant that could be taken.")


class Slugs:
    """Addresses for products whose file has none: from the name, with a number where it is taken.

    The same file gives the same addresses again.
    """

    def __init__(self) -> None:
        self.taken: set[str] = set()
        self.numbers: dict[str, int] = {}

    def of(self, name: str) -> str:
        wanted = slug = slug_from(name)
        number = self.numbers.get(wanted, 1)
        while slug in self.taken:
            number += 1
            slug = f"{wanted[:240]}-{number}"
        self.numbers[wanted] = number
        self.taken.add(slug)
        return slug


def add_pictures(product: ProductEntry, addresses: list[str]) -> None:
    """Pictures on the web are taken; names of files of the other system are kept as they are."""
    files: dict[str, None] = {}
    for address in addresses:
        if not address or address in product.picture_names or address in files:
            continue
        if ":" in address:
            product.images.append(ImageEntry(values.image_address(address), ""))
            product.picture_names.add(address)
        else:
            files[address] = None
    if files:
        product.picture_names |= files.keys()
        product.picture_files += len(files)
        before = [product.kept["Pictures"]] if "Pictures" in product.kept else []
        product.kept["Pictures"] = ", ".join([*before, *files])
