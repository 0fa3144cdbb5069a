"""Who works in a shop."""

from django.db import transaction

from tenants.errors import LastOwner
from tenants.models import Membership, Role, Tenant, User


@transaction.atomic
def add_member(user: User, tenant: Tenant, role: str) -> Membership:
    """Give the user this role in the tenant, or change the one they have.

    Raises LastOwner when that would leave the shop without an owner.
    """
    membership = Membership.objects.select_for_update().filter(user=user, tenant=tenant).first()
    if membership is None:
        return Membership.objects.create(user=user, tenant=tenant, role=role)
    if membership.role == Role.OWNER and role != Role.OWNER:
        _refuse_last_owner(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    return membership


@transaction.atomic
def remove_member(membership: Membership) -> None:
    """End a membership. Raises LastOwner."""
    if membership.role == Role.OWNER:
        _refuse_last_owner(membership)
    membership.delete()


def _refuse_last_owner(membership: Membership) -> None:
    # The tenant's row is the lock: two owners who remove each other at once wait here.
    Tenant.objects.select_for_update().get(pk=membership.tenant_id)
    others = Membership.objects.filter(tenant_id=membership.tenant_id, role=Role.OWNER)
    if not others.exclude(pk=membership.pk).exists():
        raise LastOwner()
