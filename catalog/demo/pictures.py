"""Simple pictures for demo products: a shape on a soft ground, the same every time."""

import io
import zlib

from PIL import Image, ImageDraw

SIDE = 800
_SCALE = 2

# Shapes in hundredths of the side: kind, coordinates, shade (0 dark, 1 middle, 2 light).
Shape = tuple[str, tuple[float, ...], int]
_DRAWINGS: dict[str, list[Shape]] = {
    "headphones": [
        ("arc", (26, 22, 74, 78), 0),
        ("box", (22, 48, 35, 74), 0),
        ("box", (65, 48, 78, 74), 0),
        ("box", (25, 52, 32, 70), 1),
        ("box", (68, 52, 75, 70), 1),
    ],
    "speaker": [
        ("box", (34, 20, 66, 80), 0),
        ("disc", (40, 26, 60, 46), 1),
        ("disc", (38, 50, 62, 74), 1),
        ("disc", (46, 58, 54, 66), 2),
    ],
    "earbuds": [
        ("box", (26, 34, 74, 76), 0),
        ("box", (26, 34, 74, 50), 1),
        ("disc", (34, 22, 46, 34), 0),
        ("disc", (54, 22, 66, 34), 0),
    ],
    "turntable": [
        ("box", (20, 28, 80, 74), 1),
        ("disc", (26, 33, 62, 69), 0),
        ("disc", (40, 47, 48, 55), 2),
        ("line", (72, 34, 60, 58), 2),
    ],
    "microphone": [
        ("box", (40, 18, 60, 52), 0),
        ("line", (50, 52, 50, 76), 0),
        ("box", (34, 74, 66, 79), 0),
        ("box", (44, 24, 56, 40), 1),
    ],
    "soundbar": [
        ("box", (14, 44, 86, 56), 0),
        ("disc", (20, 46, 28, 54), 1),
        ("disc", (72, 46, 80, 54), 1),
    ],
    "radio": [
        ("box", (22, 34, 78, 72), 0),
        ("disc", (28, 41, 52, 65), 1),
        ("box", (58, 42, 72, 50), 2),
        ("line", (66, 34, 76, 14), 0),
    ],
    "watch": [
        ("box", (40, 12, 60, 88), 1),
        ("box", (32, 32, 68, 68), 0),
        ("box", (37, 37, 63, 63), 2),
    ],
    "band": [("box", (40, 14, 60, 86), 0), ("box", (43, 38, 57, 62), 2)],
    "ring": [("disc", (26, 26, 74, 74), 0), ("ground", (36, 36, 64, 64), 0)],
    "camera": [
        ("box", (18, 34, 82, 74), 0),
        ("box", (38, 26, 60, 40), 0),
        ("disc", (36, 38, 66, 68), 1),
        ("disc", (44, 46, 58, 60), 2),
    ],
    "tripod": [
        ("line", (50, 28, 26, 82), 0),
        ("line", (50, 28, 50, 84), 0),
        ("line", (50, 28, 74, 82), 0),
        ("box", (42, 16, 58, 30), 1),
    ],
    "keyboard": [
        ("box", (12, 36, 88, 66), 0),
        *(("box", (16 + 9 * i, 40, 22 + 9 * i, 46), 2) for i in range(8)),
        *(("box", (16 + 9 * i, 48, 22 + 9 * i, 54), 2) for i in range(8)),
        ("box", (30, 57, 70, 62), 2),
    ],
    "mouse": [("disc", (34, 24, 66, 78), 0), ("line", (50, 28, 50, 44), 2)],
    "drive": [("box", (28, 28, 72, 74), 0), ("box", (33, 62, 45, 68), 2)],
    "card": [
        ("box", (32, 22, 68, 78), 0),
        *(("box", (37 + 7 * i, 27, 41 + 7 * i, 38), 2) for i in range(4)),
    ],
    "laptop": [
        ("poly", (26, 26, 78, 26, 70, 60, 18, 60), 1),
        ("poly", (18, 62, 70, 62, 84, 76, 30, 76), 0),
    ],
    "lamp": [
        ("poly", (38, 20, 62, 20, 72, 50, 28, 50), 2),
        ("line", (50, 50, 50, 76), 0),
        ("box", (34, 75, 66, 81), 0),
    ],
    "thermostat": [
        ("disc", (24, 24, 76, 76), 0),
        ("disc", (32, 32, 68, 68), 2),
        ("line", (50, 50, 62, 40), 0),
    ],
    "charger": [
        ("box", (32, 34, 68, 82), 0),
        ("box", (40, 18, 45, 36), 1),
        ("box", (55, 18, 60, 36), 1),
        ("box", (42, 62, 58, 66), 2),
    ],
    "battery": [
        ("box", (34, 20, 66, 80), 0),
        *(("box", (40, 66 - 12 * i, 60, 72 - 12 * i), 2) for i in range(3)),
    ],
    "cable": [
        ("arc", (26, 26, 74, 74), 0),
        ("box", (21, 48, 31, 68), 1),
        ("box", (69, 48, 79, 68), 1),
    ],
    "panel": [
        ("poly", (30, 22, 86, 22, 70, 76, 14, 76), 0),
        *(("line", (30 + 14 * i, 22, 14 + 14 * i, 76), 2) for i in (1, 2, 3)),
        ("line", (22, 49, 78, 49), 2),
    ],
    "tent": [
        ("poly", (50, 22, 88, 78, 12, 78), 0),
        ("poly", (50, 36, 64, 78, 36, 78), 2),
    ],
    "tarp": [("poly", (14, 64, 50, 26, 86, 64, 50, 54), 0), ("line", (50, 54, 50, 82), 1)],
    "sleepingbag": [
        ("disc", (32, 14, 68, 46), 1),
        ("box", (32, 28, 68, 86), 0),
        ("disc", (41, 20, 59, 38), 2),
    ],
    "mat": [
        ("box", (20, 34, 80, 72), 0),
        *(("line", (28 + 11 * i, 36, 28 + 11 * i, 70), 1) for i in range(5)),
    ],
    "stove": [
        ("box", (36, 50, 64, 84), 0),
        ("box", (46, 38, 54, 52), 1),
        ("poly", (50, 14, 60, 34, 50, 42, 40, 34), 2),
    ],
    "pot": [
        ("box", (26, 40, 74, 78), 0),
        ("box", (22, 34, 78, 41), 1),
        ("box", (46, 28, 54, 35), 0),
    ],
    "pan": [
        ("disc", (20, 34, 64, 78), 0),
        ("disc", (26, 40, 58, 72), 1),
        ("line", (60, 44, 86, 20), 0),
    ],
    "bottle": [
        ("box", (38, 30, 62, 84), 0),
        ("box", (42, 16, 58, 31), 1),
        ("box", (38, 48, 62, 62), 2),
    ],
    "jacket": [
        (
            "poly",
            (36, 24, 64, 24, 84, 40, 76, 62, 68, 54, 68, 80, 32, 80, 32, 54, 24, 62, 16, 40),
            0,
        ),
        ("line", (50, 26, 50, 80), 2),
        ("poly", (42, 24, 58, 24, 50, 34), 2),
    ],
    "shirt": [
        (
            "poly",
            (36, 24, 64, 24, 84, 36, 76, 50, 68, 46, 68, 80, 32, 80, 32, 46, 24, 50, 16, 36),
            0,
        ),
        ("poly", (42, 24, 58, 24, 50, 32), 2),
    ],
    "leggings": [("poly", (34, 18, 66, 18, 70, 84, 56, 84, 50, 38, 44, 84, 30, 84), 0)],
    "socks": [
        ("poly", (36, 18, 56, 18, 56, 54, 78, 66, 76, 78, 48, 80, 36, 66), 0),
        ("poly", (36, 18, 56, 18, 56, 26, 36, 26), 2),
    ],
    "boot": [
        ("poly", (34, 20, 54, 20, 56, 48, 82, 60, 82, 72, 34, 72), 0),
        ("box", (32, 71, 84, 80), 1),
        ("line", (42, 32, 54, 32), 2),
        ("line", (42, 42, 54, 42), 2),
    ],
    "backpack": [
        ("box", (30, 24, 70, 82), 0),
        ("box", (36, 54, 64, 76), 1),
        ("arc", (40, 12, 60, 36), 0),
        ("line", (38, 48, 62, 48), 2),
    ],
    "bag": [("box", (34, 32, 66, 84), 0), ("poly", (38, 18, 62, 18, 66, 34, 34, 34), 1)],
    "torch": [
        ("arc", (22, 24, 78, 76), 0),
        ("box", (38, 60, 62, 80), 0),
        ("disc", (43, 63, 57, 77), 2),
    ],
    "compass": [
        ("disc", (22, 22, 78, 78), 0),
        ("disc", (28, 28, 72, 72), 2),
        ("poly", (50, 30, 55, 50, 50, 70, 45, 50), 0),
    ],
    "poles": [
        ("line", (32, 18, 44, 84), 0),
        ("line", (68, 18, 56, 84), 0),
        ("box", (28, 14, 37, 26), 1),
        ("box", (63, 14, 72, 26), 1),
    ],
}


def draw(drawing: str, color: str, seed: str) -> bytes:
    """A picture of 800 by 800 pixels as WebP; `seed` moves the ground's tone a little."""
    size = SIDE * _SCALE
    tone = zlib.crc32(seed.encode()) % 40 - 20
    base = tuple(int(color[i : i + 2], 16) for i in (1, 3, 5))
    ground = tuple(min(248, 226 + (part - 128) // 12 + tone // 3) for part in base)
    light = tuple(min(255, part + 14) for part in ground)
    # A gradient of two pixels, stretched: cheaper than drawing lines.
    gradient = Image.new("RGB", (1, 2))
    gradient.putdata([light, ground])
    image = gradient.resize((size, size), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(image)
    shades = [base, tuple((part + 255) // 2 for part in base), (252, 252, 252)]
    pen.ellipse([size * 0.22, size * 0.82, size * 0.78, size * 0.88], fill=_darker(ground))
    for kind, points, shade in _DRAWINGS[drawing]:
        fill = ground if kind == "ground" else shades[shade]
        _shape(pen, kind, [point * size / 100 for point in points], fill, size)
    made = io.BytesIO()
    image.resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(made, "WEBP", quality=82, method=2)
    return made.getvalue()


def _darker(color: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(part - 14 for part in color)


def _shape(
    pen: ImageDraw.ImageDraw, kind: str, points: list[float], fill: tuple[int, ...], size: int
) -> None:
    if kind in {"disc", "ground"}:
        pen.ellipse(points, fill=fill)
    elif kind == "box":
        short = min(points[2] - points[0], points[3] - points[1])
        pen.rounded_rectangle(points, radius=short * 0.22, fill=fill)
    elif kind == "poly":
        pen.polygon(points, fill=fill)
    elif kind == "arc":
        pen.arc(points, 180, 360, fill=fill, width=size // 22)
    else:
        pen.line(points, fill=fill, width=size // 40)
