"""What comes closest to a search that found nothing."""

import time
from typing import NamedTuple

from catalog.highlights import marked_names
from catalog.listing import CardRow, ProductFilters, cards_of, find_cards, newest_cards
from catalog.search import plan_search, text_configuration
from catalog.spelling import plain
from catalog.tree import Node, category_tree
from pycommerce.core.bounded_cache import BoundedCache
from pycommerce.db import connection

# So many matches are ranked, whichever are found first.
_RANKED = 1000
_CATEGORIES = 6
# Pages that are gone search for so many new things a second, of a shop and in a process: whoever
# follows dead links is shown what is new, and takes no time from those who buy.
GONE_SEARCHES = 3


class Near(NamedTuple):
    """Products with one of `words` (`SearchPlan.near`), the best first; `tsquery` finds them.

    Where there are none, `cards` are the newest of the shop and `tsquery` is empty. `marked` are
    names as HTML with what they were found by.
    """

    cards: list[CardRow]
    tsquery: str
    words: str
    marked: dict[str, str]


# What pages that are gone show instead, by the words of their address.
_instead: BoundedCache[Near] = BoundedCache(500)
_searches: BoundedCache[int] = BoundedCache(500)


# Those with most of the words come first.
_NEAR = """
WITH asked AS MATERIALIZED (
    SELECT to_tsquery(%(language)s::regconfig, form) AS query
    FROM unnest(string_to_array(%(words)s, ' | ')) AS form
)
SELECT near.id, near.query::text FROM (
    SELECT d.product_id AS id, query, ts_rank(d.search, query)
        + (SELECT count(*) FROM asked WHERE d.search @@ asked.query) AS rank
    FROM to_tsquery(%(language)s::regconfig, %(words)s) AS query
    JOIN catalog_searchdocument d ON d.search @@ query LIMIT %(ranked)s
) AS near ORDER BY near.rank DESC, near.id DESC LIMIT %(limit)s
"""


def near_products(words: str, *, limit: int, version: int) -> Near:
    """Products with any of these words (`SearchPlan.near`), or else the newest."""
    rows = []
    if words:
        with connection.cursor() as cursor:
            asked = {"language": text_configuration(), "words": words}
            cursor.execute(_NEAR, asked | {"ranked": _RANKED, "limit": limit})
            rows = cursor.fetchall()
    if not rows:
        return Near(newest_cards(ProductFilters(), limit=limit, version=version), "", words, {})
    return _marked(cards_of([key for key, _ in rows]), rows[0][1], words)


def _marked(cards: list[CardRow], tsquery: str, words: str) -> Near:
    return Near(cards, tsquery, words, marked_names((card.name for card in cards), tsquery))


def instead_of_gone(q: str, *, limit: int, version: int) -> Near:
    """Products for a page that is gone: what a search for `q` finds, or else what comes closest.

    Kept for each tenant and catalogue version; the newest ones where too much is searched for.
    """
    shop = connection.schema_name
    near = _instead.get((shop, version, q, limit))
    if near is None:
        if q and not _may_search(shop):
            return instead_of_gone("", limit=limit, version=version)
        near = _found_or_near(q, limit, version)
        _instead.put((shop, version, q, limit), near)
    return near


def _may_search(shop: str) -> bool:
    key = (shop, int(time.monotonic()))
    count = _searches.get(key) or 0
    _searches.put(key, count + 1)
    return count < GONE_SEARCHES


def _found_or_near(q: str, limit: int, version: int) -> Near:
    if not q:
        return near_products("", limit=limit, version=version)
    plan = plan_search(q, version)
    page = find_cards(ProductFilters(q=q), sort="relevance", limit=limit, version=version)
    if page.rows:
        return _marked(page.rows, plan.tsquery, plan.near)
    return near_products(plan.near, limit=limit, version=version)


def categories_like(words: str, version: int) -> list[Node]:
    """Categories with a word that begins like one of these (`SearchPlan.near`)."""
    begins = tuple(plain(word.removesuffix(":*")) for word in words.split(" | ") if len(word) > 2)
    nodes = category_tree(version).by_id.values()
    return [
        node for node in nodes if any(word.startswith(begins) for word in plain(node.name).split())
    ][:_CATEGORIES]
