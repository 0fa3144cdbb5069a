"""JSON out: exact decimals as numbers, times in UTC with whole seconds and Z."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import IO, Any

import orjson
from rest_framework.renderers import BaseRenderer

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS


def _other(value: object) -> object:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError(f"{type(value).__name__} has no form in JSON.")


def dumps(value: object) -> bytes:
    """The value as UTF-8 JSON: `Decimal` as a number of exactly its value, UUIDs lower-case."""
    return orjson.dumps(value, default=_other, option=_OPTIONS)


def write_object(file: IO[bytes], members: Mapping[str, object]) -> None:
    """An object in indented JSON, for a file that people open.

    Where a value is an iterator, its values become an array, each made when it is written: what
    is in memory is one of them.
    """
    for number, (name, value) in enumerate(members.items()):
        file.write(b"{\n  " if number == 0 else b",\n  ")
        file.write(dumps(name) + b": ")
        if isinstance(value, Iterator):
            _write_array(file, value)
        else:
            file.write(_indented(value, 1))
    file.write(b"\n}\n" if members else b"{}\n")


def _write_array(file: IO[bytes], values: Iterator[object]) -> None:
    is_empty = True
    for value in values:
        file.write(b"[\n    " if is_empty else b",\n    ")
        file.write(_indented(value, 2))
        is_empty = False
    file.write(b"[]" if is_empty else b"\n  ]")


def _indented(value: object, depth: int) -> bytes:
    # No text in JSON holds a line feed as such.
    found = orjson.dumps(value, default=_other, option=_OPTIONS | orjson.OPT_INDENT_2)
    return found.replace(b"\n", b"\n" + b"  " * depth)


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: object,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else dumps(data)
