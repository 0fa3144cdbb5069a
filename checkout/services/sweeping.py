"""What the worker looks after by itself, shop by shop: a failure in one does not stop the next."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django_tenants.utils import tenant_context

from checkout.errors import PaymentProviderUnavailable
from checkout.models import Cart, PaymentAttempt
from checkout.services.refunding import send_refund
from checkout.services.settling import settle
from orders.models import Order, Refund
from orders.services.paying import end_order, lock_order
from orders.services.pricing import order_settings
from pycommerce.db import connection
from tenants.models import Tenant

logger = logging.getLogger(__name__)

State = PaymentAttempt.State
# An open session is asked about again after so long; one that waits for a bank, more seldom.
ASK_AGAIN = timedelta(minutes=5)
ASK_PENDING_AGAIN = timedelta(hours=1)
NEW_FOR = timedelta(minutes=4)
CARTS_KEPT_FOR = timedelta(days=90)


@dataclass
class Swept:
    """What was done in one shop; `problems` in words."""

    tenant: str
    settled: int = 0
    abandoned: int = 0
    expired: int = 0
    refunds: int = 0
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def did_anything(self) -> bool:
        return bool(self.settled or self.abandoned or self.expired or self.refunds or self.problems)


def tenants_named(slug: str | None = None) -> list[Tenant]:
    """Every tenant, or the one of this slug; closed ones as well: their money is money."""
    connection.set_schema_to_public()
    tenants = Tenant.objects.order_by("created_at", "pk")
    return list(tenants.filter(slug=slug) if slug else tenants)


def in_each(
    tenants: Iterable[Tenant], work: Callable[[Tenant], Any]
) -> Iterator[tuple[Tenant, Any]]:
    """Do something in every tenant's schema; an exception is the result of its tenant."""
    for tenant in tenants:
        try:
            with tenant_context(tenant):
                result = work(tenant)
        except Exception as error:
            logger.exception("Tenant %s: work failed", tenant.pk)
            result = error
        yield tenant, result


def sweep(tenant: Tenant) -> Swept:
    """Settle what should be known by now, end holds, send refunds, of the selected shop."""
    swept = Swept(tenant.slug)
    _settle_open(swept)
    _send_refunds(swept)
    swept.expired = len(expire_holds())
    Cart.objects.filter(updated_at__lt=timezone.now() - CARTS_KEPT_FOR).delete()
    return swept


def _settle_open(swept: Swept) -> None:
    now = timezone.now()
    stale = PaymentAttempt.objects.filter(state=State.NEW, created_at__lt=now - NEW_FOR)
    swept.abandoned = stale.update(state=State.ABANDONED)
    waits = PaymentAttempt.objects.filter(
        state=State.COMPLETE,
        order__payment_status=Order.PaymentStatus.PROCESSING,
        checked_at__lt=now - ASK_PENDING_AGAIN,
    )
    is_open = PaymentAttempt.objects.filter(state=State.OPEN, checked_at__lt=now - ASK_AGAIN)
    for session_id in [
        *is_open.values_list("session_id", flat=True),
        *waits.values_list("session_id", flat=True),
    ]:
        try:
            settle(str(session_id))
            swept.settled += 1
        except PaymentProviderUnavailable as error:
            swept.problems.append(f"{session_id}: {error.details}")
            return


def _send_refunds(swept: Swept) -> None:
    for refund_id in Refund.objects.filter(state=Refund.State.NEW).values_list("pk", flat=True):
        try:
            send_refund(refund_id)
            swept.refunds += 1
        except PaymentProviderUnavailable as error:
            swept.problems.append(f"refund {refund_id}: {error.details}")
            return


def expire_holds() -> list[UUID]:
    """Cancel pending orders of the selected shop that never got a payment session in time.

    The hold of an order with a session ends with the session, never by our clock.
    """
    since = timezone.now() - timedelta(hours=order_settings().hold_hours)
    attempts = PaymentAttempt.objects.filter(
        order=OuterRef("pk"), state__in=[State.NEW, State.OPEN, State.COMPLETE]
    )
    late = Order.objects.filter(
        ~Exists(attempts),
        status=Order.Status.PENDING,
        payment_status=Order.PaymentStatus.UNPAID,
        keep_until_paid=False,
        created_at__lt=since,
    )
    return [order_id for order_id in late.values_list("pk", flat=True) if _expire(order_id)]


@transaction.atomic
def _expire(order_id: UUID) -> bool:
    order = lock_order(order_id)
    # Looked at again under the lock: somebody may have started a payment or kept it since.
    if order.keep_until_paid:
        return False
    if PaymentAttempt.objects.filter(
        order=order_id, state__in=[State.NEW, State.OPEN, State.COMPLETE]
    ).exists():
        return False
    return end_order(order_id, reason="Nobody paid in time.", expired=True) is not None
