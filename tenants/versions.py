"""The catalogue's version as pages may know it: at most a second old.

An answer of the API is never older than the last commit and reads the version itself; a page may
hold it for a moment, so that a warm one needs no statement at all.
"""

import time

from pycommerce.core.bounded_cache import BoundedCache
from pycommerce.db import connection
from tenants.shop.models import catalogue_version

HELD_SECONDS = 1.0
_held: BoundedCache[tuple[float, int]] = BoundedCache(5_000)


def recent_catalogue_version() -> int:
    """The version of the selected tenant's catalogue, read within the last second."""
    key, now = connection.schema_name, time.monotonic()
    held = _held.get(key)
    if held and now - held[0] < HELD_SECONDS:
        return held[1]
    version = catalogue_version()
    _held.put(key, (now, version))
    return version
