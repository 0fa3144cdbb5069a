"""Bringing schemas up to date: only those that lag, each for itself."""

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import django
from django.core.management import call_command
from django.db import transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django_tenants.utils import get_public_schema_name
from psycopg import sql

from pycommerce.db import connection
from tenants.models import Tenant

# How many schemas one statement asks; more makes the statement too large to plan quickly.
_CHUNK = 200
# Any number, as long as nothing else locks it.
_LOCK = 7_266_382_215


@dataclass(frozen=True)
class Lag:
    """A tenant whose schema lacks migrations; `missing` is empty when it has no record of any."""

    schema_name: str
    missing: tuple[str, ...]


def known_migrations() -> list[str]:
    """Every migration on disk as `app.name`; a squashed one counts as itself."""
    loader = MigrationLoader(None)
    return sorted(f"{app}.{name}" for app, name in loader.graph.nodes)


def migrations_fingerprint() -> str:
    """A short digest that changes whenever the set of migrations does."""
    text = "\n".join([*known_migrations(), django.get_version()])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def lagging_tenants() -> list[Lag]:
    """The tenants that lack migrations, found by one statement for each 200 tenants."""
    connection.set_schema_to_public()
    wanted = known_migrations()
    schemas = list(Tenant.objects.order_by("schema_name").values_list("schema_name", flat=True))
    lags = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname FROM pg_catalog.pg_tables WHERE tablename = 'django_migrations'"
        )
        recorded = {name for (name,) in cursor.fetchall()}
        lags += [Lag(name, ()) for name in schemas if name not in recorded]
        present = [name for name in schemas if name in recorded]
        for start in range(0, len(present), _CHUNK):
            part = present[start : start + _CHUNK]
            statement = sql.SQL(" UNION ALL ").join(
                sql.SQL(
                    "SELECT {}::text, ARRAY(SELECT m FROM unnest(%(wanted)s::text[]) m "
                    "EXCEPT SELECT app || '.' || name FROM {}.django_migrations)"
                ).format(sql.Literal(name), sql.Identifier(name))
                for name in part
            )
            cursor.execute(statement.as_string(connection.connection), {"wanted": wanted})
            lags += [Lag(name, tuple(sorted(gone))) for name, gone in cursor.fetchall() if gone]
    return lags


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait until no other process migrates this database, and keep others waiting meanwhile."""
    # On a connection of its own, so that no migration's transaction has a part in the lock.
    guard = connection.copy()
    try:
        with guard.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
            yield
    finally:
        guard.close()


def migrate_public(verbosity: int = 0) -> None:
    """Bring the shared tables up to date, with Django's own command."""
    from django.core.management.commands.migrate import Command

    connection.set_schema_to_public()
    call_command(Command(), interactive=False, verbosity=verbosity)


def migrate_schema(schema_name: str, *, only: Collection[str] | None = None) -> None:
    """Bring one tenant's schema up to date, in one transaction: all of it or nothing.

    With `only` an empty schema gets no other migrations than these (`app.name`, all of them known)
    and those they need: it is then as it was when there were no more.
    """
    with transaction.atomic():
        try:
            # Without public in the path, else the record of migrations there would be found.
            connection.set_schema(schema_name, include_public=False)
            MigrationRecorder(connection).ensure_schema()
            connection.set_schema(schema_name)
            executor = MigrationExecutor(connection)
            graph = executor.loader.graph
            executor.migrate(graph.leaf_nodes() if only is None else _last_of(graph, only))
        finally:
            connection.set_schema_to_public()


def _last_of(graph: MigrationGraph, names: Collection[str]) -> list[tuple[str, str]]:
    """Those of the migrations after which none of the same app stands among them."""
    nodes = {(app, name) for app, _, name in (each.partition(".") for each in names)}
    return sorted(
        node
        for node in nodes
        if not any(
            child.key in nodes and child.key[0] == node[0]
            for child in graph.node_map[node].children
        )
    )


def public_is_current() -> bool:
    """Whether the shared tables have every migration."""
    connection.set_schema(get_public_schema_name())
    recorded = MigrationRecorder(connection).applied_migrations()
    return set(known_migrations()) <= {f"{app}.{name}" for app, name in recorded}
