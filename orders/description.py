"""What `/api/orders` promises, for the OpenAPI description."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter

from catalog.description import OF_TENANT, TENANT
from orders import serializers
from orders.errors import IllegalTransition, OutOfStock
from orders.models import Order
from pycommerce.api.description import describe
from pycommerce.core.errors import (
    Forbidden,
    InvalidRequest,
    MissingParameter,
    NotFound,
    Refusal,
)
from tenants.description import KEY, OF_WRITING, REPLAYED
from tenants.errors import TenantInactive, TenantMismatch, TenantNotFound

_JANE = {
    "line1": "123 Main St",
    "line2": "Apt 4B",
    "city": "Metropolis",
    "state": "NY",
    "postal_code": "10001",
    "country": "USA",
}
_JOHN = _JANE | {"line1": "456 Park Ave", "line2": "", "postal_code": "10002"}
_ROWS: list[dict[str, Any]] = [
    {
        "id": "d7e8f9a0-b1c2-4d3e-8f4a-5b6c7d8e9f0a",
        "customer_name": "Jane Smith",
        "customer_email": "jane.smith@example.com",
        "status": "completed",
        "total": 209.98,
        "created_at": "2025-03-15T10:30:00Z",
        "items_count": 2,
        "shipping_method": "standard",
    },
    {
        "id": "e8f9a0b1-c2d3-4e4f-9a5b-6c7d8e9f0a1b",
        "customer_name": "John Doe",
        "customer_email": "john.doe@example.com",
        "status": "pending",
        "total": 129.99,
        "created_at": "2025-03-16T14:45:00Z",
        "items_count": 1,
        "shipping_method": "express",
    },
]


def _line(line_id: str, product_id: str, name: str, sku: str, price: float) -> dict[str, Any]:
    return {
        "id": line_id,
        "product_id": product_id,
        "name": name,
        "quantity": 1,
        "unit_price": price,
        "total_price": price,
        "variant_id": "019a5c3e-8f7a-7d0c-9b1e-2f3a4b5c6d7e",
        "sku": sku,
        "options": {},
        "fulfilled_quantity": 1,
        "refunded_quantity": 0,
    }


ORDER: dict[str, Any] = {
    "id": "d7e8f9a0-b1c2-4d3e-8f4a-5b6c7d8e9f0a",
    "customer": {
        "id": "f9a0b1c2-d3e4-4f5a-9b6c-7d8e9f0a1b2c",
        "name": "Jane Smith",
        "email": "jane.smith@example.com",
        "phone": "+1234567890",
    },
    "status": "completed",
    "total": 209.98,
    "subtotal": 189.98,
    "tax": 10.00,
    "shipping_cost": 10.00,
    "created_at": "2025-03-15T10:30:00Z",
    "updated_at": "2025-03-15T14:20:00Z",
    "shipping_address": _JANE,
    "billing_address": _JANE,
    "shipping_method": "standard",
    "payment_method": "credit_card",
    "payment_status": "paid",
    "notes": "Please leave at front door",
    "items": [
        _line(
            "a0b1c2d3-e4f5-4a6b-9c7d-8e9f0a1b2c3d",
            "b5c6d7e8-f9a0-4b1c-8d2e-3f4a5b6c7d8e",
            "Wireless Headphones",
            "WH-001",
            129.99,
        ),
        _line(
            "b1c2d3e4-f5a6-4b7c-9d8e-9f0a1b2c3d4e",
            "c6d7e8f9-a0b1-4c2d-8e3f-4a5b6c7d8e9f",
            "Bluetooth Speaker",
            "BS-002",
            79.99,
        ),
    ],
    "tenant_id": "ea6c4bc0-d5aa-4f5c-b769-c51c812a5037",
    "number": "T-1001",
    "currency": "USD",
    "discount": 20.00,
    "discount_code": "",
    "refunded": 0.00,
    "cancel_reason": "",
    "fulfilments": [],
    "refunds": [],
}
_NEW = {
    "tenant_id": "ea6c4bc0-d5aa-4f5c-b769-c51c812a5037",
    "customer": {"name": "John Doe", "email": "john.doe@example.com", "phone": "+1987654321"},
    "shipping_address": _JOHN,
    "billing_address": _JOHN,
    "items": [{"product_id": "b5c6d7e8-f9a0-4b1c-8d2e-3f4a5b6c7d8e", "quantity": 1}],
    "shipping_method": "express",
    "payment_method": "credit_card",
    "notes": "Please call before delivery",
}
_WRITING = {
    Forbidden: "Your role in this shop does not allow to create, cancel and refund orders.",
    **OF_WRITING,
}
_ONE = {
    NotFound: "Order with ID '12345' does not exist.",
    MissingParameter: "tenant: Name the shop: you may read more than 20.",
    TenantMismatch: "This address belongs to 'outdoor', tenant= names another.",
    TenantInactive: "Tenant 'tech' is not active.",
    TenantNotFound: "Tenant 'nowhere' does not exist.",
}
_MAY_READ: dict[type[Refusal], str | None] = {
    Forbidden: "Your role in this shop does not allow to read orders."
}
_TENANT = OpenApiParameter(
    "tenant", str, description="The tenant slug. Not needed: an order is found by its id."
)
_MOMENT = {"type": "string", "format": "date-time"}

listed = describe(
    tag="Orders",
    summary="Orders of a tenant, newest first",
    answers={200: serializers.OrderListSerializer},
    refusals={
        InvalidRequest: "status: Use one of pending, processing, completed, cancelled.",
        **OF_TENANT,
        **_MAY_READ,
    },
    parameters=[
        TENANT,
        OpenApiParameter("status", str, enum=Order.Status.values),
        OpenApiParameter("payment_status", str, enum=Order.PaymentStatus.values),
        OpenApiParameter("customer_id", {"type": "string", "format": "uuid"}),
        OpenApiParameter("updated_since", _MOMENT, description="Inclusive."),
        OpenApiParameter("created_after", _MOMENT, description="Exclusive."),
    ],
    example={
        "orders": _ROWS,
        "tenant": "tech",
        "count": 2,
        "filters": {"status": None, "customer_id": None},
    },
    kept=True,
    paged=True,
)
retrieved = describe(
    tag="Orders",
    summary="One order with its lines, payments and shipments",
    answers={200: serializers.OrderSerializer},
    refusals={**_ONE, **_MAY_READ},
    parameters=[_TENANT],
    example=ORDER,
    kept=True,
)
created = describe(
    tag="Orders",
    summary="Create an order; its units are held from that moment",
    request=serializers.NewOrderSerializer,
    answers={201: serializers.CreatedSerializer},
    refusals={
        InvalidRequest: "items[0].product_id: Product with ID '…' is not for sale.",
        MissingParameter: "Missing: customer.email.",
        OutOfStock: "WH-001: 3 requested, 1 available.",
        TenantMismatch: "tenant_id names another shop than the address of this call.",
        TenantInactive: "Tenant 'tech' is not active.",
        TenantNotFound: "Tenant 'nowhere' does not exist.",
        **_WRITING,
    },
    parameters=[
        TENANT,
        KEY,
        REPLAYED,
        OpenApiParameter(
            "Location", str, OpenApiParameter.HEADER, description="The order.", response=[201]
        ),
    ],
    request_example=_NEW,
    example={
        "id": "e8f9a0b1-c2d3-4e4f-9a5b-6c7d8e9f0a1b",
        "status": "pending",
        "message": "Order created successfully",
    },
)


def step(summary: str, request: Any, request_example: Any, details: str, **refusals: Any) -> Any:
    """The description of a step that an order takes; each answers with the order."""
    return describe(
        tag="Orders",
        summary=summary,
        request=request,
        answers={200: serializers.OrderSerializer},
        refusals={
            IllegalTransition: details,
            **_ONE,
            **_WRITING,
            **refusals.get("refusals", {}),
        },
        parameters=[_TENANT, KEY, REPLAYED],
        request_example=request_example,
        example=ORDER,
    )


fulfilled = step(
    "Note that units were sent; by default all that is left",
    serializers.FulfilSerializer,
    {"carrier": "UPS", "tracking_number": "1Z999AA10123456784"},
    "Order T-1001 is pending and unpaid; it cannot be sent.",
)
