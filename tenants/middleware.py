"""Puts each request into its tenant, and gives the admin its sessions."""

import time
from collections.abc import Callable
from typing import Any, Literal

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpResponse, HttpResponsePermanentRedirect
from django.middleware.csrf import CSRF_SECRET_LENGTH, CsrfViewMiddleware
from django.shortcuts import render
from django.urls import get_script_prefix, set_script_prefix
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import http_date

from pycommerce.api.errors import error_response, is_call
from pycommerce.core.http import HttpRequest
from pycommerce.db import connection
from tenants.errors import TenantInactive, TenantNotFound
from tenants.models import Tenant
from tenants.resolution import (
    is_platform_host,
    normalise_host,
    tenant_by_host,
    tenant_by_slug,
)

_SAME_SITE: Literal["Lax"] = "Lax"

GetResponse = Callable[[HttpRequest], HttpResponse]
MOUNT = "/stores/"


class TenantMiddleware:
    """Selects the tenant by host, or on a platform host by the path `/stores/<slug>/`.

    Sets `request.tenant` (None on the platform's own pages) and `request.mount` ("" or
    "/stores/<slug>"). A mount works like a WSGI mount: the script prefix carries it, so that every
    `reverse()` stays right. A tenant's own host never honours another tenant's slug.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Only selected in memory; whatever fails below, the last request's tenant is gone.
        connection.set_schema_to_public()
        request.tenant, request.mount = None, ""
        host = normalise_host(request.META.get("HTTP_HOST") or request.META["SERVER_NAME"])
        if not is_platform_host(host):
            tenant = tenant_by_host(host)
            return self._serve(request, tenant) if tenant else _unknown_host(request)
        if request.path_info.startswith(MOUNT):
            return self._serve_mount(request)
        request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
        return self.get_response(request)

    def _serve_mount(self, request: HttpRequest) -> HttpResponse:
        slug, slash, rest = request.path_info[len(MOUNT) :].partition("/")
        tenant = tenant_by_slug(slug)
        if tenant is None:
            return _unknown_host(request)
        outer = get_script_prefix()
        root = outer.rstrip("/") + MOUNT + slug
        if not slash:
            query = request.META.get("QUERY_STRING", "")
            return HttpResponsePermanentRedirect(f"{root}/" + (f"?{query}" if query else ""))
        request.mount = MOUNT + slug
        request.META["SCRIPT_NAME"] = root
        request.path_info = request.META["PATH_INFO"] = "/" + rest
        set_script_prefix(root + "/")
        try:
            return self._serve(request, tenant)
        finally:
            set_script_prefix(outer)

    def _serve(self, request: HttpRequest, tenant: Tenant) -> HttpResponse:
        request.tenant = tenant
        connection.set_tenant(tenant)
        if not tenant.active and not request.path_info.startswith(_OPEN_WHEN_CLOSED):
            return _closed(request, tenant)
        return self.get_response(request)


# Staff may still look after a closed shop, and operators after its server.
_OPEN_WHEN_CLOSED = ("/admin/", "/static/", "/media/", "/healthz", "/readyz", "/theme.css")


def _closed(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    if request.path_info.startswith(("/api/", "/stripe-demo/")):
        return error_response(TenantInactive(tenant.slug), request)
    with translation.override(tenant.language):
        context = {"tenant": tenant, "theme": f"{request.mount}/theme.css"}
        return render(request, "tenants/closed.html", context, status=404)


def _unknown_host(request: HttpRequest) -> HttpResponse:
    if is_call(request.path_info):
        return error_response(TenantNotFound(), request)
    language = translation.get_language_from_request(request)
    with translation.override(language):
        context = {"language": language}
        return render(request, "tenants/unknown_host.html", context, status=404)


class _StaffOnly:
    """Runs a middleware for the admin alone: no other page knows a session or a CSRF token."""

    get_response: Any

    def __call__(self, request: Any) -> Any:
        if not request.path_info.startswith("/admin/"):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


def cookie_place(request: HttpRequest, name: str) -> tuple[str, str]:
    """Name and path of a cookie: host-only, and of its own under a mount."""
    if not request.mount:
        return name, "/"
    secure = "__Secure-" if name.startswith("__Host-") else ""
    slug = request.mount.rpartition("/")[2]
    return f"{secure}{name.removeprefix('__Host-')}-{slug}", f"{request.mount}/"


class StaffSessionMiddleware(_StaffOnly, SessionMiddleware):
    """Django's sessions for the admin, with a cookie of its own name and path under a mount."""

    def process_request(self, request: HttpRequest) -> None:
        name, _ = cookie_place(request, settings.SESSION_COOKIE_NAME)
        request.session = self.SessionStore(request.COOKIES.get(name))

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        name, path = cookie_place(request, settings.SESSION_COOKIE_NAME)
        session = request.session
        empty = session.is_empty()
        if name in request.COOKIES and empty:
            response.delete_cookie(name, path=path, samesite=_SAME_SITE)
            patch_vary_headers(response, ("Cookie",))
            return response
        if session.accessed:
            patch_vary_headers(response, ("Cookie",))
        if not session.modified or empty or response.status_code >= 500:
            return response
        try:
            session.save()
        except UpdateError as error:
            raise SessionInterrupted(
                "The session was deleted before the request completed."
            ) from error
        age = None if session.get_expire_at_browser_close() else session.get_expiry_age()
        response.set_cookie(
            name,
            str(session.session_key),
            max_age=age,
            expires=None if age is None else http_date(time.time() + age),
            path=path,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite=_SAME_SITE,
        )
        return response


class StaffCsrfMiddleware(_StaffOnly, CsrfViewMiddleware):
    """Django's CSRF protection for the admin; its cookie follows the session's."""

    def _get_secret(self, request: HttpRequest) -> str | None:
        name, _ = cookie_place(request, settings.CSRF_COOKIE_NAME)
        secret = request.COOKIES.get(name, "")
        return secret if len(secret) == CSRF_SECRET_LENGTH and secret.isalnum() else None

    def process_view(
        self,
        request: HttpRequest,
        callback: Callable[..., HttpResponse],
        callback_args: tuple[object, ...],
        callback_kwargs: dict[str, object],
    ) -> HttpResponse | None:
        if not request.path_info.startswith("/admin/"):
            return None
        return super().process_view(request, callback, callback_args, callback_kwargs)

    def _set_csrf_cookie(self, request: HttpRequest, response: HttpResponse) -> None:
        name, path = cookie_place(request, settings.CSRF_COOKIE_NAME)
        response.set_cookie(
            name,
            request.META["CSRF_COOKIE"],
            max_age=settings.CSRF_COOKIE_AGE,
            path=path,
            secure=settings.CSRF_COOKIE_SECURE,
            httponly=True,
            samesite=_SAME_SITE,
        )
        patch_vary_headers(response, ("Cookie",))


class StaffAuthenticationMiddleware(_StaffOnly, AuthenticationMiddleware):
    """`request.user` in the admin."""


class StaffMessageMiddleware(_StaffOnly, MessageMiddleware):
    """Messages in the admin."""
