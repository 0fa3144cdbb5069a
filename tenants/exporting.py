"""What a list of the back office shows, as a file, for whoever may take data out of the shop.

A short list is sent at once. A long one is written by the worker (`services/list_exports.py`), so
that no web worker is held by it.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from pycommerce.core.errors import Forbidden, InvalidRequest, Refusal
from pycommerce.core.http import HttpRequest
from pycommerce.core.spreadsheets import FORMATS, Cell, write_table
from pycommerce.db import connection
from pycommerce.db.counting import capped_counts
from tenants.admin_sites import tenant_site
from tenants.backends import rights_in
from tenants.models import User
from tenants.origins import origin_of
from tenants.roles import Right
from tenants.services.list_exports import ask_for_list
from tenants.shop.models import ListExport
from tenants.tenant_admin import TenantModelAdmin

# So many rows are written within a second, of products in XLSX too; what has more is a job.
MOST_AT_ONCE = 2_000
Row = Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """What is exported: of each thing that was found its rows, made while they are written.

    A row has as many cells as the header. `found` is what the list shows, `of_each` what else
    makes rows of it; they are counted, up to a limit. `comes_back`: it is imported again.
    """

    name: str
    header: Sequence[str]
    found: QuerySet[Any, Any]
    groups: Iterable[Sequence[Row]]
    of_each: tuple[QuerySet[Any, Any], ...] = ()
    comes_back: bool = False

    def is_longer_than(self, most: int) -> bool:
        """Whether its file has more rows; never counts further."""
        counts = capped_counts(dict(enumerate((self.found, *self.of_each))), most=most)
        return max(counts.values()) > most

    def count(self) -> int:
        """How many things there are, all of them counted."""
        return self.found.order_by().count()

    def write(self, file: Any, form: str, heard: Callable[[int], None] = lambda done: None) -> None:
        """Write it in one of FORMATS; `heard` is told after each thing how many are written."""
        write_table(file, form, self.header, self._rows(heard), comes_back=self.comes_back)

    def _rows(self, heard: Callable[[int], None]) -> Iterator[Row]:
        for done, group in enumerate(self.groups, 1):
            yield from group
            heard(done)


def one_row_each(
    name: str, header: Sequence[str], found: QuerySet[Any, Any], rows: Iterable[Row]
) -> Table:
    """The table of things that are a row each."""
    return Table(name, header, found, ((row,) for row in rows))


class ExportingAdmin(TenantModelAdmin):
    """A list that is exported as it is filtered: `export/csv/` and `export/xlsx/` below it."""

    def table(self, request: HttpRequest) -> Table:
        """What the request's query lists, all of its pages."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/<slug:form>/", view, name=name), *super().get_urls()]

    def may_export(self, request: HttpRequest) -> bool:
        """Whether who asks may take this list out of the shop."""
        may = Right.EXPORT in rights_in(request.user, request.tenant)
        return may and bool(self.has_view_permission(request))

    def export_links(self, request: HttpRequest) -> list[tuple[str, str]]:
        """The names of the formats and where they are, for who may have them."""
        if not self.may_export(request):
            return []
        query = _without_page(request)
        return [
            (form.upper(), f"export/{form}/" + (f"?{query}" if query else "")) for form in FORMATS
        ]

    def export_view(self, request: HttpRequest, form: str) -> HttpResponse | FileResponse:
        """The file, or the way to the page where it is written."""
        if not self.may_export(request):
            raise PermissionDenied
        if form not in FORMATS:
            raise Http404
        try:
            with transaction.atomic():
                table = self.table(request)
                is_long = table.is_longer_than(MOST_AT_ONCE)
                if not is_long:
                    return _send(table, form, _file_name(request, table, form))
        except IncorrectLookupParameters as error:
            raise Http404 from error
        return self._have_it_written(request, table, form)

    def _have_it_written(self, request: HttpRequest, table: Table, form: str) -> HttpResponse:
        # An address alone, followed by whatever looks ahead, has nobody work.
        query = _without_page(request)
        listed = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        back = redirect(f"{listed}?{query}" if query else listed)
        if request.method != "POST":
            messages.warning(request, "This list is long: export it by the button below it.")
            return back
        try:
            export = ask_for_list(
                kind=self.opts.label_lower,
                form=form,
                query=query,
                file_name=_file_name(request, table, form),
                user=request.user,
                origin=origin_of(request),
            )
        except Refusal as refusal:
            messages.warning(request, refusal.details)
            return back
        return redirect(reverse("admin:shop_listexport_change", args=[export.pk]))


def list_again(export: ListExport) -> Table:
    """The list of an export as it is now, for who asked for it.

    Raises Forbidden where they may not have it any more, InvalidRequest where its filter fits no
    more.
    """
    request = HttpRequest()
    request.method, request.GET = "GET", QueryDict(export.query)
    request.tenant = connection.tenant
    user = User.objects.filter(pk=export.user_id).first()
    listed = admin_of(export)
    if user:
        request.user = user
    if user is None or not listed.may_export(request):
        raise Forbidden("Who asked for it may not export this list any more.")
    try:
        return listed.table(request)
    except IncorrectLookupParameters as error:
        raise InvalidRequest("The list cannot be filtered so any more: export it anew.") from error


def admin_of(export: ListExport) -> ExportingAdmin:
    """Whose list it is."""
    found: ExportingAdmin = tenant_site.get_model_admin(apps.get_model(export.kind))
    return found


def _without_page(request: HttpRequest) -> str:
    """The list's query, whichever of its pages is looked at."""
    pairs = [(name, each) for name, all_ in request.GET.lists() for each in all_]
    return urlencode([pair for pair in pairs if pair[0] not in {"cursor", "p", "e"}])


def _file_name(request: HttpRequest, table: Table, form: str) -> str:
    return f"{request.tenant.slug}-{table.name}-{timezone.localdate():%Y-%m-%d}.{form}"


def _send(table: Table, form: str, name: str) -> FileResponse:
    """Written into a file first: what is sent slowly holds no transaction open."""
    file: Any = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the response
    try:
        table.write(file, form)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    response = FileResponse(file, as_attachment=True, filename=name, content_type=FORMATS[form])
    response["Cache-Control"] = "no-store"
    return response
