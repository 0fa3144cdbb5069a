"""Opening a shop: its row, its schema and its tables in one transaction."""

import contextlib
import logging
import re
import shutil
import subprocess
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from pycommerce.core.errors import InvalidRequest
from pycommerce.core.ids import uuid7
from pycommerce.db import connection
from pycommerce.localdb import LocalDatabaseError, find_binaries
from tenants.errors import SlugTaken
from tenants.models import Role, Tenant, User, schema_name_of
from tenants.services.members import add_member
from tenants.services.migrating import migrate_schema, migrations_fingerprint
from tenants.services.naming import clean_slug

logger = logging.getLogger(__name__)

_TEMPLATE_SCHEMA = "t_" + "0" * 32
# What pg_dump writes around the objects: settings of its session, and commands of psql.
_NOISE = re.compile(r"^(SET |SELECT pg_catalog\.set_config|\\|--)")


def create_tenant(
    *, slug: str, name: str, id: UUID | None = None, owner: User | None = None, **fields: object
) -> Tenant:
    """Open a shop. `fields` are further fields of Tenant, such as `currency`.

    Raises InvalidRequest naming the field, or SlugTaken; then there is neither row nor schema.
    """
    clean_slug(slug)
    if not name.strip() or len(name) > 255:
        raise InvalidRequest(
            "The shop needs a name.", fields={"name": ["Use 1 to 255 characters."]}
        )
    tenant_id = id or uuid7()
    tenant = Tenant(
        id=tenant_id, slug=slug, name=name.strip(), schema_name=schema_name_of(tenant_id), **fields
    )
    connection.set_schema_to_public()
    if Tenant.objects.filter(slug=slug).exists():
        raise SlugTaken(slug)
    tables = _template()
    with transaction.atomic():
        try:
            with transaction.atomic():
                # The unique slug makes a second creation wait here until the first commits.
                tenant.save(force_insert=True)
        except IntegrityError as error:
            raise SlugTaken(slug) from error
        if tables:
            with connection.cursor() as cursor:
                cursor.execute(tables.replace(_TEMPLATE_SCHEMA, tenant.schema_name))
        else:
            with connection.cursor() as cursor:
                cursor.execute(f'CREATE SCHEMA "{tenant.schema_name}"')
            migrate_schema(tenant.schema_name)
        if owner:
            add_member(owner, tenant, Role.OWNER)
    logger.info("Tenant %s created", tenant.id)
    return tenant


def ready_template() -> None:
    """Have at hand what shops are made from: inside a transaction it could not be made."""
    _template()


def _template() -> str:
    """The statements that make an empty shop's schema at this state of the migrations, or "".

    Made once by migrations and pg_dump, then replayed: 0.1 s instead of a second. Without a
    pg_dump as new as the server every shop is made by migrations, which gives the same.
    """
    file = settings.VAR_DIR / "templates" / f"{migrations_fingerprint()}.sql"
    if file.exists():
        return file.read_text()
    program = _pg_dump()
    if program is None or connection.in_atomic_block:
        return ""
    file.parent.mkdir(parents=True, exist_ok=True)
    statements = _dump_template(program)
    if statements:
        fresh = file.with_suffix(f".{uuid7().hex}")
        fresh.write_text(statements)
        fresh.rename(file)
    return statements


def _dump_template(program: str) -> str:
    # One at a time over all processes; the lock ends with the session if we are killed.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('tenant template'))")
        try:
            cursor.execute(f'DROP SCHEMA IF EXISTS "{_TEMPLATE_SCHEMA}" CASCADE')
            cursor.execute(f'CREATE SCHEMA "{_TEMPLATE_SCHEMA}"')
            migrate_schema(_TEMPLATE_SCHEMA)
            return _dump(program, _TEMPLATE_SCHEMA)
        finally:
            cursor.execute(f'DROP SCHEMA IF EXISTS "{_TEMPLATE_SCHEMA}" CASCADE')
            cursor.execute("SELECT pg_advisory_unlock(hashtext('tenant template'))")


def _dump(program: str, schema_name: str) -> str:
    database = connection.settings_dict
    environment = {
        "PGHOST": str(database["HOST"] or ""),
        "PGPORT": str(database["PORT"] or ""),
        "PGUSER": str(database["USER"] or ""),
        "PGPASSWORD": str(database["PASSWORD"] or ""),
        "PGDATABASE": str(database["NAME"]),
    }
    command = [program, "--schema", schema_name, "--inserts", "--no-owner", "--no-privileges"]
    dump = subprocess.run(
        command,
        env={name: value for name, value in environment.items() if value},
        capture_output=True,
        text=True,
        check=False,
    )
    if dump.returncode:
        logger.warning("pg_dump of the template failed: %s", dump.stderr.strip())
        return ""
    lines = (line for line in dump.stdout.splitlines() if line and not _NOISE.match(line))
    return "\n".join(lines)


def _pg_dump() -> str | None:
    """A pg_dump at least as new as the server."""
    candidates = [shutil.which("pg_dump")]
    with contextlib.suppress(LocalDatabaseError):
        candidates.insert(0, str(find_binaries() / "pg_dump"))
    connection.ensure_connection()
    server = connection.connection.info.server_version // 10000
    for candidate in candidates:
        if candidate is None or not Path(candidate).exists():
            continue
        answer = subprocess.run([candidate, "--version"], capture_output=True, text=True)
        found = re.search(r"(\d+)[.\w]*\s*(\(|$)", answer.stdout.strip())
        if found and int(found.group(1)) >= server:
            return candidate
    return None
