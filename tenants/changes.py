"""What a process knows of all shops at once, renewed by one statement a second at most.

A shop costs nothing here by being there: the statement gives the catalogues' versions that changed
since the last one, and a digest of the shops' own rows. Asked for each shop by itself, a process
that meets a thousand shops by turns would make a statement for nearly every request.
"""

import threading
import time
from collections.abc import Callable

from pycommerce.db import connection

# How old what a page knows of its shop may be.
HELD_SECONDS = 1.0
# What a shop's state holds before its catalogue is changed for the first time.
FIRST_VERSION = 1
# The oldest transaction that may still be running: what it and later ones write is asked for the
# next time, so that a commit between two looks is never missed.
_LOOK = """
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
    (SELECT bit_xor(hash_record_extended((id, updated_at, active, first_steps_ended_at), 0))
     FROM public.tenants_tenant),
    (SELECT coalesce(json_object_agg(schema_name, version), '{}')
     FROM public.tenants_catalogueversion WHERE changed_in >= %s)
"""


class Changes:
    """The versions of all catalogues, and whether the shops' rows are as they were."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._when_shops_change: list[Callable[[], None]] = []
        self.forget()

    def forget(self) -> None:
        """As if this process had just begun."""
        with self._lock:
            self.looked_at = float("-inf")
            self._since = 0
            self._shops: int | None = None
            self._versions: dict[str, int] = {}

    def call_when_shops_change(self, forget: Callable[[], None]) -> None:
        """Have `forget` called when any shop's row was written, by whatever process."""
        self._when_shops_change.append(forget)

    def look(self, seconds: float) -> bool:
        """Make what is known at most so old; gives whether any shop's row was written."""
        with self._lock:
            now = time.monotonic()
            if now - self.looked_at < seconds:
                return False
            [(since, shops, versions)] = connection.fetch_prepared(_LOOK, [self._since])
            self._versions.update(versions)
            is_changed = shops != self._shops
            if is_changed:
                for forget in self._when_shops_change:
                    forget()
            self._since, self._shops, self.looked_at = since, shops, now
            return is_changed

    def version_of(self, schema_name: str) -> int:
        """The version of a shop's catalogue when this process looked last."""
        return self._versions.get(schema_name, FIRST_VERSION)


changes = Changes()
