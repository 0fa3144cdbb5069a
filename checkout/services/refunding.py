"""Sending refunds that were written down, and cancelling what may have been paid."""

import logging
from uuid import UUID

from checkout.errors import PaymentProviderUnavailable, PaymentRefused
from checkout.services.starting import end_open_sessions
from checkout.stripe_gateway import Gateway, RefundFact, provider_name
from orders.errors import IllegalTransition
from orders.models import LedgerEntry, Order, Refund
from orders.reading import find_order
from orders.services.paying import (
    cancel_paid_order,
    end_order,
    record_outside_refund,
    settle_refund,
)
from orders.services.timeline import NOBODY, Actor
from pycommerce.core.money import to_minor_units
from pycommerce.db import connection

logger = logging.getLogger(__name__)


def send_refund(refund_id: UUID) -> Refund:
    """Ask the provider for a refund that was written down, under its own key.

    A repeat resumes it. Raises PaymentProviderUnavailable; then it is sent again later.
    """
    refund = Refund.objects.select_related("order").get(pk=refund_id)
    if refund.state != Refund.State.NEW:
        return refund
    charge = LedgerEntry.objects.get(provider_id=refund.charge_id, kind=LedgerEntry.Kind.CHARGE)
    if charge.provider == "manual":
        return settle_refund(
            refund.pk, provider_id=f"manual:{refund.pk}", state="succeeded", provider="manual"
        )
    gateway = Gateway(connection.tenant.stripe_account)
    metadata = {
        "tenant": str(connection.tenant.pk),
        "order": str(refund.order_id),
        "refund": str(refund.pk),
    }
    # Asked first: after a day the provider has forgotten the key, but not the refund.
    known = [
        fact
        for fact in gateway.refunds_of(refund.charge_id)
        if fact.metadata.get("refund") == str(refund.pk)
    ]
    try:
        fact = (
            known[0]
            if known
            else gateway.create_refund(
                payment_intent=refund.charge_id,
                minor=to_minor_units(refund.amount, charge.currency),
                key=f"refund-{refund.pk}",
                metadata=metadata,
            )
        )
    except PaymentRefused as error:
        logger.warning("Refund %s was refused", refund.pk)
        return settle_refund(
            refund.pk,
            provider_id=f"refused:{refund.pk}",
            state="failed",
            provider=provider_name(),
            problem=error.details,
        )
    return settle_refund(
        refund.pk,
        provider_id=fact.id,
        state=fact.state,
        provider=provider_name(),
        problem=fact.problem,
    )


def book_refund(fact: RefundFact) -> Refund | None:
    """Book a refund as the provider has it: one of ours, or one that was made over there."""
    ours = Refund.objects.filter(provider_id=fact.id).first()
    if ours is None and (written := fact.metadata.get("refund")):
        ours = Refund.objects.filter(pk=written).first()
    if ours:
        return settle_refund(
            ours.pk,
            provider_id=fact.id,
            state=fact.state,
            provider=provider_name(),
            problem=fact.problem,
        )
    return record_outside_refund(
        charge_id=fact.payment_intent,
        provider_id=fact.id,
        amount=fact.amount,
        state=fact.state,
        provider=provider_name(),
    )


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
    end_open_sessions(order_id)
    order = find_order(order_id)
    if order.payment_status == Order.PaymentStatus.PROCESSING:
        raise IllegalTransition(f"The payment of order {order} is on its way.")
    if not end_order(order_id, reason=reason, request_key=request_key, actor=actor):
        cancel_paid_order(order_id, reason=reason, request_key=request_key, actor=actor)
        send_refunds_of(order_id)
    return find_order(order_id)
