"""What pages know of a shop's state: at most a second old, in every process.

An answer of the API is never older than the last commit and reads the version itself; a page may
hold it for a moment, so that a warm one needs no statement at all.
"""

import time
from datetime import datetime
from typing import NamedTuple

from pycommerce.core.bounded_cache import BoundedCache
from pycommerce.core.http import HttpRequest
from pycommerce.db import connection
from tenants.models import Tenant
from tenants.resolution import clear_cache, tenant_by_id

HELD_SECONDS = 1.0


class _State(NamedTuple):
    """The version of the catalogue, and when the shop itself was changed last."""

    version: int
    updated_at: datetime


_held: BoundedCache[tuple[float, _State]] = BoundedCache(5_000)
_STATE = (
    "SELECT catalogue_version, (SELECT updated_at FROM tenants_tenant WHERE id = %s) "
    "FROM shop_state"
)


def bring_up_to_date(request: HttpRequest) -> None:
    """Set `request.version`; and where the shop was changed by another process, read it again."""
    tenant: Tenant = request.tenant
    key, now = connection.schema_name, time.monotonic()
    held = _held.get(key)
    if held and now - held[0] < HELD_SECONDS:
        state = held[1]
    else:
        with connection.cursor() as cursor:
            cursor.execute(_STATE, [tenant.pk])
            state = _State(*cursor.fetchone())
        _held.put(key, (now, state))
    request.version = state.version
    if state.updated_at != tenant.updated_at:
        clear_cache()
        fresh = tenant_by_id(tenant.pk)
        if fresh is not None:
            request.tenant = fresh
            connection.set_tenant(fresh)
            _held.put(key, (now, state._replace(updated_at=fresh.updated_at)))
