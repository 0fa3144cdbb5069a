"""Uploaded pictures: their header is looked at first, then they are made anew from pixels."""

import io

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 25_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def clean_upload(upload: File, *, side: int) -> ContentFile:
    """The picture as WebP without metadata, turned upright, at most `side` pixels a side.

    Raises ValidationError for anything but JPEG, PNG, WebP and GIF (SVG can carry scripts), for
    more than 15 MiB, and for more than 25 megapixels, which the header says before they are read.
    """
    if upload.size and upload.size > MAX_BYTES:
        raise ValidationError(f"A picture has at most {MAX_BYTES // 1024 // 1024} MiB.")
    upload.seek(0)
    try:
        with Image.open(upload, formats=_FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValidationError(
                    f"A picture has at most {MAX_PIXELS // 1_000_000} megapixels; this one has "
                    f"{image.width} × {image.height}."
                )
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((side, side))
            mode = "RGBA" if upright.has_transparency_data else "RGB"
            made = io.BytesIO()
            upright.convert(mode).save(made, "WEBP", quality=85, method=4)
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise ValidationError("This is not a JPEG, PNG, WebP or GIF picture.") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise ValidationError("This picture is damaged and cannot be read.") from error
    return ContentFile(made.getvalue(), name="picture.webp")
