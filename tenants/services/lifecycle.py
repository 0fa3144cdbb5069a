"""Closing a shop for a while, and for good."""

import logging
import shutil
from pathlib import Path

from django.conf import settings
from django.db import transaction
from psycopg import sql

from pycommerce.db import connection
from tenants.models import Domain, Membership, Tenant
from tenants.resolution import clear_cache
from tenants.services.archive import export_tenant

logger = logging.getLogger(__name__)


def set_active(tenant: Tenant, *, active: bool) -> None:
    """Open or close the shop: its pages, its API; its data stays."""
    tenant.active = active
    tenant.save(update_fields=["active", "updated_at"])
    logger.info("Tenant %s is %s", tenant.id, "active" if active else "suspended")


def delete_tenant(tenant: Tenant, *, export_to: Path) -> None:
    """Write everything of the shop to a file, then remove it: schema, row, hosts, members, media.

    Raises InvalidRequest where the file cannot be written; then nothing is removed.
    """
    export_tenant(tenant, export_to)
    connection.set_schema_to_public()
    with transaction.atomic():
        Tenant.objects.select_for_update().get(pk=tenant.pk)
        Domain.objects.filter(tenant=tenant).delete()
        Membership.objects.filter(tenant=tenant).delete()
        with connection.cursor() as cursor:
            drop = sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(tenant.schema_name))
            cursor.execute(drop.as_string(connection.connection))
        # The row itself, without asking the schema that is gone for rows that refer to it.
        Tenant.objects.filter(pk=tenant.pk)._raw_delete("default")
        transaction.on_commit(clear_cache)
    shutil.rmtree(Path(settings.MEDIA_ROOT) / "tenants" / str(tenant.pk), ignore_errors=True)
    logger.info("Tenant %s deleted", tenant.id)
