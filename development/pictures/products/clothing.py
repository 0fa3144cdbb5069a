"""What is worn: laid flat and seen from above, and shoes."""

import math
from collections.abc import Callable

from studio.building import (
    Point,
    Scene,
    Surface,
    ball,
    both_sides,
    box,
    curve,
    cut,
    keep,
    limb,
    melt,
    pillow,
    plate,
    ring,
    rod,
    tube,
)
from studio.camera import View
from studio.distance import CREASES, QUILT_Z
from studio.surfaces import KNIT, LEATHER, RIPSTOP, STRIPES, WEAVE

from products.shots import Shot

_DARK = Surface("#1f2124", rough=0.6)
_STEEL = Surface("#b9bcc2", rough=0.3, metal=1.0)

_BODY = [
    (0.0, -0.60),
    (0.15, -0.60),
    (0.44, -0.50),
    (0.45, -0.15),
    (0.44, 0.66),
    (0.38, 0.70),
    (0.0, 0.71),
]
_SLEEVE = [
    (0.30, -0.55),
    (0.47, -0.49),
    (0.62, -0.30),
    (0.93, 0.36),
    (0.90, 0.44),
    (0.72, 0.50),
    (0.68, 0.46),
    (0.46, 0.0),
    (0.36, -0.20),
]


def _smooth(points: list[Point], steps: int = 3) -> list[Point]:
    return curve(points, steps, closed=True)


def _shape(half: list[Point], steps: int = 3) -> list[Point]:
    return _smooth(both_sides(half)[:-1] if abs(half[-1][0]) < 1e-6 else both_sides(half), steps)


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
            (0.43, 0.66),
            (0.37, 0.70),
            (0.0, 0.71),
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
        cuff = [(0.69, 0.40), (0.93, 0.30), (0.96, 0.40), (0.73, 0.51)]
        scene.add(lining, pillow(cuff, 0.085, 0.09), at=(0, 0.09 + lift, 0), mirror="x")
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
        scene.add(lining, ball((0.16, 0.06, 0.17), (0, 0.13 + lift, -0.70)))
    else:
        collar = [(0.0, -0.73), (0.14, -0.72), (0.18, -0.60), (0.15, -0.52), (0.0, -0.48)]
        scene.add(
            cloth,
            pillow(_shape(collar), 0.12, 0.10),
            cut(ball((0.10, 0.10, 0.07), (0, 0.12, -0.66)), 0.03),
            at=(0, 0.14 + lift, 0),
        )
        scene.add(lining, ball((0.11, 0.05, 0.08), (0, 0.14 + lift, -0.66)))
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
        (0.42, 0.70),
        (0.36, 0.73),
        (0.0, 0.74),
    ]
    scene.add(wool, pillow(_shape(body), 0.06, 0.14), at=(0, 0.07, 0), ripple=ripple)
    scene.add(
        wool, pillow(_smooth(_SLEEVE), 0.05, 0.09), at=(0, 0.06, 0), mirror="x", ripple=ripple
    )
    cuff = [(0.69, 0.40), (0.93, 0.30), (0.965, 0.39), (0.735, 0.51)]
    scene.add(trim, pillow(cuff, 0.05, 0.06), at=(0, 0.06, 0), mirror="x")
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
    scene.add(Surface("#c8502d", rough=0.6), box((0.035, 0.006, 0.05), (-0.33, 0.115, 0.60), 0.005))
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
        ripple=(QUILT_Z, 0.022, 17.0),
    )
    edge = ((1, 0), (0.7, 0.7), (0, 1), (-0.7, 0.7), (-1, 0), (-0.75, -0.7), (0, -1), (0.75, -0.7))
    line = curve(
        [(0.165 * c, 0.375 + 0.055 * s, -0.28 + 0.33 * s) for c, s in edge], 4, closed=True
    )
    one.add(fleece, tube([*line, line[0]], 0.05))
    one.add(fleece, ball((0.17, 0.05, 0.36), (0, 0.16, -0.26)))
    return _pair(one)


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
