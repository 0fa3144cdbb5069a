"""What the worker looks after by itself, shop by shop: a failure in one does not stop the next."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Min, OuterRef
from django.utils import timezone
from django_tenants.utils import tenant_context

from checkout.errors import PaymentProviderUnavailable
from checkout.models import PaymentAttempt
from checkout.services.refunding import book_refund, in_order, send_refund
from checkout.services.settling import account_of_payment, settle
from checkout.services.starting import NEW_FOR, give_up_unknown
from checkout.stripe_gateway import Gateway
from orders.models import Order, Refund
from orders.services.paying import end_order, lock_order
from orders.services.pricing import order_settings
from pycommerce.db import connection
from tenants.due import Kind, is_due_later, note_due
from tenants.models import Tenant

logger = logging.getLogger(__name__)

State = PaymentAttempt.State
# An open session is asked about again after so long; one that waits for a bank, more seldom.
ASK_AGAIN = timedelta(minutes=5)
ASK_PENDING_AGAIN = timedelta(hours=1)
# A session that the provider does not know is given up so long after its end.
UNKNOWN_FOR = timedelta(hours=1)
AT_MOST_EVERY = timedelta(minutes=1)
# At most so many of a kind in one sweep: the next shop waits for its turn.
MOST = 200


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
    swept.abandoned = abandon_stale_attempts()
    swept.settled = _for_each(swept, _attempts_to_ask_about(), _ask_about)
    new = Refund.objects.filter(state=Refund.State.NEW)
    swept.refunds = _for_each(swept, new[:MOST], lambda refund: send_refund(refund.pk))
    pending = Refund.objects.filter(
        state=Refund.State.PENDING, updated_at__lt=timezone.now() - ASK_PENDING_AGAIN
    )
    swept.refunds += _for_each(swept, pending[:MOST], _ask_about_refund)
    expired, problems = expire_holds()
    swept.expired = len(expired)
    swept.problems += problems
    _note_next_time()
    return swept


def _note_next_time() -> None:
    """Say when this shop is to be swept again: sooner than all are."""
    now = timezone.now()
    if Refund.objects.filter(state=Refund.State.NEW).exists():
        soon = now
    else:
        unfinished = PaymentAttempt.objects.filter(state__in=[State.NEW, State.OPEN])
        oldest = unfinished.aggregate(Min("checked_at"))["checked_at__min"]
        if oldest is None:
            return
        soon = oldest + ASK_AGAIN
    if not is_due_later(Kind.PAYMENTS):
        note_due(Kind.PAYMENTS, max(soon, now + AT_MOST_EVERY))


def _for_each(swept: Swept, things: Iterable[Any], work: Callable[[Any], object]) -> int:
    """Do something for each thing; returns for how many it was done.

    One that fails is a problem of its own; a provider that does not answer ends the round.
    """
    done = 0
    for thing in things:
        try:
            work(thing)
            done += 1
        except PaymentProviderUnavailable as error:
            swept.problems.append(f"{thing.pk}: {error.details}")
            return done
        except Exception as error:
            logger.exception("Tenant %s: %s failed", swept.tenant, thing.pk)
            swept.problems.append(f"{thing.pk}: {type(error).__name__}: {error}")
    return done


def abandon_stale_attempts() -> int:
    """Give up attempts that never got a session; returns how many."""
    stale = PaymentAttempt.objects.filter(state=State.NEW, created_at__lt=timezone.now() - NEW_FOR)
    return stale.update(state=State.ABANDONED)


def _attempts_to_ask_about() -> list[PaymentAttempt]:
    now = timezone.now()
    attempts = PaymentAttempt.objects.order_by("checked_at")
    is_open = attempts.filter(state=State.OPEN, checked_at__lt=now - ASK_AGAIN)
    waits = attempts.filter(
        state=State.COMPLETE,
        order__payment_status=Order.PaymentStatus.PROCESSING,
        checked_at__lt=now - ASK_PENDING_AGAIN,
    )
    return [*is_open[:MOST], *waits[:MOST]]


def _ask_about(attempt: PaymentAttempt) -> None:
    # Written first: one that fails has its next turn after the others.
    PaymentAttempt.objects.filter(pk=attempt.pk).update(checked_at=timezone.now())
    unknown = settle(str(attempt.session_id)) is None
    if unknown and attempt.expires_at < timezone.now() - UNKNOWN_FOR:
        give_up_unknown(attempt)


def _ask_about_refund(refund: Refund) -> None:
    Refund.objects.filter(pk=refund.pk).update(updated_at=timezone.now())
    gateway = Gateway(account_of_payment(refund.charge_id))
    for fact in in_order(gateway.refunds_of(refund.charge_id)):
        book_refund(fact)


def expire_holds() -> tuple[list[UUID], list[str]]:
    """Cancel pending orders of the selected shop that never got a payment session in time.

    The hold of an order with a session ends with the session, never by our clock. Returns the
    orders, and problems in words.
    """
    since = timezone.now() - timedelta(hours=order_settings().hold_hours)
    late = Order.objects.filter(
        ~Exists(_unfinished().filter(order=OuterRef("pk"))),
        status=Order.Status.PENDING,
        payment_status=Order.PaymentStatus.UNPAID,
        keep_until_paid=False,
        created_at__lt=since,
    )
    expired, problems = [], []
    for order_id in late.values_list("pk", flat=True):
        try:
            if _expire(order_id):
                expired.append(order_id)
        except Exception as error:
            logger.exception("Order %s could not be expired", order_id)
            problems.append(f"Order {order_id}: {type(error).__name__}: {error}")
    return expired, problems


def _unfinished() -> Any:
    return PaymentAttempt.objects.filter(state__in=[State.NEW, State.OPEN, State.COMPLETE])


@transaction.atomic
def _expire(order_id: UUID) -> bool:
    order = lock_order(order_id)
    # Looked at again under the lock: somebody may have started a payment or kept it since.
    if order.keep_until_paid or _unfinished().filter(order=order_id).exists():
        return False
    return end_order(order_id, reason="Nobody paid in time.", expired=True) is not None
