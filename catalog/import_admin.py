"""Imports in the back office: upload, look at what would change, bring it in, read the report."""

import io
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from catalog.import_forms import ColumnsForm, ReadAsForm, UploadForm
from catalog.importing import files
from catalog.importing.template import write_template
from catalog.models import ImportRun
from catalog.services.columns import may_be_read_again, name_columns, read_again
from catalog.services.import_runs import (
    REFUSED_SHOWN,
    begin_undo,
    delete_import,
    go_on,
    may_go_on,
    stop,
    upload_import,
)
from catalog.services.picture_fetches import progress_of, try_again
from catalog.services.undoing import may_be_undone
from pycommerce.core.errors import Refusal
from pycommerce.core.http import HttpRequest
from pycommerce.core.spreadsheets import FORMATS
from pycommerce.db.counting import capped_counts
from tenants.admin_sites import ToDo, tenant_site
from tenants.backends import rights_in
from tenants.roles import Right
from tenants.tenant_admin import RowPages, TenantModelAdmin

SHOWN = 50
# Seconds after which the page of an import that is worked on renews itself.
LOOK_AGAIN = 2
LOOK_AGAIN_AT_PICTURES = 5
State = ImportRun.State


def _to_do(request: HttpRequest) -> list[ToDo]:
    """Imports that came to nothing; none is no part of the list."""
    if Right.WRITE_CATALOGUE not in rights_in(request.user, request.tenant):
        return []
    count = capped_counts({"failed": ImportRun.objects.filter(state=State.FAILED)})["failed"]
    address = f"{reverse('admin:catalog_importrun_changelist')}?state={State.FAILED.value}"
    return [ToDo("Failed imports", count, address, is_urgent=True)] if count else []


tenant_site.to_do.append(_to_do)


@admin.register(ImportRun, site=tenant_site)
class ImportAdmin(RowPages, TenantModelAdmin):
    """Imports: nothing of one is edited; it is begun, stopped, gone on with and deleted."""

    row_right = "view"
    is_catalogue = False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("template/", wrap(self.template_view), name="catalog_importrun_template"),
            path(
                "<uuid:run_id>/rejected/",
                wrap(self.rejected_view),
                name="catalog_importrun_rejected",
            ),
            *super().get_urls(),
        ]

    def has_delete_permission(self, request: HttpRequest, obj: ImportRun | None = None) -> bool:
        allowed: bool = super().has_delete_permission(request, obj)
        return allowed and (obj is None or obj.state not in ImportRun.BUSY or obj.is_silent)

    def get_deleted_objects(
        self, objs: Sequence[ImportRun], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """The imports alone, and not what is remembered of each of their products."""
        return list(map(str, objs)), {str(self.opts.verbose_name_plural): len(objs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: ImportRun) -> None:
        delete_import(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ImportRun]) -> None:
        for run in queryset:
            delete_import(run)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._list_page(request, UploadForm())

    def _list_page(self, request: HttpRequest, form: UploadForm) -> HttpResponse:
        state = request.GET.get("state", "")
        state = state if state in State.values else ""
        runs = ImportRun.objects.defer("preview", "columns", "unknown_columns", "samples")
        runs = runs.filter(state=state) if state else runs
        return self.page(
            request,
            "admin/catalog/import/list.html",
            title=_("Imports"),
            form=form,
            runs=runs[:SHOWN],
            state=State(state).label if state else "",
            may_import=self.has_add_permission(request),
        )

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return redirect(reverse("admin:catalog_importrun_changelist"))
        form = UploadForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._list_page(request, form)
        data = form.cleaned_data
        run = upload_import(data["file"], request.user, fetches_pictures=data["fetches_pictures"])
        return redirect(_address(run.pk))

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def row_page(self, request: HttpRequest, row: ImportRun) -> HttpResponse:
        if request.method == "POST":
            return self._take_step(request, row)
        return self._run_page(request, row)

    def _run_page(
        self, request: HttpRequest, run: ImportRun, columns_form: ColumnsForm | None = None
    ) -> HttpResponse:
        found = run.report if run.report and run.state != State.READY else run.preview
        may = self.has_add_permission(request)
        may_read = may and may_be_read_again(run)
        if may_read and columns_form is None and run.state == State.ASKING:
            columns_form = ColumnsForm(run)
        pictures = progress_of(run) if run.fetches_pictures and run.report else None
        is_busy = run.state in ImportRun.BUSY and not run.is_silent
        may_stop = may and is_busy and run.state == State.RUNNING and not run.is_by_command
        response = self.page(
            request,
            "admin/catalog/import/page.html",
            original=run,
            title=run.file_name,
            run=run,
            is_busy=is_busy,
            percent=run.done * 100 // run.total if run.total else 0,
            may_go_on=may and may_go_on(run),
            may_undo=may and may_be_undone(run),
            may_stop=may_stop and not run.is_to_stop,
            may_delete=self.has_delete_permission(request, run),
            pictures=pictures,
            may_fetch=may and bool(pictures and (pictures["failed"] or pictures["later"])),
            read_as_form=ReadAsForm(run) if may_read else None,
            columns_form=columns_form,
            found=found,
            changed=[_in_words(each) for each in found.get("changed", [])],
            has_rejected=files.rejected(run.pk).exists(),
            refused=_refused_page(run, found, request.GET.get("refused", "")),
            known_columns=[name for name in run.columns if name not in run.unknown_columns],
        )
        if is_busy:
            response["Refresh"] = str(LOOK_AGAIN)
        elif pictures and pictures["now"]:
            response["Refresh"] = str(LOOK_AGAIN_AT_PICTURES)
        return response

    def _take_step(self, request: HttpRequest, run: ImportRun) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        wanted = request.POST.get("do", "")
        try:
            if wanted == "stop":
                stop(run.pk)
            elif wanted == "fetch":
                try_again(run.pk)
            elif wanted == "read-as":
                if (form := ReadAsForm(run, request.POST)).is_valid():
                    read_again(run.pk, form.cleaned_data["read_as"], request.user)
            elif wanted == "columns" and run.state == State.ASKING:
                columns_form = ColumnsForm(run, request.POST)
                if not columns_form.is_valid():
                    return self._run_page(request, run, columns_form)
                name_columns(run.pk, columns_form.mapping, request.user)
            elif step := {"go-on": go_on, "undo": begin_undo}.get(wanted):
                step(run.pk, request.user)
        except Refusal as refusal:
            messages.warning(request, refusal.details)
        return redirect(_address(run.pk))

    def template_view(self, request: HttpRequest) -> FileResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        file = io.BytesIO()
        write_template(file)
        file.seek(0)
        return FileResponse(
            file,
            as_attachment=True,
            filename="products-template.csv",
            content_type=FORMATS["csv"],
        )

    def rejected_view(self, request: HttpRequest, run_id: UUID) -> FileResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = ImportRun.objects.filter(pk=run_id).first()
        try:
            file = files.rejected(run.pk).open("rb") if run else None
        except FileNotFoundError:
            file = None
        if run is None or file is None:
            raise Http404
        name = f"{run.file_name.rpartition('.')[0] or run.file_name}.rejected.csv"
        response = FileResponse(
            file, as_attachment=True, filename=name, content_type=FORMATS["csv"]
        )
        response["Cache-Control"] = "no-store"
        return response


def _refused_page(run: ImportRun, found: dict[str, Any], number: str) -> dict[str, Any]:
    """A page of the refused rows: the first is kept with the report, later ones are in the file."""
    is_number = number.isascii() and number.isdigit() and len(number) < 7
    page = max(1, int(number)) if is_number else 1
    rows, count = found.get("refused", []), found.get("rejected", 0)
    if page > 1:
        rows = files.refused_rows(run.pk, (page - 1) * REFUSED_SHOWN, REFUSED_SHOWN)
    start, is_there = (page - 1) * REFUSED_SHOWN, files.rejected(run.pk).exists()
    end = start + len(rows)
    return {
        "rows": rows,
        "first": start + 1,
        "last": end,
        "count": count,
        "earlier": f"?refused={page - 1}#refused" if page > 1 else "",
        "later": f"?refused={page + 1}#refused" if rows and end < count and is_there else "",
    }


def _address(run_id: UUID) -> str:
    return reverse("admin:catalog_importrun_change", args=[run_id])


_WORDS = {
    "name": gettext_lazy("name"),
    "description": gettext_lazy("description"),
    "status": gettext_lazy("status"),
    "vendor": gettext_lazy("vendor"),
    "product_type": gettext_lazy("type"),
    "tags": gettext_lazy("tags"),
    "option_names": gettext_lazy("options"),
    "option_values": gettext_lazy("options"),
    "seo_title": gettext_lazy("title for search engines"),
    "seo_description": gettext_lazy("description for search engines"),
    "source_fields": gettext_lazy("other columns"),
    "categories": gettext_lazy("category added"),
    "picture": gettext_lazy("picture added"),
    "alt": gettext_lazy("alternative text"),
    "position": gettext_lazy("place of a picture"),
    "price": gettext_lazy("price"),
    "compare_at_price": gettext_lazy("price before"),
    "barcode": gettext_lazy("barcode"),
    "weight_grams": gettext_lazy("weight"),
    "sku": gettext_lazy("SKU"),
    "sku_is_generated": gettext_lazy("SKU is made up"),
    "on_hand": gettext_lazy("units on hand"),
}


def _in_words(noted: dict[str, Any]) -> dict[str, Any]:
    """Something changed, its members by what people call them."""
    members = [(_WORDS[name], old, new) for name, old, new in noted["members"]]
    return noted | {"members": members}
