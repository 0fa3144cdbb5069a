"""Plain makers with defaults, so that a test states only what it is about."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import transaction

from catalog.models import Category, Product, ProductImage, StockMovement, Variant
from catalog.services.refresh import refresh_products
from catalog.services.slugs import free_slug, slug_from
from orders.models import Order, ShippingMethod
from orders.services.placing import Address, Buyer, give_number, place_order
from tenants.models import Tenant, User
from tenants.services import add_member
from tenants.shop.models import raise_catalogue_version

PASSWORD = "a long enough passphrase"
_numbers = count(1)


def make_user(email: str = "", **fields: Any) -> User:
    number = next(_numbers)
    return User.objects.create_user(email or f"user{number}@example.com", PASSWORD, **fields)


def make_member(tenant: Tenant, role: str = "owner", **fields: Any) -> User:
    user = make_user(**fields)
    add_member(user, tenant, role)
    return user


def make_category(name: str = "Things", parent: Category | None = None, **fields: Any) -> Category:
    fields.setdefault("slug", free_slug(Category, slug_from(name)))
    return Category.objects.create(name=name, parent=parent, **fields)


def make_product(
    name: str = "",
    *,
    price: str | Decimal = "10.00",
    on_hand: int = 5,
    sku: str = "",
    compare_at_price: str | None = None,
    categories: Sequence[Category] = (),
    variants: Sequence[Mapping[str, Any]] = (),
    image: str | None = None,
    **fields: Any,
) -> Product:
    """A product with its variants, as a shop shows it.

    `variants` are mappings of Variant's fields, for a product with `option_names`; without them
    there is one variant from `price`, `on_hand`, `sku` and `compare_at_price`.
    """
    number = next(_numbers)
    name = name or f"Product {number}"
    fields.setdefault("slug", free_slug(Product, slug_from(name)))
    product = Product.objects.create(name=name, **fields)
    product.categories.set(categories)
    default = {"price": price, "on_hand": on_hand, "sku": sku, "compare_at_price": compare_at_price}
    for position, given in enumerate(variants or [default], 1):
        wanted = {"price": price, "on_hand": on_hand, "position": position, **given}
        wanted["sku"] = wanted.get("sku") or f"SKU-{number}-{position}"
        wanted["price"] = Decimal(wanted["price"])
        variant = Variant.objects.create(product=product, **wanted)
        if variant.on_hand:
            StockMovement.objects.create(
                variant=variant, kind=StockMovement.Kind.RECEIPT, quantity=variant.on_hand
            )
    if image is not None:
        file = f"tenants/test/{number}.webp"
        made = ProductImage.objects.create(product=product, alt=image)
        # Set beside the field: a test needs no file behind it.
        ProductImage.objects.filter(pk=made.pk).update(file=file, width=800, height=800)
    refresh_products([product.pk])
    raise_catalogue_version()
    product.refresh_from_db()
    return product


def make_shipping_method(
    code: str = "express", price: str = "15.00", **fields: Any
) -> ShippingMethod:
    fields.setdefault("name", code.capitalize())
    return ShippingMethod.objects.create(code=code, price=Decimal(price), **fields)


JOHN = Buyer("John Doe", "john.doe@example.com", "+1987654321")
PARK_AVENUE = Address(
    line1="456 Park Ave",
    city="Metropolis",
    state="NY",
    postal_code="10002",
    country="USA",
    code="US",
)


def make_order(*products: Product, quantity: int = 1, **fields: Any) -> Order:
    """A pending order of the first variant of each product, placed and numbered."""
    fields.setdefault("shipping_method", "standard")
    with transaction.atomic():
        order = place_order(
            buyer=fields.pop("buyer", JOHN),
            shipping_address=fields.pop("shipping_address", PARK_AVENUE),
            quantities={
                product.variants.get(position=1).pk: quantity
                for product in products or (make_product(),)
            },
            **fields,
        )
        give_number(order)
    return order
