"""Webhooks of the selected shop on their way: written out, claimed, and how it went.

What waits for the network stands elsewhere: each function here is a transaction or several.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone

from catalog.models import Variant
from catalog.reading import product_members, stock_members
from orders.models import Order, OutboxMessage
from orders.reading import order_members
from pycommerce.api.renderers import dumps
from pycommerce.core.ids import uuid7
from pycommerce.db import connection
from pycommerce.db.batches import delete_in_batches
from tenants.due import Kind, note_due
from tenants.origins import shop_origin
from tenants.shop.models import (
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
    retention_times,
)
from tenants.webhooks.managing import TEST
from tenants.webhooks.sending import Outcome
from tenants.webhooks.signing import secrets_of

logger = logging.getLogger(__name__)

TOPIC_OFF = "webhook.off"
# Tries after half a minute, one, two, four minutes and so on, then every four hours: a day in all.
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=30), timedelta(hours=4)
MOST_ATTEMPTS = 15
# What waited behind an endpoint that does not answer is given up when it is so old.
TOO_OLD = timedelta(days=2)
# An endpoint of which nothing succeeded for so long is switched off.
OFF_AFTER = timedelta(days=3)
# A delivery that somebody took is free again after so long: they may have been killed.
LEASE = timedelta(minutes=3)
PUT_OFF = timedelta(minutes=1)
EVENTS_AT_ONCE, DELIVERIES_AT_ONCE = 200, 200


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery as it is sent: nothing more is asked of the database for it."""

    delivery_id: UUID
    endpoint_id: UUID
    event_id: UUID
    address: str
    body: bytes
    secrets: list[str]


def claim() -> list[Parcel]:
    """Take what is due, the oldest first; others leave it alone for a while."""
    for event_id in list(
        WebhookEvent.objects.filter(body=None).values_list("pk", flat=True)[:EVENTS_AT_ONCE]
    ):
        _write_out(event_id)
    _give_up()
    return _take()


@transaction.atomic
def _write_out(event_id: UUID) -> None:
    """Give an event its body, and a delivery to each endpoint that wants it."""
    waiting = WebhookEvent.objects.select_for_update(skip_locked=True)
    event = waiting.filter(pk=event_id, body=None).first()
    if event is None:
        return
    if event.type == TEST:
        endpoints = WebhookEndpoint.objects.filter(pk=event.subject["endpoint"])
    else:
        endpoints = WebhookEndpoint.objects.filter(is_active=True, events__contains=[event.type])
    found = list(endpoints)
    data = _data_of(event) if found else None
    if data is None:
        event.delete()
        return
    body = {
        "id": event.pk,
        "type": event.type,
        "created": event.created_at,
        "tenant": connection.tenant.slug,
        "data": data,
    }
    event.body = dumps(body).decode()
    event.save(update_fields=["body"])
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(event=event, endpoint=endpoint) for endpoint in found
    )


def _data_of(event: WebhookEvent) -> dict[str, Any] | None:
    """What it happened to, as the API shows it; None where that is gone."""
    return _DATA[event.type.partition(".")[0]](event.subject)


def _order(subject: dict[str, Any]) -> dict[str, Any] | None:
    order = Order.objects.filter(pk=subject["order"], number__isnull=False).first()
    return order_members(order) if order else None


def _product(subject: dict[str, Any]) -> dict[str, Any] | None:
    tenant = connection.tenant
    return product_members(UUID(subject["product"]), shop_origin(tenant), tenant.currency)


def _stock(subject: dict[str, Any]) -> dict[str, Any] | None:
    variant = Variant.objects.filter(pk=subject["variant"]).first()
    return stock_members(variant) if variant else None


def _test(subject: dict[str, Any]) -> dict[str, Any]:
    return {"message": "This is a test: nothing happened."}


_DATA: dict[str, Callable[[dict[str, Any]], dict[str, Any] | None]] = {
    "order": _order,
    "product": _product,
    "stock": _stock,
    TEST: _test,
}


def _give_up() -> None:
    waiting = WebhookDelivery.objects.filter(next_try_at__isnull=False)
    switched_off = waiting.filter(endpoint__is_active=False).exclude(event__type=TEST)
    switched_off.update(next_try_at=None, problem="The webhook was switched off.")
    old = waiting.filter(created_at__lt=timezone.now() - TOO_OLD)
    old.update(next_try_at=None, problem="It was too old.")


@transaction.atomic
def _take() -> list[Parcel]:
    now = timezone.now()
    due = WebhookDelivery.objects.select_for_update(skip_locked=True, of=("self",))
    due = due.filter(next_try_at__lte=now).select_related("event", "endpoint")
    found = list(due.order_by("next_try_at", "created_at", "pk")[:DELIVERIES_AT_ONCE])
    taken = WebhookDelivery.objects.filter(pk__in=[each.pk for each in found])
    taken.update(next_try_at=now + LEASE)
    return [
        Parcel(
            delivery_id=each.pk,
            endpoint_id=each.endpoint_id,
            event_id=each.event_id,
            address=each.endpoint.address,
            body=(each.event.body or "").encode(),
            secrets=secrets_of(each.endpoint, now),
        )
        for each in found
    ]


@transaction.atomic
def note_outcome(parcel: Parcel, outcome: Outcome) -> None:
    """Write down how a try went, and when the next one is."""
    endpoints = WebhookEndpoint.objects.select_for_update()
    endpoint = endpoints.filter(pk=parcel.endpoint_id).first()
    delivery = WebhookDelivery.objects.filter(pk=parcel.delivery_id).select_related("event").first()
    if endpoint is None or delivery is None:
        return
    now, is_test = timezone.now(), delivery.event.type == TEST
    if outcome.succeeded:
        endpoint.failing_since = None
    elif not is_test:
        endpoint.failing_since = endpoint.failing_since or now
        if endpoint.is_active and endpoint.failing_since < now - OFF_AFTER:
            _switch_off(endpoint)
    endpoint.save(update_fields=["failing_since", "is_active"])
    delivery.attempts += 1
    delivery.tried_at = now
    delivery.succeeded = outcome.succeeded
    delivery.status = outcome.status
    delivery.duration_ms = outcome.duration_ms
    delivery.response, delivery.problem = outcome.response, outcome.problem[:200]
    is_over = outcome.succeeded or is_test or not endpoint.is_active
    is_last = is_over or delivery.attempts >= MOST_ATTEMPTS
    delivery.next_try_at = None if is_last else now + _delay(delivery.attempts)
    delivery.save()


def _delay(attempts: int) -> timedelta:
    return min(FIRST_DELAY * 2 ** (attempts - 1), LONGEST_DELAY)


def _switch_off(endpoint: WebhookEndpoint) -> None:
    """End it, and tell the owners."""
    endpoint.is_active = False
    endpoint.deliveries.filter(next_try_at__isnull=False).update(next_try_at=None)
    OutboxMessage.objects.create(
        topic=TOPIC_OFF,
        dedupe_key=f"{TOPIC_OFF}:{uuid7()}",
        payload={"endpoint": str(endpoint.pk), "address": endpoint.address},
    )
    note_due(Kind.MESSAGES)
    logger.warning("Webhook %s failed for days and was switched off", endpoint.pk)


def put_off(parcels: list[Parcel]) -> None:
    """Give back what was taken and not tried."""
    ids = [parcel.delivery_id for parcel in parcels]
    later = timezone.now() + PUT_OFF
    WebhookDelivery.objects.filter(pk__in=ids).update(next_try_at=later)


def note_next_time() -> None:
    """Have the shop looked after again when the next delivery is due."""
    if WebhookEvent.objects.filter(body=None).exists():
        note_due(Kind.WEBHOOKS)
        return
    waiting = Q(endpoint__is_active=True) | Q(event__type=TEST)
    soonest = WebhookDelivery.objects.filter(waiting).aggregate(at=Min("next_try_at"))["at"]
    if soonest is not None:
        note_due(Kind.WEBHOOKS, soonest)


def forget_old_webhooks() -> int:
    """Delete the selected shop's events that are over; returns how many."""
    over = timezone.now() - timedelta(days=retention_times().webhooks_days)
    return delete_in_batches(WebhookEvent.objects.filter(created_at__lt=over))
