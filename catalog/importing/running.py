"""An import from beginning to end: detect, parse, apply part by part, report."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from uuid import UUID

from django.db import transaction

from catalog.importing import (
    commercetools,
    commercetools_stock,
    google,
    magento,
    medusa,
    plain,
    prestashop,
    prestashop_combinations,
    shopify,
    spree,
    vendure,
    woocommerce,
)
from catalog.importing.applying import Importer
from catalog.importing.entries import Catalogue, ProductEntry
from catalog.importing.feed import is_feed, read_feed
from catalog.importing.mapping import is_a_product
from catalog.importing.reader import BrokenFile, Table, read_table
from catalog.importing.report import Report
from catalog.services.refresh import refresh_products
from pycommerce.db import connection
from tenants.services.audit import Person
from tenants.shop.models import raise_catalogue_version

Progress = Callable[[int, int], None]
# Hears of a part that is in, and of products done and all, within the part's transaction.
Noting = Callable[[list[ProductEntry], int, int], None]
# Products that are written together. Orders of them wait so long, which is well below a second.
PART = 250
_FORMATS = {
    "Shopify": shopify,
    "WooCommerce": woocommerce,
    "Magento": magento,
    "PrestaShop": prestashop,
    "PrestaShop combinations": prestashop_combinations,
    "Spree": spree,
    "Vendure": vendure,
    "Medusa": medusa,
    "commercetools": commercetools,
    "commercetools stock": commercetools_stock,
    "Google": google,
}
FORMATS = tuple(_FORMATS)
# The systems in their order, for people.
FORMAT_NAMES = (
    "Shopify, WooCommerce, Magento, PrestaShop, Spree, Vendure, Medusa, commercetools, Google feed"
)


class NoFormatFits(BrokenFile):
    """A table whose columns no format has: somebody must say what stands in them."""


def import_catalogue(
    path: Path,
    *,
    mapping: Mapping[str, str] | None = None,
    dry_run: bool = False,
    user: Person | None = None,
    progress: Progress = lambda done, total: None,
    noting: Noting = lambda part, done, total: None,
) -> Report:
    """Take a file into the selected tenant; all that is right in it, or with `dry_run` nothing.

    Each part of it is a transaction of its own: what is locked is locked in id order and for a
    moment, so that shoppers go on buying. One that is cut off keeps the parts that are in, and the
    same file again does the rest.

    Rows that cannot be taken are refused one by one; `progress` hears products done and all.
    Raises BrokenFile where the file as a whole cannot be read; then nothing has changed.
    """
    catalogue = parse(path, mapping=mapping)
    report = Report(catalogue.format, header=catalogue.header)
    importer = Importer(catalogue, report, user, dry_run=dry_run)
    total = len(catalogue.products)
    for start in range(0, total, PART):
        part, done = catalogue.products[start : start + PART], min(start + PART, total)
        _take_in(importer, part, partial(noting, part, done, total))
        progress(done, total)
    report.rejections = sorted(catalogue.rejections, key=lambda each: each.line)
    return report


@transaction.atomic
def _take_in(importer: Importer, part: list[ProductEntry], note: Callable[[], None]) -> None:
    changed = importer.apply(part)
    if not importer.dry_run:
        note()
        finish_part(changed)


def finish_part(changed: set[UUID]) -> None:
    """What lists read of these products, as the last thing in the caller's transaction."""
    if changed:
        refresh_products(changed)
        raise_catalogue_version()


def parse(
    path: Path,
    most_cells: int | None = None,
    mapping: Mapping[str, str] | None = None,
    read_as: str = "",
) -> Catalogue:
    """The file in whichever format it is, or as a plain table by a mapping.

    `read_as` names one of FORMATS where the format is not to be found out. Raises BrokenFile, and
    NoFormatFits where a mapping is asked for.
    """
    table = read(path, most_cells)
    currency = connection.tenant.currency
    if mapping:
        return plain.parse(table, currency, mapping)
    if read_as != plain.FORMAT:
        for name, form in _FORMATS.items():
            if name == read_as or (not read_as and form.recognises(table.columns)):
                catalogue = form.parse(table, currency)
                catalogue.unknown = [
                    title
                    for title, column in zip(table.header, table.columns, strict=True)
                    if title.strip() and not form.knows(column)
                ]
                return catalogue
    shown = ", ".join(name for name in table.header[:6])
    if is_a_product(table.header):
        raise BrokenFile(
            "The names of the columns are missing: the first row has to hold them (Name, Price and "
            f"others), and it holds {shown}."
        )
    raise NoFormatFits(
        "The columns are neither Shopify's (Handle, Title, Variant Price, …) nor another "
        f"system's of these: {FORMAT_NAMES}; the file begins with {shown}."
    )


def read(path: Path, most_cells: int | None = None) -> Table:
    """The file's table, whether it is one of rows or a feed. Raises BrokenFile."""
    return read_feed(path, most_cells) if is_feed(path) else read_table(path, most_cells)
