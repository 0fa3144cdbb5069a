"""What a list can be narrowed to, with how many products each choice would show.

A choice's number takes every other filter into account, but not those of its own group: beside a
chosen size the other sizes still say what they would bring.
"""

import time
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from catalog.listing import IN_STOCK, ProductFilters, condition_of, identity
from pycommerce.core.bounded_cache import BoundedCache
from pycommerce.db import connection

MOST_GROUPS = 6
MOST_CHOICES = 24


@dataclass(frozen=True, slots=True)
class Facets:
    """Counts by choice. `options` is name → value → products; prices are those of all choices.

    `version` is the catalogue's, when they were counted.
    """

    version: int
    options: dict[str, dict[str, int]]
    vendors: dict[str, int]
    in_stock: int
    on_sale: int
    lowest: Decimal | None
    highest: Decimal | None


@dataclass(frozen=True, slots=True)
class _Kept:
    facets: Facets
    until: float


_kept: BoundedCache[_Kept] = BoundedCache(settings.QUERY_CACHE_SIZE)
# In a large shop that sells all the time they are kept for so many times as long as they took.
_PATIENCE = 20


def find_facets(filters: ProductFilters, version: int) -> Facets:
    """The choices for a list, of this catalogue version or a little older."""
    key = (identity(filters, "facets"),)
    kept = _kept.get(key)
    if kept and (kept.facets.version == version or time.monotonic() < kept.until):
        return kept.facets
    started = time.monotonic()
    facets = _count(filters, version)
    now = time.monotonic()
    _kept.put(key, _Kept(facets, now + _PATIENCE * (now - started)))
    return facets


_COUNTS = """
WITH found AS (
    SELECT p.facets, p.vendor, p.price, {tests}
    FROM {source} WHERE {condition}
)
SELECT 'option', o, count(*) FROM found CROSS JOIN LATERAL unnest(facets) AS o
WHERE {but_option} GROUP BY o
UNION ALL
SELECT 'vendor', vendor, count(*) FROM found WHERE vendor <> '' AND {but_vendor} GROUP BY vendor
UNION ALL
SELECT 'in_stock', '', count(*) FROM found WHERE is_there AND {but_stock}
UNION ALL
SELECT 'on_sale', '', count(*) FROM found WHERE is_reduced AND {but_sale}
UNION ALL
SELECT 'lowest', min(price)::text, 0 FROM found WHERE {but_price}
UNION ALL
SELECT 'highest', max(price)::text, 0 FROM found WHERE {but_price}
"""


def _count(filters: ProductFilters, version: int) -> Facets:
    place = ProductFilters(
        category=filters.category,
        category_id=filters.category_id,
        q=filters.q,
        as_typed=filters.as_typed,
    )
    condition = condition_of(place, place.plan(version), version)
    groups = filters.by_option()
    tests: dict[str, tuple[str, list[object]]] = {
        "is_there": (IN_STOCK, []),
        "is_reduced": ("p.compare_at_price IS NOT NULL", []),
        "price_fits": (
            "p.price >= coalesce(%s, p.price) AND p.price <= coalesce(%s, p.price)",
            [filters.min_price, filters.max_price],
        ),
        "vendor_fits": (
            ("p.vendor = ANY(%s)", [list(filters.vendors)]) if filters.vendors else ("true", [])
        ),
        **{
            f"option{number}_fits": ("p.facets && %s::text[]", [values])
            for number, values in enumerate(groups.values())
        },
    }
    wanted = {"price": "price_fits", "vendor": "vendor_fits"}
    wanted |= {name: f"option{number}_fits" for number, name in enumerate(groups)}
    if filters.in_stock:
        wanted["stock"] = "is_there"
    if filters.on_sale:
        wanted["sale"] = "is_reduced"

    def all_but(own: str) -> str:
        return " AND ".join(test for name, test in wanted.items() if name != own) or "true"

    but_option = [test for name, test in wanted.items() if name not in groups]
    but_option += [f"({wanted[name]} OR starts_with(o, %s))" for name in groups]
    statement = _COUNTS.format(
        tests=", ".join(f"({sql}) AS {name}" for name, (sql, _) in tests.items()),
        source=condition.source,
        condition=condition.sql,
        but_option=" AND ".join(but_option),
        but_vendor=all_but("vendor"),
        but_stock=all_but("stock"),
        but_sale=all_but("sale"),
        but_price=all_but("price"),
    )
    arguments = [argument for _, values in tests.values() for argument in values]
    arguments += [*condition.arguments, *(f"{name}=" for name in groups)]
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        rows = cursor.fetchall()
    return _facets(rows, filters, version)


def _facets(
    rows: list[tuple[str, str | None, int]], filters: ProductFilters, version: int
) -> Facets:
    options: dict[str, dict[str, int]] = {}
    vendors: dict[str, int] = {}
    single: dict[str, int] = {}
    prices: dict[str, Decimal | None] = {}
    for kind, text, count in rows:
        if kind == "option":
            name, _, value = (text or "").partition("=")
            options.setdefault(name, {})[value] = count
        elif kind == "vendor":
            vendors[text or ""] = count
        elif kind in {"lowest", "highest"}:
            prices[kind] = Decimal(text) if text else None
        else:
            single[kind] = count
    for option in filters.options:
        name, _, value = option.partition("=")
        options.setdefault(name, {}).setdefault(value, 0)
    for vendor in filters.vendors:
        vendors.setdefault(vendor, 0)
    chosen = filters.by_option()
    # The groups that most products have come first, and those that are chosen stay.
    names = sorted(options, key=lambda name: (name not in chosen, -sum(options[name].values())))
    return Facets(
        version=version,
        options={
            name: _most(options[name], {o.partition("=")[2] for o in chosen.get(name, [])})
            for name in names[:MOST_GROUPS]
        },
        vendors=_most(vendors, set(filters.vendors)),
        in_stock=single.get("in_stock", 0),
        on_sale=single.get("on_sale", 0),
        lowest=prices.get("lowest"),
        highest=prices.get("highest"),
    )


_SIZES = {
    size: number
    for number, size in enumerate("xxs xs s m l xl xxl 2xl xxxl 3xl 4xl 5xl 6xl".split())
}


def _most(counts: dict[str, int], chosen: set[str]) -> dict[str, int]:
    """The choices that show most products, and those that are chosen; in an order people expect."""
    by_count = sorted(counts, key=lambda value: (value not in chosen, -counts[value], value))
    return {value: counts[value] for value in sorted(by_count[:MOST_CHOICES], key=_natural)}


def _natural(value: str) -> tuple[int, float, str]:
    """Sizes from small to large, then numbers by size, then words."""
    text = value.strip().lower()
    if text in _SIZES:
        return 0, _SIZES[text], text
    digits = text.split()[0].rstrip("abcdefghijklmnopqrstuvwxyz\"'") if text else ""
    try:
        return 1, float(digits.replace(",", ".")), text
    except ValueError:
        return 2, 0, text
