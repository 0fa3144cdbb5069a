"""What the search field suggests while somebody types: few of each kind, for little."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from catalog.listing import CardRow, ProductFilters, cards_of, condition_of, rank_of
from catalog.search import WORD, SearchPlan, plan_search
from catalog.spelling import plain
from catalog.tree import Node, category_tree
from pycommerce.db import connection

LONGEST = 80
_PRODUCTS, _CATEGORIES, _COMPLETIONS = 5, 3, 3
# So many matches are ranked, whichever are found first; the best give the words.
_RANKED, _READ = 300, 60


class Suggestions(NamedTuple):
    """`completions` are whole searches, `tsquery` finds the products."""

    completions: list[str]
    categories: list[Node]
    products: list[CardRow]
    tsquery: str


def suggestions_for(q: str, version: int) -> Suggestions:
    """What to suggest for the beginning of a search.

    Nothing for what begins too much (two letters say nothing, but two signs are a word), and
    nothing for a whole text.
    """
    if len(q) < (3 if q.isascii() else 2) or len(q) > LONGEST:
        return Suggestions([], [], [], "")
    plan = plan_search(q, version)
    found = _best(q, plan, version)
    return Suggestions(
        completions=_completions(q, plan, [name for _, name in found]),
        categories=_categories(q, version),
        products=cards_of([key for key, _ in found[:_PRODUCTS]]),
        tsquery=plan.tsquery,
    )


_BEST = """
SELECT id, name FROM (
    SELECT p.id, p.name, {rank} AS rank
    FROM {source} WHERE {condition} LIMIT %s
) AS found ORDER BY rank DESC, id DESC LIMIT %s
"""


def _best(q: str, plan: SearchPlan, version: int) -> list[tuple[UUID, str]]:
    if plan.count == 0:
        return []
    condition = condition_of(ProductFilters(q=q), plan, version)
    rank, rank_arguments = rank_of(plan)
    statement = _BEST.format(rank=rank, source=condition.source, condition=condition.sql)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*rank_arguments, *condition.arguments, _RANKED, _READ])
        return cursor.fetchall()


def _completions(q: str, plan: SearchPlan, names: Iterable[str]) -> list[str]:
    """The search with its typo corrected, and with its last word ended as most products have it."""
    if plan.corrected_q:
        return [plan.corrected_q]
    typed = WORD.findall(q)
    if not typed or not q.endswith(typed[-1]):
        return []
    begin, start = plain(typed[-1]), q[: -len(typed[-1])].lower()
    words = Counter(word for name in names for word in dict.fromkeys(WORD.findall(name.lower())))
    ends = [word for word, _ in words.most_common() if plain(word).startswith(begin)]
    return [start + word for word in ends if plain(word) != begin][:_COMPLETIONS]


def _categories(q: str, version: int) -> list[Node]:
    """Those in whose names each word begins one."""
    typed = plain(q).split()
    nodes = category_tree(version).by_id.values()
    found = (
        node
        for node in nodes
        if all(any(word.startswith(each) for word in plain(node.name).split()) for each in typed)
    )
    return [node for node, _ in zip(found, range(_CATEGORIES), strict=False)]
