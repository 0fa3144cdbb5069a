"""Light, and what shows the way."""

import math

from studio.building import Scene
from studio.camera import View
from studio.distance import GRIP
from studio.drawn import dial, ruler
from studio.solids import Surface, ball, box, curve, cut, lathe, limb, plate, ring, rod, strip, tube
from studio.surfaces import CAST, STRIPES, WEAVE

from products.shots import Shot

_STEEL = Surface("#c9ccd1", rough=0.22, metal=1.0)
_DARK = Surface("#212326", rough=0.55)
_WEB = Surface("#2b2d31", rough=0.85, pattern=WEAVE, fine=110, depth=0.4, second="#1d1f22")


def head_torch() -> Scene:
    """A lamp on a striped elastic band."""
    scene = Scene()
    band = Surface("#2c3136", rough=0.9, pattern=STRIPES, fine=7.5, second="#d9652f", sheen=0.1)
    loop = [
        (0.78 * math.cos(a), 0.62 * math.sin(a)) for a in [2 * math.pi * i / 40 for i in range(41)]
    ]
    scene.add(band, strip(loop, 0.022, 0.11, turn=(90, 0, 0), edge=0.012), at=(0, 0.32, 0))
    shell = Surface("#33373d", rough=0.45)
    scene.add(shell, box((0.30, 0.20, 0.13), (0, 0.34, 0.70), 0.10))
    scene.add(shell, box((0.26, 0.14, 0.05), (0, 0.34, 0.58), 0.04))
    scene.add(Surface("#d9652f", rough=0.4), rod(0.155, 0.05, (0.0, 0.34, 0.81), 0.02, (90, 0, 0)))
    scene.add(
        _STEEL,
        rod(0.132, 0.02, (0, 0.34, 0.855), 0.01, (90, 0, 0)),
        cut(ball((0.12, 0.12, 0.06), (0, 0.34, 0.89))),
    )
    scene.add(Surface("#fff8e0", rough=0.1, glow=1.3), ball((0.065, 0.065, 0.03), (0, 0.34, 0.85)))
    scene.add(
        Surface("#ff5a48", rough=0.2, glow=0.7), ball((0.032, 0.032, 0.02), (0.225, 0.34, 0.828))
    )
    scene.add(Surface("#d9652f", rough=0.5), box((0.09, 0.02, 0.045), (0.02, 0.545, 0.71), 0.018))
    scene.add(_DARK, box((0.07, 0.12, 0.035), (0.60, 0.32, 0.38), 0.02, (0, 50, 0)))
    return scene


def lantern() -> Scene:
    """A glowing lantern with a wire cage and a handle."""
    scene = Scene()
    shell = Surface("#5c6b3f", rough=0.45)
    glow = Surface("#ffdf9e", rough=0.4, glow=0.55)
    scene.add(
        shell,
        lathe(
            [(0, 0), (0.40, 0.0), (0.42, 0.05), (0.40, 0.24), (0.32, 0.30), (0, 0.30)], edge=0.02
        ),
    )
    scene.add(
        glow,
        lathe(
            curve(
                [(0.0, 0.30), (0.24, 0.30), (0.30, 0.48), (0.29, 0.72), (0.22, 0.88), (0.0, 0.88)],
                5,
            ),
            edge=0.01,
        ),
    )
    scene.add(
        shell,
        lathe(
            [(0, 0.88), (0.30, 0.88), (0.33, 0.92), (0.26, 1.02), (0.12, 1.08), (0, 1.09)],
            edge=0.02,
        ),
    )
    for i in range(6):
        a = math.pi * (i + 0.5) / 3
        c, s = math.cos(a), math.sin(a)
        wire = curve(
            [
                (0.34 * c, 0.27, 0.34 * s),
                (0.37 * c, 0.45, 0.37 * s),
                (0.37 * c, 0.70, 0.37 * s),
                (0.30 * c, 0.92, 0.30 * s),
            ],
            5,
        )
        scene.add(_STEEL, tube(wire, 0.013))
    scene.add(_STEEL, ring(0.372, 0.012, (0, 0.57, 0)))
    handle = curve(
        [
            (-0.26, 1.0, 0),
            (-0.34, 1.22, 0),
            (-0.22, 1.44, 0),
            (0, 1.50, 0),
            (0.22, 1.44, 0),
            (0.34, 1.22, 0),
            (0.26, 1.0, 0),
        ],
        6,
    )
    scene.add(_STEEL, tube(handle, 0.016))
    scene.add(Surface("#8a5a36", rough=0.6), limb((-0.10, 1.495, 0), (0.10, 1.495, 0), 0.035))
    scene.add(
        _DARK,
        rod(0.07, 0.03, (0, 0, 0), 0.015),
        at=(0, 0.15, 0.41),
        turn=(90, 0, 0),
        ripple=(GRIP, 0.004, 24),
    )
    return scene


def compass() -> Scene:
    """A plate compass with its mirror open."""
    scene = Scene()
    clear = Surface("#cfe0dd", rough=0.15, coat=0.7, picture=ruler(), side=1, size=(0.5, 0.8))
    scene.add(clear, box((0.50, 0.035, 0.80), (0, 0, 0), 0.03), at=(0, 0.04, 0))
    housing = Surface("#27313a", rough=0.4)
    scene.add(
        housing, rod(0.40, 0.055, (0, 0, 0), 0.02), at=(0, 0.13, -0.28), ripple=(GRIP, 0.006, 60)
    )
    card = Surface(
        "#f4f1e6",
        rough=0.3,
        coat=0.6,
        picture=dial("#f4f1e6", "#22282d", "#c63b2b"),
        side=1,
        size=(0.355, 0.355),
    )
    scene.add(card, rod(0.355, 0.012, (0, 0, 0), 0.006), at=(0, 0.186, -0.28), turn=(0, -22, 0))
    needle = Scene()
    needle.add(
        Surface("#cf3526", rough=0.3),
        plate([(-0.05, 0.0), (0.05, 0.0), (0.0, -0.27)], 0.012, edge=0.008),
    )
    needle.add(
        Surface("#f7f7f5", rough=0.3),
        plate([(-0.05, 0.0), (0.05, 0.0), (0.0, 0.27)], 0.012, edge=0.008),
    )
    needle.add(_STEEL, rod(0.035, 0.025, edge=0.012))
    scene.put(needle, (0, 0.215, -0.28), (0, 18, 0))
    lid = Scene()
    lid.add(housing, box((0.50, 0.03, 0.40), (0, 0, -0.40), 0.03))
    lid.add(
        Surface("#dfe6ea", rough=0.03, metal=1.0), box((0.40, 0.01, 0.30), (0, 0.028, -0.40), 0.01)
    )
    lid.add(Surface("#cf3526", rough=0.3), box((0.005, 0.004, 0.30), (0, 0.04, -0.40), 0.003))
    scene.put(lid, (0, 0.09, -0.78), (52, 0, 0))
    scene.add(housing, rod(0.04, 0.48, (0, 0.075, -0.80), 0.01, (0, 0, 90)))
    cord = curve(
        [
            (0.0, 0.06, 0.74),
            (0.12, 0.03, 0.95),
            (0.42, 0.03, 1.0),
            (0.72, 0.03, 0.80),
            (0.84, 0.03, 0.40),
            (0.74, 0.03, 0.10),
        ],
        6,
    )
    scene.add(Surface("#cf3526", rough=0.7), tube(cord, 0.022))
    return scene


def poles() -> Scene:
    """A pair of poles, pushed together and crossed."""
    scene = Scene()
    carbon = Surface("#2a2c31", rough=0.3, coat=0.5)
    cork = Surface("#b98d5c", rough=0.85, pattern=CAST, fine=70, depth=0.6, second="#8f683e")
    accent = Surface("#3f7d52", rough=0.4)
    one = Scene()
    one.add(
        cork,
        lathe(
            curve(
                [
                    (0.0, 1.62),
                    (0.06, 1.62),
                    (0.052, 1.74),
                    (0.062, 1.86),
                    (0.055, 1.96),
                    (0.075, 2.06),
                    (0.06, 2.13),
                    (0.0, 2.14),
                ],
                4,
            ),
            edge=0.012,
        ),
    )
    one.add(_DARK, rod(0.07, 0.02, (0, 2.15, 0), 0.015), rod(0.058, 0.16, (0, 1.46, 0), 0.02))
    one.add(
        carbon,
        rod(0.04, 0.40, (0, 1.0, 0), 0.01),
        rod(0.033, 0.3, (0, 0.45, 0), 0.01),
        rod(0.027, 0.20, (0, 0.15, 0), 0.01),
    )
    one.add(accent, rod(0.05, 0.09, (0, 1.1, 0), 0.01), rod(0.042, 0.05, (0, 0.42, 0), 0.01))
    one.add(
        _DARK,
        rod(0.055, 0.06, (0, 0.66, 0), 0.015),
        box((0.03, 0.05, 0.035), (0.05, 0.66, 0), 0.015),
    )
    one.add(
        _DARK,
        rod(0.055, 0.05, (0, 0.30, 0), 0.015),
        box((0.03, 0.04, 0.03), (0.045, 0.30, 0), 0.015),
    )
    one.add(
        _DARK,
        rod(0.14, 0.012, (0, 0.08, 0), 0.01),
        *[
            cut(rod(0.03, 0.1, (0.09 * math.cos(a), 0.08, 0.09 * math.sin(a))))
            for a in [math.pi * k / 3 for k in range(6)]
        ],
    )
    one.add(_STEEL, limb((0, 0.02, 0), (0, -0.10, 0), 0.022, 0.010))
    strap = curve(
        [
            (0.02, 2.12, 0.05),
            (0.06, 2.02, 0.14),
            (0.08, 1.80, 0.20),
            (0.05, 1.62, 0.20),
            (0.0, 1.58, 0.17),
            (-0.05, 1.66, 0.15),
            (-0.03, 1.9, 0.12),
            (0.0, 2.10, 0.06),
        ],
        5,
    )
    one.add(_WEB, tube(strap, 0.022))
    scene.put(one, (-0.50, 0.1, 0.08), (0, 0, -24))
    scene.put(one, (0.50, 0.1, -0.10), (0, 0, 24))
    return scene


SHOTS = (
    Shot("NL-170", head_torch, View(28, 26), "A head torch with an orange ring on a striped band"),
    Shot("NL-170", head_torch, View(-34, 40), "The head torch from above, its band open"),
    Shot("NL-171", lantern, View(22, 14), "A green lantern that glows behind a wire cage"),
    Shot("NL-171", lantern, View(-30, 34), "The lantern from above with its wooden grip"),
    Shot(
        "NL-172", compass, View(20, 44), "A clear plate compass with an open mirror and a red cord"
    ),
    Shot("NL-172", compass, View(-32, 30), "The compass from the side, its needle to the north"),
    Shot("NL-173", poles, View(12, 10, 0.88), "Two crossed carbon poles with cork grips"),
    Shot("NL-173", poles, View(-34, 34, 0.86), "The poles from above: grips, straps and baskets"),
)
