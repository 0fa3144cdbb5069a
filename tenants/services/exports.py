"""Exports of whole shops that platform staff asks for: written by a job, kept for a while."""

import logging
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from procrastinate.contrib.django import app

from pycommerce.core.errors import Refusal
from pycommerce.db import connection
from tenants.models import Tenant
from tenants.platform_models import ShopExport
from tenants.services.archive import export_tenant

logger = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=7)
# The last that there is of a shop which was deleted.
LAST_KEPT_FOR = timedelta(days=90)
# A job that is lost has written nothing by then.
GIVEN_UP_AFTER = timedelta(days=1)


def path_of(export: ShopExport) -> Path:
    """Where its file is: outside what is served."""
    return Path(settings.EXPORT_ROOT) / f"{export.pk}.zip"


def new_export(tenant: Tenant, *, by: str) -> ShopExport:
    """An export that waits to be written; `by` names who asked."""
    path = Path(settings.EXPORT_ROOT)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return ShopExport.objects.create(
        tenant_id=tenant.pk, shop_name=tenant.name, shop_slug=tenant.slug, asked_by_name=by
    )


def ask_for_export(tenant: Tenant, *, by: str) -> ShopExport:
    """Have the worker write all of the shop to a file. One that waits already is given again."""
    waiting = ShopExport.objects.filter(tenant_id=tenant.pk, state=ShopExport.State.WAITING)
    if export := waiting.first():
        return export
    export = new_export(tenant, by=by)
    job = app.configure_task("tenants.jobs.write_shop_export")
    job.defer(tenant_id=str(tenant.pk), export_id=str(export.pk))
    return export


def write_export(export_id: UUID) -> None:
    """What the job does. An export that failed says why, and another one can be asked for."""
    connection.set_schema_to_public()
    export = ShopExport.objects.filter(pk=export_id, state=ShopExport.State.WAITING).first()
    if export is None:
        return
    tenant = Tenant.objects.filter(pk=export.tenant_id).first()
    if tenant is None:
        _fail(export, "The shop is gone.")
        return
    path = path_of(export)
    # What a worker that was killed left behind.
    path.unlink(missing_ok=True)
    try:
        export_tenant(tenant, path)
    except Refusal as refusal:
        _fail(export, refusal.details)
    except Exception:
        _fail(export, "It failed; the failed job says why.")
        raise
    else:
        finish(export, kept_for=KEPT_FOR)


def finish(export: ShopExport, *, kept_for: timedelta) -> None:
    """Its file is there, and stays so long."""
    export.state = ShopExport.State.READY
    export.size = path_of(export).stat().st_size
    export.expires_at = timezone.now() + kept_for
    export.save(update_fields=["state", "size", "expires_at"])
    logger.info("Tenant %s exported: %d bytes", export.tenant_id, export.size)


def _fail(export: ShopExport, problem: str) -> None:
    connection.set_schema_to_public()
    export.state, export.problem = ShopExport.State.FAILED, problem[:500]
    export.save(update_fields=["state", "problem"])


def forget_old_exports() -> int:
    """Remove files whose time is over, and give up exports that no job writes any more."""
    now = timezone.now()
    lost = ShopExport.objects.filter(
        state=ShopExport.State.WAITING, created_at__lt=now - GIVEN_UP_AFTER
    )
    lost.update(state=ShopExport.State.FAILED, problem="No worker wrote it.")
    gone = 0
    for export in ShopExport.objects.filter(state=ShopExport.State.READY, expires_at__lt=now):
        path_of(export).unlink(missing_ok=True)
        export.state = ShopExport.State.GONE
        export.save(update_fields=["state"])
        gone += 1
    return gone
