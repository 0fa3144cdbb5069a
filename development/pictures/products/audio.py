"""Headphones, speakers, and what else sounds."""

import math

from studio.building import Scene
from studio.camera import View
from studio.distance import GRIP
from studio.drawn import face, label
from studio.solids import (
    Surface,
    ball,
    below,
    box,
    curve,
    cut,
    keep,
    lathe,
    limb,
    melt,
    ring,
    rod,
    strip,
    tube,
)
from studio.surfaces import GROOVES, HOLES, LEATHER, WEAVE, WOOD

from products.shots import Shot

_STEEL = Surface("#c9ccd1", rough=0.22, metal=1.0)
_DARK_STEEL = Surface("#7d8188", rough=0.3, metal=1.0)
_RUBBER = Surface("#1b1c1f", rough=0.8)


def headphones(shell: Surface, pad: Surface, trim: Surface, cable: bool = False) -> Scene:
    """A pair on its cups, the band above."""
    scene = Scene()
    arc = [
        (0.60 * math.cos(a), 0.98 + 0.62 * math.sin(a))
        for a in [math.pi * i / 24 for i in range(25)]
    ]
    scene.add(shell, strip(arc, 0.022, 0.085, edge=0.02))
    inner = [(x * 0.93, 0.98 + (y - 0.98) * 0.92) for x, y in arc[5:-5]]
    scene.add(pad, strip(inner, 0.042, 0.095, edge=0.04))
    scene.add(trim, box((0.022, 0.20, 0.045), (0.60, 0.86, 0), 0.02), mirror="x")
    cup = [rod(0.30, 0.085, (0.60, 0.44, 0), 0.07, (0, 0, 90))]
    scene.add(shell, *cup, melt(box((0.05, 0.16, 0.11), (0.62, 0.70, 0), 0.04), 0.06), mirror="x")
    scene.add(pad, ring(0.215, 0.095, (0.475, 0.44, 0), (0, 0, 90)), mirror="x")
    mesh = Surface("#141518", rough=0.9)
    scene.add(mesh, rod(0.2, 0.03, (0.50, 0.44, 0), 0.01, (0, 0, 90)), mirror="x")
    scene.add(trim, ring(0.245, 0.012, (0.684, 0.44, 0), (0, 0, 90)), mirror="x")
    cap = shell if cable else trim
    scene.add(cap, rod(0.17, 0.012, (0.688, 0.44, 0), 0.01, (0, 0, 90)), mirror="x")
    if cable:
        line = curve(
            [
                (0.6, 0.15, 0.02),
                (0.6, 0.06, 0.06),
                (0.62, 0.02, 0.25),
                (0.42, 0.02, 0.52),
                (-0.05, 0.02, 0.50),
                (-0.35, 0.02, 0.62),
                (-0.2, 0.02, 0.78),
                (0.12, 0.02, 0.72),
            ]
        )
        scene.add(_RUBBER, tube(line, 0.017))
        scene.add(_STEEL, limb((0.12, 0.022, 0.72), (0.22, 0.022, 0.70), 0.022))
    return scene


def speaker(cloth: Surface, rubber: Surface, accent: Surface) -> Scene:
    """An upright cylinder in cloth with a loop to hang it."""
    scene = Scene()
    scene.add(rubber, rod(0.40, 0.09, (0, 0.09, 0), 0.05))
    scene.add(cloth, rod(0.415, 0.44, (0, 0.60, 0), 0.03))
    scene.add(rubber, rod(0.40, 0.07, (0, 1.08, 0), 0.05), cut(rod(0.33, 0.03, (0, 1.16, 0), 0.02)))
    scene.add(accent, ring(0.30, 0.014, (0, 1.135, 0)))
    scene.add(rubber, rod(0.25, 0.015, (0, 1.135, 0), 0.01))
    plus = [box((0.045, 0.012, 0.012), (0.12, 0.0, 0)), box((0.012, 0.012, 0.045), (0.12, 0.0, 0))]
    scene.add(
        Surface("#e8e9ec", rough=0.5),
        *plus,
        box((0.045, 0.012, 0.012), (-0.12, 0.0, 0)),
        at=(0, 1.148, 0.0),
    )
    loop = curve(
        [
            (0.36, 1.10, 0.0),
            (0.52, 1.10, 0.03),
            (0.56, 0.90, 0.04),
            (0.52, 0.66, 0.03),
            (0.43, 0.60, 0.0),
        ]
    )
    scene.add(accent, tube(loop, 0.022))
    scene.add(accent, box((0.07, 0.035, 0.02), (0, 0.42, 0.415), 0.01))
    return scene


def earbuds(shell: Surface, inside: Surface) -> Scene:
    """An open case with both buds before it."""
    scene = Scene()
    body = box((0.50, 0.17, 0.30), (0, 0.17, 0), 0.165)
    hole = [cut(rod(0.15, 0.12, (x, 0.26, 0), 0.05), 0.02) for x in (-0.22, 0.22)]
    scene.add(shell, body, keep(below((0, 0.25, 0))), *hole)
    scene.add(
        inside,
        box((0.44, 0.06, 0.24), (0, 0.13, 0), 0.05),
        *[cut(ball((0.07, 0.05, 0.07), (x, 0.2, 0)), 0.02) for x in (-0.22, 0.22)],
    )
    lid_at, lid_turn = (0, 0.27, -0.27), (-72, 0, 0)
    lid = [box((0.50, 0.17, 0.30), (0, -0.0, 0.30), 0.165), keep(below((0, 0.0, 0), (180, 0, 0)))]
    scene.add(
        shell, *lid, cut(box((0.43, 0.11, 0.23), (0, 0.0, 0.30), 0.1)), at=lid_at, turn=lid_turn
    )
    scene.add(Surface("#57e08a", glow=1.2), ball(0.014, (0, 0.20, 0.302)))
    for x, turn, at in ((0, (0, 25, 0), (-0.40, 0, 0.62)), (0, (0, -40, 0), (0.30, 0, 0.66))):
        bud = Scene()
        bud.add(
            shell,
            ball((0.115, 0.125, 0.10), (x, 0.125, 0)),
            melt(limb((0.02, 0.12, 0.05), (0.05, 0.11, 0.13), 0.06, 0.05), 0.05),
            melt(limb((0, 0.16, -0.03), (0.02, 0.045, -0.22), 0.05, 0.042), 0.05),
        )
        bud.add(
            inside,
            lathe(
                [(0, 0), (0.075, 0.0), (0.07, 0.03), (0.045, 0.07), (0, 0.075)],
                (0.055, 0.108, 0.135),
                0.008,
                (80, 15, 0),
            ),
        )
        bud.add(_STEEL, ball((0.02, 0.02, 0.02), (-0.005, 0.235, 0.0)))
        scene.put(bud, at, turn)
    return scene


def turntable() -> Scene:
    """A record on a turning plate in a wooden box."""
    scene = Scene()
    wood = Surface("#8a5a36", rough=0.4, coat=0.3, pattern=WOOD, fine=4, second="#55331b")
    scene.add(wood, box((0.75, 0.10, 0.58), (0, 0.15, 0), 0.03))
    scene.add(Surface("#1d1e20", rough=0.45), box((0.72, 0.012, 0.55), (0, 0.255, 0), 0.01))
    scene.add(_RUBBER, rod(0.08, 0.03, (0.55, 0.03, 0.40), 0.02), mirror="xz")
    scene.add(_STEEL, rod(0.465, 0.028, (-0.18, 0.29, 0), 0.012))
    record = Surface("#0d0d0f", rough=0.3, pattern=GROOVES, fine=420, depth=0.25, coat=0.4)
    scene.add(record, rod(0.445, 0.012, (0, 0, 0), 0.006), at=(-0.18, 0.33, 0))
    middle = Surface(
        "#c8502d", rough=0.6, picture=face("#c8502d", "HALDEN", "33"), side=1, size=(0.15, 0.15)
    )
    scene.add(middle, rod(0.15, 0.006, (0, 0, 0), 0.003), at=(-0.18, 0.345, 0))
    scene.add(_STEEL, rod(0.014, 0.05, (-0.18, 0.37, 0), 0.012))
    scene.add(_DARK_STEEL, rod(0.10, 0.02, (0.53, 0.29, -0.36), 0.01))
    scene.add(_STEEL, rod(0.06, 0.06, (0.53, 0.35, -0.36), 0.015))
    arm = curve(
        [
            (0.53, 0.40, -0.46),
            (0.53, 0.40, -0.2),
            (0.52, 0.40, 0.08),
            (0.40, 0.395, 0.26),
            (0.24, 0.385, 0.33),
        ]
    )
    scene.add(_STEEL, tube(arm, 0.016))
    scene.add(_DARK_STEEL, limb((0.53, 0.40, -0.43), (0.53, 0.40, -0.52), 0.055))
    scene.add(_RUBBER, box((0.035, 0.02, 0.07), (0.20, 0.37, 0.345), 0.01, (0, 65, 0)))
    scene.add(_STEEL, rod(0.045, 0.03, (0.58, 0.29, 0.42), 0.01))
    scene.add(_STEEL, box((0.02, 0.012, 0.10), (0.58, 0.275, 0.10), 0.01))
    scene.add(_DARK_STEEL, box((0.035, 0.02, 0.022), (0.58, 0.287, 0.13), 0.01))
    return scene


def microphone() -> Scene:
    """A microphone on a short stand."""
    scene = Scene()
    body = Surface("#2a2c30", rough=0.42)
    grille = Surface(
        "#9a9da3", rough=0.3, metal=1.0, pattern=HOLES, fine=34, depth=0.8, second="#101113"
    )
    scene.add(body, rod(0.42, 0.035, (0, 0.035, 0), 0.03))
    scene.add(_STEEL, rod(0.035, 0.17, (0, 0.22, 0), 0.01))
    scene.add(body, rod(0.055, 0.03, (0, 0.38, 0), 0.015))
    fork = [
        (0.27 * math.cos(a), 0.69 + 0.29 * math.sin(a))
        for a in [math.pi * (1 + i / 20) for i in range(21)]
    ]
    scene.add(body, strip([(-0.27, 0.86), *fork, (0.27, 0.86)], 0.018, 0.05, edge=0.012))
    scene.add(_STEEL, rod(0.05, 0.05, (0.285, 0.84, 0), 0.012, (0, 0, 90)), mirror="x")
    scene.add(body, rod(0.215, 0.26, (0, 0.78, 0), 0.05))
    scene.add(_STEEL, rod(0.219, 0.016, (0, 1.03, 0), 0.008))
    scene.add(grille, rod(0.205, 0.23, (0, 1.22, 0), 0.17))
    scene.add(Surface("#55d98b", glow=1.0), ball((0.02, 0.02, 0.012), (0, 0.90, 0.213)))
    scene.add(_DARK_STEEL, rod(0.05, 0.02, (0, 0.72, 0.21), 0.012, (90, 0, 0)))
    return scene


def soundbar() -> Scene:
    """A long bar before its box for the low notes."""
    scene = Scene()
    cloth = Surface(
        "#2b2d31", rough=0.9, pattern=WEAVE, fine=170, depth=0.5, second="#17181a", sheen=0.1
    )
    shell = Surface("#1b1c1f", rough=0.35)
    scene.add(cloth, box((1.2, 0.095, 0.12), (0, 0.12, 0.38), 0.06))
    scene.add(shell, box((1.17, 0.012, 0.10), (0, 0.213, 0.38), 0.01))
    scene.add(_STEEL, box((0.012, 0.096, 0.121), (1.0, 0.12, 0.38), 0.06), mirror="x")
    scene.add(_RUBBER, box((0.10, 0.015, 0.08), (0.9, 0.015, 0.38), 0.01), mirror="x")
    keys = Surface("#9fa3aa", rough=0.4)
    scene.add(keys, rod(0.022, 0.006, (0, 0.226, 0.38), 0.004), rows=(0.09, 5, 0, 1))
    scene.add(Surface("#dfe7ff", glow=1.4), box((0.03, 0.006, 0.004), (0.75, 0.13, 0.501), 0.003))
    scene.add(cloth, box((0.30, 0.38, 0.28), (0.55, 0.42, -0.30), 0.06))
    scene.add(shell, box((0.285, 0.012, 0.265), (0.55, 0.80, -0.30), 0.01))
    scene.add(_RUBBER, box((0.24, 0.03, 0.22), (0.55, 0.03, -0.30), 0.02))
    return scene


def radio() -> Scene:
    """A pocket radio with its aerial out."""
    scene = Scene()
    shell = Surface("#b9472f", rough=0.4, coat=0.2)
    front = Surface("#efe7d8", rough=0.5)
    grille = Surface("#d9cfbd", rough=0.6, pattern=HOLES, fine=24, depth=0.6, second="#2b2622")
    scene.add(shell, box((0.66, 0.40, 0.17), (0, 0.43, 0), 0.09))
    scene.add(front, box((0.60, 0.34, 0.02), (0, 0.43, 0.16), 0.02))
    scene.add(grille, rod(0.265, 0.02, (-0.27, 0.43, 0.172), 0.012, (90, 0, 0)))
    scene.add(_STEEL, ring(0.27, 0.014, (-0.27, 0.43, 0.182), (90, 0, 0)))
    screen = Surface(
        "#12211a",
        rough=0.2,
        picture=label("#16241c", "#9fe8b4", ["98.4", "FM"], (512, 280)),
        glow=0.8,
        at=(0.30, -0.60),
        size=(0.22, 0.12),
    )
    scene.add(screen, box((0.22, 0.12, 0.02), (0.30, 0.60, 0.172), 0.02))
    knob = [rod(0.085, 0.05, (0, 0, 0), 0.015)]
    scene.add(_STEEL, *knob, at=(0.19, 0.31, 0.21), turn=(90, 0, 0), ripple=(GRIP, 0.004, 28))
    scene.add(
        _DARK_STEEL,
        *knob,
        at=(0.42, 0.31, 0.21),
        turn=(90, 0, 0),
        size=0.75,
        ripple=(GRIP, 0.004, 28),
    )
    scene.add(
        _STEEL,
        limb((0.52, 0.80, -0.08), (0.62, 1.22, -0.08), 0.02, 0.016),
        limb((0.62, 1.22, -0.08), (0.70, 1.56, -0.08), 0.012),
        ball(0.022, (0.70, 1.57, -0.08)),
    )
    scene.add(_DARK_STEEL, rod(0.035, 0.035, (0.52, 0.80, -0.08), 0.01, (90, 0, 0)))
    strap = curve(
        [
            (-0.66, 0.72, 0),
            (-0.76, 0.62, 0.05),
            (-0.78, 0.35, 0.10),
            (-0.72, 0.10, 0.12),
            (-0.64, 0.03, 0.16),
        ]
    )
    scene.add(Surface("#3a2a20", rough=0.7), tube(strap, 0.02))
    return scene


_BLACK = Surface("#26282c", rough=0.38)
_BLACK_PAD = Surface("#1a1b1d", rough=0.7, pattern=LEATHER, fine=70, depth=0.25, second="#111112")
_WALNUT = Surface("#8d5632", rough=0.35, coat=0.5, pattern=WOOD, fine=7, second="#4f2c16")
_TAN_PAD = Surface("#6b4a35", rough=0.65, pattern=LEATHER, fine=70, depth=0.25, second="#4b3324")
_CLOTH = Surface(
    "#2f5f8f", rough=0.95, pattern=WEAVE, fine=150, depth=0.6, second="#1d3f63", sheen=0.25
)
_ORANGE = Surface("#e2672b", rough=0.5)


def wireless() -> Scene:
    return headphones(_BLACK, _BLACK_PAD, Surface("#c2a37a", rough=0.3, metal=1.0))


def _wired() -> Scene:
    return headphones(_WALNUT, _TAN_PAD, _STEEL, cable=True)


def blue_speaker() -> Scene:
    return speaker(_CLOTH, _RUBBER, _ORANGE)


def white_earbuds() -> Scene:
    return earbuds(Surface("#f2f2f0", rough=0.22, coat=0.5), Surface("#3b3d42", rough=0.6))


SHOTS = (
    Shot(
        "WH-001",
        wireless,
        View(28, 14),
        "Black over-ear headphones with bronze rings, from the front",
    ),
    Shot("WH-001", wireless, View(68, 10), "The same headphones from the side: a round black cup"),
    Shot(
        "WH-001",
        wireless,
        View(-35, 38),
        "The headphones from above: a padded band and soft cushions",
    ),
    Shot(
        "BS-002",
        blue_speaker,
        View(28, 18),
        "An upright round speaker in blue cloth with an orange loop",
    ),
    Shot(
        "BS-002", blue_speaker, View(15, 52), "The speaker from above: keys for louder and quieter"
    ),
    Shot("SE-003", white_earbuds, View(22, 24), "White earbuds before their open charging case"),
    Shot("SE-003", white_earbuds, View(-40, 40), "The open case and both earbuds from above"),
    Shot(
        "TT-004",
        turntable,
        View(24, 32),
        "A turntable in a walnut box, a black record on its plate",
    ),
    Shot("TT-004", turntable, View(-30, 58), "The turntable from above: record, arm and slider"),
    Shot(
        "DM-005",
        microphone,
        View(24, 12),
        "A dark desktop microphone with a steel grille on a round foot",
    ),
    Shot("DM-005", microphone, View(-48, 24), "The microphone from the side in its fork"),
    Shot("JH-006", _wired, View(30, 16), "Headphones with walnut cups, brown leather and a cable"),
    Shot("JH-006", _wired, View(66, 14), "The walnut cup from the side"),
    Shot("SB-007", soundbar, View(22, 18), "A slim dark soundbar before its cube-shaped subwoofer"),
    Shot("SB-007", soundbar, View(-38, 30), "The soundbar from the other side, five keys on top"),
    Shot(
        "PR-008",
        radio,
        View(20, 14),
        "A small red radio with a cream front, a green display and an aerial",
    ),
    Shot("PR-008", radio, View(-32, 22), "The radio from the left: its round speaker grille"),
)
