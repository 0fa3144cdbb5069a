"""Opaque cursors for keyset paging, signed together with the query they belong to."""

import base64
import binascii
import hmac
from typing import Any, Literal, NamedTuple

import orjson
from django.conf import settings

from pycommerce.core.errors import InvalidRequest

_MAC_BYTES = 9

Direction = Literal["next", "prev"]


class Cursor(NamedTuple):
    """Where a page begins: the sort values of the row beside it, as JSON has them."""

    direction: Direction
    values: list[Any]


def _mac(payload: bytes, query: str) -> bytes:
    message = query.encode() + b"\x00" + payload
    return hmac.digest(settings.SECRET_KEY.encode(), b"cursor" + message, "sha256")[:_MAC_BYTES]


def encode_cursor(cursor: Cursor, *, query: str) -> str:
    """The cursor as it stands in an address; `query` names filters, sort and shop."""
    payload = orjson.dumps([cursor.direction == "next", *cursor.values])
    return base64.urlsafe_b64encode(_mac(payload, query) + payload).rstrip(b"=").decode()


def decode_cursor(text: str, *, query: str) -> Cursor:
    """The cursor again. Raises InvalidRequest for a broken one and for another query's."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(payload, query)):
        problem = "Use a cursor from the Link header of the same query."
        raise InvalidRequest(f"The cursor is not valid. {problem}", fields={"cursor": [problem]})
    forward, *values = orjson.loads(payload)
    return Cursor("next" if forward else "prev", values)
