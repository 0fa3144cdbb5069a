"""What the worker does for every shop: deliver, settle, look after."""

import logging

from django.conf import settings
from procrastinate.contrib.django import app

from checkout.services.events import work_off_waiting
from checkout.services.sweeping import in_each, sweep, tenants_named
from checkout.simulator.delivering import deliver_due
from orders.models import OutboxMessage
from orders.services.mailing import deliver_outbox
from tenants.idempotency import forget_old_keys
from tenants.models import Tenant
from tenants.public import in_public

logger = logging.getLogger(__name__)


def look_after_payments() -> int:
    """Events that wait, and mails that are due; returns how many things were done."""
    done = in_public(work_off_waiting)
    if settings.STRIPE_SIMULATOR:
        done += deliver_due()
    for _tenant, result in in_each(tenants_named(), _deliver):
        done += result if isinstance(result, int) else 0
    return done


def _deliver(tenant: Tenant) -> int:
    if not OutboxMessage.objects.filter(sent_at=None).exists():
        return 0
    return sum(deliver_outbox())


@app.periodic(cron="* * * * * */5")
@app.task(queueing_lock="payments", pass_context=False)
def look_after_payments_regularly(timestamp: int) -> None:
    """Every five seconds: a mail is there when its reader looks."""
    if done := look_after_payments():
        logger.info("Looked after %d events and mails", done)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="sweep", pass_context=False)
def sweep_regularly(timestamp: int) -> None:
    """Every minute: sessions, holds and refunds of all shops."""
    for tenant, swept in in_each(tenants_named(), sweep):
        if not isinstance(swept, Exception) and swept.did_anything:
            logger.info("Tenant %s swept: %s", tenant.pk, swept.as_json())


@app.periodic(cron="7 * * * *")
@app.task(queueing_lock="forget", pass_context=False)
def forget_regularly(timestamp: int) -> None:
    """Every hour: idempotency keys that ended."""
    for _tenant, _result in in_each(tenants_named(), lambda tenant: forget_old_keys()):
        pass
