"""Public pages: the same for every visitor, kept in the process and by whoever asked.

No session, no token, no cookie. Kept by tenant, catalogue version, host and query; a page may be
a second old.
"""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpResponse, HttpResponseNotAllowed
from django.utils import translation

from pycommerce.api.conditional import etag_of, matches
from pycommerce.core.bounded_cache import BoundedCache
from pycommerce.core.http import HttpRequest, origin_of
from pycommerce.db import connection

View = Callable[..., HttpResponse]
_OVERHEAD = 1024
_pages: BoundedCache[tuple[bytes, str, str]] = BoundedCache(settings.RESPONSE_CACHE_BYTES)


def public_page(view: View) -> View:
    """A view that anybody may read and anything may keep for a second."""

    @wraps(view)
    def kept(request: HttpRequest, **arguments: str) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        tenant = request.tenant
        key = (
            connection.schema_name,
            request.version,
            tenant.updated_at,
            origin_of(request),
            request.get_full_path(),
        )
        page, response = _pages.get(key), None
        if page is None:
            with translation.override(tenant.language):
                response = view(request, **arguments)
            if response.status_code != 200:
                return response
            page = (response.content, etag_of(response.content), response["Content-Type"])
            _pages.put(key, page, len(page[0]) + len(key[-1]) + _OVERHEAD)
        content, etag, content_type = page
        known = request.META.get("HTTP_IF_NONE_MATCH")
        if known and matches(known, etag):
            response = HttpResponse(status=304)
            del response["Content-Type"]
        else:
            response = response or HttpResponse(content, content_type=content_type)
            response.headers["Content-Length"] = str(len(content))
        response.headers["ETag"] = etag
        response.headers["Cache-Control"] = "public, max-age=1"
        response.headers["Vary"] = "Accept-Encoding"
        return response

    return kept
