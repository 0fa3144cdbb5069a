"""One webhook over the network: to public addresses alone, within limits of time and size."""

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult

from django.conf import settings

from pycommerce.core.errors import InvalidRequest
from tenants import outside
from tenants.outside import NotReached, OnSocket, connect, in_words, limited

# From the first byte sent to the last one read, that of TLS included.
SECONDS = 10.0
EXCERPT_BYTES = 1000
MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try went: the answer's status where one came, else the problem."""

    status: int | None
    duration_ms: int
    response: str = ""
    problem: str = ""

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def check_address(address: str) -> SplitResult:
    """The parts of an endpoint's address. Raises InvalidRequest for one that is never called."""
    return outside.check_address(address, may_be_plain=settings.WEBHOOK_LOOPBACK)


def send(address: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
    """Post the body; an answer that is no 2xx, a redirect too, is a failure and is not followed."""
    began = time.monotonic()
    try:
        status, content = _post(check_address(address), body, headers)
    except (NotReached, InvalidRequest) as error:
        return Outcome(None, _since(began), problem=str(error))
    except (OSError, http.client.HTTPException) as error:
        return Outcome(None, _since(began), problem=in_words(error, is_late=_is_late(began)))
    text = content[:EXCERPT_BYTES].decode(errors="replace").replace("\x00", "\ufffd")
    problem = "" if 200 <= status < 300 else f"It answered {status}."
    return Outcome(status, _since(began), text, problem)


def _post(parts: SplitResult, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    made = connect(parts)
    with limited(made, SECONDS):
        connection = OnSocket(parts.netloc, made)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        if 300 <= answer.status < 400:
            return answer.status, b""
        # Not `read`, which takes a chunk of a negative size for all that comes.
        content = bytearray(MOST_BYTES)
        count = answer.readinto(content)
        return answer.status, bytes(content[:count])


def _is_late(began: float) -> bool:
    return time.monotonic() - began >= SECONDS


def _since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)
