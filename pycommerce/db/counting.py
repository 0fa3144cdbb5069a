"""Counts that stay cheap: up to a limit, beyond which it only matters that there are many."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db.models import QuerySet

from pycommerce.db import connection

MOST = 1_000
Key = TypeVar("Key")


def capped_counts(
    querysets: Mapping[Key, QuerySet[Any, Any]], *, most: int = MOST
) -> dict[Key, int]:
    """How many rows each has, at most one more than `most`; all by one statement."""
    parts: list[str] = []
    arguments: list[Any] = []
    for found in querysets.values():
        sql, given = found.order_by().values("pk")[: most + 1].query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS found)")
        arguments += given
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", arguments)
        row = cursor.fetchone()
    return dict(zip(querysets, row, strict=True))


def count_words(count: int) -> str:
    """The number as people read it: 42, or 1,000+."""
    return f"{MOST:,}+" if count > MOST else f"{count:,}"
