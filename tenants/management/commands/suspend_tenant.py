"""`suspend_tenant SLUG`: close a shop for a while, or open it again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pycommerce.core.errors import Refusal
from tenants.models import Tenant
from tenants.services.lifecycle import set_active


class Command(BaseCommand):
    help = "Close a shop for a while: its pages and its API; its data stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--resume", action="store_true", help="open it again")

    def handle(self, *args: Any, slug: str, resume: bool, **options: Any) -> None:
        shop = Tenant.objects.filter(slug=slug).first()
        if shop is None:
            raise CommandError(f"There is no shop with the slug '{slug}'.")
        try:
            set_active(shop, active=resume)
        except Refusal as refusal:
            raise CommandError(refusal.details) from refusal
        self.stdout.write(f"{shop.name} is {'open' if resume else 'closed'}.")
