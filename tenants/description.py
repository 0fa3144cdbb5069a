"""What every writing call promises, for the OpenAPI description."""

from drf_spectacular.utils import OpenApiParameter

from pycommerce.api.description import OF_BODY
from pycommerce.core.errors import Busy
from tenants.idempotency import KeyReused, RequestInProgress

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
