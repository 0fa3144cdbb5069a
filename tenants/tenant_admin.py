"""What every page of a shop's back office shares: roles, audit rows, the catalogue's version."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from pycommerce.core.http import HttpRequest
from pycommerce.core.money import decimals_of, price_problem
from pycommerce.core.number_fields import NumberField
from pycommerce.db import connection
from pycommerce.unfold_shim import ModelAdmin
from tenants.long_lists import LongListAdmin
from tenants.services.audit import record, record_all
from tenants.shop.models import AuditEntry, raise_catalogue_version


def with_currency(label: str) -> str:
    """The label of an amount, with the shop's currency."""
    return f"{label} ({connection.tenant.currency})"


class MoneyForm(ModelForm):
    """A form with amounts in the shop's currency: named with it, shown with its decimals, refused
    with more.

    Those among them that are charged are refused as well where nobody could pay them; one that
    was there already stays.
    """

    money_fields: tuple[str, ...] = ()
    charged_fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = decimals_of(connection.tenant.currency)
        for name in self.money_fields:
            if isinstance(field := self.fields.get(name), NumberField):
                field.places = places
                field.label = with_currency(str(field.label))
            if isinstance(self.initial.get(name), Decimal):
                self.initial[name] = round(self.initial[name], places)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name in self.money_fields:
            self.check_money(name)
        for name in set(self.charged_fields) & set(self.changed_data):
            price = self.cleaned_data.get(name)
            if price and (problem := price_problem(price, connection.tenant.currency)):
                self.add_error(name, problem)
        return data

    def check_money(self, name: str) -> None:
        """Refuse an amount that is finer than the currency."""
        currency = connection.tenant.currency
        amount, places = self.cleaned_data.get(name), decimals_of(currency)
        if amount is not None and amount != round(amount, places):
            self.add_error(name, f"{currency} has {places} decimals.")


def gone(admin: ModelAdmin, request: HttpRequest, object_id: object) -> HttpResponse:
    """The way back from a page of what is not there, as Django answers on its own pages."""
    back: HttpResponse = admin._get_obj_does_not_exist_redirect(request, admin.opts, str(object_id))
    return back


class OnlyChanged(ModelAdmin):
    """What is there is changed; nothing is added or deleted."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OnlyRead(OnlyChanged):
    """No form changes it either."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OneRow(OnlyChanged):
    """A page of one row, and no list."""

    def row_id(self, request: HttpRequest) -> Any:
        return 1

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        page = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return redirect(reverse(page, args=[self.row_id(request)]))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **more: Any) -> Any:
        # The page is headed by its name alone.
        return super().render_change_form(request, context | {"is_one_row": True}, **more)


class OwnPages(ModelAdmin):
    """Pages that are written for themselves, beside or instead of Django's own."""

    # What of the four rights opens a row to them.
    row_right = "change"

    def page(self, request: HttpRequest, template: str, **more: Any) -> TemplateResponse:
        context = self.admin_site.each_context(request) | {"opts": self.opts} | more
        return TemplateResponse(request, template, context)

    def find_row(self, request: HttpRequest, object_id: str) -> Any:
        """What the page is about; None where there is nothing of that id."""
        return self.get_object(request, object_id)

    def with_row(
        self, request: HttpRequest, object_id: object, answer: Callable[..., HttpResponse]
    ) -> HttpResponse:
        """Give `answer(request, row)`, or lead back from what is not there."""
        if not getattr(self, f"has_{self.row_right}_permission")(request):
            raise PermissionDenied
        row = self.find_row(request, str(object_id))
        return gone(self, request, object_id) if row is None else answer(request, row)


class RowPages(OwnPages):
    """A page for each row that is no form of its fields: `row_page`."""

    def row_page(self, request: HttpRequest, row: Any) -> HttpResponse:
        raise NotImplementedError

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self.with_row(request, object_id, self.row_page)


class TenantModelAdmin(LongListAdmin):
    """Writes the tenant's own audit rows instead of Django's log, which is the platform's."""

    compressed_fields = True
    warn_unsaved_form = True

    # Whether a change here is one of the catalogue: kept answers about it are then stale.
    is_catalogue = True

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm, change: bool) -> None:
        self.remember_changes(request, form)
        super().save_model(request, obj, form, change)

    def remember_changes(self, request: HttpRequest, form: ModelForm) -> None:
        """Keep old and new values of a form for the audit row written at its end."""
        changes = request.__dict__.setdefault("audit_changes", {})
        for name in form.changed_data:
            if name in form.cleaned_data:
                new = form.cleaned_data[name]
                changes[name] = (form.initial.get(name), new)

    def save_formset(
        self, request: HttpRequest, form: ModelForm, formset: Any, change: bool
    ) -> None:
        changes = request.__dict__.setdefault("audit_changes", {})
        super().save_formset(request, form, formset, change)
        for obj in formset.new_objects:
            changes[f"{obj._meta.verbose_name} {obj}"] = (None, "added")
        for obj, fields in formset.changed_objects:
            changes[f"{obj._meta.verbose_name} {obj}"] = (None, f"changed: {', '.join(fields)}")
        for obj in formset.deleted_objects:
            changes[f"{obj._meta.verbose_name} {obj}"] = ("deleted", None)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        self._finish(request, obj, AuditEntry.Action.CREATE)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:
        self._finish(request, obj, AuditEntry.Action.CHANGE)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        gone: Any = ((obj, {}) for obj in queryset)
        record_all(user=request.user, action=AuditEntry.Action.DELETE, things=gone)

    def _finish(self, request: HttpRequest, obj: Model, action: str) -> None:
        """The last statements of the transaction."""
        changes = request.__dict__.pop("audit_changes", {})
        record(user=request.user, action=action, thing=obj, changes=changes)
        if self.is_catalogue:
            raise_catalogue_version()

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """The thing's audit rows, in the list of all of them."""
        return redirect(f"{reverse('admin:shop_auditentry_changelist')}?q={object_id}")


class ShopRowAdmin(OneRow, TenantModelAdmin):
    """The shop's own row: a page that changes it; it is neither added nor deleted."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(pk=request.tenant.pk)

    def row_id(self, request: HttpRequest) -> Any:
        return request.tenant.pk
