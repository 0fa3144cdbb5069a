"""Lists that are too long to be sent at once: written by the worker, kept for some days.

    waiting -> writing -> ready -> gone
    waiting | writing -> cancelled | failed -> waiting

Each attempt is a job of its own. A job whose attempt is not the newest any more, or whose export
was cancelled, ends and leaves nothing behind.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import IO, Protocol
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateWorker
from xlsxwriter.exceptions import XlsxFileError

from pycommerce.core.errors import Conflict, Refusal
from pycommerce.db import connection
from tenants.models import User
from tenants.services.audit import record
from tenants.services.jobs import ALIVE_FOR
from tenants.shop.models import AuditEntry, ListExport

logger = logging.getLogger(__name__)

State = ListExport.State
BUSY = (State.WAITING, State.WRITING)
# The file; then for a while who asked for it.
KEPT_FOR = timedelta(days=7)
KNOWN_FOR = timedelta(days=30)
# A job that is lost has written nothing by then.
GIVEN_UP_AFTER = timedelta(days=1)
# What one shop can have the worker do at once.
MOST_BUSY = 10
_HEARD_EVERY = 1.0


class TooManyExports(Conflict):
    message = "There are too many exports at once."

    def __init__(self) -> None:
        super().__init__(f"{MOST_BUSY} exports are being written: wait for one of them.")


class ExportIsOver(Conflict):
    message = "This export cannot go on."

    def __init__(self) -> None:
        super().__init__("This export is not as it was any more: look at how it stands now.")


class _Dropped(Exception):
    """It was cancelled, or asked for anew."""


class Written(Protocol):
    """What is written: how many things it is about, and the writing of it."""

    def count(self) -> int: ...

    def write(self, file: IO[bytes], form: str, heard: Callable[[int], None]) -> None: ...


def path_of(export: ListExport) -> Path:
    """Where its file is: below the selected shop's own folder, which no address leads to."""
    return _folder() / f"{export.pk}.{export.form}"


def lists_of(tenant_id: UUID) -> Path:
    """The folder of a shop's files."""
    return Path(settings.EXPORT_ROOT) / "lists" / str(tenant_id)


def _folder() -> Path:
    return lists_of(connection.tenant.pk)


def has_worker() -> bool:
    """Whether some worker runs that does what waits."""
    alive = timezone.now() - ALIVE_FOR
    return ProcrastinateWorker.objects.filter(last_heartbeat__gt=alive).exists()


# --- Asked for --------------------------------------------------------------------------------


@transaction.atomic
def ask_for_list(
    *, kind: str, form: str, query: str, file_name: str, user: User, origin: str
) -> ListExport:
    """Have the worker write a list; what somebody asked for and does not have yet is given again.

    `origin` is the shop's, for the mail. Raises TooManyExports.
    """
    same = ListExport.objects.filter(
        user_id=user.pk, kind=kind, form=form, query=query, state__in=BUSY
    )
    if found := same.first():
        return found
    if ListExport.objects.filter(state__in=BUSY).count() >= MOST_BUSY:
        raise TooManyExports()
    try:
        with transaction.atomic():
            export = ListExport.objects.create(
                kind=kind,
                form=form,
                query=query,
                file_name=file_name,
                user_id=user.pk,
                user_name=user.author,
            )
    except IntegrityError:
        # The same click a second time, at the same moment.
        if found := same.first():
            return found
        raise
    record(user=user, action=AuditEntry.Action.CREATE, thing=export)
    _have_it_written(export, origin)
    return export


def _have_it_written(export: ListExport, origin: str) -> None:
    job = app.configure_task("tenants.jobs.write_list_export")
    job.defer(
        tenant_id=str(connection.tenant.pk),
        export_id=str(export.pk),
        attempt=export.attempt,
        origin=origin,
    )


def may_be_tried_again(export: ListExport) -> bool:
    return export.state in {State.FAILED, State.CANCELLED} or export.is_silent


@transaction.atomic
def try_again(export_id: UUID, *, user: User, origin: str) -> None:
    """Have it written from the beginning. Raises ExportIsOver, or TooManyExports."""
    export = ListExport.objects.select_for_update().filter(pk=export_id).first()
    if export is None or not may_be_tried_again(export):
        raise ExportIsOver()
    if ListExport.objects.filter(state__in=BUSY).exclude(pk=export_id).count() >= MOST_BUSY:
        raise TooManyExports()
    export.state, export.problem = State.WAITING, ""
    export.total, export.done, export.attempt = 0, 0, export.attempt + 1
    export.user_id, export.user_name = user.pk, user.author
    export.updated_at = timezone.now()
    try:
        with transaction.atomic():
            export.save()
    except IntegrityError as error:
        # They asked for the same list anew, and that one is being written.
        raise ExportIsOver() from error
    record(user=user, action=AuditEntry.Action.CHANGE, thing=export)
    _have_it_written(export, origin)


@transaction.atomic
def cancel(export_id: UUID, *, user: User) -> None:
    """End it before it is written. Raises ExportIsOver."""
    busy = ListExport.objects.filter(pk=export_id, state__in=BUSY)
    if not busy.update(state=State.CANCELLED, updated_at=timezone.now()):
        raise ExportIsOver()
    changes = {"state": ("", str(State.CANCELLED.label))}
    export = ListExport.objects.get(pk=export_id)
    record(user=user, action=AuditEntry.Action.CHANGE, thing=export, changes=changes)


@transaction.atomic
def delete_export(export: ListExport, *, user: User) -> None:
    """Delete the file and what is known of it."""
    record(user=user, action=AuditEntry.Action.DELETE, thing=export)
    path = path_of(export)
    ListExport.objects.filter(pk=export.pk).delete()
    transaction.on_commit(partial(path.unlink, missing_ok=True))


# --- Written ----------------------------------------------------------------------------------


@dataclass
class _Writing:
    """An attempt at a list: where it is written, and how far that is."""

    export: ListExport
    heard_at: float = 0.0

    @property
    def part(self) -> Path:
        return path_of(self.export).with_suffix(f".{self.export.attempt}.part")

    def note(self, **fields: object) -> None:
        """Raises _Dropped where it is not to be written any more."""
        mine = ListExport.objects.filter(
            pk=self.export.pk, attempt=self.export.attempt, state=State.WRITING
        )
        if not mine.update(updated_at=timezone.now(), **fields):
            raise _Dropped

    def heard(self, done: int) -> None:
        now = time.monotonic()
        if now - self.heard_at >= _HEARD_EVERY:
            self.heard_at = now
            self.note(done=done)


def write_list(export_id: UUID, attempt: int, list_of: Callable[[ListExport], Written]) -> bool:
    """What the job does, outside of a transaction: how far it is can be seen meanwhile.

    `list_of` gives what is to be written, or raises a Refusal. Returns whether the export has
    come to an end that its asker is to be told.
    """
    waiting = ListExport.objects.filter(pk=export_id, attempt=attempt, state=State.WAITING)
    if not waiting.update(state=State.WRITING, updated_at=timezone.now()):
        return False
    writing = _Writing(ListExport.objects.get(pk=export_id))
    try:
        _write(writing, list_of)
    except _Dropped:
        return False
    except Refusal as refusal:
        return _fail(writing, refusal.details)
    except XlsxFileError:
        return _fail(writing, "The list is too large for one file of XLSX: export it as CSV.")
    except OSError as error:
        logger.exception("Export %s could not be written", export_id)
        return _fail(writing, f"The file could not be written: {error.strerror or error}.")
    except Exception:
        _fail(writing, "Something went wrong, and those who run the platform can see what.")
        raise
    finally:
        with contextlib.suppress(OSError):
            writing.part.unlink(missing_ok=True)
    return True


def _write(writing: _Writing, list_of: Callable[[ListExport], Written]) -> None:
    export, listed = writing.export, list_of(writing.export)
    total = listed.count()
    writing.note(total=total)
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    with writing.part.open("wb") as file:
        listed.write(file, export.form, writing.heard)
    # Under its row's lock, so that nobody deletes it between its file and its being ready.
    with transaction.atomic():
        size = writing.part.stat().st_size
        expires_at = timezone.now() + KEPT_FOR
        writing.note(
            state=State.READY, size=size, done=F("total"), problem="", expires_at=expires_at
        )
        writing.part.replace(path_of(export))
    logger.info("Export %s is ready: %d bytes", export.pk, size)


def _fail(writing: _Writing, problem: str) -> bool:
    """Returns whether it was this attempt's to fail."""
    try:
        writing.note(state=State.FAILED, problem=problem[:500])
    except _Dropped:
        return False
    return True


# --- Forgotten --------------------------------------------------------------------------------


@transaction.atomic
def drop_lists(kinds: Collection[str], *, problem: str) -> None:
    """Delete the files of these lists, and end those that are being written: they are outdated."""
    found = ListExport.objects.filter(kind__in=kinds, state__in=[State.READY, *BUSY])
    # Locked first: none of them becomes ready meanwhile.
    for export in found.select_for_update().order_by("pk"):
        was_ready = export.state == State.READY
        export.state = State.GONE if was_ready else State.CANCELLED
        export.problem, export.updated_at = problem, timezone.now()
        export.save(update_fields=["state", "problem", "updated_at"])
        transaction.on_commit(partial(path_of(export).unlink, missing_ok=True))


def forget_old_lists() -> int:
    """Delete files whose time is over, and give up exports that no job writes any more.

    Returns how many files were deleted.
    """
    now = timezone.now()
    lost = ListExport.objects.filter(state__in=BUSY, updated_at__lt=now - GIVEN_UP_AFTER)
    lost.update(state=State.FAILED, problem="No worker wrote it.", updated_at=now)
    over = ListExport.objects.filter(state=State.READY, expires_at__lt=now)
    over.update(state=State.GONE, updated_at=now)
    # One that was tried again is as new as its file.
    is_live = [State.READY, *BUSY]
    old = ListExport.objects.filter(created_at__lt=now - KNOWN_FOR).exclude(state__in=is_live)
    old.delete()
    return _delete_strays()


def _delete_strays() -> int:
    """Files of exports that are not ready, whatever became of them."""
    if not _folder().is_dir():
        return 0
    # Looked at before the exports are: there is no file of one that is only asked for now.
    found = list(_folder().iterdir())
    kept = ListExport.objects.filter(state__in=[State.READY, *BUSY]).order_by()
    ids = {str(pk) for pk in kept.values_list("pk", flat=True)}
    strays = [path for path in found if path.name.partition(".")[0] not in ids]
    for path in strays:
        path.unlink(missing_ok=True)
    return len(strays)
