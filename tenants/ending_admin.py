"""The end of a shop in its own back office: asked for by an owner, and taken back."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse

from pycommerce.core.errors import Refusal
from pycommerce.core.http import HttpRequest
from tenants.admin_sites import Part, tenant_site
from tenants.backends import rights_in
from tenants.origins import origin_of
from tenants.platform_models import ShopDeletion
from tenants.roles import Right
from tenants.services import ending
from tenants.shop_pages import SlugForm
from tenants.tenant_admin import OnlyChanged, OwnPages


@admin.register(ShopDeletion, site=tenant_site)
class ShopDeletionAdmin(OnlyChanged, OwnPages):
    """One page: how the shop ends, or until when that can be taken back."""

    exclude = ("tenant",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(tenant=request.tenant)

    def get_urls(self) -> list[URLPattern]:
        keep = path(
            "keep/", self.admin_site.admin_view(self.keep_view), name="tenants_shopdeletion_keep"
        )
        return [keep, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        deletion = self.get_queryset(request).first()
        form = SlugForm(request.tenant, request.POST or None)
        if request.method == "POST" and deletion is None and form.is_valid():
            done = self._try(
                request,
                lambda: ending.plan_deletion(
                    request.tenant,
                    typed_slug=form.cleaned_data["slug"],
                    user=request.user,
                    by_platform=False,
                    origin=origin_of(request),
                ),
                "The shop is closed now, and will be deleted.",
            )
            if isinstance(done, Refusal):
                form.add_error("slug", done.details)
            else:
                return self._back()
        return self.page(
            request,
            "admin/ending/page.html",
            title="End of the shop",
            deletion=deletion,
            form=form,
            days=ending.waiting_time().days,
        )

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **more: Any) -> Any:
        return self._back()

    def keep_view(self, request: HttpRequest) -> HttpResponse:
        """Take the deletion back."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            done = self._try(
                request,
                lambda: ending.take_back(
                    request.tenant,
                    user=request.user,
                    by_platform=False,
                    origin=origin_of(request),
                ),
                "The shop stays.",
            )
            if isinstance(done, Refusal):
                messages.warning(request, done.details)
        return self._back()

    def _try(self, request: HttpRequest, work: Callable[[], object], said: str) -> Refusal | None:
        try:
            work()
        except Refusal as refusal:
            return refusal
        messages.success(request, said)
        return None

    def _back(self) -> HttpResponse:
        return redirect(reverse("admin:tenants_shopdeletion_changelist"))


def closed_part(request: HttpRequest) -> Part | None:
    """That the shop is closed, and why or until when; nothing while it is open."""
    shop = request.tenant
    if shop.active:
        return None
    deletion = ShopDeletion.objects.filter(tenant=shop).first()
    may_keep = (
        deletion is not None
        and not deletion.by_platform
        and Right.END in rights_in(request.user, shop)
    )
    context = {"deletion": deletion, "may_keep": may_keep, "reason": shop.closed_reason}
    return Part("admin/ending/_closed.html", context, is_first=True)


tenant_site.parts.append(closed_part)
