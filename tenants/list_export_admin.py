"""Exports in a shop's back office: lists that the worker writes, how far they are, their files."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods, require_safe

from pycommerce.core.errors import Refusal
from pycommerce.core.http import HttpRequest
from pycommerce.core.spreadsheets import FORMATS
from tenants.admin_sites import tenant_site
from tenants.exporting import admin_of
from tenants.origins import origin_of
from tenants.services import list_exports
from tenants.services.audit import record
from tenants.services.list_exports import BUSY, KEPT_FOR, has_worker, path_of
from tenants.shop.models import AuditEntry, ListExport
from tenants.tenant_admin import OnlyRead, RowPages, TenantModelAdmin

SHOWN = 50
# Seconds after which the page of an export that is written renews itself.
LOOK_AGAIN = 2
State = ListExport.State


@admin.register(ListExport, site=tenant_site)
class ListExportAdmin(OnlyRead, RowPages, TenantModelAdmin):
    """Exports: for whoever may take data out of the shop, whoever of them asked."""

    row_right = "view"
    is_catalogue = False

    def get_urls(self) -> list[URLPattern]:
        download = path(
            "<uuid:export_id>/download/",
            self.admin_site.admin_view(self.download_view),
            name="shop_listexport_download",
        )
        return [download, *super().get_urls()]

    @method_decorator(require_safe)
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        exports = [each for each in ListExport.objects.all()[:SHOWN] if _may_have(request, each)]
        return self.page(
            request,
            "admin/exports/list.html",
            title="Exports",
            exports=exports,
            kept_days=KEPT_FOR.days,
        )

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def row_page(self, request: HttpRequest, row: ListExport) -> HttpResponse:
        if not _may_have(request, row):
            raise PermissionDenied
        if request.method == "POST":
            return self._take_step(request, row)
        listed = admin_of(row).opts
        source = reverse(f"admin:{listed.app_label}_{listed.model_name}_changelist")
        is_busy = row.state in BUSY and not row.is_silent
        response = self.page(
            request,
            "admin/exports/page.html",
            original=row,
            title=row.file_name,
            export=row,
            source=listed.verbose_name_plural,
            source_address=f"{source}?{row.query}" if row.query else source,
            is_busy=is_busy,
            # What waits is told apart from what nobody would ever do.
            has_worker=has_worker() if row.state == State.WAITING else True,
            percent=row.done * 100 // row.total if row.total else 0,
            may_download=row.state == State.READY and path_of(row).exists(),
            may_try_again=list_exports.may_be_tried_again(row),
            kept_days=KEPT_FOR.days,
        )
        if is_busy:
            response["Refresh"] = str(LOOK_AGAIN)
        return response

    def _take_step(self, request: HttpRequest, export: ListExport) -> HttpResponse:
        wanted = request.POST.get("do", "")
        here = reverse("admin:shop_listexport_change", args=[export.pk])
        try:
            if wanted == "cancel":
                list_exports.cancel(export.pk, user=request.user)
            elif wanted == "again":
                origin = origin_of(request)
                list_exports.try_again(export.pk, user=request.user, origin=origin)
            elif wanted == "delete":
                list_exports.delete_export(export, user=request.user)
                messages.success(request, f"{export} was deleted.")
                here = reverse("admin:shop_listexport_changelist")
        except Refusal as refusal:
            messages.warning(request, refusal.details)
        return redirect(here)

    @method_decorator(require_safe)
    def download_view(self, request: HttpRequest, export_id: UUID) -> FileResponse:
        """The file, until its time ends; the history says who took it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        ready = ListExport.objects.filter(state=State.READY, expires_at__gt=timezone.now())
        export = ready.filter(pk=export_id).first()
        if export is None:
            raise Http404
        if not _may_have(request, export):
            raise PermissionDenied
        try:
            file = path_of(export).open("rb")
        except FileNotFoundError as error:
            raise Http404 from error
        if request.method == "GET":
            changes = {"file": ("", "downloaded")}
            record(
                user=request.user,
                action=AuditEntry.Action.CHANGE,
                thing=export,
                changes=changes,
            )
        response = FileResponse(
            file,
            as_attachment=True,
            filename=export.file_name,
            content_type=FORMATS[export.form],
        )
        response["Cache-Control"] = "no-store"
        return response


def _may_have(request: HttpRequest, export: ListExport) -> bool:
    """Whether who asks may take that list out of the shop, at this moment."""
    return admin_of(export).may_export(request)
