"""Packing slips and invoices in the back office: as a page to print, and as PDF."""

from collections.abc import Callable, Iterable
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from orders.desk.printing import MOST_PAPERS, PAPERS, papers_as_pdf, print_papers
from orders.services.pricing import order_settings
from pycommerce.api.parameters import parse_uuid
from pycommerce.core.http import HttpRequest, whole_address
from pycommerce.core.pdf import NoPdf, can_make_pdf
from tenants.backends import rights_in
from tenants.exporting import ExportingAdmin
from tenants.roles import Right


class PapersAdmin(ExportingAdmin):
    """Orders of which papers are printed."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("print/<slug:paper>/", view(self.print_view), name="orders_order_print"),
            path("print/<slug:paper>/pdf/", view(self.pdf_view), name="orders_order_pdf"),
            *super().get_urls(),
        ]

    def print_view(self, request: HttpRequest, paper: str, problem: str = "") -> HttpResponse:
        """The papers of the orders in `id` as a page, or why there are none."""
        chosen = self._chosen_for(request, paper)
        if len(chosen) > MOST_PAPERS:
            problem = (
                f"{MOST_PAPERS} orders can be printed at once, as many as a page of the list has, "
                f"and {len(chosen)} were chosen."
            )
            chosen = []
        logo = request.tenant.logo.url if request.tenant.logo else ""
        papers = print_papers(paper, chosen, address_of=_address_in(request), logo=logo)
        pdf = reverse("admin:orders_order_pdf", args=[paper])
        context = {
            "papers": papers,
            "title": PAPERS[paper],
            "tenant": request.tenant,
            "problem": problem,
            "pdf_address": f"{pdf}?{query_of(chosen)}" if papers and can_make_pdf() else "",
            "lacks_seller": paper == "invoices" and not order_settings().business_address,
            "may_name_seller": Right.WRITE_TERMS in rights_in(request.user, request.tenant),
        }
        status = 400 if problem else 200
        return render(request, "admin/orders/order/print.html", context, status=status)

    def pdf_view(self, request: HttpRequest, paper: str) -> HttpResponse:
        chosen = self._chosen_for(request, paper)
        if not chosen or len(chosen) > MOST_PAPERS:
            return self.print_view(request, paper)
        if not can_make_pdf():
            return self.print_view(request, paper, "This server makes no PDF: print the page.")
        try:
            made = papers_as_pdf(paper, chosen, address_of=_address_in(request))
        except NoPdf as error:
            return self.print_view(request, paper, str(error))
        headers = {"Content-Disposition": f'inline; filename="{paper}.pdf"'}
        return HttpResponse(made, content_type="application/pdf", headers=headers)

    def _chosen_for(self, request: HttpRequest, paper: str) -> list[UUID]:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if paper not in PAPERS:
            raise Http404
        return ids_in(request.GET.getlist("id"))


def ids_in(texts: Iterable[str]) -> list[UUID]:
    found = [parse_uuid(text) for text in texts]
    return list(dict.fromkeys(each for each in found if each))


def query_of(ids: Iterable[UUID]) -> str:
    return urlencode([("id", each) for each in ids])


def _address_in(request: HttpRequest) -> Callable[[UUID], str]:
    """Gives the whole address of an order's page in the back office."""
    return lambda order_id: whole_address(
        request, reverse("admin:orders_order_change", args=[order_id])
    )
