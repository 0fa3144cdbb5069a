"""The order in which rows of the catalogue are locked: whoever keeps to it never deadlocks."""

from collections.abc import Collection
from uuid import UUID

from catalog.models import Product, Variant


def lock_products(product_ids: Collection[UUID]) -> None:
    """Lock products and their variants until the transaction ends; those that are gone are not.

    Variants first, as orders lock them too, then products; each in id order. What only refers to
    one of them need not wait.
    """
    variants = Variant.objects.filter(product__in=product_ids).order_by("pk")
    list(variants.select_for_update(of=("self",), no_key=True).values_list("pk"))
    products = Product.objects.filter(pk__in=product_ids).order_by("pk")
    list(products.select_for_update(no_key=True).values_list("pk"))
