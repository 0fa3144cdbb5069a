"""The catalogue, read by programs: `/api/products` and `/api/categories`.

Answers are kept in the process by tenant, catalogue version and query; the version is read in the
statement that lets the caller in, so that an answer is never older than the last commit.
"""

from collections.abc import Callable
from typing import Any

import orjson
from django.conf import settings
from django.http.response import HttpResponseBase

from catalog.description import (
    describe_categories,
    describe_category,
    describe_product,
    describe_products,
)
from catalog.listing import (
    SORTS,
    ProductFilters,
    Select,
    count_products,
    find_one,
    find_page,
    money_sql,
    variants_sql,
)
from pycommerce.api import parameters
from pycommerce.api.conditional import Body, answer, etag_of
from pycommerce.api.cursors import decode_cursor
from pycommerce.api.http import Request
from pycommerce.api.paging import cut_page, page_body
from pycommerce.api.parameters import parse_uuid
from pycommerce.api.renderers import dumps
from pycommerce.core.bounded_cache import BoundedCache
from pycommerce.core.errors import NotFound
from pycommerce.core.http import HttpRequest
from pycommerce.db import connection
from tenants.viewsets import TenantViewSet

_bodies: BoundedCache[Body] = BoundedCache(settings.RESPONSE_CACHE_BYTES)
# What an entry takes beside its content: key, ETag and the objects around them.
_OVERHEAD = 1024


def _kept(
    request: HttpRequest, name: str, query: str, make: Callable[[], Body]
) -> HttpResponseBase:
    """The answer kept for this resource and query, or a new one."""
    origin = f"{request.scheme}://{request.get_host()}"
    key = (connection.schema_name, request.catalogue_version, origin, name, query)
    body = _bodies.get(key)
    if body is None:
        body = make()
        _bodies.put(key, body, len(body.content) + len(query) + _OVERHEAD)
    return answer(request, body)


def _product_columns() -> str:
    return f"""p.id::text, p.name, p.description, {money_sql("p.price")}::text, p.sku, v.stock,
        p.category_names, p.slug, p.image_list::text, {money_sql("p.compare_at_price")}::text,
        v.list, to_char(p.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""


class _ProductReader:
    """Makes the JSON members of a product from its row, the documented ones first."""

    def __init__(self, request: HttpRequest, currency: str) -> None:
        self._currency = currency
        # Quotation marks inside a JSON string are escaped, so this can only be the member itself.
        self._relative = '"url": "/'
        self._absolute = f'"url": "{request.scheme}://{request.get_host()}/'

    def __call__(self, row: tuple[Any, ...]) -> dict[str, Any]:
        price, compare_at_price, images = row[3], row[9], row[8]
        return {
            "id": row[0],
            "name": row[1],
            "description": row[2],
            "price": orjson.Fragment(price),
            "sku": row[4],
            "stock": row[5],
            "categories": row[6],
            "slug": row[7],
            "currency": self._currency,
            "images": orjson.Fragment(images.replace(self._relative, self._absolute)),
            "compare_at_price": compare_at_price and orjson.Fragment(compare_at_price),
            "variants": orjson.Fragment(row[10]),
            "updated_at": row[11],
        }


def _product_select(request: HttpRequest, currency: str) -> Select:
    return Select(_product_columns(), variants_sql(), _ProductReader(request, currency))


class ProductViewSet(TenantViewSet):
    """Products of a tenant."""

    @describe_products
    def list(self, request: Request) -> HttpResponseBase:
        django_request = request._request
        query = django_request.META.get("QUERY_STRING", "")
        return _kept(django_request, "products", query, lambda: self._list(django_request))

    def _list(self, request: HttpRequest) -> Body:
        query, currency = request.GET, self.tenant.currency
        filters = ProductFilters(
            category=parameters.text(query, "category"),
            min_price=parameters.money(query, "min_price", currency),
            max_price=parameters.money(query, "max_price", currency),
            in_stock=parameters.boolean(query, "in_stock"),
            q=parameters.text(query, "q"),
            updated_since=parameters.moment(query, "updated_since"),
        )
        sorts = SORTS if filters.q else SORTS[:-1]
        sort = parameters.choice(query, "sort", sorts) or ("relevance" if filters.q else "newest")
        page = find_page(
            filters,
            sort=sort,
            limit=parameters.limit(query),
            cursor=parameters.text(query, "cursor", max_length=1000),
            select=_product_select(request, currency),
            version=request.catalogue_version,
        )
        content = dumps(
            {
                "products": page.rows,
                "tenant": self.tenant.slug,
                "count": count_products(filters, request.catalogue_version),
                "filters": {
                    "category": filters.category,
                    "min_price": filters.min_price,
                    "max_price": filters.max_price,
                    "in_stock": filters.in_stock,
                },
            }
        )
        return page_body(request, content, page.next_cursor, page.previous_cursor)

    @describe_product
    def retrieve(self, request: Request, id_or_slug: str) -> HttpResponseBase:
        django_request = request._request

        def make() -> Body:
            select = _product_select(django_request, self.tenant.currency)
            product = find_one(id_or_slug, select)
            if product is None:
                raise NotFound(f"Product with ID '{id_or_slug}' does not exist.")
            content = dumps(product)
            return Body(content, etag_of(content))

        return _kept(django_request, "product", id_or_slug, make)


_CATEGORY = "c.id::text, c.name, c.description, c.slug, c.parent_id::text"
_MEMBERS = ("id", "name", "description", "slug", "parent_id")


class CategoryViewSet(TenantViewSet):
    """Categories of a tenant, in the order the shop shows them."""

    @describe_categories
    def list(self, request: Request) -> HttpResponseBase:
        django_request = request._request
        query = django_request.META.get("QUERY_STRING", "")
        return _kept(django_request, "categories", query, lambda: self._list(django_request))

    def _list(self, request: HttpRequest) -> Body:
        parent_id = parameters.identifier(request.GET, "parent_id")
        limit = parameters.limit(request.GET)
        cursor = parameters.text(request.GET, "cursor", max_length=1000)
        identity = f"{connection.schema_name} categories {parent_id}"
        place = decode_cursor(cursor, query=identity) if cursor else None
        backward = place is not None and place.direction == "prev"
        condition, arguments = "true", []
        if parent_id:
            condition, arguments = "c.parent_id = %s", [parent_id]
        sign, way = ("<", "DESC") if backward else (">", "ASC")
        keys = ["c.position", 'lower(c.name) COLLATE "C"', "c.id"]
        order = ", ".join(f"{key} {way}" for key in keys)
        page = f"AND ({', '.join(keys)}) {sign} (%s, %s, %s)" if place else ""
        with connection.cursor() as database:
            database.execute(
                f"SELECT count(*) FROM catalog_category c WHERE {condition}", arguments
            )
            (count,) = database.fetchone()
            database.execute(
                f"SELECT c.position, lower(c.name), {_CATEGORY} FROM catalog_category c "
                f"WHERE {condition} {page} ORDER BY {order} LIMIT %s",
                [*arguments, *(place.values if place else []), limit + 1],
            )
            rows = database.fetchall()
        cut = cut_page(
            rows, limit=limit, place=place, query=identity, place_of=lambda row: list(row[:3])
        )
        content = dumps(
            {
                "categories": [dict(zip(_MEMBERS, row[2:], strict=True)) for row in cut.rows],
                "tenant": self.tenant.slug,
                "count": count,
            }
        )
        return page_body(request, content, cut.next_cursor, cut.previous_cursor)

    @describe_category
    def retrieve(self, request: Request, id_or_slug: str) -> HttpResponseBase:
        django_request = request._request

        def make() -> Body:
            found = parse_uuid(id_or_slug)
            with connection.cursor() as database:
                database.execute(
                    f"SELECT {_CATEGORY} FROM catalog_category c "
                    f"WHERE c.{'id' if found else 'slug'} = %s",
                    [found or id_or_slug],
                )
                row = database.fetchone()
            if row is None:
                raise NotFound(f"Category with ID '{id_or_slug}' does not exist.")
            content = dumps(dict(zip(_MEMBERS, row, strict=True)))
            return Body(content, etag_of(content))

        return _kept(django_request, "category", id_or_slug, make)
