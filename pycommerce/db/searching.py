"""Rows that have a text somewhere, in tables of any size.

What few rows have is found by the trigram indexes of its places, which a condition over two tables
at once could not use. What many rows have is soon met on the way down a list, row by row.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.admin.utils import lookup_spawns_duplicates
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db.models import Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Upper
from django.db.models.lookups import IsNull

from pycommerce.db.counting import capped_counts

# What is shorter has no trigram.
SHORTEST_INDEXED = 3
# Up to so many ids are few.
MOST_FEW = 10_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text is looked for.

    `ids` are of all rows that have it there, each once or more often; `test` asks a single row,
    and where many others belong to that it is `slow`.
    """

    ids: QuerySet[Any, Any]
    test: Q
    slow: bool = False


def counts_of(places: Sequence[Place]) -> list[int]:
    """In each place, how many ids have the text there, at most one more than few; a statement."""
    ids = [place.ids.order_by() for place in places]
    return list(capped_counts(dict(enumerate(ids)), most=MOST_FEW).values())


def found_in(places: Sequence[Place], counts: Sequence[int] | None = None) -> Q:
    """The rows that have the text in one of the places; they are counted before where they are not.

    `counts` are those of the places.
    """
    ids = [place.ids.order_by() for place in places]
    if counts is None:
        counts = counts_of(places)
    if all(count <= MOST_FEW for count in counts):
        first, *others = ids
        return Q(pk__in=first.union(*others, all=True) if others else first)
    return reduce(
        or_,
        (
            Q(pk__in=place.ids) if place.slow and counts[number] <= MOST_FEW else place.test
            for number, place in enumerate(places)
        ),
    )


def tested_in(places: Sequence[Place]) -> Q:
    """The rows that have the text in one of the places, none of which has an index for it.

    To count them first would read every row as often again.
    """
    return reduce(or_, (Q(pk__in=place.ids) if place.slow else place.test for place in places))


def places_of(model: type[Model], fields: Iterable[str], text: str) -> list[Place]:
    """The fields of a row itself, and those that a relation leads to, as places of their own."""
    by_way = defaultdict(list)
    for field in fields:
        by_way[field.rpartition("__")[0]].append(field)
    return [_place(model, names, text) for names in by_way.values()]


def _place(model: type[Model], names: Sequence[str], text: str) -> Place:
    has = Q.create([(f"{name}__icontains", text) for name in names], connector=Q.OR)
    rows = model._default_manager.filter(has)
    if not lookup_spawns_duplicates(model._meta, names[0]):
        return Place(rows.values("pk"), has)
    return Place(rows.values("pk"), any_of(rows.filter(pk=OuterRef("pk"))), slow=True)


def any_of(rows: QuerySet[Any]) -> Q:
    """Whether there are such rows, asked for one outer row after the other.

    EXISTS would make the planner read all the rows there are.
    """
    return Q(IsNull(Subquery(rows.order_by().values("pk")[:1]), False))


def trigram_index(*fields: str, name: str) -> GinIndex:
    """What finds a text within any of these fields, in capitals or not.

    New rows are put in by the hundred: one by one each would wait for dozens of small writes.
    """
    parts = (OpClass(Upper(field), name="gin_trgm_ops") for field in fields)
    return GinIndex(*parts, name=name, gin_pending_list_limit=512)
