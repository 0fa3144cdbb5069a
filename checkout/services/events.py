"""Stripe's events: kept first, then acted on; the session is asked again and not believed."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django_tenants.utils import tenant_context

from checkout.errors import PaymentProviderUnavailable
from checkout.services.refunding import book_refund
from checkout.services.settling import settle
from checkout.stripe_gateway import Gateway, provider_name, verified_event
from checkout.stripe_inbox.models import StripeEvent
from orders.services.paying import record_dispute
from pycommerce.core.money import from_minor_units
from pycommerce.db import connection
from tenants.models import Tenant
from tenants.public import in_public

logger = logging.getLogger(__name__)

State = StripeEvent.State
MOST_ATTEMPTS = 10

Thing = dict[str, Any]


class Unmatched(Exception):
    """The event belongs to no order of any shop: nothing changes, and a person may look."""


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
    thing = event.get("data", {}).get("object", {})
    row, _ = StripeEvent.objects.get_or_create(
        pk=str(event["id"])[:255],
        defaults={
            "type": str(event.get("type", ""))[:100],
            "object_id": str(thing.get("id") or "")[:255],
            "account": str(event.get("account") or ""),
            "livemode": bool(event.get("livemode")),
            "payload": event,
        },
    )
    if row.state == State.RECEIVED:
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
    StripeEvent.objects.filter(pk=row.pk).update(
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
    if row.livemode != settings.STRIPE_IS_LIVE:
        raise Unmatched("It comes from the other mode, live or test.")
    thing: Thing = row.payload["data"]["object"]
    if thing.get("metadata", {}).get("kind") == "test":
        return None
    tenant = _tenant_of(row, thing)
    with tenant_context(tenant):
        handler(thing)
    return UUID(str(tenant.pk))


def _tenant_of(row: StripeEvent, thing: Thing) -> Tenant:
    """The shop by metadata and account, which must agree. Raises Unmatched."""
    metadata = thing.get("metadata") or {}
    intent = thing.get("payment_intent")
    if "tenant" not in metadata and isinstance(intent, str) and intent:
        # A refund or a dispute made over there carries nothing of ours; its payment does.
        metadata = Gateway(row.account).metadata_of_payment(intent)
    try:
        tenant = Tenant.objects.filter(pk=UUID(str(metadata.get("tenant")))).first()
    except ValueError:
        tenant = None
    if tenant is None:
        raise Unmatched("It names no shop.")
    if tenant.stripe_account != row.account:
        raise Unmatched("The shop it names has another Stripe account.")
    return tenant


def _on_session(thing: Thing) -> None:
    if settle(str(thing["id"])) is None:
        raise Unmatched("The shop has no such order.")


def _on_refund(thing: Thing) -> None:
    _book_refunds_of(str(thing.get("payment_intent") or ""))


def _book_refunds_of(payment_intent: str) -> None:
    if not payment_intent:
        raise Unmatched("It names no payment.")
    gateway = Gateway(connection.tenant.stripe_account)
    for fact in gateway.refunds_of(payment_intent):
        book_refund(fact)


def _on_dispute(thing: Thing) -> None:
    currency = str(thing.get("currency", "usd")).upper()
    order = record_dispute(
        charge_id=str(thing.get("payment_intent") or ""),
        provider_id=str(thing["id"]),
        amount=from_minor_units(int(thing.get("amount", 0)), currency),
        reason=str(thing.get("reason") or ""),
        provider=provider_name(),
    )
    if order is None:
        raise Unmatched("The shop has no such payment.")


_HANDLERS: dict[str, Callable[[Thing], None]] = {
    "checkout.session.completed": _on_session,
    "checkout.session.async_payment_succeeded": _on_session,
    "checkout.session.async_payment_failed": _on_session,
    "checkout.session.expired": _on_session,
    "charge.refunded": _on_refund,
    "refund.updated": _on_refund,
    "refund.failed": _on_refund,
    "charge.dispute.created": _on_dispute,
}


def work_off_waiting(limit: int = 100) -> int:
    """Act on events that are due again; returns how many."""
    due = StripeEvent.objects.filter(state=State.RECEIVED, next_try_at__lte=timezone.now())
    waiting = list(due.order_by("next_try_at").values_list("pk", flat=True)[:limit])
    done = 0
    for event_id in waiting:
        with transaction.atomic():
            # Taken by a lease and not by a lock: the provider is asked meanwhile.
            taken = due.filter(pk=event_id).update(
                next_try_at=timezone.now() + timedelta(seconds=60)
            )
        if taken:
            work_off(event_id)
            done += 1
    return done
