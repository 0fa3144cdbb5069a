"""Discount codes in the back office: one by one, and many at once as a batch."""

import re
from copy import copy
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from catalog.display import money
from orders.desk.tables import discounts_table
from orders.desk.words import counted, plain_number
from orders.models import Discount, DiscountBatch
from orders.services.batches import MOST_CODES, MOST_RANDOM, make_batch, switch_batch
from pycommerce.api.parameters import parse_uuid
from pycommerce.core.errors import InvalidRequest
from pycommerce.core.http import HttpRequest
from pycommerce.core.money import decimals_of, step_problem
from pycommerce.core.number_fields import NumberField, WholeNumberField
from pycommerce.db import connection
from pycommerce.db.counting import capped_counts, count_words
from pycommerce.unfold_shim import AutocompleteSelectFilter
from tenants.admin_sites import tenant_site
from tenants.exporting import ExportingAdmin, Table
from tenants.tenant_admin import MoneyForm, OnlyChanged, OwnPages, TenantModelAdmin
from tenants.watched_form import WatchedForm


class DiscountForm(WatchedForm, MoneyForm):
    money_fields = ("minimum",)

    class Meta:
        model = Discount
        fields: tuple[str, ...] = (
            "code",
            "kind",
            "value",
            "minimum",
            "starts_at",
            "ends_at",
            "usage_limit",
            "active",
        )
        help_texts: ClassVar = {"usage_limit": "How many orders may use it. Empty: without limit."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.initial.get("value"), Decimal):
            self.initial["value"] = plain_number(self.initial["value"])
        if "minimum" in self.fields:
            self.fields["minimum"].required = False

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"].strip().upper()
        if not re.fullmatch(r"[\w-]+", code):
            raise ValidationError("Use letters, digits, - and _.")
        return code

    def clean_value(self) -> Decimal:
        value: Decimal = self.cleaned_data["value"]
        if self["kind"].value() != Discount.Kind.AMOUNT:
            return value
        # Read as every amount is, and not as per cent: 1.000 could be thousands.
        amount: Any = copy(self.fields["value"])
        amount.places = decimals_of(connection.tenant.currency)
        read: Decimal = amount.clean(self["value"].value())
        return read

    def clean_minimum(self) -> Decimal:
        return self.cleaned_data["minimum"] or Decimal(0)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        value, kind = data.get("value"), data.get("kind")
        if value is not None and value <= 0:
            self.add_error("value", "It must be more than 0.")
        if value is not None and kind == Discount.Kind.PERCENT and value > 100:
            self.add_error("value", "It must be at most 100 per cent.")
        if kind == Discount.Kind.AMOUNT:
            self.check_money("value")
            if {"kind", "value"} & set(self.changed_data):
                amount = self.cleaned_data.get("value") or Decimal(0)
                if problem := step_problem(amount, connection.tenant.currency):
                    self.add_error("value", problem)
        starts_at, ends_at = data.get("starts_at"), data.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_at", "It must end after it starts.")
        limit = data.get("usage_limit")
        if limit is not None and limit < self.instance.used_count:
            self.add_error("usage_limit", f"It was used {self.instance.used_count} times already.")
        return data


class _Moment(forms.DateTimeInput):
    """A day and a time, as browsers ask for them."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class BatchForm(DiscountForm):
    """Asks for many codes of the same terms."""

    use_required_attribute = False
    field_order = ("name", "count", "begin", "length")

    name = forms.CharField(
        max_length=100, label="Name of the batch", help_text="Such as: Autumn letter."
    )
    count = WholeNumberField(min_value=1, max_value=MOST_CODES, label="How many codes")
    begin = forms.CharField(
        max_length=20,
        required=False,
        label="The codes begin with",
        help_text="Such as AUTUMN-, or empty.",
    )
    length = WholeNumberField(
        min_value=1,
        max_value=MOST_RANDOM,
        initial=8,
        label="Random characters after that",
        help_text="Letters and digits that do not look alike.",
    )

    class Meta(DiscountForm.Meta):
        fields = ("kind", "value", "minimum", "starts_at", "ends_at", "usage_limit")
        labels = {"minimum": "For goods from"}
        help_texts = {"usage_limit": "Of each code. Empty: without limit."}
        widgets = {name: _Moment() for name in ("starts_at", "ends_at")}
        field_classes = {
            "value": NumberField,
            "minimum": NumberField,
            "usage_limit": WholeNumberField,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update(usage_limit=1, minimum="")

    def clean_begin(self) -> str:
        begin: str = self.cleaned_data["begin"].strip().upper()
        if not re.fullmatch(r"[A-Z0-9_-]*", begin):
            raise ValidationError("Use letters, digits, - and _.")
        return begin

    def wanted(self) -> dict[str, Any]:
        """The arguments of a batch."""
        data = self.cleaned_data
        own = {name: data[name] for name in ("name", "count", "length")}
        terms = {name: data[name] for name in self.Meta.fields}
        return own | {"prefix": data["begin"], "terms": terms}


@admin.register(Discount, site=tenant_site)
class DiscountAdmin(OwnPages, ExportingAdmin):
    """Codes that lower the price of the goods. One that was used keeps its code, and stays."""

    form = DiscountForm
    is_catalogue = False
    list_display = (
        "code",
        "what",
        "from_amount",
        "starts_at",
        "ends_at",
        "used",
        "active",
        "batch_link",
    )
    list_filter = ("active", "kind", ("batch", AutocompleteSelectFilter))
    list_select_related = ("batch",)
    list_filter_submit = True
    search_fields = ("code",)
    always_sortable = ("code",)
    # Newest first, as ids are made in the order of time.
    ordering = ("-id",)
    list_before_template = "admin/discounts/_batch.html"
    list_after_template = "admin/catalog/product/_export.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("batch/", view(self.batch_view), name="orders_discount_batch"),
            path("batch/<uuid:batch_id>/", view(self.switch_view), name="orders_discount_switch"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        batch = None
        if batch_id := parse_uuid(request.GET.get("batch__id__exact", "")):
            batch = DiscountBatch.objects.filter(pk=batch_id).first()
        active_count = 0
        if batch:
            active_count = capped_counts({"active": batch.codes.filter(active=True)})["active"]
        more = {
            "batch": batch,
            "active_count": active_count,
            "active_words": count_words(active_count),
            "may_make": self.has_add_permission(request),
            "exports": self.export_links(request),
        }
        return super().changelist_view(request, more | (extra_context or {}))

    def table(self, request: HttpRequest) -> Table:
        return discounts_table(self.get_changelist_instance(request).queryset)

    def batch_view(self, request: HttpRequest) -> HttpResponse:
        """Asks what the codes of a batch are to be, and makes them."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = BatchForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                batch = make_batch(**form.wanted(), user=request.user)
            except InvalidRequest as refusal:
                for name, problems in refusal.fields.items():
                    form.add_error(name, problems)
            else:
                messages.success(request, f"{form.cleaned_data['count']:,} codes are made.")
                return _codes_of(batch)
        return self.page(request, "admin/discounts/batch.html", title="Make many codes", form=form)

    def switch_view(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        """Switches all codes of a batch on or off."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        batch = get_object_or_404(DiscountBatch, pk=batch_id)
        if request.method == "POST":
            active = request.POST.get("active") == "on"
            changed = switch_batch(batch, active=active, user=request.user)
            words = counted(changed, "code")
            messages.success(request, f"{words} switched {'on' if active else 'off'}.")
        return _codes_of(batch)

    @admin.display(description="Takes off")
    def what(self, discount: Discount) -> str:
        if discount.kind == Discount.Kind.PERCENT:
            return f"{plain_number(discount.value)} %"
        return money(discount.value)

    @admin.display(description="For goods from", ordering="minimum")
    def from_amount(self, discount: Discount) -> str:
        return money(discount.minimum) if discount.minimum else "–"

    @admin.display(description="Batch", ordering="batch__name")
    def batch_link(self, discount: Discount) -> str:
        if discount.batch is None:
            return "–"
        return format_html(
            '<a class="row-link" href="{}">{}</a>', _address_of(discount.batch.pk), discount.batch
        )

    @admin.display(description="Used", ordering="used_count")
    def used(self, discount: Discount) -> str:
        limit = discount.usage_limit
        return str(discount.used_count) if limit is None else f"{discount.used_count} of {limit}"

    def save_model(self, request: HttpRequest, obj: Discount, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        self.remember_changes(request, form)
        # Its own fields alone: orders count their uses between the page and this moment.
        obj.save(update_fields=list(form.cleaned_data))

    def get_readonly_fields(self, request: HttpRequest, obj: Discount | None = None) -> tuple:
        # Orders name the code they used, and give it back by that.
        return ("code",) if obj and obj.used_count else ()

    def has_delete_permission(self, request: HttpRequest, obj: Discount | None = None) -> bool:
        allowed: bool = super().has_delete_permission(request, obj)
        return allowed and not (obj and obj.used_count)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions


@admin.register(DiscountBatch, site=tenant_site)
class DiscountBatchAdmin(OnlyChanged, TenantModelAdmin):
    """What the filter of the codes searches; a batch is looked at in their list."""

    search_fields = ("name",)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect(reverse("admin:orders_discount_changelist"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return redirect(_address_of(object_id))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False


def _address_of(batch_id: UUID | str) -> str:
    query = urlencode({"batch__id__exact": str(batch_id)})
    return f"{reverse('admin:orders_discount_changelist')}?{query}"


def _codes_of(batch: DiscountBatch) -> HttpResponse:
    return redirect(_address_of(batch.pk))
