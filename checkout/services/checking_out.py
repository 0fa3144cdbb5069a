"""From a cart to an order: one pending order for a cart, however often it is checked out."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from checkout.errors import PaymentProviderUnavailable, TotalChanged
from checkout.models import Cart, PaymentAttempt
from checkout.services.settling import settle
from checkout.services.starting import end_unpaid, give_up_unknown
from orders.errors import IllegalTransition, PricesChanged
from orders.models import Order
from orders.services.placing import Address, Buyer, give_number, place_order
from pycommerce.core.errors import wrong_field
from pycommerce.db.retrying import once_more


class AlreadyPaid(Exception):
    """The cart's earlier order was paid in another tab: there is nothing left to check out."""

    def __init__(self, order: Order) -> None:
        super().__init__(str(order))
        self.order = order


def check_out(cart_id: UUID, *, agreed_total: Decimal | None = None, **order_fields: Any) -> Order:
    """The order of what is in the cart: the pending one that was made from it, or a new one.

    One that is still what is wanted, to the last detail, goes on with its hold and its payment
    session. Any other ends first: its session is expired at the provider, so that nobody pays for
    both. `agreed_total` is what the shopper saw, where they saw one. `order_fields` are those of
    `place_order` but for `quantities`.

    Raises what `place_order` refuses (PricesChanged for a price that is not the one the cart
    showed), TotalChanged where it comes to another sum, AlreadyPaid, PaymentProviderUnavailable,
    or IllegalTransition where two tabs check out at the same moment.
    """
    for _attempt in range(3):
        order = _go_on_or_end(cart_id, agreed_total, order_fields)
        order = order or once_more(lambda: _place(cart_id, agreed_total, order_fields))
        if order is not None:
            return order
    raise IllegalTransition(_("This cart is being checked out in another tab."))


def _go_on_or_end(
    cart_id: UUID, agreed_total: Decimal | None, order_fields: dict[str, Any]
) -> Order | None:
    """The cart's earlier order where it is still wanted and can be paid; any other has ended."""
    cart = Cart.objects.select_related("order").filter(pk=cart_id).first()
    if cart is None:
        raise wrong_field("items", _("Your cart is empty."))
    earlier = cart.order
    if earlier is None:
        return None
    if earlier.is_payable and _is_wanted(earlier, cart, agreed_total, **order_fields):
        _hear_of(earlier)
        earlier.refresh_from_db()
        if earlier.is_payable:
            return earlier
    elif earlier.status == Order.Status.PENDING:
        end_unpaid(earlier.pk, reason="Replaced by another checkout.", expired=True)
        earlier.refresh_from_db()
    if earlier.payment_status != Order.PaymentStatus.UNPAID:
        raise AlreadyPaid(earlier)
    return None


def _is_wanted(
    order: Order,
    cart: Cart,
    agreed_total: Decimal | None,
    *,
    buyer: Buyer,
    shipping_address: Address,
    billing_address: Address | None = None,
    shipping_method: str,
    notes: str = "",
    discount_code: str = "",
    **_fields: Any,
) -> bool:
    """Whether the order is what the cart holds, at the prices that were seen, and as asked."""
    in_cart = [(line.variant_id, line.quantity, line.seen_price) for line in cart.lines.all()]
    ordered = [(line.variant_id, line.quantity, line.unit_price) for line in order.line_items.all()]
    return (
        order.units == Order.Units.HELD
        and all(variant_id for variant_id, *_rest in in_cart)
        and sorted(in_cart, key=str) == sorted(ordered, key=str)
        and agreed_total in {None, order.total}
        and buyer == Buyer(order.customer_name, order.customer_email, order.customer_phone)
        and shipping_address.as_json() == order.shipping_address
        and (billing_address or shipping_address).as_json() == order.billing_address
        and shipping_method == order.shipping_method
        and notes == order.notes
        and discount_code.strip().upper() == order.discount_code
    )


def _hear_of(order: Order) -> None:
    """Book how the order's open session is: its news may be late, or lost.

    Where the provider cannot be reached the order waits as it is.
    """
    for attempt in order.attempts.filter(state=PaymentAttempt.State.OPEN):
        assert attempt.session_id
        try:
            if settle(attempt.session_id, keep_order=True) is None:
                give_up_unknown(attempt)
        except PaymentProviderUnavailable:
            return


@transaction.atomic
def _place(
    cart_id: UUID, agreed_total: Decimal | None, order_fields: dict[str, Any]
) -> Order | None:
    """The order, with the cart locked; None where another tab made one meanwhile."""
    cart = Cart.objects.select_for_update().filter(pk=cart_id).first()
    if cart is None:
        raise wrong_field("items", _("Your cart is empty."))
    if (
        cart.order_id
        and Order.objects.filter(pk=cart.order_id, status=Order.Status.PENDING).exists()
    ):
        return None
    lines = list(cart.lines.all())
    if not lines:
        raise wrong_field("items", _("Your cart is empty."))
    sold = {line.variant_id: line for line in lines if line.variant_id}
    if len(sold) < len(lines):
        raise PricesChanged(_("Something in your cart is no longer sold."))
    order = place_order(
        quantities={key: line.quantity for key, line in sold.items()},
        seen_prices={key: line.seen_price for key, line in sold.items()},
        **order_fields,
    )
    if agreed_total is not None and order.total != agreed_total:
        raise TotalChanged(order.total)
    cart.order = order
    cart.save(update_fields=["order"])
    give_number(order)
    return order
