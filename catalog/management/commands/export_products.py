"""`export_products FILE --tenant SLUG`: a shop's catalogue as Shopify's product CSV."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django_tenants.utils import tenant_context

from catalog.exporting import export_catalogue
from tenants.models import Tenant


class Command(BaseCommand):
    help = "Write a shop's catalogue as Shopify's product CSV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--tenant", required=True, help="the shop's slug")

    def handle(self, *args: Any, file: Path, tenant: str, **options: Any) -> None:
        shop = Tenant.objects.filter(slug=tenant).first()
        if shop is None:
            raise CommandError(f"There is no shop with the slug '{tenant}'.")
        # Written beside its place first: a file of that name is whole or the earlier one.
        unfinished = file.with_name(f".{file.name}.unfinished")
        try:
            with (
                unfinished.open("w", encoding="utf-8", newline="") as handle,
                tenant_context(shop),
                transaction.atomic(),
            ):
                count = export_catalogue(handle)
            unfinished.replace(file)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"{count:,} products were written to {file}.")
