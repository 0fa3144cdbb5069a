"""What an order's payment has to do with: `/api/orders/{id}/cancel` and `/refund`."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse

from checkout.description import cancelled, refunded
from checkout.errors import PaymentRefused
from checkout.services.refunding import cancel_order, send_refund
from orders import serializers
from orders.api import OrderViewSet as PlainOrderViewSet
from orders.api import actor_of, units_from
from orders.models import Refund
from orders.reading import find_order, order_members
from orders.services.refunding import refund_order
from pycommerce.api.fields import read
from pycommerce.api.http import Request
from pycommerce.core.errors import Refusal
from pycommerce.db.retrying import once_more
from tenants import idempotency
from tenants.idempotency import Answer
from tenants.roles import Right


class OrderViewSet(PlainOrderViewSet):
    """Orders, with the steps that ask the payment provider.

    The key of such a call is stored on what it writes before the provider is asked, and a repeat
    resumes it.
    """

    rights = PlainOrderViewSet.rights | {
        "cancel": Right.WRITE_ORDERS,
        "refund": Right.WRITE_ORDERS,
    }

    @cancelled
    def cancel(self, request: Request, order_id: str) -> HttpResponse:
        return self._resumable(request, self._cancel)

    def _cancel(self, request: Request, order_id: UUID, key: str | None) -> None:
        data = read(serializers.CancelSerializer(data=request.data))
        cancel_order(
            order_id=order_id,
            reason=data["reason"],
            request_key=key,
            actor=actor_of(request),
        )

    @refunded
    def refund(self, request: Request, order_id: str) -> HttpResponse:
        return self._resumable(request, self._refund)

    def _refund(self, request: Request, order_id: UUID, key: str | None) -> None:
        data = read(serializers.RefundSerializer(data=request.data))
        refund = once_more(
            lambda: refund_order(
                order_id=order_id,
                amount=data.get("amount"),
                items=units_from(data.get("items")),
                restock=data["restock"],
                reason=data["reason"],
                request_key=key,
                actor=actor_of(request),
            )
        )
        if send_refund(refund.pk).state == Refund.State.FAILED:
            raise PaymentRefused("The payment provider does not give this money back.")

    def _resumable(self, request: Request, work: Any) -> HttpResponse:
        """Answer with the order after `work`, once for a key."""
        key = idempotency.key_of(request)
        scope = idempotency.scope_of(request, key) if key else None
        if scope is None:
            order_id = find_order(self._order_id()).pk
            work(request, order_id, None)
            return idempotency.plain(Answer(200, order_members(find_order(order_id))))
        with idempotency.held(request, scope) as replay:
            if replay:
                return replay
            try:
                order_id = find_order(self._order_id()).pk
                work(request, order_id, scope)
            except Refusal as refusal:
                if not idempotency.is_stored(refusal):
                    raise
                return idempotency.remember_refusal(request, scope, refusal)
            return idempotency.remember(scope, Answer(200, order_members(find_order(order_id))))
