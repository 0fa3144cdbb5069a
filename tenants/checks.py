"""What an operator should know before strangers come: `manage.py check --deploy`."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, register
from django.db import connections

MOUNTS = Info(
    "Shops under /stores/<slug>/ share one browser origin: paths are no wall between merchants.",
    hint="Give each shop its own host where merchants do not trust each other.",
    id="tenants.I001",
)
POOLER = Error(
    "A pooler in transaction mode needs PostgreSQL 18 or newer, and search_path among PgBouncer's "
    "track_extra_parameters; anything else answers with another shop's rows.",
    hint="Upgrade the server, or connect to it without the pooler.",
    id="tenants.E001",
)


@register(deploy=True)
def check_mounts(**kwargs: Any) -> list[CheckMessage]:
    return [MOUNTS]


@register(Tags.database, deploy=True)
def check_pooler(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Only PostgreSQL 18 tells a pooler that the path has changed (GUC_REPORT of search_path)."""
    if not settings.DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"]:
        return []
    found: list[CheckMessage] = []
    for alias in databases or []:
        with connections[alias].cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            if int(cursor.fetchone()[0]) < 180_000:
                found.append(POOLER)
    return found
