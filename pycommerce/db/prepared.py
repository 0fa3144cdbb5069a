"""Statements sent without a cursor: planned once for each shop, or each time for their values.

One blocking call of libpq gives the interpreter up once; a cursor does so four times, and with four
threads each of these is a wait for the others (a call of the API: 0.37 ms of CPU against 0.50).

PostgreSQL plans a prepared statement anew when the search path is another one than before, which
costs more than to run it (a product: 0.25 ms of CPU against 0.07, twenty of them: 0.38 and 0.20).
So it is prepared for each path that the connection has had, and a connection that goes from shop to
shop finds its plans again.
"""

import random
from collections.abc import Sequence
from itertools import count
from typing import Any

import psycopg
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.sql import Literal

Path = tuple[str, ...] | None
_Key = tuple[Path, str]


class PreparedStatements:
    """What one connection has prepared: at most `most` statements, each planned for any values.

    `path` is the search path that the connection has, as whoever sets it tells. Where there is no
    room, any statement makes way: were it the one used longest ago, shops that are asked one after
    the other would never find theirs again.
    """

    def __init__(self, connection: psycopg.Connection[Any], most: int) -> None:
        self.path: Path = None
        self._connection = connection
        # It keeps how values of each type are read.
        self._loader = Transformer(connection)
        self._most = most
        self._names: dict[_Key, str] = {}
        self._keys: list[_Key] = []
        self._numbers = count()
        self._has_forgotten = False
        # Of itself the server would plan anew for the first five uses, and often from then on.
        self.execute("SET plan_cache_mode = force_generic_plan")

    def execute(self, statement: str) -> None:
        """Send a statement that gives no rows, as a cursor would."""
        self._check(self._connection.pgconn.exec_(statement.encode()), ExecStatus.COMMAND_OK)

    def fetch(self, statement: str, arguments: Sequence[object]) -> list[tuple[Any, ...]]:
        """The rows of a statement, with `%s` for each argument; they are sent as their text."""
        values = [_text(value) for value in arguments]
        try:
            return self._fetch(statement, values)
        except psycopg.errors.FeatureNotSupported:
            # A migration changed the type of a column since: prepare it once more. The transaction
            # in which that is noticed is lost, but the next one does.
            self._forget()
            if self._connection.info.transaction_status != TransactionStatus.IDLE:
                raise
            return self._fetch(statement, values)

    def fetch_planned(self, statement: str, arguments: Sequence[object]) -> list[tuple[Any, ...]]:
        """The rows of a statement that is planned for its arguments, written in as literals."""
        first, *others = (part.replace("%%", "%") for part in statement.split("%s"))
        values = (Literal(value).as_bytes(self._connection) for value in arguments)
        parts = [value + text.encode() for value, text in zip(values, others, strict=True)]
        return self._read(self._connection.pgconn.exec_(b"".join([first.encode(), *parts])))

    def _fetch(self, statement: str, values: list[bytes]) -> list[tuple[Any, ...]]:
        name = self._names.get((self.path, statement)) or self._prepare(statement)
        return self._read(self._connection.pgconn.exec_prepared(name.encode(), values))

    def _read(self, result: PGresult) -> list[tuple[Any, ...]]:
        self._check(result, ExecStatus.TUPLES_OK)
        self._loader.set_pgresult(result)
        rows = self._loader.load_rows(0, result.ntuples, tuple)
        self._loader.set_pgresult(None)  # or it would hold the result until the next one
        return rows

    def _prepare(self, statement: str) -> str:
        if self._has_forgotten:
            self.execute("DEALLOCATE ALL")
            self._has_forgotten = False
        if len(self._keys) >= self._most:
            self._forget_any()
        name = f"s{next(self._numbers)}"
        first, *others = statement.split("%s")
        marked = first + "".join(f"${number}{text}" for number, text in enumerate(others, 1))
        prepared = marked.replace("%%", "%").encode()
        result = self._connection.pgconn.prepare(name.encode(), prepared)
        self._check(result, ExecStatus.COMMAND_OK)
        key = (self.path, statement)
        self._names[key] = name
        self._keys.append(key)
        return name

    def _forget_any(self) -> None:
        place = random.randrange(len(self._keys))  # noqa: S311 - nothing is kept secret by it
        self.execute(f"DEALLOCATE {self._names[self._keys[place]]}")
        del self._names[self._keys[place]]
        self._keys[place] = self._keys[-1]
        self._keys.pop()

    def _forget(self) -> None:
        self._names.clear()
        self._keys.clear()
        # The server is told when it listens: not in a transaction that failed.
        self._has_forgotten = True

    def _check(self, result: PGresult, expected: ExecStatus) -> None:
        if result.status == expected:
            return
        error = psycopg.errors.error_from_result(result)
        if self._connection.pgconn.status != ConnStatus.OK:
            raise psycopg.OperationalError(str(error)) from error
        raise error


def _text(value: object) -> bytes:
    text = str(value).encode()
    if b"\0" in text:
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return text
