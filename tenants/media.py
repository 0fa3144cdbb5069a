"""Uploaded pictures: a tenant's host serves its own tenant's files and no others."""

from django.conf import settings
from django.http import Http404
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from django.views.static import serve

from pycommerce.core.http import HttpRequest


@require_safe
def media_file(request: HttpRequest, path: str) -> HttpResponseBase:
    """A public file below `tenants/<tenant id>/`; its name is never used again, so it may be kept.

    Where a proxy serves the media folder by itself, no request arrives here.
    """
    parts = path.split("/")
    if len(parts) < 3 or parts[0] != "tenants" or ".." in parts:
        raise Http404
    if request.tenant is not None and parts[1] != str(request.tenant.pk):
        raise Http404
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
