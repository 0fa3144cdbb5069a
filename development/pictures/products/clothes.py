"""What is worn: laid flat and seen from above."""

from collections.abc import Callable

from studio.building import Scene
from studio.camera import View
from studio.distance import CREASES, QUILT_Z
from studio.solids import (
    Point,
    Solid,
    Surface,
    ball,
    both_sides,
    box,
    curve,
    cut,
    keep,
    pillow,
    tube,
)
from studio.surfaces import KNIT, RIPSTOP, STRIPES, WEAVE

from products.shots import Shot

_DARK = Surface("#1f2124", rough=0.6)
_STEEL = Surface("#b9bcc2", rough=0.3, metal=1.0)
_BODY = [
    (0.0, -0.60),
    (0.15, -0.60),
    (0.44, -0.50),
    (0.45, -0.15),
    (0.445, 0.52),
    (0.435, 0.65),
    (0.36, 0.69),
    (0.2, 0.70),
    (0.0, 0.70),
]
_SLEEVE = [
    (0.30, -0.55),
    (0.47, -0.49),
    (0.62, -0.30),
    (0.88, 0.25),
    (0.93, 0.38),
    (0.90, 0.44),
    (0.74, 0.49),
    (0.68, 0.45),
    (0.62, 0.32),
    (0.46, 0.0),
    (0.36, -0.20),
]


def _smooth(points: list[Point], steps: int = 3) -> list[Point]:
    return curve(points, steps, closed=True)


def _shape(half: list[Point], steps: int = 3) -> list[Point]:
    return _smooth(both_sides(half), steps)


def _cuff(height: float) -> tuple[Solid, ...]:
    """The end of a sleeve, a little thicker than the sleeve."""
    end = box((0.3, 0.3, 0.055), (0.83, 0, 0.455), 0.03, (0, 17, 0))
    around = [(0.79 + (x - 0.79) * 1.05, z) for x, z in _SLEEVE]
    return pillow(_smooth(around), height, 0.12), keep(end)


def jacket(
    cloth: Surface,
    zip_: Surface,
    lining: Surface,
    sleeves: bool = True,
    hood: bool = True,
    quilt: float = 0.0,
) -> Scene:
    """A jacket, its zip closed."""
    scene = Scene()
    ripple = (QUILT_Z, 0.05, quilt) if quilt else (CREASES, 0.012, 7.0)
    body = (
        _BODY
        if sleeves
        else [
            (0.0, -0.60),
            (0.15, -0.60),
            (0.36, -0.52),
            (0.33, -0.30),
            (0.42, -0.10),
            (0.43, 0.52),
            (0.42, 0.65),
            (0.35, 0.69),
            (0.2, 0.70),
            (0.0, 0.70),
        ]
    )
    lift = 0.05 if quilt else 0.0
    scene.add(cloth, pillow(_shape(body), 0.10, 0.20), at=(0, 0.11 + lift, 0), ripple=ripple)
    if sleeves:
        scene.add(
            cloth,
            pillow(_smooth(_SLEEVE), 0.085, 0.12),
            at=(0, 0.10 + lift, 0),
            mirror="x",
            ripple=ripple,
        )
        if not quilt:
            scene.add(lining, *_cuff(0.088), at=(0, 0.10, 0), mirror="x", ripple=ripple)
    if hood:
        outline = [
            (0.0, -0.98),
            (0.16, -0.96),
            (0.27, -0.84),
            (0.27, -0.68),
            (0.19, -0.54),
            (0.0, -0.47),
        ]
        scene.add(
            cloth,
            pillow(_shape(outline), 0.14, 0.16),
            cut(ball((0.15, 0.14, 0.16), (0, 0.14, -0.70)), 0.04),
            at=(0, 0.14 + lift, 0),
            ripple=(CREASES, 0.008, 7.0),
        )
        inside = [(x * 0.9, -0.72 + (z + 0.72) * 0.9) for x, z in outline]
        scene.add(lining, pillow(_shape(inside), 0.085, 0.12), at=(0, 0.14 + lift, 0))
    else:
        collar = [(0.0, -0.73), (0.14, -0.72), (0.18, -0.60), (0.15, -0.52), (0.0, -0.48)]
        scene.add(
            cloth,
            pillow(_shape(collar), 0.12, 0.10),
            cut(ball((0.10, 0.10, 0.07), (0, 0.12, -0.66)), 0.03),
            at=(0, 0.14 + lift, 0),
        )
        inside = [(x * 0.85, -0.62 + (z + 0.62) * 0.85) for x, z in collar]
        scene.add(lining, pillow(_shape(inside), 0.07, 0.08), at=(0, 0.14 + lift, 0))
    top = 0.222 + lift + (0.062 if quilt else 0.0)
    line = [
        (0.0, top + 0.01, -0.50),
        (0.0, top, 0.3),
        (0.0, top - 0.03, 0.62),
        (0.0, top - 0.13, 0.71),
    ]
    scene.add(zip_, tube(curve(line, 5), 0.015))
    scene.add(_STEEL, box((0.014, 0.012, 0.045), (0.0, top + 0.015, -0.42), 0.01))
    if quilt:
        return scene
    pocket = [(0.20, top - 0.012, 0.14), (0.27, top - 0.03, 0.44)]
    scene.add(zip_, tube(pocket, 0.013), mirror="x")
    scene.add(zip_, tube([(0.15, top - 0.005, -0.24), (0.30, top - 0.02, -0.20)], 0.010))
    return scene


def shirt(wool: Surface, trim: Surface) -> Scene:
    """A shirt with long sleeves and a round neck."""
    scene = Scene()
    ripple = (CREASES, 0.010, 6.0)
    body = [
        (0.0, -0.53),
        (0.08, -0.55),
        (0.15, -0.62),
        (0.42, -0.51),
        (0.43, -0.15),
        (0.425, 0.56),
        (0.415, 0.69),
        (0.34, 0.725),
        (0.2, 0.73),
        (0.0, 0.73),
    ]
    scene.add(wool, pillow(_shape(body), 0.06, 0.14), at=(0, 0.07, 0), ripple=ripple)
    scene.add(
        wool, pillow(_smooth(_SLEEVE), 0.05, 0.09), at=(0, 0.06, 0), mirror="x", ripple=ripple
    )
    scene.add(trim, *_cuff(0.066), at=(0, 0.06, 0), mirror="x", ripple=ripple)
    neck = curve(
        [
            (-0.16, 0.09, -0.62),
            (-0.10, 0.11, -0.55),
            (0.0, 0.12, -0.52),
            (0.10, 0.11, -0.55),
            (0.16, 0.09, -0.62),
        ],
        5,
    )
    scene.add(trim, tube(neck, 0.03))
    back = curve(
        [(-0.16, 0.06, -0.62), (-0.08, 0.055, -0.645), (0.08, 0.055, -0.645), (0.16, 0.06, -0.62)],
        5,
    )
    scene.add(trim, tube(back, 0.028))
    scene.add(Surface("#c8502d", rough=0.6), box((0.035, 0.006, 0.05), (-0.30, 0.128, 0.58), 0.005))
    return scene


def leggings() -> Scene:
    """Leggings with a broad waistband."""
    scene = Scene()
    wool = Surface(
        "#394047", rough=0.9, pattern=KNIT, fine=55, depth=0.25, second="#2a3036", sheen=0.2
    )
    trim = Surface("#23282d", rough=0.9, sheen=0.15)
    leg = [
        (0.0, -0.86),
        (0.30, -0.86),
        (0.36, -0.5),
        (0.31, 0.1),
        (0.29, 0.55),
        (0.24, 0.95),
        (0.10, 0.95),
        (0.06, 0.4),
        (0.015, -0.32),
    ]
    scene.add(
        wool,
        pillow(_smooth(leg, 3), 0.06, 0.12),
        at=(0.01, 0.07, 0),
        mirror="x",
        ripple=(CREASES, 0.008, 6.0),
    )
    scene.add(
        trim,
        pillow([(-0.31, -0.98), (0.31, -0.98), (0.325, -0.82), (-0.325, -0.82)], 0.065, 0.06),
        at=(0, 0.075, 0),
    )
    scene.add(
        trim,
        pillow([(0.09, 0.90), (0.255, 0.90), (0.25, 1.0), (0.095, 1.0)], 0.055, 0.05),
        at=(0.01, 0.07, 0),
        mirror="x",
    )
    scene.add(Surface("#c8502d", rough=0.6), box((0.03, 0.006, 0.04), (0.22, 0.142, -0.90), 0.005))
    return scene


def socks() -> Scene:
    """Three socks in three colours, one over the other."""
    scene = Scene()
    outline = _smooth(
        [
            (-0.17, -0.75),
            (0.17, -0.75),
            (0.17, -0.1),
            (0.19, 0.10),
            (0.34, 0.24),
            (0.66, 0.36),
            (0.72, 0.50),
            (0.62, 0.60),
            (0.20, 0.56),
            (-0.06, 0.46),
            (-0.18, 0.22),
            (-0.17, -0.1),
        ],
        3,
    )
    heel = _smooth(
        [(-0.19, 0.14), (-0.05, 0.10), (0.06, 0.26), (0.02, 0.44), (-0.08, 0.45), (-0.19, 0.28)], 3
    )
    toe = _smooth([(0.50, 0.29), (0.66, 0.355), (0.725, 0.50), (0.62, 0.605), (0.46, 0.59)], 3)
    for i, (colour, second, accent) in enumerate(
        (
            ("#4d6b80", "#35505f", "#d9b36a"),
            ("#8f9a6f", "#6f7a52", "#39424a"),
            ("#b8603d", "#8f4529", "#e9dcc4"),
        )
    ):
        one = Scene()
        wool = Surface(
            colour, rough=0.95, pattern=KNIT, fine=48, depth=0.35, second=second, sheen=0.25
        )
        patch = Surface(
            accent, rough=0.95, pattern=WEAVE, fine=90, depth=0.3, second=accent, sheen=0.2
        )
        one.add(wool, pillow(outline, 0.085, 0.13), ripple=(CREASES, 0.006, 7.0))
        one.add(patch, pillow(heel, 0.088, 0.13), pillow(toe, 0.09, 0.14))
        band = Surface(accent, rough=0.95, pattern=STRIPES, fine=18, second=colour, sheen=0.2)
        one.add(
            band,
            pillow([(-0.175, -0.77), (0.175, -0.77), (0.175, -0.52), (-0.175, -0.52)], 0.09, 0.12),
        )
        scene.put(one, (-0.62 + 0.56 * i, 0.10 + 0.07 * i, 0.10 * (i - 1)), (0, 8 - 6 * i, 0))
    return scene


def _shell(colour: str, second: str, zip_: str) -> Callable[[], Scene]:
    cloth = Surface(
        colour, rough=0.65, pattern=RIPSTOP, fine=40, depth=0.1, second=second, sheen=0.15
    )
    return lambda: jacket(cloth, Surface(zip_, rough=0.5), Surface("#24282b", rough=0.8))


def _down() -> Scene:
    return jacket(
        Surface("#c98a2b", rough=0.5, sheen=0.25),
        _DARK,
        Surface("#3a3128", rough=0.8),
        hood=False,
        quilt=15.0,
    )


def _vest() -> Scene:
    cloth = Surface(
        "#4a86b0", rough=0.6, pattern=RIPSTOP, fine=40, depth=0.1, second="#3a6f95", sheen=0.2
    )
    return jacket(
        cloth,
        Surface("#e8e4d8", rough=0.5),
        Surface("#2b3d4a", rough=0.8),
        sleeves=False,
        hood=False,
    )


def _shirt() -> Scene:
    wool = Surface(
        "#7d3440", rough=0.95, pattern=KNIT, fine=60, depth=0.22, second="#622631", sheen=0.25
    )
    return shirt(wool, Surface("#54202b", rough=0.95, sheen=0.2))


_PINE, _RUST = _shell("#2f6148", "#264f3b", "#d9a441"), _shell("#b4502c", "#984122", "#2b2f33")
_FLAT, _ASLANT = View(0, 66, 0.84), View(34, 40, 0.84)


SHOTS = (
    Shot(
        "JK-130",
        _PINE,
        _FLAT,
        "A dark green rain jacket with hood and yellow zips, laid flat",
        "Pine",
    ),
    Shot("JK-130", _RUST, _FLAT, "The rain jacket in rust with dark zips", "Rust"),
    Shot("JK-130", _PINE, _ASLANT, "The green jacket from the side: hood and chest pocket"),
    Shot("JK-131", _down, _FLAT, "A quilted ochre down jacket with a collar, laid flat"),
    Shot("JK-131", _down, _ASLANT, "The down jacket from the side: how full its chambers are"),
    Shot("JK-132", _vest, _FLAT, "A light blue vest with a pale zip, laid flat"),
    Shot("JK-132", _vest, _ASLANT, "The vest from the side"),
    Shot("BL-140", _shirt, _FLAT, "A wine-red knitted shirt with long sleeves, laid flat"),
    Shot("BL-140", _shirt, _ASLANT, "The shirt from the side: its fine knitting"),
    Shot("BL-141", leggings, _FLAT, "Dark grey knitted leggings with a broad waistband"),
    Shot("BL-141", leggings, _ASLANT, "The leggings from the side"),
    Shot(
        "BL-142",
        socks,
        View(0, 62, 0.86),
        "Three knitted socks in blue, olive and rust with cushioned heels and toes",
    ),
    Shot("BL-142", socks, View(34, 38, 0.86), "The socks from the side: their striped bands"),
)
