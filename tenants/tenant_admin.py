"""What every page of a shop's back office shares: roles, audit rows, the catalogue's version."""

from typing import Any

from django.db.models import Model
from django.forms import ModelForm
from django.shortcuts import redirect
from django.urls import reverse

from pycommerce.core.http import HttpRequest
from pycommerce.unfold_shim import ModelAdmin
from tenants.services.audit import record
from tenants.shop.models import AuditEntry, raise_catalogue_version


class TenantModelAdmin(ModelAdmin):
    """Writes the tenant's own audit rows instead of Django's log, which is the platform's."""

    list_per_page = 50
    show_full_result_count = False
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
        for obj in queryset:
            record(user=request.user, action=AuditEntry.Action.DELETE, thing=obj)

    def _finish(self, request: HttpRequest, obj: Model, action: str) -> None:
        """The last statements of the transaction."""
        changes = request.__dict__.pop("audit_changes", {})
        record(user=request.user, action=action, thing=obj, changes=changes)
        if self.is_catalogue:
            raise_catalogue_version()

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """The thing's audit rows, in the list of all of them."""
        return redirect(f"{reverse('admin:shop_auditentry_changelist')}?q={object_id}")
