"""How what a shopper types becomes a full-text query, typos corrected word by word.

The exact query is tried first. Only where it finds less than a page are its words widened: to
those they begin, and to the nearest known word where the shop has no such word at all.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.conf import settings

from catalog.spelling import Meant, plain, read_words
from pycommerce.core.bounded_cache import BoundedCache
from pycommerce.db import connection

ENOUGH = 20
# Of products of the same name so many stand first: the newest.
MOST_NAMED = 20
MAX_LENGTH, MAX_WORDS = 200, 12
WORD = re.compile(r"\w+")
# Written without spaces between words, so that the parser of PostgreSQL finds none.
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
CONFIGURATIONS = {"en": "english", "de": "german"}
_plans: BoundedCache["SearchPlan"] = BoundedCache(settings.QUERY_CACHE_SIZE)


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """A search that is ready to run: the query as PostgreSQL prints it, and a part of a name.

    `exact` is the query for what was typed, where the other one finds more. `corrected_q` says
    what was searched instead, where a word was taken for a typo. `near` are the words of which
    one is enough where nothing was found, as to_tsquery takes them. `count` is how many
    products the query finds, where that is known beforehand. `named` are the products whose
    name is what was typed, but for case and accents.
    """

    tsquery: str
    name_part: str | None = None
    corrected_q: str | None = None
    exact: str | None = None
    near: str = ""
    count: int | None = None
    named: tuple[UUID, ...] = ()


def text_configuration() -> str:
    """The text search configuration of the selected tenant's language."""
    return CONFIGURATIONS.get(getattr(connection.tenant, "language", ""), "simple")


def plan_search(q: str, version: int, *, as_typed: bool = False) -> SearchPlan:
    """The plan for what was typed; kept for each tenant, language and catalogue version.

    `as_typed`: without taking any word for another.
    """
    q = " ".join(q.split())[:MAX_LENGTH]
    key = (connection.schema_name, text_configuration(), version, q, as_typed)
    plan = _plans.get(key)
    if plan is None:
        plan = _plan(q, as_typed)
        _plans.put(key, plan)
    return plan


_EXACT = """
SELECT query::text, (
    SELECT count(*) FROM (
        SELECT 1 FROM catalog_searchdocument WHERE search @@ query LIMIT %s
    ) AS found), plain, ARRAY(
        SELECT id FROM catalog_product WHERE status = 'active' AND sort_name = lower(plain)
        ORDER BY sort_name DESC, id DESC LIMIT %s
    )
FROM unaccent(%s) AS plain
CROSS JOIN LATERAL websearch_to_tsquery(%s::regconfig, plain) AS query
"""
# With the words of a few products that it finds, where nobody knows yet whether it finds any.
_WIDER = """
SELECT query::text, ARRAY(
    SELECT concat_ws(' ', name, vendor, array_to_string(category_names, ' '))
    FROM catalog_searchdocument d JOIN catalog_product p ON p.id = d.product_id
    WHERE d.search @@ query LIMIT %s)
FROM (
    SELECT websearch_to_tsquery(%s::regconfig, unaccent(%s))
        || to_tsquery(%s::regconfig, %s) AS query
) AS wider
"""


def _plan(q: str, as_typed: bool) -> SearchPlan:
    configuration = text_configuration()
    with connection.cursor() as cursor:
        cursor.execute(_EXACT, [ENOUGH, MOST_NAMED, q, configuration])
        exact, found, unaccented, ids = cursor.fetchone()
    named = tuple(ids)
    # Words of what `unaccent` made of it: some letters become signs, which to_tsquery would read.
    typed = WORD.findall(unaccented.lower())[:MAX_WORDS]
    if found >= ENOUGH or not typed:
        return SearchPlan(exact, named=named)
    if '"' in q or " -" in f" {q}":
        return SearchPlan(exact, near="" if found else _any_of(typed, {}), named=named)
    words, meanings = read_words(typed, joins=not (found or as_typed))
    corrections = {} if as_typed else {word: each.words for word, each in meanings.items()}
    wider = _Wider.of(q, configuration, words, corrections, 0 if found else ENOUGH)
    corrected = None
    if wider.texts and not as_typed:
        instead = [part for word in words for part in corrections.get(word) or (word,)]
        if instead != typed:
            corrected = _as_written(instead, [q, *wider.texts])
    name_part = _as_part(q) if _UNSPACED.search(q) else None
    return SearchPlan(
        wider.query,
        name_part=name_part,
        corrected_q=corrected,
        exact=exact,
        near="" if found else _any_of(words, meanings),
        count=None if found or name_part or len(wider.texts) >= ENOUGH else len(wider.texts),
        named=named,
    )


class _Wider(NamedTuple):
    """The wider query, and the words of products that it finds."""

    query: str
    texts: list[str]

    @classmethod
    def of(
        cls,
        q: str,
        configuration: str,
        words: Sequence[str],
        corrections: dict[str, tuple[str, ...]],
        count: int,
    ) -> "_Wider":
        parts = [part for word in words for part in corrections.get(word) or [_beginning(word)]]
        asked = [count, configuration, q, configuration, " & ".join(parts)]
        with connection.cursor() as cursor:
            cursor.execute(_WIDER, asked)
            return cls(*cursor.fetchone())


def _beginning(word: str) -> str:
    return f"{word}:*" if len(word) > 2 else word


def _any_of(words: Sequence[str], meanings: dict[str, Meant]) -> str:
    # A number or a letter alone says little beside words.
    telling = [word for word in words if len(word) > 1 and not word.isdigit()]
    forms: list[str] = []
    for word in telling or words:
        meant = meanings.get(word)
        forms += meant.words if meant and meant.words else [_beginning(word)]
        forms += meant.alike[:3] if meant and not meant.words else []
    return " | ".join(dict.fromkeys(forms))


def _as_written(words: Sequence[str], texts: Sequence[str]) -> str:
    """The words with the accents that they have in the texts, the last ones before the first."""
    written = {plain(word): word for word in WORD.findall(" ".join(texts).lower())}
    return " ".join(written.get(plain(word), word) for word in words)


def _as_part(q: str) -> str:
    escaped = re.sub(r"([\\%_])", r"\\\1", q.lower())
    return f"%{escaped}%"
