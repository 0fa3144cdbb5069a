"""Pictures in several widths: made when one was saved, forgotten when it is gone."""

import io
import logging
from collections.abc import Collection, Iterable

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image
from procrastinate.contrib.django import app

from catalog.models import HomePage, ProductImage
from catalog.pictures import HOME_NARROW, WIDTHS, name_at, narrower
from pycommerce.db import connection
from tenants.models import Tenant

logger = logging.getLogger(__name__)

# A picture with at most so many pixels is made narrower while its merchant waits.
AT_ONCE = 700_000
# Pages that were kept, here or by a browser, still name a picture that is gone.
_KEPT_FOR = {"hours": 1}


def finish_pictures(images: Iterable[ProductImage]) -> None:
    """After new files were saved: their other widths, at once of small ones, else by a job."""
    for image in images:
        if (image.width or 0) * (image.height or 0) <= AT_ONCE:
            make_widths(image)
        else:
            _finish_later(image)


def finish_those_left() -> int:
    """Pictures from before there were widths, and those whose job was lost; returns how many."""
    left = ProductImage.objects.filter(widths=[], width__gt=min(WIDTHS)).exclude(file="")
    images = list(left.only("id"))
    for image in images:
        _finish_later(image)
    return len(images)


def _finish_later(image: ProductImage) -> None:
    job = app.configure_task("catalog.jobs.make_picture_widths")
    job.defer(tenant_id=str(connection.tenant.pk), image_id=str(image.pk))


def make_widths(image: ProductImage) -> bool:
    """Write a picture's narrower files beside it; says whether it is still the same picture.

    Writing them again changes nothing. The caller refreshes the product.
    """
    name, widths = image.file.name or "", narrower(image.width)
    try:
        with default_storage.open(name) as file, Image.open(file) as picture:
            picture.load()
    except FileNotFoundError:
        logger.warning("Picture %s has no file", image.pk)
        return False
    for width in widths:
        _write(name_at(name, width), narrowed(picture, width))
    return bool(ProductImage.objects.filter(pk=image.pk, file=name).update(widths=widths))


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
