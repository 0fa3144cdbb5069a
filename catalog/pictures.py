"""Where a picture of a product can be fetched."""

from django.conf import settings

from catalog.models import ProductImage
from pycommerce.db import connection


def public_url(image: ProductImage) -> str:
    """The absolute address of our copy on the shop's own host, else of where it came from."""
    if not image.file:
        return image.source_url
    scheme = "https" if settings.HTTPS_REQUIRED else "http"
    return f"{scheme}://{connection.tenant.default_host}{image.file.url}"
