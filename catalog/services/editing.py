"""What saving a product or a category by hand means beyond its own row."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from catalog.errors import HeldForOrders
from catalog.models import Product, ProductImage, Variant
from catalog.sanitise import sanitise_html
from catalog.services.directory import note_whether_it_sells
from catalog.services.locking import lock_products
from catalog.services.pictures import forget_pictures
from catalog.services.refresh import refresh_products
from catalog.services.slugs import free_slug, remember_product_slug, slug_from
from tenants.services.audit import Person, record
from tenants.shop.models import AuditEntry, raise_catalogue_version


def prepare_product(product: Product) -> None:
    """Before it is saved: a clean description, and an address where none was given."""
    product.description = sanitise_html(product.description)
    if not product.slug:
        product.slug = free_slug(Product, slug_from(product.name))


def finish_product(product: Product, *, old_slug: str | None) -> None:
    """After product, variants and pictures were saved: what lists read, and the old address."""
    if old_slug and old_slug != product.slug:
        remember_product_slug(product, old_slug)
    refresh_products([product.pk])


@transaction.atomic
def edit_product(
    product_id: UUID,
    *,
    fields: Mapping[str, Any],
    prices: Mapping[UUID, Mapping[str, Decimal | None]],
    user: Person | None,
) -> None:
    """Set fields of a product, and prices of its variants (id to field to amount).

    What is as it was already is not written, and where nothing changes nothing is.
    """
    lock_products([product_id])
    variants = Variant.objects.filter(product_id=product_id, pk__in=prices).order_by("pk")
    changed = [
        (variant, new) for variant in variants if (new := _differences(variant, prices[variant.pk]))
    ]
    product = Product.objects.get(pk=product_id)
    if "description" in fields:
        fields = {**fields, "description": sanitise_html(fields["description"])}
    new_fields = _differences(product, fields)
    if not new_fields and not changed:
        return
    changes = _apply(product, new_fields)
    for variant, new in changed:
        done = _apply(variant, new | {"updated_at": timezone.now()})
        changes |= {f"{name} of {variant.sku}": done[name] for name in new}
    record(user=user, action=AuditEntry.Action.CHANGE, thing=product, changes=changes)
    refresh_products([product_id])
    raise_catalogue_version()


def _differences(thing: Product | Variant, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if getattr(thing, name) != value}


def _apply(thing: Product | Variant, fields: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Save the fields; returns field to old and new value."""
    changes = {name: (getattr(thing, name), value) for name, value in fields.items()}
    for name, value in fields.items():
        setattr(thing, name, value)
    if fields:
        thing.save(update_fields=list(fields))
    return changes


def prepare_variants(variants: Sequence[Variant], product: Product) -> None:
    """Before they are saved: a stable SKU of its own for each where none was given."""
    for variant in variants:
        variant.sku = variant.sku.strip()
        variant.updated_at = timezone.now()
    given = {variant.sku for variant in variants}
    for variant in variants:
        if not variant.sku:
            variant.sku, variant.sku_is_generated = _free_sku(variant, product, given), True
            given.add(variant.sku)


def _free_sku(variant: Variant, product: Product, given: Collection[str]) -> str:
    """The variant's generated SKU, or with the first number behind it that nobody has."""
    wanted = sku = generated_sku(product.slug, variant)
    others, number = Variant.objects.exclude(pk=variant.pk), 1
    while sku in given or others.filter(sku=sku).exists():
        number += 1
        sku = f"{wanted[:240]}-{number}"
    return sku


def generated_sku(slug: str, variant: Variant) -> str:
    """A SKU from the product's address and the variant's options; the same every time."""
    parts = [slug, *(slug_from(value) for value in variant.option_values)]
    return "-".join(parts)[:255]


def held_skus(product_ids: Collection[UUID]) -> list[str]:
    """The SKUs of these products' variants of which orders hold units."""
    held = Variant.objects.filter(product__in=product_ids, held__gt=0)
    return list(held.order_by("sku").values_list("sku", flat=True))


@transaction.atomic
def delete_products(product_ids: Collection[UUID]) -> None:
    """Delete products with all that is theirs. Raises HeldForOrders; then nothing has changed."""
    variants = Variant.objects.filter(product__in=product_ids).order_by("pk")
    list(variants.select_for_update(of=("self",)).values_list("pk"))
    if skus := held_skus(product_ids):
        raise HeldForOrders(skus)
    images = ProductImage.objects.filter(product__in=product_ids)
    forget_pictures(images.values_list("file", flat=True))
    Product.objects.filter(pk__in=product_ids).delete()
    note_whether_it_sells()
    raise_catalogue_version()
