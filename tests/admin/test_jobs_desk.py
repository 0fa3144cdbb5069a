"""The worker's jobs in the platform's back office: what waits, what failed, and trying again."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django import app

from tenants.jobs import tidy_jobs_regularly
from tenants.platform_models import FailedJob, Job, JobCount
from tenants.services import jobs
from tests.admin.conftest import words
from tests.factories import make_user

JOBS = "/admin/tenants/job/"
MAIL_OWNER = "tenants.jobs.mail_owner"
# The jobs' library connects by itself: what a worker does is there once it is committed.
works = pytest.mark.django_db(transaction=True)


@pytest.fixture
def platform(tech):
    """A browser of platform staff."""
    connection.set_schema_to_public()
    client = Client(HTTP_HOST="localhost")
    client.force_login(make_user(is_superuser=True, email="staff@example.com"))
    return client


def defer(tenant_id="nobody", task=MAIL_OWNER, **how):
    connection.set_schema_to_public()
    arguments = {"tenant_id": str(tenant_id)}
    if task == MAIL_OWNER:
        arguments |= {"user_id": "nobody", "purpose": "a", "origin": "http://tech.localhost"}
    return app.configure_task(task, **how).defer(**arguments)


def set_status(job_id, status):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", [status, job_id])


def failed(tenant_id="nobody", error="ValueError: no", **how):
    job_id = defer(tenant_id, **how)
    set_status(job_id, "failed")
    FailedJob.objects.create(job_id=job_id, error=error, traceback=f"Traceback\n{error}")
    return job_id


def work():
    """A worker that does what waits, as `manage work` does, and ends."""
    connection.set_schema_to_public()
    connector = app.connector.get_worker_connector()

    async def run():
        async with app.open_async():
            await app.run_worker_async(
                wait=False, concurrency=1, delete_jobs="successful", listen_notify=False
            )

    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
    # In a thread of its own: in this one a browser's loop may be running.
    with app.replace_connector(connector), ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, run()).result()
    connection.set_schema_to_public()


# --- What is written down ------------------------------------------------------------------------


@works
def test_why_a_job_failed_is_kept_and_forgotten_when_it_is_done(tech):
    job_id = defer()
    good = app.configure_task("tenants.jobs.mail_password_link").defer(
        purpose="invitation", user_id=None, tenant_id=None, origin="", language="en"
    )

    work()

    reason = FailedJob.objects.get()
    assert reason.job_id == job_id
    assert reason.error == "ValueError: badly formed hexadecimal UUID string"
    assert "UUID(tenant_id)" in reason.traceback
    attempts = Job.objects.get(pk=job_id).attempts  # more than one where the worker takes its time
    assert attempts >= 1
    assert not Job.objects.filter(pk=good).exists()
    counted = JobCount.objects.values_list("task_name", "succeeded", "failed")
    assert (MAIL_OWNER, 0, attempts) in counted
    assert ("tenants.jobs.mail_password_link", 1, 0) in counted

    job = Job.objects.get(pk=job_id).procrastinate_job
    jobs.note_end(job, None)

    assert not FailedJob.objects.exists()


def test_what_is_kept_has_no_secrets(tech, settings):
    settings.JWT_SECRET = "a secret of ours 123"
    settings.EMAIL_HOST_PASSWORD = "the mail server's"
    secrets = [
        "sk_live_51Hx0abc",
        "whsec_abcdef",
        "a secret of ours 123",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        "hunter2",
        "ann@example.com",
        "open sesame".replace(" ", "-"),
        "the mail server's",
    ]
    text = (
        f"{secrets[0]} {secrets[1]} {secrets[2]} Bearer {secrets[3]} "
        f"postgres://me:{secrets[4]}@db/name {secrets[5]} password={secrets[6]}, "
        f"{secrets[7]}, port 5432\0"
    )
    job_id = defer()
    job = Job.objects.get(pk=job_id).procrastinate_job

    try:
        raise ValueError(text)
    except ValueError as error:
        jobs.note_end(job, error)

    reason = FailedJob.objects.get()
    for secret in secrets:
        assert secret not in reason.error + reason.traceback
    assert "port 5432" in reason.error
    assert "test_jobs_desk.py" in reason.traceback


def test_reasons_of_jobs_that_are_gone_are_forgotten(tech):
    kept = failed()
    FailedJob.objects.create(job_id=kept + 1000, error="a", traceback="a")

    jobs.forget_old_jobs()

    assert FailedJob.objects.get().job_id == kept
    assert tidy_jobs_regularly.name == "tenants.jobs.tidy_jobs_regularly"


# --- The page ------------------------------------------------------------------------------------


def test_the_queue_is_shown_by_task(platform, tech):
    for _ in range(3):
        defer()
    set_status(defer(), "doing")
    defer(schedule_in={"hours": 2})
    failed()
    JobCount.objects.create(
        queue_name="default", task_name="a.well_done", hour=jobs.timezone.now(), succeeded=1234
    )

    seen = jobs.overview()
    page = words(platform.get(JOBS))

    (mails,) = [task for task in seen.tasks if task.task == MAIL_OWNER]
    assert (mails.waiting, mails.later, mails.running, mails.failed) == (3, 1, 1, 1)
    assert mails.oldest_waiting_at == seen.oldest_waiting_at is not None
    everything = seen.rows[-1]
    assert everything.task == "All"
    assert (everything.waiting, everything.later, everything.running) == (3, 1, 1)
    assert (everything.succeeded, everything.failed) == (1234, 1)
    assert "1,234" in page
    assert "No worker was ever heard of" in page


def test_a_worker_at_work_is_counted_and_one_that_is_gone_is_not(platform, tech):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) "
            "VALUES (now() - interval '1 hour'), (now())"
        )

    assert jobs.overview().workers == 1
    assert "1 worker at work" in words(platform.get(JOBS))


def test_failed_jobs_are_listed_with_their_shop_and_searched(platform, tech, outdoor):
    failed(tech.pk, "ValueError: of tech")
    failed(outdoor.pk, "ValueError: of outdoor")
    failed(error="<b>ValueError</b>")

    everything, of_tech = words(platform.get(JOBS)), words(platform.get(f"{JOBS}?q=tech"))
    by_task = words(platform.get(f"{JOBS}?q=OWNER"))
    nothing = words(platform.get(f"{JOBS}?q=nothing"))

    assert "ValueError: of tech" in everything
    assert "Tech Gadgets" in everything
    assert "&lt;b&gt;ValueError" in everything
    assert "ValueError: of tech" in of_tech
    assert "ValueError: of outdoor" not in of_tech
    assert "ValueError: of outdoor" in by_task
    assert "No failed job was found" in nothing


def test_a_jobs_page_has_why_it_failed_and_what_it_was_asked(platform, tech):
    job_id = failed(tech.pk)

    page = words(platform.get(f"{JOBS}{job_id}/change/"))

    assert "Traceback ValueError: no" in page
    assert str(tech.pk) in page
    for unknown in ("0", "99999999", "9" * 40, "x", "-1"):
        assert platform.get(f"{JOBS}{unknown}/change/").status_code == 302


def test_the_page_takes_as_many_statements_for_many_jobs_as_for_few(platform, tech):
    failed(tech.pk)
    defer()
    platform.get(JOBS)
    with CaptureQueriesContext(connection) as few:
        platform.get(JOBS)
    for _ in range(40):
        failed(tech.pk)
        defer()

    with CaptureQueriesContext(connection) as many:
        platform.get(JOBS)

    assert len(many) == len(few)


# --- Retry and give up ---------------------------------------------------------------------------


@works
def test_a_failed_job_is_tried_again_and_done(platform, tech):
    connection.set_schema_to_public()
    job_id = failed(tech.pk, task="tenants.jobs.clean_up_regularly")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET args = '{\"timestamp\": 1}', attempts = 3 WHERE id = %s",
            [job_id],
        )

    page = platform.post(f"{JOBS}{job_id}/retry/", follow=True)

    assert f"Job {job_id} is tried again." in words(page)
    job = Job.objects.get(pk=job_id)
    assert (job.status, job.attempts) == ("todo", 4)
    work()
    assert not Job.objects.filter(pk=job_id).exists()
    assert not FailedJob.objects.exists()


def test_many_are_tried_again_at_once_and_those_that_cannot_say_so(platform, tech):
    first, second = failed(), failed()
    running = failed()
    set_status(running, "doing")
    waits = defer(queueing_lock="one")
    doubled = failed()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET queueing_lock = 'one' WHERE id = %s", [doubled]
        )

    chosen = [first, second, running, doubled, 10**30, "x"]
    page = words(platform.post(JOBS, {"do": "retry", "chosen": chosen}, follow=True))

    assert "2 jobs are tried again." in page
    assert f"Job {running} is not failed any more." in page
    assert f"Job {doubled} waits already" in page
    status = dict(Job.objects.values_list("pk", "status"))
    assert [status[each] for each in (first, second, running, waits, doubled)] == [
        "todo",
        "todo",
        "doing",
        "todo",
        "failed",
    ]


def test_a_second_click_does_nothing_more(platform, tech):
    job_id = failed()
    platform.post(f"{JOBS}{job_id}/retry/")

    page = platform.post(f"{JOBS}{job_id}/retry/", follow=True)

    assert "is not failed any more" in words(page)
    assert Job.objects.get(pk=job_id).attempts == 1


def test_a_job_that_is_given_up_is_listed_no_more_and_can_still_be_tried(platform, tech):
    job_id = failed()

    platform.post(JOBS, {"do": "give-up", "chosen": [job_id]})

    assert "No job has failed" in words(platform.get(JOBS))
    page = words(platform.get(f"{JOBS}{job_id}/change/"))
    assert "given up" in page
    assert "by staff@example.com" in page
    platform.post(f"{JOBS}{job_id}/retry/")
    assert Job.objects.get(pk=job_id).status == "todo"
    assert FailedJob.objects.get().given_up_at is None


def test_nothing_is_done_by_a_link(platform, tech):
    job_id = failed()

    for step in ("retry", "give-up"):
        assert platform.get(f"{JOBS}{job_id}/{step}/").status_code == 302

    assert Job.objects.get(pk=job_id).status == "failed"
    assert FailedJob.objects.get().given_up_at is None
