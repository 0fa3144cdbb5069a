"""The one guard over text: what PostgreSQL cannot hold or nobody can read is refused by name."""

import re
from collections.abc import Iterator
from typing import Any

# NUL cannot be stored in a text column; a lone surrogate cannot be encoded as UTF-8.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def problem_in(text: str) -> str | None:
    """What makes the text unstorable, in a sentence; None where nothing does."""
    found = _UNSTORABLE.search(text)
    if not found:
        return None
    if found.group() == "\x00":
        return "It contains a NUL character."
    return "It contains half of a character (a lone surrogate)."


def problems_within(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Unstorable text anywhere in parsed JSON, keys included: pairs of path and problem."""
    if isinstance(value, str):
        if problem := problem_in(value):
            yield path, problem
    elif isinstance(value, dict):
        for key, member in value.items():
            if problem := problem_in(key):
                yield path, f"A name in it is not valid. {problem}"
            else:
                yield from problems_within(member, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from problems_within(member, f"{path}[{index}]")


def storable(value: Any) -> Any:
    """Parsed JSON from somebody who is believed, with U+FFFD for what cannot be stored."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {str(storable(key)): storable(member) for key, member in value.items()}
    if isinstance(value, list):
        return [storable(member) for member in value]
    return value
