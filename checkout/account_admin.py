"""Where a shop's payments go: set by its owners, and held against what Stripe says."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from checkout.stripe_gateway import is_live, provider_name
from pycommerce.core.errors import InvalidRequest
from pycommerce.core.http import HttpRequest
from tenants.admin_sites import tenant_site
from tenants.models import PaymentAccount, Tenant
from tenants.services.accounts import change_account, check_account, refuse_anothers
from tenants.tenant_admin import OneRow, RowPages
from tenants.watched_form import WatchedForm


class AccountForm(WatchedForm):
    """Asks for the account, and for an emptied field too."""

    class Meta:
        model = PaymentAccount
        fields = ("stripe_account",)
        widgets = {
            "stripe_account": forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
        }

    def history_of(self, name: str) -> tuple[list[Model], list[str]]:
        # Written as a change of the shop.
        return [Tenant(pk=self.instance.pk)], [name]


@admin.register(PaymentAccount, site=tenant_site)
class PaymentAccountAdmin(OneRow, RowPages):
    """One page: the account that this shop's payments go to."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[PaymentAccount]:
        return super().get_queryset(request).filter(pk=request.tenant.pk)

    def row_id(self, request: HttpRequest) -> Any:
        return request.tenant.pk

    def row_page(self, request: HttpRequest, row: PaymentAccount) -> HttpResponse:
        form = AccountForm(request.POST or None, instance=row)
        if request.method == "POST" and form.is_valid() and self._take(request, form):
            return self.changelist_view(request)
        return self.page(
            request,
            "admin/payment_account.html",
            title="Payment account",
            form=form,
            provider=provider_name(),
            is_live=is_live(),
        )

    def _take(self, request: HttpRequest, form: AccountForm) -> bool:
        """Check and change the account; whether that was done, or the form says why not."""
        account: str = form.cleaned_data["stripe_account"]
        try:
            refuse_anothers(request.tenant, account, request.user)
            said = check_account(account) if form.has_changed() else ""
            is_another = change_account(request.tenant, account, request.user)
        except InvalidRequest as refusal:
            form.add_error("stripe_account", refusal.fields["stripe_account"])
            return False
        if is_another:
            where = account or "the platform's own account"
            messages.success(request, f"New payments go to {where}. {said}".strip())
        return True

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """The changes in the shop's history."""
        return redirect(f"{reverse('admin:shop_auditentry_changelist')}?q={request.tenant.pk}")
