"""What a shop is called and how it looks."""

import logging
from typing import Any
from uuid import UUID

from django.core.files.images import get_image_dimensions
from django.db import transaction

from tenants.models import Tenant

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
    logger.info("Tenant %s: changed %s", tenant.pk, ", ".join(sorted(fields)))
    return tenant
