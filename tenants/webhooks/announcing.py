"""Events of a shop, written in the transaction of what they tell of."""

import json
from collections.abc import Collection
from typing import Any

from pycommerce.core.ids import uuid7
from pycommerce.db import connection
from tenants.due import Kind, note_due

# Nothing is written where no endpoint wants it.
ANNOUNCE = """
INSERT INTO shop_webhook_event (id, type, subject, created_at)
SELECT given.id, %s, given.subject, clock_timestamp()
FROM unnest(%s::uuid[], %s::jsonb[]) AS given(id, subject)
WHERE EXISTS (SELECT 1 FROM shop_webhook_endpoint WHERE is_active AND %s = ANY (events))
"""


def announcement(event_type: str, subjects: Collection[dict[str, Any]]) -> list[object]:
    """The arguments of ANNOUNCE, for a statement that announces beside what else it does."""
    return [
        event_type,
        [uuid7() for _ in subjects],
        [json.dumps(subject, default=str) for subject in subjects],
        event_type,
    ]


def announce(event_type: str, subjects: Collection[dict[str, Any]]) -> None:
    """Tell the shop's other systems that this happened to each of the subjects.

    A subject says what it is in ids; the event's data is read when it is first sent.
    """
    if not subjects:
        return
    with connection.cursor() as cursor:
        cursor.execute(ANNOUNCE, announcement(event_type, subjects))
        written = cursor.rowcount
    if written:
        note_due(Kind.WEBHOOKS)
