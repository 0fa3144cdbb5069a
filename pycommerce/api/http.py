"""DRF's request, with what our views find on it."""

from typing import Any

from rest_framework import request

from pycommerce.core.http import HttpRequest


class Request(request.Request):
    """For annotations: `user` is a `tenants.callers.Caller`, `_request` Django's request."""

    _request: HttpRequest
    user: Any
