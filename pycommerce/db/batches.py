"""Deleting many rows without holding all of them at once."""

from typing import Any

from django.db.models import QuerySet

SIZE = 500


def delete_in_batches(rows: QuerySet[Any], size: int = SIZE) -> int:
    """Delete the rows, `size` in a transaction; returns how many went.

    Locks, and what is in memory, are those of one batch. A row that meanwhile is none of them any
    more stays.
    """
    rows, gone, last = rows.order_by("pk"), 0, None
    while True:
        ahead = rows if last is None else rows.filter(pk__gt=last)
        ids = list(ahead.values_list("pk", flat=True)[:size])
        if not ids:
            return gone
        last = ids[-1]
        _, by_model = rows.filter(pk__in=ids).delete()
        gone += by_model.get(rows.model._meta.label, 0)
