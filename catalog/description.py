"""What `/api/products` and `/api/categories` promise, for the OpenAPI description."""

from drf_spectacular.utils import OpenApiParameter

from catalog import serializers
from catalog.errors import StockWouldBeNegative
from pycommerce.api.description import describe
from pycommerce.core.errors import Forbidden, InvalidRequest, MissingParameter, NotFound, Refusal
from tenants.description import KEY, OF_WRITING, REPLAYED
from tenants.errors import TenantInactive, TenantMismatch, TenantNotFound

TENANT = OpenApiParameter(
    "tenant",
    str,
    description='The tenant slug (e.g., "tech", "outdoor"). Required on the platform\'s own hosts; '
    "on a shop's host it may be missing and must agree.",
)
OF_TENANT = {
    MissingParameter: "tenant: Name the shop's slug, as in tenant=tech.",
    TenantMismatch: "This address belongs to 'outdoor', tenant= names another.",
    TenantInactive: "Tenant 'tech' is not active.",
    TenantNotFound: "Tenant 'nowhere' does not exist.",
}
_MONEY = {"type": "number", "minimum": 0, "exclusiveMaximum": 10_000_000_000}
_HEADPHONES = {
    "id": "b5c6d7e8-f9a0-4b1c-8d2e-3f4a5b6c7d8e",
    "name": "Wireless Headphones",
    "description": "Premium wireless headphones with noise cancellation",
    "price": 129.99,
    "sku": "WH-001",
    "stock": 25,
    "categories": ["Electronics", "Audio"],
    "slug": "wireless-headphones",
    "currency": "USD",
    "images": [],
    "compare_at_price": None,
    "variants": [
        {
            "id": "019a5c3e-8f7a-7d0c-9b1e-2f3a4b5c6d7e",
            "sku": "WH-001",
            "price": 129.99,
            "compare_at_price": None,
            "stock": 25,
            "options": {},
        }
    ],
    "updated_at": "2025-03-15T10:30:00Z",
}
_SPEAKER = _HEADPHONES | {
    "id": "c6d7e8f9-a0b1-4c2d-8e3f-4a5b6c7d8e9f",
    "name": "Bluetooth Speaker",
    "description": "Waterproof portable Bluetooth speaker",
    "price": 79.99,
    "sku": "BS-002",
    "stock": 42,
    "slug": "bluetooth-speaker",
    "variants": [
        {
            "id": "019a5c3e-8f7a-7d0c-9b1e-2f3a4b5c6d7f",
            "sku": "BS-002",
            "price": 79.99,
            "compare_at_price": None,
            "stock": 42,
            "options": {},
        }
    ],
}
_ELECTRONICS = {
    "id": "a1b2c3d4-e5f6-4a7b-9c8d-9e0f1a2b3c4d",
    "name": "Electronics",
    "description": "Electronic devices and gadgets",
    "slug": "electronics",
    "parent_id": None,
}
_AUDIO = {
    "id": "b2c3d4e5-f6a7-4b8c-9d0e-1f2a3b4c5d6e",
    "name": "Audio",
    "description": "Audio devices and accessories",
    "slug": "audio",
    "parent_id": "a1b2c3d4-e5f6-4a7b-9c8d-9e0f1a2b3c4d",
}

describe_products = describe(
    tag="Catalogue",
    summary="Products of a tenant, newest first",
    answers={200: serializers.ProductListSerializer},
    refusals={InvalidRequest: "min_price: Write a number such as 129.99.", **OF_TENANT},
    parameters=[
        TENANT,
        OpenApiParameter(
            "category", str, description="Name or slug; its sub-categories are included."
        ),
        OpenApiParameter("min_price", _MONEY, description="Inclusive."),
        OpenApiParameter("max_price", _MONEY, description="Inclusive."),
        OpenApiParameter("in_stock", bool, description="Whether units can be sold now."),
        OpenApiParameter("q", str, description="Full-text search; typos are corrected by word."),
        OpenApiParameter(
            "sort",
            str,
            enum=["newest", "price", "-price", "name", "relevance"],
            description="Newest first; with `q` by relevance, which needs `q`.",
        ),
        OpenApiParameter(
            "updated_since", {"type": "string", "format": "date-time"}, description="Inclusive."
        ),
    ],
    example={
        "products": [_HEADPHONES, _SPEAKER],
        "tenant": "tech",
        "count": 2,
        "filters": {"category": "Audio", "min_price": None, "max_price": None, "in_stock": True},
    },
    kept=True,
    paged=True,
)
describe_product = describe(
    tag="Catalogue",
    summary="One product, by its id or its slug",
    answers={200: serializers.ProductSerializer},
    refusals={
        NotFound: "Product with ID 'no-such-product' does not exist.",
        **OF_TENANT,
    },
    parameters=[TENANT],
    example=_HEADPHONES,
    kept=True,
)
describe_categories = describe(
    tag="Catalogue",
    summary="Categories of a tenant",
    answers={200: serializers.CategoryListSerializer},
    refusals={InvalidRequest: "parent_id: Write a UUID.", **OF_TENANT},
    parameters=[
        TENANT,
        OpenApiParameter(
            "parent_id",
            {"type": "string", "format": "uuid"},
            description="Filter categories by parent ID for subcategories.",
        ),
    ],
    example={"categories": [_ELECTRONICS, _AUDIO], "tenant": "tech", "count": 2},
    kept=True,
    paged=True,
)
describe_category = describe(
    tag="Catalogue",
    summary="One category, by its id or its slug",
    answers={200: serializers.CategorySerializer},
    refusals={NotFound: "Category with ID 'no-such-category' does not exist.", **OF_TENANT},
    parameters=[TENANT],
    example=_AUDIO,
    kept=True,
)
_MAY_WRITE: dict[type[Refusal], str | None] = {
    Forbidden: "Your role in this shop does not allow to change products, categories and stock."
}
describe_product_change = describe(
    tag="Catalogue",
    summary="Change name, description, status or prices of a product, by its id or its slug",
    request=serializers.ProductChangeSerializer,
    answers={200: serializers.ChangedProductSerializer},
    refusals={
        InvalidRequest: "variants[0].sku: The product has no such variant.",
        NotFound: "Product with ID 'no-such-product' does not exist.",
        **OF_TENANT,
        **_MAY_WRITE,
        **OF_WRITING,
    },
    parameters=[TENANT, KEY, REPLAYED],
    request_example={
        "name": "Wireless Headphones",
        "variants": [{"sku": "WH-001", "price": 129.99, "compare_at_price": None}],
    },
    example=_HEADPHONES | {"status": "active"},
)
describe_stock_adjustment = describe(
    tag="Catalogue",
    summary="Change the units on hand of a variant, or set them to a count",
    request=serializers.StockAdjustmentSerializer,
    answers={200: serializers.StockSerializer},
    refusals={
        InvalidRequest: "sku: There is no such variant.",
        StockWouldBeNegative: "WH-001: 30 requested, 25 available.",
        **OF_TENANT,
        **_MAY_WRITE,
        **OF_WRITING,
    },
    parameters=[TENANT, KEY, REPLAYED],
    request_example={"sku": "WH-001", "change": 12, "reason": "Delivery"},
    example={
        "product_id": "b5c6d7e8-f9a0-4b1c-8d2e-3f4a5b6c7d8e",
        "variant_id": "019a5c3e-8f7a-7d0c-9b1e-2f3a4b5c6d7e",
        "sku": "WH-001",
        "on_hand": 37,
        "held": 1,
        "stock": 36,
    },
)
