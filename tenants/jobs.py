"""What the worker does by itself: forgetting what nobody needs any more."""

import logging
import time
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone, translation
from django_tenants.utils import tenant_context
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from pycommerce.api.models import RateCounter
from pycommerce.api.rates import window_now
from pycommerce.db import connection
from tenants.exporting import list_again
from tenants.kept_mail import forget_old_mails
from tenants.models import KnownAddress, PasswordRequest, RefreshToken, Tenant, User
from tenants.services import ending
from tenants.services.account_mail import Deed, send_deed
from tenants.services.domain_mail import is_news, tell, tell_owners
from tenants.services.domains import check_domain, domains_to_check
from tenants.services.export_mail import tell_of_export
from tenants.services.exports import forget_old_exports, write_export
from tenants.services.jobs import forget_old_jobs
from tenants.services.list_exports import write_list
from tenants.services.mail_limits import COUNTED_FOR
from tenants.services.own_shops import send_shops
from tenants.services.passwords import send_link
from tenants.services.signing_in import KNOWN_FOR
from tenants.services.signing_up import send_confirmation, sign_ups_that_ended

logger = logging.getLogger(__name__)

# A token that ended is kept a while, so that its reuse still ends its family.
_KEPT_AFTER_END = timedelta(days=1)


def clean_up() -> dict[str, int]:
    """Delete counters of past minutes, and whatever else has ended: tokens, requests, sign-ups.

    Returns how many rows of each are gone.
    """
    connection.set_schema_to_public()
    now = timezone.now()
    ended = {
        "counters": RateCounter.objects.filter(window__lt=window_now() - 1),
        "tokens": RefreshToken.objects.filter(expires_at__lt=now - _KEPT_AFTER_END),
        "sessions": Session.objects.filter(expire_date__lt=now),
        "addresses": KnownAddress.objects.filter(last_used_at__lt=now - KNOWN_FOR),
        "requests": PasswordRequest.objects.filter(created_at__lt=now - COUNTED_FOR),
        "sign_ups": sign_ups_that_ended(),
    }
    gone = {name: rows.delete()[0] for name, rows in ended.items()}
    return gone | {"mails": forget_old_mails()}


@app.periodic(cron="*/15 * * * *")
@app.task(queueing_lock="clean_up", pass_context=False)
def clean_up_regularly(timestamp: int) -> None:
    """Every quarter of an hour."""
    logger.info("Cleaned up: %s", clean_up())
    forget_old_jobs()


@app.task(retry=RetryStrategy(max_attempts=10, exponential_wait=2), pass_context=False)
def mail_password_link(
    purpose: str, user_id: str | None, tenant_id: str | None, origin: str, language: str
) -> None:
    """The mail that somebody asked for; there is none for nobody."""
    connection.set_schema_to_public()
    if user_id:
        send_link(purpose, user_id=user_id, tenant_id=tenant_id, origin=origin, language=language)


@app.task(retry=RetryStrategy(max_attempts=10, exponential_wait=2), pass_context=False)
def mail_sign_up(sign_up_id: str, origin: str, language: str) -> None:
    """The mail with which a shop is opened."""
    connection.set_schema_to_public()
    send_confirmation(sign_up_id, origin, language)


@app.task(retry=RetryStrategy(max_attempts=10, exponential_wait=2), pass_context=False)
def mail_shops(user_id: str | None, origin: str, language: str) -> None:
    """The mail that says where somebody signs in; there is none for nobody."""
    connection.set_schema_to_public()
    if user_id:
        send_shops(user_id, origin=origin, language=language)


@app.task(retry=RetryStrategy(max_attempts=10, exponential_wait=2), pass_context=False)
def mail_deed(
    user_id: str,
    to: str,
    deed: str,
    at: str,
    tenant_id: str | None,
    origin: str,
    client_address: str,
) -> None:
    """The mail that tells somebody what was done to their account."""
    connection.set_schema_to_public()
    send_deed(
        UUID(user_id),
        to=to,
        deed=Deed(deed),
        at=datetime.fromisoformat(at),
        tenant_id=UUID(tenant_id) if tenant_id else None,
        origin=origin,
        client_address=client_address,
    )


@app.task(lock="exports", pass_context=False)
def write_shop_export(tenant_id: str, export_id: str) -> None:
    """All of a shop in one file, one at a time."""
    write_export(UUID(export_id))


@app.task(lock="lists", pass_context=False)
def write_list_export(tenant_id: str, export_id: str, attempt: int, origin: str) -> None:
    """A list of a back office in a file; one at a time of all shops, since each takes a core."""
    connection.set_schema_to_public()
    tenant = Tenant.objects.filter(pk=UUID(tenant_id)).first()
    if tenant is None:
        return
    is_over = True
    try:
        with (
            tenant_context(tenant),
            translation.override(settings.LANGUAGE_CODE),
            timezone.override(tenant.time_zone),
        ):
            is_over = write_list(UUID(export_id), attempt, list_again)
    finally:
        # Of what nobody foresaw, too: it failed.
        if is_over:
            mail_list_export.defer(tenant_id=tenant_id, export_id=export_id, origin=origin)


@app.task(retry=RetryStrategy(max_attempts=10, exponential_wait=2), pass_context=False)
def mail_list_export(tenant_id: str, export_id: str, origin: str) -> None:
    """The mail to who asked for a list."""
    connection.set_schema_to_public()
    tenant = Tenant.objects.filter(pk=UUID(tenant_id)).first()
    if tenant:
        with tenant_context(tenant):
            tell_of_export(UUID(export_id), origin=origin)


@app.task(retry=RetryStrategy(max_attempts=10, exponential_wait=2), pass_context=False)
def mail_owner(tenant_id: str, user_id: str, purpose: str, origin: str) -> None:
    """The mail to an owner about the end of their shop."""
    connection.set_schema_to_public()
    tenant = Tenant.objects.filter(pk=UUID(tenant_id)).first()
    user = User.objects.filter(pk=UUID(user_id)).first()
    if tenant and user:
        ending.mail_owner(user, tenant, purpose=purpose, origin=origin)


@app.periodic(cron="17 * * * *")
@app.task(queueing_lock="end_shops", lock="exports", pass_context=False)
def end_shops_regularly(timestamp: int) -> None:
    """Every hour: shops whose waiting time is over or soon will be, and old exports."""
    if reminded := ending.remind_owners():
        logger.info("Reminded the owners of %d shops", reminded)
    if gone := ending.delete_those_due():
        logger.info("Deleted %d shops", len(gone))
    forget_old_exports()


_MOST_DOMAINS_CHECKED, _SECONDS_FOR_DOMAINS = 500, 240.0


def check_domains() -> int:
    """Look for the records of domains that are due; returns how many were looked for.

    It ends after some minutes, however slow the name servers are: the next one goes on.
    """
    connection.set_schema_to_public()
    ends, count = time.monotonic() + _SECONDS_FOR_DOMAINS, 0
    for domain in domains_to_check(_MOST_DOMAINS_CHECKED):
        if time.monotonic() > ends:
            break
        checked = check_domain(domain)
        count += 1
        if checked and is_news(domain.proven_at, checked):
            tell(checked)
    return count


@app.periodic(cron="2-59/5 * * * *")
@app.task(queueing_lock="domains", lock="domains", pass_context=False)
def check_domains_regularly(timestamp: int) -> None:
    """Every five minutes: proofs of custom domains, and their owners are told what goes wrong."""
    if checked := check_domains():
        logger.info("Looked for the records of %d domains", checked)
    tell_owners()


_JOBS_KEPT_HOURS = 72


@app.periodic(cron="*/2 * * * *")
@app.task(queueing_lock="tidy_jobs", pass_context=True)
async def tidy_jobs_regularly(context: JobContext, timestamp: int) -> None:
    """Every two minutes: end the jobs of workers that were killed, and forget what failed long ago.

    A job that was lost is made up for by the next of its kind.
    """
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        logger.warning("Job %s of a worker that is gone: ended", job.task_name)
        await manager.finish_job(job, status=Status.FAILED, delete_job=True)
    await manager.delete_old_jobs(
        nb_hours=_JOBS_KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )
