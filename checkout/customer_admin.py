"""Customers in the back office: who bought here, their data as a file, and their erasure.

Registered here and not in `orders`, since what a person left behind is in carts and payments too.
"""

import tempfile
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, F, Sum
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe

from checkout.services.erasing import erase_person, open_orders
from checkout.services.personal_data import everything_about
from orders.desk.inbox import rows_of
from orders.desk.paging import newest_page
from orders.desk.tables import customers_matching, customers_table
from orders.desk.words import counted
from orders.models import Customer
from pycommerce.api.renderers import write_object
from pycommerce.core.errors import Refusal
from pycommerce.core.http import HttpRequest
from pycommerce.db.retrying import once_more
from tenants.admin_sites import tenant_site
from tenants.backends import rights_in
from tenants.exporting import ExportingAdmin, Table
from tenants.roles import Right
from tenants.tenant_admin import OnlyRead, RowPages

ORDERS_SHOWN = 20


class EraseForm(forms.Form):
    """Asks to erase a person: their e-mail address is typed, so that nobody else is meant."""

    use_required_attribute = False

    confirmation = forms.CharField(
        label="Type their e-mail address to confirm", max_length=254, strip=True
    )

    def __init__(self, customer: Customer, *args: Any) -> None:
        super().__init__(*args)
        self.customer = customer
        self.fields["confirmation"].widget.attrs["autocomplete"] = "off"

    def clean_confirmation(self) -> str:
        typed: str = self.cleaned_data["confirmation"]
        if typed.lower() != self.customer.email.lower():
            raise ValidationError("That is not the address of this person.")
        return typed


@admin.register(Customer, site=tenant_site)
class CustomerAdmin(OnlyRead, RowPages, ExportingAdmin):
    """Who bought here, to read: customers come with their orders and change their own data.

    What the shop knows of one person is handed out, and taken out of it, as the law asks.
    """

    row_right = "view"
    is_catalogue = False

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<uuid:customer_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"orders_customer_{name}",
            )
            for name, view in (("data", self.data_view), ("erase", self.erase_view))
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        search = request.GET.get("q", "").strip()
        cut = newest_page(
            customers_matching(search),
            query=f"customers {search}",
            cursor=request.GET.get("cursor"),
        )

        def query(cursor: str | None) -> str:
            given = {"q": search, "cursor": cursor}
            return "?" + urlencode({name: value for name, value in given.items() if value})

        return self.page(
            request,
            "admin/orders/customer/list.html",
            title="Customers",
            rows=cut.rows,
            search=search,
            newest=query(None) if cut.previous_cursor else "",
            newer=query(cut.previous_cursor) if cut.previous_cursor else "",
            older=query(cut.next_cursor) if cut.next_cursor else "",
            exports=self.export_links(request),
        )

    def table(self, request: HttpRequest) -> Table:
        return customers_table(customers_matching(request.GET.get("q", "").strip()))

    @method_decorator(require_safe)
    def row_page(self, request: HttpRequest, row: Customer) -> HttpResponse:
        orders = row.orders.filter(number__isnull=False)
        return self.page(
            request,
            "admin/orders/customer/page.html",
            original=row,
            title=row.name,
            customer=row,
            rows=rows_of(orders[:ORDERS_SHOWN]),
            sums=orders.aggregate(count=Count("pk"), spent=Sum(F("captured") - F("refunded"))),
            shown=ORDERS_SHOWN,
            addresses=row.addresses.all(),
            may_export=self.may_export(request),
            may_erase=_may_erase(request),
        )

    def data_view(self, request: HttpRequest, customer_id: UUID) -> HttpResponse:
        """All that the shop knows of the person, as one file of JSON."""
        if not self.may_export(request):
            raise PermissionDenied
        return self.with_row(request, customer_id, self._data)

    def _data(self, request: HttpRequest, customer: Customer) -> HttpResponse:
        name = f"{request.tenant.slug}-customer-{timezone.localdate():%Y-%m-%d}.json"
        file: Any = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the response
        try:
            with transaction.atomic():
                write_object(file, everything_about(customer))
        except BaseException:
            file.close()
            raise
        file.seek(0)
        response: Any = FileResponse(
            file, as_attachment=True, filename=name, content_type="application/json"
        )
        response["Cache-Control"] = "no-store"
        return response

    def erase_view(self, request: HttpRequest, customer_id: UUID) -> HttpResponse:
        """What is lost and kept, and the erasure itself when its form is sent."""
        if not _may_erase(request):
            raise PermissionDenied
        return self.with_row(request, customer_id, self._erase)

    def _erase(self, request: HttpRequest, customer: Customer) -> HttpResponse:
        form = EraseForm(customer, request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                count = once_more(partial(erase_person, customer.pk, user=request.user))
            except Refusal as refusal:
                form.add_error(None, refusal.details)
            else:
                messages.success(request, f"The person was erased, from {counted(count, 'order')}.")
                return redirect(reverse("admin:orders_customer_changelist"))
        return self.page(
            request,
            "admin/orders/customer/erase.html",
            original=customer,
            title=f"Erase {customer.name}",
            customer=customer,
            form=form,
            open_orders=open_orders(customer),
            count=counted(customer.orders.count(), "order"),
            may_export=self.may_export(request),
        )


def _may_erase(request: HttpRequest) -> bool:
    return Right.ERASE in rights_in(request.user, request.tenant)
