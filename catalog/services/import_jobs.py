"""What the worker is asked to do with an import."""

from procrastinate.contrib.django import app

from catalog.models import ImportRun
from pycommerce.db import connection


def have_it_done(run: ImportRun) -> None:
    """Have its file looked at, brought in or undone: whatever its state asks for."""
    job = app.configure_task("catalog.jobs.work_on_import")
    job.defer(tenant_id=str(connection.tenant.pk), run_id=str(run.pk))
