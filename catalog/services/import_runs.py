"""An import in the back office: a file is looked at, then brought in, by the worker.

    checking -> ready -> running -> done -> undoing -> undone
    checking -> asking -> checking, where nobody knows what its columns are
    running -> stopped | failed -> running

It is brought in part by part. Each part, and how far the import is with it, is one transaction:
wherever it is cut off, it goes on after the last part that is in, and no part comes in twice.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.postgres.functions import TransactionNow
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.display import money
from catalog.errors import ImportCannotGoOn
from catalog.importing import files
from catalog.importing.applying import Importer
from catalog.importing.entries import Catalogue, ProductEntry, Rejection
from catalog.importing.reader import BrokenFile
from catalog.importing.report import Noted, Report, Tally
from catalog.importing.running import (
    PART,
    NoFormatFits,
    Progress,
    finish_part,
    import_catalogue,
    parse,
)
from catalog.models import ImportedChange, ImportRun
from catalog.services.columns import ask_for_columns
from catalog.services.import_jobs import have_it_done
from catalog.services.picture_fetches import queue_pictures
from catalog.services.undoing import UNDONE_WITHIN, may_be_undone, undo
from pycommerce.db.batches import delete_in_batches
from pycommerce.db.retrying import once_more
from tenants.models import User
from tenants.services.audit import record
from tenants.shop.models import AuditEntry, retention_times

logger = logging.getLogger(__name__)

State = ImportRun.State
# Somewhat longer than an import can be undone.
CHANGES_KEPT_FOR = UNDONE_WITHIN + timedelta(hours=12)
# The worker holds a file as cells, which are so some 350 MB at most.
MOST_CELLS = 5_000_000
REFUSED_SHOWN = 200
_VALUE_SHOWN = 200
_MEMBERS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class _Uploader:
    """Who had it imported, as movements of stock name them."""

    pk: UUID | None
    author: str


@transaction.atomic
def upload_import(upload: UploadedFile, user: User, *, fetches_pictures: bool = False) -> ImportRun:
    """Keep an uploaded file and have it looked at; its pictures are fetched when it is in."""
    run = ImportRun.objects.create(
        file_name=(upload.name or "file")[-255:],
        size=upload.size or 0,
        user_id=user.pk,
        user_name=user.author,
        fetches_pictures=fetches_pictures,
    )
    files.keep(run.pk, upload)
    record(user=user, action=AuditEntry.Action.CREATE, thing=run)
    have_it_done(run)
    return run


def import_at_once(
    path: Path, *, mapping: Mapping[str, str], fetches_pictures: bool, progress: Progress
) -> tuple[Report, int]:
    """Bring a file in without looking at it first; returns the report, and pictures to fetch.

    It stands among the imports, with its pictures, and cannot be undone or gone on with: there is
    no file here. Raises BrokenFile.
    """
    run = ImportRun(
        state=State.RUNNING,
        file_name=path.name[-255:],
        has_file=False,
        user_name="import_products",
        fetches_pictures=fetches_pictures,
    )

    def note(part: list[ProductEntry], done: int, total: int) -> None:
        run.size = path.stat().st_size
        run.done, run.total, run.updated_at = done, total, timezone.now()
        run.save()
        if fetches_pictures:
            queue_pictures(run, [entry.slug for entry in part])

    try:
        report = import_catalogue(path, mapping=mapping, progress=progress, noting=note)
    except BaseException:
        _stop_commands(ImportRun.objects.filter(pk=run.pk))
        raise
    if run._state.adding:
        return report, 0
    run.state, run.finished_at = State.DONE, timezone.now()
    run.format, run.columns, run.report = report.format, report.header, _figures(report)
    run.save()
    return report, run.fetches.count()


def may_go_on(run: ImportRun) -> bool:
    """Whether its products may be brought in, or the rest of them."""
    waits = run.state in {State.READY, State.STOPPED, State.FAILED} and bool(run.total)
    return (run.has_file and waits) or (run.is_silent and not run.is_by_command)


@transaction.atomic
def go_on(run_id: UUID, user: User) -> None:
    """Bring its products in, or go on with it, or with looking at it. Raises ImportCannotGoOn."""
    run = ImportRun.objects.select_for_update().get(pk=run_id)
    if not may_go_on(run):
        raise ImportCannotGoOn(_("This import cannot go on: look at how it stands now."))
    if run.state == State.UNDOING:
        pass
    elif not run.preview:
        # Nobody has seen what it would do: it is looked at from the beginning.
        run.state = State.CHECKING
    else:
        run.done = run.done if run.report else 0
        run.state = State.RUNNING
        run.user_id, run.user_name = user.pk, user.author
        record(user=user, action=AuditEntry.Action.CHANGE, thing=run)
    run.is_to_stop, run.problem = False, ""
    _save(run)
    have_it_done(run)


@transaction.atomic
def begin_undo(run_id: UUID, user: User) -> None:
    """Undo what it brought in, as far as nothing happened to it since. Raises ImportCannotGoOn."""
    run = ImportRun.objects.select_for_update().get(pk=run_id)
    if not may_be_undone(run):
        raise ImportCannotGoOn(_("This import cannot be undone: look at how it stands now."))
    run.state, run.problem = State.UNDOING, ""
    run.user_id, run.user_name = user.pk, user.author
    run.total, run.done = run.changes.count(), 0
    record(user=user, action=AuditEntry.Action.CHANGE, thing=run)
    _save(run)
    have_it_done(run)


def stop(run_id: UUID) -> None:
    """Have it stop after the part that is being brought in; what is in stays."""
    ImportRun.objects.filter(pk=run_id, state=State.RUNNING).update(is_to_stop=True)


def _save(run: ImportRun) -> None:
    run.updated_at = timezone.now()
    run.save()


def work_on(run_id: UUID) -> None:
    """Look at the file, or bring it in: whatever its state asks for. The worker calls it."""
    try:
        # What lost against an order or an edit goes on after the last part that is in.
        once_more(lambda: _work_on(run_id))
    except BrokenFile as error:
        _fail(run_id, error.details)
    except Exception:
        logger.exception("Import %s failed", run_id)
        _fail(run_id, _("Something went wrong. What is in stays; you can go on."))


def _work_on(run_id: UUID) -> None:
    run = ImportRun.objects.filter(pk=run_id, state__in=ImportRun.BUSY).first()
    if run is None:
        return
    if run.state == State.UNDOING:
        undo(run.pk)
        return
    try:
        catalogue = parse(files.source(run.pk), MOST_CELLS, run.mapping, run.read_as)
    except NoFormatFits:
        if run.state != State.CHECKING:
            raise
        ask_for_columns(run, MOST_CELLS)
        return
    if run.state == State.CHECKING:
        _check(run, catalogue)
    else:
        _bring_in(run, catalogue)


def _fail(run_id: UUID, problem: str) -> None:
    """What came to nothing may be tried again; an import whose undoing did is an import still."""
    runs = ImportRun.objects.filter(pk=run_id)
    told = {"problem": problem[:500], "updated_at": timezone.now()}
    if not runs.filter(state=State.UNDOING).update(state=State.DONE, **told):
        runs.update(state=State.FAILED, finished_at=timezone.now(), **told)


# --- Looking at it ----------------------------------------------------------------------------


def _check(run: ImportRun, catalogue: Catalogue) -> None:
    """Find out what the import would do, part by part, and do none of it."""
    report = Report(catalogue.format, header=catalogue.header)
    importer = Importer(catalogue, report, None, dry_run=True)
    total = len(catalogue.products)
    _note(run, format=catalogue.format, columns=catalogue.header, total=total, done=0,
          unknown_columns=catalogue.unknown)  # fmt: skip
    for start in range(0, total, PART):
        importer.apply(catalogue.products[start : start + PART])
        _note(run, done=min(start + PART, total))
    _finish_report(run.pk, report, catalogue.rejections)
    preview = _figures(report) | {
        "new": [_noted(each) for each in report.new],
        "changed": [_noted(each) for each in report.changed],
    }
    if total:
        _note(run, preview=preview, state=State.READY)
    else:
        problem = _("The file has no product that could be taken.")
        _note(run, preview=preview, state=State.FAILED, problem=problem)


def _note(run: ImportRun, **fields: Any) -> None:
    ImportRun.objects.filter(pk=run.pk, state=State.CHECKING).update(
        updated_at=timezone.now(), **fields
    )


def _finish_report(run_id: UUID, report: Report, found: list[Rejection]) -> None:
    report.rejections = sorted(found, key=lambda each: each.line)
    report.write_rejected(files.source(run_id))


def _figures(report: Report) -> dict[str, Any]:
    """The report as it is kept: counts of all, and the first of the rows that were refused."""
    return {
        "products": asdict(report.products),
        "variants": asdict(report.variants),
        "images_added": report.images_added,
        "picture_files": report.picture_files,
        "uncounted": report.uncounted,
        "rejected": len(report.rejections),
        "refused": [[each.line, each.reason] for each in report.rejections[:REFUSED_SHOWN]],
    }


def _noted(noted: Noted) -> dict[str, Any]:
    members = [
        [name, _shown(name, old), _shown(name, new)]
        for name, (old, new) in list(noted.members.items())[:_MEMBERS_SHOWN]
    ]
    return {"line": noted.line, "name": noted.name, "members": members}


def _shown(name: str, value: Any) -> str:
    """A value in words, cut where it is long; amounts but weights are prices."""
    if value is None or value == "":
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f} g" if name == "weight_grams" else money(value)
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    elif isinstance(value, dict):
        value = ", ".join(f"{name}: {text}" for name, text in value.items())
    text = str(value)
    return text if len(text) <= _VALUE_SHOWN else f"{text[:_VALUE_SHOWN]}…"


# --- Bringing it in ---------------------------------------------------------------------------


def _bring_in(run: ImportRun, catalogue: Catalogue) -> None:
    """Bring in the parts that are not in yet, until it is stopped."""
    report = _report_so_far(run, catalogue)
    importer = Importer(catalogue, report, _Uploader(run.user_id, run.user_name))
    importer.newest_at = run.created_at
    importer.pass_over(catalogue.products[: run.done])
    known = len(catalogue.rejections)
    earlier = files.refused_before(run.pk, run.done)
    total, done = len(catalogue.products), run.done
    while done < total and (after := _take_part(run.pk, importer, done)) is not None:
        done = after
    found = [*catalogue.rejections[:known], *earlier, *catalogue.rejections[known:]]
    _finish_report(run.pk, report, found)
    state = State.DONE if done >= total else State.STOPPED
    ImportRun.objects.filter(pk=run.pk, state=State.RUNNING, done=done).update(
        state=state,
        is_to_stop=False,
        report=_figures(report),
        updated_at=timezone.now(),
        finished_at=timezone.now(),
    )
    logger.info("Import %s is %s: %s", run.pk, state.value, report.products)


def _report_so_far(run: ImportRun, catalogue: Catalogue) -> Report:
    report = Report(catalogue.format, header=catalogue.header)
    if run.report:
        report.products = Tally(**run.report["products"])
        report.variants = Tally(**run.report["variants"])
        report.images_added = run.report["images_added"]
        report.picture_files = run.report.get("picture_files", 0)
        report.uncounted = run.report["uncounted"]
    return report


@transaction.atomic
def _take_part(run_id: UUID, importer: Importer, start: int) -> int | None:
    """Bring in the part that begins there; returns where the next does.

    None where the import is to stop, or where another worker has it.
    """
    run = ImportRun.objects.select_for_update().annotate(at=TransactionNow()).get(pk=run_id)
    if run.state != State.RUNNING or run.is_to_stop or run.done != start:
        return None
    before = len(importer.catalogue.rejections)
    products = importer.catalogue.products
    run.total, run.done = len(products), min(start + PART, len(products))
    changed = importer.apply(products[start : run.done])
    files.note_refused(run_id, start, importer.catalogue.rejections[before:])
    run.report, run.updated_at = _figures(importer.report), timezone.now()
    run.made_categories = [*run.made_categories, *importer.journal.categories]
    run.save(update_fields=["total", "done", "report", "made_categories", "updated_at"])
    # By the moment of its transaction a product says that nobody changed it since.
    ImportedChange.objects.bulk_create(
        ImportedChange(
            run=run, product_id=product_id, before=before | {"updated_at": run.at.isoformat()}
        )
        for product_id, before in importer.journal.products.items()
    )
    if run.fetches_pictures:
        queue_pictures(run, [entry.slug for entry in products[start : run.done]])
    finish_part(changed)
    return run.done


def _stop_commands(runs: QuerySet[ImportRun]) -> None:
    """What a command was bringing in when it ended has stopped."""
    runs.filter(state=State.RUNNING).update(state=State.STOPPED, finished_at=timezone.now())


# --- Forgetting it ----------------------------------------------------------------------------


def forget_old_imports() -> int:
    """Delete files, and what is known of an import, when the shop's times for them are over.

    Commands that were killed are said to have stopped. Returns how many files were deleted.
    """
    now, times = timezone.now(), retention_times()
    _stop_commands(
        ImportRun.objects.filter(
            user_id=None, has_file=False, updated_at__lt=now - ImportRun.SILENT_FOR
        )
    )
    ImportedChange.objects.filter(created_at__lt=now - CHANGES_KEPT_FOR).delete()
    old = ImportRun.objects.filter(
        has_file=True, created_at__lt=now - timedelta(days=times.import_files_days)
    )
    found = list(old.exclude(state=State.RUNNING).values_list("pk", flat=True))
    for run_id in found:
        files.delete(run_id)
    ImportRun.objects.filter(pk__in=found).update(has_file=False)
    over = now - timedelta(days=times.imports_days)
    delete_in_batches(ImportRun.objects.filter(has_file=False, created_at__lt=over))
    return len(found)


def delete_import(run: ImportRun) -> None:
    """Delete the file and what is known of it; the products that it brought in stay."""
    files.delete(run.pk)
    run.delete()
