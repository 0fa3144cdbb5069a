"""Stripe's events: kept first, then acted on; the session is asked again and not believed."""

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django_tenants.utils import tenant_context

from checkout.errors import PaymentProviderUnavailable
from checkout.services.refunding import book_refund, in_order
from checkout.services.settling import account_of_payment, book_of_shop
from checkout.stripe_gateway import Gateway, is_live, provider_name, verified_event
from checkout.stripe_inbox.models import StripeEvent, TestSession
from orders.models import LedgerEntry
from orders.services.paying import record_dispute
from pycommerce.api.parameters import parse_uuid
from pycommerce.core.money import from_minor_units, most_minor_units
from pycommerce.core.text import storable
from tenants.models import Tenant
from tenants.public import in_public

logger = logging.getLogger(__name__)

State = StripeEvent.State
MOST_ATTEMPTS = 10
KEPT_FOR = timedelta(days=90)
# A worker that died while it acted on an event leaves it to another after so long.
LEASE = timedelta(seconds=90)

Thing = dict[str, Any]


class Unmatched(Exception):
    """The event belongs to no order of any shop: nothing changes, and a person may look."""


class Malformed(Exception):
    """The event is not as Stripe sends it: acting on it again would fail again."""


def simulator_secret() -> str:
    """What the simulator signs its events with."""
    return f"whsec_simulator_{settings.SECRET_KEY[:24]}"


def webhook_secrets() -> list[str]:
    if settings.STRIPE_SIMULATOR:
        return [simulator_secret()]
    secrets: list[str] = settings.STRIPE_WEBHOOK_SECRET
    return secrets


def receive(body: bytes, signature: str) -> StripeEvent:
    """Keep a signed event under its id and act on it at once; what fails now is tried again later.

    Raises BadSignature.
    """
    event = verified_event(body, signature, webhook_secrets())
    return in_public(lambda: _keep(event))


def _keep(event: Thing) -> StripeEvent:
    event = storable(event)
    thing = event["data"]["object"]
    object_id = thing.get("id") if isinstance(thing, dict) else None
    row, _ = StripeEvent.objects.get_or_create(
        pk=str(event["id"])[:255],
        defaults={
            "type": str(event.get("type") or "")[:100],
            "object_id": str(object_id or "")[:255],
            "account": str(event.get("account") or "")[:255],
            "livemode": bool(event.get("livemode")),
            "payload": event,
        },
    )
    # One that was given up is sent again by a person, who has set something right.
    if row.state in {State.RECEIVED, State.UNMATCHED, State.DEAD}:
        work_off(row.pk)
        row.refresh_from_db()
    return row


def work_off(event_id: str) -> None:
    """Act on a kept event. Two at once both act, and end in the same state."""
    row = StripeEvent.objects.get(pk=event_id)
    try:
        tenant_id = _act(row)
    except Unmatched as problem:
        logger.warning("Stripe event %s is nobody's: %s", row.pk, problem)
        _finish(row, State.UNMATCHED, problem=str(problem))
    except Malformed as problem:
        logger.error("Stripe event %s is malformed: %s", row.pk, problem)
        _finish(row, State.DEAD, problem=str(problem))
    except PaymentProviderUnavailable as problem:
        _try_again(row, str(problem))
    except Exception as problem:
        # One bad event must not stop the others, nor make Stripe see failures.
        logger.exception("Stripe event %s failed", row.pk)
        _try_again(row, f"{type(problem).__name__}: {problem}")
    else:
        _finish(row, State.DONE if tenant_id else State.IGNORED, tenant_id=tenant_id)


def _finish(
    row: StripeEvent, state: str, *, tenant_id: UUID | None = None, problem: str = ""
) -> None:
    StripeEvent.objects.filter(pk=row.pk).update(
        state=state, tenant_id=tenant_id, problem=problem[:500], attempts=F("attempts") + 1
    )


def _try_again(row: StripeEvent, problem: str) -> None:
    attempts = row.attempts + 1
    # Unless a twin has done it meanwhile.
    StripeEvent.objects.filter(pk=row.pk).exclude(state__in=[State.DONE, State.IGNORED]).update(
        attempts=attempts,
        problem=problem[:500],
        state=State.DEAD if attempts >= MOST_ATTEMPTS else State.RECEIVED,
        next_try_at=timezone.now() + timedelta(seconds=min(2**attempts * 5, 3600)),
    )


def _act(row: StripeEvent) -> UUID | None:
    """Do what the event asks for; returns whose it was, or None where it is of no concern."""
    handler = _HANDLERS.get(row.type)
    if handler is None:
        logger.info("Stripe event of type %s is of no concern", row.type)
        return None
    if row.livemode != is_live():
        raise Unmatched("It comes from the other mode, live or test.")
    thing = _thing_of(row.payload)
    metadata = _metadata_of(row, thing)
    if metadata.get("kind") == "test":
        return None
    tenant_id = parse_uuid(str(metadata.get("tenant")))
    tenant = Tenant.objects.filter(pk=tenant_id).first() if tenant_id else None
    if tenant is None:
        raise Unmatched("It names no shop.")
    with tenant_context(tenant):
        handler(thing, row.account)
    return UUID(str(tenant.pk))


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 255


def _is_payment(value: Any) -> bool:
    return _is_id(value.get("id") if isinstance(value, dict) else value)


def _is_amount(value: Any) -> bool:
    # No charge in any currency has more digits.
    return type(value) is int and 0 <= value <= most_minor_units("IDR")


def _is_currency(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z]{3}", value, re.ASCII) is not None


# What is read of an event about a session, charge, refund or dispute (docs.stripe.com/api).
_MEMBERS: dict[str, Callable[[Any], bool]] = {
    "metadata": lambda value: isinstance(value, dict),
    "payment_intent": _is_payment,
    "amount": _is_amount,
    "currency": _is_currency,
    "reason": lambda value: isinstance(value, str) and len(value) <= 255,
}


def _thing_of(event: Thing) -> Thing:
    """What the event is about. Raises Malformed, naming the members."""
    thing = event["data"]["object"]
    if not isinstance(thing, dict):
        raise Malformed("It is not as Stripe sends it: data.object.")
    wrong = [] if _is_id(thing.get("id")) else ["id"]
    for name, is_good in _MEMBERS.items():
        if thing.get(name) is not None and not is_good(thing[name]):
            wrong.append(name)
    names = [f"data.object.{name}" for name in wrong]
    if event.get("account") and not _is_id(event["account"]):
        names.append("account")
    if names:
        raise Malformed(f"It is not as Stripe sends it: {', '.join(names)}.")
    return thing


def _metadata_of(row: StripeEvent, thing: Thing) -> Thing:
    """What we wrote onto the thing, or onto the payment that it is about.

    A refund or a dispute that was made over there carries nothing of ours; its payment does.
    """
    metadata: Thing = thing.get("metadata") or {}
    payment = _payment_of(thing)
    if "tenant" in metadata or metadata.get("kind") == "test" or not payment:
        return metadata
    return Gateway(row.account).metadata_of_payment(payment)


def _payment_of(thing: Thing) -> str:
    """The id of the payment that a session, charge, refund or dispute is about, or ""."""
    payment = thing.get("payment_intent") or ""
    return payment if isinstance(payment, str) else str(payment["id"])


def _on_session(thing: Thing, account: str) -> None:
    session = Gateway(account).retrieve_session(str(thing["id"]))
    if session is None or book_of_shop(session, account) is None:
        raise Unmatched("The shop has no such order, or another Stripe account.")


def _on_refund(thing: Thing, account: str) -> None:
    payment = _known_payment(thing, account)
    facts = in_order(Gateway(account).refunds_of(payment))
    if [fact for fact in facts if book_refund(fact) is None]:
        raise Unmatched("A refund is more than what is left of the payment.")


def _on_dispute(thing: Thing, account: str) -> None:
    currency = str(thing.get("currency") or "usd").upper()
    record_dispute(
        charge_id=_known_payment(thing, account),
        provider_id=str(thing["id"]),
        amount=from_minor_units(int(thing.get("amount") or 0), currency),
        currency=currency,
        reason=str(thing.get("reason") or ""),
        provider=provider_name(),
    )


def _known_payment(thing: Thing, account: str) -> str:
    """The payment that a refund or a dispute is about, booked first where nobody told of it yet.

    Raises Unmatched where it is none of the selected shop's.
    """
    payment = _payment_of(thing)
    charges = LedgerEntry.objects.filter(kind=LedgerEntry.Kind.CHARGE, provider_id=payment)
    if payment and not charges.exists():
        session = Gateway(account).session_of_payment(payment)
        if session:
            book_of_shop(session, account)
    if not payment or not charges.exists() or account_of_payment(payment) != account:
        raise Unmatched("The shop has no such payment.")
    return payment


_HANDLERS: dict[str, Callable[[Thing, str], None]] = {
    "checkout.session.completed": _on_session,
    "checkout.session.async_payment_succeeded": _on_session,
    "checkout.session.async_payment_failed": _on_session,
    "checkout.session.expired": _on_session,
    "charge.refunded": _on_refund,
    "refund.created": _on_refund,
    "refund.updated": _on_refund,
    "refund.failed": _on_refund,
    "charge.dispute.created": _on_dispute,
}


def work_off_waiting(limit: int = 100) -> int:
    """Act on events that are due again, the oldest first; returns how many."""
    due = StripeEvent.objects.filter(state=State.RECEIVED, next_try_at__lte=timezone.now())
    waiting = list(due.order_by("next_try_at", "received_at").values_list("pk", flat=True)[:limit])
    done = 0
    for event_id in waiting:
        # Taken by a lease and not by a lock: the provider is asked meanwhile.
        if due.filter(pk=event_id).update(next_try_at=timezone.now() + LEASE):
            work_off(event_id)
            done += 1
    return done


def forget_old_events() -> int:
    """Delete events that were dealt with long ago, and test sessions that ended then.

    Returns how many.
    """
    since = timezone.now() - KEPT_FOR
    old = StripeEvent.objects.filter(received_at__lt=since).exclude(state=State.RECEIVED)
    ended = TestSession.objects.filter(expires_at__lt=since)
    return old.delete()[0] + ended.delete()[0]
