"""Flat pictures that lie on surfaces: screens, dials, labels."""

import math

from PIL import Image, ImageDraw, ImageFont


def words(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: float, color: str
) -> None:
    """Text around its middle."""
    draw.text(at, text, fill=color, font=ImageFont.load_default(size), anchor="mm")


def label(
    ground: str, ink: str, lines: list[str], size: tuple[int, int] = (512, 512)
) -> Image.Image:
    """Lines of text, the first the largest."""
    image = Image.new("RGBA", size, ground)
    draw = ImageDraw.Draw(image)
    wide, high = size
    sizes = [high * (0.42 if len(lines) < 3 else 0.3), *[high * 0.2] * (len(lines) - 1)]
    total, at = sum(sizes) * 1.15, 0.0
    for text, each in zip(lines, sizes, strict=True):
        words(draw, (wide / 2, high / 2 - total / 2 + at + each * 0.57), text, each, ink)
        at += each * 1.15
    return image


def face(ground: str, top: str, low: str) -> Image.Image:
    """The label in the middle of a record."""
    image = Image.new("RGBA", (512, 512), ground)
    draw = ImageDraw.Draw(image)
    draw.ellipse((40, 40, 472, 472), outline="#f3e3cf", width=6)
    words(draw, (256, 150), top, 62, "#f8ead8")
    words(draw, (256, 370), low, 70, "#f8ead8")
    return image


def dial(ground: str, ink: str, accent: str) -> Image.Image:
    """A compass card: degrees, letters, and a needle."""
    image = Image.new("RGBA", (1024, 1024), ground)
    draw = ImageDraw.Draw(image)
    for degree in range(0, 360, 5):
        a = math.radians(degree)
        inner = 400 if degree % 30 == 0 else 430
        line = [(512 + r * math.sin(a), 512 - r * math.cos(a)) for r in (inner, 470)]
        draw.line(line, fill=ink, width=8 if degree % 30 == 0 else 4)
    for index, letter in enumerate("NESW"):
        a = math.radians(90 * index)
        at = (512 + 325 * math.sin(a), 512 - 325 * math.cos(a))
        words(draw, at, letter, 110, accent if letter == "N" else ink)
    return image
