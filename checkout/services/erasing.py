"""Erasing a person from a shop: their orders keep what was sold and lose who bought it."""

import json
import logging
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from checkout.models import Cart, PaymentAttempt
from checkout.services.personal_data import carts_of
from checkout.simulator import store
from checkout.stripe_inbox.models import StripeEvent
from orders.errors import IllegalTransition
from orders.models import Customer, LedgerEntry, Order, SignIn
from orders.services.erasing import (
    Traces,
    erase_members,
    erase_messages,
    erase_orders,
    erase_what_was_sent,
    maybe_open,
    orders_told,
    sign_ins_of,
    why_open,
)
from pycommerce.api.renderers import dumps
from pycommerce.core.errors import NotFound
from pycommerce.db import connection
from pycommerce.db.batches import SIZE, update_each
from pycommerce.db.members import without_member
from tenants.public import in_public
from tenants.services.audit import Person, record
from tenants.services.list_exports import drop_lists
from tenants.shop.models import AuditEntry, IdempotencyKey

logger = logging.getLogger(__name__)

# So many open orders are named; when they are over, the next ones are.
_MOST_NAMED = 50
# Files of them may name the person.
_LISTS_OF_PEOPLE = ("orders.order", "orders.customer")
_UNPAID = {PaymentAttempt.State.NEW, PaymentAttempt.State.OPEN}
# What an event of Stripe's is found and understood by; the rest may name the person.
_KEPT_OF_EVENT = ("id", "object", "type", "account", "api_version", "created", "livemode")
_KEPT_OF_THING = ("id", "object", "payment_intent", "charge", "amount", "currency", "status")
_KEPT_OF_METADATA = ("tenant", "order", "attempt", "kind")


def open_orders(customer: Customer) -> list[tuple[Order, str]]:
    """The oldest orders that still need the person, each with the reason in words."""
    attempts = PaymentAttempt.objects.filter(order=OuterRef("pk"), state__in=_UNPAID)
    orders = Order.objects.filter(maybe_open() | Exists(attempts), customer=customer)
    found = orders.prefetch_related("line_items", "refunds", "attempts")
    named = (
        (order, reason)
        for order in found.order_by("created_at", "pk").iterator(chunk_size=_MOST_NAMED)
        if (reason := _why_open(order))
    )
    return list(islice(named, _MOST_NAMED))


def _why_open(order: Order) -> str:
    if reason := why_open(order):
        return reason
    if any(attempt.state in _UNPAID for attempt in order.attempts.all()):
        return "has a payment page open"
    return ""


@transaction.atomic
def erase_person(
    customer_id: UUID, *, user: Person | None, quiet_since: datetime | None = None
) -> int:
    """Take a customer out of the shop; returns out of how many orders.

    `user` is None where the shop's retention time is over; `quiet_since` then refuses who ordered
    something from that moment on.

    Amounts, lines, numbers, dates and the ledger stay as they are. Raises NotFound, or
    IllegalTransition where an order still needs the person; then nothing has changed.
    """
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None:
        raise NotFound("There is no such customer.")
    # In the order in which everybody locks: carts, orders, and the customer, who then gets no
    # further order.
    carts = carts_of(customer).select_for_update(of=("self",)).order_by("pk")
    cart_ids = list(carts.values_list("pk", flat=True))
    locked = Order.objects.select_for_update().filter(customer=customer).order_by("pk")
    orders = list(locked)
    if Customer.objects.select_for_update().filter(pk=customer_id).first() is None:
        raise NotFound("They were erased at this moment.")
    if customer.orders.count() != len(orders):
        raise IllegalTransition("They placed an order at this moment. Try again.")
    if quiet_since and any(order.created_at >= quiet_since for order in orders):
        raise IllegalTransition("They ordered something meanwhile.")
    if waiting := open_orders(customer):
        reasons = "; ".join(f"{order} {reason}" for order, reason in waiting)
        raise IllegalTransition(f"Not while an order is open: {reasons}.")

    traces = Traces(customer, orders)
    ids = [order.pk for order in orders]
    sign_ins = sign_ins_of(customer)
    erase_orders(orders, traces)
    erase_messages(ids, sign_ins)
    erase_what_was_sent(orders_told(ids), lambda body: _without(body, traces).decode())
    _erase_answers(ids, traces)
    _erase_payments(orders)
    Cart.objects.filter(pk__in=cart_ids).delete()
    SignIn.objects.filter(pk__in=sign_ins).delete()
    drop = partial(
        drop_lists, _LISTS_OF_PEOPLE, problem="A person in it was erased: export the list anew."
    )
    drop()
    # What began to be written meanwhile read the person, too.
    transaction.on_commit(drop)
    customer.delete()
    record(
        user=user,
        action=AuditEntry.Action.DELETE,
        thing=Customer(pk=customer_id),
        name="A person, erased" if user else "A person, erased when their time was over",
        changes={"orders": (len(orders), len(orders))},
    )
    logger.info("A customer was erased from %d orders", len(orders))
    return len(orders)


def _without(body: str | bytes, traces: Traces) -> bytes:
    """An order in JSON, alone or as the data of a webhook, without the person."""
    content = json.loads(body, parse_float=Decimal)
    members = content.get("data", content)
    if "customer" in members:
        erase_members(members, traces)
    return dumps(content)


# Of each answer the ids in it are looked up: to look for each id in it would take as many times.
_ANSWERS = r"""
SELECT scope, body FROM shop_idempotency_key
WHERE EXISTS (
    SELECT FROM regexp_matches(
        encode(body, 'escape'), '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}', 'g'
    ) AS found WHERE found[1] = ANY(%s::text[])
)
FOR UPDATE
"""


def _erase_answers(order_ids: Sequence[UUID], traces: Traces) -> None:
    """Answers that a repeated call gets again: they stay, so that nothing is done twice."""
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS, [[str(each) for each in order_ids]])
        found = cursor.fetchall()
    update_each(
        IdempotencyKey,
        ["body"],
        ((scope, _without(bytes(body), traces)) for scope, body in found),
    )


def _erase_payments(orders: Sequence[Order]) -> None:
    """What is kept of sessions and of what the provider told of them.

    The provider keeps its own record, as it must.
    """
    attempts = PaymentAttempt.objects.filter(order__in=orders)
    attempts.update(params=without_member("params", "customer_email"))
    ids = attempts.values_list("session_id", "payment_id")
    sessions = [session for session, _ in ids if session]
    entries = LedgerEntry.objects.filter(order__in=orders)
    payments = set(entries.values_list("provider_id", flat=True))
    payments |= {payment for _, payment in ids if payment}
    in_public(lambda: _erase_told(sessions, sorted(payments)))


def _erase_told(sessions: list[str], payments: list[str]) -> None:
    store.forget_person(sessions)
    told = StripeEvent.objects.filter(
        Q(object_id__in=[*sessions, *payments])
        | Q(payload__data__object__payment_intent__in=payments)
    )
    ids = list(told.select_for_update().order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), SIZE):
        some = StripeEvent.objects.filter(pk__in=ids[start : start + SIZE])
        payloads = some.values_list("pk", "payload")
        update_each(StripeEvent, ["payload"], [(pk, _kept_of(each)) for pk, each in payloads])


def _kept_of(payload: dict[str, Any]) -> dict[str, Any]:
    """What stays of an event of Stripe's."""
    thing = payload["data"]["object"]
    kept = {name: thing[name] for name in _KEPT_OF_THING if name in thing}
    # One that is not as Stripe sends it is kept as well.
    metadata = thing.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    kept["metadata"] = {name: metadata[name] for name in _KEPT_OF_METADATA if name in metadata}
    if isinstance(payment := kept.get("payment_intent"), dict):
        kept["payment_intent"] = payment.get("id")
    event = {name: payload[name] for name in _KEPT_OF_EVENT if name in payload}
    return event | {"data": {"object": kept}}
