"""One more try for a transaction that lost against another."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
from django.db import IntegrityError, OperationalError

Result = TypeVar("Result")
COLLISIONS = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    # What a row refers to was deleted at the same moment: a second time that is seen.
    psycopg.errors.ForeignKeyViolation,
    # What it makes was made at the same moment.
    psycopg.errors.UniqueViolation,
)


def once_more(work: Callable[[], Result]) -> Result:
    """Do a whole transaction; after a collision a second time, a moment later.

    The second collision is raised: the API says `busy` to it, a page asks for patience.
    """
    try:
        return work()
    except (OperationalError, IntegrityError) as error:
        if not isinstance(error.__cause__, COLLISIONS):
            raise
    time.sleep(random.uniform(0.05, 0.15))  # noqa: S311 - jitter, no secret
    return work()
