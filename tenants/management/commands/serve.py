"""`serve`: production, by gunicorn, with settings from the environment."""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db.utils import OperationalError

from tenants.services.migrating import lagging_tenants, public_is_current


class Command(BaseCommand):
    help = "Serve the installation with gunicorn; the proxy in front of it ends TLS."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bind", default="", help="address or unix:path (BIND)")

    def handle(self, *args: Any, bind: str, **options: Any) -> None:
        if not settings.PRODUCTION:
            raise CommandError("Serve is for production: set PYCOMMERCE_MODE=production.")
        try:
            current = public_is_current() and not lagging_tenants()
        except OperationalError as error:
            raise CommandError("The database at DATABASE_URL does not answer.") from error
        if not current:
            raise CommandError("The database lags: run 'python3 run.py manage migrate' first.")
        call_command("check", deploy=True, databases=["default"], verbosity=0)
        collect_static()
        if bind:
            os.environ["BIND"] = bind
        command = [sys.executable, "-m", "gunicorn", "-c", "python:pycommerce.gunicorn_conf"]
        os.execv(sys.executable, [*command, "pycommerce.wsgi"])  # noqa: S606


def collect_static() -> None:
    """Gather static files under hashed names, unless what is gathered is newer than all."""
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if manifest.exists() and manifest.stat().st_mtime > _newest():
        return
    call_command("collectstatic", interactive=False, verbosity=0)


def _newest() -> float:
    newest = 0.0
    for finder in get_finders():
        for path, storage in finder.list([]):
            newest = max(newest, Path(storage.path(path)).stat().st_mtime)
    return newest
