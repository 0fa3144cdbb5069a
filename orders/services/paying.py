"""What money does to an order. Orders have never heard of Stripe: who was paid calls this."""

import logging
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from catalog.services.holding import hold_units, release_units, return_units, sell_units
from orders.errors import IllegalTransition, UnknownOrder
from orders.models import LedgerEntry, Order, Refund
from orders.services.placing import (
    free_discount,
    money_words,
    quantities_of,
    use_discount_again,
)
from orders.services.restocking import restock, take_back
from orders.services.timeline import (
    NOBODY,
    Actor,
    announce_order,
    has_failed_payment,
    note,
    save,
    tell,
)
from pycommerce.core.errors import wrong_field
from tenants.due import Kind, note_due
from tenants.shop.models import raise_catalogue_version

logger = logging.getLogger(__name__)

SENT_WITHIN = timedelta(seconds=15)
Status, Payment, Units = Order.Status, Order.PaymentStatus, Order.Units


def lock_order(order_id: UUID) -> Order:
    """The order, locked: first in the lock order. Raises UnknownOrder."""
    order = Order.objects.select_for_update().filter(pk=order_id).first()
    if order is None:
        raise UnknownOrder(order_id)
    return order


def _book(
    order: Order,
    kind: str,
    amount: Decimal,
    provider: str,
    provider_id: str,
    *,
    currency: str = "",
    surplus: bool = False,
) -> bool:
    """Write money that moved into the ledger; False where it stands there already."""
    entry, made = LedgerEntry.objects.get_or_create(
        provider_id=provider_id,
        kind=kind,
        defaults={
            "order": order,
            "amount": amount,
            "currency": currency or order.currency,
            "provider": provider,
            "is_surplus": surplus,
        },
    )
    if not made and entry.order_id != order.pk:
        raise IllegalTransition(f"{provider_id} was booked for another order.")
    return made


@transaction.atomic
def record_payment(
    *,
    order_id: UUID,
    amount: Decimal,
    currency: str,
    provider: str,
    provider_id: str,
    remark: str = "",
    actor: Actor = NOBODY,
) -> Order:
    """Book money that arrived for an order, once for each `provider_id`.

    Held units are sold and the order goes on. After its hold ended it is taken up again if its
    units are still there, else the money goes back by a refund that is written down here. Another
    amount or currency than the order's puts it in review, and nothing ships. A second payment of
    a paid order goes back.
    """
    order = lock_order(order_id)
    charges = LedgerEntry.objects.filter(kind=LedgerEntry.Kind.CHARGE)
    if known := charges.filter(provider_id=provider_id).first():
        if known.order_id != order.pk:
            raise IllegalTransition(f"{provider_id} was booked for another order.")
        return order
    if charges.filter(order=order, is_surplus=False).exists():
        _return_surplus(order, amount, currency, provider, provider_id)
        return order
    _book(order, LedgerEntry.Kind.CHARGE, amount, provider, provider_id, currency=currency)
    words = money_words(amount, currency)
    if currency != order.currency or amount != order.total:
        save(order, captured=amount, payment_status=Payment.REVIEW)
        note(
            order,
            "payment_mismatch",
            f"Paid {words}, but the order says {money_words(order.total, order.currency)}.",
        )
        tell("alert.payment_mismatch", order, provider_id)
        logger.warning("Order %s: amount or currency of a payment does not match", order.pk)
        if order.status == Status.CANCELLED:
            _give_everything_back(order)
        return order
    note(order, "paid", f"Paid {words}{f' ({remark})' if remark else ''}.", actor)
    was_held = order.units == Units.HELD
    if not _take_up(order):
        save(order, captured=amount, payment_status=Payment.PAID)
        _give_everything_back(order)
        return order
    save(order, captured=amount, payment_status=Payment.PAID, status=Status.PROCESSING)
    lines = list(order.line_items.all())
    sources = {line.variant_id: f"sale:{line.pk}" for line in lines if line.variant_id}
    sell_units(quantities_of(order), sources)
    save(order, units=Units.SOLD)
    tell("mail.order_confirmed", order)
    announce_order("order.paid", order)
    if not was_held:
        # To sell units that are held leaves as many to be sold as before.
        raise_catalogue_version()
    logger.info("Order %s paid", order.pk)
    return order


def _take_up(order: Order) -> bool:
    """Whether the order's units are held: those of one that had expired are held again."""
    if order.units == Units.HELD:
        return True
    if order.status != Status.CANCELLED or not order.expired:
        return False
    if order.line_items.filter(variant=None).exists() or hold_units(quantities_of(order)):
        return False
    use_discount_again(order)
    save(order, units=Units.HELD, status=Status.PENDING, cancel_reason="", expired=False)
    note(order, "reinstated", "Paid after it had expired; its units were still there.")
    return True


def _give_everything_back(order: Order) -> None:
    """The units are gone: the money goes back, and both sides are told."""
    note(order, "late_payment", "Paid after the order had ended: the money goes back.")
    tell("alert.late_payment", order)
    if write_refund(order, amount=order.captured, reason="Paid after the order had ended."):
        tell("mail.late_payment", order)


def _return_surplus(
    order: Order, amount: Decimal, currency: str, provider: str, provider_id: str
) -> None:
    charge = LedgerEntry.Kind.CHARGE
    _book(order, charge, amount, provider, provider_id, currency=currency, surplus=True)
    if amount > 0:
        Refund.objects.create(
            order=order,
            amount=amount,
            charge_id=provider_id,
            is_surplus=True,
            reason="Paid twice.",
        )
        _have_it_sent()
    note(order, "paid_twice", f"Paid a second time: {money_words(amount, currency)} go back.")
    tell("alert.paid_twice", order, provider_id)


@transaction.atomic
def mark_payment_processing(order_id: UUID) -> Order:
    """The customer chose a method that takes days: units stay held until it is known."""
    order = lock_order(order_id)
    if order.status == Status.PENDING and order.payment_status == Payment.UNPAID:
        save(order, payment_status=Payment.PROCESSING)
        note(order, "payment_processing", "The payment is on its way.")
    return order


@transaction.atomic
def mark_payment_failed(order_id: UUID) -> Order:
    """A payment that was on its way did not come: the order waits for another."""
    order = lock_order(order_id)
    if order.status == Status.PENDING and order.payment_status == Payment.PROCESSING:
        save(order, payment_status=Payment.UNPAID)
        note(order, "payment_failed", "The payment failed.")
    return order


@transaction.atomic
def record_manual_payment(*, order_id: UUID, reference: str, actor: Actor) -> Order:
    """A payment made outside of the shop: cash or a bank transfer of the whole amount.

    Raises IllegalTransition unless the order waits for its payment.
    """
    order = lock_order(order_id)
    if not order.is_payable:
        raise IllegalTransition(f"Order {order} is {_state(order)}.")
    if not reference.strip():
        raise wrong_field("reference", "Say how it was paid.")
    save(order, payment_method=Order.PaymentMethod.MANUAL)
    return record_payment(
        order_id=order_id,
        amount=order.total,
        currency=order.currency,
        provider="manual",
        provider_id=f"manual:{order.pk}",
        remark=reference.strip()[:200],
        actor=actor,
    )


def _state(order: Order) -> str:
    return f"{order.status} and {order.payment_status}"


@transaction.atomic
def end_order(
    order_id: UUID,
    *,
    reason: str,
    expired: bool = False,
    request_key: str | None = None,
    actor: Actor = NOBODY,
) -> Order | None:
    """Cancel an order that nobody paid and give its units free.

    Of one that `expired` its customer hears nothing, unless a payment was said to be on its way.
    Returns None where it is not pending and unpaid any more, or where its payment is on its way;
    then nothing has changed.
    """
    order = lock_order(order_id)
    if not order.is_payable:
        return None
    _cancel(order, reason=reason, expired=expired, request_key=request_key, actor=actor)
    return order


def _cancel(
    order: Order,
    *,
    reason: str,
    expired: bool = False,
    request_key: str | None = None,
    actor: Actor = NOBODY,
) -> None:
    """Cancel a locked order that was not sold, and give its units and its code free."""
    if order.units == Units.HELD:
        release_units(quantities_of(order))
    save(
        order,
        status=Status.CANCELLED,
        units=Units.RELEASED,
        cancel_reason=reason[:255],
        cancel_key=request_key or "",
        expired=expired,
    )
    free_discount(order)
    note(order, "cancelled", f"Cancelled: {reason}" if reason else "Cancelled.", actor)
    if not expired:
        tell("mail.order_cancelled", order)
    elif has_failed_payment(order):
        # By a key of its own: paid after all, it may be cancelled once more, and told of again.
        tell("mail.order_cancelled", order, "payment_failed")
    raise_catalogue_version()
    logger.info("Order %s cancelled", order.pk)


@transaction.atomic
def cancel_paid_order(
    order_id: UUID, *, reason: str, request_key: str | None = None, actor: Actor = NOBODY
) -> Order:
    """Cancel an order that was paid and not sent: units come back, the money follows.

    The refund is written down here and sent afterwards. Raises IllegalTransition.
    """
    order = lock_order(order_id)
    lines = list(order.line_items.all())
    if order.status not in {Status.PENDING, Status.PROCESSING}:
        raise IllegalTransition(f"Order {order} is {order.status}.")
    if order.payment_status in {Payment.UNPAID, Payment.PROCESSING}:
        raise IllegalTransition(f"Order {order} is {_state(order)}.")
    if any(line.fulfilled for line in lines):
        raise IllegalTransition(f"Order {order} was sent in part; refund it instead.")
    if order.units == Units.HELD:
        release_units(quantities_of(order))
        save(order, units=Units.RELEASED)
    back = {line.variant_id: line.quantity - line.restocked for line in lines if line.variant_id}
    back = {variant_id: units for variant_id, units in back.items() if units}
    if order.units == Units.SOLD and back:
        sources = {line.variant_id: f"cancel:{line.pk}" for line in lines if line.variant_id}
        return_units(back, sources, "Order cancelled")
        for line in lines:
            line.restocked = line.quantity
            line.save(update_fields=["restocked"])
    write_refund(
        order, amount=refundable(order), reason=reason, request_key=request_key, actor=actor
    )
    save(
        order,
        status=Status.CANCELLED,
        cancel_reason=reason[:255],
        cancel_key=request_key or "",
    )
    note(order, "cancelled", f"Cancelled: {reason}" if reason else "Cancelled.", actor)
    tell("mail.order_cancelled", order)
    raise_catalogue_version()
    return order


def refundable(order: Order) -> Decimal:
    """What is left to give back: captured less every refund that did not fail."""
    refunds = order.refunds.filter(is_surplus=False).exclude(state=Refund.State.FAILED)
    return order.captured - sum((refund.amount for refund in refunds), Decimal(0))


def write_refund(
    order: Order,
    *,
    amount: Decimal,
    reason: str,
    restock: bool = False,
    request_key: str | None = None,
    actor: Actor = NOBODY,
) -> Refund | None:
    """Write down a refund of a locked order, to be sent after the commit; None for nothing."""
    if amount <= 0:
        return None
    charge = order.ledger.filter(kind=LedgerEntry.Kind.CHARGE, is_surplus=False).get()
    _have_it_sent()
    return Refund.objects.create(
        order=order,
        amount=amount,
        charge_id=charge.provider_id,
        reason=reason[:255],
        restock=restock,
        request_key=request_key,
        user_id=actor.id,
        user_name=actor.name,
    )


def _have_it_sent() -> None:
    """Who wrote a refund sends it after the commit; the worker does where that did not happen."""
    note_due(Kind.PAYMENTS, timezone.now() + SENT_WITHIN)


@transaction.atomic
def settle_refund(
    refund_id: UUID, *, provider_id: str, state: str, provider: str, problem: str = ""
) -> Refund:
    """Book what the provider says about a refund: `succeeded`, `pending` or `failed`.

    Called as often as it is heard; it ends in the same state. A refund that fails after it was
    booked is booked back.
    """
    order_id = Refund.objects.values_list("order_id", flat=True).get(pk=refund_id)
    order = lock_order(order_id)
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    if refund.provider_id not in {None, provider_id}:
        raise IllegalTransition(f"Refund {refund.pk} is {refund.provider_id} at the provider.")
    if refund.state == Refund.State.FAILED or refund.state == state:
        return refund
    if refund.state == Refund.State.SUCCEEDED and state == Refund.State.PENDING:
        return refund
    refund.provider_id, refund.state, refund.problem = provider_id, state, problem[:500]
    refund.save(update_fields=["provider_id", "state", "problem", "updated_at"])
    if state == Refund.State.FAILED:
        _book_failure(order, refund, provider)
    else:
        _book_refund(order, refund, provider)
    return refund


def _book_refund(order: Order, refund: Refund, provider: str) -> None:
    assert refund.provider_id
    kind, currency = LedgerEntry.Kind.REFUND, _currency_of(refund)
    if not _book(
        order,
        kind,
        refund.amount,
        provider,
        refund.provider_id,
        currency=currency,
        surplus=refund.is_surplus,
    ):
        return
    _move_refunded(order, refund, refund.amount)
    by = Actor(refund.user_id, refund.user_name)
    words = money_words(refund.amount, currency)
    note(order, "refunded", f"Refunded {words}. {refund.reason}".strip(), by)
    restock(order, refund, by)
    tell("mail.order_refunded", order, str(refund.pk), amount=str(refund.amount))
    announce_order("order.refunded", order)
    if order.status == Status.PENDING and order.payment_status == Payment.REFUNDED:
        # Another amount had come than it costs, and went back: it waits for nothing any more.
        _cancel(order, reason="The payment was given back.")


def _book_failure(order: Order, refund: Refund, provider: str) -> None:
    """The customer did not get it: what was booked is booked back, and its units are owed again."""
    assert refund.provider_id
    currency = _currency_of(refund)
    words = money_words(refund.amount, currency)
    note(order, "refund_failed", f"The refund of {words} failed. {refund.problem}".strip())
    tell("alert.refund_failed", order, str(refund.pk))
    booked = LedgerEntry.objects.filter(provider_id=refund.provider_id)
    if booked.filter(kind=LedgerEntry.Kind.REFUND).exists() and _book(
        order,
        LedgerEntry.Kind.REFUND_REVERSAL,
        refund.amount,
        provider,
        refund.provider_id,
        currency=currency,
        surplus=refund.is_surplus,
    ):
        _move_refunded(order, refund, -refund.amount)
    for part in refund.lines.select_related("line_item"):
        line = part.line_item
        line.refunded -= part.quantity
        line.save(update_fields=["refunded"])
    take_back(order, refund)
    if order.status == Status.COMPLETED and any(line.to_send for line in order.line_items.all()):
        save(order, status=Status.PROCESSING)


def _currency_of(refund: Refund) -> str:
    """That of the payment: in review it may be another than the order's."""
    charge = LedgerEntry.objects.get(provider_id=refund.charge_id, kind=LedgerEntry.Kind.CHARGE)
    return charge.currency


def _move_refunded(order: Order, refund: Refund, amount: Decimal) -> None:
    if refund.is_surplus:
        return
    refunded = order.refunded + amount
    charge = order.ledger.get(kind=LedgerEntry.Kind.CHARGE, is_surplus=False)
    matches = charge.amount == order.total and charge.currency == order.currency
    if refunded == order.captured:
        status = Payment.REFUNDED
    elif not matches or order.payment_status == Payment.REVIEW:
        status = Payment.REVIEW
    else:
        status = Payment.PARTIALLY_REFUNDED if refunded else Payment.PAID
    save(order, refunded=refunded, payment_status=status)


@transaction.atomic
def record_outside_refund(
    *, charge_id: str, provider_id: str, amount: Decimal, state: str, provider: str
) -> Refund | None:
    """A refund that was made at the provider itself; None where the charge is none of ours."""
    charge = LedgerEntry.objects.filter(provider_id=charge_id, kind=LedgerEntry.Kind.CHARGE).first()
    if charge is None:
        return None
    order = lock_order(charge.order_id)
    refund = Refund.objects.filter(provider_id=provider_id).first()
    if refund is None:
        if state == Refund.State.FAILED:
            # It came to nothing before we heard of it.
            return Refund.objects.create(
                order=order,
                amount=amount,
                charge_id=charge_id,
                provider_id=provider_id,
                state=state,
                is_surplus=charge.is_surplus,
                reason="Made at the payment provider.",
            )
        if amount > _left_of(charge):
            logger.error("Refund %s is more than is left of %s", provider_id, charge_id)
            tell("alert.refund_unexplained", order, provider_id)
            return None
        refund = Refund.objects.create(
            order=order,
            amount=amount,
            charge_id=charge_id,
            is_surplus=charge.is_surplus,
            reason="Made at the payment provider.",
        )
    return settle_refund(refund.pk, provider_id=provider_id, state=state, provider=provider)


def _left_of(charge: LedgerEntry) -> Decimal:
    """What of a payment was not given back yet, by the ledger."""
    given = Refund.objects.filter(
        charge_id=charge.provider_id, state__in=[Refund.State.PENDING, Refund.State.SUCCEEDED]
    )
    return charge.amount - sum((refund.amount for refund in given), Decimal(0))


@transaction.atomic
def record_dispute(
    *,
    charge_id: str,
    provider_id: str,
    amount: Decimal,
    currency: str,
    reason: str,
    provider: str,
) -> Order | None:
    """A customer's bank asks the money back: noted on the order for a person to answer."""
    charge = LedgerEntry.objects.filter(provider_id=charge_id, kind=LedgerEntry.Kind.CHARGE).first()
    if charge is None:
        return None
    order = lock_order(charge.order_id)
    kind = LedgerEntry.Kind.DISPUTE
    if _book(
        order,
        kind,
        amount,
        provider,
        provider_id,
        currency=currency,
        surplus=charge.is_surplus,
    ):
        note(order, "disputed", f"Disputed: {reason or 'no reason given'}.")
        tell("alert.disputed", order, provider_id)
        save(order)
    return order
