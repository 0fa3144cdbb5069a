"""What the worker does by itself: forgetting what nobody needs any more."""

import logging
from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from pycommerce.api.models import RateCounter
from pycommerce.api.rates import window_now
from pycommerce.db import connection
from tenants.models import KnownAddress, RefreshToken
from tenants.services.signing_in import KNOWN_FOR

logger = logging.getLogger(__name__)

# A token that ended is kept a while, so that its reuse still ends its family.
_KEPT_AFTER_END = timedelta(days=1)


def clean_up() -> dict[str, int]:
    """Delete counters of past minutes, and tokens, sessions and addresses that ended.

    Returns how many rows of each are gone.
    """
    connection.set_schema_to_public()
    now = timezone.now()
    ended = {
        "counters": RateCounter.objects.filter(window__lt=window_now() - 1),
        "tokens": RefreshToken.objects.filter(expires_at__lt=now - _KEPT_AFTER_END),
        "sessions": Session.objects.filter(expire_date__lt=now),
        "addresses": KnownAddress.objects.filter(last_used_at__lt=now - KNOWN_FOR),
    }
    return {name: rows.delete()[0] for name, rows in ended.items()}


@app.periodic(cron="*/15 * * * *")
@app.task(queueing_lock="clean_up", pass_context=False)
def clean_up_regularly(timestamp: int) -> None:
    """Every quarter of an hour."""
    logger.info("Cleaned up: %s", clean_up())


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
