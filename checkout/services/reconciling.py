"""Compares what the provider knows with what we know, and repairs what can be repaired."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from checkout.errors import NotThatSession, PaymentProviderUnavailable
from checkout.models import PaymentAttempt
from checkout.services.refunding import book_refund, in_order, send_refund
from checkout.services.settling import account_of_payment, book_of_shop, settle
from checkout.services.starting import give_up_unknown
from checkout.services.sweeping import abandon_stale_attempts
from checkout.stripe_gateway import Gateway, RefundFact, Session
from orders.models import LedgerEntry, Order, Refund
from pycommerce.db import connection

logger = logging.getLogger(__name__)

State = PaymentAttempt.State
HOURS = 48


class Recent:
    """What each Stripe account made lately; shops that share one are compared with one list."""

    def __init__(self, hours: int = HOURS) -> None:
        self.since = timezone.now() - timedelta(hours=hours)
        self._sessions: dict[str, list[Session]] = {}
        self._refunds: dict[str, list[RefundFact]] = {}

    def sessions(self, account: str) -> list[Session]:
        if account not in self._sessions:
            self._sessions[account] = list(Gateway(account).sessions_since(self.since))
        return self._sessions[account]

    def refunds(self, account: str) -> list[RefundFact]:
        if account not in self._refunds:
            self._refunds[account] = list(Gateway(account).refunds_since(self.since))
        return self._refunds[account]


@dataclass
class Comparison:
    """What was compared in one shop; what was set right, and what a person must look at."""

    sessions: int = 0
    refunds: int = 0
    repaired: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        """Whatever goes wrong with one thing is its problem, and the next one has its turn."""
        try:
            yield
        except PaymentProviderUnavailable:
            raise
        except Exception as error:
            logger.exception("%s could not be compared", what)
            self.problems.append(f"{what}: {type(error).__name__}: {error}")


def reconcile(recent: Recent) -> Comparison:
    """Compare every unfinished or recent session and refund of the selected shop.

    Whatever the provider knows and we do not is booked as if its event had come.
    """
    found = Comparison()
    abandon_stale_attempts()
    accounts = set(PaymentAttempt.objects.values_list("account", flat=True).distinct())
    try:
        for account in sorted(accounts | {connection.tenant.stripe_account}):
            _compare_sessions(found, recent.sessions(account), account)
            _settle_the_others(found, recent.sessions(account), account)
        _send_refunds(found)
        for account in sorted(accounts):
            _compare_refunds(found, recent, account)
        _look_for_ours(found, recent)
    except PaymentProviderUnavailable as error:
        found.problems.append(error.details)
    return found


# --- Sessions ------------------------------------------------------------------------------------


def _compare_sessions(found: Comparison, sessions: list[Session], account: str) -> None:
    for session in sessions:
        if session.metadata.get("tenant") == str(connection.tenant.pk):
            found.sessions += 1
            with found.of(f"Session {session.id}"):
                _compare_session(found, session, account)


def _compare_session(found: Comparison, session: Session, account: str) -> None:
    before = _state(session.id)
    attempt = book_of_shop(session, account)
    if attempt is None and session.is_paid:
        found.problems.append(f"Session {session.id} was paid and belongs to no order.")
    elif session.status == "open" and (attempt is None or attempt.state == State.ABANDONED):
        # Made by a start that was given up: nobody has its address, and nobody shall pay it.
        try:
            Gateway(account).expire_session(session.id)
            found.repaired.append(f"Session {session.id}: expired, nobody waits for it")
        except NotThatSession:
            settle(session.id)
    _note_change(found, session.id, before)


def _settle_the_others(found: Comparison, sessions: list[Session], account: str) -> None:
    """Sessions that are unfinished here, of any age, and too old for the provider's list."""
    listed = [session.id for session in sessions]
    waiting = [Order.PaymentStatus.UNPAID, Order.PaymentStatus.PROCESSING]
    unfinished = PaymentAttempt.objects.filter(account=account).filter(
        Q(state=State.OPEN) | Q(state=State.COMPLETE, order__payment_status__in=waiting)
    )
    for attempt in unfinished.exclude(session_id__in=listed):
        found.sessions += 1
        with found.of(f"Session {attempt.session_id}"):
            before = _state(attempt.session_id)
            if settle(str(attempt.session_id)) is None:
                found.problems.append(f"Session {attempt.session_id} is unknown to the provider.")
                if attempt.expires_at < timezone.now():
                    give_up_unknown(attempt)
            _note_change(found, attempt.session_id, before)


def _state(session_id: str | None) -> str:
    row = (
        PaymentAttempt.objects.filter(session_id=session_id)
        .values_list("state", "order__status", "order__payment_status")
        .first()
    )
    return " ".join(row) if row else ""


def _note_change(found: Comparison, session_id: str | None, before: str) -> None:
    if (now := _state(session_id)) != before:
        found.repaired.append(f"Session {session_id}: {now}")


# --- Refunds -------------------------------------------------------------------------------------


def _send_refunds(found: Comparison) -> None:
    for refund in Refund.objects.filter(state=Refund.State.NEW):
        with found.of(f"Refund {refund.pk}"):
            found.repaired.append(f"Refund {refund.pk}: {send_refund(refund.pk).state}")


def _compare_refunds(found: Comparison, recent: Recent, account: str) -> None:
    facts = in_order(recent.refunds(account))
    ours = set(
        LedgerEntry.objects.filter(
            kind=LedgerEntry.Kind.CHARGE,
            provider_id__in={fact.payment_intent for fact in facts},
        ).values_list("provider_id", flat=True)
    )
    for fact in facts:
        if fact.payment_intent in ours and account_of_payment(fact.payment_intent) == account:
            found.refunds += 1
            with found.of(f"Refund {fact.id}"):
                _book(found, fact)


def _book(found: Comparison, fact: RefundFact) -> None:
    before = _refund_state(fact.id)
    refund = book_refund(fact)
    if refund is None:
        found.problems.append(f"Refund {fact.id} is more than what is left of its payment.")
    elif refund.state != before:
        found.repaired.append(f"Refund {fact.id}: {refund.state}")


def _look_for_ours(found: Comparison, recent: Recent) -> None:
    """Refunds of ours that are on their way, or that should stand in the provider's lists."""
    given = Refund.objects.exclude(provider_id=None).exclude(provider_id__startswith="manual:")
    pending = given.filter(state=Refund.State.PENDING)
    succeeded = given.filter(state=Refund.State.SUCCEEDED, created_at__gte=recent.since)
    for refund in pending | succeeded:
        with found.of(f"Refund {refund.provider_id}"):
            account = account_of_payment(refund.charge_id)
            if any(fact.id == refund.provider_id for fact in recent.refunds(account)):
                continue
            facts = in_order(Gateway(account).refunds_of(refund.charge_id))
            for fact in facts:
                _book(found, fact)
            if not any(fact.id == refund.provider_id for fact in facts):
                found.problems.append(f"Refund {refund.provider_id} is unknown to the provider.")


def _refund_state(provider_id: str) -> str:
    known = Refund.objects.filter(provider_id=provider_id).values_list("state", flat=True)
    return known.first() or ""
