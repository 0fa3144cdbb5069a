"""An import from beginning to end: detect, parse, apply in one transaction, report."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from django.db import transaction

from catalog.importing import shopify, woocommerce
from catalog.importing.applying import Importer
from catalog.importing.entries import Catalogue
from catalog.importing.reader import BrokenFile, read_table
from catalog.importing.report import Report
from catalog.services.refresh import refresh_products
from pycommerce.db import connection
from tenants.models import User
from tenants.shop.models import raise_catalogue_version

Progress = Callable[[int, int], None]
_CHUNK = 500


def import_catalogue(
    path: Path,
    *,
    dry_run: bool = False,
    user: User | None = None,
    progress: Progress = lambda done, total: None,
) -> Report:
    """Take a file into the selected tenant; all that is right in it, or with `dry_run` nothing.

    Rows that cannot be taken are refused one by one; `progress` hears products done and all.
    Raises BrokenFile where the file as a whole cannot be read; then nothing has changed.
    """
    catalogue = _parse(path)
    report = Report(catalogue.format, header=catalogue.header)
    with transaction.atomic():
        importer = Importer(catalogue, report, user)
        changed: set[UUID] = set()
        total = len(catalogue.products)
        for start in range(0, total, _CHUNK):
            changed |= importer.apply(catalogue.products[start : start + _CHUNK])
            progress(min(start + _CHUNK, total), total)
        if changed:
            refresh_products(changed)
            raise_catalogue_version()
        if dry_run:
            transaction.set_rollback(True)
    report.rejections = sorted(catalogue.rejections, key=lambda each: each.line)
    return report


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
