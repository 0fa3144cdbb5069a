"""How what a shopper types becomes a full-text query, typos corrected word by word.

The exact query is tried first. Only where it finds less than a page are its words widened: to
those they begin, and to the nearest known word where the shop has no such word at all.
"""

import re
from dataclasses import dataclass

from django.conf import settings

from pycommerce.core.bounded_cache import BoundedCache
from pycommerce.db import connection
from tenants.shop.models import catalogue_version

ENOUGH = 20
MAX_LENGTH, MAX_WORDS = 200, 12
_WORD = re.compile(r"\w+")
# Written without spaces between words, so that the parser of PostgreSQL finds none.
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_CONFIGURATIONS = {"en": "english", "de": "german"}
_plans: BoundedCache["SearchPlan"] = BoundedCache(settings.QUERY_CACHE_SIZE)


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """A search that is ready to run: the query as PostgreSQL prints it, and a part of a name.

    `corrected_q` says what was searched instead, where a word was taken for a typo.
    """

    tsquery: str
    name_part: str | None = None
    corrected_q: str | None = None


def text_configuration() -> str:
    """The text search configuration of the selected tenant's language."""
    return _CONFIGURATIONS.get(getattr(connection.tenant, "language", ""), "simple")


def plan_search(q: str, version: int | None = None) -> SearchPlan:
    """The plan for what was typed; kept for each tenant and catalogue version."""
    q = " ".join(q.split())[:MAX_LENGTH]
    version = catalogue_version() if version is None else version
    key = (connection.schema_name, version, q)
    plan = _plans.get(key)
    if plan is None:
        plan = _plan(q)
        _plans.put(key, plan)
    return plan


_EXACT = """
SELECT query::text, (
    SELECT count(*) FROM (
        SELECT 1 FROM catalog_product WHERE search @@ query AND status = 'active' LIMIT %s
    ) AS found)
FROM websearch_to_tsquery(%s::regconfig, unaccent(%s)) AS query
"""
_WIDER = """
SELECT (websearch_to_tsquery(%s::regconfig, unaccent(%s))
        || to_tsquery(%s::regconfig, unaccent(%s)))::text
"""


def _plan(q: str) -> SearchPlan:
    configuration = text_configuration()
    with connection.cursor() as cursor:
        cursor.execute(_EXACT, [ENOUGH, configuration, q])
        exact, found = cursor.fetchone()
        words = _WORD.findall(q.lower())[:MAX_WORDS]
        if found >= ENOUGH or not words or '"' in q or " -" in f" {q}":
            return SearchPlan(exact)
        corrections = _corrections(words)
        parts = []
        for word in words:
            forms = [f"{word}:*"] if len(word) > 2 else [word]
            forms += [corrections[word]] if word in corrections else []
            parts.append(f"({' | '.join(forms)})")
        cursor.execute(_WIDER, [configuration, q, configuration, " & ".join(parts)])
        (wider,) = cursor.fetchone()
    name_part = _as_part(q) if _UNSPACED.search(q) else None
    corrected = None
    if not found and corrections:
        corrected = " ".join(corrections.get(word, word) for word in words)
    return SearchPlan(wider, name_part, corrected)


# Only words that nothing in the shop begins with are typos; % is similarity by trigrams.
_NEAREST = """
SELECT typed, nearest.word
FROM unnest(%s::text[]) AS typed CROSS JOIN LATERAL (
    SELECT word FROM catalog_searchword
    WHERE word %% unaccent(typed)
    ORDER BY similarity(word, unaccent(typed)) DESC,
             abs(length(word) - length(typed)), word
    LIMIT 1
) AS nearest
WHERE NOT EXISTS (
    SELECT 1 FROM catalog_searchword
    WHERE word LIKE replace(replace(unaccent(typed), '\\', '\\\\'), '_', '\\_') || '%%')
"""


def _corrections(words: list[str]) -> dict[str, str]:
    """The nearest known word for each word that the shop does not know; both in lower case."""
    typed = [word for word in words if len(word) > 3 and not word.isdigit()]
    if not typed:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_NEAREST, [typed])
        return {word: nearest for word, nearest in cursor.fetchall() if word != nearest}


def _as_part(q: str) -> str:
    escaped = re.sub(r"([\\%_])", r"\\\1", q.lower())
    return f"%{escaped}%"
