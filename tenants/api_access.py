"""How an API call gets in: counted, authenticated, put into its tenant.

All of it takes one statement: the rate count, the user's state and role, and the catalogue's
version come back together (measured: 0.20 ms against 0.35 ms for two).
"""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from rest_framework.authentication import BaseAuthentication

from pycommerce.api import rates
from pycommerce.api.http import Request
from pycommerce.core.errors import (
    Forbidden,
    Refusal,
    TokenInvalid,
    Unauthenticated,
)
from pycommerce.core.http import HttpRequest
from pycommerce.db import connection
from tenants.models import Tenant
from tenants.roles import ALL_RIGHTS, RIGHTS, Right
from tenants.services.tokens import Claims, read_access_token


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the user, and the role they have in the tenant of this call."""

    id: UUID
    email: str
    name: str
    is_superuser: bool
    role: str | None
    is_authenticated: ClassVar[bool] = True

    @property
    def pk(self) -> UUID:
        return self.id

    @property
    def rights(self) -> frozenset[Right]:
        """What the caller may do in the tenant of this call."""
        if self.is_superuser:
            return ALL_RIGHTS
        return RIGHTS[self.role] if self.role else frozenset()

    def require(self, right: Right) -> None:
        """Raises Forbidden naming what is not allowed."""
        if right not in self.rights:
            raise Forbidden(f"Your role in this shop does not allow to {right.value}.")


_STATE = """
WITH counted AS ({upsert})
SELECT (SELECT array_agg(hits ORDER BY key) FROM counted), u.email, u.name, u.is_active,
       u.is_superuser, u.token_epoch, {role}, {version}
FROM (SELECT 1) AS one LEFT JOIN tenants_user u ON u.id = %s::uuid
"""
_ROLE = "(SELECT role FROM tenants_membership m WHERE m.user_id = u.id AND m.tenant_id = %s::uuid)"
_VERSION = "(SELECT catalogue_version FROM shop_state)"
_STATEMENTS = {
    (count, in_tenant): _STATE.format(
        upsert=upsert,
        role=_ROLE if in_tenant else "NULL",
        version=_VERSION if in_tenant else "NULL",
    )
    for count, upsert in ((1, rates.ONE), (2, rates.TWO))
    for in_tenant in (True, False)
}


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`, checked against the user's present state.

    Counts the call too. Leaves `rate` and `catalogue_version` on Django's request.
    """

    def authenticate(self, request: Request) -> tuple[Caller, Claims]:
        django_request = request._request
        try:
            claims = _claims_of(django_request)
        except Refusal:
            django_request.rate = rates.count_address(django_request)
            django_request.rate.check()
            raise
        caller, epoch, is_active = _state_of(django_request, claims)
        django_request.rate.check()
        if caller is None or not is_active or epoch != claims.epoch:
            raise TokenInvalid("The token was ended, or its user may not sign in any more.")
        return caller, claims

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def _claims_of(request: HttpRequest) -> Claims:
    header = request.META.get("HTTP_AUTHORIZATION", "")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("Send an access token: 'Authorization: Bearer <token>'.")
    return read_access_token(token.strip())


def _state_of(request: HttpRequest, claims: Claims) -> tuple[Caller | None, int, bool]:
    tenant: Tenant | None = request.tenant
    credential = f"u:{claims.user_id}"
    keys = rates.keys_for(credential, request.method)
    window = rates.window_now()
    arguments: list[object] = [value for key in keys for value in (key, window)]
    if tenant:
        arguments.append(tenant.pk)
    arguments.append(claims.user_id)
    [row] = connection.fetch_prepared(_STATEMENTS[len(keys), tenant is not None], arguments)
    hits, email, name, active, superuser, epoch, role, version = row
    # The key of the writes begins with that of all calls, and so comes after it.
    request.rate = rates.rate_from(hits)
    request.catalogue_version = version
    if email is None:
        return None, 0, False
    return Caller(claims.user_id, email, name, superuser, role), epoch, active
