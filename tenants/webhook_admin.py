"""Webhooks in a shop's back office: where they go, what was sent, what came back."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse

from pycommerce.core.errors import Refusal
from pycommerce.core.http import HttpRequest
from pycommerce.unfold_shim import UnfoldAdminTextInputWidget
from tenants.admin_sites import tenant_site
from tenants.services.audit import record
from tenants.shop.models import AuditEntry, WebhookDelivery, WebhookEndpoint, WebhookType
from tenants.tenant_admin import OwnPages, TenantModelAdmin
from tenants.watched_form import WatchedForm
from tenants.webhooks.managing import send_again, send_test
from tenants.webhooks.sending import check_address
from tenants.webhooks.signing import rotate_secret, secret_of

MOST_ENDPOINTS = 20
SHOWN = 50


class EndpointForm(WatchedForm):
    events = forms.MultipleChoiceField(
        choices=WebhookType.choices, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = WebhookEndpoint
        fields = ("address", "events", "is_active")
        widgets = {"address": UnfoldAdminTextInputWidget(attrs={"inputmode": "url"})}

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        try:
            check_address(address)
        except Refusal as refusal:
            raise forms.ValidationError(refusal.fields["address"]) from refusal
        return address

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        is_new = self.instance._state.adding
        if is_new and WebhookEndpoint.objects.count() >= MOST_ENDPOINTS:
            raise forms.ValidationError(f"A shop has at most {MOST_ENDPOINTS} webhooks.")
        if data.get("is_active") and not self.instance.is_active:
            # Switched on again: what failed before says nothing any more.
            self.instance.failing_since = None
        return data


@admin.register(WebhookEndpoint, site=tenant_site)
class WebhookEndpointAdmin(OwnPages, TenantModelAdmin):
    """Where this shop's events are sent, each with its secret and its log."""

    form = EndpointForm
    fields = ("address", "events", "is_active")
    list_display = ("address", "what", "is_active", "failing_since")
    change_form_template = "admin/webhooks/change_form.html"
    is_catalogue = False

    @admin.display(description="Events")
    def what(self, endpoint: WebhookEndpoint) -> str:
        return "; ".join(WebhookType(each).label for each in endpoint.events)

    def get_urls(self) -> list[URLPattern]:
        def step(name: str, answer: Callable[..., HttpResponse], more: str = "") -> URLPattern:
            def view(request: HttpRequest, endpoint_id: UUID, **given: UUID) -> HttpResponse:
                return self.with_row(request, endpoint_id, partial(answer, **given))

            return path(
                f"<uuid:endpoint_id>/{name}/{more}",
                self.admin_site.admin_view(view),
                name=f"shop_webhookendpoint_{name}",
            )

        return [
            step("test", self._test),
            step("rotate", self._rotate),
            step("again", self._send_again, "<uuid:delivery_id>/"),
            *super().get_urls(),
        ]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The webhooks alone: their logs, which go with them, may be long."""
        found = list(objs)
        return [str(each) for each in found], {"webhooks": len(found)}, set(), []

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        endpoint = self.get_object(request, object_id)
        more = self._log(endpoint) if endpoint and self.has_view_permission(request) else {}
        return super().change_view(request, object_id, form_url, more | (extra_context or {}))

    def _log(self, endpoint: WebhookEndpoint) -> dict[str, Any]:
        deliveries = endpoint.deliveries.select_related("event")
        return {
            "endpoint": endpoint,
            "secret": secret_of(endpoint),
            "deliveries": list(deliveries.order_by("-created_at", "-pk")[:SHOWN]),
        }

    def _back(self, endpoint: WebhookEndpoint) -> HttpResponse:
        return redirect(reverse("admin:shop_webhookendpoint_change", args=[endpoint.pk]) + "#log")

    def _test(self, request: HttpRequest, endpoint: WebhookEndpoint) -> HttpResponse:
        if request.method == "POST":
            send_test(endpoint)
            messages.success(request, "A test is on its way. Look at the log in a few seconds.")
        return self._back(endpoint)

    def _send_again(
        self, request: HttpRequest, endpoint: WebhookEndpoint, delivery_id: UUID
    ) -> HttpResponse:
        delivery = WebhookDelivery.objects.filter(pk=delivery_id, endpoint=endpoint).first()
        if delivery is None:
            raise Http404
        if request.method == "POST" and not endpoint.is_active:
            messages.warning(request, "The webhook is switched off. Switch it on first.")
        elif request.method == "POST":
            send_again(delivery)
            messages.success(request, "It is on its way again. Look at the log in a few seconds.")
        return self._back(endpoint)

    def _rotate(self, request: HttpRequest, endpoint: WebhookEndpoint) -> HttpResponse:
        if request.method == "POST":
            rotate_secret(endpoint)
            changes = {"secret": (None, "changed")}
            record(
                user=request.user,
                action=AuditEntry.Action.CHANGE,
                thing=endpoint,
                changes=changes,
            )
            messages.success(
                request, "There is a new secret. Both it and the one before sign for 24 hours."
            )
        return self._back(endpoint)
