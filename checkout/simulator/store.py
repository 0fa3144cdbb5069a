"""What happens to the simulator's sessions, how Stripe would show it, and the events it makes."""

import secrets
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from checkout.simulator.models import Delivery, Refund, Session, StoredAnswer
from pycommerce.db.members import without_member

# How long a delayed method takes here, and how late a late event is.
DELAY, LATE = timedelta(seconds=10), timedelta(seconds=30)
# Stripe forgets an idempotency key after a day; its events can be read for thirty.
ANSWERS_KEPT_FOR, DELIVERIES_KEPT_FOR = timedelta(days=1), timedelta(days=30)
DELIVERIES = {
    "now": "At once",
    "twice": "Twice",
    "late": "Half a minute late",
    "reordered": "After the events that follow it",
    "lost": "Never",
}


def session_json(session: Session, *, expand: bool = False) -> dict[str, Any]:
    """The session as Stripe shows it."""
    params = session.params
    intent: Any = session.payment_intent or None
    if expand and intent:
        intent = intent_json(session)
    return {
        "id": session.id,
        "object": "checkout.session",
        "amount_subtotal": session.amount_total,
        "amount_total": session.amount_total,
        "client_reference_id": params.get("client_reference_id"),
        "created": int(session.created.timestamp()),
        "currency": session.currency,
        "customer_email": params.get("customer_email"),
        "expires_at": int(session.expires_at.timestamp()),
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "mode": "payment",
        "payment_intent": intent,
        "payment_status": session.payment_status,
        "status": session.status,
        "success_url": params.get("success_url"),
        "cancel_url": params.get("cancel_url"),
        "url": session.url if session.status == "open" else None,
    }


def intent_json(session: Session) -> dict[str, Any]:
    """The payment behind a session as Stripe shows it."""
    return {
        "id": session.payment_intent,
        "object": "payment_intent",
        "amount": session.amount_total,
        "currency": session.currency,
        "livemode": False,
        "metadata": session.params.get("payment_intent_data", {}).get("metadata", {}),
        "status": session.intent_status,
    }


def refund_json(refund: Refund) -> dict[str, Any]:
    """The refund as Stripe shows it."""
    return {
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "created": int(refund.created.timestamp()),
        "currency": refund.session.currency,
        "metadata": refund.metadata,
        "payment_intent": refund.session.payment_intent,
        "status": refund.status,
    }


def _tell(
    kind: str,
    session: Session,
    thing: dict[str, Any],
    *,
    after: timedelta = timedelta(0),
    delivery: str = "now",
    effect: dict[str, str] | None = None,
) -> None:
    """Write an event down, to be sent at its time as the operator's switch says."""
    now = timezone.now()
    event = {
        "id": f"evt_{secrets.token_hex(12)}",
        "object": "event",
        "api_version": None,
        "created": int(now.timestamp()),
        "data": {"object": thing},
        "livemode": False,
        "type": kind,
    }
    if session.account:
        event["account"] = session.account
    late = LATE if delivery in {"late", "reordered"} else timedelta(0)
    for _ in range(2 if delivery == "twice" else 1):
        Delivery.objects.create(
            event=event,
            session=session,
            effect=effect or {},
            is_lost=delivery == "lost",
            due_at=now + after + late,
        )


@transaction.atomic
def expire(session_id: str, *, delivery: str = "") -> bool:
    """Expire an open session and tell so; False where it is not open any more."""
    _told(session_id, delivery)
    open_ones = Session.objects.filter(pk=session_id, status="open")
    if not open_ones.update(status="expired"):
        return False
    session = Session.objects.get(pk=session_id)
    _tell("checkout.session.expired", session, session_json(session), delivery=session.delivery)
    return True


@transaction.atomic
def pay(session_id: str, *, outcome: str, delivery: str = "now") -> bool:
    """Complete an open session: `paid`, `delayed` or `delayed_fails`; False where it is not open.

    A delayed method is decided ten seconds later.
    """
    session = Session.objects.select_for_update().get(pk=session_id)
    if session.status != "open" or session.expires_at <= timezone.now():
        return False
    session.status, session.delivery = "complete", delivery
    session.payment_intent = f"pi_{secrets.token_hex(12)}"
    if session.amount_total == 0:
        session.payment_intent, session.payment_status = "", "no_payment_required"
    elif outcome == "paid":
        session.payment_status, session.intent_status = "paid", "succeeded"
    else:
        session.intent_status = "processing"
    session.save()
    first = "late" if delivery == "reordered" else delivery
    _tell("checkout.session.completed", session, session_json(session), delivery=first)
    if outcome != "paid" and session.amount_total:
        _decide_later(session, fails=outcome == "delayed_fails", delivery=delivery)
    return True


def _decide_later(session: Session, *, fails: bool, delivery: str) -> None:
    effect = {"intent_status": "requires_payment_method"}
    kind = "checkout.session.async_payment_failed"
    if not fails:
        effect = {"intent_status": "succeeded", "payment_status": "paid"}
        kind = "checkout.session.async_payment_succeeded"
    after = session_json(session) | {
        name: value for name, value in effect.items() if name == "payment_status"
    }
    delivery = "now" if delivery == "reordered" else delivery
    _tell(kind, session, after, after=DELAY, delivery=delivery, effect=effect)


def tell_refund(refund: Refund) -> None:
    """The events of a refund."""
    session = refund.session
    delivery = session.delivery
    _tell("refund.updated", session, refund_json(refund), delivery=delivery)
    session.refresh_from_db()
    charge = {
        "id": f"ch_{session.payment_intent[3:]}",
        "object": "charge",
        "amount": session.amount_total,
        "amount_refunded": session.amount_refunded,
        "currency": session.currency,
        "metadata": intent_json(session)["metadata"],
        "payment_intent": session.payment_intent,
        "refunded": session.amount_refunded == session.amount_total,
    }
    _tell("charge.refunded", session, charge, delivery=delivery)


@transaction.atomic
def refund_outside(session_id: str, *, delivery: str = "") -> bool:
    """Give all that is left back, as in Stripe's own dashboard."""
    session = _told(session_id, delivery)
    left = session.amount_total - session.amount_refunded
    if session.payment_status != "paid" or not left:
        return False
    session.amount_refunded = session.amount_total
    session.save(update_fields=["amount_refunded"])
    refund = Refund.objects.create(id=f"re_{secrets.token_hex(12)}", session=session, amount=left)
    tell_refund(refund)
    return True


@transaction.atomic
def fail_refund(refund_id: str) -> None:
    """A refund that the customer's bank sent back."""
    refund = Refund.objects.select_for_update().select_related("session").get(pk=refund_id)
    refund.status = "failed"
    refund.save(update_fields=["status"])
    session = refund.session
    session.amount_refunded -= refund.amount
    session.save(update_fields=["amount_refunded"])
    _tell("refund.failed", session, refund_json(refund), delivery=session.delivery)


@transaction.atomic
def fail_last_refund(session_id: str, *, delivery: str = "") -> bool:
    """Let the customer's bank send the newest refund back."""
    session = _told(session_id, delivery)
    refund = session.refunds.exclude(status="failed").first()
    if refund is None:
        return False
    fail_refund(refund.pk)
    return True


@transaction.atomic
def dispute(session_id: str, *, delivery: str = "") -> bool:
    """The customer's bank asks the money back."""
    session = _told(session_id, delivery)
    if session.payment_status != "paid":
        return False
    thing = {
        "id": f"du_{secrets.token_hex(12)}",
        "object": "dispute",
        "amount": session.amount_total,
        "charge": f"ch_{session.payment_intent[3:]}",
        "currency": session.currency,
        "payment_intent": session.payment_intent,
        "reason": "fraudulent",
        "status": "needs_response",
    }
    _tell("charge.dispute.created", session, thing, delivery=session.delivery)
    return True


def _told(session_id: str, delivery: str) -> Session:
    """The session, locked; from now on its events are delivered as `delivery` says, if it does."""
    session = Session.objects.select_for_update().get(pk=session_id)
    if delivery:
        session.delivery = delivery
        session.save(update_fields=["delivery"])
    return session


def forget_old_things() -> None:
    """Delete kept answers and delivered events of long ago."""
    now = timezone.now()
    StoredAnswer.objects.filter(created__lt=now - ANSWERS_KEPT_FOR).delete()
    Delivery.objects.filter(delivered_at__lt=now - DELIVERIES_KEPT_FOR).delete()


def forget_person(session_ids: list[str]) -> None:
    """Take the payer's address out of what is kept of sessions, as their shop asks."""
    email = "customer_email"
    sessions = Session.objects.filter(pk__in=session_ids)
    list(sessions.select_for_update().order_by("pk").values_list("pk"))
    sessions.update(params=without_member("params", email))
    answers = StoredAnswer.objects.filter(body__id__in=session_ids)
    answers.update(body=without_member("body", email))
    deliveries = Delivery.objects.filter(session__in=session_ids)
    deliveries.update(event=without_member("event", "data", "object", email))
