"""Rate counts in one table that all worker processes share: one atomic upsert, never get-then-set.

Windows are whole minutes of Unix time.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from pycommerce.core.errors import RateLimited
from pycommerce.core.http import HttpRequest
from pycommerce.db import connection

WINDOW_SECONDS = 60
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

# Each row counts one more hit of its key in this window.
UPSERT = """
INSERT INTO api_rate_counter AS c (key, "window", hits) VALUES {rows}
ON CONFLICT (key) DO UPDATE SET "window" = excluded."window",
    hits = CASE WHEN c."window" = excluded."window" THEN c.hits + 1 ELSE 1 END
RETURNING key, hits
"""
_ROW = "(%s::text, %s::bigint, 1)"
ONE, TWO = UPSERT.format(rows=_ROW), UPSERT.format(rows=f"{_ROW}, {_ROW}")


def window_now() -> int:
    return int(time.time()) // WINDOW_SECONDS


def seconds_left() -> int:
    """Until the present window ends."""
    return WINDOW_SECONDS - int(time.time()) % WINDOW_SECONDS


@dataclass(frozen=True, slots=True)
class Rate:
    """Where a caller stands in this minute, by the counter that is nearest to its limit."""

    limit: int
    hits: int
    reset: int

    @property
    def is_exceeded(self) -> bool:
        return self.hits > self.limit

    def put_on(self, response: HttpResponseBase) -> None:
        headers = response.headers
        headers["RateLimit-Limit"] = str(self.limit)
        headers["RateLimit-Remaining"] = str(max(0, self.limit - self.hits))
        headers["RateLimit-Reset"] = str(self.reset)

    def check(self) -> None:
        """Raises RateLimited where the limit is exceeded."""
        if self.is_exceeded:
            problem = _("At most %(limit)s a minute; try again in %(seconds)s seconds.") % {
                "limit": self.limit,
                "seconds": self.reset,
            }
            raise RateLimited(problem, retry_after=self.reset)


def keys_for(credential: str, method: str | None) -> list[str]:
    """The counters that a request of this credential raises: all, and for a write all writes."""
    return [credential] if method in SAFE_METHODS else [credential, f"{credential}:writes"]


def rate_from(hits: Sequence[int]) -> Rate:
    """The tighter of the counters that were raised, in the order of `keys_for`."""
    rate = Rate(settings.API_RATE_PER_MINUTE, hits[0], seconds_left())
    if len(hits) == 1:
        return rate
    write_rate = Rate(settings.API_WRITES_PER_MINUTE, hits[1], rate.reset)
    return min(rate, write_rate, key=lambda each: each.limit - each.hits)


def count(*keys: str) -> dict[str, int]:
    """Raise one or two counters by one; returns their hits in this window."""
    window = window_now()
    arguments = [value for key in keys for value in (key, window)]
    return dict(connection.fetch_prepared(ONE if len(keys) == 1 else TWO, arguments))


def take_back(*keys: str) -> None:
    """Undo one hit of each key: what was counted beforehand turned out well."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE api_rate_counter SET hits = greatest(hits - 1, 0) WHERE key = ANY(%s) "
            'AND "window" = %s',
            [list(keys), window_now()],
        )


def count_address(request: HttpRequest) -> Rate:
    """Count a request without a credential by the address it came from."""
    credential = f"a:{request.client_address}"
    keys = keys_for(credential, request.method)
    hits = count(*keys)
    return rate_from([hits[key] for key in keys])
