"""Cameras and what they stand on."""

import math

from studio.building import Scene
from studio.camera import View
from studio.distance import GRIP
from studio.drawn import label, photograph
from studio.solids import Surface, ball, box, curve, cut, limb, melt, rod, tube
from studio.surfaces import LEATHER

from products.shots import Shot

_STEEL = Surface("#c9ccd1", rough=0.22, metal=1.0)
_DARK = Surface("#232428", rough=0.42)
_BLACK = Surface("#141517", rough=0.5)
_GLASS = Surface("#0a0d18", rough=0.04, coat=1.0)


def _lens(
    scene: Scene, at: tuple[float, float, float], r: float, long: float, rim: Surface
) -> None:
    """A lens that looks along z."""
    x, y, z = at
    scene.add(rim, rod(r, long / 2, (x, y, z + long / 2), 0.02, (90, 0, 0)))
    scene.add(
        _BLACK,
        rod(r * 0.92, long * 0.35, (0, 0, 0), 0.015),
        at=(x, y, z + long * 0.62),
        turn=(90, 0, 0),
        ripple=(GRIP, 0.006, 60),
    )
    scene.add(
        rim,
        rod(r * 0.86, 0.02, (x, y, z + long), 0.012, (90, 0, 0)),
        cut(rod(r * 0.70, 0.05, (x, y, z + long + 0.02), 0.02, (90, 0, 0))),
    )
    scene.add(_BLACK, rod(r * 0.72, 0.01, (x, y, z + long - 0.015), 0.005, (90, 0, 0)))
    scene.add(_GLASS, ball((r * 0.52, r * 0.52, 0.06), (x, y, z + long - 0.02)))
    scene.add(
        Surface("#2b3a6b", rough=0.05, coat=1.0),
        ball((r * 0.30, r * 0.30, 0.05), (x, y, z + long + 0.0)),
    )


def compact() -> Scene:
    """A flat camera with a short lens."""
    scene = Scene()
    scene.add(_STEEL, box((0.72, 0.085, 0.16), (0, 0.82, 0), 0.06))
    scene.add(
        Surface("#26282b", rough=0.75, pattern=LEATHER, fine=55, depth=0.4, second="#18191b"),
        box((0.735, 0.35, 0.175), (0, 0.42, 0), 0.06),
    )
    scene.add(_STEEL, box((0.72, 0.04, 0.165), (0, 0.06, 0), 0.03))
    _lens(scene, (0.10, 0.44, 0.15), 0.315, 0.30, _STEEL)
    scene.add(
        _DARK, rod(0.115, 0.045, (0, 0, 0), 0.012), at=(0.42, 0.93, 0.0), ripple=(GRIP, 0.006, 36)
    )
    scene.add(
        _STEEL, rod(0.065, 0.035, (0.16, 0.92, 0), 0.015), rod(0.10, 0.012, (0.16, 0.905, 0), 0.01)
    )
    scene.add(_DARK, box((0.14, 0.05, 0.12), (-0.22, 0.92, 0), 0.02))
    scene.add(_GLASS, box((0.10, 0.045, 0.02), (-0.48, 0.78, 0.155), 0.015))
    scene.add(_BLACK, melt(box((0.075, 0.30, 0.06), (-0.58, 0.42, 0.17), 0.05), 0.02))
    scene.add(_STEEL, rod(0.03, 0.03, (0.745, 0.80, 0), 0.01, (0, 0, 90)), mirror="x")
    return scene


def instant() -> Scene:
    """A round-edged camera with a print coming out at its top."""
    scene = Scene()
    shell = Surface("#8fc3c8", rough=0.35, coat=0.2)
    white = Surface("#f3f1ec", rough=0.4)
    scene.add(shell, box((0.62, 0.48, 0.24), (0, 0.50, 0), 0.18))
    scene.add(white, box((0.60, 0.12, 0.225), (0, 0.30, 0.03), 0.10))
    _lens(scene, (0, 0.48, 0.20), 0.285, 0.24, white)
    scene.add(_GLASS, box((0.11, 0.07, 0.03), (-0.40, 0.81, 0.215), 0.03))
    scene.add(
        Surface("#fff7e0", rough=0.2, glow=0.35),
        box((0.12, 0.075, 0.03), (0.39, 0.80, 0.215), 0.03),
    )
    scene.add(Surface("#e9a23b", rough=0.4), rod(0.06, 0.03, (0.47, 0.50, 0.235), 0.02, (90, 0, 0)))
    print_ = Surface(
        "#fbfaf7", rough=0.6, picture=photograph(), side=2, at=(0.0, -1.12), size=(0.34, 0.30)
    )
    scene.add(print_, box((0.36, 0.36, 0.008), (0, 1.08, -0.05), 0.006))
    scene.add(_DARK, box((0.42, 0.02, 0.03), (0, 0.975, -0.05), 0.015))
    return scene


def action() -> Scene:
    """A small cube with one lens, on its foot."""
    scene = Scene()
    shell = Surface("#2a2d32", rough=0.6, pattern=LEATHER, fine=50, depth=0.15, second="#202226")
    scene.add(shell, box((0.62, 0.44, 0.26), (0, 0.66, 0), 0.10))
    scene.add(_BLACK, box((0.285, 0.285, 0.09), (0.27, 0.76, 0.24), 0.06))
    scene.add(_STEEL, rod(0.235, 0.02, (0.27, 0.76, 0.325), 0.01, (90, 0, 0)))
    scene.add(_GLASS, ball((0.205, 0.205, 0.10), (0.27, 0.76, 0.32)))
    scene.add(
        Surface("#25386e", rough=0.05, coat=1.0), ball((0.10, 0.10, 0.06), (0.27, 0.76, 0.375))
    )
    screen = Surface(
        "#0c0d10",
        rough=0.1,
        coat=1.0,
        glow=0.9,
        picture=label("#0c0d10", "#ffffff", ["4K", "0:42"], (320, 320)),
        at=(-0.30, -0.80),
        size=(0.19, 0.19),
    )
    scene.add(screen, box((0.20, 0.20, 0.02), (-0.30, 0.80, 0.255), 0.03))
    scene.add(Surface("#e04b2f", rough=0.4), box((0.16, 0.03, 0.09), (-0.22, 1.105, 0), 0.025))
    scene.add(Surface("#ff4a3a", glow=1.0), ball(0.02, (-0.50, 0.50, 0.262)))
    fin = [
        box((0.03, 0.13, 0.09), (0, 0.16, 0), 0.025),
        rod(0.09, 0.03, (0, 0.13, 0), 0.01, (0, 0, 90)),
    ]
    scene.add(_DARK, *fin, at=(0.055, 0, 0))
    scene.add(_DARK, *fin, at=(-0.055, 0, 0))
    scene.add(_STEEL, rod(0.04, 0.15, (0.02, 0.13, 0), 0.02, (0, 0, 90)))
    scene.add(_DARK, box((0.34, 0.03, 0.24), (0, 0.03, 0), 0.03))
    return scene


def tripod() -> Scene:
    """Three legs of two stages, a column and a ball head."""
    scene = Scene()
    carbon = Surface("#2d2f34", rough=0.35, coat=0.4)
    accent = Surface("#c8502d", rough=0.4)
    for index in range(3):
        a = math.radians(90 + 120 * index)
        x, z = math.cos(a), math.sin(a)

        def along(t: float, x: float = x, z: float = z) -> tuple[float, float, float]:
            return ((0.10 + 0.62 * t) * x, 1.55 * (1 - t) + 0.03, (0.10 + 0.62 * t) * z)

        scene.add(carbon, limb(along(0.0), along(0.5), 0.052), limb(along(0.5), along(0.97), 0.036))
        scene.add(_BLACK, limb(along(0.08), along(0.34), 0.062))
        scene.add(accent, limb(along(0.475), along(0.525), 0.06))
        scene.add(_BLACK, limb(along(0.955), along(0.995), 0.048))
        scene.add(_STEEL, limb(along(-0.04), along(0.03), 0.062))
    scene.add(_DARK, rod(0.15, 0.07, (0, 1.60, 0), 0.03))
    scene.add(carbon, rod(0.05, 0.25, (0, 1.78, 0), 0.01))
    scene.add(accent, rod(0.066, 0.025, (0, 1.69, 0), 0.01))
    scene.add(_DARK, rod(0.10, 0.06, (0, 1.98, 0), 0.02))
    scene.add(_STEEL, ball(0.088, (0, 2.07, 0)))
    scene.add(
        _DARK, rod(0.04, 0.06, (0, 2.15, 0), 0.01), box((0.15, 0.025, 0.12), (0, 2.20, 0), 0.015)
    )
    scene.add(
        _BLACK,
        rod(0.028, 0.06, (0.13, 1.98, 0), 0.01, (0, 0, 90)),
        rod(0.05, 0.03, (0.20, 1.98, 0), 0.015, (0, 0, 90)),
    )
    strap = curve(
        [
            (0.15, 1.60, 0.05),
            (0.26, 1.45, 0.12),
            (0.26, 1.25, 0.14),
            (0.17, 1.35, 0.12),
            (0.13, 1.55, 0.08),
        ]
    )
    scene.add(_BLACK, tube(strap, 0.012))
    return scene


SHOTS = (
    Shot(
        "CC-020",
        compact,
        View(26, 14),
        "A compact camera in steel and black leather, from the front",
    ),
    Shot("CC-020", compact, View(-34, 30), "The camera from above: release, dial and lens ring"),
    Shot(
        "IC-021",
        instant,
        View(22, 14),
        "A turquoise instant camera, a print of hills coming out at the top",
    ),
    Shot("IC-021", instant, View(-36, 24), "The instant camera from the other side"),
    Shot(
        "TR-022",
        tripod,
        View(24, 12, 0.84),
        "A dark three-legged tripod with red locks and a ball head",
    ),
    Shot(
        "TR-022", tripod, View(-20, 40, 0.84), "The tripod from above, its plate ready for a camera"
    ),
    Shot(
        "AC-023",
        action,
        View(26, 14),
        "A small black action camera with one lens and a display that says 4K",
    ),
    Shot("AC-023", action, View(-36, 26), "The action camera from the other side on its foot"),
)
