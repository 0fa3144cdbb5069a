"""Pages of staff without a password: ask for a link, and choose a new one behind it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.views import (
    INTERNAL_RESET_SESSION_TOKEN,
    PasswordChangeView,
    PasswordResetConfirmView,
)
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from pycommerce.api import rates
from pycommerce.core.errors import InvalidCredentials, RateLimited
from pycommerce.core.http import HttpRequest
from pycommerce.unfold_shim import (
    AdminOwnPasswordChangeForm,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminPasswordWidget,
)
from tenants.backends import may_enter
from tenants.models import User
from tenants.origins import origin_of, platform_origin
from tenants.services.account_mail import Deed, Scene, tell_owner
from tenants.services.passwords import ask_for_link, invitation_tokens
from tenants.services.signing_in import check_password

# In the session: whose password was chosen, for the page of signing in that follows.
JUST_CHOSEN = "password_just_chosen"


def scene_of(request: HttpRequest) -> Scene:
    """Where somebody does something to their account."""
    origin = origin_of(request) if request.tenant else platform_origin(request)
    return Scene(request.tenant, origin, request.client_address)


def check_own_password(request: HttpRequest, password: str) -> str:
    """The password of whoever is signed in, under the same count of failed tries as signing in.

    Raises ValidationError for any other.
    """
    try:
        check_password(email=request.user.email, password=password, address=request.client_address)
    except InvalidCredentials as refusal:
        raise ValidationError("This is not your password.") from refusal
    except RateLimited as refusal:
        raise ValidationError(refusal.details) from refusal
    return password


class ChangePasswordForm(AdminOwnPasswordChangeForm):
    """Asks for the password of before, and twice for the new one."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        return check_own_password(self.request, self.cleaned_data["old_password"])


class ChangePasswordView(PasswordChangeView):
    """Where somebody who is signed in changes their password, and learns of it by mail."""

    form_class = ChangePasswordForm
    request: HttpRequest

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        tell_owner(self.request.user, Deed.PASSWORD, scene_of(self.request))
        return response


class AddressForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        widget=UnfoldAdminEmailInputWidget(attrs={"autocomplete": "username", "autofocus": ""}),
    )


class NewPasswordForm(SetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("new_password1", "new_password2"):
            self.fields[name].widget = UnfoldAdminPasswordWidget(
                attrs={"autocomplete": "new-password"}
            )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_password(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Asks for an address, and answers the same whoever has it."""
    form = AddressForm(request.POST or None)
    status, sent = 200, False
    if request.method == "POST" and form.is_valid():
        try:
            rates.count_address(request).check()
            _ask(request, form.cleaned_data["email"])
            sent = True
        except RateLimited as refusal:
            form.add_error(None, refusal.details)
            status = 429
    title = _("Check your inbox") if sent else _("Forgotten your password?")
    context = {**site.each_context(request), "title": title, "form": form, "sent": sent}
    return render(request, "tenants/password_reset.html", context, status=status)


def _ask(request: HttpRequest, email: str) -> None:
    tenant = request.tenant
    language = tenant.language if tenant else translation.get_language_from_request(request)
    ask_for_link(
        email=email,
        tenant=tenant,
        client_address=request.client_address,
        origin=origin_of(request) if tenant else platform_origin(request),
        language=language,
    )


class ChoosePasswordView(PasswordResetConfirmView):
    """Behind a mailed link, on the host it was asked for: a new password ends all sessions."""

    template_name = "tenants/choose_password.html"
    form_class = NewPasswordForm
    title = gettext_lazy("Choose a password")
    post_reset_login = False
    request: HttpRequest

    def get_user(self, uidb64: str) -> User | None:
        user = super().get_user(uidb64)
        return user if user and may_enter(user, self.request.tenant) else None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {**self.kwargs["site"].each_context(self.request), **context}

    @transaction.atomic
    def form_valid(self, form: SetPasswordForm) -> HttpResponse:
        if not self._is_first(form.user):
            self.validlink = False
            return self.render_to_response(self.get_context_data())
        # The first one that an invited member chooses changes none.
        is_change = form.user.has_usable_password()
        response = super().form_valid(form)
        if is_change:
            tell_owner(form.user, Deed.PASSWORD, scene_of(self.request))
        messages.success(self.request, _("Your password is saved. Sign in with it."))
        self.request.session[JUST_CHOSEN] = form.user.email
        return response

    def _is_first(self, user: User) -> bool:
        """Whether the link is worth something yet; others with the same one wait meanwhile."""
        token = self.request.session.get(INTERNAL_RESET_SESSION_TOKEN)
        locked = User.objects.select_for_update().filter(pk=user.pk).first()
        return self.token_generator.check_token(locked, token)

    def get_success_url(self) -> str:
        return reverse("admin:login")


class InvitationView(ChoosePasswordView):
    """Where an invited member chooses a password."""

    token_generator = invitation_tokens
