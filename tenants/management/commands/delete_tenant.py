"""`delete_tenant SLUG`: export a shop to a file, then remove it."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pycommerce.core.errors import Refusal
from tenants.models import Tenant
from tenants.services.lifecycle import delete_tenant


class Command(BaseCommand):
    help = "Remove a shop for good, after writing all of it to a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--export-to", type=Path, help="default: <slug>-<time>.zip here")
        parser.add_argument("--confirm", default="", help="the slug again, instead of typing it")

    def handle(
        self, *args: Any, slug: str, export_to: Path | None, confirm: str, **options: Any
    ) -> None:
        shop = Tenant.objects.filter(slug=slug).first()
        if shop is None:
            raise CommandError(f"There is no shop with the slug '{slug}'.")
        try:
            typed = confirm or input(f"This removes {shop.name}. Type its slug to confirm: ")
        except EOFError:
            typed = ""
        if typed.strip() != slug:
            raise CommandError("That is not the slug; nothing was removed.")
        file = export_to or Path(f"{slug}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.zip")
        try:
            delete_tenant(shop, export_to=file)
        except Refusal as refusal:
            raise CommandError(f"{refusal.details} Nothing was removed.") from refusal
        self.stdout.write(f"{shop.name} is gone. All of it is in {file}.")
