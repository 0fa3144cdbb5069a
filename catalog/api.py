"""The catalogue for programs: `/api/products`, `/api/categories` and `/api/stock-adjustments`.

Answers are kept in the process by tenant, catalogue version and query; the version is read in the
statement that lets the caller in, so that an answer is never older than the last commit.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.http import HttpResponse
from django.http.response import HttpResponseBase

from catalog import serializers
from catalog.description import (
    describe_categories,
    describe_category,
    describe_product,
    describe_product_change,
    describe_products,
    describe_stock_adjustment,
)
from catalog.errors import UnknownProduct
from catalog.listing import (
    SORTS,
    ProductFilters,
    count_products,
    find_one,
    find_page,
)
from catalog.models import Product, Variant
from catalog.reading import product_select, stock_members
from catalog.services.editing import edit_product
from catalog.services.stock import adjust_stock
from pycommerce.api import parameters
from pycommerce.api.conditional import Body, answer, etag_of
from pycommerce.api.cursors import decode_cursor
from pycommerce.api.fields import read
from pycommerce.api.http import Request
from pycommerce.api.paging import cut_page, page_body
from pycommerce.api.parameters import parse_uuid
from pycommerce.api.renderers import dumps
from pycommerce.core.bounded_cache import BoundedCache
from pycommerce.core.errors import MissingParameter, NotFound, wrong_field
from pycommerce.core.http import HttpRequest, origin_of
from pycommerce.core.money import decimals_of, price_problem, round_money
from pycommerce.db import connection
from tenants.idempotency import Answer, once
from tenants.roles import Right
from tenants.viewsets import TenantViewSet

_bodies: BoundedCache[Body] = BoundedCache(settings.RESPONSE_CACHE_BYTES)
# What an entry takes beside its content: key, ETag and the objects around them.
_OVERHEAD = 1024


def _kept(request: HttpRequest, make: Callable[[], Body]) -> HttpResponseBase:
    """The answer kept for this address, or a new one."""
    query, tenant = request.META.get("QUERY_STRING", ""), request.tenant
    key = (
        tenant.schema_name,
        tenant.language,
        request.catalogue_version,
        request.scheme,
        request.META.get("HTTP_HOST") or origin_of(request),
        request.path,
        query,
    )
    body = _bodies.get(key)
    if body is None:
        body = make()
        _bodies.put(key, body, len(body.content) + len(query) + _OVERHEAD)
    return answer(request, body)


class ProductViewSet(TenantViewSet):
    """Products of a tenant."""

    rights = {
        "list": Right.READ_CATALOGUE,
        "retrieve": Right.READ_CATALOGUE,
        "change": Right.WRITE_CATALOGUE,
    }

    @describe_products
    def list(self, request: Request) -> HttpResponseBase:
        django_request = request._request
        return _kept(django_request, lambda: self._list(django_request))

    def _list(self, request: HttpRequest) -> Body:
        query, currency = request.GET, self.tenant.currency
        with parameters.Reading() as read:
            filters = ProductFilters(
                category=read(parameters.text, query, "category"),
                min_price=read(parameters.money, query, "min_price", currency),
                max_price=read(parameters.money, query, "max_price", currency),
                in_stock=read(parameters.boolean, query, "in_stock"),
                q=read(parameters.text, query, "q"),
                updated_since=read(parameters.moment, query, "updated_since"),
            )
            sorts = SORTS if filters.q else SORTS[:-1]
            sort = read(parameters.choice, query, "sort", sorts)
            limit = read(parameters.limit, query)
            cursor = read(parameters.text, query, "cursor", max_length=1000)
        page = find_page(
            filters,
            sort=sort or ("relevance" if filters.q else "newest"),
            limit=limit,
            cursor=cursor,
            select=product_select(origin_of(request), currency),
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
            select = product_select(origin_of(django_request), self.tenant.currency)
            product = find_one(id_or_slug, select)
            if product is None:
                raise UnknownProduct(id_or_slug)
            content = dumps(product)
            return Body(content, etag_of(content))

        return _kept(django_request, make)

    @describe_product_change
    def change(self, request: Request, id_or_slug: str) -> HttpResponse:
        return once(request, lambda: self._change(request, id_or_slug))

    def _change(self, request: Request, id_or_slug: str) -> Answer:
        found = parse_uuid(id_or_slug)
        known = Q(pk=found) if found else Q(slug=id_or_slug)
        product = Product.objects.filter(known).prefetch_related("variants").first()
        if product is None:
            raise UnknownProduct(id_or_slug)
        data = read(serializers.ProductChangeSerializer(data=request.data))
        edit_product(
            product.pk,
            fields={name: data[name] for name in ("name", "description", "status") if name in data},
            prices=prices_from(data, list(product.variants.all()), self.tenant.currency),
            user=request.user,
        )
        select = product_select(origin_of(request._request), self.tenant.currency)
        content = find_one(str(product.pk), select, condition="true")
        return Answer(200, content | {"status": data.get("status", product.status)})


def prices_from(
    data: dict[str, Any], variants: list[Variant], currency: str
) -> dict[UUID, dict[str, Decimal | None]]:
    """Variant id to field to amount, as the call names them; InvalidRequest names what is wrong."""
    found: dict[UUID, dict[str, Decimal | None]] = {}
    own = _amounts(data, "", currency)
    if own:
        if len(variants) != 1:
            raise wrong_field(next(iter(own)), "The product has several variants: use `variants`.")
        found[variants[0].pk] = own
    for index, item in enumerate(data.get("variants", [])):
        path = f"variants[{index}]"
        variant = _variant(path, item, variants)
        if variant.pk in found:
            raise wrong_field(path, "The variant is given twice.")
        found[variant.pk] = _amounts(item, f"{path}.", currency)
    return found


def _amounts(data: dict[str, Any], path: str, currency: str) -> dict[str, Decimal | None]:
    names = ("price", "compare_at_price")
    found = {name: data[name] for name in names if name in data}
    for name, amount in found.items():
        if amount is not None and amount != round_money(amount, currency):
            raise wrong_field(f"{path}{name}", f"{currency} has {decimals_of(currency)} decimals.")
    if problem := price_problem(found.get("price") or Decimal(0), currency):
        raise wrong_field(f"{path}price", problem)
    return found


def _variant(path: str, item: dict[str, Any], variants: list[Variant]) -> Variant:
    if not {"id", "sku"} & set(item):
        raise wrong_field(path, "Name the variant by its id or its SKU.")
    found = variants
    for name, member in (("id", "pk"), ("sku", "sku")):
        if name in item:
            found = [variant for variant in found if getattr(variant, member) == item[name]]
            if not found:
                raise wrong_field(f"{path}.{name}", "The product has no such variant.")
    return found[0]


class StockViewSet(TenantViewSet):
    """Units that came, went or were counted, told by a merchant's other systems."""

    rights = {"create": Right.WRITE_STOCK}

    @describe_stock_adjustment
    def create(self, request: Request) -> HttpResponse:
        return once(request, lambda: self._create(request))

    def _create(self, request: Request) -> Answer:
        data = read(serializers.StockAdjustmentSerializer(data=request.data))
        variant = adjust_stock(
            variant_id=_variant_id(data),
            change=data.get("change"),
            on_hand=data.get("on_hand"),
            reason=data["reason"],
            user=request.user,
        )
        return Answer(200, stock_members(variant))


def _variant_id(data: dict[str, Any]) -> UUID:
    """The variant that is named. Raises InvalidRequest, or MissingParameter where none is."""
    named = {
        name: member for name, member in (("variant_id", "pk"), ("sku", "sku")) if name in data
    }
    if not named:
        problem = ["Name the variant by one of the two."]
        raise MissingParameter(
            "Missing: sku, variant_id.", fields={"sku": problem, "variant_id": problem}
        )
    known, variant_id = Variant.objects.all(), None
    for name, member in named.items():
        known = known.filter(**{member: data[name]})
        variant_id = known.values_list("pk", flat=True).first()
        if variant_id is None:
            raise wrong_field(name, "There is no such variant.")
    assert variant_id
    return variant_id


_CATEGORY = "c.id::text, c.name, c.description, c.slug, c.parent_id::text"
_MEMBERS = ("id", "name", "description", "slug", "parent_id")


class CategoryViewSet(TenantViewSet):
    """Categories of a tenant, in the order the shop shows them."""

    rights = {"list": Right.READ_CATALOGUE, "retrieve": Right.READ_CATALOGUE}

    @describe_categories
    def list(self, request: Request) -> HttpResponseBase:
        django_request = request._request
        return _kept(django_request, lambda: self._list(django_request))

    def _list(self, request: HttpRequest) -> Body:
        query = request.GET
        with parameters.Reading() as read:
            parent_id = read(parameters.identifier, query, "parent_id")
            limit = read(parameters.limit, query)
            cursor = read(parameters.text, query, "cursor", max_length=1000)
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

        return _kept(django_request, make)
