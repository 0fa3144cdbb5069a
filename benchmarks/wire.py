"""The statements that reach PostgreSQL, as its protocol has them: whoever sent them, and how."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile

from pycommerce.db import connection

# A simple query, and the execution of one that was prepared or has parameters.
_SENT = re.compile(r"^F\t\d+\t(?:Query|Execute)\b.*$", re.MULTILINE)


@contextmanager
def sent_statements() -> Iterator[list[str]]:
    """A list that holds, at the end, a line for each statement that the connection sent."""
    found: list[str] = []
    connection.ensure_connection()
    wire = connection.connection.pgconn
    with TemporaryFile("w+") as file:
        wire.trace(file.fileno())
        wire.set_trace_flags(1)  # without times
        try:
            yield found
        finally:
            wire.untrace()
            file.seek(0)
            found += _SENT.findall(file.read())
