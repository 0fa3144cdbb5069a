"""One shop in one file, and back: its row, hosts, members, tables and media, and nobody else's.

A ZIP with `manifest.json`, `tables/<name>` in PostgreSQL's text format of COPY, and `media/…`.
It is restored under the same id, into an installation of the same or a later version: there the
schema is first made as it was, filled, and then brought up to date.
"""

import hashlib
import json
import shutil
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import DataError, IntegrityError, transaction
from django.db.models import BooleanField, ExpressionWrapper, Q
from psycopg import sql

import pycommerce
from pycommerce.core.errors import InvalidRequest
from pycommerce.db import connection
from tenants.due import Kind, note_due
from tenants.models import Domain, Tenant, User
from tenants.services.creating import create_tenant, ready_template
from tenants.services.domains import restore_domain
from tenants.services.members import add_member
from tenants.services.migrating import migrate_schema
from tenants.shop.models import raise_catalogue_version

FORMAT = 1
_FIELDS = (
    "name",
    "slug",
    "active",
    "closed_reason",
    "currency",
    "language",
    "time_zone",
    "tagline",
    "primary_color",
    "accent_color",
    "radius",
    "density",
    "type_scale",
    "logo_alt",
    "logo_width",
    "logo_height",
    "stripe_account",
    "second_factor_required",
    "is_listed",
    "has_products",
)
_DOMAIN = ("domain", "is_primary", "is_vouched", "challenge")
_IS_PROVEN = ExpressionWrapper(Q(proven_at__isnull=False), BooleanField())
_CHUNK = 1024 * 1024


class BadArchive(InvalidRequest):
    """The file is no archive of a shop that can be taken here."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem, fields={"file": [problem]})


# --- Writing -------------------------------------------------------------------------------------


def export_tenant(tenant: Tenant, path: Path) -> dict[str, Any]:
    """Write the shop to `path` as it is at one moment; returns the manifest.

    Raises InvalidRequest where the file cannot be written or stands there already.
    """
    if path.exists():
        problem = f"{path} exists already."
        raise InvalidRequest(problem, fields={"file": [problem]})
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            manifest = _write(tenant, archive)
        unfinished.replace(path)
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest


def _write(tenant: Tenant, archive: zipfile.ZipFile) -> dict[str, Any]:
    connection.set_tenant(tenant)
    try:
        with transaction.atomic():
            if not connection.savepoint_ids:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            manifest: dict[str, Any] = {
                "format": FORMAT,
                "version": pycommerce.__version__,
                "tenant": {"id": str(tenant.pk)}
                | {name: getattr(tenant, name) for name in _FIELDS},
                "logo": tenant.logo.name,
                "domains": list(
                    Domain.objects.filter(tenant=tenant).values(*_DOMAIN, is_proven=_IS_PROVEN)
                ),
                "members": [
                    {"email": member.user.email, "name": member.user.name, "role": member.role}
                    for member in tenant.memberships.select_related("user")
                ],
                "migrations": _migrations(tenant),
                "tables": {name: _write_table(archive, name) for name in tables_of(tenant)},
            }
    finally:
        connection.set_schema_to_public()
    manifest["media"] = dict(_write_media(tenant, archive))
    archive.writestr("manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False))
    return manifest


def tables_of(tenant: Tenant) -> list[str]:
    """The shop's tables, but for the record of its migrations."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = %s "
            "AND tablename <> 'django_migrations' ORDER BY 1",
            [tenant.schema_name],
        )
        return [name for (name,) in cursor.fetchall()]


def _migrations(tenant: Tenant) -> list[str]:
    with connection.cursor() as cursor:
        table = sql.Identifier(tenant.schema_name, "django_migrations")
        query = sql.SQL("SELECT app || '.' || name FROM {} ORDER BY 1").format(table)
        cursor.execute(query.as_string(connection.connection))
        return [name for (name,) in cursor.fetchall()]


def _columns(table: str) -> list[str]:
    """The columns that hold data; generated ones are made again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = %s::regclass "
            "AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
            [f'"{connection.schema_name}"."{table}"'],
        )
        return [name for (name,) in cursor.fetchall()]


def _copy(table: str, columns: list[str], way: str) -> sql.Composed:
    return sql.SQL("COPY {} ({}) " + way).format(
        sql.Identifier(connection.schema_name, table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
    )


def _write_table(archive: zipfile.ZipFile, table: str) -> dict[str, Any]:
    columns = _columns(table)
    digest = hashlib.sha256()
    with (
        connection.cursor() as cursor,
        archive.open(f"tables/{table}", "w", force_zip64=True) as file,
        cursor.cursor.copy(_copy(table, columns, "TO STDOUT")) as rows,
    ):
        for part in rows:
            digest.update(part)
            file.write(bytes(part))
    return {"columns": columns, "sha256": digest.hexdigest()}


def _write_media(tenant: Tenant, archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    root = Path(settings.MEDIA_ROOT)
    for path in sorted((root / "tenants" / str(tenant.pk)).glob("**/*")):
        if path.is_file():
            name = path.relative_to(root).as_posix()
            content = path.read_bytes()
            archive.writestr(f"media/{name}", content, zipfile.ZIP_STORED)
            yield name, hashlib.sha256(content).hexdigest()


# --- Reading -------------------------------------------------------------------------------------


def restore_tenant(path: Path) -> Tenant:
    """The shop of an archive, all of it or nothing.

    Members without an account here get one, for which an invitation sets the password. Raises
    BadArchive, and SlugTaken or InvalidRequest where the shop or one of its hosts exists already.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _read_manifest(archive)
            ready_template()
            with transaction.atomic():
                tenant = _restore(archive, manifest)
                _restore_media(archive, manifest, tenant)
    except (DataError, IntegrityError, psycopg.DataError, psycopg.IntegrityError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise BadArchive(f"Its rows are not those of a shop: {reason}.") from error
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise BadArchive(f"{path} is damaged, or no archive of a shop.") from error
    except OSError as error:
        problem = f"{error.filename or path}: {error.strerror or error}."
        raise BadArchive(problem) from error
    return tenant


def _read_manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
        folder = PurePosixPath("tenants", str(UUID(manifest["tenant"]["id"])))
    except (ValueError, TypeError) as error:
        raise BadArchive("Its manifest cannot be read.") from error
    if manifest["format"] != FORMAT:
        raise BadArchive(f"It is of format {manifest['format']}; this version reads {FORMAT}.")
    for name in manifest["media"]:
        parts = PurePosixPath(name).parts
        if PurePosixPath(*parts[:2]) != folder or {"..", "."} & set(parts):
            raise BadArchive(f"It holds a file outside its own folder: {name}.")
    names = set(archive.namelist())
    wanted = {f"tables/{name}" for name in manifest["tables"]}
    wanted |= {f"media/{name}" for name in manifest["media"]} | {"manifest.json"}
    if names != wanted:
        raise BadArchive("What it holds is not what its manifest says.")
    for kind in ("tables", "media"):
        for name, said in manifest[kind].items():
            digest = said["sha256"] if kind == "tables" else said
            if _digest(archive, f"{kind}/{name}") != digest:
                raise BadArchive(f"{kind}/{name} was changed since it was written.")
    return manifest


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with archive.open(name) as file:
        while part := file.read(_CHUNK):
            digest.update(part)
    return digest.hexdigest()


def _restore(archive: zipfile.ZipFile, manifest: dict[str, Any]) -> Tenant:
    given = manifest["tenant"]
    if Tenant.objects.filter(pk=given["id"]).exists():
        raise BadArchive(f"The shop '{given['slug']}' exists already, under the same id.")
    # One of an earlier version lacks fields, which then are as they are in a new shop.
    fields = {name: given[name] for name in _FIELDS if name in given}
    tenant = create_tenant(id=UUID(given["id"]), logo=manifest["logo"], **fields)
    is_earlier = _migrations(tenant) != manifest["migrations"]
    if is_earlier:
        _go_back(tenant, manifest)
    connection.set_tenant(tenant)
    try:
        if set(tables_of(tenant)) != set(manifest["tables"]):
            raise BadArchive("Its tables are not those of this version.")
        with connection.cursor() as cursor:
            # Tables come by name; a migration that ran in this transaction may have said otherwise.
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for table, said in manifest["tables"].items():
            _read_table(archive, table, said["columns"])
        with connection.cursor() as cursor:
            # What one row asks of another is looked at now, while nothing is written but rows.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        if is_earlier:
            migrate_schema(tenant.schema_name)
            connection.set_tenant(tenant)
        _after_reading()
    finally:
        connection.set_schema_to_public()
    for each in manifest["domains"]:
        restore_domain(tenant, **each)
    for each in manifest["members"]:
        user = User.objects.filter(email=each["email"]).first()
        user = user or User.objects.create_user(each["email"], None, name=each["name"])
        add_member(user, tenant, each["role"])
    return tenant


def _go_back(tenant: Tenant, manifest: dict[str, Any]) -> None:
    """Make the new shop's schema anew as it was in the version that wrote the archive.

    Raises BadArchive for a later version, or another product.
    """
    wanted = manifest["migrations"]
    if set(wanted) <= set(_migrations(tenant)):
        with connection.cursor() as cursor:
            schema = sql.Identifier(tenant.schema_name)
            for statement in ("DROP SCHEMA {} CASCADE", "CREATE SCHEMA {}"):
                made = sql.SQL(statement).format(schema)
                cursor.execute(made.as_string(connection.connection))
        migrate_schema(tenant.schema_name, only=wanted)
        if _migrations(tenant) == wanted:
            return
    raise BadArchive(
        f"It was written by version {manifest['version']} with migrations that are unknown here; "
        "restore it by that version."
    )


def _read_table(archive: zipfile.ZipFile, table: str, columns: list[str]) -> None:
    if set(columns) != set(_columns(table)):
        raise BadArchive(f"The columns of {table} are not those of this version.")
    with connection.cursor() as cursor:
        empty = sql.SQL("DELETE FROM {}").format(sql.Identifier(connection.schema_name, table))
        cursor.execute(empty.as_string(connection.connection))
        with (
            archive.open(f"tables/{table}") as file,
            cursor.cursor.copy(_copy(table, columns, "FROM STDIN")) as rows,
        ):
            while part := file.read(_CHUNK):
                rows.write(part)


def _after_reading() -> None:
    """Counters go on behind the highest number; answers kept from before the loss are stale.

    Webhooks are off until an owner says otherwise. What was under way goes on.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attrelid::regclass::text, attname, "
            "pg_get_serial_sequence(attrelid::regclass::text, attname) "
            "FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = attrelid "
            "WHERE c.relnamespace = %s::regnamespace AND c.relkind = 'r' AND attidentity <> ''",
            [f'"{connection.schema_name}"'],
        )
        for table, column, sequence in cursor.fetchall():
            cursor.execute(
                f'SELECT setval(%s, coalesce((SELECT max("{column}") FROM {table}), 0) + 1, false)',
                [sequence],
            )
        # Who listens there may know the shop that this one is a copy of.
        cursor.execute("UPDATE shop_webhook_endpoint SET is_active = false, failing_since = NULL")
        cursor.execute("DELETE FROM shop_webhook_event WHERE body IS NULL")
        cursor.execute("UPDATE shop_webhook_delivery SET next_try_at = NULL")
    raise_catalogue_version(at_least=int(time.time()))
    for kind in Kind:
        note_due(kind)


def _restore_media(archive: zipfile.ZipFile, manifest: dict[str, Any], tenant: Tenant) -> None:
    """Write the shop's files; on a failure there are none of them."""
    root = Path(settings.MEDIA_ROOT)
    try:
        for name in manifest["media"]:
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(f"media/{name}"))
    except OSError:
        shutil.rmtree(root / "tenants" / str(tenant.pk), ignore_errors=True)
        raise
