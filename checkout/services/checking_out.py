"""From a cart to an order: one pending order for a cart, however often it is checked out."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from checkout.errors import TotalChanged
from checkout.models import Cart
from checkout.services.starting import end_unpaid
from orders.errors import IllegalTransition, PricesChanged
from orders.models import Order
from orders.services.placing import give_number, place_order
from pycommerce.core.errors import wrong_field
from pycommerce.db.retrying import once_more


class AlreadyPaid(Exception):
    """The cart's earlier order was paid in another tab: there is nothing left to check out."""

    def __init__(self, order: Order) -> None:
        super().__init__(str(order))
        self.order = order


def check_out(cart_id: UUID, *, agreed_total: Decimal | None = None, **order_fields: Any) -> Order:
    """Place an order of what is in the cart; an earlier pending one of the same cart ends first.

    Its payment session is expired at the provider, so that nobody pays for both. `agreed_total`
    is what the shopper saw, where they saw one. `order_fields` are those of `place_order` but for
    `quantities`.

    Raises what `place_order` refuses (PricesChanged for a price that is not the one the cart
    showed), TotalChanged where it comes to another sum, AlreadyPaid, PaymentProviderUnavailable,
    or IllegalTransition where two tabs check out at the same moment.
    """
    for _attempt in range(3):
        _end_earlier(cart_id)
        order = once_more(lambda: _place(cart_id, agreed_total, order_fields))
        if order is not None:
            return order
    raise IllegalTransition(_("This cart is being checked out in another tab."))


def _end_earlier(cart_id: UUID) -> None:
    cart = Cart.objects.select_related("order").filter(pk=cart_id).first()
    if cart is None:
        raise wrong_field("items", _("Your cart is empty."))
    earlier = cart.order
    if earlier is None:
        return
    if earlier.status == Order.Status.PENDING:
        end_unpaid(earlier.pk, reason="Replaced by another checkout.", expired=True)
        earlier.refresh_from_db()
    if earlier.payment_status != Order.PaymentStatus.UNPAID:
        raise AlreadyPaid(earlier)


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
