"""From the platform's pages to the back office of a shop: by its address, or by a mail."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pycommerce.api.posts import check_post
from pycommerce.core.csp import csp_with_forms_to
from pycommerce.core.errors import Refusal
from pycommerce.core.http import HttpRequest
from tenants.models import Tenant
from tenants.origins import below_base_host, platform_origin
from tenants.platform_pages import language_of, platform_page
from tenants.services.own_shops import ask_for_shops, shop_at
from tenants.views import address_of


class DoorForm(forms.Form):
    """Asks which shop it is."""

    use_required_attribute = False
    shop = forms.CharField(
        label=gettext_lazy("Address of the shop"),
        max_length=300,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def clean_shop(self) -> Tenant:
        written = self.cleaned_data["shop"]
        if "@" in written:
            raise ValidationError(
                _("This is an e-mail address. Write it below, and we e-mail you your shops.")
            )
        shop = shop_at(written)
        if shop is None:
            raise ValidationError(
                _("There is no shop at this address. Check the spelling, or ask for it below.")
            )
        return shop


class OwnShopsForm(forms.Form):
    """Asks for the address that the shops' doors are mailed to."""

    use_required_attribute = False
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )


def _page(request: HttpRequest, status: int = 200, **context: Any) -> HttpResponse:
    below = below_base_host(request)
    shown = {
        "door_form": DoorForm(),
        "mail_form": OwnShopsForm(),
        "example": f"my-shop{below}",
        "sign_up_is_open": settings.SIGN_UP,
    }
    response = render(request, "tenants/sign_in/form.html", shown | context, status=status)
    # The answer leads to a shop's host.
    response["Content-Security-Policy"] = csp_with_forms_to(f"{request.scheme}://*{below}")
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@platform_page
def sign_in(request: HttpRequest) -> HttpResponse:
    """Asks which shop, and leads to its sign-in; or for an e-mail address."""
    if request.method != "POST":
        return _page(request)
    form = DoorForm(request.POST)
    try:
        check_post(request)
    except Refusal as refusal:
        return _page(request, refusal.status, problem=refusal.details)
    if not form.is_valid():
        return _page(request, 400, door_form=form)
    return redirect(f"{address_of(request, form.cleaned_data['shop'])}admin/")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@platform_page
def own_shops(request: HttpRequest) -> HttpResponse:
    """Mails somebody the doors of their shops, and answers the same whoever has the address."""
    if request.method != "POST":
        return redirect("platform:sign-in")
    form = OwnShopsForm(request.POST)
    try:
        check_post(request)
        if not form.is_valid():
            return _page(request, 400, mail_form=form)
        ask_for_shops(
            email=form.cleaned_data["email"],
            client_address=request.client_address,
            origin=platform_origin(request),
            language=language_of(request),
        )
    except Refusal as refusal:
        return _page(request, refusal.status, problem=refusal.details)
    return redirect("platform:sign-in-sent")


@never_cache
@require_safe
@platform_page
def sent(request: HttpRequest) -> HttpResponse:
    """What happens now."""
    context = {"is_kept": settings.MAIL_IS_KEPT and not settings.PRODUCTION}
    return render(request, "tenants/sign_in/sent.html", context)
