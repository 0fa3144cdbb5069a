"""`reset_second_factor EMAIL`: let somebody in again who lost app and recovery codes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.models import User
from tenants.services.second_factor import reset


class Command(BaseCommand):
    help = (
        "Turn off the second factor of an account whose owner lost app and recovery codes. "
        "Make sure who asks: from then on the password alone lets in."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            raise CommandError(f"Nobody has the address '{email}'.")
        if not reset(user, None, "reset by a command"):
            raise CommandError(f"{user} has no second factor.")
        self.stdout.write(f"The second factor of {user} is reset.")
