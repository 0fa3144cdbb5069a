"""Tents, what one sleeps in, and what one cooks on."""

import math
from collections.abc import Callable

from studio.building import (
    Point,
    Scene,
    Solid,
    Surface,
    ball,
    below,
    both_sides,
    box,
    curve,
    cut,
    keep,
    lathe,
    limb,
    melt,
    pillow,
    plate,
    ring,
    rod,
    strip,
    tube,
)
from studio.camera import View
from studio.distance import CREASES, GRIP, QUILT_X, QUILT_Z
from studio.drawn import label
from studio.surfaces import CAST, DOTS, RIPSTOP

from products.shots import Shot

_STEEL = Surface("#c9ccd1", rough=0.22, metal=1.0)
_TITANIUM = Surface("#a7a9a8", rough=0.38, metal=1.0)
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
    inner = [(-0.62, 0.0), (0.0, -0.74), (0.62, 0.0)]
    scene.add(
        fly,
        plate(outline, 1.05, turn=(90, 0, 0), edge=0.03),
        cut(plate(inner, 0.5, (0, 0, 0.85), turn=(90, 0, 0), edge=0.03)),
        cut(box((2, 0.6, 0.5), (0, 0.62, -1.22), 0.02, (38, 0, 0)), 0.03),
        cut(box((0.16, 1.0, 0.16), (0, 0.0, 1.10), 0.02, (0, 45, 0))),
    )
    scene.add(
        dark, plate([(-0.66, 0.0), (0.0, -0.79), (0.66, 0.0)], 0.62, (0, 0, -0.05), turn=(90, 0, 0))
    )
    mesh = Surface("#d8d0bd", rough=0.9, pattern=DOTS, fine=50, second="#b9b19e")
    scene.add(
        mesh,
        plate([(-0.6, 0.0), (0.0, -0.72), (0.6, 0.0)], 0.02, (0, 0, 0.56), turn=(90, 0, 0)),
        cut(box((0.3, 0.2, 0.1), (0, 0.2, 0.56), 0.1)),
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


def _mummy(wide: float) -> list[Point]:
    half = [
        (0.0, -1.22),
        (0.22, -1.18),
        (0.36, -1.02),
        (0.42, -0.74),
        (0.44, -0.4),
        (0.40, 0.1),
        (0.32, 0.7),
        (0.29, 1.05),
        (0.20, 1.2),
        (0.0, 1.24),
    ]
    return curve(both_sides([(x * wide, z) for x, z in half])[:-1], 4, closed=True)


def down_bag() -> Scene:
    """A quilted bag with a hood, lying."""
    scene = Scene()
    shell = Surface("#274f6e", rough=0.6, sheen=0.25, coat=0.0)
    lining = Surface("#e39b3c", rough=0.7, sheen=0.2)
    scene.add(
        shell,
        pillow(_mummy(1.0), 0.17, 0.24),
        cut(ball((0.235, 0.20, 0.27), (0, 0.17, -0.86)), 0.05),
        at=(0, 0.17, 0),
        ripple=(QUILT_Z, 0.045, 15.0),
    )
    scene.add(
        lining,
        ball((0.262, 0.225, 0.295), (0, 0.34, -0.86)),
        cut(ball((0.238, 0.203, 0.272), (0, 0.345, -0.86))),
        keep(below((0, 0.385, 0))),
    )
    cord = curve([(-0.03, 0.40, -0.60), (-0.08, 0.41, -0.50), (-0.02, 0.42, -0.40)], 5)
    scene.add(lining, tube(cord, 0.012))
    return scene


def summer_bag() -> Scene:
    """A broad bag, its corner folded back, its sack beside it."""
    scene = Scene()
    shell = Surface("#5f7d4a", rough=0.7, sheen=0.2)
    lining = Surface("#d8cfae", rough=0.8, sheen=0.2)
    outline = curve(
        both_sides(
            [(0.0, -1.1), (0.4, -1.1), (0.48, -1.0), (0.48, 0.9), (0.38, 1.06), (0.0, 1.08)]
        )[:-1],
        3,
        closed=True,
    )
    scene.add(shell, pillow(outline, 0.09, 0.16), at=(0, 0.09, 0), ripple=(QUILT_X, 0.02, 13.0))
    fold = [(-0.46, -1.08), (0.40, -1.08), (0.47, -1.0), (0.47, -0.35)]
    scene.add(lining, pillow(fold, 0.05, 0.14), at=(0.0, 0.215, 0.0), ripple=(CREASES, 0.008, 9.0))
    sack = Scene()
    sack.add(shell, rod(0.20, 0.32, (0, 0, 0), 0.09), ripple=(CREASES, 0.012, 9.0))
    sack.add(_DARK, ring(0.09, 0.02, (0, 0.33, 0)), rod(0.205, 0.012, (0, -0.1, 0), 0.01))
    scene.put(sack, (0.86, 0.2, 0.55), (90, 0, 30))
    return scene


def air_mat() -> Scene:
    """A mat of long chambers, its valve at a corner."""
    scene = Scene()
    cloth = Surface("#d5702c", rough=0.65, sheen=0.2)
    outline = curve(
        both_sides(
            [
                (0.0, -1.15),
                (0.38, -1.15),
                (0.5, -1.02),
                (0.46, 0.0),
                (0.40, 1.05),
                (0.28, 1.15),
                (0.0, 1.15),
            ]
        )[:-1],
        3,
        closed=True,
    )
    scene.add(
        cloth, pillow(outline, 0.075, 0.10), at=(0, 0.10, 0), ripple=(QUILT_X, 0.05, 3 * math.pi)
    )
    scene.add(
        _DARK,
        rod(0.05, 0.02, (0.33, 0.165, -1.03), 0.01),
        rod(0.035, 0.03, (0.33, 0.19, -1.03), 0.01),
    )
    roll = Surface("#3b3f45", rough=0.8, sheen=0.1)
    scene.add(
        roll, rod(0.14, 0.36, (0.92, 0.14, 0.55), 0.05, (90, 25, 0)), ripple=(CREASES, 0.006, 9.0)
    )
    return scene


def folding_mat() -> Scene:
    """Foam in folds like a bellows, half opened."""
    scene = Scene()
    foam = Surface("#c9b23e", rough=0.85, pattern=DOTS, fine=16, second="#a48f2c")
    points = [
        (-1.0 + 0.25 * i, 0.06 if i % 2 == 0 else 0.50 - 0.052 * abs(i - 3)) for i in range(9)
    ]
    scene.add(foam, strip(points, 0.045, 0.62, edge=0.03))
    scene.add(foam, box((0.34, 0.045, 0.62), (1.32, 0.06, 0), 0.03))
    under = Surface("#5b5f63", rough=0.9)
    scene.add(under, strip([(x, y - 0.05) for x, y in points], 0.02, 0.61, edge=0.01))
    return scene


def stove() -> Scene:
    """A burner with three arms on a gas cartridge."""
    scene = Scene()
    can = Surface(
        "#d4452d",
        rough=0.3,
        coat=0.5,
        picture=label("#d4452d", "#ffffff", ["GAS", "230 g"], (512, 256)),
        side=3,
        at=(0.0, -0.27),
        size=(0.55, 0.13),
    )
    scene.add(
        can,
        lathe(
            [
                (0, 0.0),
                (0.46, 0.0),
                (0.50, 0.04),
                (0.50, 0.40),
                (0.44, 0.52),
                (0.28, 0.58),
                (0, 0.60),
            ],
            edge=0.02,
        ),
    )
    scene.add(_STEEL, rod(0.11, 0.04, (0, 0.63, 0), 0.01), rod(0.505, 0.012, (0, 0.05, 0), 0.01))
    brass = Surface("#c9a24a", rough=0.25, metal=1.0)
    scene.add(brass, rod(0.07, 0.07, (0, 0.72, 0), 0.01), rod(0.045, 0.12, (0, 0.88, 0), 0.01))
    scene.add(_STEEL, limb((0.05, 0.74, 0.02), (0.42, 0.72, 0.14), 0.014))
    scene.add(_DARK, box((0.08, 0.012, 0.05), (0.47, 0.718, 0.155), 0.01, (0, -20, 0)))
    scene.add(
        _TITANIUM,
        lathe([(0.0, 0.0), (0.09, 0.0), (0.20, 0.12), (0.20, 0.20), (0.0, 0.20)], (0, 0.98, 0)),
    )
    scene.add(
        Surface("#3a3634", rough=0.6, metal=0.6, pattern=DOTS, fine=26, second="#0c0c0c"),
        rod(0.175, 0.01, (0, 1.19, 0), 0.008),
    )
    for i in range(3):
        turn = Scene()
        turn.add(
            _STEEL,
            strip(
                [(0.10, 1.02), (0.24, 1.06), (0.46, 1.26), (0.52, 1.26)], 0.012, 0.03, edge=0.008
            ),
            box((0.14, 0.012, 0.014), (0.38, 1.275, 0), 0.008),
        )
        scene.put(turn, (0, 0, 0), (0, 40 + 120 * i, 0))
    return scene


def pot() -> Scene:
    """A titanium pot with its lid ajar and folding handles."""
    scene = Scene()
    cup = [
        (0.0, 0.0),
        (0.42, 0.0),
        (0.47, 0.06),
        (0.47, 0.82),
        (0.445, 0.82),
        (0.445, 0.07),
        (0.40, 0.03),
        (0.0, 0.03),
    ]
    scene.add(_TITANIUM, lathe(cup, edge=0.006))
    scene.add(_TITANIUM, ring(0.47, 0.016, (0, 0.825, 0)))
    marks = Surface("#5f6160", rough=0.6)
    for i in range(3):
        scene.add(
            marks,
            box(
                (0.05 if i != 1 else 0.08, 0.006, 0.01),
                (-0.12, 0.25 + 0.18 * i, 0.457),
                0.004,
                (0, -14, 0),
            ),
        )
    lid = Scene()
    lid.add(
        _TITANIUM,
        lathe(
            [
                (0, 0.03),
                (0.40, 0.03),
                (0.46, 0.0),
                (0.49, 0.0),
                (0.49, 0.02),
                (0.42, 0.055),
                (0, 0.06),
            ],
            edge=0.006,
        ),
    )
    knob = Surface("#d9652f", rough=0.5)
    lid.add(
        knob,
        tube(
            curve(
                [
                    (-0.13, 0.06, 0),
                    (-0.11, 0.15, 0),
                    (0, 0.18, 0),
                    (0.11, 0.15, 0),
                    (0.13, 0.06, 0),
                ],
                6,
            ),
            0.024,
        ),
    )
    scene.put(lid, (0.02, 0.86, 0.0), (0, 30, 0))
    handle = curve(
        [
            (0.46, 0.70, 0.06),
            (0.62, 0.68, 0.10),
            (0.80, 0.64, 0.10),
            (0.84, 0.45, 0.10),
            (0.80, 0.26, 0.10),
            (0.62, 0.22, 0.10),
            (0.46, 0.20, 0.06),
        ],
        5,
    )
    back = [(x, y, z - 0.17) for x, y, z in handle]
    scene.add(_STEEL, tube(handle, 0.016), tube(back, 0.016))
    grip = Surface("#d9652f", rough=0.5)
    scene.add(
        grip,
        limb((0.84, 0.56, 0.10), (0.84, 0.34, 0.10), 0.028),
        limb((0.84, 0.56, -0.07), (0.84, 0.34, -0.07), 0.028),
    )
    return scene


def skillet() -> Scene:
    """A pan of cast iron."""
    scene = Scene()
    iron = Surface("#242425", rough=0.45, pattern=CAST, fine=90, depth=0.45, second="#343435")
    pan = [
        (0.0, 0.0),
        (0.60, 0.0),
        (0.66, 0.03),
        (0.76, 0.24),
        (0.70, 0.24),
        (0.61, 0.06),
        (0.0, 0.05),
    ]
    scene.add(
        iron,
        lathe(pan, edge=0.014),
        melt(box((0.20, 0.03, 0.11), (-0.86, 0.22, 0), 0.03), 0.08),
        cut(box((0.05, 0.2, 0.05), (-0.90, 0.2, 0), 0.04)),
        melt(limb((0.72, 0.20, 0), (1.35, 0.29, 0), 0.075, 0.055), 0.10),
        melt(ball((0.14, 0.05, 0.10), (1.42, 0.295, 0)), 0.06),
        cut(rod(0.045, 0.2, (1.44, 0.3, 0)), 0.02),
        cut(ball((0.09, 0.05, 0.07), (0.0, 0.26, 0.76)), 0.03),
        cut(ball((0.09, 0.05, 0.07), (0.0, 0.26, -0.76)), 0.03),
    )
    return scene


def sporks() -> Scene:
    """Four in four colours, side by side as a fan."""
    scene = Scene()
    outline = curve(
        [
            (0.0, -0.95),
            (0.15, -0.88),
            (0.19, -0.68),
            (0.13, -0.46),
            (0.055, -0.3),
            (0.05, 0.35),
            (0.10, 0.52),
            (0.16, 0.62),
            (0.17, 0.98),
            (-0.17, 0.98),
            (-0.16, 0.62),
            (-0.10, 0.52),
            (-0.05, 0.35),
            (-0.055, -0.3),
            (-0.13, -0.46),
            (-0.19, -0.68),
            (-0.15, -0.88),
        ],
        3,
        closed=True,
    )
    for i, colour in enumerate(("#d9503a", "#e8b23a", "#4f9d69", "#3b78b5")):
        one = Scene()
        surface = Surface(colour, rough=0.35, coat=0.3)
        tines = [cut(box((0.022, 0.2, 0.17), (x, 0, 0.92), 0.02)) for x in (-0.08, 0.0, 0.08)]
        one.add(
            surface,
            plate(outline, 0.05, edge=0.04),
            cut(limb((0, 0.317, -0.74), (0, 0.317, -0.62), 0.297), 0.02),
            cut(limb((0, 0.317, 0.70), (0, 0.317, 0.84), 0.29), 0.02),
            *tines,
        )
        scene.put(one, (-0.66 + 0.44 * i, 0.05, 0.06 * abs(i - 1.5)), (0, 8 * i - 12, 0))
    return scene


def water_filter() -> Scene:
    """A frosted flask with a dark filter in its cap."""
    scene = Scene()
    flask = Surface(
        "#a9cfe3",
        rough=0.25,
        coat=0.6,
        picture=label("#a9cfe300", "#2c5872", ["FILTER", "1 l / min"], (512, 300)),
        side=3,
        at=(0, -0.42),
        size=(0.85, 0.15),
    )
    body = curve(
        [
            (0.0, 0.0),
            (0.30, 0.0),
            (0.34, 0.06),
            (0.33, 0.35),
            (0.28, 0.48),
            (0.33, 0.62),
            (0.33, 0.86),
            (0.22, 1.02),
            (0.16, 1.05),
            (0.0, 1.05),
        ],
        4,
    )
    scene.add(flask, lathe(body, edge=0.01))
    dark = Surface("#2a3036", rough=0.45)
    scene.add(dark, rod(0.20, 0.10, (0, 1.13, 0), 0.03), ripple=(GRIP, 0.006, 36))
    scene.add(Surface("#e6edf1", rough=0.4), rod(0.13, 0.17, (0, 1.36, 0), 0.03))
    scene.add(Surface("#3f7fa6", rough=0.4), rod(0.135, 0.03, (0, 1.30, 0), 0.01))
    scene.add(dark, rod(0.10, 0.05, (0, 1.56, 0), 0.02), rod(0.05, 0.07, (0, 1.66, 0), 0.025))
    loop = curve(
        [
            (0.19, 1.12, 0),
            (0.34, 1.16, 0.02),
            (0.40, 1.36, 0.03),
            (0.30, 1.56, 0.02),
            (0.09, 1.58, 0),
        ],
        6,
    )
    scene.add(dark, tube(loop, 0.024))
    return scene


def bottle(colour: str, high: float = 1.15) -> Scene:
    """A powder-coated bottle with a looped lid."""
    scene = Scene()
    coat = Surface(colour, rough=0.5, pattern=CAST, fine=160, depth=0.15, second=colour)
    scene.add(
        coat,
        lathe(
            curve(
                [
                    (0.0, 0.0),
                    (0.29, 0.0),
                    (0.32, 0.04),
                    (0.32, high - 0.22),
                    (0.29, high - 0.08),
                    (0.205, high),
                    (0.0, high),
                ],
                5,
            ),
            edge=0.008,
        ),
    )
    scene.add(
        _STEEL,
        rod(0.205, 0.035, (0, high + 0.025, 0), 0.008),
        rod(0.322, 0.018, (0, 0.035, 0), 0.012),
    )
    lid = Surface("#26292c", rough=0.5)
    scene.add(lid, rod(0.235, 0.10, (0, high + 0.15, 0), 0.03), ripple=(GRIP, 0.005, 40))
    loop = curve(
        [
            (-0.19, high + 0.2, 0),
            (-0.20, high + 0.36, 0),
            (-0.10, high + 0.45, 0),
            (0.10, high + 0.45, 0),
            (0.20, high + 0.36, 0),
            (0.19, high + 0.2, 0),
        ],
        6,
    )
    scene.add(lid, tube(loop, 0.036))
    return scene


def _bottle(colour: str) -> Callable[[], Scene]:
    return lambda: bottle(colour)


_MOSS, _STONE = "#65754a", "#b3afa4"


def _two_bottles() -> Scene:
    scene = bottle(_MOSS, 0.75)
    return scene.put(bottle(_STONE, 1.3), (0.78, 0, -0.35), (0, -20, 0))


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
    Shot("TP-104", tarp, View(-20, 40, 0.86), "The tarp from above"),
    Shot(
        "SL-110",
        down_bag,
        View(32, 46, 0.86),
        "A quilted blue sleeping bag with an orange lining in its hood",
    ),
    Shot(
        "SL-110", down_bag, View(-50, 28, 0.86), "The sleeping bag from the side: how thick it is"
    ),
    Shot(
        "SL-111",
        summer_bag,
        View(30, 46, 0.86),
        "A green sleeping bag, its corner folded back, and its sack",
    ),
    Shot(
        "SL-111",
        summer_bag,
        View(-44, 32, 0.86),
        "The summer sleeping bag from the side, thin and broad",
    ),
    Shot(
        "SL-112",
        air_mat,
        View(30, 40, 0.86),
        "An orange mat of long air chambers, rolled sack beside it",
    ),
    Shot("SL-112", air_mat, View(-46, 26, 0.86), "The mat from its foot end"),
    Shot("SL-113", folding_mat, View(26, 24, 0.84), "A yellow foam mat in folds like a bellows"),
    Shot("SL-113", folding_mat, View(-36, 38, 0.84), "The folding mat from above, half opened"),
    Shot("CK-120", stove, View(24, 20), "A burner with three arms on a red gas cartridge"),
    Shot("CK-120", stove, View(-36, 36), "The stove from above: burner and arms"),
    Shot("CK-121", pot, View(-22, 18), "A titanium pot with lid and orange handles"),
    Shot("CK-121", pot, View(36, 34), "The pot from above with its lid on"),
    Shot("CK-122", skillet, View(-26, 32, 0.84), "A pan of black cast iron with two spouts"),
    Shot("CK-122", skillet, View(34, 56, 0.84), "The pan from above"),
    Shot("CK-123", sporks, View(8, 58, 0.82), "Four sporks: red, yellow, green and blue"),
    Shot(
        "CK-123",
        sporks,
        View(-36, 30, 0.82),
        "The sporks from the side, spoon at one end and fork at the other",
    ),
    Shot("CK-124", water_filter, View(20, 14), "A pale blue flask with a filter in its dark cap"),
    Shot("CK-124", water_filter, View(-34, 34), "The water filter from above"),
    Shot(
        "BT-125", _bottle(_MOSS), View(18, 14), "A moss-green bottle with a looped dark lid", "Moss"
    ),
    Shot("BT-125", _bottle(_STONE), View(18, 14), "The bottle in the grey of stone", "Stone"),
    Shot(
        "BT-125",
        _two_bottles,
        View(14, 22),
        "Both sizes side by side: half a litre in moss, one litre in stone",
    ),
)
