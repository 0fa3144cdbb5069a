"""What whoever connects other systems does with an endpoint: try it, send again, rotate."""

from django.db import transaction

from tenants.due import Kind, note_due
from tenants.shop.models import WebhookDelivery, WebhookEndpoint, WebhookEvent

# An event that tells nothing, for one endpoint alone.
TEST = "test"


@transaction.atomic
def send_test(endpoint: WebhookEndpoint) -> WebhookEvent:
    """Have the worker send an event that nothing happened for, also where it is switched off."""
    event = WebhookEvent.objects.create(type=TEST, subject={"endpoint": str(endpoint.pk)})
    note_due(Kind.WEBHOOKS)
    return event


@transaction.atomic
def send_again(delivery: WebhookDelivery) -> WebhookDelivery:
    """Have the worker send the same event to the same endpoint once more."""
    again = WebhookDelivery.objects.create(event=delivery.event, endpoint=delivery.endpoint)
    note_due(Kind.WEBHOOKS)
    return again
