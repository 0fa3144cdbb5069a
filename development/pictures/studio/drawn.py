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


def watch_screen() -> Image.Image:
    """Time, three rings and a pulse."""
    image = Image.new("RGBA", (760, 880), "#050608")
    draw = ImageDraw.Draw(image)
    words(draw, (380, 170), "10:08", 210, "#ffffff")
    words(draw, (380, 300), "MON 30 NOV", 60, "#aeb4c0")
    for r, color, share in ((190, "#ff5a4d", 0.8), (145, "#5be07f", 0.62), (100, "#4db5ff", 0.9)):
        around = (380 - r, 590 - r, 380 + r, 590 + r)
        draw.arc(around, 0, 360, fill="#23262d", width=32)
        draw.arc(around, -90, -90 + 360 * share, fill=color, width=32)
    words(draw, (380, 592), "72", 90, "#ffffff")
    return image


def band_screen() -> Image.Image:
    """Time and steps on a narrow screen that is read across."""
    image = Image.new("RGBA", (800, 400), "#050608")
    draw = ImageDraw.Draw(image)
    words(draw, (300, 200), "10:08", 190, "#ffffff")
    draw.arc((590, 100, 760, 300), -90, 190, fill="#5be07f", width=28)
    return image


def photograph() -> Image.Image:
    """A small print: hills under an evening sky, in a white frame."""
    image = Image.new("RGBA", (680, 600), "#fbfaf7")
    draw = ImageDraw.Draw(image)
    for y in range(50, 560):
        t = (y - 50) / 510
        draw.line((50, y, 630, y), fill=(int(246 - 40 * t), int(190 - 20 * t), int(140 + 30 * t)))
    draw.ellipse((400, 130, 500, 230), fill="#fff1cf")
    draw.polygon(
        [(50, 560), (50, 380), (200, 250), (360, 400), (480, 300), (630, 430), (630, 560)],
        fill="#5c6f8a",
    )
    draw.polygon([(50, 560), (50, 470), (260, 400), (630, 520), (630, 560)], fill="#33465a")
    return image


def keycaps(
    keys: list[tuple[float, float, float, str]], cap: str, accent: str, ink: str
) -> Image.Image:
    """The tops of keys with their letters; 15 by 5 units of 100 pixels."""
    image = Image.new("RGBA", (1500, 500), cap)
    draw = ImageDraw.Draw(image)
    for x, z, wide, letters in keys:
        middle = ((x + 7.5) * 100, (z + 2.5) * 100)
        special = letters in {"Esc", "Enter"}
        if special:
            left, top = middle[0] - wide * 50, middle[1] - 50
            draw.rectangle((left, top, left + wide * 100, top + 100), fill=accent)
        size = 40 if len(letters) == 1 else 22
        light = special and accent != cap
        words(draw, middle, letters, size, "#ffffff" if light else ink)
    return image


def card_label(ground: str, top: str, low: str) -> Image.Image:
    """The sticker of a memory card."""
    image = Image.new("RGBA", (512, 580), "#00000000")
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((10, 10, 502, 570), 30, fill=ground)
    words(draw, (256, 210), top, 190 if len(top) < 4 else 86, "#ffffff")
    words(draw, (256, 400), low, 76, "#ffffff")
    return image


def gauge(text: str, color: str) -> Image.Image:
    """A round display: a number within an arc."""
    image = Image.new("RGBA", (600, 600), "#0d0f13")
    draw = ImageDraw.Draw(image)
    draw.arc((60, 60, 540, 540), 140, 400, fill="#2b2f37", width=30)
    draw.arc((60, 60, 540, 540), 140, 320, fill=color, width=30)
    words(draw, (300, 300), text, 150, "#ffffff")
    return image


def paper() -> Image.Image:
    """Numbers of the air, black on paper."""
    image = Image.new("RGBA", (900, 620), "#e6e6e0")
    draw = ImageDraw.Draw(image)
    words(draw, (250, 130), "CO2", 70, "#55564f")
    words(draw, (270, 260), "612", 210, "#1d1e1b")
    heights = (60, 90, 70, 120, 160, 130, 100, 80, 110, 70, 60, 50)
    for index, high in enumerate(heights):
        draw.rectangle((520 + index * 28, 330 - high, 538 + index * 28, 330), fill="#3c3d38")
    draw.line((60, 410, 840, 410), fill="#a5a69f", width=5)
    for x, top, low in ((170, "DUST", "4"), (450, "HUMIDITY", "46 %"), (730, "TEMP.", "21°")):
        words(draw, (x, 460), top, 42, "#55564f")
        words(draw, (x, 545), low, 92, "#1d1e1b")
    return image


def panel_cells() -> Image.Image:
    """Solar cells, two by four, with their fine lines."""
    image = Image.new("RGBA", (720, 1360), "#c7ccd6")
    draw = ImageDraw.Draw(image)
    for i in range(2):
        for j in range(4):
            left, top = i * 360 + 8, j * 340 + 8
            draw.rectangle((left, top, left + 344, top + 324), fill="#14224a")
            for k in range(1, 12):
                y = top + k * 27
                draw.line((left, y, left + 344, y), fill="#24366a", width=3)
            for k in (1, 2):
                draw.line((left + k * 115, top, left + k * 115, top + 324), fill="#aab4c8", width=6)
    return image


def ruler() -> Image.Image:
    """The marks on a clear plate: centimetres at both sides and an arrow."""
    image = Image.new("RGBA", (500, 800), "#00000000")
    draw = ImageDraw.Draw(image)
    for i in range(37):
        y = 40 + i * 20
        long = 46 if i % 5 == 0 else 24
        draw.line((14, y, 14 + long, y), fill="#25404a", width=4)
        draw.line((486 - long, y, 486, y), fill="#25404a", width=4)
    draw.polygon(
        [(250, 520), (290, 600), (262, 600), (262, 760), (238, 760), (238, 600), (210, 600)],
        fill="#c63b2b",
    )
    return image
