"""The one reading core of storefront and API: lists, counts and single products.

Rows come from one hand-written statement, whatever their number: model instances with prefetching
are 5 to 11 times slower. Pages are found by keyset, so page 1,000 costs what page 1 costs.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.conf import settings

from catalog.search import SearchPlan, plan_search, text_configuration
from pycommerce.api.cursors import Cursor, decode_cursor
from pycommerce.api.paging import cut_page
from pycommerce.api.parameters import parse_uuid
from pycommerce.core.bounded_cache import BoundedCache
from pycommerce.core.errors import InvalidRequest
from pycommerce.core.money import decimals_of
from pycommerce.db import connection
from tenants.shop.models import catalogue_version

SORTS = ("newest", "price", "-price", "name", "relevance")
# Relevance orders the newest matches only; older ones follow by age.
RANKED = 500

_counts: BoundedCache[int] = BoundedCache(settings.QUERY_CACHE_SIZE)
_categories: BoundedCache[list[UUID]] = BoundedCache(settings.QUERY_CACHE_SIZE)


@dataclass(frozen=True, slots=True)
class ProductFilters:
    """What a list is narrowed to; None does not narrow. Amounts are inclusive.

    `options` are of the form Size=M: one of those of each name. `vendors`: one of them.
    `as_typed`: no word of `q` is taken for a typo.
    """

    category: str | None = None
    category_id: UUID | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    in_stock: bool | None = None
    on_sale: bool | None = None
    q: str | None = None
    updated_since: datetime | None = None
    options: tuple[str, ...] = ()
    vendors: tuple[str, ...] = ()
    as_typed: bool = False

    @property
    def is_search_alone(self) -> bool:
        """Whether nothing but the words that are searched narrows the list."""
        return self == ProductFilters(q=self.q, as_typed=self.as_typed)

    def by_option(self) -> dict[str, list[str]]:
        """The chosen options (such as Size=M) by their names."""
        found: dict[str, list[str]] = {}
        for option in self.options:
            found.setdefault(option.partition("=")[0], []).append(option)
        return found

    def plan(self, version: int) -> SearchPlan | None:
        """How `q` is searched for at this version of the catalogue; None without it."""
        return plan_search(self.q, version, as_typed=self.as_typed) if self.q else None


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product as it is shown: `stock` in units, prices in major units of the shop's currency.

    `images` are mappings of url, alt, width, height, widths, variant (the id of the one it
    shows, or None); `variants` of id, sku, price, compare_at_price, stock, options (name to value)
    and weight (in grams, or None), the default one first.
    """

    id: UUID
    name: str
    slug: str
    description: str
    price: Decimal
    max_price: Decimal
    compare_at_price: Decimal | None
    sku: str
    stock: int
    categories: list[str]
    images: list[dict[str, Any]]
    variants: list[dict[str, Any]]
    option_names: list[str]
    seo_title: str
    seo_description: str
    vendor: str
    product_type: str
    created_at: datetime
    category_ids: list[UUID]


class Select(NamedTuple):
    """What is read of each product: SQL columns of `p` and of its variants `v`, and what of it."""

    columns: str
    variants: str
    read: Callable[[tuple[Any, ...]], Any]


class Page(NamedTuple):
    """Rows as `Select.read` made them, and the cursors of the pages beside them."""

    rows: list[Any]
    next_cursor: str | None
    previous_cursor: str | None
    corrected_q: str | None


@dataclass(frozen=True, slots=True)
class ProductPage:
    rows: list[ProductRow]
    next_cursor: str | None
    previous_cursor: str | None
    corrected_q: str | None


# --- Conditions ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Condition:
    """SQL over the tables of `source` with its arguments: the product `p`, its search document `d`.

    Without a search it is about `p` alone.
    """

    sql: str
    arguments: tuple[object, ...] = ()
    source: str = "catalog_product p"

    def and_(self, sql: str, *arguments: object) -> "_Condition":
        return replace(self, sql=f"{self.sql} AND {sql}", arguments=(*self.arguments, *arguments))


_FOR_SALE = _Condition("p.status = 'active'")
_DOCUMENTS = "catalog_searchdocument d"
_SEARCHED = f"catalog_product p JOIN {_DOCUMENTS} ON d.product_id = p.id"


IN_STOCK = (
    "EXISTS (SELECT 1 FROM catalog_variant s WHERE s.product_id = p.id AND s.on_hand > s.held)"
)


def condition_of(filters: ProductFilters, plan: SearchPlan | None, version: int) -> _Condition:
    """The SQL condition of what the filters leave."""
    found = _FOR_SALE
    if filters.category is not None:
        ids = _category_ids(filters.category, version)
        found = found.and_("p.category_ids && %s::uuid[]", ids)
    if filters.category_id is not None:
        found = found.and_("p.category_ids @> %s::uuid[]", [filters.category_id])
    if filters.min_price is not None:
        found = found.and_("p.price >= %s", filters.min_price)
    if filters.max_price is not None:
        found = found.and_("p.price <= %s", filters.max_price)
    if filters.in_stock is not None:
        found = found.and_(IN_STOCK if filters.in_stock else f"NOT {IN_STOCK}")
    if filters.on_sale:
        found = found.and_("p.compare_at_price IS NOT NULL")
    if filters.updated_since is not None:
        found = found.and_("p.updated_at >= %s", filters.updated_since)
    for options in filters.by_option().values():
        found = found.and_("p.facets && %s::text[]", options)
    if filters.vendors:
        found = found.and_("p.vendor = ANY(%s)", list(filters.vendors))
    if plan:
        found = replace(found, source=_SEARCHED)
    if plan and plan.name_part:
        found = found.and_(
            "(d.search @@ %s::tsquery OR p.sort_name LIKE %s)", plan.tsquery, plan.name_part
        )
    elif plan:
        found = found.and_("d.search @@ %s::tsquery", plan.tsquery)
    return found


def _documents_of(
    filters: ProductFilters, plan: SearchPlan | None, version: int, *, walks: bool = False
) -> _Condition:
    """As `condition_of`, but about `d` alone where the search alone says what is found.

    `walks`: not by the index of words.
    """
    if not plan or plan.name_part or not filters.is_search_alone:
        return condition_of(filters, plan, version)
    # What is asked of a truth value is not looked up in an index.
    found = "(d.search @@ %s::tsquery) IS TRUE" if walks else "d.search @@ %s::tsquery"
    return _Condition(found, (plan.tsquery,), _DOCUMENTS)


def _category_ids(name_or_slug: str, version: int) -> list[UUID]:
    """The categories with this slug or (ignoring case) this name.

    Asked beforehand, so that the planner knows how many products they have.
    """
    key = (connection.schema_name, version, name_or_slug)
    ids = _categories.get(key)
    if ids is None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM catalog_category WHERE slug = %s OR lower(name) = lower(%s)",
                [name_or_slug, name_or_slug],
            )
            ids = [row[0] for row in cursor.fetchall()]
        _categories.put(key, ids)
    return ids


# --- Orders --------------------------------------------------------------------------------------


class _Order(NamedTuple):
    """A sort: the keys of a row, how each is read from a cursor, and whether it descends."""

    keys: tuple[str, ...]
    readers: tuple[Callable[[Any], object], ...]
    descending: bool

    @property
    def read(self) -> Iterator[str]:
        """The keys as they are selected: as text, which is what a cursor holds."""
        return (key if key == "p.rank" else f"{key}::text" for key in self.keys)

    def clause(self, *, backward: bool) -> str:
        way = "DESC" if self.descending != backward else "ASC"
        return ", ".join(f"{key} {way}" for key in self.keys)

    def beyond(self, values: list[Any], *, backward: bool) -> tuple[str, list[object]]:
        """The condition for rows after the cursor's, or before it."""
        sign = "<" if self.descending != backward else ">"
        marks = ", ".join("%s" for _ in self.keys)
        arguments = [read(value) for read, value in zip(self.readers, values, strict=True)]
        return f"({', '.join(self.keys)}) {sign} ({marks})", arguments


_NEWEST = _Order(("p.created_at", "p.id"), (datetime.fromisoformat, UUID), descending=True)
_ORDERS = {
    "newest": _NEWEST,
    "price": _Order(("p.price", "p.id"), (Decimal, UUID), descending=False),
    "-price": _Order(("p.price", "p.id"), (Decimal, UUID), descending=True),
    "name": _Order(("p.sort_name", "p.id"), (str, UUID), descending=False),
}
_RANK = _Order(("p.rank", "p.id"), (float, UUID), descending=True)


# --- Pages ---------------------------------------------------------------------------------------


def find_page(
    filters: ProductFilters,
    *,
    sort: str,
    limit: int,
    cursor: str | None,
    select: "Select",
    version: int | None = None,
) -> Page:
    """A page of rows, each made by `select.read`.

    Raises InvalidRequest for a broken cursor, another query's, or an unknown sort.
    """
    version = catalogue_version() if version is None else version
    plan = filters.plan(version)
    if sort not in SORTS or (sort == "relevance" and plan is None):
        problem = "Use one of newest, price, -price, name; with q also relevance."
        raise InvalidRequest(f"sort: {problem}", fields={"sort": [problem]})
    query = identity(filters, sort)
    place = decode_cursor(cursor, query=query) if cursor else None
    # One row more than a page says whether there is another page in the direction of travel.
    if sort == "relevance" and plan is not None:
        is_any = count_products(filters, version) > 0
        found = _ranked(filters, plan, version, place, limit + 1, select) if is_any else []
    else:
        part = _part_of(filters, plan, version, _ORDERS[sort], limit + 1)
        found = _rows(part, place, limit + 1, select)
    cut = cut_page(found, limit=limit, place=place, query=query, place_of=lambda row: row.place)
    rows = [select.read(row.columns) for row in cut.rows]
    corrected_q = plan.corrected_q if plan else None
    return Page(rows, cut.next_cursor, cut.previous_cursor, corrected_q)


def identity(filters: ProductFilters, sort: str) -> str:
    """Names shop, filters and sort: what a cursor and a count belong to."""
    language = text_configuration() if filters.q else ""
    return f"{connection.schema_name} {language} {sort} {filters!r}"


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows under one condition in one order; `mark` is what their cursors begin with.

    `is_steady`: one plan suits whatever the arguments are, so that it can be kept.
    """

    order: _Order
    condition: _Condition
    source: str = "catalog_product p"
    source_arguments: tuple[object, ...] = ()
    mark: tuple[Any, ...] = ()
    is_steady: bool = False


def _part_of(
    filters: ProductFilters, plan: SearchPlan | None, version: int, order: _Order, count: int
) -> _Part:
    """What the filters leave, in an order. All products and one category have steady plans."""
    category_id = filters.category_id
    if filters == ProductFilters():
        return _Part(order, _FOR_SALE, is_steady=True)
    if category_id is None or filters != ProductFilters(category_id=category_id):
        condition = condition_of(filters, plan, version)
        return _Part(order, condition, condition.source)
    if _is_wide(category_id, count):
        condition = _FOR_SALE.and_("%s::uuid = ANY(p.category_ids)", category_id)
        return _Part(order, condition, is_steady=True)
    # OFFSET 0 keeps the planner from walking through the order after all.
    source = "(SELECT * FROM catalog_product WHERE category_ids @> ARRAY[%s::uuid] OFFSET 0) AS p"
    return _Part(order, _FOR_SALE, source, (category_id,), is_steady=True)


# --- Wide categories -----------------------------------------------------------------------------
# A page of a wide category is soon found on the way through an order's index: one row in every
# total/size belongs to it. The products of a narrow one are found by their own index and sorted.
# Both cost the same at size = √(rows of the page × total).

_WIDE = """
SELECT EXISTS (
    SELECT FROM catalog_product WHERE category_ids @> ARRAY[%s::uuid]
    OFFSET (SELECT sqrt(%s * greatest(reltuples, 0)) FROM pg_class
            WHERE oid = 'catalog_product'::regclass)::bigint)
"""
_WIDTH_SECONDS = 60.0
_widths: BoundedCache[tuple[float, bool]] = BoundedCache(settings.QUERY_CACHE_SIZE)


def _is_wide(category_id: UUID, count: int) -> bool:
    """Whether to look for so many rows of a category in order; as it was within a minute."""
    key, now = (connection.schema_name, category_id, count), time.monotonic()
    kept = _widths.get(key)
    if kept and now - kept[0] < _WIDTH_SECONDS:
        return kept[1]
    with connection.cursor() as cursor:
        cursor.execute(_WIDE, [category_id, count])
        (wide,) = cursor.fetchone()
    _widths.put(key, (now, wide))
    return bool(wide)


class _Found(NamedTuple):
    """A row of a part: the keys of its order, then what was asked for."""

    part: _Part
    row: tuple[Any, ...]

    @property
    def place(self) -> list[Any]:
        """Where it stands, as a cursor holds it."""
        return [*self.part.mark, *self.row[: len(self.part.order.keys)]]

    @property
    def columns(self) -> tuple[Any, ...]:
        return self.row[len(self.part.order.keys) :]


_STEADY = """
SELECT {keys}, {columns}
FROM (SELECT p.* FROM {source} WHERE {condition} ORDER BY {order} LIMIT {count}) AS p
CROSS JOIN LATERAL ({variants}) AS v
ORDER BY {order}
"""
_KEYS = "SELECT {keys} FROM {source} WHERE {condition} ORDER BY {order} LIMIT {count}"
# How often a page is looked for anew of which products went while it was gathered.
_ATTEMPTS = 3
_OF_KEYS = """
SELECT found.place, {columns}
FROM unnest(%s::uuid[]) WITH ORDINALITY AS found(id, place)
JOIN catalog_product p ON p.id = found.id AND p.status = 'active'
CROSS JOIN LATERAL ({variants}) AS v
ORDER BY found.place
"""


def _rows(
    part: _Part,
    place: Cursor | None,
    count: int,
    select: Select,
    *,
    backward: bool | None = None,
) -> list[_Found]:
    """Rows from `place` on (or from the part's end) in the direction of travel.

    Without a steady plan the keys are found first, and their rows by a statement that has one: to
    plan that takes longer than to ask twice.
    """
    order, condition = part.order, part.condition
    if backward is None:
        backward = place is not None and place.direction == "prev"
    if place is not None:
        beyond, values = order.beyond(place.values[len(part.mark) :], backward=backward)
        condition = condition.and_(beyond, *values)
    statement = (_STEADY if part.is_steady else _KEYS).format(
        keys=", ".join(order.read),
        columns=select.columns,
        source=part.source,
        condition=condition.sql,
        order=order.clause(backward=backward),
        # As a literal: a plan for any limit would be one for a tenth of the table.
        count=int(count),
        variants=select.variants,
    )
    arguments = [*part.source_arguments, *condition.arguments]
    if part.is_steady:
        return [_Found(part, row) for row in connection.fetch_prepared(statement, arguments)]
    for _attempt in range(_ATTEMPTS):
        keys = connection.fetch_planned(statement, arguments)
        rows = _rows_of([row[-1] for row in keys], select)
        # Where some went in between, a short page would look like the last one.
        if len(rows) == len(keys):
            break
    return [_Found(part, key + rows[at]) for at, key in enumerate(keys) if at in rows]


def _rows_of(ids: Sequence[object], select: Select) -> dict[int, tuple[Any, ...]]:
    """What is selected of the active ones of these products, by their place, in this order."""
    if not ids:
        return {}
    statement = _OF_KEYS.format(columns=select.columns, variants=select.variants)
    rows = connection.fetch_prepared(statement, [f"{{{','.join(map(str, ids))}}}"])
    return {row[0] - 1: row[1:] for row in rows}


# --- Relevance -----------------------------------------------------------------------------------
# Two parts follow each other: the newest matches by rank, then the older ones by age. What has the
# very name that was typed is ranked whatever its age. The boundary between them travels in the
# cursor, so that rows added meanwhile move nothing.

_Boundary = tuple[str, str] | None


class _Extent(NamedTuple):
    """How far back matches are ranked: to a time and an id, or all of them.

    `walks`: there are no more documents that far back than matches in all, so that looking at each
    of them takes less than the index of words.
    """

    boundary: _Boundary = None
    walks: bool = False


_EXTENT = """
SELECT last.created_at::text, last.product_id::text, (
    SELECT count(*) FROM (
        SELECT 1 FROM catalog_searchdocument other
        WHERE (other.created_at, other.product_id) >= (last.created_at, last.product_id) LIMIT %s
    ) AS younger
) FROM (
    SELECT d.created_at, d.product_id FROM {source} WHERE {condition}
    ORDER BY d.created_at DESC, d.product_id DESC OFFSET %s LIMIT 1
) AS last
"""
_extents: BoundedCache[_Extent] = BoundedCache(settings.QUERY_CACHE_SIZE)


def _extent(filters: ProductFilters, plan: SearchPlan, version: int) -> _Extent:
    """How far the ranking goes at this version of the catalogue."""
    key = (identity(filters, "extent"), version)
    found = _extents.get(key)
    if found is None:
        found = _Extent()
        count = count_products(filters, version)
        if count > RANKED:
            condition = _documents_of(filters, plan, version)
            with connection.cursor() as cursor:
                cursor.execute(
                    _EXTENT.format(source=condition.source, condition=condition.sql),
                    [count + 1, *condition.arguments, RANKED - 1],
                )
                if row := cursor.fetchone():
                    found = _Extent((row[0], row[1]), row[2] <= count)
        _extents.put(key, found)
    return found


def rank_of(plan: SearchPlan) -> tuple[str, list[object]]:
    """SQL for how well a search document `d` suits, with its arguments: the more, the better.

    What has the very name that was typed stands first; then what was typed before what only looks
    like it.
    """
    # By itself it is less than 1.
    rank = "ts_rank(d.search, %s::tsquery)::float8"
    arguments: list[object] = [plan.tsquery]
    if plan.exact is not None:
        rank = f"(d.search @@ %s::tsquery)::int + {rank}"
        arguments.insert(0, plan.exact)
    if plan.named:
        rank = f"2 * (d.product_id = ANY(%s::uuid[]))::int + {rank}"
        arguments.insert(0, list(plan.named))
    return rank, arguments


def _ranked(
    filters: ProductFilters,
    plan: SearchPlan,
    version: int,
    place: Cursor | None,
    count: int,
    select: Select,
) -> list[_Found]:
    boundary, walks = _extent(filters, plan, version)
    if place is not None:
        boundary = (place.values[1], place.values[2]) if place.values[1] else None
    edge = boundary or (None, None)
    older = condition_of(filters, plan, version)
    within = _documents_of(filters, plan, version, walks=walks and boundary is not None)
    if boundary:
        last = datetime.fromisoformat(boundary[0]), UUID(boundary[1])
        within = within.and_("(d.created_at, d.product_id) >= (%s, %s)", *last)
        older = older.and_("(p.created_at, p.id) < (%s, %s)", *last)
    rank, rank_arguments = rank_of(plan)
    ranked = f"SELECT d.product_id AS id, {rank} AS rank FROM"
    chosen = f"{ranked} {within.source} WHERE {within.sql}"
    arguments = (*rank_arguments, *within.arguments)
    if boundary and plan.named:
        named = older.and_("p.id = ANY(%s::uuid[])", list(plan.named))
        older = older.and_("p.id <> ALL(%s::uuid[])", list(plan.named))
        chosen = f"{chosen} UNION ALL {ranked} {named.source} WHERE {named.sql}"
        arguments += (*rank_arguments, *named.arguments)
    parts = [_Part(_RANK, _Condition("true"), f"({chosen}) AS p", arguments, mark=(0, *edge))]
    if boundary:
        parts.append(_Part(_NEWEST, older, older.source, mark=(1, *edge)))
    at = place.values[0] if place else 0
    backward = place is not None and place.direction == "prev"
    rows: list[_Found] = []
    while len(rows) < count and 0 <= at < len(parts):
        rows += _rows(parts[at], place, count - len(rows), select, backward=backward)
        at, place = at + (-1 if backward else 1), None
    return rows


# --- Counts --------------------------------------------------------------------------------------


def count_products(filters: ProductFilters, version: int | None = None) -> int:
    """How many products match, exactly; kept for each tenant, catalogue version and filters."""
    version = catalogue_version() if version is None else version
    key = (identity(filters, "count"), version)
    count = _counts.get(key)
    if count is None:
        plan = filters.plan(version)
        if plan and plan.count is not None and (not plan.count or filters.is_search_alone):
            return plan.count
        condition = _documents_of(filters, plan, version)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FROM {condition.source} WHERE {condition.sql}",
                condition.arguments,
            )
            (count,) = cursor.fetchone()
        _counts.put(key, count)
    return count


# --- Rows ----------------------------------------------------------------------------------------


def money_sql(value: str) -> str:
    """SQL for a stored amount with the decimals of the shop's currency.

    Nothing is lost: no door lets an amount in that has more, and the currency of a shop stays.
    """
    return f"round({value}, {decimals_of(connection.tenant.currency)})"


def variants_sql(more: str = "") -> str:
    """SQL for the stock of product `p` in all, and its variants as JSON text, the default first.

    `more` adds members to each variant: names and values over `x`.
    """
    options = (
        "CASE WHEN x.option_values = '{}' THEN '{}'::json "
        "WHEN cardinality(x.option_values) = cardinality(p.option_names) "
        "THEN json_object(p.option_names::text[], x.option_values::text[]) ELSE '{}'::json END"
    )
    return f"""
SELECT coalesce(sum(x.on_hand - x.held), 0)::int AS stock,
       coalesce(json_agg(json_build_object(
           'id', x.id, 'sku', x.sku, 'price', {money_sql("x.price")},
           'compare_at_price', {money_sql("x.compare_at_price")},
           'stock', x.on_hand - x.held, 'options', {options}{more}
       ) ORDER BY x.position, x.id)::text, '[]') AS list
FROM catalog_variant x WHERE x.product_id = p.id"""


_ROW_COLUMNS = """p.id, p.name, p.slug, p.description, p.price, p.max_price, p.compare_at_price,
    p.sku, v.stock, p.category_names, p.image_list, v.list, p.option_names, p.seo_title,
    p.seo_description, p.vendor, p.product_type, p.created_at, p.category_ids,
    p.image_widths, (
        SELECT jsonb_agg(i.variant_id ORDER BY i.file = '', i.position, i.id)::text
        FROM catalog_productimage i WHERE i.product_id = p.id
    )"""


def read_product(columns: tuple[Any, ...]) -> ProductRow:
    """The product that these columns of `find_columns` are."""
    *values, widths, shown = columns
    # Django reads jsonb as text; the reader of a page wants the thing itself.
    values[10] = orjson.loads(values[10])
    for image, each in zip(values[10], orjson.loads(widths), strict=False):
        image["widths"] = each
    for image, each in zip(values[10], orjson.loads(shown or "[]"), strict=False):
        image["variant"] = each
    values[11] = json.loads(values[11], parse_float=Decimal)
    for variant in values[11]:
        for name in ("price", "compare_at_price"):
            if variant[name] is not None:
                variant[name] = Decimal(variant[name])
    return ProductRow(*values)


def _full() -> Select:
    return Select(_ROW_COLUMNS, variants_sql(", 'weight', x.weight_grams"), read_product)


def find_products(
    filters: ProductFilters, *, sort: str, limit: int, cursor: str | None
) -> ProductPage:
    """A page of active products. Raises InvalidRequest for a cursor of another query."""
    return ProductPage(*find_page(filters, sort=sort, limit=limit, cursor=cursor, select=_full()))


def find_one(id_or_slug: str, select: Select, *, condition: str = "p.status = 'active'") -> Any:
    """One product, by its id or its slug; None where there is none that is active."""
    found = parse_uuid(id_or_slug)
    key = "id" if found else "slug"
    rows = connection.fetch_prepared(
        f"SELECT {select.columns} FROM catalog_product p "
        f"CROSS JOIN LATERAL ({select.variants}) AS v "
        f"WHERE p.{key} = %s AND {condition}",
        [found or id_or_slug],
    )
    return select.read(rows[0]) if rows else None


def find_columns(id_or_slug: str) -> tuple[Any, ...] | None:
    """One active product as it was read; what is made of equal ones is equal."""
    found: tuple[Any, ...] | None = find_one(id_or_slug, _full()._replace(read=_hashable))
    return found


def _hashable(columns: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(tuple(each) if isinstance(each, list) else each for each in columns)


# --- Cards ---------------------------------------------------------------------------------------


class CardRow(NamedTuple):
    """As much of a product as its card in a list shows; `updated_at` as text."""

    id: UUID
    name: str
    slug: str
    price: Decimal
    max_price: Decimal
    compare_at_price: Decimal | None
    stock: int
    updated_at: str
    image_json: str | None
    widths_json: str | None

    @property
    def image(self) -> dict[str, Any] | None:
        """The first picture, as `ProductRow.images` has it."""
        if not self.image_json:
            return None
        image: dict[str, Any] = orjson.loads(self.image_json)
        return image | {"widths": orjson.loads(self.widths_json or "[]")}


_CARD_COLUMNS = """p.id, p.name, p.slug, p.price, p.max_price, p.compare_at_price, v.stock,
    p.updated_at::text, (p.image_list -> 0)::text, (p.image_widths -> 0)::text"""
_STOCK = """
SELECT coalesce(sum(x.on_hand - x.held), 0)::int AS stock
FROM catalog_variant x WHERE x.product_id = p.id"""


CARD = Select(_CARD_COLUMNS, _STOCK, CardRow._make)


def find_cards(
    filters: ProductFilters, *, sort: str, limit: int, cursor: str | None = None, version: int
) -> Page:
    """A page of cards. Raises InvalidRequest for a cursor of another query."""
    return find_page(filters, sort=sort, limit=limit, cursor=cursor, select=CARD, version=version)


# Weighed in cards of some 1 KB: the pages of all products of a category show the same few.
_newest: BoundedCache[list[CardRow]] = BoundedCache(10_000)


def newest_cards(filters: ProductFilters, *, limit: int, version: int) -> list[CardRow]:
    """The newest products as cards, with no page after them; read once for each version."""
    key = (connection.schema_name, version, filters, limit)
    cards = _newest.get(key)
    if cards is None:
        plan = filters.plan(version)
        found = _rows(_part_of(filters, plan, version, _NEWEST, limit), None, limit, CARD)
        cards = [CARD.read(row.columns) for row in found]
        _newest.put(key, cards, 1 + len(cards))
    return cards


def cards_of(ids: Sequence[UUID]) -> list[CardRow]:
    """The cards of the active ones of these products, in this order."""
    return [CARD.read(row) for row in _rows_of(ids, CARD).values()]
