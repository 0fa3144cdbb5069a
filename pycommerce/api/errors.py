"""The only place where a refusal becomes a response, and every exception a refusal.

The envelope: `{"error": {"code", "message", "details", "request_id"}}`, with `fields` beside them
(member to list of problems) where a member of the request is at fault.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import psycopg
from django.core.exceptions import (
    BadRequest,
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
)
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from rest_framework import exceptions

from pycommerce.core.errors import (
    Busy,
    Forbidden,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    MissingParameter,
    NotFound,
    PayloadTooLarge,
    Refusal,
    ServiceUnavailable,
    Unauthenticated,
    UnsupportedMediaType,
    words_for,
)
from pycommerce.core.http import HttpRequest
from pycommerce.db.retrying import COLLISIONS

logger = logging.getLogger(__name__)

# The one call whose error is documented as a sentence alone, `{"error": "sentence"}`.
_FLAT = re.compile(r"(/stores/[^/]+)?/stripe-demo/create-checkout-session-json/?\Z")
_API = re.compile(r"(/stores/[^/]+)?/api(/|\Z)")


def is_call(path: str) -> bool:
    """Whether programs ask for this path (below a mount or not): they are answered in JSON."""
    return bool(_API.match(path) or _FLAT.match(path))


def error_response(refusal: Refusal, request: HttpRequest) -> HttpResponse:
    """The refusal in the error envelope, with the headers its status asks for."""
    error: Any = {
        "code": refusal.code,
        "message": refusal.message,
        "details": refusal.details,
    }
    if refusal.fields:
        error["fields"] = refusal.fields
    error["request_id"] = getattr(request, "request_id", "")
    if _FLAT.match(request.path_info):
        error = refusal.details
    response = HttpResponse(
        orjson.dumps({"error": error}), status=refusal.status, content_type="application/json"
    )
    response["Cache-Control"] = "no-store"
    if isinstance(refusal, Unauthenticated):
        response["WWW-Authenticate"] = _challenge(refusal)
    if refusal.retry_after is not None:
        response["Retry-After"] = str(refusal.retry_after)
    return response


def _challenge(refusal: Unauthenticated) -> str:
    # RFC 6750, section 3: the error is named only when a token was sent.
    if refusal.code in {"token_invalid", "token_expired"}:
        return f'Bearer realm="api", error="invalid_token", error_description="{refusal.message}"'
    return 'Bearer realm="api"'


def exception_handler(exception: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """DRF's hook: every exception of an API view in the envelope."""
    request = context["request"]
    refusal = refusal_for(exception)
    if refusal.status >= 500:
        logger.error("%s %s failed", request.method, request.path, exc_info=exception)
    response = error_response(refusal, request._request)
    if isinstance(refusal, MethodNotAllowed):
        response["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


def refusal_for(exception: BaseException) -> Refusal:
    """What an exception means to the caller; what nobody foresaw is an InternalError."""
    if isinstance(exception, Refusal):
        return exception
    if isinstance(exception, exceptions.APIException):
        return _from_framework(exception)
    if isinstance(exception, Http404):
        return NotFound()
    if isinstance(exception, PermissionDenied):
        return Forbidden()
    if isinstance(exception, SuspiciousOperation):
        return _from_suspicion(exception)
    if isinstance(exception, UnreadablePostError):
        return InvalidRequest("The request body ended early.")
    if isinstance(exception, BadRequest | MultiPartParserError):
        return InvalidRequest("The body is no form that can be read.")
    if isinstance(exception, DatabaseError | InterfaceError):
        return _from_database(exception)
    return InternalError()


def _from_suspicion(exception: SuspiciousOperation) -> Refusal:
    if isinstance(exception, RequestDataTooBig):
        return PayloadTooLarge()
    if isinstance(exception, TooManyFieldsSent):
        return InvalidRequest("There are more parameters than a request may have.")
    if isinstance(exception, DisallowedHost):
        return InvalidRequest("The host that the request names is no host name.")
    return InvalidRequest()


def _from_framework(exception: exceptions.APIException) -> Refusal:
    if isinstance(exception, exceptions.ValidationError):
        return _from_validation(exception)
    if isinstance(exception, exceptions.MethodNotAllowed):
        return MethodNotAllowed(str(exception.detail))
    if isinstance(exception, exceptions.UnsupportedMediaType):
        return UnsupportedMediaType("Send the body as application/json.")
    if isinstance(exception, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return Unauthenticated()
    if isinstance(exception, exceptions.PermissionDenied):
        return Forbidden()
    if isinstance(exception, exceptions.NotFound):
        return NotFound()
    if isinstance(exception, exceptions.ParseError):
        return InvalidRequest(str(exception.detail))
    return InternalError()


def _from_validation(exception: exceptions.ValidationError) -> Refusal:
    detail = exception.detail
    fields: dict[str, list[str]] = {}
    codes = set()
    members = detail if isinstance(detail, dict) else {"": detail}
    for name, problem, code in _problems(members):
        fields.setdefault(name, []).append(problem)
        codes.add(code)
    if "" in fields and len(fields) == 1:
        return InvalidRequest(" ".join(fields[""]))
    missing = codes == {"required"}
    details = f"Missing: {', '.join(fields)}."
    if not missing:
        details = words_for(fields)
    return (MissingParameter if missing else InvalidRequest)(details, fields=fields)


def _problems(members: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str, str]]:
    """Path, sentence and code of every problem in the framework's nested report."""
    for name, value in members.items():
        here = f"{path}.{name}" if path else str(name)
        if isinstance(name, int):
            here = f"{path}[{name}]"
        if name == "non_field_errors":
            here = path
        if isinstance(value, dict):
            yield from _problems(value, here)
            continue
        for index, problem in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(problem, dict):
                yield from _problems(problem, f"{here}[{index}]")
            else:
                yield here, str(problem), getattr(problem, "code", "invalid")


_UNAVAILABLE = (
    psycopg.errors.QueryCanceled,
    psycopg.errors.AdminShutdown,
    # Its shop is about to be migrated, or was removed a moment ago.
    psycopg.errors.UndefinedTable,
)


def _from_database(exception: Exception) -> Refusal:
    cause = exception.__cause__
    if isinstance(exception, IntegrityError):
        return Busy("Something else changed the same thing at this moment.")
    if isinstance(cause, COLLISIONS):
        return Busy()
    if isinstance(exception, DataError):
        return InvalidRequest("A value cannot be stored: it is too long or out of range.")
    if isinstance(exception, OperationalError | InterfaceError) or isinstance(cause, _UNAVAILABLE):
        return ServiceUnavailable("The database does not answer at the moment.")
    return InternalError()


def known_refusals() -> list[type[Refusal]]:
    """Every refusal that the installed apps define, one for each status and code."""
    seen: dict[tuple[int, str], type[Refusal]] = {}
    waiting: list[type[Refusal]] = [Refusal]
    while waiting:
        family = waiting.pop()
        waiting.extend(family.__subclasses__())
        if "code" in vars(family) or family is InvalidRequest:
            seen.setdefault((family.status, family.code), family)
    return [seen[key] for key in sorted(seen)]
