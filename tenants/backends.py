"""Who signs in, and what the role in the tenant of this request allows."""

from uuid import UUID

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model

from pycommerce.core.http import HttpRequest
from pycommerce.db import connection
from tenants.models import Membership, Tenant, User
from tenants.roles import ALL_RIGHTS, RIGHTS, Right, right_for


def rights_in(user: User, tenant: Tenant) -> frozenset[Right]:
    """What the user may do in the tenant: platform staff everything, members by their role."""
    if not user.is_active:
        return frozenset()
    if user.is_superuser:
        return ALL_RIGHTS
    # Set on the user and not into its dict: a request's user is a lazy one that passes it on.
    known: dict[UUID, frozenset[Right]] | None = getattr(user, "_rights_by_tenant", None)
    if known is None:
        known = {}
        user._rights_by_tenant = known  # type: ignore[attr-defined]
    if tenant.pk not in known:
        membership = Membership.objects.filter(user=user, tenant=tenant).first()
        known[tenant.pk] = RIGHTS[membership.role] if membership else frozenset()
    return known[tenant.pk]


def may_enter(user: User | AnonymousUser, tenant: Tenant | None) -> bool:
    """Whether the back office of the tenant, or the platform's for None, is open to the user."""
    if not isinstance(user, User) or not user.is_active:
        return False
    if tenant is None:
        return user.is_superuser
    return bool(rights_in(user, tenant))


class RoleBackend(BaseBackend):
    """Signs in by e-mail address; turns roles into Django's permissions and stores none."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: object,
    ) -> User | None:
        if username is None or password is None:
            return None
        try:
            user = User.objects.get_by_natural_key(username)
        except User.DoesNotExist:
            # The same work for an unknown address, so that the time tells nothing.
            User().set_password(password)
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: UUID) -> User | None:
        # Every page asks whether the session gave the code of a second factor.
        users = User.objects.select_related("second_factor")
        return users.filter(pk=user_id, is_active=True).first()

    def has_perm(self, user_obj: User, perm: str, obj: Model | None = None) -> bool:
        tenant = connection.tenant
        if not isinstance(tenant, Tenant):
            return user_obj.is_superuser
        right = right_for(*perm.split(".", 1))
        return right is not None and right in rights_in(user_obj, tenant)

    def has_module_perms(self, user_obj: User, app_label: str) -> bool:
        tenant = connection.tenant
        if not isinstance(tenant, Tenant):
            return user_obj.is_superuser
        return bool(rights_in(user_obj, tenant))
