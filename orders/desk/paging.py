"""Lists of the back office, newest first: page 1,000 costs what page 1 costs."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from pycommerce.api.cursors import Cursor, decode_cursor
from pycommerce.api.paging import Cut, cut_page
from pycommerce.core.errors import InvalidRequest
from pycommerce.db import connection

PER_PAGE = 50


def newest_page(
    found: QuerySet[Any], *, query: str, cursor: str | None, per_page: int = PER_PAGE
) -> Cut:
    """A page of rows that have `created_at` and an id; `query` names what was asked.

    A broken cursor, or another query's, is the first page.
    """
    identity = f"{connection.schema_name} desk {query}"
    place = _place(cursor, identity)
    if place is None:
        found = found.order_by("-created_at", "-pk")
    else:
        moment, pk = datetime.fromisoformat(place.values[0]), place.values[1]
        # The first condition is the index's, the second decides among rows of one moment.
        if place.direction == "prev":
            found = found.filter(created_at__gte=moment).order_by("created_at", "pk")
            found = found.filter(Q(created_at__gt=moment) | Q(pk__gt=pk))
        else:
            found = found.filter(created_at__lte=moment).order_by("-created_at", "-pk")
            found = found.filter(Q(created_at__lt=moment) | Q(pk__lt=pk))
    return cut_page(
        list(found[: per_page + 1]),
        limit=per_page,
        place=place,
        query=identity,
        place_of=lambda row: [row.created_at.isoformat(), str(row.pk)],
    )


def _place(cursor: str | None, identity: str) -> Cursor | None:
    if not cursor:
        return None
    try:
        return decode_cursor(cursor, query=identity)
    except InvalidRequest:
        return None
