"""Orders, read and written by programs: `/api/orders`."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from catalog.models import Product, Variant
from orders import description, serializers
from orders.errors import UnknownOrder
from orders.models import MAX_QUANTITY, Order
from orders.reading import OrderFilters, find_order, find_orders, order_members, row_members
from orders.services.fulfilling import fulfil_order
from orders.services.placing import Address, Buyer, address_from, give_number, place_order
from orders.services.timeline import Actor
from pycommerce.api import parameters
from pycommerce.api.conditional import Body, answer, etag_of
from pycommerce.api.fields import read
from pycommerce.api.http import Request
from pycommerce.api.paging import page_body
from pycommerce.api.parameters import parse_uuid
from pycommerce.api.renderers import dumps
from pycommerce.core.errors import InvalidRequest, MissingParameter, wrong_field
from pycommerce.db import connection
from tenants.callers import Caller
from tenants.errors import TenantInactive, TenantMismatch, TenantNotFound
from tenants.idempotency import Answer, fingerprint_of, once
from tenants.models import Tenant
from tenants.resolution import tenant_by_id
from tenants.roles import Right
from tenants.viewsets import TenantViewSet, TokenViewSet

MOST_TENANTS = 20


def actor_of(request: Request) -> Actor:
    return Actor(request.user.id, request.user.author)


class OrderViewSet(TenantViewSet):
    """Orders of a tenant, for its members."""

    rights = {
        "list": Right.READ_ORDERS,
        "retrieve": Right.READ_ORDERS,
        "create": Right.WRITE_ORDERS,
        "fulfil": Right.FULFIL_ORDERS,
    }

    def enter(self, request: Request) -> None:
        django_request = request._request
        if self.action not in self.rights:
            super().enter(request)
            return
        is_named = django_request.tenant is not None or "tenant" in django_request.GET
        if is_named:
            super().enter(request)
        else:
            TokenViewSet.enter(self, request)
        # Read once, before a parser does: the fingerprint of a key is that of the raw body.
        if request.method not in {"GET", "HEAD"}:
            fingerprint_of(request)
        if self.action == "create":
            self._enter_named_tenant(request)
        elif not is_named and "order_id" in self.kwargs:
            self._enter_home(request)
        elif not is_named:
            super().enter(request)
        request.user.require(self.rights[self.action])

    def _enter_named_tenant(self, request: Request) -> None:
        """The tenant of the body's `tenant_id`, which must agree with what the call named."""
        django_request = request._request
        body: dict[str, Any] = request.data  # type: ignore[assignment]
        given = body.get("tenant_id")
        if given is None:
            if django_request.tenant is None:
                problem = "Name the shop's id."
                raise MissingParameter(f"tenant_id: {problem}", fields={"tenant_id": [problem]})
            return
        tenant_id = parse_uuid(given) if isinstance(given, str) else None
        if tenant_id is None:
            raise wrong_field("tenant_id", "Write a UUID.")
        if django_request.tenant is not None:
            if django_request.tenant.pk != tenant_id:
                raise TenantMismatch("tenant_id names another shop than the address of this call.")
            return
        tenant = tenant_by_id(tenant_id)
        if tenant is None:
            raise TenantNotFound(str(tenant_id))
        if not tenant.active:
            raise TenantInactive(tenant.slug)
        self._be_in(request, tenant, request.user.in_tenant(tenant))

    def _enter_home(self, request: Request) -> None:
        """The tenant, among the caller's, that has the order: only its id was named.

        A step with an order that none of them has is refused by one where the caller may take it:
        there the refusal is kept under the call's key.
        """
        order_id = parse_uuid(self.kwargs["order_id"])
        callers = request.user.in_tenants(MOST_TENANTS + 1)
        if len(callers) > MOST_TENANTS:
            problem = f"Name the shop: you may read more than {MOST_TENANTS}."
            raise MissingParameter(f"tenant: {problem}", fields={"tenant": [problem]})
        tenant = _home_of(order_id, list(callers)) if order_id else None
        if tenant is None and request.method == "POST":
            tenant = self._first_open(callers)
        if tenant is None:
            raise UnknownOrder(self.kwargs["order_id"])
        if not tenant.active:
            raise TenantInactive(tenant.slug)
        self._be_in(request, tenant, callers[tenant])

    def _first_open(self, callers: dict[Tenant, Caller]) -> Tenant | None:
        """The first of the tenants in which the caller may do what this call does."""
        right = self.rights[self.action]
        for tenant, caller in callers.items():
            if tenant.active and right in caller.rights:
                return tenant
        return None

    def _be_in(self, request: Request, tenant: Tenant, caller: Caller) -> None:
        request.user = caller
        request._request.tenant = self.tenant = tenant
        connection.set_tenant(tenant)

    def _order_id(self) -> UUID:
        found = parse_uuid(self.kwargs["order_id"])
        if found is None:
            raise UnknownOrder(self.kwargs["order_id"])
        return found

    @description.listed
    def list(self, request: Request) -> HttpResponseBase:
        query = request._request.GET
        payments = Order.PaymentStatus.values
        with parameters.Reading() as read:
            filters = OrderFilters(
                status=read(parameters.choice, query, "status", Order.Status.values),
                payment_status=read(parameters.choice, query, "payment_status", payments),
                customer_id=read(parameters.identifier, query, "customer_id"),
                updated_since=read(parameters.moment, query, "updated_since"),
                created_after=read(parameters.moment, query, "created_after"),
            )
            limit = read(parameters.limit, query)
            cursor = read(parameters.text, query, "cursor", max_length=1000)
        cut, count = find_orders(filters, limit=limit, cursor=cursor)
        content = dumps(
            {
                "orders": [row_members(row) for row in cut.rows],
                "tenant": self.tenant.slug,
                "count": count,
                "filters": {"status": filters.status, "customer_id": filters.customer_id},
            }
        )
        body = page_body(request._request, content, cut.next_cursor, cut.previous_cursor)
        return answer(request._request, body)

    @description.retrieved
    def retrieve(self, request: Request, order_id: str) -> HttpResponseBase:
        content = dumps(order_members(find_order(self._order_id())))
        return answer(request._request, Body(content, etag_of(content)))

    @description.created
    def create(self, request: Request) -> HttpResponse:
        return once(request, lambda: self._create(request))

    def _create(self, request: Request) -> Answer:
        data = read(serializers.NewOrderSerializer(data=request.data))
        if data["payment_method"] not in Order.PaymentMethod.values:
            raise wrong_field(
                "payment_method", f"Use one of {', '.join(Order.PaymentMethod.values)}."
            )
        billing = data.get("billing_address")
        order = place_order(
            buyer=Buyer(**data["customer"]),
            shipping_address=_address("shipping_address", data["shipping_address"]),
            billing_address=_address("billing_address", billing) if billing else None,
            quantities=quantities_from(data["items"]),
            shipping_method=data["shipping_method"],
            payment_method=data["payment_method"],
            notes=data["notes"],
            discount_code=data["discount_code"],
            actor=actor_of(request),
        )
        location = request._request.build_absolute_uri(
            f"{reverse('api-orders').rstrip('/')}/{order.pk}"
        )
        content = {
            "id": order.pk,
            "status": order.status,
            "message": "Order created successfully",
        }
        return Answer(201, content, {"Location": location}, lambda: give_number(order))

    @description.fulfilled
    def fulfil(self, request: Request, order_id: str) -> HttpResponse:
        return once(request, lambda: self._fulfil(request))

    def _fulfil(self, request: Request) -> Answer:
        order = find_order(self._order_id())
        data = read(serializers.FulfilSerializer(data=request.data))
        fulfil_order(
            order_id=order.pk,
            items=units_from(data.get("items")),
            carrier=data["carrier"],
            tracking_number=data["tracking_number"],
            actor=actor_of(request),
        )
        return Answer(200, order_members(find_order(order.pk)))


def units_from(items: list[dict[str, Any]] | None) -> dict[UUID, int] | None:
    """Line item id to units; the same one twice is added up."""
    if items is None:
        return None
    units: dict[UUID, int] = {}
    for item in items:
        units[item["id"]] = units.get(item["id"], 0) + item["quantity"]
    return units


def _home_of(order_id: UUID, tenants: list[Tenant]) -> Tenant | None:
    if not tenants:
        return None
    parts = [
        f'SELECT {index} FROM "{tenant.schema_name}".orders_order '
        "WHERE id = %s AND number IS NOT NULL"
        for index, tenant in enumerate(tenants)
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), [order_id] * len(parts))
        row = cursor.fetchone()
    return tenants[row[0]] if row else None


def _address(member: str, given: dict[str, str]) -> Address:
    try:
        return address_from(given)
    except InvalidRequest as error:
        fields = {f"{member}.{name}": list(what) for name, what in error.fields.items()}
        raise InvalidRequest(f"{member}.{error.details}", fields=fields) from error


def quantities_from(items: list[dict[str, Any]]) -> dict[UUID, int]:
    """Variant id to units, in the order that was sent; the same variant twice is added up.

    Raises InvalidRequest naming the item.
    """
    products: dict[UUID, list[Variant]] = {item["product_id"]: [] for item in items}
    sold = Variant.objects.filter(
        product_id__in=products, product__status=Product.Status.ACTIVE
    ).only("id", "product_id", "sku")
    for variant in sold:
        products[variant.product_id].append(variant)
    quantities: dict[UUID, int] = {}
    for index, item in enumerate(items):
        chosen = _variant(f"items[{index}]", item, products[item["product_id"]])
        quantities[chosen.pk] = quantities.get(chosen.pk, 0) + item["quantity"]
        if quantities[chosen.pk] > MAX_QUANTITY:
            raise wrong_field(f"items[{index}].quantity", f"Use at most {MAX_QUANTITY} in all.")
    return quantities


def _variant(path: str, item: dict[str, Any], variants: list[Variant]) -> Variant:
    if not variants:
        raise wrong_field(
            f"{path}.product_id", f"Product with ID '{item['product_id']}' is not for sale."
        )
    found = variants
    for name, member in (("variant_id", "pk"), ("sku", "sku")):
        if name in item:
            found = [variant for variant in found if getattr(variant, member) == item[name]]
            if not found:
                raise wrong_field(f"{path}.{name}", "The product has no such variant.")
    if len(found) > 1:
        raise wrong_field(
            f"{path}.variant_id", "The product has several variants: name one, or its SKU."
        )
    return found[0]
