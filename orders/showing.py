"""How an order is shown to its customer, on its page and in mails."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.delivery import Delivery
from catalog.display import money, option_words
from catalog.pictured import picture_for, pictures_of
from orders.addresses import country_code, rules_for
from orders.models import LineItem, Order, ShippingMethod
from orders.services.timeline import has_failed_payment
from pycommerce.core.countries import country_names

Status, PaymentStatus = Order.Status, Order.PaymentStatus


def state_words(order: Order) -> str:
    """How the order stands, in a sentence for its customer."""
    status, payment = order.status, order.payment_status
    if status == Status.CANCELLED:
        if order.captured and order.refunded < order.captured:
            return _("This order was cancelled. Your money is on its way back.")
        return _("This order was cancelled.")
    if payment == PaymentStatus.REVIEW:
        return _("We received a payment and are checking it. We will e-mail you.")
    if payment == PaymentStatus.REFUNDED:
        return _("Your payment has been refunded.")
    if status == Status.COMPLETED:
        return _("Your order is on its way.")
    if status == Status.PROCESSING:
        if not _waits_to_be_sent(order):
            return _("A part of your order is on its way.")
        return _("Thank you! Your order is confirmed.")
    if payment == PaymentStatus.PROCESSING:
        return _("Your payment is being processed. We will e-mail you when it has arrived.")
    return _("This order is awaiting payment.")


def list_words(order: Order) -> str:
    """How the order stands, in a list of many."""
    return _("Confirmed.") if _waits_to_be_sent(order) else state_words(order)


def tone(order: Order) -> str:
    """The same for a style sheet: `good`, `waiting` or `over`."""
    if order.status == Status.CANCELLED or order.payment_status == PaymentStatus.REFUNDED:
        return "over"
    if order.status == Status.PENDING or order.payment_status == PaymentStatus.REVIEW:
        return "waiting"
    return "good"


def is_confirmed(order: Order) -> bool:
    """Whether its confirmation is the newest that its customer hears of it."""
    return order.payment_status == PaymentStatus.PAID and _waits_to_be_sent(order)


def _waits_to_be_sent(order: Order) -> bool:
    """Whether it is confirmed, and nothing of it was sent; some of its money may have gone back."""
    return (
        order.status == Status.PROCESSING
        and order.payment_status in {PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED}
        and not any(line.fulfilled for line in order.line_items.all())
    )


def is_on_the_way(order: Order) -> bool:
    """Whether its payment was made and takes its time, by a method that takes days."""
    return order.status == Status.PENDING and order.payment_status == PaymentStatus.PROCESSING


def steps(order: Order) -> list[tuple[str, bool, bool]]:
    """What happens to an order: name, whether it is done, whether it comes next."""
    if tone(order) == "over" or order.payment_status == PaymentStatus.REVIEW:
        return []
    names = [_("Ordered"), _("Paid"), _("Shipped")]
    done = [
        True,
        order.status in {Status.PROCESSING, Status.COMPLETED},
        order.status == Status.COMPLETED,
    ]
    first_open = done.index(False) if False in done else None
    return [(name, done[at], at == first_open) for at, name in enumerate(names)]


def sums(order: Order) -> list[tuple[str, str, bool]]:
    """What the order comes to: name, amount, and whether it is the total."""
    found = [(_("Subtotal"), money(order.items_total), False)]
    if order.discount_total:
        found.append((_("Discount"), f"−{money(order.discount_total)}", False))
    shipping = money(order.shipping_total) if order.shipping_total else _("Free")
    found.append((_("Shipping"), shipping, False))
    if order.tax_total and not order.prices_include_tax:
        found.append((order.tax_words or _("Tax"), money(order.tax_total), False))
    found.append((_("Total"), money(order.total), True))
    if order.tax_total and order.prices_include_tax:
        label = _("of which %(tax)s") % {"tax": order.tax_words} if order.tax_words else ""
        found.append((label or _("of which tax"), money(order.tax_total), False))
    if order.refunded:
        found.append((_("Refunded"), f"−{money(order.refunded)}", False))
    return found


def address_lines(address: Mapping[str, str]) -> dict[str, str]:
    """An address as a letter has it: `line1`, `line2`, `place` and `country_name`."""
    code = country_code(address["country"]) or ""
    place = ""
    for name in rules_for(code).places:
        if text := address.get(name, ""):
            is_after_city = name == "state" and place == address.get("city")
            place = f"{place}, {text}" if is_after_city else f"{place} {text}".strip()
    return {
        "line1": address["line1"],
        "line2": address.get("line2", ""),
        "place": place,
        "country_name": country_names(get_language() or "en").get(code, address["country"]),
    }


def pictures_by_line(lines: Collection[LineItem]) -> dict[UUID, str]:
    """Line id to the address of what pictures it; empty where the product has none, or is gone."""
    pictures = pictures_of({line.product_id for line in lines})
    return {line.pk: picture_for(line.options, pictures.get(line.product_id, ())) for line in lines}


def order_context(order: Order) -> dict[str, Any]:
    """What pages and mails show of an order; amounts are the order's own."""
    lines = [
        {
            "line": line,
            "options": option_words(line.options.items()),
        }
        for line in order.line_items.all()
    ]
    words = state_words(order)
    has_ended_unpaid = order.status == Status.CANCELLED and not order.captured
    payment_failed = has_ended_unpaid and has_failed_payment(order)
    if payment_failed:
        words = _("This order was cancelled. Your payment was not made.")
    return {
        "order": order,
        "lines": lines,
        "words": words,
        "payment_failed": payment_failed,
        "shipping_address": address_lines(order.shipping_address),
        "billing_address": address_lines(order.billing_address),
        "same_address": order.shipping_address == order.billing_address,
        "fulfilments": order.fulfilments.prefetch_related("lines__line_item"),
    }


def ways_to_send() -> list[Delivery]:
    """The shop's active shipping methods, as the page of a product tells of them."""
    methods = ShippingMethod.objects.filter(active=True)
    return [
        Delivery(method.name, method.description, method.price, method.free_from)
        for method in methods
    ]
