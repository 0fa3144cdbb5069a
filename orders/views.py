"""An order's own page, for whoever has its link."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from orders.models import Order
from orders.pages import allow_payment_page, personal_page, shop_context
from orders.reading import exact
from orders.services.fulfilling import units_to_send
from pycommerce.core.http import HttpRequest


def find_by_token(token: str) -> Order:
    """The order of an unguessable link. Raises Http404."""
    order = None
    if token.isascii() and len(token) <= 40:
        order = Order.objects.filter(access_token=token, number__isnull=False).first()
    if order is None or not constant_time_compare(order.access_token, token):
        raise Http404
    return order


def state_words(order: Order) -> str:
    """How the order stands, in a sentence for its customer."""
    status, payment = order.status, order.payment_status
    if status == Order.Status.CANCELLED:
        if order.captured and order.refunded < order.captured:
            return _("This order was cancelled. Your money is on its way back.")
        return _("This order was cancelled.")
    if payment == Order.PaymentStatus.REVIEW:
        return _("We received a payment and are looking at it. We will write to you.")
    if payment == Order.PaymentStatus.REFUNDED:
        return _("Your money was given back.")
    if status == Order.Status.COMPLETED:
        return _("Your order is on its way.")
    if status == Order.Status.PROCESSING:
        return _("Thank you! Your order is confirmed.")
    if payment == Order.PaymentStatus.PROCESSING:
        return _("Your payment is on its way. We write to you when it has arrived.")
    return _("This order waits for its payment.")


def order_context(order: Order) -> dict[str, object]:
    """What pages and mails show of an order; amounts are the order's own."""
    lines = [
        {
            "line": line,
            "options": " / ".join(line.options.values()),
            "to_send": units_to_send(line),
        }
        for line in order.line_items.all()
    ]
    return {
        "order": order,
        "lines": lines,
        "words": state_words(order),
        "left": exact(order.captured - order.refunded, order.currency),
        "fulfilments": order.fulfilments.prefetch_related("lines__line_item"),
    }


@personal_page
def status(request: HttpRequest, token: str) -> HttpResponse:
    """The order's page: what it holds, whether it was paid, what was sent."""
    order = find_by_token(token)
    context = shop_context(
        request, title=_("Order %(number)s") % {"number": order.number}, **order_context(order)
    )
    response = render(request, "orders/status.html", context)
    allow_payment_page(response)
    return response
