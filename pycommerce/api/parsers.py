"""The one JSON parser: strict about size, depth, repeated names and numbers."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework.parsers import BaseParser

from pycommerce.core.errors import (
    InvalidRequest,
    MalformedJSON,
    PayloadTooLarge,
    UnsupportedMediaType,
)
from pycommerce.core.text import problems_within

MAX_DEPTH = 20
MAX_NUMBER_LENGTH = 64
# Strings are skipped whole, so that brackets inside them do not count.
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


class StrictJSONParser(BaseParser):
    """Reads a JSON object; numbers keep their text as `int` or `Decimal`."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        _check_charset(media_type or "")
        body = stream.read(settings.API_BODY_LIMIT + 1)
        if len(body) > settings.API_BODY_LIMIT:
            raise PayloadTooLarge(
                f"A request body has at most {settings.API_BODY_LIMIT // 1024} KiB."
            )
        return parse_object(body)


def _check_charset(media_type: str) -> None:
    found = re.search(r"charset\s*=\s*\"?([\w-]+)", media_type, re.IGNORECASE)
    if found and found.group(1).lower() not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType("JSON is sent as UTF-8.")


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object in the body.

    Raises MalformedJSON saying what is wrong and where, InvalidRequest for text that cannot be
    stored or a value that is no object.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedJSON(f"The body is not UTF-8 (byte {error.start}).") from error
    check_depth(text, MAX_DEPTH)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_no_constant,
        )
    except json.JSONDecodeError as error:
        raise MalformedJSON(f"{error.msg} (line {error.lineno}, column {error.colno}).") from error
    if problems := dict(problems_within(value)):
        fields = {path or "body": [problem] for path, problem in problems.items()}
        raise InvalidRequest(f"Not valid: {_printable(', '.join(fields))}.", fields=fields)
    if not isinstance(value, dict):
        raise InvalidRequest("The body must be a JSON object.")
    return value


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def check_depth(text: str, deepest: int) -> None:
    """Raises MalformedJSON where objects and lists stand in each other more than so deep."""
    depth = 0
    for token in _TOKENS.finditer(text):
        first = token.group()[0]
        if first in "[{":
            depth += 1
            if depth > deepest:
                raise MalformedJSON(f"The body is nested more than {deepest} levels deep.")
        elif first in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise MalformedJSON(f"The name '{_printable(twice)}' stands twice in one object.")
    return members


def _decimal(text: str) -> Decimal:
    if len(text) > MAX_NUMBER_LENGTH:
        raise MalformedJSON("A number is too long.")
    number = Decimal(text)
    # 1e999999 is short to write and endless to print.
    if number and not -MAX_NUMBER_LENGTH <= number.adjusted() <= MAX_NUMBER_LENGTH:
        raise MalformedJSON("A number is out of range.")
    return number


def _integer(text: str) -> int:
    if len(text) > MAX_NUMBER_LENGTH:
        raise MalformedJSON("A number is too long.")
    return int(text)


def _no_constant(name: str) -> NoReturn:
    raise MalformedJSON(f"{name} is not a JSON number.")
