"""`restore_tenant FILE`: a shop back from its file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pycommerce.core.errors import Refusal
from tenants.services.archive import restore_tenant


class Command(BaseCommand):
    help = "Take a shop back from the file that export_tenant wrote, under its own id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            shop = restore_tenant(file)
        except Refusal as refusal:
            raise CommandError(f"{refusal.details} Nothing was restored.") from refusal
        self.stdout.write(f"{shop.name} is back at {shop.default_host}.")
