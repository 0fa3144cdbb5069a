"""Django's request, with what our middleware puts on it."""

from typing import Any

from django import http
from django.utils.encoding import escape_uri_path

# Addresses for programs beside us, and for nobody who comes through the proxy.
INTERNAL = "/internal/"


class HttpRequest(http.HttpRequest):
    """For annotations: the class of a request at run time is Django's, or that of `wsgi.py`.

    `host` is without port and in lower case; `tenant` is a `tenants.models.Tenant`, or None on the
    platform's pages; `mount` is "" or "/stores/<slug>". `client_address` is that of whoever asks,
    as limits count it: of IPv6 the client's whole network. `is_internal` says that it came from
    this machine or from a named proxy, for itself and on nobody's behalf. API calls carry `rate`
    and `catalogue_version`, pages `version`.
    """

    request_id: str
    client_address: str
    is_internal: bool
    origin: str
    address: str
    host: str
    mount: str
    tenant: Any
    user: Any
    rate: Any
    catalogue_version: int
    version: int


def origin_of(request: HttpRequest) -> str:
    """Scheme and host, as absolute addresses begin; read from the headers once."""
    try:
        return request.origin
    except AttributeError:
        request.origin = f"{request.scheme}://{request.get_host()}"
        return request.origin


def address_of(request: HttpRequest) -> str:
    """The whole address of a request but for its query; made once."""
    try:
        return request.address
    except AttributeError:
        request.address = origin_of(request) + escape_uri_path(request.path)
        return request.address


def whole_address(request: HttpRequest, address: str) -> str:
    """The address of a picture or page with scheme and host; one of another host stays."""
    if address.startswith("/") and not address.startswith("//"):
        return origin_of(request) + address
    return request.build_absolute_uri(address)
