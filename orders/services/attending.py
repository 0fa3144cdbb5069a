"""What the shop's people do with an order by hand: hold it back for a look, write once more."""

from uuid import UUID

from django.db import transaction

from orders.errors import IllegalTransition
from orders.models import Order
from orders.services.paying import lock_order
from orders.services.placing import money_words
from orders.services.timeline import Actor, note, save, tell
from pycommerce.core.errors import wrong_field

_PAID = {Order.PaymentStatus.PAID, Order.PaymentStatus.PARTIALLY_REFUNDED}


@transaction.atomic
def hold_back(*, order_id: UUID, reason: str, actor: Actor) -> Order:
    """Put a paid order that waits to be sent in review: nothing ships until that is over.

    Raises IllegalTransition for any other order, or InvalidRequest naming `reason`.
    """
    order = lock_order(order_id)
    if order.status != Order.Status.PROCESSING or order.payment_status not in _PAID:
        raise IllegalTransition(
            f"Order {order} is {order.status} and {order.payment_status}; "
            "only a paid order that was not sent can be put in review."
        )
    if not reason.strip():
        raise wrong_field("reason", "Say what is to be looked at.")
    save(order, payment_status=Order.PaymentStatus.REVIEW)
    note(order, "review", f"Marked for review: {reason.strip()}", actor)
    return order


@transaction.atomic
def end_review(*, order_id: UUID, actor: Actor) -> Order:
    """Let an order go on that was in review. Raises IllegalTransition where it is not in review.

    One whose payment is not what it costs never goes on: it is cancelled, and the money goes back.
    """
    order = lock_order(order_id)
    if order.payment_status != Order.PaymentStatus.REVIEW:
        raise IllegalTransition(f"Order {order} is not in review.")
    if order.status != Order.Status.PROCESSING or order.captured != order.total:
        raise IllegalTransition(
            f"Order {order} costs {money_words(order.total, order.currency)}, but "
            f"{money_words(order.captured, order.currency)} came. Cancel it: the money goes back."
        )
    status = Order.PaymentStatus.PAID
    if order.refunded:
        status = Order.PaymentStatus.PARTIALLY_REFUNDED
    save(order, payment_status=status)
    note(order, "review_ended", "Looked at: it goes on.", actor)
    return order


@transaction.atomic
def mail_again(*, order_id: UUID, key: str, actor: Actor) -> Order:
    """Send the confirmation of a paid order once more, once for each key.

    Raises IllegalTransition where it was never confirmed, or its person was erased.
    """
    order = lock_order(order_id)
    if order.is_erased:
        raise IllegalTransition(f"Order {order} has nobody to write to: the person was erased.")
    if order.status not in {Order.Status.PROCESSING, Order.Status.COMPLETED}:
        raise IllegalTransition(f"Order {order} is {order.status}; there is nothing to confirm.")
    tell("mail.order_confirmed", order, f"again-{key}")
    note(order, "mailed", f"The confirmation was mailed again to {order.customer_email}.", actor)
    return order
