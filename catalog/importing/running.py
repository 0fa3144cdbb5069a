"""An import from beginning to end: detect, parse, apply part by part, report."""

from collections.abc import Callable
from pathlib import Path

from django.db import transaction

from catalog.importing import shopify, woocommerce
from catalog.importing.applying import Importer
from catalog.importing.entries import Catalogue, ProductEntry
from catalog.importing.reader import BrokenFile, read_table
from catalog.importing.report import Report
from catalog.services.refresh import refresh_products
from pycommerce.db import connection
from tenants.models import User
from tenants.shop.models import raise_catalogue_version

Progress = Callable[[int, int], None]
# Products that are written together. Orders of them wait so long, which is well below a second.
_PART = 250


def import_catalogue(
    path: Path,
    *,
    dry_run: bool = False,
    user: User | None = None,
    progress: Progress = lambda done, total: None,
) -> Report:
    """Take a file into the selected tenant; all that is right in it, or with `dry_run` nothing.

    Each part of it is a transaction of its own: what is locked is locked in id order and for a
    moment, so that shoppers go on buying. One that is cut off keeps the parts that are in, and the
    same file again does the rest.

    Rows that cannot be taken are refused one by one; `progress` hears products done and all.
    Raises BrokenFile where the file as a whole cannot be read; then nothing has changed.
    """
    catalogue = _parse(path)
    report = Report(catalogue.format, header=catalogue.header)
    importer = Importer(catalogue, report, user)
    total = len(catalogue.products)
    for start in range(0, total, _PART):
        _take_in(importer, catalogue.products[start : start + _PART], dry_run=dry_run)
        progress(min(start + _PART, total), total)
    report.rejections = sorted(catalogue.rejections, key=lambda each: each.line)
    return report


@transaction.atomic
def _take_in(importer: Importer, part: list[ProductEntry], *, dry_run: bool) -> None:
    changed = importer.apply(part)
    if dry_run:
        transaction.set_rollback(True)
    elif changed:
        refresh_products(changed)
        raise_catalogue_version()


def _parse(path: Path) -> Catalogue:
    table = read_table(path)
    currency = connection.tenant.currency
    if shopify.is_shopify(table.columns):
        return shopify.parse(table, currency)
    if woocommerce.is_woocommerce(table.columns):
        return woocommerce.parse(table, currency)
    shown = ", ".join(name for name in table.header[:6])
    raise BrokenFile(
        "The columns are neither Shopify's (Handle, Title, Variant Price, …) nor WooCommerce's "
        f"(Type, SKU, Name, Regular price, …); the file begins with {shown}."
    )
