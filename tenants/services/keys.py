"""API keys: made and revoked by whoever may connect other systems to the shop."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from pycommerce.core.errors import wrong_field
from tenants.models import ApiKey, Tenant, User
from tenants.services.audit import record
from tenants.services.tokens import token_of_key
from tenants.shop.models import AuditEntry

NAME_TAKEN = "A key of this name is there already: revoke it first."


@transaction.atomic
def make_key(
    *, tenant: Tenant, name: str, scopes: Sequence[str], expires_at: datetime | None, user: User
) -> tuple[ApiKey, str]:
    """A new key of the tenant, and its token, which nobody can see again.

    Raises InvalidRequest naming `name` where a key in use has that one.
    """
    key = ApiKey(
        tenant=tenant,
        name=name,
        scopes=list(scopes),
        expires_at=expires_at,
        created_by_id=user.pk,
        created_by_name=user.author,
    )
    try:
        with transaction.atomic():
            key.save(force_insert=True)
    except IntegrityError as error:
        if "one_live_api_key_of_a_name" not in str(error):
            raise
        raise wrong_field("name", NAME_TAKEN) from error
    changes = {"name": (None, name), "scopes": (None, scopes), "valid until": (None, expires_at)}
    record(user=user, action=AuditEntry.Action.CREATE, thing=key, changes=changes)
    return key, token_of_key(key)


@transaction.atomic
def revoke_key(key: ApiKey, user: User) -> bool:
    """End a key: the next call with it is refused. Returns whether it was still in use."""
    now = timezone.now()
    if not ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
        return False
    changes = {"revoked": (None, now)}
    record(user=user, action=AuditEntry.Action.CHANGE, thing=key, changes=changes)
    return True
