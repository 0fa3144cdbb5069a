"""Compares what the provider knows with what we know, and repairs what can be repaired."""

import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from checkout.errors import NotThatSession, PaymentProviderUnavailable
from checkout.models import PaymentAttempt
from checkout.services.refunding import book_refund, send_refund
from checkout.services.settling import book, settle
from checkout.stripe_gateway import Gateway, Session
from orders.models import LedgerEntry, Order, Refund
from pycommerce.db import connection
from pycommerce.db.retrying import once_more

logger = logging.getLogger(__name__)

State = PaymentAttempt.State


@dataclass
class Comparison:
    """What was compared in one shop; what was set right, and what a person must look at."""

    sessions: int = 0
    refunds: int = 0
    repaired: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def reconcile(since: datetime) -> Comparison:
    """Compare every unfinished or recent session and refund of the selected shop.

    Whatever the provider knows and we do not is booked as if its event had come.
    """
    found = Comparison()
    gateway = Gateway(connection.tenant.stripe_account)
    try:
        theirs = {
            session.id: session
            for session in gateway.sessions_since(since)
            if session.metadata.get("tenant") == str(connection.tenant.pk)
        }
        _compare_sessions(found, gateway, theirs)
        _compare_refunds(found, gateway, since)
    except PaymentProviderUnavailable as error:
        found.problems.append(error.details)
    return found


def _compare_sessions(found: Comparison, gateway: Gateway, theirs: dict[str, Session]) -> None:
    for session in theirs.values():
        found.sessions += 1
        _book(found, gateway, session)
    unfinished = PaymentAttempt.objects.filter(state__in=[State.OPEN, State.COMPLETE])
    waiting = unfinished.exclude(state=State.COMPLETE, order__payment_status__in=_SETTLED).exclude(
        session_id__in=theirs
    )
    for session_id in waiting.values_list("session_id", flat=True):
        found.sessions += 1
        before = _state(session_id)
        if settle(str(session_id)) is None:
            found.problems.append(f"Session {session_id} is unknown to the provider.")
        elif _state(session_id) != before:
            found.repaired.append(f"Session {session_id}: {_state(session_id)}")


_SETTLED = [
    Order.PaymentStatus.PAID,
    Order.PaymentStatus.PARTIALLY_REFUNDED,
    Order.PaymentStatus.REFUNDED,
    Order.PaymentStatus.REVIEW,
]


def _book(found: Comparison, gateway: Gateway, session: Session) -> None:
    before = _state(session.id)
    attempt = once_more(lambda: book(session))
    if attempt is None:
        if session.is_paid:
            found.problems.append(f"Session {session.id} was paid and belongs to no order.")
        elif session.status == "open":
            # Made by a start that was given up: nobody has its address, and nobody shall pay it.
            _expire(found, gateway, session.id)
        return
    if session.status == "open" and attempt.state == State.ABANDONED:
        _expire(found, gateway, session.id)
    elif _state(session.id) != before:
        found.repaired.append(f"Session {session.id}: {_state(session.id)}")


def _expire(found: Comparison, gateway: Gateway, session_id: str) -> None:
    try:
        gateway.expire_session(session_id)
        found.repaired.append(f"Session {session_id}: expired, nobody waits for it")
    except NotThatSession:
        logger.info("Session %s ended meanwhile", session_id)


def _state(session_id: str | None) -> str:
    row = (
        PaymentAttempt.objects.filter(session_id=session_id)
        .values_list("state", "order__status", "order__payment_status")
        .first()
    )
    return " ".join(row) if row else ""


def _compare_refunds(found: Comparison, gateway: Gateway, since: datetime) -> None:
    for refund_id in Refund.objects.filter(state=Refund.State.NEW).values_list("pk", flat=True):
        refund = send_refund(refund_id)
        found.repaired.append(f"Refund {refund_id}: {refund.state}")
    charges = LedgerEntry.objects.filter(
        kind=LedgerEntry.Kind.CHARGE, provider_id__startswith="pi_"
    )
    recent = charges.filter(created_at__gte=since) | charges.filter(
        order__refunds__created_at__gte=since
    )
    for charge_id in set(recent.values_list("provider_id", flat=True)):
        for fact in gateway.refunds_of(charge_id):
            found.refunds += 1
            before = _refund_state(fact.id)
            refund_row = book_refund(fact)
            if refund_row is None:
                found.problems.append(f"Refund {fact.id} fits no order.")
            elif _refund_state(fact.id) != before:
                found.repaired.append(f"Refund {fact.id}: {refund_row.state}")
    known = Refund.objects.filter(created_at__gte=since, provider_id__startswith="re_")
    for refund_row in known.filter(state=Refund.State.SUCCEEDED):
        if not any(fact.id == refund_row.provider_id for fact in _facts(gateway, refund_row)):
            found.problems.append(f"Refund {refund_row.provider_id} is unknown to the provider.")


def _facts(gateway: Gateway, refund: Refund) -> Iterable[Any]:
    return gateway.refunds_of(refund.charge_id)


def _refund_state(provider_id: str) -> str:
    return (
        Refund.objects.filter(provider_id=provider_id).values_list("state", flat=True).first() or ""
    )


def default_since(hours: int) -> datetime:
    return timezone.now() - timedelta(hours=hours)
