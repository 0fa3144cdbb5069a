"""`migrate` for the whole installation: the shared tables, then the tenants that lag."""

from argparse import ArgumentParser
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import django
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.migrations.autodetector import MigrationAutodetector

from tenants.services.migrating import (
    lagging_tenants,
    migrate_public,
    migrate_schema,
    one_at_a_time,
    public_is_current,
)


def _migrate_one(schema_name: str) -> str:
    """Migrate a schema in a process of the pool; returns what went wrong, or nothing."""
    try:
        migrate_schema(schema_name)
    except Exception as error:
        return f"{type(error).__name__}: {error}".strip()
    finally:
        connections.close_all()
    return ""


class Command(BaseCommand):
    help = (
        "Brings the shared tables and every shop that lags up to date. One shop's failure stops "
        "only that shop; it is named, and the exit code is 1."
    )
    # Django's own check compares it with that of makemigrations.
    autodetector = MigrationAutodetector
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say what lags (exit code 1)")
        parser.add_argument("--jobs", type=int, default=2, help="shops at once (default 2)")

    def handle(self, *args: Any, check: bool, jobs: int, verbosity: int, **options: Any) -> None:
        if check:
            self._check()
            return
        with one_at_a_time():
            if not public_is_current():
                migrate_public(verbosity)
            lags = lagging_tenants()
            if verbosity:
                self.stdout.write(
                    f"To be brought up to date: {len(lags)}."
                    if lags
                    else "Every shop is up to date."
                )
            failures = self._migrate([lag.schema_name for lag in lags], jobs)
        for schema_name, problem in failures.items():
            self.stderr.write(f"{schema_name}: {problem}")
        if failures:
            raise CommandError(f"{len(failures)} of {len(lags)} shops could not be migrated.")

    def _check(self) -> None:
        lags = lagging_tenants() if public_is_current() else None
        if lags is None:
            raise CommandError("The shared tables lack migrations.")
        for lag in lags:
            self.stdout.write(f"{lag.schema_name} lacks {', '.join(lag.missing) or 'all tables'}")
        if lags:
            raise CommandError(f"Shops that lack migrations: {len(lags)}.")

    def _migrate(self, schemas: list[str], jobs: int) -> dict[str, str]:
        """Returns schema name to what went wrong."""
        if len(schemas) <= 1 or jobs <= 1:
            answers = [_migrate_one(name) for name in schemas]
        else:
            connections.close_all()
            with ProcessPoolExecutor(
                # Unpickled in the new process before any app is there: no function of an app's.
                min(jobs, len(schemas)),
                mp_context=get_context("spawn"),
                initializer=django.setup,
            ) as pool:
                answers = list(pool.map(_migrate_one, schemas))
        return {name: answer for name, answer in zip(schemas, answers, strict=True) if answer}
