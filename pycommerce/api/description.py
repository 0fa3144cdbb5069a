"""Helpers for the OpenAPI description: what every operation shares is said once.

A view names its own answer and the refusals that only it makes; the envelope, the common
refusals and the headers come from here.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers

from pycommerce.api.errors import known_refusals
from pycommerce.core import errors
from pycommerce.core.errors import Refusal

View = Callable[..., Any]
Headers = Mapping[str, tuple[str, str, str]]

# Name to type, description and example.
RATE_HEADERS: Headers = {
    "RateLimit-Limit": ("integer", "Requests a minute.", "1200"),
    "RateLimit-Remaining": ("integer", "Requests left in this minute.", "1199"),
    "RateLimit-Reset": ("integer", "Seconds until the minute ends.", "42"),
}
REQUEST_ID: Headers = {"X-Request-ID": ("string", "Names this request in the logs.", "0197")}
KEPT_HEADERS: Headers = {
    "ETag": ("string", "Send it back in If-None-Match.", '"5f2b"'),
    "Cache-Control": ("string", "Keep it, ask before using it.", "private, no-cache"),
    "Vary": ("string", "What the answer depends on.", "Authorization, Accept-Encoding"),
}
LINK_HEADER: Headers = {
    "Link": (
        "string",
        'RFC 8288: the pages with rel="next" and rel="prev".',
        '<https://api.pycommerce.org/api/products?tenant=tech&cursor=AbC>; rel="next"',
    )
}
RETRY_HEADER: Headers = {"Retry-After": ("integer", "Seconds to wait.", "1")}
ALWAYS = (errors.HttpsRequired, errors.RateLimited, errors.InternalError, errors.ServiceUnavailable)
OF_BODY: Mapping[type[Refusal], str | None] = {
    errors.MalformedJSON: "Expecting value (line 1, column 1).",
    errors.PayloadTooLarge: "A request body has at most 256 KiB.",
    errors.UnsupportedMediaType: "Send the body as application/json.",
}
WITH_TOKEN = (errors.Unauthenticated, errors.TokenInvalid, errors.TokenExpired)


class ErrorDetailSerializer(serializers.Serializer):
    code = serializers.CharField(help_text="From the closed list.")
    message = serializers.CharField(help_text="What is wrong, in a sentence.")
    details = serializers.CharField(help_text="Which thing, and how much.")
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="With 400: member of the request to its problems.",
    )
    request_id = serializers.CharField(help_text="The same as X-Request-ID.")


class ErrorSerializer(serializers.Serializer):
    error = ErrorDetailSerializer()


class FlatErrorSerializer(serializers.Serializer):
    error = serializers.CharField(help_text="What is wrong, in a sentence.")


def _headers(headers: Headers, statuses: Sequence[int]) -> list[OpenApiParameter]:
    return [
        OpenApiParameter(
            name,
            {"type": kind},
            OpenApiParameter.HEADER,
            description=text,
            response=list(statuses),
            examples=[OpenApiExample(name, value=int(value) if kind == "integer" else value)],
        )
        for name, (kind, text, value) in headers.items()
    ]


def _example(refusal: type[Refusal], details: str | None, *, flat: bool) -> OpenApiExample:
    if flat:
        sentence = {"error": details or refusal.message}
        return OpenApiExample(refusal.code, value=sentence, response_only=True)
    error: dict[str, Any] = {
        "code": refusal.code,
        "message": refusal.message,
        "details": details or refusal.message,
        "request_id": "019a5c3e8f7a7d0c9b1e2f3a4b5c6d7e",
    }
    return OpenApiExample(refusal.code, value={"error": error}, response_only=True)


def describe(
    *,
    summary: str,
    answers: Mapping[int, Any],
    refusals: Mapping[type[Refusal], str | None] | None = None,
    request: Any = None,
    parameters: Sequence[OpenApiParameter] = (),
    example: Any = None,
    request_example: Any = None,
    token: bool = True,
    kept: bool = False,
    paged: bool = False,
    flat: bool = False,
    tag: str,
) -> Callable[[View], View]:
    """Describe an operation.

    `answers` maps a status to a serializer (or None for an empty body), `refusals` the refusals
    of this operation to the example's `details`. `kept` adds ETag and 304, `paged` limit, cursor
    and the Link header; `flat` errors are a sentence alone.
    """
    every: dict[type[Refusal], str | None] = {
        **dict.fromkeys((*ALWAYS, *(WITH_TOKEN if token else ()))),
        errors.MethodNotAllowed: None,
        errors.InvalidRequest: "limit: Write a whole number from 1 to 250." if paged else None,
        **(refusals or {}),
    }
    by_status: dict[int, list[OpenApiExample]] = {}
    for refusal, details in every.items():
        by_status.setdefault(refusal.status, []).append(_example(refusal, details, flat=flat))
    responses: dict[Any, Any] = {}
    for status, serializer in answers.items():
        if isinstance(serializer, type):
            # An action called `list` answers an object with members, not a bare array.
            extend_schema_serializer(many=False)(serializer)
        examples = []
        if example is not None and serializer is not None:
            examples = [OpenApiExample("Documented", value=example, response_only=True)]
        responses[status] = OpenApiResponse(serializer, examples=examples)
    good = list(responses)
    if kept:
        responses[304] = OpenApiResponse(None, description="What the caller holds is current.")
    for status, examples in by_status.items():
        codes = ", ".join(f"`{each.name}`" for each in examples)
        shape = FlatErrorSerializer if flat else ErrorSerializer
        responses[status] = OpenApiResponse(shape, description=codes, examples=examples)

    headers = _headers(REQUEST_ID, list(responses)) + _headers(
        RATE_HEADERS, [status for status in responses if status not in {304, 500, 503}]
    )
    waits = [status for status in responses if status in {409, 429, 503}]
    headers += _headers(RETRY_HEADER, waits)
    headers += _headers({"Allow": ("string", "The methods there are.", "GET, HEAD")}, [405])
    if 401 in responses:
        challenge: Headers = {"WWW-Authenticate": ("string", "RFC 6750.", 'Bearer realm="api"')}
        headers += _headers(challenge, [401])
    given = list(parameters)
    if kept:
        headers += _headers(KEPT_HEADERS, [*good, 304])
        text = "ETags that the caller holds, or `*`."
        given.append(OpenApiParameter("If-None-Match", str, "header", description=text))
    if paged:
        headers += _headers(LINK_HEADER, good)
        limit = {"type": "integer", "minimum": 1, "maximum": 250, "default": 50}
        given.append(OpenApiParameter("limit", limit, description="Rows a page."))
        text = "Where the page begins: from the `Link` header of the same query."
        given.append(OpenApiParameter("cursor", str, description=text))
    examples = []
    if request_example is not None:
        examples.append(OpenApiExample("Request", value=request_example, request_only=True))
    return extend_schema(
        summary=summary,
        tags=[tag],
        request=request,
        responses=responses,
        parameters=[*given, *headers],
        examples=examples,
        auth=None if token else [{}],
    )


def close_lists(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Write the closed list of error codes into the description, and paths without a slash."""
    result["paths"] = {path.rstrip("/"): item for path, item in result["paths"].items()}
    codes = [refusal.code for refusal in known_refusals()]
    schemas = result["components"]["schemas"]
    schemas["ErrorDetail"]["properties"]["code"] = {
        "type": "string",
        "enum": sorted(set(codes)),
        "description": "From this closed list.",
    }
    return result
