"""Pages that look again by themselves, more and more rarely, until something is settled."""

from dataclasses import dataclass

from pycommerce.core.http import HttpRequest

# Seconds before each look; `static/js/waiting.js` has the same. After that once a minute.
_DELAYS = (3, 3, 5, 5, 10, 10, 20, 30)
_LAST_DELAY = 60
# About half an hour; whoever wants to know later asks by the link.
_MOST = 40
_NAME = "look"


@dataclass(frozen=True, slots=True)
class NextLook:
    """What a page that waits needs: `address` begins anew, `following` is the next look's.

    `seconds` is how long until then, and None where the page has looked often enough.
    """

    address: str
    following: str
    seconds: int | None


def next_look(request: HttpRequest) -> NextLook:
    """When this page looks again, by how often it has."""
    query = request.GET.copy()
    given = query.pop(_NAME, [""])[-1]
    count = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else 0
    address = f"?{query.urlencode()}"
    query[_NAME] = str(count + 1)
    seconds = None
    if count < _MOST:
        seconds = _DELAYS[count] if count < len(_DELAYS) else _LAST_DELAY
    return NextLook(address, f"?{query.urlencode()}", seconds)
