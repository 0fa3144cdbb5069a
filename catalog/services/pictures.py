"""Pictures in several widths: made when one was saved, forgotten when it is gone."""

import io
import logging
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image
from procrastinate.contrib.django import app

from catalog.models import HomePage, Product, ProductImage
from catalog.pictures import HOME_NARROW, WIDTHS, name_at, narrower
from pycommerce.db import connection
from tenants.models import Tenant

logger = logging.getLogger(__name__)

# A picture with at most so many pixels is made narrower while its merchant waits.
AT_ONCE = 700_000
# So many of the others share a job, at the end of which what pages keep is made anew.
_OF_A_JOB = 250
# Pages that were kept, here or by a browser, still name a picture that is gone.
_KEPT_FOR = {"hours": 1}


def finish_pictures(images: Iterable[ProductImage]) -> None:
    """After new files were saved: their other widths, at once of small ones, else by a job."""
    later = []
    for image in images:
        if (image.width or 0) * (image.height or 0) <= AT_ONCE:
            make_widths(image)
        else:
            later.append(image.pk)
    _finish_later(later)


def finish_those_left() -> int:
    """Pictures from before there were widths, and those whose job was lost; returns how many."""
    left = ProductImage.objects.filter(widths=[], width__gt=min(WIDTHS)).exclude(file="")
    images = list(left.values_list("pk", flat=True))
    _finish_later(images)
    return len(images)


def _finish_later(images: Sequence[UUID]) -> None:
    job = app.configure_task("catalog.jobs.make_picture_widths")
    for start in range(0, len(images), _OF_A_JOB):
        some = [str(each) for each in images[start : start + _OF_A_JOB]]
        job.defer(tenant_id=str(connection.tenant.pk), image_ids=some)


def make_widths(image: ProductImage) -> bool:
    """Write a picture's narrower files beside it; says whether it is still the same picture.

    The caller refreshes the product.
    """
    return bool(tell_widths([image] if write_widths(image) else []))


def write_widths(image: ProductImage) -> bool:
    """Write a picture's narrower files beside it, again where they are there.

    Says whether the picture has a file.
    """
    name = image.file.name or ""
    try:
        with default_storage.open(name) as file, Image.open(file) as picture:
            picture.load()
    except FileNotFoundError:
        logger.warning("Picture %s has no file", image.pk)
        return False
    for width in narrower(image.width):
        _write(name_at(name, width), narrowed(picture, width))
    return True


def tell_widths(images: Collection[ProductImage]) -> set[UUID]:
    """Have pictures whose narrower files were written say so, where they are the same still.

    Returns their products, which the caller refreshes.
    """
    # Locked as whoever arranges the pictures of one locks it: before them, and in id order.
    owners = Product.objects.filter(pk__in={image.product_id for image in images}).order_by("pk")
    with transaction.atomic():
        list(owners.select_for_update(no_key=True).values_list("pk"))
        return {
            image.product_id
            for image in images
            if ProductImage.objects.filter(pk=image.pk, file=image.file.name).update(
                widths=narrower(image.width)
            )
        }


def finish_home_picture(home: HomePage) -> None:
    """After a new picture of the home page was saved: the width of it that phones ask for."""
    if not home.picture or home.picture.width <= HOME_NARROW:
        return
    with home.picture.open() as file, Image.open(file) as picture:
        picture.load()
    _write(name_at(home.picture.name or "", HOME_NARROW), narrowed(picture, HOME_NARROW))


def narrowed(picture: Image.Image, width: int) -> bytes:
    """The picture in another width, as WebP."""
    height = max(1, round(picture.height * width / picture.width))
    made = io.BytesIO()
    smaller = picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3)
    smaller.save(made, "WEBP", quality=80, method=4)
    return made.getvalue()


def _write(name: str, content: bytes) -> None:
    # What a job that was stopped left there may be cut off.
    default_storage.delete(name)
    default_storage.save(name, ContentFile(content))


def forget_pictures(names: Collection[str]) -> None:
    """Have the files of pictures that are gone deleted, in all widths, in an hour."""
    if found := sorted(filter(None, names)):
        job = app.configure_task("catalog.jobs.delete_picture_files", schedule_in=_KEPT_FOR)
        job.defer(tenant_id=str(connection.tenant.pk), names=found)


def delete_files(names: Collection[str]) -> None:
    """Delete those of these files, with their other widths, that no picture has any more."""
    kept = set(ProductImage.objects.filter(file__in=names).values_list("file", flat=True))
    kept |= set(HomePage.objects.filter(picture__in=names).values_list("picture", flat=True))
    kept |= set(Tenant.objects.filter(logo__in=names).values_list("logo", flat=True))
    folders = ("products", "home", "logo")
    own = tuple(f"tenants/{connection.tenant.pk}/{folder}/" for folder in folders)
    for name in names:
        if name in kept or not name.startswith(own):
            continue
        for each in (name, *(name_at(name, width) for width in (*narrower(10**6), HOME_NARROW))):
            default_storage.delete(each)
