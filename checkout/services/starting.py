"""Starting a payment in three steps, each of which may be the last before a crash.

T1 commits the attempt with every parameter; S makes the session with exactly those under the
attempt's own key; T2 stores the session. Killed anywhere, a retry repeats S and gets the same one.
"""

import logging
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.display import option_words
from checkout.errors import (
    KeptFailure,
    NotThatSession,
    PaymentProviderUnavailable,
    PaymentRefused,
)
from checkout.models import PaymentAttempt
from checkout.services.settling import book_of_shop, settle
from checkout.stripe_gateway import Gateway
from orders.errors import IllegalTransition
from orders.models import Order
from orders.services.paying import end_order, lock_order
from orders.services.timeline import NOBODY, Actor
from pycommerce.core.money import TooFine, to_minor_units
from pycommerce.db import connection
from pycommerce.db.retrying import once_more
from tenants.due import Kind, note_due

logger = logging.getLogger(__name__)

State = PaymentAttempt.State
# Stripe's least is 30 minutes by Stripe's clock: stay clear of it.
SESSION_LIFE = timedelta(minutes=35)
# An attempt that has no session after so long is given up; a new one has a new key.
NEW_FOR = timedelta(minutes=4)
# The worker looks after an attempt of which nothing was heard for so long.
LOOK_AFTER = timedelta(minutes=6)
# A session that ends sooner is not handed out any more.
STILL_OPEN = timedelta(minutes=1)
NAME_LENGTH = 250
_UNFINISHED = [State.NEW, State.OPEN]


def start_payment(order_id: UUID, *, origin: str) -> PaymentAttempt:
    """An open session for the order: the one there is, or a new one.

    `origin` is the shop's own address. Raises UnknownOrder, IllegalTransition where the order
    does not wait for a payment, PaymentRefused, or PaymentProviderUnavailable; then the order
    stays as it is and payable.
    """
    for _attempt in range(3):
        attempt = _take_attempt(order_id, origin)
        if attempt.state == State.OPEN and attempt.session_id:
            if attempt.expires_at > timezone.now() + STILL_OPEN:
                return attempt
            end_session(attempt)
            continue
        opened = _open_session(attempt)
        if opened is not None:
            return opened
    raise IllegalTransition(_("This order is being paid in another tab. Try again in a moment."))


@transaction.atomic
def _take_attempt(order_id: UUID, origin: str) -> PaymentAttempt:
    """T1: the order's unfinished attempt, or a new one."""
    order = lock_order(order_id)
    if not order.is_payable:
        problem = _("Order %(number)s is no longer awaiting payment.") % {"number": order}
        raise IllegalTransition(problem)
    unfinished = order.attempts.filter(state__in=_UNFINISHED).first()
    now = timezone.now()
    if unfinished:
        if unfinished.state == State.OPEN or unfinished.created_at > now - NEW_FOR:
            return unfinished
        unfinished.state = State.ABANDONED
        unfinished.save(update_fields=["state"])
    expires_at = (now + SESSION_LIFE).replace(microsecond=0)
    attempt = PaymentAttempt(
        order=order,
        stripe_key=secrets.token_hex(24),
        amount=order.total,
        currency=order.currency,
        account=connection.tenant.stripe_account,
        expires_at=expires_at,
    )
    attempt.params = _params(order, attempt, origin)
    attempt.save(force_insert=True)
    note_due(Kind.PAYMENTS, now + LOOK_AFTER)
    return attempt


def metadata_of(attempt: PaymentAttempt) -> dict[str, str]:
    """What is written onto a session and its payment, by which their events are known as ours."""
    return {
        "tenant": str(connection.tenant.pk),
        "order": str(attempt.order_id),
        "attempt": str(attempt.pk),
    }


def _params(order: Order, attempt: PaymentAttempt, origin: str) -> dict[str, Any]:
    metadata = metadata_of(attempt)
    return {
        "mode": "payment",
        "client_reference_id": str(order.pk),
        "customer_email": order.customer_email,
        "expires_at": int(attempt.expires_at.timestamp()),
        "line_items": _line_items(order),
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata},
        "success_url": f"{origin}/checkout/return/?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{origin}/checkout/back/{order.access_token}/",
    }


def _line_items(order: Order) -> list[dict[str, Any]]:
    """The order as the payment page lists it: to the cent what the order says.

    A line that bears a part of a discount is one item of its reduced total, since that need not
    divide by its quantity.
    """
    found: list[tuple[str, Any, int]] = []
    for line in order.line_items.all():
        options = option_words(line.options.items())
        name = f"{line.name} ({options})" if options else line.name
        if line.discount:
            name = f"{line.quantity} × {name}"
            found.append((name, line.total_price - line.discount, 1))
        else:
            found.append((name, line.unit_price, line.quantity))
    if order.shipping_total:
        name = _("Shipping: %(method)s") % {"method": order.shipping_name}
        found.append((name, order.shipping_total, 1))
    if order.tax_total and not order.prices_include_tax:
        found.append((order.tax_words or _("Tax"), order.tax_total, 1))
    if len(found) > 100:
        # Stripe: at most 100 line items in payment mode.
        found = [(_("Your order"), order.total, 1)]
    try:
        return [
            line_item(name, to_minor_units(amount, order.currency), quantity, order.currency)
            for name, amount, quantity in found
        ]
    except TooFine as error:
        raise PaymentRefused(str(error)) from error


def line_item(name: str, minor: int, quantity: int, currency: str) -> dict[str, Any]:
    """A line of a session, in Stripe's own shape."""
    return {
        "price_data": {
            "currency": currency.lower(),
            "unit_amount": minor,
            "product_data": {"name": name[:NAME_LENGTH]},
        },
        "quantity": quantity,
    }


def _open_session(attempt: PaymentAttempt) -> PaymentAttempt | None:
    """S and T2; None where the attempt was given up meanwhile."""
    made = PaymentAttempt.objects.filter(pk=attempt.pk, state=State.NEW)
    try:
        session = Gateway(attempt.account).create_session(attempt.params, attempt.stripe_key)
    except PaymentRefused:
        made.update(state=State.FAILED)
        raise
    except KeptFailure:
        # The same key fails for a day. Nobody has the address of what it may have made.
        made.update(state=State.ABANDONED)
        raise
    if made.update(
        state=State.OPEN, session_id=session.id, url=session.url, checked_at=timezone.now()
    ):
        logger.info("Order %s: payment session opened", attempt.order_id)
    attempt.refresh_from_db()
    if attempt.state == State.OPEN:
        return attempt
    if attempt.state == State.ABANDONED and session.status == "open":
        # The order was cancelled between S and T2: nobody may pay this session.
        _expire_quietly(attempt.account, session.id)
    return None


def _expire_quietly(account: str, session_id: str) -> None:
    try:
        Gateway(account).expire_session(session_id)
    except (NotThatSession, PaymentProviderUnavailable):
        logger.warning("Session %s could not be expired", session_id)


def end_session(attempt: PaymentAttempt) -> None:
    """Expire an open session at the provider and book how it ended; its order stays.

    Raises PaymentProviderUnavailable, or IllegalTransition where it is being paid right now.
    """
    assert attempt.session_id
    try:
        session = Gateway(attempt.account).expire_session(attempt.session_id)
    except NotThatSession:
        logger.info("Session of order %s had ended already", attempt.order_id)
        if settle(attempt.session_id, keep_order=True) is None:
            give_up_unknown(attempt)
    else:
        book_of_shop(session, attempt.account, keep_order=True)
    attempt.refresh_from_db()
    if attempt.state == State.OPEN:
        raise IllegalTransition(_("This order is being paid at this moment."))


def give_up_unknown(attempt: PaymentAttempt) -> None:
    """The provider has no such session (any more): nobody can pay it."""
    logger.warning("Session %s is unknown to the provider", attempt.session_id)
    PaymentAttempt.objects.filter(pk=attempt.pk, state=State.OPEN).update(state=State.ABANDONED)


def end_unpaid(
    order_id: UUID,
    *,
    reason: str,
    expired: bool = False,
    request_key: str | None = None,
    actor: Actor = NOBODY,
) -> Order | None:
    """Cancel an order that nobody paid: its sessions end first, so that nobody can pay them.

    Returns None where it was paid, or its payment is on its way; a payment that came meanwhile is
    booked. Raises PaymentProviderUnavailable, or IllegalTransition where it is being paid.
    """
    for _attempt in range(3):
        end_open_sessions(order_id)
        has_ended, order = once_more(
            lambda: _end_idle(
                order_id, reason=reason, expired=expired, request_key=request_key, actor=actor
            )
        )
        if has_ended:
            return order
    raise IllegalTransition(_("This order is being paid in another tab. Try again in a moment."))


@transaction.atomic
def _end_idle(order_id: UUID, **how: Any) -> tuple[bool, Order | None]:
    """Whether nothing was open under the order's lock, and the order if it was cancelled."""
    lock_order(order_id)
    if PaymentAttempt.objects.filter(order=order_id, state__in=_UNFINISHED).exists():
        # Another tab opened a session meanwhile.
        return False, None
    return True, end_order(order_id, **how)


def end_open_sessions(order_id: UUID) -> None:
    """Leave no session of the order that could still be paid; one that was paid is booked.

    Raises PaymentProviderUnavailable, or IllegalTransition where it is being paid right now.
    """
    attempts = PaymentAttempt.objects.filter(order=order_id)
    attempts.filter(state=State.NEW).update(state=State.ABANDONED)
    for attempt in attempts.filter(state=State.OPEN):
        end_session(attempt)
