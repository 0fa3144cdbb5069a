"""Pages of the second factor: the code after the password, and setting it up or turning it off."""

import time
from typing import Any
from urllib.parse import quote, urlencode

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME, login
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from pycommerce.core.errors import Refusal
from pycommerce.core.http import HttpRequest
from pycommerce.unfold_shim import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget
from tenants.backends import may_enter
from tenants.middleware import FACTOR_KEY
from tenants.models import User
from tenants.password_views import check_own_password, scene_of
from tenants.services.second_factor import (
    address_of,
    has_second_factor,
    needs_second_factor,
    new_recovery_codes,
    new_seed,
    secret_of,
    turn_off,
    turn_on,
    who_requires_it,
)
from tenants.services.signing_in import check_second_step

# Between password and code nobody is signed in yet, and that for so long.
HALF_SECONDS = 300
_HALF_KEY, _SEED_KEY = "half_signed_in", "second_factor_seed"
_BACKEND = "tenants.backends.RoleBackend"


class CodeField(forms.CharField):
    """A code of the app, or a recovery code."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", "Code")
        super().__init__(
            max_length=40,
            widget=UnfoldAdminTextInputWidget(
                attrs={
                    "autocomplete": "one-time-code",
                    "autocapitalize": "none",
                    "spellcheck": "false",
                }
            ),
            **options,
        )


# --- Signing in -----------------------------------------------------------------------------------


def begin_second_step(request: HttpRequest, user: User) -> None:
    """Remember that this browser gave the user's password, and sign nobody in.

    As every session, this one is worth something in this shop and on this host alone.
    """
    request.session.flush()
    request.session[_HALF_KEY] = {
        "user": str(user.pk),
        "password": user.get_session_auth_hash(),
        "at": int(timezone.now().timestamp()),
    }
    request.session.set_expiry(HALF_SECONDS)


def _half_signed_in(request: HttpRequest) -> User | None:
    """Who gave the password in this browser, here, and lately; and may still come in."""
    half = request.session.get(_HALF_KEY)
    if not half or half["at"] + HALF_SECONDS < timezone.now().timestamp():
        return None
    user = User.objects.select_related("second_factor").filter(pk=half["user"]).first()
    if user is None or not may_enter(user, request.tenant) or not has_second_factor(user):
        return None
    good = constant_time_compare(half["password"], user.get_session_auth_hash())
    return user if good else None


class CodeForm(forms.Form):
    """Asks for the code that finishes signing in."""

    error_css_class = "is-wrong"
    code = CodeField(help_text="The six digits that your app shows, or one of your recovery codes.")

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.user_cache = _half_signed_in(request)
        self.fields["code"].widget.attrs["autofocus"] = ""

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if self.user_cache is not None:
            try:
                check_second_step(self.user_cache, code, self.request.client_address)
            except Refusal as refusal:
                raise ValidationError(refusal.details) from refusal
        return code

    def get_user(self) -> User | None:
        return self.user_cache


class PasswordStepView(LoginView):
    """The page that asks for address and password; who has a second factor goes on to the next."""

    request: HttpRequest

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        if not has_second_factor(user):
            return super().form_valid(form)
        begin_second_step(self.request, user)
        return HttpResponseRedirect(
            f"{reverse('admin:login_code')}?{urlencode({'next': self.get_success_url()})}"
        )


class CodeStepView(LoginView):
    """The page behind it: a code, and its user is signed in."""

    template_name = "tenants/sign_in_code.html"
    authentication_form = CodeForm  # type: ignore[assignment]
    request: HttpRequest

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if _half_signed_in(request) is None:
            messages.error(request, "Please begin again: signing in took too long.")
            return redirect("admin:login")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        user, session = form.get_user(), self.request.session
        login(self.request, user, backend=_BACKEND)
        del session[_HALF_KEY]
        session[FACTOR_KEY] = str(user.second_factor.pk)
        session.set_expiry(None)
        return HttpResponseRedirect(self.get_success_url())


def code_step(request: HttpRequest, site: AdminSite) -> HttpResponseBase:
    """The second page of signing in."""
    context = {
        **site.each_context(request),
        "title": "Second factor",
        REDIRECT_FIELD_NAME: request.GET.get(REDIRECT_FIELD_NAME, ""),
    }
    return CodeStepView.as_view(extra_context=context, next_page="admin:index")(request)


# --- Setting up -----------------------------------------------------------------------------------


class _OwnPasswordForm(forms.Form):
    """Asks for the password before anything is done: a session that was stolen does nothing here.

    A code is looked at, and used up, only where the password was right.
    """

    use_required_attribute = False
    password = forms.CharField(
        label="Your password",
        max_length=4096,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        return check_own_password(self.request, self.cleaned_data["password"])


class SetUpForm(_OwnPasswordForm):
    """Asks for a code of the app that was just set up."""

    code = CodeField(label="Code of the app", help_text="Six digits; a new one every 30 seconds.")


class _CodeToo(_OwnPasswordForm):
    code = CodeField(help_text="Of the app, or a recovery code.")

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if "password" in self.cleaned_data:
            try:
                check_second_step(self.request.user, code, self.request.client_address)
            except Refusal as refusal:
                raise ValidationError(refusal.details) from refusal
        return code


class NewCodesForm(_CodeToo):
    """Asks for password and code before there are new recovery codes."""

    prefix = "codes"


class TurnOffForm(_CodeToo):
    """Asks for password and code before the second factor is turned off."""

    prefix = "off"


def second_factor_page(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """The signed-in user's own second factor: as it is, or how to set it up."""
    if has_second_factor(request.user):
        return _page(request, site, **_forms(request))
    # One seed for each session, so that a page sent again asks for no other app.
    seed = request.session.get(_SEED_KEY) or new_seed()
    request.session[_SEED_KEY] = seed
    form = SetUpForm(request, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            factor, codes = turn_on(
                request.user, seed, form.cleaned_data["code"], scene_of(request)
            )
        except Refusal as refusal:
            form.add_error("code", refusal.fields["code"][0])
        else:
            request.session.cycle_key()
            request.session[FACTOR_KEY] = str(factor.pk)
            del request.session[_SEED_KEY]
            return _codes_page(request, site, codes)
    return _page(request, site, form=form, **_set_up(request, seed))


def recovery_codes_page(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """New recovery codes for password and code, shown once."""
    if request.method != "POST" or not has_second_factor(request.user):
        return redirect("admin:second_factor")
    form = NewCodesForm(request, request.POST)
    if not form.is_valid():
        return _page(request, site, **_forms(request) | {"codes_form": form})
    return _codes_page(request, site, new_recovery_codes(request.user, scene_of(request)))


def turn_off_page(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """No second factor any more, for password and code, where nobody requires one."""
    if request.method != "POST" or not has_second_factor(request.user):
        return redirect("admin:second_factor")
    if names := who_requires_it(request.user):
        messages.error(request, f"It stays on: {_and(names)} asks for one.")
        return redirect("admin:second_factor")
    form = TurnOffForm(request, request.POST)
    if not form.is_valid():
        return _page(request, site, **_forms(request) | {"off_form": form})
    turn_off(request.user, scene_of(request))
    del request.session[FACTOR_KEY]
    messages.success(request, "The second factor is off: your password alone lets you in.")
    return redirect("admin:second_factor")


def _forms(request: HttpRequest) -> dict[str, Any]:
    factor = request.user.second_factor
    unused = factor.recovery_codes.filter(used_at=None).count()
    return {
        "factor": factor,
        "unused": unused,
        "required_by": _and(who_requires_it(request.user)),
        "codes_form": NewCodesForm(request),
        "off_form": TurnOffForm(request),
    }


def _and(names: list[str]) -> str:
    return " and ".join(names)


def _set_up(request: HttpRequest, seed: str) -> dict[str, Any]:
    address, secret = address_of(request.user, seed), secret_of(request.user, seed)
    return {
        "picture": segno.make(address, error="m").svg_data_uri(
            scale=4, border=4, light="#fff", dark="#000"
        ),
        "address": address,
        "key": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        "is_forced": needs_second_factor(request.user, request.tenant),
        "asking": request.tenant.name if request.tenant else "The platform",
    }


def _page(request: HttpRequest, site: AdminSite, **more: Any) -> TemplateResponse:
    context = site.each_context(request) | {"title": "Second factor"} | more
    return TemplateResponse(request, "admin/second_factor/page.html", context)


def _codes_page(request: HttpRequest, site: AdminSite, codes: list[str]) -> TemplateResponse:
    # Answered at once and kept nowhere; sent again, the form finds its code used.
    about = f"Recovery codes of {request.user.email}, {settings.BASE_HOST}"
    day = time.strftime("%Y-%m-%d", time.gmtime(timezone.now().timestamp()))
    text = "\n".join([f"{about}, {day}. Each works once.", "", *codes, ""])
    context = site.each_context(request) | {
        "title": "Recovery codes",
        "codes": codes,
        "file": f"data:text/plain;charset=utf-8,{quote(text)}",
    }
    return TemplateResponse(request, "admin/second_factor/codes.html", context)
