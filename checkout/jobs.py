"""What the worker does for every shop: deliver, settle, look after, compare."""

import logging
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from procrastinate.contrib.django import app

from catalog.services.categories import have_products_follow
from catalog.services.import_runs import forget_old_imports
from catalog.services.picture_fetches import fetch_pictures
from catalog.services.pictures import finish_those_left
from checkout.services.calling_out import send_webhooks
from checkout.services.events import forget_old_events, work_off_waiting
from checkout.services.figures_of_shops import gather_figures
from checkout.services.reconciling import Recent, reconcile
from checkout.services.retention import forget_old_carts, keep_retention_times
from checkout.services.sweeping import in_each, sweep, tenants_named
from checkout.simulator.delivering import deliver_due
from checkout.simulator.store import forget_old_things
from orders.services.customers import forget_old_sign_ins
from orders.services.low_stock import tell_low_stock
from orders.services.mailing import deliver_outbox
from orders.services.webhooks import forget_old_webhooks
from tenants.due import Kind, in_each_due
from tenants.idempotency import forget_old_keys
from tenants.models import Tenant
from tenants.public import in_public
from tenants.services.list_exports import forget_old_lists

logger = logging.getLogger(__name__)


@app.periodic(cron="* * * * * */5")
@app.task(queueing_lock="events", pass_context=False)
def work_off_events_regularly(timestamp: int) -> None:
    """Every five seconds: events that wait, and those of the simulator."""
    if settings.STRIPE_SIMULATOR:
        deliver_due()
    if done := in_public(work_off_waiting):
        logger.info("Worked off %d events", done)


@app.periodic(cron="* * * * * */5")
@app.task(queueing_lock="outbox", pass_context=False)
def deliver_outbox_regularly(timestamp: int) -> None:
    """Every five seconds: a mail is there when its reader looks, whatever the provider does."""
    _say_what_was_sent(in_each_due(Kind.MESSAGES, lambda shops: in_each(shops, _deliver)))


def _deliver(tenant: Tenant) -> int:
    return sum(deliver_outbox())


def _say_what_was_sent(done: Iterable[tuple[Tenant, Any]]) -> None:
    for tenant, sent in done:
        if not isinstance(sent, Exception) and sent:
            logger.info("Tenant %s: sent %d messages", tenant.pk, sent)


@app.periodic(cron="* * * * * */5")
@app.task(queueing_lock="webhooks", lock="webhooks", pass_context=False)
def send_webhooks_regularly(timestamp: int) -> None:
    """Every five seconds, one round after the other: receivers may be slow, and mails go on."""
    _say_what_was_called(in_each_due(Kind.WEBHOOKS, send_webhooks))


@app.periodic(cron="8-59/10 * * * *")
@app.task(queueing_lock="webhooks_all", lock="webhooks", pass_context=False)
def send_all_webhooks_regularly(timestamp: int) -> None:
    """Every ten minutes: all shops, for webhooks that nothing tells of."""
    _say_what_was_called(send_webhooks(tenants_named()))


def _say_what_was_called(done: Iterable[tuple[Tenant, Any]]) -> None:
    for tenant, tries in done:
        if not isinstance(tries, Exception) and tries:
            logger.info("Tenant %s: tried %d webhooks", tenant.pk, tries)


@app.periodic(cron="* * * * * */5")
@app.task(queueing_lock="fetches", lock="fetches", pass_context=False)
def fetch_pictures_regularly(timestamp: int) -> None:
    """Every five seconds, one round after the other: pictures that imports named by address."""
    fetching = in_each_due(
        Kind.PICTURES, lambda shops: in_each(shops, lambda tenant: fetch_pictures())
    )
    for tenant, count in fetching:
        if not isinstance(count, Exception) and count:
            logger.info("Tenant %s: fetched %d pictures", tenant.pk, count)


@app.periodic(cron="* * * * * */5")
@app.task(queueing_lock="catalogue", lock="catalogue", pass_context=False)
def have_products_follow_regularly(timestamp: int) -> None:
    """Every five seconds, one round after the other: products of categories that were changed."""
    following = in_each_due(
        Kind.CATALOGUE, lambda shops: in_each(shops, lambda tenant: have_products_follow())
    )
    for tenant, count in following:
        if not isinstance(count, Exception) and count:
            logger.info("Tenant %s: %d products follow their categories", tenant.pk, count)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="sweep", pass_context=False)
def sweep_regularly(timestamp: int) -> None:
    """Every minute: shops with sessions or refunds of which something should be known by now."""
    _say_what_was_swept(in_each_due(Kind.PAYMENTS, lambda shops: in_each(shops, sweep)))


def _say_what_was_swept(done: Iterable[tuple[Tenant, Any]]) -> None:
    for tenant, swept in done:
        if not isinstance(swept, Exception) and swept.did_anything:
            logger.info("Tenant %s swept: %s", tenant.pk, swept.as_json())


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="sweep_all", pass_context=False)
def sweep_all_regularly(timestamp: int) -> None:
    """Every ten minutes: all shops, for holds that end and for work that nothing tells of."""
    _say_what_was_swept(in_each(tenants_named(), sweep))
    _say_what_was_sent(in_each(tenants_named(), _deliver))


@app.periodic(cron="5-59/10 * * * *")
@app.task(queueing_lock="low_stock", pass_context=False)
def look_at_stock_regularly(timestamp: int) -> None:
    """Every ten minutes: what got low is told at once, and all of it in one mail."""
    open_shops = [tenant for tenant in tenants_named() if tenant.active]
    for tenant, low in in_each(open_shops, lambda tenant: tell_low_stock()):
        if not isinstance(low, Exception) and low:
            logger.info("Tenant %s: %d variants got low in stock", tenant.pk, low)


@app.periodic(cron="3-59/15 * * * *")
@app.task(queueing_lock="figures", lock="figures", pass_context=False)
def gather_figures_regularly(timestamp: int) -> None:
    """Every quarter of an hour: what the platform's list of shops shows of each."""
    gather_figures()


@app.periodic(cron="7 3 * * *")
@app.task(queueing_lock="reconcile", pass_context=False)
def reconcile_regularly(timestamp: int) -> None:
    """Every night: what no event and no sweep told; what is left is a problem for a person."""
    if not (settings.STRIPE_SECRET_KEY or settings.STRIPE_SIMULATOR):
        return
    recent = Recent()
    for tenant, found in in_each(tenants_named(), lambda tenant: reconcile(recent)):
        if not isinstance(found, Exception) and (found.repaired or found.problems):
            logger.warning("Tenant %s reconciled: %s", tenant.pk, found.as_json())


@app.periodic(cron="37 3 * * *")
@app.task(queueing_lock="picture_widths", pass_context=False)
def finish_pictures_regularly(timestamp: int) -> None:
    """Every night: pictures that pages have in one width only."""
    for tenant, left in in_each(tenants_named(), lambda tenant: finish_those_left()):
        if not isinstance(left, Exception) and left:
            logger.info("Tenant %s: %d pictures get their widths", tenant.pk, left)


@app.periodic(cron="17 2 * * *")
@app.task(queueing_lock="retention", pass_context=False)
def keep_retention_times_regularly(timestamp: int) -> None:
    """Every night: people who bought long ago, and old history, as each shop decides."""
    for tenant, forgotten in in_each(tenants_named(), lambda tenant: keep_retention_times()):
        if not isinstance(forgotten, Exception) and (forgotten.people or forgotten.history):
            logger.info("Tenant %s forgot: %s", tenant.pk, forgotten.as_json())


@app.periodic(cron="7 * * * *")
@app.task(queueing_lock="forget", pass_context=False)
def forget_regularly(timestamp: int) -> None:
    """Every hour: keys and links that ended, and events that were dealt with long ago."""
    in_public(forget_old_events)
    in_public(forget_old_things)
    for _tenant, _result in in_each(tenants_named(), _forget):
        pass


def _forget(tenant: Tenant) -> None:
    forget_old_keys()
    forget_old_sign_ins()
    forget_old_carts()
    forget_old_imports()
    forget_old_webhooks()
    forget_old_lists()
