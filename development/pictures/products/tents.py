"""Tents and a tarp."""

import math

from studio.building import Scene
from studio.camera import View
from studio.solids import (
    Point,
    Solid,
    Surface,
    ball,
    box,
    curve,
    cut,
    keep,
    limb,
    plate,
    strip,
    tube,
)
from studio.surfaces import DOTS, RIPSTOP

from products.shots import Shot

_STEEL = Surface("#c9ccd1", rough=0.22, metal=1.0)
_DARK = Surface("#232428", rough=0.5)
_ROPE = Surface("#e7dfcf", rough=0.8)


def _cloth(colour: str, second: str, fine: float = 22) -> Surface:
    return Surface(
        colour, rough=0.8, pattern=RIPSTOP, fine=fine, depth=0.15, second=second, sheen=0.12
    )


def _arch(half: float, high: float) -> list[Point]:
    """An upright outline, a flattened half circle, as a plate that is turned up wants it."""
    steps = [math.pi * i / 24 for i in range(25)]
    return [(half * math.cos(a), -high * math.sin(a) ** 0.9) for a in steps]


def _dome(a: float, b: float, high: float) -> tuple[Solid, ...]:
    """Two vaults across each other."""
    return (
        plate(_arch(a, high), b * 1.05, turn=(90, 0, 0)),
        keep(plate(_arch(b, high), a * 1.05, turn=(90, 90, 0)), 0.06),
    )


def _door(wide: float, high: float, at: Point) -> Solid:
    outline = curve(
        [
            (-wide, 0.1),
            (-wide, -high * 0.5),
            (-wide * 0.5, -high * 0.92),
            (0, -high),
            (wide * 0.5, -high * 0.92),
            (wide, -high * 0.5),
            (wide, 0.1),
        ],
        5,
    )
    return plate(outline, 0.5, at, turn=(90, 0, 0))


def _guy(scene: Scene, high: Point, low: Point) -> None:
    """A line from the tent to a peg."""
    scene.add(_ROPE, limb(high, low, 0.010))
    scene.add(
        Surface("#d2532d", rough=0.4), limb((low[0], 0, low[2]), (low[0], 0.09, low[2]), 0.018)
    )


def tent() -> Scene:
    """A dome for two: pale inside, green fly, a door in front."""
    a, b, high = 1.15, 0.95, 0.95
    scene = Scene()
    inner = _cloth("#cfcabb", "#b6b1a2")
    dark = Surface("#40443f", rough=0.9)
    fly = _cloth("#4c7a4f", "#35573a")
    scene.add(dark, *_dome(a * 0.94, b * 0.94, high * 0.95))
    scene.add(
        inner, *_dome(a * 0.98, b * 0.98, high * 0.98), cut(_door(0.34, 0.62, (0, 0, 0.9)), 0.02)
    )
    scene.add(
        fly,
        *_dome(a * 1.02, b * 1.03, high * 1.02),
        cut(_door(0.52, 0.78, (0, 0, 0.95)), 0.02),
        cut(box((2, 0.08, 2), (0, 0.0, 0))),
    )
    pole = Surface("#e0662c", rough=0.4)
    for sign in (1, -1):
        line = [
            (
                a * 1.045 * t,
                high * 1.03 * math.sqrt(max(1 - t * t, 0.0)) ** 0.95,
                b * 1.055 * t * sign,
            )
            for t in [math.sin(math.pi / 2 * (i / 14 - 1)) for i in range(29)]
        ]
        scene.add(pole, tube(line, 0.022))
    scene.add(_DARK, ball((0.06, 0.03, 0.06), (0, high * 1.035, 0)))
    for x in (-1, 1):
        for z in (-1, 1):
            _guy(scene, (x * 0.82, 0.66, z * 0.66), (x * 1.45, 0.02, z * 1.2))
    return scene


def solo() -> Scene:
    """A low tent over one ridge, open at its end."""
    scene = Scene()
    fly = _cloth("#d9782d", "#b35d1e")
    dark = Surface("#4a463f", rough=0.9)
    outline = [(-0.72, 0.0), (0.0, -0.86), (0.72, 0.0)]
    inner = [(-0.79, 0.2), (0.0, -0.74), (0.79, 0.2)]
    back = cut(box((2, 0.6, 0.5), (0, 0.62, -1.22), 0.02, (38, 0, 0)), 0.03)
    scene.add(
        fly,
        plate(outline, 1.05, turn=(90, 0, 0), edge=0.03),
        cut(plate(inner, 0.5, (0, 0, 0.85), turn=(90, 0, 0), edge=0.03)),
        back,
    )
    room = plate([(-0.66, 0.0), (0.0, -0.79), (0.66, 0.0)], 0.5, (0, 0, 0.05), turn=(90, 0, 0))
    scene.add(dark, room, back)
    mesh = Surface("#d8d0bd", rough=0.9, pattern=DOTS, fine=50, second="#b9b19e")
    scene.add(
        mesh,
        plate([(-0.6, 0.0), (0.0, -0.72), (0.6, 0.0)], 0.02, (0, 0, 0.56), turn=(90, 0, 0)),
        cut(_door(0.26, 0.46, (0, 0, 0.56))),
    )
    scene.add(_STEEL, limb((0, 0, 1.02), (0, 0.90, 1.02), 0.022))
    _guy(scene, (0, 0.88, 1.02), (0, 0.02, 1.75))
    for x in (-1, 1):
        _guy(scene, (x * 0.42, 0.36, -0.2), (x * 1.05, 0.02, -0.2))
        _guy(scene, (x * 0.70, 0.03, 0.95), (x * 0.98, 0.02, 1.05))
    return scene


def family() -> Scene:
    """A tall tent with a porch on two poles, and windows."""
    scene = Scene()
    wall = _cloth("#d8cdb4", "#bfb499", 16)
    roof = _cloth("#3f6f86", "#2c5467", 16)
    dark = Surface("#3c4346", rough=0.9)
    outline = [(-1.0, 0.0), (-0.86, -0.88), (0.0, -1.28), (0.86, -0.88), (1.0, 0.0)]
    scene.add(
        wall,
        plate(outline, 0.9, (0, 0, -0.2), turn=(90, 0, 0), edge=0.04),
        cut(_door(0.34, 0.92, (0, 0, 0.85)), 0.01),
    )
    scene.add(
        dark, plate([(x * 0.97, z * 0.98) for x, z in outline], 0.8, (0, 0, -0.2), turn=(90, 0, 0))
    )
    slope = [(-0.98, 0.86), (0.0, 1.315), (0.98, 0.86)]
    scene.add(roof, strip(slope, 0.02, 1.0, (0, 0, -0.2), 0.015))
    porch = [(-0.9, 0.90), (0.0, 1.315), (0.9, 0.90)]
    scene.add(roof, strip(porch, 0.018, 0.34, (0, 0, 1.1), 0.015))
    scene.add(_STEEL, limb((0.88, 0, 1.40), (0.88, 0.93, 1.40), 0.022), mirror="x")
    window = Surface("#aac3cc", rough=0.3, coat=0.4)
    scene.add(window, box((0.17, 0.16, 0.02), (0.62, 0.60, 0.70), 0.05), mirror="x")
    scene.add(window, box((0.02, 0.17, 0.26), (0.915, 0.58, -0.1), 0.05, (0, 0, 9)), mirror="x")
    for x in (-1, 1):
        _guy(scene, (x * 0.9, 0.92, 1.42), (x * 1.3, 0.02, 1.85))
    _guy(scene, (0.95, 0.85, -0.6), (1.6, 0.02, -0.75))
    _guy(scene, (-0.95, 0.85, -0.6), (-1.6, 0.02, -0.75))
    scene.add(_cloth("#6f6a5c", "#5c584c"), box((0.62, 0.012, 0.32), (0, 0.012, 1.08), 0.01))
    return scene


def tarp() -> Scene:
    """A square of cloth over two poles."""
    scene = Scene()
    cloth = _cloth("#5b6b3c", "#43502b")
    sag = curve([(-1.12, 0.30), (-0.55, 0.58), (0.0, 1.0), (0.55, 0.58), (1.12, 0.30)], 8)
    scene.add(
        cloth,
        strip(sag, 0.010, 1.05, edge=0.008),
        cut(ball((1.6, 1.6, 0.22), (0, 0.1, 1.05))),
        cut(ball((1.6, 1.6, 0.22), (0, 0.1, -1.05))),
    )
    scene.add(_STEEL, limb((0, 0, 1.02), (0, 1.05, 0.98), 0.022), mirror="z")
    _guy(scene, (0, 1.02, 0.98), (0, 0.02, 1.75))
    _guy(scene, (0, 1.02, -0.98), (0, 0.02, -1.75))
    for x in (-1, 1):
        for z in (-1, 1):
            _guy(scene, (x * 1.11, 0.31, z * 1.02), (x * 1.42, 0.02, z * 1.22))
    return scene


SHOTS = (
    Shot(
        "TT-101", tent, View(28, 20, 0.84), "A green dome tent with orange poles and an open door"
    ),
    Shot(
        "TT-101",
        tent,
        View(-48, 34, 0.84),
        "The tent from above and the left, its lines pegged out",
    ),
    Shot(
        "TT-102",
        solo,
        View(30, 22, 0.84),
        "A low orange tent over one ridge, its pale inner tent behind the pole",
    ),
    Shot(
        "TT-102",
        solo,
        View(-42, 30, 0.84),
        "The orange tent from the other side, its lines pegged out",
    ),
    Shot(
        "TT-103",
        family,
        View(26, 18, 0.86),
        "A tall sand-coloured tent with a blue roof and a porch on two poles",
    ),
    Shot("TT-103", family, View(-44, 28, 0.86), "The family tent from the left: windows and porch"),
    Shot("TP-104", tarp, View(40, 22, 0.86), "A green tarp over two poles, its corners pegged out"),
    Shot("TP-104", tarp, View(-20, 40, 0.86), "The green tarp from above"),
)
