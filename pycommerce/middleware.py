"""What every request meets first: its id, its true client, HTTPS, clean text, security headers."""

import ipaddress
import logging
import re
import time
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple
from urllib.parse import parse_qsl

import structlog
from django.conf import settings
from django.http import HttpResponse, HttpResponsePermanentRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase

from pycommerce.api.errors import error_response
from pycommerce.core.bounded_cache import BoundedCache
from pycommerce.core.csp import CSP
from pycommerce.core.errors import HttpsRequired, wrong_fields
from pycommerce.core.http import INTERNAL, HttpRequest
from pycommerce.core.ids import uuid7
from pycommerce.unfold_shim import ADMIN_CSP

GetResponse = Callable[[HttpRequest], HttpResponse]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

access_log = logging.getLogger("pycommerce.access")

_OF_ANYTHING = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"}
# What is only data needs no more than never to become a document.
_OF_DATA = _OF_ANYTHING | {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_OF_DOCUMENTS = _OF_ANYTHING | {
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_OF_OUR_PAGES = _OF_DOCUMENTS | {"Content-Security-Policy": CSP}
_OF_THE_ADMIN = _OF_DOCUMENTS | {"Content-Security-Policy": ADMIN_CSP}
# Calls that programs make: plain HTTP is rejected, since a redirect would already have leaked
# the token. Both stand below a mount as well.
_CALLS = re.compile(r"(/stores/[^/]+)?/(api|stripe-demo|stripe)(/|\Z)")
_ADMIN = re.compile(r"(/stores/[^/]+)?/admin/")
_PROBES = frozenset({"/healthz", "/readyz"})
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}\Z")


class RequestMiddleware:
    """Sets `request.request_id`, `client_address` and `is_internal`; refuses what is not clean.

    Forwarded headers count only from a peer in `TRUSTED_PROXIES` (addresses, networks, or `unix`
    for a proxy on a Unix socket); from anybody else they are dropped.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    @cached_property
    def _proxies(self) -> list[Network]:
        names = [name for name in settings.TRUSTED_PROXIES if name != "unix"]
        return [ipaddress.ip_network(name, strict=False) for name in names]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        trusted = self._take_client(request)
        given = request.META.get("HTTP_X_REQUEST_ID", "") if trusted else ""
        request.request_id = given if _REQUEST_ID.match(given) else uuid7().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.request_id)

        path = request.path
        response = _refused(request) or self.get_response(request)
        if request.method == "HEAD":
            _drop_body(response)
        headers = response.headers
        headers["X-Request-ID"] = request.request_id
        for name, value in _security_headers(path, response).items():
            headers.setdefault(name, value)
        if settings.SECURE_HSTS_SECONDS and request.is_secure():
            headers["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
        if settings.ACCESS_LOG:
            _log(request, path, response, time.perf_counter() - started)
        return response

    def _take_client(self, request: HttpRequest) -> bool:
        """Set the client's address; returns whether a named proxy spoke for the client."""
        meta = request.META
        peer = meta.get("REMOTE_ADDR", "")
        forwarded_for = meta.pop("HTTP_X_FORWARDED_FOR", "")
        scheme = meta.pop("HTTP_X_FORWARDED_PROTO", "")
        relayed = meta.pop("HTTP_X_FORWARDED_HOST", "") or meta.get("HTTP_FORWARDED", "")
        request.client_address = _address_of(peer).client if peer else "127.0.0.1"
        is_proxy = self._is_proxy(peer)
        is_near = is_proxy or _address_of(peer).is_loopback
        request.is_internal = is_near and not (forwarded_for or scheme or relayed)
        if not is_proxy:
            return False
        for address in reversed([part.strip() for part in forwarded_for.split(",")]):
            given = _address_of(address)
            if not given.is_valid:
                break
            request.client_address = given.client
            if not self._is_proxy(address):
                break
        meta["wsgi.url_scheme"] = "https" if scheme.strip().lower() == "https" else "http"
        return True

    def _is_proxy(self, address: str) -> bool:
        if not address:
            return "unix" in settings.TRUSTED_PROXIES
        if not self._proxies or not _address_of(address).is_valid:
            return False
        parsed = ipaddress.ip_address(address)
        return any(parsed in network for network in self._proxies)


class _Address(NamedTuple):
    """What there is to know of an address as it was given.

    `client` is how all limits count it: of IPv6 the network of 64 bits that a client is given.
    Whoever has one of its addresses has all 2^64 (RFC 6177), each as good as a client of its own.
    An address of IPv4 that is written as one of IPv6 is that of IPv4.
    """

    client: str
    is_valid: bool
    is_loopback: bool


# One client's come again and again, and so does a proxy's.
_addresses: BoundedCache[_Address] = BoundedCache(10_000)


def _address_of(text: str) -> _Address:
    found = _addresses.get(text)
    if found is None:
        found = _read_address(text)
        if found.is_valid:
            _addresses.put(text, found)
    return found


def _read_address(text: str) -> _Address:
    try:
        is_loopback = ipaddress.ip_address(text).is_loopback
    except ValueError:
        return _Address(text, False, False)
    parsed = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv4Address):
        client = str(parsed)
    elif parsed.ipv4_mapped:
        client = str(parsed.ipv4_mapped)
    else:
        client = str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return _Address(client, True, is_loopback)


def _refused(request: HttpRequest) -> HttpResponse | None:
    path = request.path_info
    is_internal = request.is_internal and path.startswith(INTERNAL)
    needs_https = settings.HTTPS_REQUIRED and path not in _PROBES and not is_internal
    if needs_https and not request.is_secure():
        if _CALLS.match(path):
            return error_response(HttpsRequired(), request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponse("Use HTTPS.", status=403, content_type="text/plain")
        host = request.META.get("HTTP_HOST", settings.BASE_HOST).partition(":")[0]
        return HttpResponsePermanentRedirect(f"https://{host}{request.get_full_path()}")
    if "\x00" in path or "%00" in request.META.get("QUERY_STRING", ""):
        if _CALLS.match(path):
            given = [("path", path), *parse_qsl(request.META["QUERY_STRING"], True)]
            problem = {
                name.replace("\x00", "") or "query": ["It contains a NUL character."]
                for name, value in given
                if "\x00" in name + value
            }
            return error_response(wrong_fields(problem), request)
        return HttpResponse("The address is not valid.", status=400, content_type="text/plain")
    return None


def _security_headers(path: str, response: HttpResponse) -> dict[str, str]:
    if "text/html" not in response.headers.get("Content-Type", "") and _CALLS.match(path):
        return _OF_DATA
    return _OF_THE_ADMIN if _ADMIN.match(path) else _OF_OUR_PAGES


def _drop_body(response: HttpResponseBase) -> None:
    """A HEAD answer says the length of the GET answer, where it is known, and carries no body."""
    if isinstance(response, StreamingHttpResponse):
        response.streaming_content = ()
        return
    assert isinstance(response, HttpResponse)
    length = response.headers.get("Content-Length", str(len(response.content)))
    response.content = b""
    response.headers["Content-Length"] = length


def _without_tokens(request: HttpRequest, path: str) -> str:
    """The path, but for what opens something to whoever has it: logs are read by many."""
    match = request.resolver_match
    if match and (token := match.kwargs.get("token")):
        return path.replace(token, "[token]")
    return path


def _log(request: HttpRequest, path: str, response: HttpResponse, seconds: float) -> None:
    tenant = getattr(request, "tenant", None)
    structlog.contextvars.bind_contextvars(
        method=request.method,
        path=_without_tokens(request, path),
        status=response.status_code,
        milliseconds=round(seconds * 1000, 1),
        tenant=tenant.slug if tenant else None,
    )
    access_log.info("request")
