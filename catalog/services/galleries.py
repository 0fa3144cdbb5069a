"""The pictures of a product: added, put in order, described and removed."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import transaction

from catalog.errors import TooManyPictures, UnknownProduct
from catalog.models import Product, ProductImage
from catalog.services.pictures import finish_pictures, forget_pictures
from catalog.services.refresh import refresh_products
from tenants.services.audit import Person, record
from tenants.shop.models import AuditEntry, raise_catalogue_version

MOST_PICTURES = 250


@transaction.atomic
def add_picture(product_id: UUID, file: ContentFile, *, user: Person | None) -> ProductImage:
    """Put a picture, as `tenants.pictures.clean_upload` made it, behind a product's others.

    Raises UnknownProduct or TooManyPictures; then nothing has changed.
    """
    product = _locked(product_id)
    positions = list(product.images.values_list("position", flat=True))
    if len(positions) >= MOST_PICTURES:
        raise TooManyPictures(MOST_PICTURES)
    image = ProductImage(product=product, file=file, position=max(positions, default=0) + 1)
    image.measure()
    image.save()
    finish_pictures([image])
    _finish(product, {f"picture {image.pk}": (None, "added")}, user)
    return image


@transaction.atomic
def arrange_pictures(
    product_id: UUID,
    *,
    order: Sequence[UUID] = (),
    described: Mapping[UUID, Mapping[str, Any]],
    removed: Collection[UUID] = (),
    user: Person | None,
) -> None:
    """Put a product's pictures in an order; set `alt` and `variant_id` of some, remove others.

    Pictures that `order` does not name come behind those it does, as they stood; pictures that
    are gone are passed over. What is as it was is not written. Raises UnknownProduct.
    """
    product = _locked(product_id)
    images = {image.pk: image for image in product.images.all()}
    changes: dict[str, tuple[Any, Any]] = {}
    gone = [images.pop(pk) for pk in removed if pk in images]
    changes |= {f"picture {image.pk}": (image.alt, "removed") for image in gone}
    before = list(images)
    places = [pk for pk in dict.fromkeys([*order, *before]) if pk in images]
    if places != before:
        changes["order of pictures"] = (list(map(str, before)), list(map(str, places)))
    for place, pk in enumerate(places, 1):
        image = images[pk]
        image.position = place
        for name, value in described.get(pk, {}).items():
            if getattr(image, name) != value:
                changes[f"{name} of picture {pk}"] = (getattr(image, name), value)
                setattr(image, name, value)
    if not changes:
        return
    ProductImage.objects.filter(pk__in=[image.pk for image in gone]).delete()
    forget_pictures([image.file.name or "" for image in gone])
    ProductImage.objects.bulk_update(images.values(), ["position", "alt", "variant"])
    _finish(product, changes, user)


def _locked(product_id: UUID) -> Product:
    product = Product.objects.select_for_update(no_key=True).filter(pk=product_id).first()
    if product is None:
        raise UnknownProduct(product_id)
    return product


def _finish(product: Product, changes: Mapping[str, tuple[Any, Any]], user: Person | None) -> None:
    record(user=user, action=AuditEntry.Action.CHANGE, thing=product, changes=changes)
    refresh_products([product.pk])
    raise_catalogue_version()
