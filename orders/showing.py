"""How an order is shown to its customer, on its page and in mails."""

from django.utils.translation import gettext as _

from orders.models import Order


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
            "to_send": line.to_send,
        }
        for line in order.line_items.all()
    ]
    return {
        "order": order,
        "lines": lines,
        "words": state_words(order),
        "fulfilments": order.fulfilments.prefetch_related("lines__line_item"),
    }
