"""A payment that was made outside of the shop, for an order that may still be paid inside."""

from uuid import UUID

from checkout.models import Cart
from checkout.services.starting import end_open_sessions
from orders.errors import IllegalTransition, wrong_field
from orders.models import Order
from orders.reading import find_order
from orders.services.paying import record_manual_payment
from orders.services.timeline import Actor


def take_outside_payment(*, order_id: UUID, reference: str, actor: Actor) -> Order:
    """Book cash or a bank transfer of the whole amount; no session can be paid after it.

    Raises InvalidRequest naming `reference`, IllegalTransition unless the order waits for its
    payment, or PaymentProviderUnavailable; then it may be tried again.
    """
    order = find_order(order_id)
    if not order.is_payable:
        raise IllegalTransition(f"Order {order} is {order.status} and {order.payment_status}.")
    if not reference.strip():
        raise wrong_field("reference", "Say how it was paid.")
    end_open_sessions(order_id)
    order = record_manual_payment(order_id=order_id, reference=reference, actor=actor)
    Cart.objects.filter(order=order).delete()
    return order
