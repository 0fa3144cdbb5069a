"""Marks in names the words that a search found them by."""

import re
from collections.abc import Iterable
from html import escape

from catalog.search import text_configuration
from pycommerce.db import connection

_WORDS = re.compile(r"(\w+)")
# As PostgreSQL prints one in a query: quoted, with what makes it a beginning.
_TERM = re.compile(r"'(?:[^']|'')*'(?::[*A-D]+)?")
_FOUND = """
SELECT word FROM unnest(%s::text[]) AS word
WHERE to_tsvector(%s::regconfig, unaccent(word)) @@ %s::tsquery
"""


def marked_names(names: Iterable[str], tsquery: str, part: str = "") -> dict[str, str]:
    """Names as HTML, in which each word that the query asks for stands in <mark>.

    Names without such a word are left out. PostgreSQL itself compares, so that stems, accents and
    beginnings count as they do in the search. `part` is a text to mark wherever it stands.
    """
    names = set(names)
    found = _found({word for name in names for word in _WORDS.findall(name)}, tsquery)
    pattern = re.compile(f"({re.escape(part)})", re.IGNORECASE) if part else None
    marked = {name: _mark(name, found, pattern) for name in names}
    return {name: html for name, html in marked.items() if "<mark>" in html}


def _found(words: set[str], tsquery: str) -> set[str]:
    terms = " | ".join(dict.fromkeys(_TERM.findall(tsquery)))
    if not words or not terms:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, [list(words), text_configuration(), terms])
        return {word for (word,) in cursor.fetchall()}


def _mark(name: str, found: set[str], part: re.Pattern[str] | None) -> str:
    pieces = part.split(name) if part else [name]
    return "".join(
        f"<mark>{escape(piece)}</mark>" if number % 2 else _mark_words(piece, found)
        for number, piece in enumerate(pieces)
    )


def _mark_words(text: str, found: set[str]) -> str:
    return "".join(
        f"<mark>{escape(piece)}</mark>" if piece in found else escape(piece)
        for piece in _WORDS.split(text)
    )
