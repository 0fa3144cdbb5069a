"""API keys in a shop's back office: made, shown once, revoked."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from pycommerce.core.errors import InvalidRequest
from pycommerce.core.http import HttpRequest, origin_of
from tenants.admin_sites import tenant_site
from tenants.long_lists import LongListAdmin
from tenants.models import ApiKey, Scope
from tenants.services.keys import NAME_TAKEN, make_key, revoke_key
from tenants.tenant_admin import RowPages

MOST_YEARS = 100


class KeyForm(forms.Form):
    """Asks for a new key."""

    use_required_attribute = False

    name = forms.CharField(
        max_length=100,
        label="Name",
        help_text="The system that calls with it. What it does is done in this name.",
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Allow it something."},
    )
    last_day = forms.DateField(
        required=False,
        label="Last day",
        help_text="It works until this day ends. Empty: until you revoke it.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if ApiKey.objects.filter(tenant=self.tenant, name=name, revoked_at=None).exists():
            raise forms.ValidationError(NAME_TAKEN)
        return name

    def clean_last_day(self) -> datetime | None:
        day = self.cleaned_data["last_day"]
        if day is None:
            return None
        if day < timezone.localdate():
            raise forms.ValidationError("This day is in the past.")
        # The last days that a date can name are beyond the last moment elsewhere on Earth.
        if day.year > timezone.localdate().year + MOST_YEARS:
            raise forms.ValidationError(f"Choose a day within {MOST_YEARS} years, or none.")
        return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))

    def __init__(self, tenant: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tenant = tenant


@admin.register(ApiKey, site=tenant_site)
class ApiKeyAdmin(RowPages, LongListAdmin):
    """The keys of this shop. None is edited or deleted: one that is revoked stays to be read."""

    fields = ("name",)
    list_display = ("name", "state_in_words", "last_used_at", "expires_at", "created_by_name")
    search_fields = ("name",)

    @admin.display(description="State")
    def state_in_words(self, key: ApiKey) -> str:
        return key.state

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        return super().get_queryset(request).filter(tenant=request.tenant)

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        revoke = path(
            "<uuid:key_id>/revoke/",
            self.admin_site.admin_view(self.revoke_view),
            name="tenants_apikey_revoke",
        )
        return [revoke, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = KeyForm(request.tenant, request.POST or None)
        if request.method != "POST" or not form.is_valid():
            return self.page(request, "admin/keys/add.html", title="New API key", form=form)
        try:
            key, token = make_key(
                tenant=request.tenant,
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                expires_at=form.cleaned_data["last_day"],
                user=request.user,
            )
        except InvalidRequest as refusal:  # somebody took the name since it was looked for
            form.add_error(None, forms.ValidationError(refusal.fields))
            return self.page(request, "admin/keys/add.html", title="New API key", form=form)
        # Answered at once and kept nowhere: sent again, the form finds the name taken.
        return self.page(
            request,
            "admin/keys/made.html",
            title=f"API key {key}",
            key=key,
            token=token,
            origin=origin_of(request),
            slug=request.tenant.slug,
        )

    def revoke_view(self, request: HttpRequest, key_id: Any) -> HttpResponse:
        return self.with_row(request, key_id, self._revoke)

    def row_page(self, request: HttpRequest, row: ApiKey) -> HttpResponse:
        return self.page(
            request,
            "admin/keys/page.html",
            title=f"API key {row}",
            key=row,
            allowed=[Scope(scope).label for scope in row.scopes],
        )

    def _revoke(self, request: HttpRequest, key: ApiKey) -> HttpResponse:
        if request.method == "POST":
            if revoke_key(key, request.user):
                messages.success(request, f"{key} was revoked: calls with it are refused now.")
            return redirect(reverse("admin:tenants_apikey_changelist"))
        return redirect(reverse("admin:tenants_apikey_change", args=[key.pk]))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """The key's rows in the shop's history."""
        return redirect(f"{reverse('admin:shop_auditentry_changelist')}?q={object_id}")
