"""The one way in which a payment becomes known, whoever heard of it first.

Webhook, return page, sweeper and `reconcile` all call `settle`: it asks the provider how the
session is, and books that. Called a hundred times, at once or in any order, it ends the same.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from checkout.models import Cart, PaymentAttempt
from checkout.stripe_gateway import Gateway, Session, provider_name
from orders.models import Order
from orders.services.paying import (
    end_order,
    lock_order,
    mark_payment_processing,
    record_payment,
)
from orders.services.timeline import note, save
from pycommerce.db import connection
from pycommerce.db.retrying import once_more

State = PaymentAttempt.State


def settle(session_id: str, *, keep_order: bool = False) -> PaymentAttempt | None:
    """Ask the provider about a session of the selected shop and book what it says.

    With `keep_order` an expired session leaves its order pending: another one is on its way.
    Returns the attempt, or None where the session is none of this shop's. Raises
    PaymentProviderUnavailable.
    """
    session = Gateway(connection.tenant.stripe_account).retrieve_session(session_id)
    if session is None or session.metadata.get("tenant") != str(connection.tenant.pk):
        return None
    return once_more(lambda: book(session, keep_order=keep_order))


@transaction.atomic
def book(session: Session, *, keep_order: bool = False) -> PaymentAttempt | None:
    """Book the state of a session, forward only. Lock order: the order, then its attempt."""
    order_id = _order_id(session)
    if order_id is None:
        return None
    order = lock_order(order_id)
    attempt = _attempt_of(session, order)
    if attempt is None:
        return None
    attempt.checked_at = timezone.now()
    if session.is_paid:
        _book_payment(order, attempt, session)
    elif session.has_failed:
        _book_end(order, attempt, State.FAILED, keep_order=keep_order)
    elif session.status == "expired":
        _book_end(order, attempt, State.EXPIRED, keep_order=keep_order)
    elif session.status == "complete":
        mark_payment_processing(order.pk)
        attempt.state = State.COMPLETE
    attempt.save(update_fields=["state", "checked_at", "session_id"])
    return attempt


def _order_id(session: Session) -> UUID | None:
    try:
        order_id = UUID(session.order_id)
    except ValueError:
        return None
    return order_id if Order.objects.filter(pk=order_id).exists() else None


def _attempt_of(session: Session, order: Order) -> PaymentAttempt | None:
    """The attempt behind a session, locked; one whose id was never stored is known by its own."""
    attempts = PaymentAttempt.objects.select_for_update().filter(order=order)
    attempt = attempts.filter(session_id=session.id).first()
    if attempt is None:
        # Killed between S and T2: the provider knows the attempt, we do not know the session.
        try:
            attempt_id = UUID(session.metadata.get("attempt", ""))
        except ValueError:
            return None
        attempt = attempts.filter(pk=attempt_id, session_id=None).first()
        if attempt:
            attempt.session_id = session.id
    return attempt


def _book_payment(order: Order, attempt: PaymentAttempt, session: Session) -> None:
    attempt.state = State.COMPLETE
    # Carts stand before variants in the lock order: a checkout of the same cart may be under way.
    Cart.objects.filter(order=order).delete()
    record_payment(
        order_id=order.pk,
        amount=session.amount,
        currency=session.currency,
        provider=provider_name(),
        # A session that asked for nothing has no payment of its own.
        provider_id=session.payment_intent or session.id,
    )


def _book_end(
    order: Order, attempt: PaymentAttempt, state: PaymentAttempt.State, *, keep_order: bool
) -> None:
    """A session ended without a payment: the hold ends with it, unless another is open."""
    if attempt.state in {State.EXPIRED, State.FAILED}:
        return
    attempt.state = state
    waiting = order.attempts.filter(state__in=[State.NEW, State.OPEN]).exclude(pk=attempt.pk)
    if order.status != Order.Status.PENDING or keep_order or waiting.exists():
        return
    if order.keep_until_paid:
        if order.payment_status == Order.PaymentStatus.PROCESSING:
            save(order, payment_status=Order.PaymentStatus.UNPAID)
        note(order, "payment_ended", "The payment was not completed.")
        return
    words = "The payment failed." if state == State.FAILED else "Nobody paid in time."
    end_order(order.pk, reason=words, expired=True, payment_failed=True)
