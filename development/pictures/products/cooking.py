"""Stove, pots, and what one drinks from."""

from collections.abc import Callable

from studio.building import Scene
from studio.camera import View
from studio.distance import GRIP
from studio.drawn import label
from studio.solids import (
    Surface,
    ball,
    box,
    curve,
    cut,
    lathe,
    limb,
    melt,
    plate,
    ring,
    rod,
    strip,
    tube,
)
from studio.surfaces import CAST, DOTS

from products.shots import Shot

_STEEL = Surface("#c9ccd1", rough=0.22, metal=1.0)
_TITANIUM = Surface("#a7a9a8", rough=0.38, metal=1.0)
_DARK = Surface("#232428", rough=0.5)


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
    Shot("CK-120", stove, View(24, 20), "A burner with three arms on a red gas cartridge"),
    Shot("CK-120", stove, View(-36, 36), "The stove from above: burner and arms"),
    Shot("CK-121", pot, View(-22, 18), "A titanium pot with lid and orange handles"),
    Shot("CK-121", pot, View(36, 34), "The pot from above with its lid on"),
    Shot("CK-122", skillet, View(-26, 32, 0.84), "A pan of black cast iron with two spouts"),
    Shot("CK-122", skillet, View(34, 56, 0.84), "The black pan from above"),
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
