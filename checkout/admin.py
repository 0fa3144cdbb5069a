"""Orders in the back office: the list, an order's page, and each step that can be taken.

Registered here and not in `orders`, since cancelling and refunding ask the payment provider.
"""

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe

from checkout import (  # noqa: F401 - they register
    account_admin,
    customer_admin,
    first_steps,
    retention_admin,
)
from checkout.order_steps import STEPS, Outcome, Step
from orders.desk import inbox
from orders.desk.forms import KeepForm, NoteForm, RefundForm, StepForm
from orders.desk.page import Sight, account_of, see_order
from orders.desk.paging import PER_PAGE
from orders.desk.papers import PapersAdmin, ids_in, query_of
from orders.desk.printing import PAPERS
from orders.desk.tables import orders_table
from orders.desk.words import counted
from orders.models import Order
from orders.services.fulfilling import fulfil_order
from orders.services.refunding import plan_refund
from orders.services.timeline import Actor
from pycommerce.api.parameters import parse_uuid
from pycommerce.core.errors import Refusal
from pycommerce.core.http import HttpRequest
from pycommerce.db.counting import MOST, capped_counts, count_words
from pycommerce.db.retrying import COLLISIONS, once_more
from tenants.admin_sites import ToDo, tenant_site
from tenants.backends import rights_in
from tenants.exporting import Table
from tenants.roles import Right
from tenants.tenant_admin import OnlyRead, RowPages

CHOSEN = "chosen"


def actor_of(request: HttpRequest) -> Actor:
    return Actor(request.user.pk, request.user.author)


def may(request: HttpRequest, right: Right) -> bool:
    return right in rights_in(request.user, request.tenant)


@admin.register(Order, site=tenant_site)
class OrderAdmin(OnlyRead, RowPages, PapersAdmin):
    """Orders: nothing of them is edited or deleted, everything is a step with its own right."""

    row_right = "view"
    is_catalogue = False

    def get_urls(self) -> list[URLPattern]:
        def wrapped(view: Callable[..., HttpResponse]) -> Any:
            return self.admin_site.admin_view(view)

        steps = [
            path(
                f"<uuid:order_id>/{step.name}/",
                wrapped(partial(self.step_view, step=step)),
                name=f"orders_order_{step.name}",
            )
            for step in STEPS.values()
        ]
        return [*steps, *super().get_urls()]

    # --- The list -----------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._do_with_chosen(request)
        tab, search = _asked(request)
        counts = inbox.tab_counts()
        cut = inbox.find_page(tab, search, request.GET.get("cursor"))

        def query(**values: str | None) -> str:
            given = {"tab": tab if tab != "all" else "", "q": search} | values
            return "?" + urlencode({name: value for name, value in given.items() if value})

        tabs = [
            {
                "name": each.name,
                "count": count_words(counts[key]),
                "address": query(tab=key if key != "all" else ""),
                "is_chosen": key == tab,
            }
            for key, each in inbox.TABS.items()
        ]
        return self.page(
            request,
            "admin/orders/order/inbox.html",
            title="Orders",
            tabs=tabs,
            tab=tab,
            search=search,
            rows=cut.rows,
            newer=query(cursor=cut.previous_cursor) if cut.previous_cursor else "",
            older=query(cursor=cut.next_cursor) if cut.next_cursor else "",
            newest=query() if cut.previous_cursor else "",
            everywhere=query(tab="") if search and tab != "all" else "",
            may_fulfil=may(request, Right.FULFIL_ORDERS),
            has_some_to_send=inbox.TABS[tab].has_some_to_send,
            may_refund=may(request, Right.WRITE_ORDERS),
            papers=PAPERS,
            exports=self.export_links(request),
        )

    def table(self, request: HttpRequest) -> Table:
        return orders_table(inbox.find(*_asked(request)))

    def _do_with_chosen(self, request: HttpRequest) -> HttpResponse:
        chosen = ids_in(request.POST.getlist(CHOSEN))[:PER_PAGE]
        back = redirect(request.get_full_path())
        wanted = request.POST.get("do", "")
        if not chosen:
            messages.warning(request, "Choose orders first.")
        elif wanted in PAPERS:
            address = reverse("admin:orders_order_print", args=[wanted])
            return redirect(f"{address}?{query_of(chosen)}")
        elif wanted == "fulfil":
            if not may(request, Right.FULFIL_ORDERS):
                raise PermissionDenied
            self._fulfil_all(request, chosen)
        return back

    def _fulfil_all(self, request: HttpRequest, chosen: list[UUID]) -> None:
        """Send all that is left of each; each is a transaction of its own."""
        orders = Order.objects.filter(pk__in=chosen, number__isnull=False).only("number")
        sent, skipped = 0, []
        for order in orders.order_by("created_at", "pk"):
            try:
                once_more(partial(fulfil_order, order_id=order.pk, actor=actor_of(request)))
                sent += 1
            except (Refusal, OperationalError) as error:
                skipped.append(f"{order.number} {_why_skipped(order.pk, error)}")
        report = f"{counted(sent, 'order')} fulfilled"
        if skipped:
            report += f", {len(skipped)} skipped: {'; '.join(skipped)}"
        level = messages.WARNING if skipped else messages.SUCCESS
        messages.add_message(request, level, f"{report}.")

    # --- An order -----------------------------------------------------------------------------

    def find_row(self, request: HttpRequest, object_id: str) -> Sight | None:
        order_id = parse_uuid(object_id)
        return see_order(order_id) if order_id else None

    @method_decorator(require_safe)
    def row_page(self, request: HttpRequest, row: Sight) -> HttpResponse:
        sight, order = row, row.order
        steps = [
            step
            for step in STEPS.values()
            if may(request, step.right) and step.name not in _ELSEWHERE and step.is_open(sight)
        ]
        return self.page(
            request,
            "admin/orders/order/page.html",
            original=order,
            title=str(order),
            sight=sight,
            account=account_of(order, cursor=request.GET.get("timeline")),
            attempt=order.attempts.order_by("-created_at", "-id").first(),
            steps=steps,
            # Several times on the page, so that its fields have no ids.
            form=StepForm(sight, auto_id=False),
            note_form=NoteForm(sight) if may(request, Right.FULFIL_ORDERS) else None,
            keep_form=KeepForm(sight, auto_id=False)
            if may(request, Right.WRITE_ORDERS) and STEPS["keep"].is_open(sight)
            else None,
            may_send_refunds=may(request, Right.WRITE_ORDERS),
            papers=PAPERS,
            orders_of_customer=_orders_of_customer(order),
            time_zone=request.tenant.time_zone,
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """The order's own timeline."""
        return redirect(reverse("admin:orders_order_change", args=[object_id]) + "#timeline")

    # --- Steps --------------------------------------------------------------------------------

    def step_view(self, request: HttpRequest, order_id: UUID, step: Step) -> HttpResponse:
        """A step's page, and the step itself when its form is sent."""
        if not may(request, step.right):
            raise PermissionDenied
        return self.with_row(request, order_id, partial(self._step, step=step))

    def _step(self, request: HttpRequest, sight: Sight, *, step: Step) -> HttpResponse:
        back = redirect(reverse("admin:orders_order_change", args=[sight.order.pk]))
        if request.method != "POST":
            if not step.has_page:
                return back
            return self._step_page(request, step, step.form(sight))
        form = step.form(sight, request.POST)
        if form.is_valid() and "change" not in request.POST:
            if isinstance(form, RefundForm) and form.cleaned_data["agreed"] is None:
                return self._sum_page(request, step, form)
            outcome = _take(step, form, actor_of(request))
            if outcome:
                messages.add_message(request, outcome.level, outcome.text)
                return back
        if not step.has_page:
            for problem in form.non_field_errors() or ["Try again."]:
                messages.error(request, str(problem))
            return back
        return self._step_page(request, step, form)

    def _step_page(
        self, request: HttpRequest, step: Step, form: StepForm, template: str = "", **more: Any
    ) -> HttpResponse:
        sight = form.sight
        return self.page(
            request,
            template or step.template,
            original=sight.order,
            title=f"{step.label}: {sight.order}",
            step=step,
            sight=sight,
            form=form,
            consequences=step.consequences(sight),
            submit_label=step.submit_label(sight),
            is_open=step.is_open(sight),
            **more,
        )

    def _sum_page(self, request: HttpRequest, step: Step, form: RefundForm) -> HttpResponse:
        """The exact sum of a refund, to agree to."""
        order = form.sight.order
        try:
            plan = plan_refund(order, **form.wanted())
        except Refusal as refusal:
            _add_problems(form, refusal)
            return self._step_page(request, step, form)
        units = [
            (each, plan.units[each.line.pk])
            for each in form.sight.lines
            if each.line.pk in plan.units
        ]
        return self._step_page(
            request,
            step,
            form,
            "admin/orders/order/refund_sum.html",
            plan=plan,
            units=units,
            stays=form.sight.left - plan.amount,
        )


# Their buttons stand beside what they change.
_ELSEWHERE = {"keep", "note", "send-refunds"}


def _asked(request: HttpRequest) -> tuple[str, str]:
    """The tab and the search of the list."""
    tab = request.GET.get("tab", "")
    return tab if tab in inbox.TABS else "all", request.GET.get("q", "").strip()


def _why_skipped(order_id: UUID, error: Exception) -> str:
    sight = see_order(order_id)
    if sight is None or isinstance(error, OperationalError):
        return "is being changed by somebody else"
    if sight.is_paid:
        return "has nothing left to send"
    if sight.order.status in {Order.Status.PENDING, Order.Status.PROCESSING}:
        return f"is {sight.payment[-1].text.lower()}"
    return f"is {sight.order.get_status_display().lower()}"


def _take(step: Step, form: StepForm, actor: Actor) -> Outcome | None:
    """Take the step; None where it was refused, which the form then says."""
    try:
        return once_more(partial(step.work, form, actor))
    except Refusal as refusal:
        _add_problems(form, refusal)
    except OperationalError as error:
        if not isinstance(error.__cause__, COLLISIONS):
            raise
        form.add_error(None, "Somebody else is changing this order at this moment. Try again.")
    return None


def _add_problems(form: StepForm, refusal: Refusal) -> None:
    """What was refused, beside its field where the form has that."""
    placed = False
    for name, problems in refusal.fields.items():
        if name in form.fields:
            form.add_error(name, problems)
            placed = True
    if not placed:
        form.add_error(None, refusal.details)


def _orders_of_customer(order: Order) -> str:
    """How many orders the customer placed, in words; empty for nobody known."""
    if order.customer_id is None:
        return ""
    found = Order.objects.filter(customer=order.customer_id, number__isnull=False)
    count = capped_counts({"orders": found})["orders"]
    return f"{count_words(count)} orders" if count > MOST else counted(count, "order")


def _to_do(request: HttpRequest) -> list[ToDo]:
    """Orders that wait for somebody."""
    if not may(request, Right.READ_ORDERS):
        return []
    counts = inbox.tab_counts()
    orders = reverse("admin:orders_order_changelist")
    return [
        ToDo(name, counts[tab], f"{orders}?tab={tab}", is_urgent=tab == "review")
        for tab, name in (
            ("to-fulfil", "Orders to fulfil"),
            ("review", "Orders in review"),
            ("unpaid", "Unpaid orders"),
        )
    ]


# Orders before stock.
tenant_site.to_do.insert(0, _to_do)
