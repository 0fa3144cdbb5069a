"""The merchant's back office of stock: what is on hand, from when on that is little."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from catalog.models import Product, StockMovement, StockSettings, Variant
from catalog.row_editing import RowEditingAdmin, RowForm, RowFormSet
from catalog.services.low_stock import is_low, is_sold_out, low_stock
from catalog.services.stock import MAX_UNITS, adjust_stock
from pycommerce.core.errors import Refusal
from pycommerce.core.http import HttpRequest
from pycommerce.core.number_fields import WholeNumberField
from pycommerce.db.counting import capped_counts
from pycommerce.unfold_shim import (
    TabularInline,
    UnfoldAdminTextInputWidget,
)
from tenants.admin_sites import ToDo, tenant_site
from tenants.backends import rights_in
from tenants.roles import Right
from tenants.services.audit import record
from tenants.shop.models import AuditEntry
from tenants.tenant_admin import OneRow, OnlyChanged, TenantModelAdmin
from tenants.watched_form import WatchedForm


class StockForm(WatchedForm):
    """A count or a change of the units on hand, with its reason; or another limit alone."""

    on_hand_now = WholeNumberField(
        label="Counted units",
        required=False,
        min_value=0,
        help_text="How many units there are, held ones included. Or give a change instead.",
        widget=UnfoldAdminTextInputWidget,
    )
    change = WholeNumberField(
        label="Change",
        required=False,
        help_text="Such as 12 for a delivery or -1 for a broken one.",
        # Phones show digits alone without a minus.
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "text"}),
    )
    reason = forms.CharField(max_length=255, required=False, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = Variant
        fields = ("low_stock_limit",)

    def history_of(self, name: str) -> tuple[list[Model], list[str]]:
        # Beside this page's own changes there are those of the product's.
        variant = self.instance
        return [variant, variant.product], [name.replace("_", " "), f"variant {variant.sku}"]

    @property
    def adjusts(self) -> bool:
        """Whether units come or go."""
        data = self.cleaned_data
        return data.get("on_hand_now") is not None or data.get("change") is not None

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors or (not self.adjusts and "low_stock_limit" in self.changed_data):
            return data
        count, change = data.get("on_hand_now"), data.get("change")
        if (count is None) == (change is None):
            raise ValidationError("Give either a count or a change.")
        if not data.get("reason"):
            self.add_error("reason", "This field is required.")
        field = "on_hand_now" if count is not None else "change"
        after = count if count is not None else self.instance.on_hand + (change or 0)
        if after > MAX_UNITS:
            self.add_error(field, f"At most {MAX_UNITS:,} can be on hand.")
        elif after < 0:
            self.add_error(field, f"Only {self.instance.on_hand} are on hand.")
        elif after < self.instance.held:
            self.add_error(
                field, f"{self.instance.held} units are held for orders: fewer cannot be on hand."
            )
        return data


class CountForm(RowForm):
    """How many units of a variant are on hand."""

    edited = ("counted",)
    counted = WholeNumberField(
        label="On hand",
        min_value=0,
        max_value=MAX_UNITS,
        show_hidden_initial=True,
        widget=UnfoldAdminTextInputWidget(attrs={"class": "row-field"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["counted"].widget.attrs["aria-label"] = f"On hand of {self.row.sku}"

    def current(self) -> dict[str, Any]:
        return {"counted": self.row.on_hand}

    def clean_counted(self) -> int:
        counted: int = self.cleaned_data["counted"]
        if self.has_changed() and counted < self.row.held:
            raise ValidationError(
                f"{self.row.held} units are held for orders: fewer cannot be on hand."
            )
        return counted


class CountFormSet(RowFormSet):
    """The counts of a page, and the one reason why they changed."""

    @property
    def reason(self) -> str:
        """As it was typed."""
        return str(self.data.get("reason", "")).strip()

    def clean(self) -> None:
        if self.changed and not 1 <= len(self.reason) <= 255:
            raise ValidationError("Give the reason why these units changed.", code="reason")


class MovementInline(TabularInline):
    model = StockMovement
    fields = ("at", "kind", "quantity", "reason", "who")
    readonly_fields = fields
    # A row says what its name would say.
    hide_title = True
    extra = 0
    max_num = 0
    can_delete = False
    ordering = ("-created_at", "-id")
    per_page = 20

    @admin.display(description="When")
    def at(self, movement: StockMovement) -> str:
        return date_format(timezone.localtime(movement.created_at), "DATETIME_FORMAT")

    @admin.display(description="Who")
    def who(self, movement: StockMovement) -> str:
        return movement.user_name or "–"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class StockLevel(admin.SimpleListFilter):
    """How many units can be sold, of products that are for sale."""

    title = _("stock")
    parameter_name = "level"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("low", _("Low: at or under the limit")), ("out", _("Sold out"))]

    def chosen(self) -> Q | None:
        """The variants that were asked for, for sale or not; None for all."""
        wanted = {"low": is_low, "out": is_sold_out}.get(self.value() or "")
        return wanted() if wanted else None

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.chosen()
        if chosen is None:
            return queryset
        return queryset.filter(chosen, product__status=Product.Status.ACTIVE)


class ProductStock(StockLevel):
    """Products of which a variant is low, or sold out."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        chosen = self.chosen()
        if chosen is None:
            return queryset
        ids = Variant.objects.filter(chosen).values("product")
        return queryset.filter(pk__in=ids, status=Product.Status.ACTIVE)


def _to_do(request: HttpRequest) -> list[ToDo]:
    """What runs out."""
    if Right.READ_CATALOGUE not in rights_in(request.user, request.tenant):
        return []
    count = capped_counts({"low": low_stock(Variant.objects.all())})["low"]
    address = f"{reverse('admin:catalog_variant_changelist')}?level=low"
    return [ToDo("Variants low in stock", count, address)]


tenant_site.to_do.append(_to_do)


@admin.register(Variant, site=tenant_site)
class StockAdmin(OnlyChanged, RowEditingAdmin):
    """Stock of every variant; it changes by an adjustment with a reason."""

    form = StockForm
    row_form = CountForm
    row_formset = CountFormSet
    list_before_template = "admin/catalog/variant/_reason.html"
    list_display = ("sku", "product", "options", "counted", "held", "units", "low_at")
    list_select_related = ("product",)
    row_words = ("variant", "variants")
    always_sortable = ("sku",)
    list_filter = (StockLevel,)
    search_fields = ("sku", "product__name", "barcode")
    fields = (
        "sku",
        "product",
        "on_hand",
        "held",
        "on_hand_now",
        "change",
        "reason",
        "low_stock_limit",
    )
    readonly_fields = ("sku", "product", "on_hand", "held")
    inlines = (MovementInline,)
    ordering = ("sku",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        shops = Subquery(StockSettings.objects.values("low_stock_limit")[:1])
        found: QuerySet[Variant] = super().get_queryset(request)
        return found.annotate(limit=Coalesce("low_stock_limit", shops))

    @admin.display(description="On hand", ordering="on_hand")
    def counted(self, variant: Variant) -> int:
        return variant.on_hand

    @admin.display(description="Options")
    def options(self, variant: Variant) -> str:
        return " / ".join(variant.option_values) or "–"

    @admin.display(description="Can be sold")
    def units(self, variant: Variant) -> int:
        return variant.stock

    @admin.display(description=_("Low at"))
    def low_at(self, variant: Variant) -> int:
        limit: int = variant.limit  # type: ignore[attr-defined]
        return limit

    def lock_rows(self, ids: list[UUID]) -> None:
        variants = Variant.objects.filter(pk__in=ids).order_by("pk")
        list(variants.select_for_update(no_key=True).values_list("pk"))

    def save_row(self, request: HttpRequest, form: CountForm, formset: CountFormSet) -> None:
        adjust_stock(
            variant_id=form.row.pk,
            on_hand=form.cleaned_data["counted"],
            reason=formset.reason,
            user=request.user,
        )

    def save_model(self, request: HttpRequest, obj: Variant, form: StockForm, change: bool) -> None:
        if "low_stock_limit" in form.changed_data:
            obj.updated_at = timezone.now()
            # Its own fields alone: orders hold and sell units between the page and this moment.
            obj.save(update_fields=["low_stock_limit", "updated_at"])
            record(
                user=request.user,
                action=AuditEntry.Action.CHANGE,
                thing=obj,
                changes={"low stock limit": (form.initial["low_stock_limit"], obj.low_stock_limit)},
            )
        if form.adjusts:
            self._adjust(request, obj, form.cleaned_data)

    def _adjust(self, request: HttpRequest, variant: Variant, data: dict[str, Any]) -> None:
        try:
            adjust_stock(
                variant_id=variant.pk,
                change=data["change"],
                on_hand=data["on_hand_now"],
                reason=data["reason"],
                user=request.user,
            )
        except Refusal as refusal:
            # An order held units since the form was checked.
            messages.error(request, refusal.details)

    def log_change(self, request: HttpRequest, obj: Variant, message: Any) -> None:
        """What was changed wrote its audit rows itself."""


@admin.register(StockSettings, site=tenant_site)
class StockSettingsAdmin(OneRow, TenantModelAdmin):
    """From when on stock is low: one row, that is changed and neither added nor deleted."""

    is_catalogue = False
    form = WatchedForm
    fields = ("low_stock_limit", "mails_low_stock")
