"""The worker's jobs as the platform looks after them: counted, explained, tried again, given up.

The library keeps neither why a job failed nor that one ended well: `watch_jobs` has both written
down.
"""

import logging
import re
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Count, F, Max, Min, Q, Sum
from django.utils import timezone
from procrastinate import App, JobContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateWorker
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

from pycommerce.core.errors import Conflict, NotFound
from pycommerce.db import connection
from tenants.models import User
from tenants.platform_models import FailedJob, Job, JobCount

logger = logging.getLogger(__name__)

# A worker that was not heard of for so long is gone (the library's own limit).
ALIVE_FOR = timedelta(seconds=30)
COUNTED_FOR = timedelta(hours=24)
LONGEST_TRACEBACK = 20_000


# --- Written down by the worker ------------------------------------------------------------------


def watch_jobs(jobs: App) -> None:
    """Have every worker of this app write down how its jobs end (a setting names this)."""
    jobs.worker_defaults["task_middleware"] += [_watch, _watch_async]


def _watch(call_next: Callable[[], Any], context: JobContext, worker: Any) -> Any:
    try:
        result = call_next()
    except Exception as error:
        _write_down(context.job, error)
        raise
    _write_down(context.job, None)
    return result


async def _watch_async(
    call_next: Callable[[], Awaitable[Any]], context: JobContext, worker: Any
) -> Any:
    write = sync_to_async(_write_down)
    try:
        result = await call_next()
    except Exception as error:
        await write(context.job, error)
        raise
    await write(context.job, None)
    return result


def _write_down(job: Any, error: Exception | None) -> None:
    """What is only written down never makes a job fail."""
    try:
        connection.set_schema_to_public()
        note_end(job, error)
    except DatabaseError:
        logger.exception("The end of job %s could not be written down", job.id)


def note_end(job: Any, error: Exception | None) -> None:
    """Count the run of a job; with an error, keep it for the job's page."""
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    counted, _ = JobCount.objects.get_or_create(
        queue_name=job.queue, task_name=job.task_name, hour=hour
    )
    column = "failed" if error else "succeeded"
    JobCount.objects.filter(pk=counted.pk).update(**{column: F(column) + 1})
    if error is None:
        if job.attempts:
            FailedJob.objects.filter(pk=job.id).delete()
        return
    lines = "".join(traceback.format_exception(error))
    last = traceback.format_exception_only(error)[-1].strip() or type(error).__name__
    FailedJob.objects.update_or_create(
        job_id=job.id,
        defaults={
            "error": without_secrets(last.partition("\n")[0])[:500],
            "traceback": without_secrets(lines)[-LONGEST_TRACEBACK:],
            "failed_at": timezone.now(),
            "given_up_at": None,
            "given_up_by_name": "",
        },
    )


_HIDDEN = "[hidden]"
_SECRETS = re.compile(
    r"""
    (?:sk|rk|pk)_(?:live|test)_\w+ | whsec_\w+            # Stripe's keys
    | eyJ[\w-]+\.[\w-]+\.[\w-]*                            # tokens
    | (?i:bearer|basic)\s+[\w.~+/=-]{8,}
    | (?<=://)[^/\s:@]*:[^/\s@]+(?=@)                      # user and password of an address
    | (?i:(?<=password=)|(?<=secret=)|(?<=token=)|(?<=key=))[^\s&'",;)]+
    | [\w.+%-]+@[\w-]+(?:\.[\w-]+)+                        # somebody's e-mail address
    """,
    re.VERBOSE,
)


def without_secrets(text: str) -> str:
    """The text without keys, passwords and tokens, the installation's own included, and without
    people's e-mail addresses. NUL, which the database cannot hold, is left out."""
    own = [settings.SECRET_KEY, settings.JWT_SECRET, settings.STRIPE_SECRET_KEY]
    own += [*settings.STRIPE_WEBHOOK_SECRET, settings.DATABASES["default"].get("PASSWORD", "")]
    own += [settings.EMAIL_HOST_PASSWORD]
    for secret in own:
        if secret and len(secret) >= 6:
            text = text.replace(secret, _HIDDEN)
    return _SECRETS.sub(_HIDDEN, text).replace("\0", "")


def forget_old_jobs() -> None:
    """Forget counts of days ago, and why jobs failed that are not kept any more."""
    JobCount.objects.filter(hour__lt=timezone.now() - COUNTED_FOR - timedelta(hours=24)).delete()
    FailedJob.objects.exclude(pk__in=Job.objects.values("pk")).delete()


# --- Looked at -----------------------------------------------------------------------------------


@dataclass
class TaskCounts:
    """The jobs of a task in a queue: how many of each kind, the last day's runs included."""

    queue: str
    task: str
    waiting: int = 0
    later: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    oldest_waiting_at: datetime | None = None


@dataclass
class Overview:
    """The queue at this moment."""

    tasks: list[TaskCounts] = field(default_factory=list)
    workers: int = 0
    last_heard_at: datetime | None = None

    @property
    def rows(self) -> list[TaskCounts]:
        """Those of each task, and of all at last."""
        counted = ("waiting", "later", "running", "succeeded", "failed")
        sums = {name: sum(getattr(task, name) for task in self.tasks) for name in counted}
        everything = TaskCounts("", "All", oldest_waiting_at=self.oldest_waiting_at, **sums)
        return [*self.tasks, everything]

    @property
    def oldest_waiting_at(self) -> datetime | None:
        return min((t.oldest_waiting_at for t in self.tasks if t.oldest_waiting_at), default=None)


def failed_jobs() -> Any:
    """Jobs that failed and that nobody has given up, newest first."""
    given_up = FailedJob.objects.exclude(given_up_at=None)
    failed = Job.objects.filter(status=Status.FAILED.value)
    return failed.exclude(pk__in=given_up.values("pk")).order_by("-pk")


def overview() -> Overview:
    """Four statements, whatever waits."""
    now = timezone.now()
    found: dict[tuple[str, str], TaskCounts] = {}

    def of(queue: str, task: str) -> TaskCounts:
        return found.setdefault((queue, task), TaskCounts(queue, task))

    is_due = Q(status=Status.TODO.value) & (Q(scheduled_at=None) | Q(scheduled_at__lte=now))
    live = Job.objects.filter(
        status__in=[Status.TODO.value, Status.DOING.value, Status.FAILED.value]
    )
    rows = (
        live.order_by()
        .values("queue_name", "task_name")
        .annotate(
            due=Count("pk", filter=is_due),
            todo=Count("pk", filter=Q(status=Status.TODO.value)),
            doing=Count("pk", filter=Q(status=Status.DOING.value)),
            bad=Count("pk", filter=Q(status=Status.FAILED.value)),
            oldest=Min("pk", filter=is_due & Q(scheduled_at=None)),
            oldest_due=Min("scheduled_at", filter=is_due),
        )
    )
    oldest: dict[int, TaskCounts] = {}
    for row in rows:
        counts = of(row["queue_name"], row["task_name"])
        counts.waiting, counts.later = row["due"], row["todo"] - row["due"]
        counts.running, counts.failed = row["doing"], row["bad"]
        counts.oldest_waiting_at = row["oldest_due"]
        if row["oldest"]:
            oldest[row["oldest"]] = counts
    deferred = ProcrastinateEvent.objects.filter(job_id__in=list(oldest), type="deferred")
    for job_id, at in deferred.values_list("job_id", "at"):
        known = oldest[job_id].oldest_waiting_at
        oldest[job_id].oldest_waiting_at = min(at, known) if known else at
    since = JobCount.objects.filter(hour__gt=now - COUNTED_FOR - timedelta(hours=1))
    for row in since.values("queue_name", "task_name").annotate(well=Sum("succeeded")):
        of(row["queue_name"], row["task_name"]).succeeded = row["well"]
    alive = Q(last_heartbeat__gt=now - ALIVE_FOR)
    workers = ProcrastinateWorker.objects.aggregate(
        alive=Count("pk", filter=alive), heard=Max("last_heartbeat")
    )
    tasks = sorted(found.values(), key=lambda each: (-each.failed, -each.waiting, each.task))
    return Overview(tasks, workers["alive"], workers["heard"])


# --- Done about them -----------------------------------------------------------------------------


def retry(job_id: int) -> None:
    """Have a failed job done again, at once and as it was, in the library's own way.

    Raises NotFound where there is none, Conflict where it is not failed (any more), or where the
    same job waits already.
    """
    with transaction.atomic():
        _locked_failed(job_id)
        try:
            with transaction.atomic():
                app.job_manager.retry_job_by_id(job_id, retry_at=timezone.now())
        except (ConnectorException, psycopg.errors.UniqueViolation) as error:
            raise Conflict(f"Job {job_id} waits already, asked for anew.") from error
        FailedJob.objects.filter(pk=job_id).update(given_up_at=None, given_up_by_name="")
    logger.info("Job %s is tried again", job_id)


def give_up(job_id: int, user: User) -> None:
    """Mark a failed job as dealt with: it is no longer listed, and can still be tried again.

    Raises NotFound and Conflict as `retry` does.
    """
    with transaction.atomic():
        _locked_failed(job_id)
        given_up = {"given_up_at": timezone.now(), "given_up_by_name": user.author}
        new = {"error": "It is not known why it failed.", "traceback": "", **given_up}
        FailedJob.objects.update_or_create(job_id=job_id, defaults=given_up, create_defaults=new)
    logger.info("Job %s is given up", job_id)


def _locked_failed(job_id: int) -> Job:
    job = Job.objects.select_for_update(of=("self",)).filter(pk=job_id).first()
    if job is None:
        raise NotFound(f"There is no job {job_id}.")
    if job.status != Status.FAILED.value:
        # The library would also try one again that runs at this moment.
        raise Conflict(f"Job {job_id} is not failed any more.")
    return job
