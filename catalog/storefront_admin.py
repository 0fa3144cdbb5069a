"""The merchant's words and pictures around the goods: the home page, and pages of text."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from catalog.models import FeaturedCategory, FeaturedProduct, HomePage, TextPage
from catalog.sanitise import sanitise_html
from catalog.services.pictures import finish_home_picture, forget_pictures
from pycommerce.core.http import HttpRequest
from pycommerce.unfold_shim import RichTextWidget, TabularInline
from tenants.admin_sites import tenant_site
from tenants.pictures import PictureField
from tenants.shop.models import raise_catalogue_version
from tenants.tenant_admin import OneRow, TenantModelAdmin
from tenants.watched_form import WatchedForm

HOME_PICTURE_SIDE = 1600


class TextPageForm(WatchedForm):
    class Meta:
        model = TextPage
        fields = ("title", "slug", "body", "is_published", "position")
        widgets = {"body": RichTextWidget}
        help_texts = {
            "body": "Scripts and the like are taken out when it is saved.",
            "is_published": "Shoppers can read it, and the footer leads to it.",
        }

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


class HomePageForm(WatchedForm):
    picture = PictureField(side=HOME_PICTURE_SIDE, required=False)

    class Meta:
        model = HomePage
        fields = (
            "heading",
            "text",
            "picture",
            "picture_alt",
            "button_category",
            "button_label",
            "shows_sale",
            "shows_new",
        )
        labels = {
            "button_category": "The button leads to",
            "button_label": "Words on the button",
            "shows_sale": "Show what is on sale",
            "shows_new": "Show what is new",
        }
        help_texts = {
            "heading": "Empty: the shop's name.",
            "text": "Empty: the shop's tagline.",
            "button_category": "Empty: to all products.",
            "button_label": "Empty: the category's name.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.past_picture = self.instance.picture.name or ""


class FeaturedForm(WatchedForm):
    """A row of a table: the column's heading is no label."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = field.label or ""


class FeaturedCategoryInline(TabularInline):
    model = FeaturedCategory
    form = FeaturedForm
    extra = 0
    autocomplete_fields = ("category",)
    hide_title = True
    verbose_name_plural = "Featured categories (none: all at the top of the tree)"


class FeaturedProductInline(TabularInline):
    model = FeaturedProduct
    form = FeaturedForm
    extra = 0
    autocomplete_fields = ("product",)
    hide_title = True


@admin.register(HomePage, site=tenant_site)
class HomePageAdmin(OneRow, TenantModelAdmin):
    """The home page: one row, that is changed and neither added nor deleted."""

    form = HomePageForm
    autocomplete_fields = ("button_category",)
    inlines = (FeaturedCategoryInline, FeaturedProductInline)
    fieldsets = (
        (
            "At the top",
            {
                "fields": (
                    "heading",
                    "text",
                    "picture",
                    "picture_alt",
                    "button_category",
                    "button_label",
                )
            },
        ),
        ("Below", {"fields": ("shows_sale", "shows_new")}),
    )

    def view_on_site(self, home: HomePage) -> str:
        return reverse("catalog:home")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "picture" in form.changed_data:
            forget_pictures([form.past_picture])
            finish_home_picture(obj)
