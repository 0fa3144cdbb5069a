"""Query parameters, read strictly: a wrong one is a 400 that names it."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from django.http import QueryDict
from django.utils.dateparse import parse_datetime

from pycommerce.core.errors import wrong_field
from pycommerce.core.http import HttpRequest
from pycommerce.core.money import UPPER_LIMIT, decimals_of
from pycommerce.core.text import problem_in

DEFAULT_LIMIT, MAX_LIMIT = 50, 250
_MONEY = re.compile(r"\d{1,20}(\.\d{1,20})?\Z", re.ASCII)
_INTEGER = re.compile(r"\d{1,9}\Z", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)


def check_query(request: HttpRequest) -> None:
    """Refuse a parameter given twice, and text that cannot be stored."""
    for name, values in request.GET.lists():
        if problem_in(name) or any(problem_in(value) for value in values):
            shown = name.encode("utf-8", "replace").decode()
            raise wrong_field(shown, "It contains characters that no text can hold.")
        if len(values) > 1:
            raise wrong_field(name, "It is given more than once.")


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
