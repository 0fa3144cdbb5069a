"""Domains in a shop's back office: added, proven by a DNS record, made the main address."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse

from pycommerce.core.errors import InvalidRequest
from pycommerce.core.http import HttpRequest
from tenants.admin_sites import tenant_site
from tenants.models import Domain
from tenants.services.domains import check_domain, claim_domain, make_primary, remove_domain
from tenants.tenant_admin import RowPages


class DomainClaimForm(forms.Form):
    """Asks for a domain."""

    use_required_attribute = False

    domain = forms.CharField(
        max_length=300,
        label="Domain",
        help_text="A name that you own, as in shop.example.org. It may have letters of any script.",
        widget=forms.TextInput(
            attrs={"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )


@admin.register(Domain, site=tenant_site)
class DomainAdmin(RowPages):
    """The domains of this shop, beside the address that every shop has."""

    fields = ("domain",)
    list_display = ("shown_name", "state_in_words", "is_primary", "proven_at", "checked_at")
    list_per_page = 50
    show_full_result_count = False
    actions = None

    @admin.display(description="Domain", ordering="domain")
    def shown_name(self, domain: Domain) -> str:
        return domain.shown

    @admin.display(description="State")
    def state_in_words(self, domain: Domain) -> str:
        return domain.state

    def get_queryset(self, request: HttpRequest) -> QuerySet[Domain]:
        return super().get_queryset(request).filter(tenant=request.tenant)

    def get_urls(self) -> list[URLPattern]:
        def step(name: str, view: Callable[..., HttpResponse]) -> URLPattern:
            view = self.admin_site.admin_view(view)
            return path(f"<int:domain_id>/{name}/", view, name=f"tenants_domain_{name}")

        return [
            step("check", self.check_view),
            step("primary", self.primary_view),
            step("secondary", self.secondary_view),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = DomainClaimForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                domain = claim_domain(request.tenant, form.cleaned_data["domain"], request.user)
            except InvalidRequest as refusal:
                form.add_error("domain", refusal.fields["domain"])
            else:
                return self._to(domain)
        return self.page(request, "admin/domains/add.html", title="New domain", form=form)

    def check_view(self, request: HttpRequest, domain_id: int) -> HttpResponse:
        return self.with_row(request, domain_id, self._check)

    def primary_view(self, request: HttpRequest, domain_id: int) -> HttpResponse:
        return self.with_row(request, domain_id, self._make_primary)

    def secondary_view(self, request: HttpRequest, domain_id: int) -> HttpResponse:
        return self.with_row(request, domain_id, self._make_secondary)

    def _to(self, domain: Domain) -> HttpResponse:
        return redirect(reverse("admin:tenants_domain_change", args=[domain.pk]))

    def row_page(self, request: HttpRequest, row: Domain) -> HttpResponse:
        return self.page(
            request,
            "admin/domains/page.html",
            title=f"Domain {row.shown}",
            domain=row,
            target=settings.BASE_HOST,
            addresses=settings.PUBLIC_ADDRESSES,
            default_host=request.tenant.default_host,
        )

    def _check(self, request: HttpRequest, domain: Domain) -> HttpResponse:
        if request.method == "POST":
            checked = check_domain(domain)
            if checked is None:
                return redirect(reverse("admin:tenants_domain_changelist"))
            if checked.is_proven and not checked.missing_since:
                messages.success(request, f"{checked.shown} is proven: {checked.seen}")
            else:
                messages.warning(request, f"{checked.shown}: {checked.seen}")
        return self._to(domain)

    def _make_primary(self, request: HttpRequest, domain: Domain) -> HttpResponse:
        if request.method == "POST":
            try:
                make_primary(request.tenant, domain, request.user)
            except InvalidRequest as refusal:
                messages.error(request, f"{domain.shown}: {refusal.fields['domain'][0]}")
            else:
                messages.success(request, f"Links lead to {domain.shown} from now on.")
        return self._to(domain)

    def _make_secondary(self, request: HttpRequest, domain: Domain) -> HttpResponse:
        if request.method == "POST" and domain.is_primary:
            make_primary(request.tenant, None, request.user)
            host = request.tenant.default_host
            messages.success(request, f"Links lead to {host} from now on.")
        return self._to(domain)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        found = list(objs)
        words = [f"{each}: the shop does not answer there any more" for each in found]
        return words, {"domains": len(found)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Domain) -> None:
        remove_domain(obj, request.user)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """Its own service writes the history."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """The domain's rows in the shop's history."""
        domain = self.get_object(request, object_id)
        words = domain.shown if domain else object_id
        return redirect(f"{reverse('admin:shop_auditentry_changelist')}?q={words}")
