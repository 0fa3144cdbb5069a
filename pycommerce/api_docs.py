"""The description of the API, `/api/schema` (OpenAPI 3.1), and the page that shows it."""

import json
import threading

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema

from pycommerce.api.conditional import Body, answer, etag_of
from pycommerce.api.description import describe
from pycommerce.api.http import Request
from tenants.viewsets import OpenViewSet

_schema: list[Body] = []
_lock = threading.Lock()


def description() -> Body:
    """Made once in a process: it depends on the code alone."""
    with _lock:
        if not _schema:
            patterns = [
                path("api/", include("pycommerce.api_urls")),
                path("", include("checkout.platform_urls")),
            ]
            generated = SchemaGenerator(patterns=patterns).get_schema(request=None, public=True)
            content = json.dumps(generated, default=str, ensure_ascii=False).encode()
            _schema.append(Body(content, etag_of(content)))
    return _schema[0]


class SchemaViewSet(OpenViewSet):
    @describe(
        tag="Platform",
        summary="This description, as OpenAPI 3.1",
        answers={200: OpenApiTypes.OBJECT},
        token=False,
        kept=True,
    )
    def list(self, request: Request) -> HttpResponseBase:
        return answer(request._request, description())


class DocsViewSet(OpenViewSet):
    @extend_schema(exclude=True)
    def list(self, request: Request) -> HttpResponse:
        return render(request._request, "api/docs.html")
