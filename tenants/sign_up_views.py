"""Opening a shop by oneself: the form, the mailed link, and the way into the new shop."""

import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from pycommerce.api import rates
from pycommerce.api.errors import error_response
from pycommerce.api.posts import check_post
from pycommerce.core.countries import COUNTRY_CODES, habits_of
from pycommerce.core.csp import csp_with_forms_to
from pycommerce.core.errors import RateLimited, Refusal
from pycommerce.core.http import HttpRequest
from pycommerce.core.text import problem_in
from tenants.errors import SlugTaken
from tenants.models import SignUp, Tenant
from tenants.origins import below_base_host, platform_origin, shop_origin
from tenants.platform_pages import addresses_of, language_of, platform_page
from tenants.resolution import is_platform_host, normalise_host
from tenants.services.naming import propose_slug
from tenants.services.signing_in import know_address
from tenants.services.signing_up import (
    LINK_LIFE,
    ask_to_open,
    browser_token_of,
    check_chosen_password,
    entry_token_of,
    find_sign_up,
    has_account,
    open_shop,
    sign_up_of_browser,
    use_entry,
)
from tenants.sign_up_forms import (
    ConfirmForm,
    SignUpForm,
    free_slug_or_refuse,
    guess,
)

# How often an address is looked at while somebody types, a minute and client.
LOOKS_PER_MINUTE = 60


def _page(request: HttpRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
    response = render(request, f"tenants/sign_up/{template}.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response


def _closed(request: HttpRequest) -> HttpResponse:
    return _page(request, "closed", status=403)


# --- The form --------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@platform_page
def sign_up(request: HttpRequest) -> HttpResponse:
    """Asks for the shop and its owner, and answers the same whoever has the address."""
    if not settings.SIGN_UP:
        return _closed(request)
    if request.method == "POST":
        return _take(request)
    response = _form_page(request, SignUpForm(initial=guess(request)))
    del response["X-Robots-Tag"]
    return response


def _form_page(request: HttpRequest, form: SignUpForm, status: int = 200) -> HttpResponse:
    habits = {code: habits_of(code).currency for code in COUNTRY_CODES}
    return _page(
        request,
        "form",
        status,
        form=form,
        # What a script sets the currency to when another country is chosen.
        currencies=json.dumps(habits, separators=(",", ":")),
        below=below_base_host(request),
        **addresses_of(request),
    )


def _take(request: HttpRequest) -> HttpResponse:
    try:
        check_post(request)
    except Refusal as refusal:
        return _page(request, "refused", refusal.status, problem=refusal.details)
    form = SignUpForm(request.POST)
    sent = redirect("platform:sign-up-sent")
    if form.is_of_a_machine:
        return sent
    if not form.is_valid():
        return _form_page(request, form, 400)
    try:
        asked = ask_to_open(
            form.wanted(),
            client_address=request.client_address,
            origin=platform_origin(request),
            language=language_of(request),
        )
    except RateLimited as refusal:
        form.add_error(None, refusal.details)
        return _form_page(request, form, refusal.status)
    if asked is None:
        return sent
    _keep(sent, asked)
    return sent


def _keep(response: HttpResponse, asked: SignUp) -> None:
    """Let this browser know what was asked for in it."""
    response.set_cookie(
        settings.SIGN_UP_COOKIE_NAME,
        browser_token_of(asked),
        max_age=int(LINK_LIFE.total_seconds()),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


@never_cache
@require_safe
@platform_page
def sent(request: HttpRequest) -> HttpResponse:
    """Where the mail went, for the browser that asked for it."""
    return _page(
        request,
        "sent",
        sign_up=_of_this_browser(request),
        is_kept=settings.MAIL_IS_KEPT and not settings.PRODUCTION,
    )


def _of_this_browser(request: HttpRequest) -> SignUp | None:
    return sign_up_of_browser(request.COOKIES.get(settings.SIGN_UP_COOKIE_NAME, ""))


@never_cache
@require_safe
@platform_page
def address(request: HttpRequest) -> HttpResponse:
    """What the form's script asks while somebody types: `?slug=` whether it can be had, `?name=`
    which one is proposed. JSON: slug, problem (empty where it can be had)."""
    if not settings.SIGN_UP:
        return _closed(request)
    key = f"sign-up:look:{request.client_address}"
    try:
        hits = rates.count(key)[key]
        rates.Rate(LOOKS_PER_MINUTE, hits, rates.seconds_left()).check()
    except RateLimited as refusal:
        return error_response(refusal, request)
    name, slug = request.GET.get("name", ""), request.GET.get("slug", "").strip().lower()
    if problem_in(name + slug):
        return JsonResponse({"slug": "", "problem": _("This cannot be part of an address.")})
    slug = slug or propose_slug(name)
    return JsonResponse({"slug": slug, "problem": _problem_of(slug) if slug else ""})


def _problem_of(slug: str) -> str:
    """Why no shop can have it; empty where one can."""
    try:
        free_slug_or_refuse(slug)
    except Refusal as refusal:
        return " ".join(refusal.fields["slug"])
    return ""


# --- The link --------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@platform_page
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Behind the mailed link: a button that opens the shop, once; afterwards the way into it, or
    to its door for whoever is to sign in.

    A mailbox that looks at links opens nothing. In another browser than the one where the shop
    was asked for, the password is asked again: who did not choose it gets no account with it.
    """
    found = find_sign_up(token)
    if found is None:
        return _page(request, "gone", 410, is_open=settings.SIGN_UP)
    if not found.opened_at and not settings.SIGN_UP:
        return _closed(request)
    is_here = _of_this_browser(request) == found
    asks_password = not (found.opened_at or is_here or has_account(found))
    if request.method != "POST":
        return _confirm_page(request, found, _confirm_form(found, asks_password))
    try:
        check_post(request)
    except Refusal as refusal:
        return _page(request, "refused", refusal.status, problem=refusal.details)
    if found.opened_at:
        return redirect(request.path)
    form = _confirm_form(found, asks_password, request.POST)
    if not form.is_valid():
        return _confirm_page(request, found, form, 400)
    try:
        if asks_password:
            check_chosen_password(found, form.cleaned_data["password"])
        open_shop(found.pk, slug=form.cleaned_data.get("slug", ""))
    except SlugTaken as refusal:
        # Between the page and this moment: it asks for another now.
        form = _confirm_form(found, asks_password)
        return _confirm_page(request, found, form, refusal.status)
    except Refusal as refusal:
        form.add_error("password" if "password" in refusal.fields else None, refusal.details)
        return _confirm_page(request, found, form, refusal.status)
    opened = redirect(request.path)
    if asks_password:
        # From now on this browser is one that knows the password.
        _keep(opened, found)
    return opened


def _confirm_form(found: SignUp, asks_password: bool, data: Any = None) -> ConfirmForm:
    """With a field for another slug where the wanted one cannot be had any more."""
    asks_slug = not found.opened_at and _problem_of(found.slug) != ""
    initial = {"slug": propose_slug(found.slug) if asks_slug else ""}
    return ConfirmForm(data, initial=initial, asks_slug=asks_slug, asks_password=asks_password)


def _confirm_page(
    request: HttpRequest, found: SignUp, form: ConfirmForm, status: int = 200
) -> HttpResponse:
    tenant = Tenant.objects.filter(pk=found.tenant_id).first() if found.tenant_id else None
    if found.tenant_id and tenant is None:
        return _page(request, "gone", 410, is_open=settings.SIGN_UP)
    below = below_base_host(request)
    response = _page(
        request,
        "confirm",
        status,
        sign_up=found,
        form=form,
        below=below,
        shop=_origin(request, tenant) if tenant else "",
        entry=entry_token_of(found) if _of_this_browser(request) == found else "",
        has_account=has_account(found),
    )
    # The form's answer leads to the new shop's host.
    response["Content-Security-Policy"] = csp_with_forms_to(f"{request.scheme}://*{below}")
    return response


def _origin(request: HttpRequest, tenant: Tenant) -> str:
    return shop_origin(tenant, host=tenant.default_host, port=request.get_port())


# --- In the new shop -------------------------------------------------------------------------


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def first_entry(request: HttpRequest) -> HttpResponse:
    """Signs the new owner in, once; whoever comes again is in already, or signs in.

    By a form of the platform's page: what looks at links or fetches them beforehand uses nothing
    up, and no other site signs anybody in.
    """
    is_ours = request.method == "POST" and _comes_from_the_platform(request)
    user = use_entry(request.POST.get("entry", ""), request.tenant) if is_ours else None
    if user is None:
        return redirect("admin:index")
    login(request, user, backend="tenants.backends.RoleBackend")
    know_address(user, request.client_address)
    messages.success(request, f"{request.tenant.name} is open. Welcome!")
    return redirect("admin:index")


def _comes_from_the_platform(request: HttpRequest) -> bool:
    """By what browsers say of every form that is sent to another host."""
    host = request.headers.get("Origin", "").partition("://")[2]
    return is_platform_host(normalise_host(host))
