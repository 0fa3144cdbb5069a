"""An order's own page, for whoever has its link."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from orders.models import Order
from orders.pages import allow_payment_page, personal_page, shop_context
from orders.services.pricing import order_settings
from orders.showing import is_confirmed, is_on_the_way, order_context, pictures_by_line, steps, tone
from orders.waiting import next_look
from pycommerce.core.http import HttpRequest


def find_by_token(token: str) -> Order:
    """The order of an unguessable link. Raises Http404."""
    order = None
    if token.isascii() and len(token) <= 40:
        order = Order.objects.filter(access_token=token, number__isnull=False).first()
    if order is None or not constant_time_compare(order.access_token, token):
        raise Http404
    return order


@personal_page
def status(request: HttpRequest, token: str) -> HttpResponse:
    """The order's page: what it holds, whether it was paid, what was sent."""
    order = find_by_token(token)
    context = shop_context(
        request,
        title=_("Order %(number)s") % {"number": order.number},
        tone=tone(order),
        steps=steps(order),
        is_confirmed=is_confirmed(order),
        was_refunded_in_part=0 < order.refunded < order.captured,
        contact=order_settings().contact_email,
        look=next_look(request) if is_on_the_way(order) else None,
        **order_context(order),
    )
    pictures = pictures_by_line([row["line"] for row in context["lines"]])
    for row in context["lines"]:
        row["picture"] = pictures[row["line"].pk]
    response = render(request, "orders/status.html", context)
    allow_payment_page(response)
    return response
