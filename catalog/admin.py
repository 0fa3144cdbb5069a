"""The merchant's back office of products, with their variants and pictures."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from catalog import (  # noqa: F401 - they register
    category_admin,
    import_admin,
    look_admin,
    storefront_admin,
)
from catalog.exporting import products_table
from catalog.models import Product, ProductImage, Variant
from catalog.picture_admin import MOST_AT_ONCE, ManyPicturesField, PicturesAdmin, take_files, tell
from catalog.product_list import CategoryFilter, ProductListAdmin
from catalog.services.editing import (
    delete_products,
    finish_product,
    held_skus,
    prepare_product,
    prepare_variants,
)
from catalog.services.locking import lock_products
from catalog.services.refresh import refresh_products
from catalog.services.stock import MAX_UNITS, receive_first_stock
from catalog.slug_form import SlugForm
from catalog.stock_admin import ProductStock
from pycommerce.api.parameters import parse_uuid
from pycommerce.core.http import HttpRequest
from pycommerce.core.number_fields import WholeNumberField
from pycommerce.core.whole_formset import WholeFormSet
from pycommerce.unfold_shim import (
    RichTextWidget,
    TabularInline,
    UnfoldAdminTextInputWidget,
)
from tenants.admin_sites import tenant_site
from tenants.exporting import ExportingAdmin, Table
from tenants.services.audit import record_all
from tenants.shop.models import AuditEntry, raise_catalogue_version
from tenants.tenant_admin import MoneyForm
from tenants.watched_form import WatchedForm

# The greatest that the column holds.
_LAST_POSITION = 2**31 - 1


class _OnHand(UnfoldAdminTextInputWidget):
    """The units of a variant that is there, with the way to adjust them; a new one's are typed."""

    variant: Variant | None = None

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        if self.variant is None:
            return super().render(name, value, attrs, renderer)
        address = reverse("admin:catalog_variant_change", args=[self.variant.pk])
        return format_html(
            '{} <a class="row-link" href="{}">adjust</a>', self.variant.stock, address
        )


class VariantForm(WatchedForm, MoneyForm):
    """A variant in its product: prices, and the first stock of a new one."""

    money_fields = ("price", "compare_at_price")
    charged_fields = ("price",)
    first_stock = WholeNumberField(
        label="Stock",
        required=False,
        min_value=0,
        max_value=MAX_UNITS,
        widget=_OnHand,
    )

    class Meta:
        model = Variant
        fields = (
            "option_values",
            "sku",
            "price",
            "compare_at_price",
            "low_stock_limit",
            "barcode",
            "position",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sku"].required = False
        self.fields["option_values"].widget = UnfoldAdminTextInputWidget()
        if self.instance._state.adding:
            self.fields["position"].required = False
            self.fields["position"].initial = None
            self.fields["position"].widget.attrs["placeholder"] = "last"
        for field in self.fields.values():
            # The column's heading is no label.
            field.widget.attrs["aria-label"] = field.label or ""
        if not self.instance._state.adding:
            # What is on hand changes by adjustment alone, which needs a reason.
            self.fields["first_stock"].disabled = True
            self.fields["first_stock"].widget.variant = self.instance

    def history_of(self, name: str) -> tuple[list[Model], list[str]]:
        variant, sku = self.instance, self.initial.get("sku")
        return [variant.product, variant], [
            f"variant {sku}",
            f"{name} of {sku}",
            name.replace("_", " "),
        ]

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.cleaned_data.get("sku") == "":
            # Each will get one of its own: two without are no duplicates.
            self.cleaned_data["sku"] = None

    def save(self, commit: bool = True) -> Variant:
        variant: Variant = super().save(commit=False)
        if commit and variant._state.adding:
            variant.save()
        elif commit:
            # Its own fields alone: orders hold and sell units between the page and this moment.
            own = [*VariantForm.Meta.fields, "sku_is_generated", "updated_at"]
            variant.save(update_fields=own)
        return variant


class VariantFormSet(WholeFormSet):
    """The variants of a product: at least one, each with its own options and SKU.

    A new one without a position comes after all that have one, in the order of the form.
    """

    def clean(self) -> None:
        super().clean()
        kept = [
            form
            for form in self.forms
            if form.has_changed() | bool(form.instance.pk and not form.instance._state.adding)
            and not form.cleaned_data.get("DELETE")
        ]
        if not kept:
            raise ValidationError("A product has at least one variant: give it a price.")
        names = self.instance.option_names or []
        seen = set()
        for form in kept:
            values = tuple(form.cleaned_data.get("option_values") or ())
            if len(values) != len(names):
                form.add_error("option_values", f"Give {len(names)} values, one for each option.")
            elif values in seen:
                form.add_error("option_values", "Another variant has the same options.")
            seen.add(values)

    def save_new_objects(self, commit: bool = True) -> list[Variant]:
        new = [form.instance for form in self.extra_forms if form.has_changed()]
        positions = [each.position for each in (*self.get_queryset(), *new)]
        last = max((each for each in positions if each is not None), default=0)
        for variant in new:
            if variant.position is None:
                # Those at the greatest place stand in the order in which they were made.
                variant.position = last = min(last + 1, _LAST_POSITION)
        saved: list[Variant] = super().save_new_objects(commit)
        return saved


class VariantInline(TabularInline):
    model = Variant
    verbose_name_plural = "variants"
    form = VariantForm
    formset = VariantFormSet
    extra = 0
    min_num = 1
    ordering = ("position", "id")
    fields = (
        "option_values",
        "sku",
        "price",
        "compare_at_price",
        "first_stock",
        "low_stock_limit",
        "barcode",
        "position",
    )


class ProductForm(WatchedForm, SlugForm):
    """A product. Pictures are sent with a new one; of one that is there they stand beside it."""

    pictures = ManyPicturesField(
        required=False,
        help_text=f"At most {MOST_AT_ONCE} at once; more of them when the product is saved.",
    )

    class Meta:
        model = Product
        fields = (
            "name",
            "slug",
            "status",
            "description",
            "option_names",
            "categories",
            "vendor",
            "product_type",
            "tags",
            "seo_title",
            "seo_description",
        )
        widgets: ClassVar = {"description": RichTextWidget}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "categories" in self.fields:
            # Without the cross that clears all: it would stand in a list and be no item of it.
            self.fields["categories"].widget.widget.is_required = True
        for name in {"option_names", "tags"} & set(self.fields):
            self.fields[name].widget = UnfoldAdminTextInputWidget()
            self.fields[name].help_text += " Separate several by commas."
        if "description" in self.fields:
            words = "Scripts and pictures are taken out when it is saved."
            self.fields["description"].help_text = words

    def clean_option_names(self) -> list[str]:
        names: list[str] = self.cleaned_data["option_names"] or []
        if len(set(names)) != len(names):
            raise ValidationError("Each option needs a name of its own.")
        return names


@admin.register(Product, site=tenant_site)
class ProductAdmin(ProductListAdmin, PicturesAdmin, ExportingAdmin):
    """Products with their variants and pictures."""

    form = ProductForm
    list_filter = ("status", ProductStock, ("categories", CategoryFilter))
    autocomplete_fields = ("categories",)
    inlines = (VariantInline,)
    fieldsets = (
        (None, {"fields": ("name", "status", "description", "categories")}),
        ("Pictures", {"fields": ("pictures",)}),
        ("Options", {"fields": ("option_names",)}),
        (
            "More",
            {"fields": ("slug", "vendor", "product_type", "tags"), "classes": ("collapse",)},
        ),
        (
            "Search engines",
            {"fields": ("seo_title", "seo_description"), "classes": ("collapse",)},
        ),
    )

    actions = ("publish", "archive")
    list_after_template = "admin/catalog/product/_export.html"

    def get_fieldsets(self, request: HttpRequest, obj: Product | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        return [each for each in fieldsets if obj is None or each[0] != "Pictures"]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        extra_context = {"exports": self.export_links(request)} | (extra_context or {})
        return super().changelist_view(request, extra_context)

    def table(self, request: HttpRequest) -> Table:
        listed = self.get_changelist_instance(request).queryset
        return products_table(Product.objects.filter(pk__in=listed.order_by().values("pk")))

    def view_on_site(self, product: Product) -> str | None:
        # It has no slug where that was emptied in a form that is shown again.
        if product.status != Product.Status.ACTIVE or not product.slug:
            return None
        return reverse("catalog:product", args=[product.slug])

    def _changeform_view(
        self, request: HttpRequest, object_id: str | None, *rest: Any
    ) -> HttpResponse:
        if request.method == "POST" and (product_id := parse_uuid(object_id or "")):
            # What the forms are compared with stays so until they are saved.
            lock_products([product_id])
        response: HttpResponse = super()._changeform_view(request, object_id, *rest)
        return response

    def save_model(
        self, request: HttpRequest, obj: Product, form: ProductForm, change: bool
    ) -> None:
        request.__dict__["old_slug"] = form.initial.get("slug") if change else None
        prepare_product(obj)
        super().save_model(request, obj, form, change)

    def save_formset(
        self, request: HttpRequest, form: ProductForm, formset: Any, change: bool
    ) -> None:
        kept = [
            each.instance
            for each in formset.forms
            if each.has_changed() and not each.cleaned_data.get("DELETE")
        ]
        prepare_variants(kept, form.instance)
        super().save_formset(request, form, formset, change)
        for each in formset.forms:
            if each.instance in formset.new_objects:
                units = each.cleaned_data.get("first_stock") or 0
                receive_first_stock(each.instance, units, request.user)

    def save_related(
        self, request: HttpRequest, form: ProductForm, formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        finish_product(form.instance, old_slug=request.__dict__["old_slug"])
        if not change:
            added, problems = take_files(form.instance, form.cleaned_data["pictures"], request.user)
            tell(request, len(added), problems)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """The products with their SKUs: what hangs on them goes too, and names nobody knows."""
        ids = [product.pk for product in objs]
        skus: dict[Any, list[str]] = {}
        variants = Variant.objects.filter(product__in=ids).order_by("position", "id")
        for product_id, sku in variants.values_list("product", "sku"):
            skus.setdefault(product_id, []).append(sku)
        words = [f"{each}: {', '.join(skus.get(each.pk, []))}" for each in objs]
        counts = {
            "Products": len(ids),
            "Variants, with their stock": sum(map(len, skus.values())),
            "Pictures": ProductImage.objects.filter(product__in=ids).count(),
        }
        held = [f"{sku}: held for orders" for sku in held_skus(ids)]
        needed = set() if self.has_delete_permission(request) else {"product"}
        return words, counts, needed, held

    def delete_model(self, request: HttpRequest, obj: Product) -> None:
        delete_products([obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        delete_products(list(queryset.values_list("pk", flat=True)))

    @admin.action(description="Publish", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        self._set_status(request, queryset, Product.Status.ACTIVE)

    @admin.action(description="Archive", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        self._set_status(request, queryset, Product.Status.ARCHIVED)

    def _set_status(
        self, request: HttpRequest, queryset: QuerySet[Product], status: Product.Status
    ) -> None:
        with transaction.atomic():
            ids = queryset.exclude(status=status).values_list("pk", flat=True)
            changed = Product.objects.select_for_update().filter(pk__in=list(ids)).order_by("pk")
            products = list(changed)
            record_all(
                user=request.user,
                action=AuditEntry.Action.CHANGE,
                things=((each, {"status": (each.status, status.value)}) for each in products),
            )
            Product.objects.filter(pk__in=[product.pk for product in products]).update(
                status=status
            )
            refresh_products([product.pk for product in products])
            raise_catalogue_version()
        count = len(products)
        words = "product is" if count == 1 else "products are"
        messages.success(request, f"{count} {words} now {status.label.lower()}.")
