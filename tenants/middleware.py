"""Puts each request into its tenant, and gives the admin its sessions."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import DatabaseError
from django.http import HttpResponse, HttpResponsePermanentRedirect
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import redirect, render
from django.urls import get_script_prefix, set_script_prefix
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from pycommerce.api.errors import error_response, is_call
from pycommerce.core.http import INTERNAL, HttpRequest
from pycommerce.db import connection
from tenants.changes import changes
from tenants.errors import TenantInactive, TenantNotFound
from tenants.models import Tenant, User
from tenants.platform_pages import keep_apart, language_of
from tenants.public import in_public
from tenants.resolution import (
    clear_cache,
    is_platform_host,
    normalise_host,
    tenant_by_host,
    tenant_by_slug,
)
from tenants.versions import bring_up_to_date

PLACE_KEY = "place"  # in a session's data
# In a session's data: the second factor whose code was given in it.
FACTOR_KEY = "second_factor"

GetResponse = Callable[[HttpRequest], HttpResponse]
MOUNT = "/stores/"


class TenantMiddleware:
    """Selects the tenant by host, or on a platform host by the path `/stores/<slug>/`.

    Sets `request.host` (as it is compared), `request.tenant` (None on the platform's own pages)
    and `request.mount` ("" or "/stores/<slug>"); in a shop also `request.version`, which pages for
    shoppers find at most a second old. A mount works like a WSGI mount: the script prefix carries
    it, so that every `reverse()` stays right. A tenant's own host never honours another tenant's
    slug.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Only selected in memory; whatever fails below, the last request's tenant is gone.
        connection.set_schema_to_public()
        request.tenant, request.mount = None, ""
        host = normalise_host(request.META.get("HTTP_HOST") or request.META["SERVER_NAME"])
        request.host = host
        if request.path_info.startswith(INTERNAL) and request.is_internal:
            request.urlconf = settings.INTERNAL_URLCONF
            return self.get_response(request)
        response = self._answer(request)
        if response is None or (response.status_code >= 500 and _was_deleted(request.tenant)):
            return self._unknown_shop(request)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse | None:
        """None where the shop turned out to be there no longer."""
        if not is_platform_host(request.host):
            tenant = tenant_by_host(request.host)
            return self._serve(request, tenant) if tenant else _unknown_host(request)
        if request.path_info.startswith(MOUNT):
            return self._serve_mount(request)
        request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
        return self.get_response(request)

    def _unknown_shop(self, request: HttpRequest) -> HttpResponse:
        """What there is at a shop that another process deleted: the same as if it had never been.

        The request is again as it came.
        """
        tenant, mount = request.tenant, request.mount
        request.tenant, request.mount = None, ""
        connection.set_schema_to_public()
        if mount:
            meta = request.META
            meta["SCRIPT_NAME"] = meta["SCRIPT_NAME"].removesuffix(mount)
            request.path_info = meta["PATH_INFO"] = mount + request.path_info
            return self._unknown_mount(request)
        if is_platform_host(request.host):
            return error_response(TenantNotFound(tenant.slug), request)  # named in the call
        return _unknown_host(request)

    def _unknown_mount(self, request: HttpRequest) -> HttpResponse:
        if is_call(request.path_info):
            return error_response(TenantNotFound(), request)
        # None of its routes leads there: the platform's own page says so, and leads back.
        request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
        return self.get_response(request)

    def _serve_mount(self, request: HttpRequest) -> HttpResponse | None:
        slug, slash, rest = request.path_info[len(MOUNT) :].partition("/")
        tenant = tenant_by_slug(slug)
        if tenant is None:
            return self._unknown_mount(request)
        outer = get_script_prefix()
        root = outer.rstrip("/") + MOUNT + slug
        if not slash:
            query = request.META.get("QUERY_STRING", "")
            return HttpResponsePermanentRedirect(f"{root}/" + (f"?{query}" if query else ""))
        request.mount = MOUNT + slug
        request.META["SCRIPT_NAME"] = root
        request.path_info = request.META["PATH_INFO"] = "/" + rest
        set_script_prefix(root + "/")
        _take_staff_cookies(request)
        try:
            response = self._serve(request, tenant)
        finally:
            set_script_prefix(outer)
        if response is not None:
            _give_staff_cookies(request, response)
        return response

    def _serve(self, request: HttpRequest, tenant: Tenant) -> HttpResponse | None:
        request.tenant, request.version = tenant, changes.version_of(tenant.schema_name)
        connection.set_tenant(tenant)
        if _is_for_shoppers(request.path_info) and not bring_up_to_date(request):
            return None
        if not request.tenant.active and not request.path_info.startswith(_OPEN_WHEN_CLOSED):
            return _closed(request, request.tenant)
        return self.get_response(request)


_NOT_FOR_SHOPPERS = ("/admin/", "/static/", "/media/", "/healthz", "/readyz")


def _was_deleted(tenant: Tenant | None) -> bool:
    """Whether the shop in which something failed is no longer there; then it is forgotten."""
    raw = connection.connection
    if tenant is None or raw is None or raw.closed:
        return False  # the platform's own; or the database went away, and nobody asks it twice
    try:
        is_there = in_public(lambda: Tenant.objects.filter(pk=tenant.pk).exists())
    except DatabaseError:
        return False
    if not is_there:
        clear_cache()
    return not is_there


# Staff may still look after a closed shop, and operators after its server.
_OPEN_WHEN_CLOSED = (*_NOT_FOR_SHOPPERS, "/theme.css")


def _is_for_shoppers(path: str) -> bool:
    """Whether what is shown there is at most a second old: that the shop is open, too."""
    return not is_call(path) and not path.startswith(_NOT_FOR_SHOPPERS)


def _closed(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    if request.path_info.startswith(("/api/", "/stripe-demo/")):
        return error_response(TenantInactive(tenant.slug), request)
    with translation.override(tenant.language):
        context = {"tenant": tenant, "theme": f"{request.mount}/theme.css"}
        return render(request, "tenants/closed.html", context, status=404)


def _unknown_host(request: HttpRequest) -> HttpResponse:
    if is_call(request.path_info):
        return error_response(TenantNotFound(), request)
    language = language_of(request)
    with translation.override(language):
        context = {"language": language}
        response = render(request, "tenants/unknown_host.html", context, status=404)
    keep_apart(response, language)
    return response


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


# What Django's own code, its decorators too, reads and sets by the name in the settings.
_STAFF_COOKIES = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME")


def _take_staff_cookies(request: HttpRequest) -> None:
    """Under a mount: let the mount's own cookies stand under the names that Django knows."""
    for name in (getattr(settings, each) for each in _STAFF_COOKIES):
        mine = request.COOKIES.pop(cookie_place(request, name)[0], None)
        request.COOKIES.pop(name, None)  # the platform's
        if mine is not None:
            request.COOKIES[name] = mine


def _give_staff_cookies(request: HttpRequest, response: HttpResponse) -> None:
    """Under a mount: set what Django set as cookies of the mount's own name and path."""
    for name in (getattr(settings, each) for each in _STAFF_COOKIES):
        if set_by_django := response.cookies.pop(name, None):
            mine, path = cookie_place(request, name)
            response.cookies[mine] = set_by_django.value
            response.cookies[mine].update({**set_by_django, "path": path})


def place_of(tenant: Tenant | None, host: str) -> str:
    """Where a cookie that opens something was given, and the only place where it is honoured.

    The shop, or the platform for None, and the exact host: a custom domain may lead to another
    shop or server tomorrow, and who has it then is sent the cookies that browsers keep for it.
    """
    return f"{tenant.pk if tenant else 'platform'} {host}"


def place_of_request(request: HttpRequest) -> str:
    """The place, see `place_of`, that a request came to."""
    return place_of(request.tenant, request.host)


class StaffSessionMiddleware(_StaffOnly, SessionMiddleware):
    """Django's sessions for the admin, each bound to its place, see `place_of`.

    Elsewhere its bearer is nobody, and neither the session nor the cookie is touched: what
    strangers send ends nothing.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        session = request.session
        if not session.is_empty() and session.get(PLACE_KEY) != place_of_request(request):
            del request.COOKIES[settings.SESSION_COOKIE_NAME]
            request.session = self.SessionStore()

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        session = request.session
        if session.modified and not session.is_empty():
            session[PLACE_KEY] = place_of_request(request)
        try:
            return super().process_response(request, response)
        except SessionInterrupted:
            # It got another key meanwhile, or ended: a form was sent twice, or in two windows.
            return redirect(request.get_full_path())


class StaffCsrfMiddleware(_StaffOnly, CsrfViewMiddleware):
    """Django's CSRF protection for the admin."""

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


def _user_of(request: HttpRequest) -> User | AnonymousUser:
    """Whoever is signed in; whose second factor the session does not know is nobody."""
    user: User | AnonymousUser = get_user(request)
    factor = getattr(user, "second_factor", None)
    if factor is not None and request.session.get(FACTOR_KEY) != str(factor.pk):
        return AnonymousUser()
    return user


class StaffAuthenticationMiddleware(_StaffOnly, AuthenticationMiddleware):
    """`request.user` in the admin: signed in by a password, and a code where they have a factor."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: _user_of(request))


class StaffMessageMiddleware(_StaffOnly, MessageMiddleware):
    """Messages in the admin."""
