"""The one way in which a payment becomes known, whoever heard of it first.

Webhook, return page, sweeper and `reconcile` all call `settle` or `book`: the provider is asked
how the session is, and that is booked. Called a hundred times, at once or in any order, it ends
the same.
"""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from checkout.models import Cart, PaymentAttempt
from checkout.stripe_gateway import Gateway, Session, provider_name
from orders.models import Order
from orders.services.customers import remember_address
from orders.services.paying import (
    end_order,
    lock_order,
    mark_payment_failed,
    mark_payment_processing,
    record_payment,
)
from orders.services.timeline import note, tell
from pycommerce.api.parameters import parse_uuid
from pycommerce.db import connection
from pycommerce.db.retrying import once_more

State = PaymentAttempt.State
_ENDED = {State.EXPIRED, State.FAILED}


def account_of(session_id: str) -> str:
    """The Stripe account in which a session was made; the shop's present one for a strange id."""
    account: str = connection.tenant.stripe_account
    known = PaymentAttempt.objects.filter(session_id=session_id).values_list("account", flat=True)
    return account if (found := known.first()) is None else found


def account_of_payment(payment_id: str) -> str:
    """The Stripe account in which a payment was made; the shop's present one for a strange id."""
    account: str = connection.tenant.stripe_account
    known = PaymentAttempt.objects.filter(payment_id=payment_id).values_list("account", flat=True)
    return account if (found := known.first()) is None else found


def settle(session_id: str, *, keep_order: bool = False) -> PaymentAttempt | None:
    """Ask the provider about a session of the selected shop and book what it says.

    With `keep_order` an expired session leaves its order pending: another one is on its way.
    Returns the attempt, or None where the session is none of this shop's. Raises
    PaymentProviderUnavailable.
    """
    account = account_of(session_id)
    session = Gateway(account).retrieve_session(session_id)
    return book_of_shop(session, account, keep_order=keep_order) if session else None


def book_of_shop(
    session: Session, account: str, *, keep_order: bool = False
) -> PaymentAttempt | None:
    """Book the state of a session; None where it is none of the selected shop's."""
    if session.metadata.get("tenant") != str(connection.tenant.pk):
        return None
    return once_more(lambda: book(session, account, keep_order=keep_order))


@transaction.atomic
def book(session: Session, account: str, *, keep_order: bool = False) -> PaymentAttempt | None:
    """Book the state of a session, forward only. Lock order: carts, the order, its attempt."""
    order_id = parse_uuid(session.order_id)
    if order_id is None or not Order.objects.filter(pk=order_id).exists():
        return None
    carts = lock_carts(order_id)
    order = lock_order(order_id)
    attempt = _attempt_of(session, order, account)
    if attempt is None:
        return None
    had_ended = attempt.state in _ENDED
    attempt.checked_at = timezone.now()
    attempt.payment_id = session.payment_intent
    attempt.state = _state_after(session, attempt.state)
    attempt.save(update_fields=["state", "checked_at", "session_id", "payment_id"])
    # What follows may change the stock, and then takes the shop's own row: last, as everywhere.
    if session.is_paid:
        remember_address(order)
        carts.delete()
        _book_payment(order, session)
    elif attempt.state == State.COMPLETE:
        mark_payment_processing(order.pk)
    elif attempt.state in _ENDED and not had_ended:
        _book_end(order, attempt, keep_order=keep_order)
    return attempt


def _state_after(session: Session, state: str) -> str:
    """The state of an attempt, so far `state`, whose session is like that."""
    if session.is_paid:
        return State.COMPLETE
    if session.has_failed or session.status == "expired":
        ended = State.FAILED if session.has_failed else State.EXPIRED
        return state if state in _ENDED else ended
    if session.status == "complete" and state != State.FAILED:
        return State.COMPLETE
    return state


def lock_carts(order_id: UUID) -> QuerySet[Cart]:
    """The carts from which an order was made, locked: a checkout locks its cart before all else."""
    carts = Cart.objects.select_for_update().filter(order=order_id).order_by("pk")
    return Cart.objects.filter(pk__in=[cart.pk for cart in carts])


def _attempt_of(session: Session, order: Order, account: str) -> PaymentAttempt | None:
    """The attempt behind a session, locked; one whose id was never stored is known by its own."""
    attempts = PaymentAttempt.objects.select_for_update().filter(order=order, account=account)
    attempt = attempts.filter(session_id=session.id).first()
    if attempt is None:
        # Killed between S and T2: the provider knows the attempt, we do not know the session.
        attempt_id = parse_uuid(session.metadata.get("attempt", ""))
        attempt = attempts.filter(pk=attempt_id, session_id=None).first() if attempt_id else None
        if attempt:
            attempt.session_id = session.id
    return attempt


def _book_payment(order: Order, session: Session) -> None:
    record_payment(
        order_id=order.pk,
        amount=session.amount,
        currency=session.currency,
        provider=provider_name(),
        # A session that asked for nothing has no payment of its own.
        provider_id=session.payment_intent or session.id,
    )


def _book_end(order: Order, attempt: PaymentAttempt, *, keep_order: bool) -> None:
    """A session ended without a payment: the hold ends with it, unless another is on its way."""
    # An attempt that is complete while its order waits is paid by a method that takes days.
    on_the_way = order.attempts.filter(state__in=[State.NEW, State.OPEN, State.COMPLETE])
    if order.status != Order.Status.PENDING or on_the_way.exclude(pk=attempt.pk).exists():
        return
    if attempt.state == State.FAILED:
        # It was promised at the provider's, even where nobody told us of that in time.
        mark_payment_processing(order.pk)
    mark_payment_failed(order.pk)
    if keep_order:
        return
    if order.keep_until_paid:
        note(order, "payment_ended", "The payment was not completed.")
        if attempt.state == State.FAILED:
            tell("mail.payment_failed", order, str(attempt.pk))
        return
    words = "The payment failed." if attempt.state == State.FAILED else "Nobody paid in time."
    end_order(order.pk, reason=words, expired=True)
