"""How an API call gets in: counted, authenticated, put into its tenant.

All of it takes one statement: the rate count, the state of the user or key, the role, and the
catalogue's version come back together (measured: 0.20 ms against 0.35 ms for two).
"""

from rest_framework.authentication import BaseAuthentication

from pycommerce.api import rates
from pycommerce.api.http import Request
from pycommerce.core.errors import Refusal, TokenInvalid, Unauthenticated
from pycommerce.core.http import HttpRequest
from pycommerce.db import connection
from tenants.callers import Caller, KeyCaller, UserCaller
from tenants.models import Tenant
from tenants.services.tokens import Claims, KeyClaims, read_bearer

_STATE = """
WITH counted AS ({upsert})
SELECT (SELECT array_agg(hits ORDER BY key) FROM counted), u.email, u.name, u.is_active,
       u.is_superuser, u.token_epoch,
       EXISTS (SELECT 1 FROM tenants_secondfactor f WHERE f.user_id = u.id), {asked}, {role},
       {version}
FROM (SELECT 1) AS one LEFT JOIN tenants_user u ON u.id = %s::uuid
"""
_ROLE = "(SELECT role FROM tenants_membership m WHERE m.user_id = u.id AND m.tenant_id = %s::uuid)"
_ASKED = "(SELECT second_factor_required FROM tenants_tenant t WHERE t.id = %s::uuid)"
_VERSION = "(SELECT catalogue_version FROM shop_state)"
# When a key was used is written once a minute at most, by the statement that reads it.
_KEY_STATE = """
WITH counted AS ({upsert}), used AS (
    UPDATE tenants_apikey SET last_used_at = now()
    WHERE id = %s::uuid AND revoked_at IS NULL
      AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
)
SELECT (SELECT array_agg(hits ORDER BY key) FROM counted), k.name, k.tenant_id, k.scopes,
       k.revoked_at IS NULL, {version}
FROM (SELECT 1) AS one LEFT JOIN tenants_apikey k ON k.id = %s::uuid
"""


def _for_each(statement: str) -> dict[tuple[int, bool], str]:
    """The statement by how many counters it raises, and whether it runs in a tenant's schema."""
    return {
        (count, in_tenant): statement.format(
            upsert=upsert,
            asked=_ASKED if in_tenant else "false",
            role=_ROLE if in_tenant else "NULL",
            version=_VERSION if in_tenant else "NULL",
        )
        for count, upsert in ((1, rates.ONE), (2, rates.TWO))
        for in_tenant in (True, False)
    }


_STATEMENTS, _KEY_STATEMENTS = _for_each(_STATE), _for_each(_KEY_STATE)


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`: of a user, or an API key, checked as they are now.

    Counts the call too. Leaves `rate` and `catalogue_version` on Django's request.
    """

    def authenticate(self, request: Request) -> tuple[Caller, Claims | KeyClaims]:
        django_request = request._request
        try:
            claims = _claims_of(django_request)
        except Refusal:
            django_request.rate = rates.count_address(django_request)
            django_request.rate.check()
            raise
        if isinstance(claims, KeyClaims):
            return _key_caller(django_request, claims), claims
        return _user_caller(django_request, claims), claims

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def _claims_of(request: HttpRequest) -> Claims | KeyClaims:
    header = request.META.get("HTTP_AUTHORIZATION", "")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("Send an access token: 'Authorization: Bearer <token>'.")
    return read_bearer(token.strip())


def _counting(request: HttpRequest, credential: str) -> list[object]:
    """The arguments that count this call: each counter's key with the window."""
    window = rates.window_now()
    keys = rates.keys_for(credential, request.method)
    return [value for key in keys for value in (key, window)]


def _user_caller(request: HttpRequest, claims: Claims) -> UserCaller:
    tenant: Tenant | None = request.tenant
    user_id = str(claims.user_id)
    arguments = _counting(request, f"u:{user_id}")
    statement = _STATEMENTS[len(arguments) // 2, tenant is not None]
    if tenant:
        arguments += [str(tenant.pk)] * 2
    [row] = connection.fetch_prepared(statement, [*arguments, user_id])
    hits, email, name, is_active, superuser, epoch, has_factor, is_asked, role, version = row
    _note_rate(request, hits, version)
    if email is None or not is_active or epoch != claims.epoch:
        raise TokenInvalid("The token was ended, or its user may not sign in any more.")
    return UserCaller(claims.user_id, email, name, superuser, role, has_factor, bool(is_asked))


def _key_caller(request: HttpRequest, claims: KeyClaims) -> KeyCaller:
    tenant: Tenant | None = request.tenant
    arguments = _counting(request, f"k:{claims.key_id}")
    statement = _KEY_STATEMENTS[len(arguments) // 2, tenant is not None]
    [row] = connection.fetch_prepared(statement, [*arguments, claims.key_id, claims.key_id])
    hits, name, tenant_id, scopes, is_live, version = row
    _note_rate(request, hits, version)
    if name is None or not is_live:
        raise TokenInvalid("The API key was revoked, or its shop is gone.")
    is_home = tenant is not None and tenant.pk == tenant_id
    return KeyCaller(claims.key_id, name, tenant_id, scopes, is_home)


def _note_rate(request: HttpRequest, hits: list[int], version: int) -> None:
    # The key of the writes begins with that of all calls, and so comes after it.
    request.rate = rates.rate_from(hits)
    request.catalogue_version = version
    request.rate.check()
