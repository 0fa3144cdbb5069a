"""Django's request, with what our middleware puts on it."""

from typing import Any

from django import http


class HttpRequest(http.HttpRequest):
    """For annotations: the class of a request at run time is Django's own.

    `tenant` is a `tenants.models.Tenant`, or None on the platform's pages; `mount` is "" or
    "/stores/<slug>". API calls carry `rate` and `catalogue_version`, pages `version`.
    """

    request_id: str
    client_address: str
    mount: str
    tenant: Any
    user: Any
    rate: Any
    catalogue_version: int
    version: int
