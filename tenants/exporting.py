"""What a list of the back office shows, as a file, for whoever may take data out of the shop."""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import FileResponse, Http404
from django.urls import URLPattern, path
from django.utils import timezone

from pycommerce.core.http import HttpRequest
from pycommerce.core.spreadsheets import FORMATS, Cell, write_table
from tenants.backends import rights_in
from tenants.roles import Right
from tenants.tenant_admin import TenantModelAdmin


@dataclass(frozen=True, slots=True)
class Table:
    """What is exported: rows of as many cells as the header has, made while they are written.

    `comes_back`: it is imported again.
    """

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    comes_back: bool = False


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
        return Right.EXPORT in rights_in(request.user, request.tenant)

    def export_links(self, request: HttpRequest) -> list[tuple[str, str]]:
        """The names of the formats and where they are, for who may have them."""
        if not self.may_export(request):
            return []
        query = request.GET.urlencode()
        return [
            (form.upper(), f"export/{form}/" + (f"?{query}" if query else "")) for form in FORMATS
        ]

    def export_view(self, request: HttpRequest, form: str) -> FileResponse:
        """Written into a file first: what is sent slowly holds no transaction open."""
        if not self.has_view_permission(request) or not self.may_export(request):
            raise PermissionDenied
        if form not in FORMATS:
            raise Http404
        file: Any = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the response
        try:
            with transaction.atomic():
                table = self.table(request)
                back = table.comes_back
                write_table(file, form, table.header, table.rows, comes_back=back)
        except IncorrectLookupParameters as error:
            file.close()
            raise Http404 from error
        except BaseException:
            file.close()
            raise
        file.seek(0)
        name = f"{request.tenant.slug}-{table.name}-{timezone.localdate():%Y-%m-%d}.{form}"
        response = FileResponse(file, as_attachment=True, filename=name, content_type=FORMATS[form])
        response["Cache-Control"] = "no-store"
        return response
