"""Who calls the API: a user with their role, or a shop's other system with its key."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID

from django.conf import settings

from pycommerce.core.errors import Forbidden
from tenants.models import Membership, Tenant
from tenants.resolution import tenant_by_id
from tenants.roles import ALL_RIGHTS, NO_ROLE, RIGHTS, SCOPES, Right


@dataclass(frozen=True, slots=True)
class UserCaller:
    """A user, and the role they have in the tenant of this call.

    `is_asked_for_factor` says whether that tenant asks whoever works there for a second factor:
    without one they have no role in it.
    """

    id: UUID
    email: str
    name: str
    is_superuser: bool
    role: str | None
    has_second_factor: bool
    is_asked_for_factor: bool
    is_authenticated: ClassVar[bool] = True

    @property
    def pk(self) -> UUID:
        return self.id

    @property
    def author(self) -> str:
        """Whom timelines and histories name."""
        return self.email

    @property
    def lacks_factor(self) -> bool:
        """Whether the caller must set up a second factor before anything else."""
        asked = self.is_superuser and settings.PLATFORM_SECOND_FACTOR_REQUIRED
        return (asked or self.is_asked_for_factor) and not self.has_second_factor

    @property
    def rights(self) -> frozenset[Right]:
        """What the caller may do in the tenant of this call."""
        if self.lacks_factor:
            return NO_ROLE
        if self.is_superuser:
            return ALL_RIGHTS
        return RIGHTS[self.role] if self.role else NO_ROLE

    def require(self, right: Right) -> None:
        """Raises Forbidden naming what is not allowed."""
        if right not in self.rights:
            if self.lacks_factor and (self.role or self.is_superuser):
                raise Forbidden("Set up a second factor first, in the back office: it is required.")
            raise Forbidden(f"Your role in this shop does not allow to {right.value}.")

    def in_tenant(self, tenant: Tenant) -> "UserCaller":
        """The caller as they are in this tenant."""
        roles = Membership.objects.filter(user_id=self.id, tenant=tenant)
        role = roles.values_list("role", flat=True).first()
        return replace(self, role=role, is_asked_for_factor=tenant.second_factor_required)

    def in_tenants(self, most: int) -> dict[Tenant, "UserCaller"]:
        """The first tenants whose orders the caller may see, each with the caller there."""
        if self.is_superuser:
            tenants = Tenant.objects.all()
            if not self.has_second_factor:
                asks_all = settings.PLATFORM_SECOND_FACTOR_REQUIRED
                tenants = (
                    tenants.none() if asks_all else tenants.filter(second_factor_required=False)
                )
            return {
                each: replace(self, is_asked_for_factor=each.second_factor_required)
                for each in tenants.order_by("pk")[:most]
            }
        members = Membership.objects.filter(user_id=self.id).select_related("tenant")
        if not self.has_second_factor:
            members = members.filter(tenant__second_factor_required=False)
        return {
            each.tenant: replace(
                self, role=each.role, is_asked_for_factor=each.tenant.second_factor_required
            )
            for each in members.order_by("pk")[:most]
        }


@dataclass(frozen=True, slots=True)
class KeyCaller:
    """A system of one shop: it may do what its key's scopes say, and that in this shop alone.

    `is_home` says whether the call is in that shop.
    """

    id: UUID
    name: str
    tenant_id: UUID
    scopes: Sequence[str]
    is_home: bool
    is_authenticated: ClassVar[bool] = True

    @property
    def pk(self) -> UUID:
        return self.id

    @property
    def author(self) -> str:
        """Whom timelines and histories name: never to be taken for a person."""
        return f"{self.name} (API key)"

    @property
    def rights(self) -> frozenset[Right]:
        """What the key allows in the tenant of this call."""
        if not self.is_home:
            return frozenset()
        return frozenset[Right]().union(*(SCOPES[scope] for scope in self.scopes))

    def require(self, right: Right) -> None:
        """Raises Forbidden naming what is not allowed."""
        if not self.is_home:
            raise Forbidden("This API key belongs to another shop.")
        if right not in self.rights:
            raise Forbidden(f"The scopes of this API key do not allow to {right.value}.")

    def in_tenant(self, tenant: Tenant) -> "KeyCaller":
        """The caller as it is in this tenant."""
        return replace(self, is_home=tenant.pk == self.tenant_id)

    def in_tenants(self, most: int) -> dict[Tenant, "KeyCaller"]:
        """Its one shop, with the caller there."""
        tenant = tenant_by_id(self.tenant_id)
        return {tenant: self.in_tenant(tenant)} if tenant else {}


Caller = UserCaller | KeyCaller
