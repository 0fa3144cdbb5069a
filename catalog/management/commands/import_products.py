"""`import_products FILE --tenant SLUG`: a catalogue from another shop system."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import tenant_context

from catalog.importing import import_catalogue
from catalog.importing.plain import FIELDS
from catalog.importing.running import FORMAT_NAMES
from catalog.services.import_runs import import_at_once
from pycommerce.core.errors import Refusal
from tenants.models import Tenant


class Command(BaseCommand):
    help = f"Take the product file of another system into a shop: {FORMAT_NAMES}."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--tenant", required=True, help="the shop's slug")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help=f"for a plain table: the column of a field, of {', '.join(FIELDS)}; repeat it",
        )
        parser.add_argument(
            "--leave-pictures",
            action="store_true",
            help="keep pictures by address; else the worker fetches them",
        )
        parser.add_argument("--dry-run", action="store_true", help="report, and change nothing")

    def handle(
        self,
        *args: Any,
        file: Path,
        tenant: str,
        column: list[str],
        leave_pictures: bool,
        dry_run: bool,
        **options: Any,
    ) -> None:
        shop = Tenant.objects.filter(slug=tenant).first()
        if shop is None:
            raise CommandError(f"There is no shop with the slug '{tenant}'.")
        if wrong := [text for text in column if not all(text.partition("="))]:
            raise CommandError(f"--column is '{wrong[0]}'; it reads FIELD=COLUMN.")
        mapping = {text.partition("=")[0]: text.partition("=")[2] for text in column}
        try:
            with tenant_context(shop):
                if dry_run:
                    report = import_catalogue(
                        file, mapping=mapping, dry_run=True, progress=self._show
                    )
                else:
                    report, fetched = import_at_once(
                        file,
                        mapping=mapping,
                        fetches_pictures=not leave_pictures,
                        progress=self._show,
                    )
        except Refusal as refusal:
            raise CommandError(f"{file}: {refusal.details} Nothing was changed.") from refusal
        if dry_run:
            self.stdout.write("Dry run: nothing was changed.")
        for line in report.lines():
            self.stdout.write(line)
        if not dry_run:
            if not leave_pictures:
                self.stdout.write(f"Pictures that the worker fetches: {fetched}")
            self._write_rejected(report, file)

    def _write_rejected(self, report: Any, file: Path) -> None:
        try:
            rejected = report.write_rejected(file)
        except OSError as error:
            self.stderr.write(f"The rejected rows could not be written: {error.strerror}.")
            return
        if rejected:
            self.stdout.write(f"The rejected rows are in {rejected}.")

    def _show(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            end = "\n" if done == total else ""
            self.stderr.write(f"\r{done:,} of {total:,} products", ending=end)
            self.stderr.flush()
