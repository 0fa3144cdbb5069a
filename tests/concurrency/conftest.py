"""Many at once, with real threads, connections and commits, each test on a fresh database."""

import fcntl
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any, TypeVar

import pytest
from django.db import connection, connections
from django_tenants.utils import tenant_context

from orders.models import Order
from tenants.models import Tenant, User
from tests.api.conftest import Caller
from tests.factories import make_member

Result = TypeVar("Result")
ADDRESS = {
    "line1": "456 Park Ave",
    "city": "Metropolis",
    "state": "NY",
    "postal_code": "10002",
    "country": "USA",
}
# Deadlocks are found soon, and nobody gives up waiting because the machine is busy.
PATIENT = "-c lock_timeout=60s -c statement_timeout=120s -c deadlock_timeout=100ms"


@pytest.fixture
def shop(transactional_db: None, settings: Any) -> Iterator[Tenant]:
    """Tech Gadgets, its schema selected, on connections that wait.

    One such test at a time: each takes up to fifty connections and both processors.
    """
    settings.API_WRITES_PER_MINUTE = settings.API_RATE_PER_MINUTE = 100_000
    with (settings.VAR_DIR / "concurrency.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with connected_with(PATIENT):
            tenant = Tenant.objects.get(slug="tech")
            connection.set_tenant(tenant)
            _meeting.reset()
            yield tenant


@contextmanager
def connected_with(options: str) -> Iterator[None]:
    """New connections have these options; this thread's begins anew."""
    given = connection.settings_dict["OPTIONS"]
    before = given.get("options")
    connection.close()
    given["options"] = options
    try:
        yield
    finally:
        connection.close()
        given.pop("options")
        if before is not None:
            given["options"] = before


@pytest.fixture
def owner(shop: Tenant) -> User:
    return make_member(shop)


def in_shop(work: Callable[[], Result]) -> Result:
    """Do something as the shop, in a thread that is not the test's own; its connection ends."""
    try:
        connection.set_schema_to_public()
        with tenant_context(Tenant.objects.get(slug="tech")):
            return work()
    finally:
        connections.close_all()


def at_once(works: Sequence[Callable[[], Result]]) -> list[Result]:
    """What each returns, all begun at the same moment, each in a thread of its own."""
    start = threading.Barrier(len(works))

    def run(work: Callable[[], Result]) -> Result:
        try:
            # A connection is there before the start.
            connection.ensure_connection()
            start.wait(120)
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


_numbers = count(1)


_meeting = threading.Barrier(2)


def meet() -> None:
    """Wait in a careless step until another has come as far; who stays alone goes on."""
    with suppress(threading.BrokenBarrierError):
        _meeting.wait(5)


def buying(owner: User, *wanted: tuple[Any, int], key: str = "", **members: Any) -> Any:
    """A call that buys units of products, by a customer of its own; it returns the response."""
    body = {
        # Orders of one new customer would wait for each other, and hide what is looked for.
        "customer": {"name": "John Doe", "email": f"john.doe+{next(_numbers)}@example.com"},
        "shipping_address": ADDRESS,
        "items": [{"product_id": str(product.pk), "quantity": n} for product, n in wanted],
        "shipping_method": "standard",
        "payment_method": "credit_card",
        **members,
    }
    headers = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
    caller = Caller(owner, host="tech.localhost")
    return lambda: caller.post("/api/orders", body, **headers)


def statuses(responses: Sequence[Any]) -> dict[int, int]:
    found: dict[int, int] = {}
    for response in responses:
        found[response.status_code] = found.get(response.status_code, 0) + 1
    return found


def code_of(response: Any) -> str:
    return str(response.json()["error"]["code"])


def select() -> None:
    """Back in the shop, after calls that went elsewhere."""
    connection.set_schema_to_public()
    connection.set_tenant(Tenant.objects.get(slug="tech"))


def orders_with(**fields: Any) -> int:
    return Order.objects.filter(**fields).count()


_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


def deadlocks() -> int:
    """How many the server has found in this database; exact once their processes have ended.

    A process of the server tells what it has counted just before it leaves the list of those
    that are there, some time after its connection was closed.
    """
    with connection.cursor() as cursor:
        for _ in range(1500):
            cursor.execute("SELECT pg_stat_clear_snapshot(), pg_sleep(0.01)")
            cursor.execute(_OTHERS)
            if cursor.fetchone() == (0,):
                break
        else:
            pytest.fail("Connections of the test's threads are still open.")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        (count,) = cursor.fetchone()
    return int(count)


_WAITING = """
SELECT count(DISTINCT pid) FILTER (WHERE locktype = 'advisory'),
    count(DISTINCT pid) FILTER (WHERE locktype <> 'advisory')
FROM pg_locks WHERE NOT granted AND pid IN (
    SELECT pid FROM pg_stat_activity WHERE datname = current_database())
"""


def wait_for(*, at_gate: int = 0, behind: int = 0) -> None:
    """Return once so many wait at the gate, and so many for a lock of somebody else."""
    for _ in range(6000):
        with connection.cursor() as cursor:
            # Who is there is otherwise as it was at the begin of this transaction.
            cursor.execute("SELECT pg_stat_clear_snapshot(), pg_sleep(0.01)")
            cursor.execute(_WAITING)
            found = cursor.fetchone()
        if found == (at_gate, behind):
            return
    raise AssertionError(f"{found} wait, not {(at_gate, behind)}.")


# --- Chosen interleavings ------------------------------------------------------------------------

GATE = 42


class Gate:
    """A place in the database where whoever comes waits until the test lets them on.

    A trigger, made in the test, takes an advisory lock that the test holds.
    """

    def __init__(self, table: str, event: str) -> None:
        self.table, self.event = table, event

    def __enter__(self) -> "Gate":
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN PERFORM pg_advisory_xact_lock({GATE}); RETURN new; END $$"
            )
            cursor.execute(
                f"CREATE TRIGGER gate BEFORE {self.event} ON {self.table} "
                "FOR EACH ROW EXECUTE FUNCTION wait_at_gate()"
            )
            cursor.execute("SELECT pg_advisory_lock(%s)", [GATE])
        return self

    def __exit__(self, *_: object) -> None:
        self.open()
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER gate ON {self.table}")
            cursor.execute("DROP FUNCTION wait_at_gate()")

    def open(self) -> None:
        """Let everybody on, from now on."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [GATE])


@pytest.fixture
def thread() -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """Starts something as the shop in a thread; the future has its result."""
    with ThreadPoolExecutor(8) as pool:
        yield lambda work: pool.submit(in_shop, work)
