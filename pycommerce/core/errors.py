"""Refusals: what went wrong, in a sentence, without HTTP.

`pycommerce.api.errors` turns them into responses and collects the closed list of codes from the
classes; pages show the same refusal as a form error.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar


class Refusal(Exception):
    """A request that cannot be met, said in words for the person who made it.

    `message` says what is wrong, `details` which thing and how much; `fields` maps a member of the
    request to its problems.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid_request"
    message: ClassVar[str] = "The request is not valid."

    def __init__(
        self,
        details: str = "",
        *,
        fields: Mapping[str, Sequence[str]] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(details or self.message)
        self.details = details or self.message
        self.fields = {name: list(problems) for name, problems in (fields or {}).items()}
        self.retry_after = retry_after


class InvalidRequest(Refusal):
    """The request itself is wrong (400)."""


def wrong_field(name: str, problem: str) -> InvalidRequest:
    """The refusal of one member of what was asked for."""
    return InvalidRequest(f"{name}: {problem}", fields={name: [problem]})


# A body can be wrong in a hundred places: `fields` has them all.
_MOST_SAID = 10


def words_for(fields: Mapping[str, Sequence[str]]) -> str:
    """All that is wrong, in sentences that name their fields; of very much, the first of it."""
    said = [f"{name}: {problems[0]}" for name, problems in fields.items()]
    if len(said) > _MOST_SAID:
        said[_MOST_SAID:] = [f"And {len(said) - _MOST_SAID} more."]
    return " ".join(said)


def wrong_fields(fields: Mapping[str, Sequence[str]]) -> InvalidRequest:
    """The refusal of several members at once."""
    return InvalidRequest(words_for(fields), fields=fields)


class MissingParameter(InvalidRequest):
    code = "missing_parameter"
    message = "A required parameter is missing."


class MalformedJSON(InvalidRequest):
    code = "malformed_json"
    message = "The request body is not valid JSON."


class Unauthenticated(Refusal):
    """Nobody is signed in, or the proof is not good (401)."""

    status = 401
    code = "authentication_required"
    message = "Authentication is required."


class InvalidCredentials(Unauthenticated):
    code = "invalid_credentials"
    message = "The e-mail address or the password is wrong."


class TokenInvalid(Unauthenticated):
    code = "token_invalid"
    message = "The token is not valid."


class TokenExpired(Unauthenticated):
    code = "token_expired"
    message = "The token has expired."


class Forbidden(Refusal):
    """Known, but not allowed (403)."""

    status = 403
    code = "permission_denied"
    message = "You do not have permission to do this."


class HttpsRequired(Forbidden):
    code = "https_required"
    message = "Calls over plain HTTP are rejected; use HTTPS."


class NotFound(Refusal):
    """The named thing does not exist (404)."""

    status = 404
    code = "resource_not_found"
    message = "The requested resource was not found."


class MethodNotAllowed(Refusal):
    status = 405
    code = "method_not_allowed"
    message = "This method is not allowed here."


class PayloadTooLarge(Refusal):
    status = 413
    code = "payload_too_large"
    message = "The request body is too large."


class UnsupportedMediaType(Refusal):
    status = 415
    code = "unsupported_media_type"
    message = "The media type of the request body is not supported."


class Conflict(Refusal):
    """The request is fine, the state of the shop is not (409)."""

    status = 409
    code = "illegal_transition"
    message = "The current state does not allow this."


class Busy(Conflict):
    code = "busy"
    message = "The resource is busy; try again."

    def __init__(self, details: str = "") -> None:
        super().__init__(details, retry_after=1)


class RateLimited(Refusal):
    status = 429
    code = "rate_limited"
    message = "Too many requests."


class InternalError(Refusal):
    status = 500
    code = "internal_error"
    message = "Something went wrong on our side."


class ServiceUnavailable(Refusal):
    status = 503
    code = "service_unavailable"
    message = "The service is not available at the moment."

    def __init__(self, details: str = "") -> None:
        super().__init__(details, retry_after=5)
