"""Sends the simulator's events to the webhook's own code, signed as Stripe signs."""

import json

from django.db import transaction
from django.utils import timezone

from checkout.services.events import receive, simulator_secret
from checkout.simulator.models import Delivery, Session
from checkout.stripe_gateway import signature_of
from tenants.public import in_public


def deliver_due(limit: int = 100) -> int:
    """Deliver every event whose time has come; returns how many."""
    return in_public(lambda: _deliver(limit))


def _deliver(limit: int) -> int:
    waiting = Delivery.objects.filter(delivered_at=None, due_at__lte=timezone.now())
    count = 0
    for delivery in list(waiting.order_by("due_at", "id")[:limit]):
        with transaction.atomic():
            taken = Delivery.objects.filter(pk=delivery.pk, delivered_at=None).update(
                delivered_at=timezone.now()
            )
            if taken and delivery.effect:
                Session.objects.filter(pk=delivery.session_id).update(**delivery.effect)
        if taken and not delivery.is_lost:
            send(delivery.event)
            count += 1
    return count


def send(event: dict[str, object]) -> None:
    """Sign an event now, and hand it to what stands behind the webhook's address."""
    body = json.dumps(event)
    receive(body.encode(), signature_of(body, simulator_secret()))
