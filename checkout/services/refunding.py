"""Sending refunds that were written down, and cancelling what may have been paid."""

import logging
from collections.abc import Iterable
from uuid import UUID

from checkout.errors import PaymentProviderUnavailable, PaymentRefused
from checkout.services.settling import account_of_payment
from checkout.services.starting import end_unpaid
from checkout.stripe_gateway import Gateway, RefundFact, provider_name
from orders.errors import IllegalTransition
from orders.models import LedgerEntry, Order, Refund
from orders.reading import find_order
from orders.services.paying import (
    cancel_paid_order,
    record_outside_refund,
    settle_refund,
)
from orders.services.timeline import NOBODY, Actor
from pycommerce.api.parameters import parse_uuid
from pycommerce.core.money import TooFine, to_minor_units
from pycommerce.db import connection
from pycommerce.db.retrying import once_more

logger = logging.getLogger(__name__)


def send_refund(refund_id: UUID) -> Refund:
    """Ask the provider for a refund that was written down, under its own key.

    A repeat resumes it. Returns it as the provider has it: one that is refused has failed, and
    says why. Raises PaymentProviderUnavailable; then it is sent again later.
    """
    refund = Refund.objects.select_related("order").get(pk=refund_id)
    if refund.state != Refund.State.NEW:
        return refund
    charge = LedgerEntry.objects.get(provider_id=refund.charge_id, kind=LedgerEntry.Kind.CHARGE)
    if charge.provider == "manual":
        return settle_refund(
            refund.pk, provider_id=f"manual:{refund.pk}", state="succeeded", provider="manual"
        )
    try:
        fact = _ask_for(refund, charge)
    except PaymentRefused as refusal:
        fact = _refused(refund, refusal.reason)
    except TooFine as problem:
        fact = _refused(refund, str(problem))
    return _settle(refund.pk, fact)


def _refused(refund: Refund, reason: str) -> RefundFact:
    """How a refund stands that the provider did not make."""
    return RefundFact(
        id=f"refused:{refund.pk}",
        payment_intent=refund.charge_id,
        amount=refund.amount,
        state="failed",
        problem=reason,
    )


def _ask_for(refund: Refund, charge: LedgerEntry) -> RefundFact:
    """The refund at the provider: the one that is there, or a new one."""
    minor = to_minor_units(refund.amount, charge.currency)
    gateway = Gateway(account_of_payment(refund.charge_id))
    # Asked first: after a day the provider has forgotten the key, but not the refund.
    for fact in gateway.refunds_of(refund.charge_id):
        if fact.metadata.get("refund") == str(refund.pk):
            return fact
    return gateway.create_refund(
        payment_intent=refund.charge_id,
        minor=minor,
        key=f"refund-{refund.pk}",
        metadata={
            "tenant": str(connection.tenant.pk),
            "order": str(refund.order_id),
            "refund": str(refund.pk),
        },
    )


def _settle(refund_id: UUID, fact: RefundFact) -> Refund:
    return once_more(
        lambda: settle_refund(
            refund_id,
            provider_id=fact.id,
            state=fact.state,
            provider=provider_name(),
            problem=fact.problem,
        )
    )


def in_order(facts: Iterable[RefundFact]) -> list[RefundFact]:
    """Refunds as they are to be booked: those that failed first, since others gave that again."""
    return sorted(facts, key=lambda fact: fact.state != "failed")


def book_refund(fact: RefundFact) -> Refund | None:
    """Book a refund as the provider has it: one of ours, or one that was made over there.

    Returns None where it fits no payment of the shop, or is more than is left of it.
    """
    ours = Refund.objects.filter(provider_id=fact.id).first() or _written_for(fact)
    if ours:
        return _settle(ours.pk, fact)
    return once_more(
        lambda: record_outside_refund(
            charge_id=fact.payment_intent,
            provider_id=fact.id,
            amount=fact.amount,
            state=fact.state,
            provider=provider_name(),
        )
    )


def _written_for(fact: RefundFact) -> Refund | None:
    """The refund of ours that asked for it, as long as it knows of none."""
    written = parse_uuid(fact.metadata.get("refund", ""))
    if written is None:
        return None
    waiting = Refund.objects.filter(provider_id=None, charge_id=fact.payment_intent)
    return waiting.filter(pk=written).first()


def send_refunds_of(order_id: UUID) -> None:
    """Send what was written down for an order; what fails now, the worker sends later."""
    for refund in Refund.objects.filter(order=order_id, state=Refund.State.NEW):
        try:
            send_refund(refund.pk)
        except PaymentProviderUnavailable:
            logger.warning("Refund %s could not be sent yet", refund.pk)


def cancel_order(
    *, order_id: UUID, reason: str = "", request_key: str | None = None, actor: Actor = NOBODY
) -> Order:
    """Cancel an order: its sessions end first, and what was paid all the same goes back.

    Raises UnknownOrder, IllegalTransition, or PaymentProviderUnavailable; then it may be tried
    again.
    """
    order = find_order(order_id)
    if request_key and order.cancel_key == request_key:
        send_refunds_of(order_id)
        return find_order(order_id)
    if order.status not in {Order.Status.PENDING, Order.Status.PROCESSING}:
        raise IllegalTransition(f"Order {order} is {order.status}.")
    if not end_unpaid(order_id, reason=reason, request_key=request_key, actor=actor):
        once_more(
            lambda: cancel_paid_order(order_id, reason=reason, request_key=request_key, actor=actor)
        )
        send_refunds_of(order_id)
    return find_order(order_id)
