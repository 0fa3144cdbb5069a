"""One picture over the network: from a public address, within limits of time, size and format."""

import http.client
import logging
import time
from urllib.parse import quote, urljoin, urlsplit

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from pycommerce.core.errors import InvalidRequest
from tenants.outside import (
    NotPublic,
    NotReached,
    OnSocket,
    check_address,
    connect,
    in_words,
    limited,
)
from tenants.pictures import MAX_BYTES, clean_upload

logger = logging.getLogger(__name__)

# From the first look at the address to the last byte read, with all addresses on the way.
SECONDS = 30.0
MOST_REDIRECTS = 5
_HEADERS = {
    "Accept": "image/webp,image/png,image/jpeg,image/gif;q=0.9,image/*;q=0.5",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": "PyCommerce-Pictures",
}
_MOVED = {301, 302, 303, 307, 308}
# Statuses that may be others a while later.
_LATER = {408, 425, 429}
_SAFE = "/%:@!$&'()*+,;=~-._[]"


class NotFetched(Exception):
    """Why there is no picture, in words. `may_pass`: it is worth another try.

    `is_silent`: its host did not answer at all.
    """

    def __init__(self, problem: str, *, may_pass: bool = False, is_silent: bool = False) -> None:
        super().__init__(problem)
        self.may_pass, self.is_silent = may_pass, is_silent


def host_of(address: str) -> str:
    """The host that an address names; "" for none."""
    try:
        return (urlsplit(address).hostname or "")[:255]
    except ValueError:
        return ""


def fetch_picture(address: str, *, side: int) -> ContentFile:
    """The picture, made anew as uploads are, at most `side` pixels a side. Raises NotFetched."""
    content = _fetch(address)
    try:
        return clean_upload(ContentFile(content), side=side)
    except ValidationError as error:
        raise NotFetched(" ".join(error.messages)) from error
    except Exception as error:
        # One picture that is made to be evil keeps nobody from the others.
        logger.exception("A fetched picture cannot be read")
        raise NotFetched("This picture is damaged and cannot be read.") from error


def _fetch(address: str) -> bytes:
    ends = time.monotonic() + SECONDS
    for _number in range(MOST_REDIRECTS + 1):
        found = _get(_as_asked(address), ends)
        if isinstance(found, bytes):
            return found
        # Each of them is checked as the first one was.
        address = urljoin(address, found)
    raise NotFetched(f"It leads on to other addresses more than {MOST_REDIRECTS} times.")


def _as_asked(address: str) -> str:
    """The address in the characters that a request may have."""
    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "").encode("idna").decode() if parts.hostname else ""
        port = f":{parts.port}" if parts.port is not None else ""
    except (ValueError, UnicodeError) as error:
        raise NotFetched("This is no address.") from error
    host = f"[{host}]" if ":" in host else host
    person = "user@" if parts.username is not None else ""
    query = f"?{quote(parts.query, safe=_SAFE + '?')}" if parts.query else ""
    return f"{parts.scheme}://{person}{host}{port}{quote(parts.path, safe=_SAFE)}{query}"


def _get(address: str, ends: float) -> bytes | str:
    """What stands at the address, or the address that it leads to."""
    try:
        parts = check_address(address, may_be_plain=True)
        made = connect(parts)
        # Whatever is left: a socket takes no time of 0.
        with limited(made, max(ends - time.monotonic(), 0.01)):
            connection = OnSocket(parts.netloc, made)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", path, headers=_HEADERS)
            return _read(connection.getresponse())
    except InvalidRequest as error:
        raise NotFetched(error.fields["address"][0]) from error
    except NotPublic as error:
        raise NotFetched(str(error)) from error
    except NotReached as error:
        raise NotFetched(str(error), may_pass=True, is_silent=True) from error
    except (OSError, http.client.HTTPException) as error:
        is_late = time.monotonic() >= ends
        problem = in_words(error, is_late=is_late)
        raise NotFetched(problem, may_pass=True, is_silent=isinstance(error, OSError)) from error


def _read(answer: http.client.HTTPResponse) -> bytes | str:
    target = answer.getheader("Location", "")
    if answer.status in _MOVED and target:
        return target
    if answer.status != 200:
        may_pass = answer.status >= 500 or answer.status in _LATER
        raise NotFetched(f"It answered {answer.status}.", may_pass=may_pass)
    wanted = answer.length
    if wanted is not None and wanted > MAX_BYTES:
        raise NotFetched(f"A picture has at most {MAX_BYTES // 2**20} MiB.")
    # Not `read`, which takes a chunk of a negative size for all that comes.
    content = memoryview(bytearray(MAX_BYTES + 1 if wanted is None else wanted))
    count = 0
    while count < len(content) and (more := answer.readinto(content[count:])):
        count += more
    if count > MAX_BYTES:
        raise NotFetched(f"A picture has at most {MAX_BYTES // 2**20} MiB.")
    if wanted is not None and count < wanted:
        raise NotFetched("It broke off.", may_pass=True)
    return bytes(content[:count])
