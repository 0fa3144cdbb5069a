"""Bags and mats."""

import math

from studio.building import Scene
from studio.camera import View
from studio.distance import CREASES, QUILT_X, QUILT_Z
from studio.solids import (
    Point,
    Surface,
    ball,
    below,
    both_sides,
    box,
    curve,
    cut,
    keep,
    pillow,
    ring,
    rod,
    strip,
    tube,
)
from studio.surfaces import DOTS

from products.shots import Shot

_DARK = Surface("#232428", rough=0.5)


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
    return curve(both_sides([(x * wide, z) for x, z in half]), 4, closed=True)


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
        ),
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
        ),
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


SHOTS = (
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
)
