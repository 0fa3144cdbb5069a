"""What a shop is called, how it looks, and what it speaks."""

import logging
from typing import Any
from uuid import UUID

from django.core.files.images import get_image_dimensions
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from tenants.models import Tenant
from tenants.resolution import clear_cache

logger = logging.getLogger(__name__)


def take_logo(tenant: Tenant, upload: Any) -> None:
    """Set the shop's logo, a file or "" for none, and its size; the caller saves."""
    tenant.logo = upload or ""
    width, height = get_image_dimensions(upload) if upload else (None, None)
    tenant.logo_width, tenant.logo_height = width, height


@transaction.atomic
def change_look(tenant_id: UUID, **fields: Any) -> Tenant:
    """Change these fields of the shop and no other, whoever changes others at the same time."""
    tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
    names = {*fields, "updated_at"}
    for name, value in fields.items():
        if name == "logo":
            take_logo(tenant, value)
            names |= {"logo_width", "logo_height"}
        else:
            setattr(tenant, name, value)
    tenant.save(update_fields=names)
    if "language" in fields:
        search_in_language(tenant)
    logger.info("Tenant %s: changed %s", tenant.pk, ", ".join(sorted(fields)))
    return tenant


def search_in_language(tenant: Tenant) -> None:
    """Have the worker make the shop's search read words as its new language has them."""
    app.configure_task("catalog.jobs.follow_language").defer(tenant_id=str(tenant.pk))


def end_first_steps(tenant: Tenant) -> None:
    """Show the list of first steps no more; its pages stay as they are kept."""
    # Beside `updated_at`, on which kept pages depend.
    now = timezone.now()
    Tenant.objects.filter(pk=tenant.pk, first_steps_ended_at=None).update(first_steps_ended_at=now)
    transaction.on_commit(clear_cache)
