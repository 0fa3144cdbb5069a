"""Boots, shoes and slippers, in pairs."""

import math

from studio.building import Scene
from studio.camera import View
from studio.distance import QUILT_Z
from studio.solids import (
    Point,
    Surface,
    ball,
    both_sides,
    box,
    curve,
    cut,
    keep,
    limb,
    melt,
    plate,
    ring,
    rod,
    tube,
)
from studio.surfaces import LEATHER, WEAVE

from products.shots import Shot

_STEEL = Surface("#b9bcc2", rough=0.3, metal=1.0)


def _smooth(points: list[Point], steps: int = 3) -> list[Point]:
    return curve(points, steps, closed=True)


def _shape(half: list[Point], steps: int = 3) -> list[Point]:
    return _smooth(both_sides(half), steps)


_SOLE = [
    (0.0, -0.66),
    (0.15, -0.62),
    (0.20, -0.45),
    (0.17, -0.15),
    (0.20, 0.15),
    (0.265, 0.40),
    (0.22, 0.62),
    (0.10, 0.72),
    (0.0, 0.73),
]


def shoe(
    upper: Surface, cap: Surface, sole: Surface, middle: Surface, lace: Surface, high: float
) -> Scene:
    """One shoe, its toe towards the camera; `high` is its shaft."""
    scene = Scene()
    outline = _shape(_SOLE)
    lugs = [cut(box((0.4, 0.03, 0.022), (0, 0.0, -0.55 + 0.12 * i), 0.01)) for i in range(11)]
    scene.add(sole, plate(outline, 0.045, (0, 0.05, 0), 0.02), *lugs)
    scene.add(middle, plate([(x * 0.97, z * 0.985) for x, z in outline], 0.04, (0, 0.12, 0), 0.03))
    top = 0.34 + high
    lean = -0.40 - 0.05 * high
    body = [
        ball((0.235, 0.22, 0.42), (0, 0.22, 0.28)),
        melt(limb((0, 0.26, 0.15), (0, 0.34, -0.35), 0.20, 0.21), 0.12),
        melt(limb((0, 0.26, -0.42), (0, top, lean), 0.205, 0.20), 0.14),
        melt(limb((0, 0.30, 0.20), (0, top - 0.08, lean + 0.14), 0.15, 0.14), 0.12),
        cut(box((0.6, 0.16, 1), (0, -0.02, 0)), 0.01),
        cut(box((0.6, 0.5, 1), (0, top + 0.44, lean), 0.02, (-8, 0, 0)), 0.03),
    ]
    hole = cut(rod(0.145, 0.16, (0, top, lean + 0.02), 0.06, (-8, 0, 0)), 0.02)
    scene.add(upper, *body, hole)
    scene.add(
        cap,
        ball((0.243, 0.228, 0.428), (0, 0.22, 0.282)),
        keep(box((0.4, 0.18, 0.25), (0, 0.17, 0.68), 0.10)),
        cut(box((0.6, 0.16, 1), (0, -0.02, 0))),
    )
    scene.add(
        cap,
        limb((0, 0.27, -0.42), (0, 0.33, -0.43), 0.213),
        keep(box((0.3, 0.13, 0.15), (0, 0.24, -0.55), 0.06)),
        cut(box((0.6, 0.16, 1), (0, -0.02, 0))),
    )
    scene.add(
        cap, ring(0.165, 0.05 if high > 0.2 else 0.038, (0, top - 0.055, lean + 0.02), (-8, 0, 0))
    )
    only = Scene().add(upper, *body)
    heart = (0.20, -0.45) if high > 0.2 else (0.0, -0.45)
    low, steep = (18, 56) if high > 0.2 else (27, 50)
    rows = 6 if high > 0.2 else 5

    def laid(x: float, degrees: float) -> Point:
        """A place on the instep, a lace's thickness above it."""
        a = math.radians(degrees)
        way = (0.0, -math.sin(a), -math.cos(a))
        far = (x, heart[0] - 2 * way[1], heart[1] - 2 * way[2])
        _, y, z = only.surface(far, way)
        return (x, y - 0.012 * way[1], z - 0.012 * way[2])

    for row in range(rows):
        here = low + (steep - low) * row / (rows - 1)
        after = here + (steep - low) / (rows - 1) * 0.8
        wide = 0.10 - 0.02 * row / rows
        across = [
            laid(wide * k, here + (after - here) * (k + 1) / 2) for k in (-1, -0.5, 0, 0.5, 1)
        ]
        scene.add(lace, tube(across, 0.017))
        scene.add(lace, tube([(-x, y, z) for x, y, z in across], 0.017))
        x, y, z = laid(wide + 0.005, here)
        scene.add(_STEEL, ball(0.024, (x, y, z)), mirror="x")
    x, y, z = laid(0.0, steep + 2)
    bow = [
        (0, y, z),
        (0.09, y + 0.06, z + 0.05),
        (0.19, y - 0.02, z + 0.06),
        (0.13, y - 0.07, z + 0.06),
        (0, y, z),
    ]
    scene.add(
        lace, tube(curve([(a, b + 0.01, c + 0.015) for a, b, c in bow], 6), 0.015), mirror="x"
    )
    return scene


def _pair(one: Scene) -> Scene:
    return Scene().put(one, (-0.32, 0, 0), (0, -6, 0)).put(one, (0.34, 0, -0.18), (0, 14, 0))


def boots() -> Scene:
    """A pair of high leather boots."""
    leather = Surface("#6d4527", rough=0.55, pattern=LEATHER, fine=38, depth=0.3, second="#4e2f19")
    cap = Surface("#2b2522", rough=0.6, pattern=LEATHER, fine=45, depth=0.2, second="#1c1816")
    return _pair(
        shoe(
            leather,
            cap,
            Surface("#1a1a1b", rough=0.8),
            Surface("#39302a", rough=0.7),
            Surface("#c9a24a", rough=0.8),
            0.42,
        )
    )


def trail_shoes() -> Scene:
    """A pair of low shoes."""
    mesh = Surface(
        "#3f7f86", rough=0.8, pattern=WEAVE, fine=75, depth=0.5, second="#2a5b61", sheen=0.15
    )
    cap = Surface("#26333a", rough=0.6)
    return _pair(
        shoe(
            mesh,
            cap,
            Surface("#e0662c", rough=0.7),
            Surface("#ece9e2", rough=0.6),
            Surface("#f0d9a8", rough=0.8),
            0.10,
        )
    )


def slippers() -> Scene:
    """A pair of quilted slippers."""
    down = Surface("#8a4a5c", rough=0.6, sheen=0.25)
    fleece = Surface(
        "#e8dcc6", rough=0.95, pattern=LEATHER, fine=40, depth=0.5, second="#d3c4a8", sheen=0.3
    )
    one = Scene()
    outline = _shape(_SOLE)
    one.add(Surface("#2a2a2c", rough=0.8), plate(outline, 0.04, (0, 0.04, 0), 0.02))
    one.add(
        down,
        ball((0.27, 0.26, 0.50), (0, 0.20, 0.24)),
        melt(limb((0, 0.2, 0.0), (0, 0.22, -0.42), 0.20, 0.21), 0.10),
        cut(box((0.6, 0.12, 1), (0, -0.06, 0)), 0.02),
        cut(ball((0.165, 0.30, 0.36), (0, 0.46, -0.28)), 0.04),
        ripple=(QUILT_Z, 0.022, 14.8),
    )
    edge = ((1, 0), (0.7, 0.7), (0, 1), (-0.7, 0.7), (-1, 0), (-0.75, -0.7), (0, -1), (0.75, -0.7))
    line = curve([(0.165 * c, 0.39 + 0.06 * s, -0.28 + 0.33 * s) for c, s in edge], 4, closed=True)
    one.add(fleece, tube([*line, line[0]], 0.058))
    one.add(fleece, ball((0.17, 0.05, 0.36), (0, 0.16, -0.26)))
    return _pair(one)


SHOTS = (
    Shot("FW-150", boots, View(34, 20), "A pair of brown leather boots with yellow laces"),
    Shot("FW-150", boots, View(-62, 16), "The boots from the side: a thick sole with lugs"),
    Shot("FW-151", trail_shoes, View(34, 24), "A pair of teal shoes with orange soles"),
    Shot(
        "FW-151",
        trail_shoes,
        View(-62, 18),
        "The shoes from the side: a pale cushion over the orange sole",
    ),
    Shot(
        "FW-152",
        slippers,
        View(32, 34),
        "A pair of quilted plum-coloured slippers lined with fleece",
    ),
    Shot("FW-152", slippers, View(-52, 24), "The slippers from the side"),
)
