"""Keyset paging: one row more than a page was asked for, in the direction of travel."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

from pycommerce.api.conditional import Body, etag_of
from pycommerce.api.cursors import Cursor, encode_cursor
from pycommerce.core.http import HttpRequest, address_of

Row = TypeVar("Row")


class Cut(NamedTuple):
    """A page in reading order, and the cursors of the pages beside it where there are any."""

    rows: list[Any]
    next_cursor: str | None
    previous_cursor: str | None


def cut_page(
    found: list[Row],
    *,
    limit: int,
    place: Cursor | None,
    query: str,
    place_of: Callable[[Row], list[Any]],
) -> Cut:
    """Cut what was found from `place` on (up to one row more than `limit`) to a page.

    `place_of` gives the sort values of a row as JSON has them, `query` names the query.
    """
    more, rows = len(found) > limit, found[:limit]
    backward = place is not None and place.direction == "prev"
    if backward:
        rows.reverse()
    next_cursor = previous_cursor = None
    if rows and (more or backward):
        next_cursor = encode_cursor(Cursor("next", place_of(rows[-1])), query=query)
    if rows and place is not None and (more or not backward):
        previous_cursor = encode_cursor(Cursor("prev", place_of(rows[0])), query=query)
    return Cut(rows, next_cursor, previous_cursor)


def page_body(
    request: HttpRequest, content: bytes, next_cursor: str | None, previous_cursor: str | None
) -> Body:
    """The body of a page, with links to its neighbours: the same query but for the cursor."""
    here = address_of(request)
    given = [(name, value) for name, value in request.GET.items() if name != "cursor"]
    # A cursor needs no quoting: it is base64 in the alphabet of addresses.
    address = f"{here}?{urlencode([*given, ('cursor', '')])}"
    link = ", ".join(
        f'<{address}{cursor}>; rel="{relation}"'
        for relation, cursor in (("next", next_cursor), ("prev", previous_cursor))
        if cursor
    )
    # The ETag covers the Link header, which a 304 repeats as well.
    return Body(content, etag_of(content + f"{next_cursor}{previous_cursor}".encode()), link)
