"""Packing slips and invoices: the customer reads them, in the language of the order."""

from collections.abc import Sequence
from types import MappingProxyType
from uuid import UUID

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString

from orders.models import LineItem, Order
from orders.services.pricing import order_settings
from orders.showing import order_context
from pycommerce.db import connection
from tenants.origins import shop_origin

PAPERS = MappingProxyType({"slips": "Packing slips", "invoices": "Invoices"})


def print_papers(paper: str, order_ids: Sequence[UUID]) -> list[SafeString]:
    """A paper for each order, oldest first; each is a page of its own."""
    tenant, contact = connection.tenant, order_settings().contact_email
    origin = shop_origin(tenant)
    orders = Order.objects.filter(pk__in=order_ids, number__isnull=False)
    found = []
    for order in orders.order_by("created_at", "pk").prefetch_related("line_items"):
        with translation.override(order.language):
            context = order_context(order) | {
                "tenant": tenant,
                "origin": origin,
                "contact": contact,
                "packed": _packed(order),
            }
            found.append(render_to_string(f"orders/papers/{paper}.html", context))
    return found


def _packed(order: Order) -> list[tuple[LineItem, int]]:
    """Lines and units for the parcel: what is to be sent, or what was sent once nothing is."""
    lines = order.line_items.all()
    to_send = [(line, units) for line in lines if (units := line.to_send)]
    return to_send or [(line, line.fulfilled) for line in lines if line.fulfilled]
