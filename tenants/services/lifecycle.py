"""Closing a shop for a while, and for good."""

import logging
import shutil
from pathlib import Path

from django.conf import settings
from django.db import transaction
from psycopg import sql

from pycommerce.db import connection
from tenants.errors import DeletionPlanned
from tenants.models import ApiKey, Domain, Membership, Tenant
from tenants.platform_models import CatalogueVersion, ShopDeletion, ShopFigures
from tenants.resolution import clear_cache
from tenants.services.archive import export_tenant, tables_of
from tenants.services.list_exports import lists_of

logger = logging.getLogger(__name__)


def set_active(tenant: Tenant, *, active: bool, reason: str = "") -> None:
    """Open or close the shop: its pages, its API; its data stays.

    Raises DeletionPlanned for one that is to be opened and deleted: that is taken back first.
    """
    if active and ShopDeletion.objects.filter(tenant_id=tenant.pk).exists():
        raise DeletionPlanned()
    tenant.active, tenant.closed_reason = active, reason
    tenant.save(update_fields=["active", "closed_reason", "updated_at"])
    logger.info("Tenant %s is %s", tenant.id, "active" if active else "suspended")


def delete_tenant(tenant: Tenant, *, export_to: Path) -> None:
    """Write everything of the shop to a file, then remove it: all it has anywhere.

    Nobody writes to the shop once the file is begun. Raises InvalidRequest where the file cannot
    be written; then nothing is removed, and the shop is open or closed as it was.
    """
    connection.set_schema_to_public()
    set_active(Tenant.objects.get(pk=tenant.pk), active=False, reason=tenant.closed_reason)
    try:
        with transaction.atomic():
            _keep_writers_out(tenant)
            export_tenant(tenant, export_to)
            _remove(tenant)
            transaction.on_commit(clear_cache)
    except BaseException:
        set_active(tenant, active=tenant.active, reason=tenant.closed_reason)
        raise
    shutil.rmtree(Path(settings.MEDIA_ROOT) / "tenants" / str(tenant.pk), ignore_errors=True)
    shutil.rmtree(settings.IMPORT_ROOT / str(tenant.pk), ignore_errors=True)
    shutil.rmtree(lists_of(tenant.pk), ignore_errors=True)
    logger.info("Tenant %s deleted", tenant.id)


def _keep_writers_out(tenant: Tenant) -> None:
    """Wait for those who write to the shop, and let no other begin before this transaction ends."""
    tables = [sql.Identifier(tenant.schema_name, name) for name in tables_of(tenant)]
    with connection.cursor() as cursor:
        lock = sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(sql.SQL(", ").join(tables))
        cursor.execute(lock.as_string(connection.connection))


def _remove(tenant: Tenant) -> None:
    Domain.objects.filter(tenant=tenant).delete()
    Membership.objects.filter(tenant=tenant).delete()
    ApiKey.objects.filter(tenant=tenant).delete()
    ShopFigures.objects.filter(tenant=tenant).delete()
    ShopDeletion.objects.filter(tenant=tenant).delete()
    CatalogueVersion.objects.filter(schema_name=tenant.schema_name).delete()
    with connection.cursor() as cursor:
        drop = sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(tenant.schema_name))
        cursor.execute(drop.as_string(connection.connection))
    # The row itself, without asking the schema that is gone for rows that refer to it.
    Tenant.objects.filter(pk=tenant.pk)._raw_delete("default")
