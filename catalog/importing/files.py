"""Files that were uploaded to be imported, and the rows of them that were refused.

They stand below the selected shop's own folder, which no address leads to.
"""

import csv
import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.files import File

from catalog.importing.entries import Rejection
from catalog.importing.reader import LONGEST_CELL
from pycommerce.core.spreadsheets import as_it_was
from pycommerce.db import connection


def source(run_id: UUID) -> Path:
    """The file as it was uploaded."""
    return _folder() / f"{run_id}.csv"


def rejected(run_id: UUID) -> Path:
    """The rows that were refused, where there are any."""
    return _folder() / f"{run_id}.rejected.csv"


def refused_rows(run_id: UUID, start: int, count: int) -> list[list[str]]:
    """Lines and reasons of refused rows, from that one on, at most so many.

    Nothing where the file was deleted. The rows before are read over.
    """
    csv.field_size_limit(LONGEST_CELL)
    try:
        with rejected(run_id).open(encoding="utf-8", newline="") as file:
            rows = islice(csv.reader(file), 1 + start, 1 + start + count)
            return [[line, as_it_was(reason)] for line, reason, *_raw in rows]
    except FileNotFoundError:
        return []


def _journal(run_id: UUID) -> Path:
    return _folder() / f"{run_id}.refused.jsonl"


def _folder() -> Path:
    folder: Path = settings.IMPORT_ROOT / str(connection.tenant.pk)
    return folder


def keep(run_id: UUID, upload: File) -> None:
    """Write what was uploaded to its place."""
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    with source(run_id).open("wb") as file:
        for chunk in upload.chunks():
            file.write(chunk)


def delete(run_id: UUID) -> None:
    """Delete all that is kept of it; twice is once."""
    for path in (source(run_id), rejected(run_id), _journal(run_id)):
        path.unlink(missing_ok=True)


def note_refused(run_id: UUID, part: int, found: Iterable[Rejection]) -> None:
    """Remember rows that were refused while the part that begins there was brought in."""
    with _journal(run_id).open("a", encoding="utf-8") as file:
        for each in found:
            file.write(json.dumps([part, each.line, each.reason, each.raw]) + "\n")


def refused_before(run_id: UUID, part: int) -> list[Rejection]:
    """The rows that were refused in the parts before that one.

    What a part left there that came to nothing is dropped.
    """
    try:
        lines = _journal(run_id).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    # The last line may be cut off, where the process was.
    whole = [json.loads(line) for line in lines if line.endswith("]")]
    earlier = [row for row in whole if row[0] < part]
    _journal(run_id).write_text("".join(json.dumps(row) + "\n" for row in earlier), "utf-8")
    return [Rejection(line, reason, raw) for _part, line, reason, raw in earlier]
