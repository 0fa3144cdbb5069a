"""What the API offers beside the shops' own data: health, tokens, the list of tenants."""

from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

import pycommerce
from pycommerce.api import parameters
from pycommerce.api.conditional import answer
from pycommerce.api.cursors import decode_cursor
from pycommerce.api.description import OF_BODY, describe
from pycommerce.api.fields import read
from pycommerce.api.http import Request
from pycommerce.api.paging import cut_page, page_body
from pycommerce.api.renderers import dumps
from pycommerce.core.errors import (
    InvalidCredentials,
    InvalidRequest,
    MissingParameter,
    NotFound,
    TokenExpired,
    TokenInvalid,
)
from pycommerce.db import connection
from tenants import serializers
from tenants.callers import KeyCaller
from tenants.models import Membership
from tenants.services.signing_in import sign_in
from tenants.services.tokens import issue_tokens, revoke_tokens, rotate_tokens
from tenants.viewsets import OpenViewSet, TokenViewSet

_HEALTH = {
    "status": "ok",
    "version": pycommerce.__version__,
    "message": "PyCommerce API is running",
}
_BODY = {
    **OF_BODY,
    MissingParameter: "Missing: refresh.",
}
_PAIR = {
    "access": "eyJhbGciOiJIUzI1NiIs...",
    "refresh": "eyJhbGciOiJIUzI1NiIs...",
    "token_type": "Bearer",
    "expires_in": 300,
}


class HealthViewSet(OpenViewSet):
    @describe(
        tag="Platform",
        summary="Check if the API is operational",
        answers={200: serializers.HealthSerializer},
        example={**_HEALTH, "version": "1.0.0"},
        token=False,
    )
    def list(self, request: Request) -> Response:
        return Response(_HEALTH)


class AuthViewSet(OpenViewSet):
    """Tokens for an e-mail address and a password."""

    @describe(
        tag="Authentication",
        summary="Sign in and obtain a pair of tokens",
        request=serializers.LoginSerializer,
        answers={200: serializers.TokensSerializer},
        refusals={**_BODY, InvalidCredentials: None, MissingParameter: "Missing: password."},
        request_example={"email": "merchant@tech.example", "password": "correct horse"},
        example=_PAIR,
        token=False,
    )
    def login(self, request: Request) -> Response:
        data = read(serializers.LoginSerializer(data=request.data))
        user = sign_in(
            email=data["email"],
            password=data["password"],
            address=request._request.client_address,
            otp=data["otp"],
        )
        return Response(issue_tokens(user))

    @describe(
        tag="Authentication",
        summary="A new pair for a refresh token, which is dead from then on",
        request=serializers.RefreshSerializer,
        answers={200: serializers.TokensSerializer},
        refusals={**_BODY, TokenInvalid: None, TokenExpired: None},
        request_example={"refresh": "eyJhbGciOiJIUzI1NiIs..."},
        example=_PAIR,
        token=False,
    )
    def refresh(self, request: Request) -> Response:
        return Response(
            rotate_tokens(read(serializers.RefreshSerializer(data=request.data))["refresh"])
        )

    @describe(
        tag="Authentication",
        summary="End a refresh token and all that followed from it",
        request=serializers.RefreshSerializer,
        answers={204: None},
        refusals={**_BODY, TokenInvalid: None, TokenExpired: None},
        request_example={"refresh": "eyJhbGciOiJIUzI1NiIs..."},
        token=False,
    )
    def logout(self, request: Request) -> Response:
        data = read(serializers.RefreshSerializer(data=request.data))
        revoke_tokens(data["refresh"])
        return Response(status=204)


class MeViewSet(TokenViewSet):
    @describe(
        tag="Authentication",
        summary="Whom the token belongs to, a user or a shop's API key, with tenants and roles",
        answers={200: serializers.MeSerializer},
        example={
            "id": "019a5c3e-8f7a-7d0c-9b1e-2f3a4b5c6d7e",
            "email": "merchant@tech.example",
            "name": "",
            "is_platform_staff": False,
            "tenants": [
                {
                    "id": "ea6c4bc0-d5aa-4f5c-b769-c51c812a5037",
                    "name": "Tech Gadgets",
                    "slug": "tech",
                    "role": "owner",
                }
            ],
        },
    )
    def list(self, request: Request) -> Response:
        caller = request.user
        if isinstance(caller, KeyCaller):
            return Response(_key_as_me(caller))
        memberships = Membership.objects.filter(user_id=caller.id).order_by("tenant__slug")
        rows = memberships.values_list("tenant_id", "tenant__name", "tenant__slug", "role")
        members = ("id", "name", "slug", "role")
        return Response(
            {
                "id": caller.id,
                "email": caller.email,
                "name": caller.name,
                "is_platform_staff": caller.is_superuser,
                "tenants": [dict(zip(members, row, strict=True)) for row in rows],
            }
        )


def _key_as_me(caller: KeyCaller) -> dict[str, Any]:
    return {
        "id": caller.id,
        "email": "",
        "name": caller.name,
        "is_platform_staff": False,
        "tenants": [
            {"id": tenant.pk, "name": tenant.name, "slug": tenant.slug, "role": "api_key"}
            for tenant in caller.in_tenants(1)
        ],
    }


_TENANTS = """
SELECT t.created_at, t.id::text, t.name, t.slug, d.domain, t.active
FROM tenants_tenant t LEFT JOIN LATERAL (
    SELECT domain FROM tenants_domain WHERE tenant_id = t.id AND is_primary ORDER BY id LIMIT 1
) AS d ON true
"""


class TenantListViewSet(TokenViewSet):
    @describe(
        tag="Platform",
        summary="All tenants in the system, in the order they were made",
        answers={200: serializers.TenantListSerializer},
        refusals={InvalidRequest: "limit: Write a whole number from 1 to 250."},
        example={
            "tenants": [
                {
                    "id": "ea6c4bc0-d5aa-4f5c-b769-c51c812a5037",
                    "name": "Tech Gadgets",
                    "slug": "tech",
                    "domain": "tech.pycommerce.org",
                    "active": True,
                },
                {
                    "id": "f8a7b6c5-e4d3-4c2b-a1b0-9f8e7d6c5b4a",
                    "name": "Outdoor Adventures",
                    "slug": "outdoor",
                    "domain": "outdoor.pycommerce.org",
                    "active": True,
                },
            ],
            "count": 2,
        },
        kept=True,
        paged=True,
    )
    def list(self, request: Request) -> HttpResponseBase:
        query = request._request.GET
        with parameters.Reading() as read:
            limit = read(parameters.limit, query)
            cursor = read(parameters.text, query, "cursor", max_length=1000)
        place = decode_cursor(cursor, query="tenants") if cursor else None
        backward = place is not None and place.direction == "prev"
        sign, way = ("<", "DESC") if backward else (">", "ASC")
        condition = f"WHERE (t.created_at, t.id) {sign} (%s, %s)" if place else ""
        with connection.cursor() as database:
            database.execute("SELECT count(*) FROM tenants_tenant")
            (count,) = database.fetchone()
            database.execute(
                f"{_TENANTS} {condition} ORDER BY t.created_at {way}, t.id {way} LIMIT %s",
                [*(place.values if place else []), limit + 1],
            )
            rows = database.fetchall()
        cut = cut_page(
            rows,
            limit=limit,
            place=place,
            query="tenants",
            place_of=lambda row: [str(row[0]), row[1]],
        )
        tenants = [
            {
                "id": tenant_id,
                "name": name,
                "slug": slug,
                "domain": domain or f"{slug}.{settings.BASE_HOST}",
                "active": active,
            }
            for _, tenant_id, name, slug, domain, active in cut.rows
        ]
        content = dumps({"tenants": tenants, "count": count})
        body = page_body(request._request, content, cut.next_cursor, cut.previous_cursor)
        return answer(request._request, body)


class UnknownViewSet(OpenViewSet):
    """Whatever else stands under `/api/`."""

    @extend_schema(exclude=True)
    def missing(self, request: Request, path: str = "") -> HttpResponseBase:
        raise NotFound(f"There is nothing at '{request.path}'.")
