"""A shop's page in the platform's back office: its figures, and what is done with all of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Prefetch, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime

from pycommerce.core.errors import Refusal
from pycommerce.core.http import HttpRequest
from pycommerce.db.counting import capped_counts
from pycommerce.unfold_shim import ChangeList
from tenants.admin_sites import ToDo, platform_site
from tenants.long_lists import LongChangeList, LongListAdmin
from tenants.models import Membership, Role, Tenant
from tenants.origins import shop_origin
from tenants.platform_models import ShopExport
from tenants.services import ending
from tenants.services.exports import ask_for_export, path_of
from tenants.tenant_admin import OnlyRead, OwnPages

# A shop is large from so many bytes on, or so many orders.
LARGE_BYTES, LARGE_ORDERS = 500 * 1024 * 1024, 50_000


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("open", "Open"),
            ("suspended", "Suspended"),
            ("ending", "Being deleted"),
            ("large", "Large"),
        ]

    def queryset(self, request: Any, queryset: QuerySet[Tenant]) -> QuerySet[Tenant]:
        chosen = {
            "open": Q(active=True),
            "suspended": Q(active=False, deletion=None),
            "ending": Q(deletion__isnull=False),
            "large": Q(figures__size__gte=LARGE_BYTES) | Q(figures__orders__gte=LARGE_ORDERS),
        }
        return queryset.filter(chosen.get(self.value() or "", Q()))


class _ShopList(LongChangeList):
    def url_for_result(self, result: Model) -> str:
        return reverse("admin:tenants_tenant_shop", args=[result.pk])


class SuspendForm(forms.Form):
    """Why a shop is closed for a while."""

    use_required_attribute = False

    reason = forms.CharField(
        max_length=300,
        label="Reason (required)",
        help_text="The shop's own staff reads it in their history. Shoppers do not.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "aria-required": "true"}),
        error_messages={
            "required": "Say why: without a reason its staff cannot know what to do. "
            "Nothing was done."
        },
    )


class SlugForm(forms.Form):
    """The slug, typed by whoever wants a shop to be deleted."""

    use_required_attribute = False

    slug = forms.CharField(
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )

    def __init__(self, tenant: Tenant, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slug"].label = f"Type “{tenant.slug}” to confirm"


class ShopPages(OwnPages, LongListAdmin):
    """The list of shops with their figures, and a page for each; mixed into the shops' admin."""

    list_display = (
        "name",
        "slug",
        "domain_name",
        "state",
        "owners",
        "size",
        "products",
        "orders",
        "last_activity",
    )
    list_before_template = "admin/platform/_as_of.html"
    list_filter = (StateFilter,)
    search_fields = ("name", "slug", "domains__domain", "memberships__user__email")
    search_help_text = "Name, slug, domain or a member's e-mail address"

    # --- The list ---

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return _ShopList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        owners = Membership.objects.filter(role=Role.OWNER).select_related("user")
        shops: QuerySet[Tenant] = super().get_queryset(request)
        return shops.select_related("figures", "deletion").prefetch_related(
            "domains", Prefetch("memberships", owners, to_attr="owning")
        )

    @admin.display(description="Domain")
    def domain_name(self, shop: Tenant) -> str:
        proven = [each for each in shop.domains.all() if each.is_proven]
        names = sorted(proven, key=lambda each: not each.is_primary)
        return names[0].domain if names else "–"

    @admin.display(description="State", ordering="active")
    def state(self, shop: Tenant) -> str:
        return state_of(shop)

    @admin.display(description="Owners")
    def owners(self, shop: Tenant) -> str:
        emails = [member.user.email for member in shop.owning]
        more = f" and {len(emails) - 2} more" if len(emails) > 2 else ""
        return ", ".join(emails[:2]) + more or "–"

    @admin.display(description="Size", ordering=Coalesce("figures__size", -1))
    def size(self, shop: Tenant) -> str:
        figures = getattr(shop, "figures", None)
        return filesizeformat(figures.size) if figures else "–"

    @admin.display(description="Products", ordering=Coalesce("figures__products", -1))
    def products(self, shop: Tenant) -> str:
        figures = getattr(shop, "figures", None)
        return f"{figures.products:,}" if figures else "–"

    @admin.display(description="Orders", ordering=Coalesce("figures__orders", -1))
    def orders(self, shop: Tenant) -> str:
        figures = getattr(shop, "figures", None)
        return f"{figures.orders:,}" if figures else "–"

    @admin.display(
        description="Last activity", ordering=Coalesce("figures__last_activity_at", "created_at")
    )
    def last_activity(self, shop: Tenant) -> str:
        figures = getattr(shop, "figures", None)
        at = figures.last_activity_at if figures else None
        return date_format(localtime(at), "DATETIME_FORMAT") if at else "–"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        more = {"as_of": as_of()} | (extra_context or {})
        response: HttpResponse = super().changelist_view(request, more)
        return response

    # --- A shop's page ---

    def get_urls(self) -> list[URLPattern]:
        def route(step: str, view: Callable[..., HttpResponse]) -> URLPattern:
            return path(
                f"<uuid:tenant_id>/{step}/",
                self.admin_site.admin_view(partial(self._of_shop, view=view)),
                name=f"tenants_tenant_{step}",
            )

        return [
            route("shop", self.shop_page),
            route("suspend", self.suspend_step),
            route("reopen", self.reopen_step),
            route("export", self.export_step),
            route("end", self.end_step),
            route("keep", self.keep_step),
            *super().get_urls(),
        ]

    def _of_shop(
        self, request: HttpRequest, tenant_id: UUID, *, view: Callable[..., HttpResponse]
    ) -> HttpResponse:
        return self.with_row(request, tenant_id, view)

    def _page(self, request: HttpRequest, template: str, shop: Tenant, **more: Any) -> HttpResponse:
        return self.page(
            request,
            template,
            title=shop.name,
            shop=shop,
            state=state_of(shop),
            deletion=getattr(shop, "deletion", None),
            **more,
        )

    def shop_page(self, request: HttpRequest, shop: Tenant) -> HttpResponse:
        """Figures, hosts, members, exports and what was done; the ways to all else."""
        done = LogEntry.objects.filter(
            content_type__app_label="tenants", content_type__model="tenant", object_id=shop.pk
        )
        return self._page(
            request,
            "admin/platform/shop.html",
            shop,
            figures=getattr(shop, "figures", None),
            origin=shop_origin(shop, port=request.get_port()),
            members=shop.memberships.select_related("user").order_by("role", "user__email"),
            exports=ShopExport.objects.filter(tenant_id=shop.pk)[:5],
            now=timezone.now(),
            done=done.select_related("user").order_by("-action_time")[:10],
        )

    def _take(
        self, request: HttpRequest, shop: Tenant, take: Callable[[], object], *, said: str
    ) -> HttpResponse:
        """Take a step and say so, there and in the platform's history; then back to the page."""
        try:
            take()
        except Refusal as refusal:
            messages.warning(request, refusal.details)
        else:
            self.log_change(request, shop, said)
            messages.success(request, said)
        return self._back(shop)

    def _back(self, shop: Tenant) -> HttpResponse:
        return redirect(reverse("admin:tenants_tenant_shop", args=[shop.pk]))

    def suspend_step(self, request: HttpRequest, shop: Tenant) -> HttpResponse:
        form = SuspendForm(request.POST or None)
        if request.method != "POST" or not form.is_valid():
            return self._page(request, "admin/platform/suspend.html", shop, form=form)
        reason = form.cleaned_data["reason"]
        return self._take(
            request,
            shop,
            lambda: ending.suspend(shop, reason=reason, user=request.user),
            said=f"Suspended: {reason}",
        )

    def reopen_step(self, request: HttpRequest, shop: Tenant) -> HttpResponse:
        if request.method != "POST":
            return self._back(shop)
        return self._take(
            request, shop, lambda: ending.reopen(shop, user=request.user), said="Open again."
        )

    def export_step(self, request: HttpRequest, shop: Tenant) -> HttpResponse:
        if request.method != "POST":
            return self._back(shop)
        by = request.user.author
        return self._take(
            request,
            shop,
            lambda: ask_for_export(shop, by=by),
            said="The worker writes an export of the shop.",
        )

    def end_step(self, request: HttpRequest, shop: Tenant) -> HttpResponse:
        form = SlugForm(shop, request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                deletion = ending.plan_deletion(
                    shop,
                    typed_slug=form.cleaned_data["slug"],
                    user=request.user,
                    by_platform=True,
                    origin=shop_origin(shop, port=request.get_port()),
                )
            except Refusal as refusal:
                form.add_error("slug", refusal.details)
            else:
                said = f"Closed, and deleted after {_in_utc(deletion.delete_after)}."
                self.log_change(request, shop, said)
                messages.success(request, said)
                return self._back(shop)
        return self._page(
            request, "admin/platform/end.html", shop, form=form, days=ending.waiting_time().days
        )

    def keep_step(self, request: HttpRequest, shop: Tenant) -> HttpResponse:
        if request.method != "POST":
            return self._back(shop)
        origin = shop_origin(shop, port=request.get_port())
        return self._take(
            request,
            shop,
            lambda: ending.take_back(shop, user=request.user, by_platform=True, origin=origin),
            said="The shop stays.",
        )


def _in_utc(at: datetime) -> str:
    return f"{date_format(localtime(at, UTC), 'DATETIME_FORMAT')} UTC"


def state_of(shop: Tenant) -> str:
    """In words."""
    if deletion := getattr(shop, "deletion", None):
        return f"deleted after {date_format(deletion.delete_after, 'SHORT_DATE_FORMAT')}"
    return "open" if shop.active else "suspended"


def as_of() -> str:
    """When the figures were gathered, in words."""
    from_db = Tenant.objects.order_by("-figures__gathered_at").exclude(figures=None)
    at = from_db.values_list("figures__gathered_at", flat=True).first()
    if at is None:
        return "Sizes and counts are gathered by the worker, which has not done so yet."
    return f"Sizes and counts as of {_in_utc(at)}."


@admin.register(ShopExport, site=platform_site)
class ShopExportAdmin(OnlyRead, LongListAdmin):
    """Exports of whole shops, of those that are gone too. Each can be taken until its time ends."""

    always_sortable = ("created_at",)
    list_display = ("shop_name", "shop_slug", "state", "file_size", "created_at", "expires_at")
    list_filter = ("state",)
    search_fields = ("shop_name", "shop_slug")
    fields = (
        "shop_name",
        "shop_slug",
        "state",
        "file_size",
        "asked_by_name",
        "created_at",
        "expires_at",
        "problem",
    )
    readonly_fields = fields
    change_form_after_template = "admin/platform/_download.html"

    @admin.display(description="Size", ordering="size")
    def file_size(self, export: ShopExport) -> str:
        return filesizeformat(export.size) if export.size else "–"

    def get_urls(self) -> list[URLPattern]:
        download = path(
            "<uuid:export_id>/download/",
            self.admin_site.admin_view(self.download_view),
            name="tenants_shopexport_download",
        )
        return [download, *super().get_urls()]

    def download_view(self, request: HttpRequest, export_id: UUID) -> FileResponse:
        """The file, a part after the other, until its time ends."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        export = ShopExport.objects.filter(
            pk=export_id, state=ShopExport.State.READY, expires_at__gt=timezone.now()
        ).first()
        if export is None:
            raise Http404
        try:
            file = path_of(export).open("rb")
        except FileNotFoundError as error:
            raise Http404 from error
        self.log_change(request, export, "Downloaded.")
        response = FileResponse(
            file, as_attachment=True, filename=str(export), content_type="application/zip"
        )
        response["Cache-Control"] = "no-store"
        return response


def _to_do(request: HttpRequest) -> list[ToDo]:
    """What of the shops the platform's staff has an eye on."""
    counted = capped_counts(
        {
            "ending": Tenant.objects.filter(deletion__isnull=False),
            "stuck": Tenant.objects.exclude(deletion=None).exclude(deletion__problem=""),
            "suspended": Tenant.objects.filter(active=False, deletion=None),
        }
    )
    shops = reverse("admin:tenants_tenant_changelist")
    ending_now, suspended = f"{shops}?state=ending", f"{shops}?state=suspended"
    return [
        ToDo("Shops being deleted", counted["ending"], ending_now),
        ToDo("Deletions that fail", counted["stuck"], ending_now, is_urgent=bool(counted["stuck"])),
        ToDo("Suspended shops", counted["suspended"], suspended),
    ]


platform_site.to_do.append(_to_do)
