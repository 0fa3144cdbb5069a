"""A table that no format fits: somebody says what stands in its columns, and it is looked at again.

checking -> asking -> checking -> ready
"""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.errors import ImportCannotGoOn
from catalog.importing import files, mapping, plain
from catalog.importing.reader import BrokenFile
from catalog.importing.running import FORMATS, read
from catalog.models import ColumnMapping, ImportRun
from catalog.services.import_jobs import have_it_done
from tenants.models import User
from tenants.services.audit import record
from tenants.shop.models import AuditEntry

State = ImportRun.State
# What a file can be read as; a plain table last.
READ_AS = (*FORMATS, plain.FORMAT)
# A page has a field for each.
MOST_COLUMNS = 200


def ask_for_columns(run: ImportRun, most_cells: int) -> None:
    """Have somebody say what stands in the columns. Raises BrokenFile where there is no table."""
    table = read(files.source(run.pk), most_cells)
    if sum(map(bool, table.columns)) < len(plain.NEEDED):
        raise BrokenFile(
            _(
                "The file's first row names one column. It has to name one for each thing: name, "
                "price and others; delete what stands above that row."
            )
        )
    if len(table.columns) > MOST_COLUMNS:
        raise BrokenFile(_("The file has more than %(most)s columns.") % {"most": MOST_COLUMNS})
    ImportRun.objects.filter(pk=run.pk, state=State.CHECKING).update(
        state=State.ASKING,
        format=plain.FORMAT,
        columns=table.header,
        samples=mapping.examples(table),
        updated_at=timezone.now(),
    )


def proposed_columns(run: ImportRun) -> dict[str, str]:
    """Field to column: as it was said for this file, or for one like it, else by the names."""
    columns = columns_of(run)
    if run.mapping:
        return mapping.fitting(run.mapping, columns)
    known = ColumnMapping.objects.filter(pk=mapping.header_key(columns)).first()
    if known:
        return mapping.fitting(known.mapping, columns)
    return mapping.proposed(columns, run.samples)


def columns_of(run: ImportRun) -> list[str]:
    """Its columns, as a mapping names them."""
    return [column_of(name) for name in run.columns]


def column_of(name: str) -> str:
    return " ".join(name.split()).lower()


def may_be_read_again(run: ImportRun) -> bool:
    """Whether nothing of it is in yet, so that it can be read in another way."""
    unseen = run.state in {State.ASKING, State.READY, State.FAILED}
    return unseen and run.has_file and not run.report


@transaction.atomic
def name_columns(run_id: UUID, found: Mapping[str, str], user: User) -> None:
    """Read it as a plain table with this mapping of field to column, and have it looked at.

    The mapping is proposed for the next file with the same header. Raises ImportCannotGoOn.
    """
    run = _locked(run_id)
    run.mapping = dict(found)
    key = mapping.header_key(columns_of(run))
    ColumnMapping.objects.update_or_create(header=key, defaults={"mapping": run.mapping})
    _look_again(run, plain.FORMAT, user)


@transaction.atomic
def read_again(run_id: UUID, read_as: str, user: User) -> None:
    """Have it looked at as one of READ_AS, or for "" as what it seems. Raises ImportCannotGoOn."""
    run = _locked(run_id)
    # What was said of its columns is proposed again, should it be read as a table once more.
    run.mapping = {}
    _look_again(run, read_as, user)


def _locked(run_id: UUID) -> ImportRun:
    run = ImportRun.objects.select_for_update().get(pk=run_id)
    if not may_be_read_again(run):
        raise ImportCannotGoOn(
            _("This import cannot be read in another way: look at how it stands now.")
        )
    return run


def _look_again(run: ImportRun, read_as: str, user: User) -> None:
    run.state, run.read_as, run.problem = State.CHECKING, read_as, ""
    run.preview, run.total, run.done = {}, 0, 0
    run.updated_at = timezone.now()
    run.save()
    record(user=user, action=AuditEntry.Action.CHANGE, thing=run)
    have_it_done(run)
