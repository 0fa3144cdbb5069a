"""Connections to other people's servers: to public addresses alone, within limits of time.

The name is resolved here, every address is checked, and the connection goes to an address that
was checked, so that a name which means another one a moment later leads nowhere else.
"""

import http.client
import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from pycommerce.core.errors import wrong_field

LOOK_UP_SECONDS = CONNECT_SECONDS = 3.0
# Name servers that do not answer hold at most so many threads of a process.
MOST_LOOK_UPS = 8

_NOT_FOUND = "The server was not found: its name has no address."

# Ranges that carry another address inside: where they lead, the address does not tell.
_CARRIERS = [ipaddress.ip_network(each) for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")]
# The only addresses of IPv6 that anybody is given: RFC 4291, 2.4.
_GIVEN_V6 = ipaddress.ip_network("2000::/3")


class NotReached(Exception):
    """Why nothing came back, in words for the log."""


class NotPublic(NotReached):
    """The host has an address that is never called."""


def check_address(address: str, *, may_be_plain: bool) -> SplitResult:
    """The parts of an address over TLS, or over HTTP where it `may_be_plain`.

    Raises InvalidRequest for one that is never called.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise wrong_field("address", "This is no address.") from error
    host = parts.hostname or ""
    if not address.isascii() or not address.isprintable() or " " in address or not host:
        raise wrong_field("address", "Write an address such as https://erp.example.com/hook.")
    if parts.username is not None or parts.password is not None:
        raise wrong_field("address", "Leave out the user's name and password.")
    if parts.fragment or port == 0:
        raise wrong_field("address", "Leave out what stands behind #, and name a real port.")
    if parts.scheme != "https" and not (parts.scheme == "http" and may_be_plain):
        raise wrong_field("address", "It must begin with https://.")
    literal = _literal(host)
    if literal is not None and not _is_allowed(literal):
        raise wrong_field("address", "This is no public address.")
    return parts


def _literal(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


def _is_allowed(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    if found.is_loopback:
        return bool(settings.WEBHOOK_LOOPBACK)
    if any(found in network for network in _CARRIERS):
        return False
    if isinstance(found, ipaddress.IPv6Address) and found not in _GIVEN_V6:
        return False
    return found.is_global and not found.is_multicast


_look_ups = threading.BoundedSemaphore(MOST_LOOK_UPS)


def _look_up(host: str, port: int) -> list[str]:
    """The host's addresses. Raises NotReached where it has none, or none in time.

    The system's resolver takes no time limit and waits for half a minute and longer, so it waits
    in a thread of its own, and nobody for that thread.
    """
    answers: queue.SimpleQueue[list[Any] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:
            answers.put(error)
        finally:
            _look_ups.release()

    until = time.monotonic() + LOOK_UP_SECONDS
    if not _look_ups.acquire(timeout=LOOK_UP_SECONDS):
        raise NotReached("Too many names of hosts are waited for; this one was not looked up.")
    try:
        threading.Thread(target=ask, daemon=True).start()
    except RuntimeError:
        _look_ups.release()
        raise
    try:
        answer = answers.get(timeout=max(0.0, until - time.monotonic()))
    except queue.Empty as error:
        raise NotReached("The host's name was not found in time.") from error
    if isinstance(answer, OSError | UnicodeError):
        raise NotReached(_NOT_FOUND) from answer
    if isinstance(answer, Exception):
        raise answer
    return list(dict.fromkeys(str(each[4][0]) for each in answer))


def _checked_addresses(host: str, port: int) -> list[str]:
    """The host's addresses. Raises NotReached unless every one of them may be called."""
    addresses = _look_up(host, port)
    if not all(_is_allowed(address) for address in addresses):
        raise NotPublic("The host's name leads to an address that is not public.")
    return addresses


def connect(parts: SplitResult) -> socket.socket:
    """A connection to the host of an address that was checked; TLS has not said a word yet.

    Raises NotReached or OSError.
    """
    host, is_secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if is_secure else 80)
    problem: OSError | None = None
    for address in _checked_addresses(host, port)[:3]:
        try:
            plain = socket.create_connection((address, port), timeout=CONNECT_SECONDS)
        except OSError as error:
            problem = error
            continue
        if not is_secure:
            return plain
        try:
            context = ssl.create_default_context()
            return context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
        except BaseException:
            plain.close()
            raise
    raise problem or NotReached(_NOT_FOUND)


class OnSocket(http.client.HTTPConnection):
    """HTTP on a connection that is there already."""

    def __init__(self, host: str, made: socket.socket) -> None:
        super().__init__(host)
        self.sock = made

    def connect(self) -> None:
        raise NotReached("The connection was closed.")


@contextmanager
def limited(made: socket.socket, seconds: float) -> Iterator[None]:
    """Close the connection at the end, which comes after so many seconds at the latest.

    The first words of TLS are within that time.
    """
    made.settimeout(seconds)
    # A server that answers byte by byte renews the time limit of each read: this ends it all.
    ends = threading.Timer(seconds, _shut, [made])
    ends.daemon = True
    ends.start()
    try:
        if isinstance(made, ssl.SSLSocket):
            made.do_handshake()
        yield
    finally:
        ends.cancel()
        made.close()


def _shut(made: socket.socket) -> None:
    try:
        # The socket's own way: that of TLS takes its state from under the thread that reads.
        socket.socket.shutdown(made, socket.SHUT_RDWR)
    except OSError:
        return


def in_words(error: Exception, *, is_late: bool) -> str:
    """What went wrong on the way, for the log."""
    if isinstance(error, TimeoutError) or is_late:
        return "It did not answer in time."
    if isinstance(error, ssl.SSLError):
        return f"Its certificate or its TLS is not good: {error.reason or error}."[:200]
    if isinstance(error, ConnectionRefusedError):
        return "Nothing listens there."
    return f"The connection failed: {type(error).__name__}."
