"""A look that is tried on: a shop's pages as they would be with what was typed, saving nothing."""

from copy import copy
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.urls import reverse

from pycommerce.core.csp import CSP
from pycommerce.core.http import HttpRequest
from pycommerce.unfold_shim import UnfoldAdminColorInputWidget
from tenants.models import ShopLook, Tenant
from tenants.pictures import PictureField
from tenants.watched_form import WatchedForm

LOGO_SIDE = 512
COLORS = {"primary_color": "Main colour", "accent_color": "Second colour"}


class ShopLookForm(WatchedForm):
    logo = PictureField(
        side=LOGO_SIDE,
        required=False,
        help_text="In place of the name, 40 pixels high. It stands on a light and on a dark page.",
    )

    class Meta:
        model = ShopLook
        fields = (
            "name",
            "tagline",
            "logo",
            "logo_alt",
            "primary_color",
            "accent_color",
            "radius",
            "density",
            "type_scale",
            "is_listed",
        )
        widgets = dict.fromkeys(COLORS, UnfoldAdminColorInputWidget)
        labels = COLORS
        help_texts = {
            "tagline": "One line that says what there is. On the home page and at the end of each.",
            "primary_color": "Of buttons, links and the top of the home page.",
            "accent_color": "Of reduced prices.",
        }


def tried_on(tenant: Tenant, data: QueryDict) -> Tenant:
    """The shop as it would be with what was typed; what cannot be read stays as it is."""
    form = ShopLookForm(data, instance=ShopLook())
    form.is_valid()
    tried = copy(tenant)
    for name in form.cleaned_data.keys() - {"logo"}:
        if name in data:
            setattr(tried, name, form.cleaned_data[name])
    return tried


def try_on(request: HttpRequest, data: QueryDict) -> str:
    """Make `request.tenant` the shop as it would be; returns the address of its style sheet."""
    request.tenant = tried_on(request.tenant, data)
    given = {name: data[name] for name in ShopLookForm.base_fields if name in data}
    return f"{reverse('admin:tenants_shoplook_preview_theme')}?{urlencode(given)}"


def for_a_frame(response: HttpResponse) -> HttpResponse:
    """A page of the shop that the back office may show in a frame."""
    policy = CSP.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    response["Content-Security-Policy"] = policy
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["X-Robots-Tag"] = "noindex"
    return response
