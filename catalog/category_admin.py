"""The merchant's back office of categories."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.expressions import RawSQL
from django.urls import reverse

from catalog.models import Category, CategoryChange, FeaturedCategory
from catalog.services.categories import (
    delete_categories,
    finish_category,
    is_below,
    prepare_category,
)
from catalog.slug_form import SlugForm
from pycommerce.core.http import HttpRequest
from tenants.admin_sites import tenant_site
from tenants.tenant_admin import TenantModelAdmin
from tenants.watched_form import WatchedForm


class CategoryForm(WatchedForm, SlugForm):
    class Meta:
        model = Category
        fields = (
            "name",
            "slug",
            "parent",
            "description",
            "position",
            "seo_title",
            "seo_description",
        )

    def clean_parent(self) -> Category | None:
        parent: Category | None = self.cleaned_data["parent"]
        if parent and not self.instance._state.adding and is_below(self.instance, parent):
            raise ValidationError("A category cannot stand below itself.")
        if parent and CategoryChange.objects.filter(category=parent, is_deletion=True).exists():
            raise ValidationError("This category is being deleted.")
        return parent


_UP = """(
    WITH RECURSIVE up (parent_id, names, way) AS (
        SELECT c.parent_id, ARRAY[c.name::text],
            ARRAY[lpad((c.position + 2147483648)::text, 10, '0'), c.name, c.id::text]
        FROM catalog_category c WHERE c.id = catalog_category.id
        UNION ALL
        SELECT c.parent_id, c.name || up.names,
            ARRAY[lpad((c.position + 2147483648)::text, 10, '0'), c.name, c.id::text] || up.way
        FROM up, LATERAL (SELECT * FROM catalog_category above
                          WHERE above.id = up.parent_id OFFSET 0) c
    )
    SELECT {} FROM up WHERE parent_id IS NULL
)"""
# Without OFFSET the planner would read all categories for each step up.
# The names of a category and of those above it, root first; and what sorts as the tree does.
_NAMES = RawSQL(_UP.format("names"), ())  # noqa: S611 - no input in it
_WAY = RawSQL(_UP.format("way"), ())  # noqa: S611 - no input in it


# So many categories are named that keep the one above them from being deleted.
_MOST_NAMED = 50


@admin.register(Category, site=tenant_site)
class CategoryAdmin(TenantModelAdmin):
    """The shop's tree of categories."""

    form = CategoryForm
    list_display = ("place", "slug", "position")
    ordering = (_WAY,)
    search_fields = ("name", "slug")
    autocomplete_fields = ("parent",)

    @admin.display(description="Category", ordering="name")
    def place(self, category: Any) -> str:
        place = " › ".join(category.names)
        return f"{place} (being deleted)" if category.is_going else place

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        deletions = CategoryChange.objects.filter(category=OuterRef("pk"), is_deletion=True)
        found = super().get_queryset(request)
        return found.annotate(names=_NAMES, is_going=Exists(deletions))

    def view_on_site(self, category: Category) -> str | None:
        # Empty where it was emptied in a form that is shown again.
        return reverse("catalog:category", args=[category.slug]) if category.slug else None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        prepare_category(obj)
        super().save_model(request, obj, form, change)
        finish_category(
            obj,
            old_slug=form.initial.get("slug") if change else None,
            is_renamed=change and not {"name", "parent"}.isdisjoint(form.changed_data),
        )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The categories, and what stands below them: not the place of each product in them."""
        names = {category.pk: str(category) for category in objs}
        below = Category.objects.filter(parent__in=names)[:_MOST_NAMED]
        counts = {
            str(self.opts.verbose_name_plural): len(names),
            str(FeaturedCategory._meta.verbose_name_plural): FeaturedCategory.objects.filter(
                category__in=names
            ).count(),
        }
        return list(names.values()), counts, set(), list(map(str, below))

    def delete_model(self, request: HttpRequest, obj: Category) -> None:
        self._delete(request, [obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Category]) -> None:
        self._delete(request, list(queryset.values_list("pk", flat=True)))

    def _delete(self, request: HttpRequest, ids: list[UUID]) -> None:
        delete_categories(ids)
        if Category.objects.filter(pk__in=ids).exists():
            words = "There are many products: they leave first, and then it is gone, in minutes."
            messages.info(request, words)
