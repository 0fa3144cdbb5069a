"""What is worn on wrist and finger."""

import math
from collections.abc import Callable

from studio.building import Scene
from studio.camera import View
from studio.drawn import band_screen, watch_screen
from studio.solids import Surface, ball, box, curve, cut, lathe, limb, melt, plate, rod, strip
from studio.surfaces import WEAVE

from products.shots import Shot

_STEEL = Surface("#c9ccd1", rough=0.22, metal=1.0)
_GLASS = Surface("#08090b", rough=0.06, coat=1.0)

Loop = list[tuple[float, float]]


def _wrist(wide: float, high: float, top: float) -> Loop:
    """The line of a closed strap from the watch's one side round to its other; `top` is half of
    the gap that the watch fills."""
    points = [
        (top, high),
        (wide * 0.72, high * 0.82),
        (wide, high * 0.25),
        (wide * 0.93, -high * 0.4),
        (wide * 0.55, -high * 0.86),
        (0.0, -high),
    ]
    right = curve(points, 9)
    return [*right, *[(-x, y) for x, y in reversed(right[:-1])]]


def watch(case: Surface, strap: Surface) -> Scene:
    """A square watch standing on its closed strap."""
    scene = Scene()
    scene.add(strap, strip(_wrist(0.62, 0.52, 0.34), 0.035, 0.20, edge=0.03))
    scene.add(
        case,
        box((0.37, 0.10, 0.42), (0, 0.56, 0), 0.095),
        melt(box((0.42, 0.045, 0.20), (0, 0.52, 0), 0.03), 0.06),
    )
    screen = Surface(
        "#08090b",
        rough=0.08,
        coat=1.0,
        picture=watch_screen(),
        side=1,
        size=(0.315, 0.365),
        glow=0.9,
    )
    scene.add(screen, box((0.345, 0.03, 0.395), (0, 0.645, 0), 0.03))
    scene.add(_STEEL, rod(0.05, 0.03, (0.39, 0.57, -0.16), 0.015, (0, 0, 90)))
    scene.add(case, box((0.02, 0.018, 0.09), (0.375, 0.57, 0.16), 0.015))
    scene.add(_STEEL, box((0.10, 0.012, 0.225), (0.10, -0.54, 0), 0.01))
    return scene.raised(0.6)


def band(colour: str) -> Scene:
    """A thin band with a small screen, standing on its loop."""
    strap = Surface(colour, rough=0.55, sheen=0.1)
    scene = Scene()
    scene.add(strap, strip(_wrist(0.60, 0.52, 0.06), 0.036, 0.155, edge=0.03))
    scene.add(Surface("#17181b", rough=0.3), box((0.27, 0.065, 0.155), (0, 0.545, 0), 0.06))
    screen = Surface(
        "#08090b", rough=0.08, coat=1.0, picture=band_screen(), side=1, glow=0.9, size=(0.23, 0.115)
    )
    scene.add(screen, box((0.245, 0.025, 0.13), (0, 0.595, 0), 0.025))
    scene.add(_STEEL, rod(0.02, 0.01, (0.0, 0, 0), 0.008, (0, 0, 0)), at=(0.30, -0.50, 0))
    return scene.raised(0.6)


def strap() -> Scene:
    """Two halves of a woven strap with a steel buckle, side by side."""
    nylon = Surface(
        "#5d6b4f", rough=0.9, pattern=WEAVE, fine=120, depth=0.5, second="#3c4733", sheen=0.2
    )
    scene = Scene()
    for x, long, tip in ((-0.26, 0.82, False), (0.26, 1.0, True)):
        end = -long + 0.2
        outline = [
            (-0.17, 0.8),
            (0.17, 0.8),
            (0.15, end + 0.1),
            *([(0.09, end), (-0.09, end)] if tip else [(0.15, end), (-0.15, end)]),
            (-0.15, end + 0.1),
        ]
        holes = [cut(rod(0.018, 0.2, (0, 0, -0.02 - 0.09 * i), 0)) for i in range(6)] if tip else []
        scene.add(nylon, plate(outline, 0.022, (0, 0, 0), 0.012), *holes, at=(x, 0.05, 0))
        scene.add(nylon, box((0.165, 0.035, 0.03), (x, 0.055, 0.40), 0.02))
        scene.add(_STEEL, rod(0.035, 0.17, (x, 0.05, 0.80), 0.012, (0, 0, 90)))
        scene.add(_STEEL, rod(0.012, 0.19, (x, 0.05, 0.80), 0.01, (0, 0, 90)))
    scene.add(
        _STEEL,
        box((0.20, 0.028, 0.13), (-0.26, 0.06, -0.68), 0.025),
        cut(box((0.145, 0.1, 0.085), (-0.26, 0.06, -0.69), 0.02)),
    )
    scene.add(_STEEL, limb((-0.26, 0.07, -0.60), (-0.26, 0.085, -0.80), 0.016))
    scene.add(nylon, box((0.175, 0.03, 0.03), (-0.26, 0.065, -0.42), 0.02))
    return scene


def sleep_ring() -> Scene:
    """A broad ring that stands, with its sensors inside."""
    metal = Surface("#b9bcc2", rough=0.16, metal=1.0)
    inside = Surface("#121316", rough=0.18, coat=0.5)
    scene = Scene()
    turn = (90, 0, 0)
    scene.add(
        metal,
        lathe(
            [(0.46, -0.15), (0.50, -0.13), (0.515, 0), (0.50, 0.13), (0.46, 0.15)],
            (0, 0.5, 0),
            0.02,
            turn,
        ),
    )
    scene.add(
        inside,
        lathe(
            [(0.435, -0.14), (0.465, -0.14), (0.465, 0.14), (0.435, 0.14)], (0, 0.5, 0), 0.008, turn
        ),
    )
    for degrees, glow in ((-62, 0.0), (-90, 1.0), (-118, 0.0)):
        a = math.radians(degrees)
        place = (0.43 * math.cos(a), 0.5 + 0.43 * math.sin(a), 0.0)
        light = Surface("#4be38d" if glow else "#2a2c31", rough=0.3, glow=glow)
        scene.add(light, ball((0.05, 0.05, 0.05), place))
    return scene


def _watch(colour: str, case: str) -> Callable[[], Scene]:
    body = Surface(case, rough=0.28, metal=1.0)
    return lambda: watch(body, Surface(colour, rough=0.6, sheen=0.1))


def _band(colour: str) -> Callable[[], Scene]:
    return lambda: band(colour)


graphite_watch, _SAND = _watch("#2b2d31", "#54575d"), _watch("#cdb79a", "#d8c3a5")
_ABOVE = View(34, 42)

SHOTS = (
    Shot(
        "FW-010",
        graphite_watch,
        View(32, 30),
        "A square watch with a dark strap; its display shows 10:08 and a pulse",
        "Graphite",
    ),
    Shot("FW-010", _SAND, View(32, 30), "The watch in sand with a light metal case", "Sand"),
    Shot(
        "FW-010", graphite_watch, View(-40, 52), "The dark watch from above, its crown at the side"
    ),
    Shot(
        "AB-011",
        _band("#202226"),
        View(32, 30),
        "A narrow black band with a small lit display",
        "Black",
    ),
    Shot("AB-011", _band("#2c5fa8"), View(32, 30), "The narrow band in blue", "Blue"),
    Shot("AB-011", _band("#e4694f"), View(32, 30), "The narrow band in coral", "Coral"),
    Shot(
        "FW-012", strap, View(24, 50, 0.8), "Two halves of a green woven strap with a steel buckle"
    ),
    Shot(
        "FW-012",
        strap,
        View(-32, 40, 0.82),
        "The strap from the other side: the weave and the buckle",
    ),
    Shot("SR-013", sleep_ring, View(38, 22), "A broad silver ring, a green light inside"),
    Shot("SR-013", sleep_ring, View(68, 30), "The ring from the side, polished and plain"),
)
