"""Which of the shop's own words were meant by words that it does not know.

Each is compared with few candidates: those that begin with its letter and share trigrams with it,
those one slip away from it, and its two halves where both are words. All are found by index.
"""

import unicodedata
from collections.abc import Collection, Sequence
from itertools import pairwise
from string import ascii_lowercase, digits
from typing import NamedTuple

from pycommerce.db import connection

# Shorter and longer words are taken as they are, and so are all after the first few.
SHORTEST, LONGEST = 3, 40
_MOST = 4
_ALIKE = 12
_LETTERS = ascii_lowercase + digits
# What does not fall apart into a letter and its accent; as `unaccent` of PostgreSQL writes it.
_WHOLE = str.maketrans(
    {"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th"}
)


class Meant(NamedTuple):
    """`words` are what an unknown word stands for, none where nothing is near enough; `alike` are
    known words that look like it, the most similar first."""

    words: tuple[str, ...]
    alike: tuple[str, ...]


def plain(text: str) -> str:
    """In lower case and without accents, as the shop's words are kept."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.lower())
    return "".join(part for part in parts if not unicodedata.combining(part)).translate(_WHOLE)


class Reading(NamedTuple):
    """Words as the shop may know them, and what those mean that it does not know."""

    words: list[str]
    meanings: dict[str, Meant]


# Only words that nothing in the shop begins with are typos; % is similarity by trigrams. Ranges by
# the operators of the index that compares byte by byte: a few hundred words are looked at.
_BEGINS = "word ~>=~ {start} AND word ~<~ ({start} || chr(1114111))"
_UNKNOWN = f"""
SELECT typed, ARRAY(
    SELECT word::text FROM catalog_searchword
    WHERE NOT is_pair AND {_BEGINS.format(start="left(typed, 1)")} AND word %% typed
    ORDER BY similarity(word, typed) DESC, abs(length(word) - length(typed)), word LIMIT %s
)
FROM unnest(%s::text[], %s::bool[]) AS asked (typed, is_pair)
WHERE NOT EXISTS (SELECT 1 FROM catalog_searchword WHERE {_BEGINS.format(start="typed")})
"""


def read_words(words: Sequence[str], *, joins: bool) -> Reading:
    """What words, in lower case and without accents, may mean.

    `joins`: two are one where a word begins so (head phones, headphones).
    """
    pairs = [one + other for one, other in pairwise(words)] if joins else []
    asked = [(word, False) for word in words if _is_asked(word)]
    asked += [(pair, True) for pair in pairs if _is_asked(pair)]
    if not asked:
        return Reading(list(words), {})
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN, [_ALIKE, *map(list, zip(*asked, strict=True))])
        unknown = dict(cursor.fetchall())
    read = _joined(words, {word for word, is_pair in asked if is_pair} - unknown.keys())
    typed = [word for word in dict.fromkeys(read) if word in unknown][:_MOST]
    slips = {word: one_slip_from(word) for word in typed}
    wanted = {half for word in typed for half in _halves(word)}.union(*slips.values())
    # Where one that looks alike is near enough, no word that was begun is taken.
    open_ones = [word for word in typed if not _meant(word, set(unknown[word]), set())]
    known, begun = _known_among(wanted, {word: _starts(word, slips[word]) for word in open_ones})
    nearest = {
        word: _meant(word, {*unknown[word], *(known & slips[word])}, known) for word in typed
    }
    meanings = {
        word: Meant(nearest[word] or begun.get(word, ()), tuple(unknown[word])) for word in typed
    }
    return Reading(read, meanings)


def _is_asked(word: str) -> bool:
    return SHORTEST < len(word) <= LONGEST and not word.isdigit()


def _joined(words: Sequence[str], pairs: Collection[str]) -> list[str]:
    result: list[str] = []
    for word in words:
        if result and result[-1] + word in pairs:
            result[-1] += word
        else:
            result.append(word)
    return result


# The words themselves, and for each start the shortest word that begins so.
_KNOWN = f"""
SELECT word::text, NULL FROM catalog_searchword WHERE word = ANY(%s)
UNION ALL
SELECT begun.word::text, start FROM unnest(%s::text[]) AS start
CROSS JOIN LATERAL (
    SELECT word FROM catalog_searchword WHERE {_BEGINS.format(start="start")}
    ORDER BY length(word), word LIMIT 1
) AS begun
"""
_SHORTEST_BEGUN = 4


def _known_among(
    words: Collection[str], starts: dict[str, set[str]]
) -> tuple[set[str], dict[str, tuple[str]]]:
    """Those of the words that the shop knows; and for words (with what may begin another) one that
    was begun, and not yet ended, so."""
    if not words:
        return set(), {}
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [list(words), list(set().union(*starts.values()))])
        rows = cursor.fetchall()
    begun = {
        word: [whole for whole, start in rows if start in near] for word, near in starts.items()
    }
    return {word for word, start in rows if start is None}, {
        word: (min(wholes, key=lambda whole: (len(whole), whole)),)
        for word, wholes in begun.items()
        if wholes
    }


def _starts(word: str, slips: set[str]) -> set[str]:
    """What is one slip from a word and long enough to begin another."""
    if len(word) < _SHORTEST_BEGUN:
        return set()
    return {slip for slip in slips if len(slip) >= _SHORTEST_BEGUN and slip[0] == word[0]}


def _meant(word: str, candidates: set[str], known: set[str]) -> tuple[str, ...]:
    most = 1 if len(word) <= 5 else 2 if len(word) <= 8 else 3
    ranked = sorted(
        (
            slips_between(word, each),
            sorted(word) != sorted(each),
            word[0] != each[0],
            abs(len(word) - len(each)),
            each,
        )
        for each in candidates
    )
    if ranked and ranked[0][0] == 1:
        return (ranked[0][-1],)
    halves = [(word[:at], word[at:]) for at in range(len(word))]
    both = [pair for pair in halves if known.issuperset(pair)]
    if both:
        return max(both, key=lambda pair: min(map(len, pair)))
    return (ranked[0][-1],) if ranked and ranked[0][0] <= most else ()


def _halves(word: str) -> set[str]:
    cuts = range(SHORTEST, len(word) - SHORTEST + 1)
    return {half for at in cuts for half in (word[:at], word[at:])}


def one_slip_from(word: str) -> set[str]:
    """Every text made from a word by leaving out, adding, changing or swapping letters once."""
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    found = {head + tail[1:] for head, tail in cuts if tail}
    found |= {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
    for letter in _LETTERS:
        found |= {head + letter + tail for head, tail in cuts}
        found |= {head + letter + tail[1:] for head, tail in cuts if tail}
    return found - {word}


def slips_between(one: str, other: str) -> int:
    """The fewest slips that make one word of the other: letters left out, added or changed, or
    two beside each other swapped."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, above, row = row, before, [i]
        for j, its in enumerate(other, 1):
            least = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != its))
            if i > 1 < j and letter == other[j - 2] and one[i - 2] == its:
                least = min(least, above[j - 2] + 1)
            row.append(least)
    return row[-1]
