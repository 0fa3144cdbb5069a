"""Uploaded pictures: their header is looked at first, then they are made anew from pixels."""

import io
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from pycommerce.unfold_shim import UnfoldAdminImageFieldWidget

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 25_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
# What a file input offers.
ACCEPTED = ",".join(f"image/{each.lower()}" for each in _FORMATS)
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


class PictureField(forms.ImageField):
    """An upload that becomes what `clean_upload` makes of it, at most `side` pixels a side."""

    def __init__(self, *, side: int, **arguments: Any) -> None:
        self.side = side
        arguments.setdefault("widget", UnfoldAdminImageFieldWidget)
        super().__init__(**arguments)

    def to_python(self, data: Any) -> Any:
        # Not ImageField's own way, which lets every reader that Pillow has look at the file.
        file = forms.FileField.to_python(self, data)
        return clean_upload(file, side=self.side) if file else None

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return super().widget_attrs(widget) | {"accept": ACCEPTED}


def clean_upload(upload: File, *, side: int) -> ContentFile:
    """The picture as WebP in sRGB without metadata, upright, at most `side` pixels a side.

    Of an animation the first picture is taken. Raises ValidationError for anything but JPEG, PNG,
    WebP and GIF (SVG can carry scripts), for more than 15 MiB, and for more than 25 megapixels,
    which the header says before they are read.
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
            made = io.BytesIO()
            _in_srgb(image, side).save(made, "WEBP", quality=85, method=4)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        # Pillow's own limit lies above ours, so this is far beyond both.
        limit = MAX_PIXELS // 1_000_000
        raise ValidationError(f"A picture has at most {limit} megapixels.") from error
    except UnidentifiedImageError as error:
        raise ValidationError("This is not a JPEG, PNG, WebP or GIF picture.") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise ValidationError("This picture is damaged and cannot be read.") from error
    return ContentFile(made.getvalue(), name="picture.webp")


def _in_srgb(image: Image.Image, side: int) -> Image.Image:
    """The picture with 8 bits a channel, upright and small enough, as RGB or RGBA."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith(("I", "F")):
        # Grey of 16 bits; `convert` would cut off what is above 255.
        image = image.convert("I").point(lambda value: value / 257).convert("L")
    elif image.mode == "P":
        # A palette cannot be scaled.
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail((side, side))
    upright = ImageOps.exif_transpose(image)
    mode = "RGBA" if upright.has_transparency_data else "RGB"
    if profile and upright.mode in {"RGB", "CMYK", "L"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            found = ImageCms.profileToProfile(upright, source, _SRGB, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            # A profile that does not fit its picture says nothing about its colours.
            return upright.convert(mode)
        return found or upright.convert(mode)
    return upright.convert(mode)
