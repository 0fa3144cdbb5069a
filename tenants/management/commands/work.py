"""`work`: the worker, which does the jobs of every shop."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Do the jobs of every shop until stopped: mails, payments, clean-up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--concurrency", type=int, default=3, help="jobs at once (default 3)")

    def handle(self, *args: Any, concurrency: int, **options: Any) -> None:
        if settings.EMBEDDED_POSTGRES:
            # The jobs' library connects by itself, and starts no server.
            settings.EMBEDDED_POSTGRES.ensure()
        how = [f"--concurrency={concurrency}", "--delete-jobs=successful"]
        call_command("procrastinate", "worker", *how)
