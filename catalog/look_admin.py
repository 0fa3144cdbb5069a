"""What the shop is called and how it looks, changed by its merchant and seen before it is saved."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import translation

from catalog.services.pictures import forget_pictures
from catalog.trying_on import COLORS, ShopLookForm, for_a_frame, tried_on, try_on
from catalog.views import home_page
from pycommerce.core.http import HttpRequest
from pycommerce.unfold_shim import ADMIN_CSP
from tenants.admin_sites import tenant_site
from tenants.models import ShopLook, Tenant
from tenants.services.looking import change_look
from tenants.tenant_admin import ShopRowAdmin
from tenants.theme import AA, readings_of, stylesheet_of
from tenants.versions import bring_up_to_date


def color_notes(tenant: Tenant) -> list[dict[str, Any]]:
    """Both colours with their readings."""
    return [
        {"name": label, "readings": readings_of(getattr(tenant, name))}
        for name, label in COLORS.items()
    ]


@admin.register(ShopLook, site=tenant_site)
class ShopLookAdmin(ShopRowAdmin):
    """The look of this shop: one row, with a preview of it."""

    form = ShopLookForm
    fieldsets = (
        ("Name", {"fields": ("name", "tagline")}),
        ("Logo", {"fields": ("logo", "logo_alt")}),
        ("Colours", {"fields": ("primary_color", "accent_color")}),
        ("Shape", {"fields": ("radius", "density", "type_scale")}),
        ("Directory", {"fields": ("is_listed",)}),
    )
    change_form_template = "admin/look/change_form.html"
    change_form_after_template = "admin/look/_preview.html"
    compressed_fields = False

    def get_urls(self) -> list[URLPattern]:
        def route(address: str, view: Any, name: str) -> URLPattern:
            return path(address, self.admin_site.admin_view(view), name=name)

        return [
            route("preview/", self.preview, "tenants_shoplook_preview"),
            route("preview/theme.css", self.preview_theme, "tenants_shoplook_preview_theme"),
            route("preview/colours/", self.preview_colors, "tenants_shoplook_preview_colors"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        more = {"color_notes": color_notes(tried_on(request.tenant, request.POST)), "needed": AA}
        response: HttpResponse = super().change_view(
            request, object_id, form_url, more | (extra_context or {})
        )
        response["Content-Security-Policy"] = f"{ADMIN_CSP}; frame-src 'self'"
        return response

    def view_on_site(self, look: ShopLook) -> str:
        return reverse("catalog:home")

    def save_model(
        self, request: HttpRequest, obj: Model, form: forms.ModelForm, change: bool
    ) -> None:
        self.remember_changes(request, form)
        past_logo = form.initial["logo"].name
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        tenant = change_look(request.tenant.pk, **changed)
        if "logo" in changed:
            forget_pictures([past_logo or ""])
        for name in COLORS.keys() & changed.keys():
            self._say_what_is_shown(request, COLORS[name], getattr(tenant, name))

    def _say_what_is_shown(self, request: HttpRequest, label: str, color: str) -> None:
        for reading in readings_of(color):
            if reading.is_corrected:
                page = "dark" if reading.is_dark else "light"
                messages.warning(
                    request,
                    f"{label} {reading.color} has a contrast of {reading.ratio:.1f} to 1 on the "
                    f"{page} page; as text it is shown as {reading.shown} "
                    f"({reading.shown_ratio:.1f} to 1).",
                )

    # --- What is tried on ---

    def preview(self, request: HttpRequest) -> HttpResponse:
        """The shop's home page as it would look, for the frame beside the form."""
        self._check(request)
        bring_up_to_date(request)
        theme = try_on(request, request.POST if request.method == "POST" else request.GET)
        with translation.override(request.tenant.language):
            return for_a_frame(home_page(request, theme=theme))

    def preview_theme(self, request: HttpRequest) -> HttpResponse:
        """The style sheet of what is tried on."""
        self._check(request)
        css = stylesheet_of(tried_on(request.tenant, request.GET))
        return HttpResponse(css, content_type="text/css")

    def preview_colors(self, request: HttpRequest) -> HttpResponse:
        """What becomes of the colours that are tried on, as a part of the form's page."""
        self._check(request)
        notes = color_notes(tried_on(request.tenant, request.GET))
        context = {"color_notes": notes, "needed": AA}
        return HttpResponse(render_to_string("admin/look/_colors.html", context))

    def _check(self, request: HttpRequest) -> None:
        if not self.has_change_permission(request):
            raise PermissionDenied
