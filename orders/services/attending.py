"""What staff does with an order beside sending and paying: keep it, hold it back, note, write."""

from uuid import UUID

from django.db import transaction

from orders.errors import IllegalTransition, wrong_field
from orders.models import Order
from orders.services.paying import lock_order
from orders.services.placing import money_words
from orders.services.timeline import Actor, note, save, tell

NOTE_LENGTH = 500
_PAID = {Order.PaymentStatus.PAID, Order.PaymentStatus.PARTIALLY_REFUNDED}


@transaction.atomic
def keep_until_paid(*, order_id: UUID, keep: bool, actor: Actor) -> Order:
    """Whether a pending order waits for its payment for as long as it takes.

    Raises IllegalTransition unless it is pending.
    """
    order = lock_order(order_id)
    if order.status != Order.Status.PENDING:
        raise IllegalTransition(f"Order {order} is {order.status}; it waits for no payment.")
    if order.keep_until_paid != keep:
        save(order, keep_until_paid=keep)
        words = "Kept until it is paid." if keep else "Kept no longer than other orders."
        note(order, "kept" if keep else "not_kept", words, actor)
    return order


@transaction.atomic
def hold_back(*, order_id: UUID, reason: str, actor: Actor) -> Order:
    """Put a paid order that waits to be sent in review: nothing ships until that is over.

    Raises IllegalTransition for any other order, or InvalidRequest naming `reason`.
    """
    order = lock_order(order_id)
    if order.status != Order.Status.PROCESSING or order.payment_status not in _PAID:
        raise IllegalTransition(
            f"Order {order} is {order.status} and {order.payment_status}; "
            "only a paid order that was not sent can be held back."
        )
    if not reason.strip():
        raise wrong_field("reason", "Say what is to be looked at.")
    save(order, payment_status=Order.PaymentStatus.REVIEW)
    note(order, "review", f"Held back: {reason.strip()}", actor)
    return order


@transaction.atomic
def end_review(*, order_id: UUID, actor: Actor) -> Order:
    """Let an order go on that was held back. Raises IllegalTransition where it is not in review.

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
def add_note(*, order_id: UUID, text: str, actor: Actor) -> None:
    """Write a line for the staff on the timeline. Raises InvalidRequest naming `text`."""
    order = lock_order(order_id)
    if not 1 <= len(text.strip()) <= NOTE_LENGTH:
        raise wrong_field("text", f"Use 1 to {NOTE_LENGTH} characters.")
    note(order, "note", text.strip(), actor)


@transaction.atomic
def mail_again(*, order_id: UUID, key: str, actor: Actor) -> Order:
    """Send the confirmation of a paid order once more, once for each key.

    Raises IllegalTransition where it was never confirmed.
    """
    order = lock_order(order_id)
    if order.status not in {Order.Status.PROCESSING, Order.Status.COMPLETED}:
        raise IllegalTransition(f"Order {order} is {order.status}; there is nothing to confirm.")
    tell("mail.order_confirmed", order, f"again-{key}")
    note(order, "mailed", f"The confirmation was mailed again to {order.customer_email}.", actor)
    return order
