"""`export_tenant SLUG FILE`: one shop in one file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pycommerce.core.errors import Refusal
from tenants.models import Tenant
from tenants.services.archive import export_tenant


class Command(BaseCommand):
    help = "Write a shop to one file: row, hosts, members, tables, media."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, slug: str, file: Path, **options: Any) -> None:
        shop = Tenant.objects.filter(slug=slug).first()
        if shop is None:
            raise CommandError(f"There is no shop with the slug '{slug}'.")
        try:
            manifest = export_tenant(shop, file)
        except Refusal as refusal:
            raise CommandError(refusal.details) from refusal
        self.stdout.write(
            f"{shop.name}: {len(manifest['tables'])} tables and {len(manifest['media'])} files "
            f"are in {file}."
        )
