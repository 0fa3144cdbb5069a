"""`create_tenant SLUG`: open a shop."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from pycommerce.core.errors import Refusal
from tenants.models import Tenant, User, validate_color
from tenants.services import add_domain, create_tenant
from tenants.services.naming import clean_currency


class Command(BaseCommand):
    help = "Open a shop: its row, its schema and its tables, all or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--name", default="", help="default: made from the slug")
        parser.add_argument("--currency", default="USD", help="ISO 4217 (default USD)")
        parser.add_argument("--language", default="en", choices=["en", "de"])
        parser.add_argument("--tagline", default="")
        parser.add_argument("--primary-color", default="#1d4ed8")
        parser.add_argument("--accent-color", default="#b45309")
        parser.add_argument("--domain", default="", help="a custom host")
        parser.add_argument("--owner", default="", help="e-mail address of the owner")

    def handle(
        self, *args: Any, slug: str, name: str, domain: str, owner: str, **options: Any
    ) -> None:
        names = ("language", "tagline", "primary_color", "accent_color")
        fields = {key: options[key] for key in names}
        try:
            fields["currency"] = clean_currency(options["currency"])
        except Refusal as refusal:
            raise CommandError(refusal.details) from refusal
        try:
            for key in ("primary_color", "accent_color"):
                validate_color(fields[key])
            if owner:
                validate_email(owner)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        try:
            with transaction.atomic():
                user, password = _owner(owner)
                shop = create_tenant(
                    slug=slug,
                    name=name or slug.replace("-", " ").title(),
                    owner=user,
                    **fields,
                )
                if domain:
                    add_domain(shop, domain, is_primary=True)
        except Refusal as refusal:
            raise CommandError(refusal.details) from refusal
        self._print(shop, password)

    def _print(self, shop: Tenant, password: str) -> None:
        self.stdout.write(f"{shop.name} is open at {shop.default_host} (id {shop.pk}).")
        if password:
            self.stdout.write(f"The owner's password is {password} and is shown only now.")


def _owner(email: str) -> tuple[User | None, str]:
    """The owner's account, and its password where the account was just made."""
    if not email:
        return None, ""
    user = User.objects.filter(email=email.strip().lower()).first()
    if user:
        return user, ""
    password = secrets.token_urlsafe(12)
    return User.objects.create_user(email, password), password
