"""Payments made outside of the shop: cash, or a transfer to the shop's bank account."""

from functools import partial
from uuid import UUID

from django.db import transaction

from checkout.models import PaymentAttempt
from checkout.services.settling import lock_carts
from checkout.services.starting import end_open_sessions
from orders.errors import IllegalTransition
from orders.models import Order
from orders.services.paying import lock_order, record_manual_payment
from orders.services.timeline import Actor
from pycommerce.db.retrying import once_more

State = PaymentAttempt.State


def take_manual_payment(*, order_id: UUID, reference: str, actor: Actor) -> Order:
    """Note that an order was paid outside; its payment session ends first: nobody pays twice.

    Raises UnknownOrder, InvalidRequest naming `reference`, PaymentProviderUnavailable, or
    IllegalTransition where the order waits for no payment.
    """
    for _attempt in range(3):
        end_open_sessions(order_id)
        order = once_more(partial(_record, order_id, reference, actor))
        if order:
            return order
    raise IllegalTransition(f"Order {order_id} is being paid elsewhere.")


@transaction.atomic
def _record(order_id: UUID, reference: str, actor: Actor) -> Order | None:
    """The paid order; None where another session was started meanwhile."""
    carts = lock_carts(order_id)
    order = lock_order(order_id)
    if order.attempts.filter(state__in=[State.NEW, State.OPEN]).exists():
        return None
    carts.delete()
    return record_manual_payment(order_id=order_id, reference=reference, actor=actor)
