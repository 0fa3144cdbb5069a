"""Where a picture of a product can be fetched, and how wide."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from catalog.models import ProductImage
from pycommerce.db import connection

# Widths in pixels that stand ready beside a picture's own: of a card and of a page, on screens of
# one to three dots a pixel.
WIDTHS = (320, 480, 640, 1000)
# A product's picture is made at most so many pixels wide and high.
PICTURE_SIDE = 1600
# The home page's own picture stands ready in this width beside its own.
HOME_NARROW = 800


def public_url(image: ProductImage) -> str:
    """The absolute address of our copy on the shop's own host, else of where it came from."""
    if not image.file:
        return image.source_url
    scheme = "https" if settings.HTTPS_REQUIRED else "http"
    return f"{scheme}://{connection.tenant.default_host}{image.file.url}"


def narrower(width: int | None) -> list[int]:
    """The widths that a picture is made in beside its own."""
    return [each for each in WIDTHS if width and each < width]


def name_at(name: str, width: int) -> str:
    """The file or address of a picture in one of its other widths: a.webp is a-320.webp."""
    stem, dot, ending = name.rpartition(".")
    return f"{stem}-{width}{dot}{ending}"


def srcset(image: Mapping[str, Any]) -> str:
    """The value of `srcset` for a row of `ProductRow.images`; empty while there is one width."""
    if not image.get("widths") or not image["width"]:
        return ""
    url = image["url"]
    found = [f"{name_at(url, width)} {width}w" for width in image["widths"]]
    return ", ".join([*found, f"{url} {image['width']}w"])


def small(image: Mapping[str, Any]) -> str:
    """The address of the narrowest there is of it."""
    return name_at(image["url"], image["widths"][0]) if image.get("widths") else image["url"]
