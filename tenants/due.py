"""Which shops have work that is due: read in one statement, however many shops there are.

A row is written in the transaction of the work that it tells of, and deleted when that is done: a
crash in between leaves it, and the work is looked for again. Rows are only ever added, so that
nobody waits for another's. They are hints; a sweep of all shops finds what has none.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from pycommerce.db import connection
from tenants.models import DueWork, Tenant
from tenants.public import in_public

Kind = DueWork.Kind
# Work that failed as a whole is tried again so much later.
TRY_AGAIN = timedelta(minutes=1)
# At most so many rows are taken at once; the others are there a moment later.
MOST = 10_000


def note_due(kind: Kind, at: datetime | None = None) -> None:
    """Have the worker look after the selected shop, from `at` on; else at once."""
    DueWork.objects.create(tenant_id=connection.tenant.pk, kind=kind, due_at=at or timezone.now())


def is_due_later(kind: Kind) -> bool:
    """Whether the selected shop is to be looked after at some later time anyway."""
    tenant_id = connection.tenant.pk
    later = DueWork.objects.filter(tenant_id=tenant_id, kind=kind, due_at__gt=timezone.now())
    return later.exists()


def in_each_due(
    kind: Kind, in_each: Callable[[list[Tenant]], Iterator[tuple[Tenant, Any]]]
) -> Iterator[tuple[Tenant, Any]]:
    """Do what is due in each shop that has some; gives each with its result.

    `in_each` does it in the shops it is given; an exception is the result of its shop.
    """
    rows = in_public(lambda: _due_now(kind))
    tenants = in_public(lambda: Tenant.objects.in_bulk(list(rows))) if rows else {}
    for tenant_id in rows.keys() - tenants.keys():
        _end(rows[tenant_id])
    for tenant, result in in_each(list(tenants.values())):
        if isinstance(result, Exception):
            _put_off(rows[tenant.pk])
        else:
            _end(rows[tenant.pk])
        yield tenant, result


def _due_now(kind: Kind) -> dict[UUID, list[UUID]]:
    """Tenant to its rows that are due, the oldest first."""
    due = DueWork.objects.filter(kind=kind, due_at__lte=timezone.now()).order_by("due_at")
    found: dict[UUID, list[UUID]] = {}
    for tenant_id, row_id in due.values_list("tenant_id", "pk")[:MOST]:
        found.setdefault(tenant_id, []).append(row_id)
    return found


def _end(rows: list[UUID]) -> None:
    in_public(lambda: DueWork.objects.filter(pk__in=rows).delete())


def _put_off(rows: list[UUID]) -> None:
    later = timezone.now() + TRY_AGAIN
    in_public(lambda: DueWork.objects.filter(pk__in=rows).update(due_at=later))
