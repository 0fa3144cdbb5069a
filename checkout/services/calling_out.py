"""Sends webhooks of all shops at once, so that a receiver that is dead holds up no other.

Each endpoint is a lane of its own. No connection to the database is used while the network is
awaited: what is due is taken first, and what came of it is written afterwards.
"""

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from checkout.services.sweeping import in_each
from orders.services.webhooks import Parcel, claim, note_next_time, note_outcome, put_off
from tenants.models import Tenant
from tenants.webhooks.sending import Outcome, send
from tenants.webhooks.signing import HEADER, signature

logger = logging.getLogger(__name__)

LANES_AT_ONCE = 16
# A lane ends after so long; what is left in it goes with the next round.
LANE_SECONDS = 15.0

Tried = list[tuple[Parcel, Outcome]]


def send_webhooks(tenants: list[Tenant]) -> Iterator[tuple[Tenant, Any]]:
    """Send what is due in these shops; gives each with how many tries there were, or why none."""
    claimed = dict(in_each(tenants, lambda tenant: claim()))
    lanes: dict[UUID, list[Parcel]] = {}
    for parcels in claimed.values():
        for parcel in [] if isinstance(parcels, Exception) else parcels:
            lanes.setdefault(parcel.endpoint_id, []).append(parcel)
    tried = {
        parcel.delivery_id: outcome
        for lane in _send_all(list(lanes.values()))
        for parcel, outcome in lane
    }
    yield from in_each(tenants, lambda tenant: _note(claimed[tenant], tried))


def _send_all(lanes: list[list[Parcel]]) -> list[Tried]:
    if not lanes:
        return []
    with ThreadPoolExecutor(min(LANES_AT_ONCE, len(lanes)), "webhooks") as pool:
        return list(pool.map(_send_lane, lanes))


def _send_lane(parcels: list[Parcel]) -> Tried:
    """Send to one endpoint, one after the other, until it does not answer or the time is over."""
    ends = time.monotonic() + LANE_SECONDS
    tried: Tried = []
    for parcel in parcels:
        if time.monotonic() > ends:
            break
        outcome = send(parcel.address, parcel.body, _headers(parcel))
        tried.append((parcel, outcome))
        if outcome.status is None:
            break
    return tried


def _headers(parcel: Parcel) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": "PyCommerce-Webhooks",
        HEADER: signature(parcel.secrets, parcel.body, int(time.time())),
        "PyCommerce-Event": str(parcel.event_id),
    }


def _note(parcels: list[Parcel] | Exception, tried: dict[UUID, Outcome]) -> int:
    if isinstance(parcels, Exception):
        raise parcels
    put_off([parcel for parcel in parcels if parcel.delivery_id not in tried])
    done = [parcel for parcel in parcels if parcel.delivery_id in tried]
    for parcel in done:
        note_outcome(parcel, tried[parcel.delivery_id])
    note_next_time()
    return len(done)
