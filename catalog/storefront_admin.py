"""The merchant's words and pictures around the goods: pages."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.urls import reverse

from catalog.models import TextPage
from catalog.sanitise import sanitise_html
from pycommerce.core.http import HttpRequest
from pycommerce.unfold_shim import WysiwygWidget
from tenants.admin_sites import tenant_site
from tenants.shop.models import raise_catalogue_version
from tenants.tenant_admin import TenantModelAdmin


class TextPageForm(ModelForm):
    class Meta:
        model = TextPage
        fields = ("title", "slug", "body", "is_published", "position")
        widgets = {"body": WysiwygWidget}

    def clean_body(self) -> str:
        return sanitise_html(self.cleaned_data["body"])


@admin.register(TextPage, site=tenant_site)
class TextPageAdmin(TenantModelAdmin):
    """The pages that the footer of the shop names."""

    form = TextPageForm
    list_display = ("title", "slug", "is_published", "position", "updated_at")
    search_fields = ("title", "slug")
    prepopulated_fields = {"slug": ("title",)}

    def view_on_site(self, page: TextPage) -> str | None:
        return reverse("catalog:page", args=[page.slug]) if page.is_published else None

    def delete_model(self, request: HttpRequest, obj: TextPage) -> None:
        with transaction.atomic():
            super().delete_model(request, obj)
            raise_catalogue_version()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        with transaction.atomic():
            super().delete_queryset(request, queryset)
            raise_catalogue_version()
