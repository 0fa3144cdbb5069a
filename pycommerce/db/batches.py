"""Reading, deleting and changing many rows without holding all of them at once."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db.models import Model, QuerySet

from pycommerce.db import connection

SIZE = 500


def keys_in_batches(rows: QuerySet[Any, Any], size: int = SIZE) -> Iterator[list[Any]]:
    """The primary keys of the rows in their order, `size` at a time: all that is held of each.

    Who reads for minutes so needs neither a transaction nor a cursor of the server's, which a
    pooler takes away.
    """
    keys = list(rows.prefetch_related(None).values_list("pk", flat=True))
    for start in range(0, len(keys), size):
        yield keys[start : start + size]


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


def update_each(
    model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]], size: int = SIZE
) -> None:
    """Set these fields of many rows, of each to values of its own, `size` by a statement.

    A row is its primary key and a value for each name. Django's `bulk_update` spends a CASE over
    all rows on each field.
    """
    fields: list[Any] = [model._meta.pk, *map(model._meta.get_field, names)]
    columns = [str(field.column) for field in fields]
    # Without its length: a text that is too long is refused then, and not cut off.
    kinds = [str(field.db_type(connection)).partition("(")[0] for field in fields]
    sets = ", ".join(f"{name} = given.{name}" for name in columns[1:])
    statement = (
        f"UPDATE {model._meta.db_table} AS target SET {sets}"
        f" FROM unnest({', '.join(f'%s::{kind}[]' for kind in kinds)})"
        f" AS given ({', '.join(columns)}) WHERE target.{columns[0]} = given.{columns[0]}"
    )
    waiting = iter(rows)
    with connection.cursor() as cursor:
        while some := list(islice(waiting, size)):
            given = [
                [field.get_db_prep_save(value, connection) for value in values]
                for field, values in zip(fields, zip(*some, strict=True), strict=True)
            ]
            cursor.execute(statement, given)
