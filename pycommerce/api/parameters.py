"""Query parameters, read strictly: a wrong one is a 400 that names it."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from types import TracebackType
from typing import Any, ParamSpec, TypeVar, cast
from uuid import UUID

from django.http import QueryDict
from django.utils.dateparse import parse_datetime

from pycommerce.core.bounded_cache import BoundedCache
from pycommerce.core.errors import InvalidRequest, wrong_field, wrong_fields
from pycommerce.core.http import HttpRequest
from pycommerce.core.money import UPPER_LIMIT, decimals_of
from pycommerce.core.text import problem_in

DEFAULT_LIMIT, MAX_LIMIT = 50, 250
_MONEY = re.compile(r"\d{1,20}(\.\d{1,20})?\Z", re.ASCII)
_INTEGER = re.compile(r"\d{1,9}\Z", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)


# Queries that were found good, by their text: programs ask for the same again and again.
_good: BoundedCache[QueryDict] = BoundedCache(1024 * 1024)
# Bytes that an entry takes, and each parameter of it, beside the text, which is there twice.
_OF_ENTRY, _OF_PARAMETER = 1024, 256


def take_known_query(request: HttpRequest) -> bool:
    """Whether this query was found good before; `request.GET` then is what was read of it."""
    found = _good.get(request.META.get("QUERY_STRING", ""))
    if found is None:
        return False
    request.GET = cast("Any", found)
    return True


def check_query(request: HttpRequest) -> None:
    """Refuse a parameter given twice, and text that cannot be stored."""
    problems: dict[str, list[str]] = {}
    for name, values in request.GET.lists():
        if problem_in(name) or any(problem_in(value) for value in values):
            shown = name.encode("utf-8", "replace").decode()
            problems[shown] = ["It contains characters that no text can hold."]
        elif len(values) > 1:
            problems[name] = ["It is given more than once."]
    if problems:
        raise wrong_fields(problems)
    text = request.META.get("QUERY_STRING", "")
    weight = _OF_ENTRY + _OF_PARAMETER * len(request.GET) + 8 * len(text)
    _good.put(text, request.GET, weight)


_P = ParamSpec("_P")
_T = TypeVar("_T")


class Reading:
    """Reads parameters by the functions below; all that are wrong are told together at its end.

        with Reading() as read:
            limit = read(parameters.limit, query)

    What is read is to be used after the block alone: there it is known to be good.
    """

    def __init__(self) -> None:
        self._problems: dict[str, list[str]] = {}

    def __enter__(self) -> "Reading":
        return self

    def __call__(self, how: Callable[_P, _T], *given: _P.args, **named: _P.kwargs) -> _T:
        try:
            return how(*given, **named)
        except InvalidRequest as refusal:
            self._problems |= refusal.fields
            return cast("_T", None)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None and self._problems:
            raise wrong_fields(self._problems)


def text(query: QueryDict, name: str, *, max_length: int = 255) -> str | None:
    """The text, stripped; None where it is not given or empty."""
    value = query.get(name, "").strip()
    if len(value) > max_length:
        raise wrong_field(name, f"Use at most {max_length} characters.")
    return value or None


def money(query: QueryDict, name: str, currency: str) -> Decimal | None:
    """An amount in major units that the currency can express."""
    value = query.get(name)
    if value is None:
        return None
    if value.startswith("-") and _MONEY.match(value[1:]):
        raise wrong_field(name, "Use 0 or more.")
    if not _MONEY.match(value):
        raise wrong_field(name, "Write a number such as 129.99.")
    amount = Decimal(value)
    if amount >= UPPER_LIMIT:
        raise wrong_field(name, "The amount is too large.")
    if -int(amount.normalize().as_tuple().exponent) > decimals_of(currency):
        raise wrong_field(name, f"{currency} has {decimals_of(currency)} decimals.")
    return amount


def boolean(query: QueryDict, name: str) -> bool | None:
    value = query.get(name)
    if value is None:
        return None
    if value.lower() not in {"true", "false"}:
        raise wrong_field(name, "Write true or false.")
    return value.lower() == "true"


def choice(query: QueryDict, name: str, choices: Iterable[str]) -> str | None:
    value = query.get(name)
    allowed = list(choices)
    if value is not None and value not in allowed:
        raise wrong_field(name, f"Use one of {', '.join(allowed)}.")
    return value


def parse_uuid(value: str) -> UUID | None:
    """The identifier in its usual form of 36 characters, or None."""
    return UUID(value) if _UUID.match(value) else None


def identifier(query: QueryDict, name: str) -> UUID | None:
    value = query.get(name)
    if value is None:
        return None
    found = parse_uuid(value)
    if found is None:
        raise wrong_field(name, "Write a UUID.")
    return found


def moment(query: QueryDict, name: str) -> datetime | None:
    """A time (ISO 8601); without a time zone it is taken as UTC."""
    value = query.get(name)
    if value is None:
        return None
    # A plus sign that was not percent-encoded arrives as a space.
    value = re.sub(r" (\d\d:?\d\d)\Z", r"+\1", value)
    try:
        found = parse_datetime(value)
        if found is not None:
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise wrong_field(name, "Write a time such as 2025-03-15T10:30:00Z.")


def limit(query: QueryDict) -> int:
    """How many rows a page has."""
    value = query.get("limit")
    if value is None:
        return DEFAULT_LIMIT
    if not _INTEGER.match(value) or not 1 <= int(value) <= MAX_LIMIT:
        raise wrong_field("limit", f"Write a whole number from 1 to {MAX_LIMIT}.")
    return int(value)
