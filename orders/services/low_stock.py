"""Tells the shop's owners and its other systems what gets low in stock."""

from django.db import transaction

from catalog.models import StockSettings
from catalog.services.low_stock import notice_low_stock
from orders.models import OutboxMessage
from pycommerce.core.ids import uuid7
from tenants.due import Kind, note_due
from tenants.webhooks.announcing import announce

# A mail names so many; of the others it says how many they are.
NAMED = 50
TOPIC = "stock.low"


@transaction.atomic
def tell_low_stock() -> int:
    """One message about everything that got low since the last look; returns how many variants."""
    found = notice_low_stock()
    if found and StockSettings.objects.get().mails_low_stock:
        OutboxMessage.objects.create(
            topic=TOPIC,
            dedupe_key=f"{TOPIC}:{uuid7()}",
            payload={"variants": [str(pk) for pk in found[:NAMED]], "count": len(found)},
        )
        note_due(Kind.MESSAGES)
    announce("stock.low", [{"variant": str(pk)} for pk in found])
    return len(found)
