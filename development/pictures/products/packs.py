"""Packs and bags."""

from studio.building import Scene
from studio.camera import View
from studio.distance import CREASES
from studio.solids import Point, Surface, box, curve, limb, melt, ring, rod, strip, tube
from studio.surfaces import RIPSTOP, WEAVE

from products.shots import Shot

_DARK = Surface("#212326", rough=0.55)
_WEB = Surface("#2b2d31", rough=0.85, pattern=WEAVE, fine=110, depth=0.4, second="#1d1f22")


def _cloth(colour: str, second: str) -> Surface:
    return Surface(
        colour, rough=0.75, pattern=RIPSTOP, fine=24, depth=0.2, second=second, sheen=0.12
    )


def _zip(scene: Scene, points: list[Point], colour: str = "#17181a") -> None:
    scene.add(Surface(colour, rough=0.6), tube(curve(points, 6), 0.013))


def day_pack() -> Scene:
    """A small pack that stands, with a pocket in front."""
    scene = Scene()
    cloth, dark = _cloth("#3d6b78", "#2d525c"), _cloth("#27343a", "#1d272b")
    scene.add(
        cloth,
        box((0.42, 0.62, 0.22), (0, 0.64, 0), 0.20),
        melt(box((0.36, 0.22, 0.16), (0, 1.12, -0.02), 0.15), 0.12),
        ripple=(CREASES, 0.008, 5.0),
    )
    scene.add(dark, box((0.40, 0.13, 0.235), (0, 0.14, 0.0), 0.12))
    scene.add(cloth, box((0.32, 0.27, 0.12), (0, 0.50, 0.22), 0.11), ripple=(CREASES, 0.006, 6.0))
    _zip(
        scene,
        [
            (-0.27, 0.60, 0.322),
            (-0.20, 0.70, 0.31),
            (0, 0.735, 0.30),
            (0.20, 0.70, 0.31),
            (0.27, 0.60, 0.322),
        ],
    )
    _zip(
        scene,
        [
            (-0.40, 0.80, 0.14),
            (-0.34, 1.10, 0.12),
            (-0.20, 1.24, 0.10),
            (0, 1.28, 0.09),
            (0.20, 1.24, 0.10),
            (0.34, 1.10, 0.12),
            (0.40, 0.80, 0.14),
        ],
    )
    accent = Surface("#e2873a", rough=0.5)
    scene.add(
        accent,
        limb((0.27, 0.60, 0.33), (0.29, 0.50, 0.335), 0.015),
        limb((0.40, 0.80, 0.15), (0.415, 0.70, 0.16), 0.015),
    )
    scene.add(
        _WEB,
        strip(
            curve([(-0.10, 1.28), (-0.08, 1.40), (0, 1.43), (0.08, 1.40), (0.10, 1.28)], 5),
            0.018,
            0.035,
            (0, 0, -0.10),
        ),
    )
    mesh = Surface("#1f2a2f", rough=0.9, pattern=WEAVE, fine=60, depth=0.6, second="#34444b")
    scene.add(mesh, box((0.07, 0.24, 0.15), (0.42, 0.34, 0.0), 0.06), mirror="x")
    scene.add(Surface("#b9d2da", rough=0.25, coat=0.5), rod(0.085, 0.30, (0.46, 0.52, 0.0), 0.05))
    scene.add(_DARK, rod(0.065, 0.05, (0.46, 0.86, 0.0), 0.02))
    for x in (-0.22, 0.22):
        strap = curve(
            [(1.18, -0.18), (1.22, -0.34), (0.95, -0.48), (0.55, -0.44), (0.22, -0.26)], 6
        )
        scene.add(dark, tube([(x, y, z) for y, z in strap], 0.06))
    scene.add(
        _WEB,
        box((0.03, 0.012, 0.02), (0, 0.92, 0.225), 0.01),
        box((0.20, 0.02, 0.012), (0, 0.92, 0.222), 0.01),
    )
    scene.add(accent, box((0.06, 0.035, 0.01), (0, 0.50, 0.341), 0.008))
    return scene


def trek_pack() -> Scene:
    """A tall pack with a lid, straps and a belt for the hips."""
    scene = Scene()
    cloth, dark = _cloth("#a5452c", "#83341f"), _cloth("#2f3438", "#23272a")
    scene.add(cloth, box((0.38, 0.72, 0.26), (0, 0.80, 0), 0.20), ripple=(CREASES, 0.010, 5.0))
    scene.add(dark, box((0.40, 0.20, 0.28), (0, 0.24, 0), 0.15))
    scene.add(cloth, box((0.39, 0.13, 0.30), (0, 1.55, 0.02), 0.12), ripple=(CREASES, 0.008, 6.0))
    _zip(scene, [(-0.30, 1.52, 0.315), (0, 1.54, 0.325), (0.30, 1.52, 0.315)])
    scene.add(dark, box((0.27, 0.34, 0.07), (0, 0.86, 0.25), 0.07), ripple=(CREASES, 0.006, 6.0))
    for x in (-0.17, 0.17):
        scene.add(
            _WEB,
            tube(
                curve(
                    [
                        (x, 1.46, 0.31),
                        (x, 1.36, 0.315),
                        (x, 1.18, 0.335),
                        (x, 0.90, 0.335),
                        (x, 0.5, 0.33),
                        (x, 0.30, 0.285),
                    ],
                    5,
                ),
                0.022,
            ),
        )
        scene.add(_DARK, box((0.045, 0.055, 0.018), (x, 1.27, 0.335), 0.015))
    for y in (0.62, 1.14):
        scene.add(
            _WEB,
            tube(
                curve([(0.40, y, -0.12), (0.395, y, 0.10), (0.32, y, 0.26), (0.20, y, 0.30)], 5),
                0.018,
            ),
            mirror="x",
        )
    scene.add(
        dark,
        tube(
            curve(
                [
                    (0.10, 0.34, -0.30),
                    (0.36, 0.34, -0.34),
                    (0.52, 0.33, -0.16),
                    (0.56, 0.32, 0.12),
                    (0.46, 0.31, 0.34),
                ],
                6,
            ),
            0.085,
        ),
        mirror="x",
    )
    scene.add(
        _WEB,
        tube(
            curve(
                [(0.46, 0.31, 0.34), (0.30, 0.29, 0.44), (0.12, 0.28, 0.47), (0.0, 0.28, 0.475)], 5
            ),
            0.022,
        ),
        mirror="x",
    )
    scene.add(_DARK, box((0.08, 0.05, 0.025), (0, 0.28, 0.48), 0.02))
    scene.add(
        dark,
        tube(
            curve(
                [
                    (0.18, 1.40, -0.26),
                    (0.20, 1.36, -0.44),
                    (0.22, 1.05, -0.54),
                    (0.26, 0.65, -0.46),
                    (0.30, 0.40, -0.30),
                ],
                6,
            ),
            0.065,
        ),
        mirror="x",
    )
    mat = Surface("#c9b23e", rough=0.85)
    scene.add(mat, rod(0.13, 0.46, (0, 0.12, 0.20), 0.04, (0, 0, 90)))
    scene.add(_WEB, ring(0.135, 0.012, (0.22, 0.12, 0.20), (0, 0, 90)), mirror="x")
    scene.add(
        _WEB,
        strip(
            curve([(-0.09, 1.62), (-0.07, 1.74), (0, 1.77), (0.07, 1.74), (0.09, 1.62)], 5),
            0.016,
            0.03,
            (0, 0, -0.20),
        ),
    )
    return scene


def dry_bags() -> Scene:
    """Three roll-top bags in three sizes."""
    scene = Scene()
    for x, z, r, high, colour, second in (
        (-0.62, -0.1, 0.36, 1.25, "#2f6f9e", "#275d85"),
        (0.16, 0.12, 0.30, 0.92, "#dd7a2c", "#c0661f"),
        (0.76, 0.34, 0.24, 0.62, "#7a9a3f", "#657f32"),
    ):
        one = Scene()
        cloth = Surface(
            colour, rough=0.4, pattern=RIPSTOP, fine=22, depth=0.06, second=second, coat=0.15
        )
        one.add(
            cloth,
            rod(r, high / 2, (0, high / 2, 0), 0.10),
            melt(box((r * 0.95, 0.10, 0.06), (0, high + 0.02, 0), 0.05), 0.16),
            ripple=(CREASES, 0.010, 6.0),
        )
        one.add(_DARK, box((r * 1.0, 0.055, 0.062), (0, high + 0.14, 0), 0.05))
        loop = curve(
            [
                (-r * 0.95, high + 0.14, 0),
                (-r * 0.98, high + 0.30, 0),
                (-r * 0.4, high + 0.42, 0),
                (r * 0.4, high + 0.42, 0),
                (r * 0.98, high + 0.30, 0),
                (r * 0.95, high + 0.14, 0),
            ],
            5,
        )
        one.add(_WEB, tube(loop, 0.026))
        one.add(_DARK, box((0.075, 0.05, 0.035), (0, high + 0.42, 0), 0.02))
        one.add(
            Surface("#f1efe9", rough=0.5),
            box((0.012, high * 0.22, 0.02), (0, high * 0.5, r), 0.008),
            box((0.05, 0.05, 0.02), (0, high * 0.78, r - 0.002), 0.02),
        )
        scene.put(one, (x, 0, z), (0, -x * 14, 0))
    return scene


SHOTS = (
    Shot(
        "PK-160",
        day_pack,
        View(26, 14),
        "A teal day pack with a front pocket and a bottle at its side",
    ),
    Shot("PK-160", day_pack, View(-42, 20), "The day pack from the other side"),
    Shot(
        "PK-161",
        trek_pack,
        View(28, 12),
        "A tall rust-red pack with lid and hip belt, a mat strapped below",
    ),
    Shot("PK-161", trek_pack, View(-48, 20), "The pack from the side: straps and padded belt"),
    Shot(
        "PK-162",
        dry_bags,
        View(14, 16),
        "Three roll-top bags: a large blue, a middle orange, a small green one",
    ),
    Shot("PK-162", dry_bags, View(-26, 34), "The three bags from above, rolled shut"),
)
