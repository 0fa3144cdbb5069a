"""Answers that can be kept by the caller: ETag, If-None-Match, Cache-Control, Vary."""

import hashlib
from dataclasses import dataclass

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from pycommerce.core.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Body:
    """A rendered answer: its bytes, their strong ETag, and the `Link` to the pages beside it."""

    content: bytes
    etag: str
    link: str = ""


def etag_of(content: bytes) -> str:
    """A strong ETag of the uncompressed bytes."""
    return f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'


def matches(header: str, etag: str) -> bool:
    """Whether If-None-Match names this ETag: weak comparison, lists, `*` (RFC 9110, 13.1.2)."""
    if header.strip() == "*":
        return True
    return any(candidate.strip().removeprefix("W/") == etag for candidate in header.split(","))


def answer(request: HttpRequest, body: Body) -> HttpResponseBase:
    """200 with the body, or 304 where the caller holds it already."""
    known = request.META.get("HTTP_IF_NONE_MATCH")
    if known and matches(known, body.etag):
        response = HttpResponse(status=304)
        del response["Content-Type"]
    else:
        response = HttpResponse(body.content, content_type="application/json")
        response.headers["Content-Length"] = str(len(body.content))
    headers = response.headers
    headers["ETag"] = body.etag
    headers["Cache-Control"] = "private, no-cache"
    headers["Vary"] = "Authorization, Accept-Encoding"
    if body.link:
        headers["Link"] = body.link
    return response
