"""What every writing call promises and how calls prove who makes them, for the description."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter

from pycommerce.api.description import OF_BODY
from pycommerce.core.errors import Busy
from tenants.idempotency import KeyReused, RequestInProgress
from tenants.roles import scope_for

KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255},
    OpenApiParameter.HEADER,
    description="The same call again with the same key gets the same answer, for 24 hours.",
)
REPLAYED = OpenApiParameter(
    "Idempotent-Replayed",
    {"type": "string", "enum": ["true"]},
    OpenApiParameter.HEADER,
    description="On the stored answer of an earlier call with this key.",
    response=[200, 201],
)
OF_WRITING = {
    **OF_BODY,
    KeyReused: "Use a new key for another body.",
    RequestInProgress: None,
    Busy: None,
}


class BearerScheme(OpenApiAuthenticationExtension):
    """The one scheme, with the scope that an API key needs for an operation as its role."""

    target_class = "tenants.api_access.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": (
                "Either a user's access token from `/api/auth/login`, or an API key. An owner "
                "makes keys in the shop's back office. A key belongs to the shop and to no user: "
                "it survives password changes, ends only where an end was set, and is looked up "
                "on every call. It works in its own shop alone, for what its scopes allow; "
                "elsewhere it is a 403 `permission_denied`, and once it is revoked a 401 "
                "`token_invalid`. The role that an operation names is the narrowest scope that "
                "is enough: `orders:fulfil` and `orders:write` include `orders:read`, "
                "`orders:write` includes `orders:fulfil`, `catalogue:write` and `stock:write` "
                "include `catalogue:read`."
            ),
        }

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        view = auto_schema.view
        right = getattr(view, "rights", {}).get(view.action)
        return {"bearer": [scope_for(right)] if right else []}
