"""The base classes of every API resource: open, with a token, in a tenant."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.viewsets import ViewSet

from pycommerce.api import rates
from pycommerce.api.http import Request
from pycommerce.api.parameters import check_query, take_known_query
from pycommerce.core.errors import MissingParameter, Refusal
from pycommerce.core.http import HttpRequest
from pycommerce.db import connection
from tenants.api_access import BearerAuthentication
from tenants.errors import TenantInactive, TenantMismatch, TenantNotFound
from tenants.models import Tenant
from tenants.resolution import tenant_by_slug
from tenants.roles import Right


class OpenViewSet(ViewSet):
    """A resource that needs no token; its calls are counted by address."""

    authentication_classes: Sequence[type[BaseAuthentication]] = []
    permission_classes: Sequence[type[BasePermission]] = [AllowAny]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.format_kwarg = None
        is_known = take_known_query(request._request)
        self.enter(request)
        if not is_known:
            check_query(request._request)

    def enter(self, request: Request) -> None:
        request._request.rate = rates.count_address(request._request)
        request._request.rate.check()

    def options(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        response = HttpResponse(status=204, headers={"Allow": ", ".join(self.allowed_methods)})
        del response.headers["Content-Type"]
        return response

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {}

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        response = super().finalize_response(request, response, *args, **kwargs)
        if rate := getattr(request._request, "rate", None):
            rate.put_on(response)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class TokenViewSet(OpenViewSet):
    """A resource for anybody with a valid token."""

    authentication_classes = [BearerAuthentication]
    permission_classes = [IsAuthenticated]

    def enter(self, request: Request) -> None:
        if request._request.method == "OPTIONS":
            super().enter(request)
            return
        self.perform_authentication(request)
        self.check_permissions(request)


class TenantViewSet(TokenViewSet):
    """A resource of one tenant: that of the host, or on a platform host of `tenant=`.

    `self.tenant` is the tenant and its schema is selected. `rights` maps each action to what it
    needs; the catalogue may be read by every user.
    """

    tenant: Tenant
    rights: Mapping[str, Right] = {}

    def enter(self, request: Request) -> None:
        if request._request.method == "OPTIONS" or self.action is None:
            # Which methods there are, or that there is no such one, is the same in every tenant.
            super().enter(request)
            return
        # Looked up first, since one statement reads the role in it too; refused only after the
        # token was believed, so that a stranger learns nothing about tenants.
        problem = _select_tenant(request._request)
        super().enter(request)
        if problem:
            raise problem
        self.tenant = request._request.tenant
        if right := self.rights.get(self.action):
            request.user.require(right)


def _select_tenant(request: HttpRequest) -> Refusal | None:
    """Put the call into its tenant's schema; returns what speaks against it."""
    slug = request.GET.get("tenant")
    if request.tenant is not None:
        if slug is not None and slug != request.tenant.slug:
            return TenantMismatch(
                f"This address belongs to '{request.tenant.slug}', tenant= names another."
            )
        return None
    if not slug:
        problem = "Name the shop's slug, as in tenant=tech."
        return MissingParameter(f"tenant: {problem}", fields={"tenant": [problem]})
    tenant = tenant_by_slug(slug) if len(slug) <= 40 and slug.isprintable() else None
    if tenant is None:
        return TenantNotFound(slug)
    if not tenant.active:
        return TenantInactive(slug)
    request.tenant = tenant
    connection.set_tenant(tenant)
    return None
