"""Light, warmth, power."""

import math

from studio.building import Scene
from studio.camera import View
from studio.distance import GRIP
from studio.drawn import gauge, label, panel_cells, paper
from studio.solids import Surface, ball, box, curve, cut, hollow, lathe, limb, ring, rod, tube
from studio.surfaces import KNIT, RIPSTOP, WEAVE, WOOD

from products.shots import Shot

_STEEL = Surface("#c9ccd1", rough=0.22, metal=1.0)
_WHITE = Surface("#f1f1ef", rough=0.35, coat=0.2)
_DARK = Surface("#232428", rough=0.45)
_GOLD = Surface("#d9b45b", rough=0.25, metal=1.0)
_OAK = Surface("#b98a58", rough=0.5, pattern=WOOD, fine=5, second="#8a5f36")


def lamp() -> Scene:
    """A shade of cloth that glows on a wooden foot."""
    scene = Scene()
    shade = Surface(
        "#f5e2bd", rough=0.9, pattern=WEAVE, fine=110, depth=0.25, second="#ecd3a4", glow=0.2
    )
    scene.add(
        shade,
        hollow(lathe([(0.0, 0.0), (0.40, 0.0), (0.30, 0.56), (0.0, 0.56)]), 0.012),
        cut(rod(0.36, 0.05, (0, 0.0, 0))),
        cut(rod(0.26, 0.05, (0, 0.57, 0))),
        at=(0, 0.68, 0),
    )
    scene.add(Surface("#fff6dd", glow=1.2), ball(0.11, (0, 0.88, 0)))
    scene.add(
        _OAK,
        lathe(
            [
                (0, 0),
                (0.27, 0.0),
                (0.27, 0.05),
                (0.20, 0.14),
                (0.09, 0.24),
                (0.065, 0.38),
                (0.06, 0.56),
                (0, 0.56),
            ],
            edge=0.015,
        ),
    )
    scene.add(_GOLD, rod(0.045, 0.09, (0, 0.64, 0), 0.01), rod(0.275, 0.012, (0, 0.02, 0), 0.01))
    scene.add(
        _GOLD,
        rod(0.05, 0.03, (0, 0, 0), 0.012),
        at=(0, 0.21, 0.135),
        turn=(65, 0, 0),
        ripple=(GRIP, 0.004, 20),
    )
    cable = curve(
        [
            (-0.24, 0.03, -0.05),
            (-0.40, 0.016, -0.02),
            (-0.58, 0.016, 0.18),
            (-0.50, 0.016, 0.40),
            (-0.62, 0.016, 0.52),
        ]
    )
    scene.add(Surface("#8a7256", rough=0.8), tube(cable, 0.016))
    return scene


def thermostat() -> Scene:
    """A round knob for a radiator, its display at the end, with the valve's nut."""
    scene = Scene()
    whole = Scene()
    whole.add(_WHITE, rod(0.36, 0.42, (0, 0, 0), 0.07))
    grip = Surface("#dcdcd8", rough=0.5)
    whole.add(grip, rod(0.375, 0.17, (0, -0.20, 0), 0.03), ripple=(GRIP, 0.010, 30))
    whole.add(_STEEL, rod(0.255, 0.15, (0, -0.55, 0), 0.02), ripple=(GRIP, 0.012, 6))
    whole.add(_STEEL, rod(0.15, 0.10, (0, -0.76, 0), 0.01))
    screen = Surface(
        "#0d0f13",
        rough=0.1,
        coat=1.0,
        glow=0.9,
        picture=gauge("21.5°", "#ff9a4d"),
        side=1,
        size=(0.28, 0.28),
    )
    whole.add(screen, rod(0.30, 0.02, (0, 0.415, 0), 0.012))
    whole.add(_STEEL, ring(0.315, 0.014, (0, 0.42, 0)))
    scene.put(whole, (0, 0.40, 0), (76, 0, 0))
    return scene


def sensor() -> Scene:
    """A flat box and its smaller magnet, standing side by side."""
    scene = Scene()
    scene.add(_WHITE, box((0.24, 0.52, 0.085), (-0.12, 0.52, 0), 0.06))
    scene.add(Surface("#d8d9d6", rough=0.5), box((0.245, 0.006, 0.088), (-0.12, 0.24, 0), 0.004))
    scene.add(Surface("#4fb3ff", glow=1.1), ball((0.022, 0.022, 0.012), (-0.12, 0.86, 0.084)))
    scene.add(
        Surface("#c9cac7", rough=0.5), rod(0.05, 0.01, (-0.12, 0.86, 0.082), 0.005, (90, 0, 0))
    )
    scene.add(_WHITE, box((0.10, 0.36, 0.07), (0.33, 0.36, 0.02), 0.05))
    scene.add(Surface("#b9bab7", rough=0.6), box((0.012, 0.05, 0.01), (0.245, 0.36, 0.085), 0.006))
    scene.add(Surface("#b9bab7", rough=0.6), box((0.012, 0.05, 0.01), (0.10, 0.36, 0.083), 0.006))
    cell = Surface("#d2d5d9", rough=0.2, metal=1.0)
    scene.add(
        cell,
        rod(0.13, 0.022, (0.08, 0.022, 0.40), 0.012),
        rod(0.105, 0.01, (0.08, 0.045, 0.40), 0.006),
    )
    return scene


def monitor() -> Scene:
    """An upright plate with a paper-like display and a wooden foot."""
    scene = Scene()
    scene.add(_WHITE, box((0.52, 0.40, 0.09), (0, 0.54, 0), 0.06))
    screen = Surface("#e4e4de", rough=0.7, picture=paper(), at=(0, -0.56), size=(0.45, 0.31))
    scene.add(screen, box((0.46, 0.32, 0.02), (0, 0.56, 0.078), 0.02))
    scene.add(_OAK, box((0.46, 0.075, 0.20), (0, 0.075, 0), 0.03))
    slots = Surface("#4b4c4e", rough=0.8)
    scene.add(slots, box((0.10, 0.006, 0.008), r=0.004), at=(0, 0.895, 0.0), rows=(0, 1, 0.03, 4))
    scene.add(Surface("#57d98b", glow=1.0), ball((0.014, 0.014, 0.008), (0.44, 0.19, 0.09)))
    return scene


def charger() -> Scene:
    """A white block with two pins and three ports."""
    scene = Scene()
    whole = Scene()
    whole.add(_WHITE, box((0.36, 0.40, 0.36), (0, 0.40, 0), 0.07))
    whole.add(Surface("#e3e4e2", rough=0.5), box((0.30, 0.34, 0.01), (0, 0.40, 0.356), 0.01))
    for y, high in ((0.62, 0.026), (0.46, 0.026), (0.27, 0.045)):
        whole.add(_DARK, box((0.105, high + 0.012, 0.012), (0, y, 0.362), 0.03))
        whole.add(
            _STEEL,
            box((0.09, high - 0.006, 0.012), (0, y, 0.366), 0.015),
            cut(box((0.08, high - 0.016, 0.05), (0, y, 0.38), 0.012)),
        )
    whole.add(Surface("#57a8ff", glow=1.0), ball((0.012, 0.012, 0.008), (0.0, 0.13, 0.366)))
    pins = Surface("#d5c9a8", rough=0.25, metal=1.0)
    whole.add(
        Surface("#dcdcd8", rough=0.5), rod(0.055, 0.09, (0.15, 0.78, -0.05), 0.01), mirror="x"
    )
    whole.add(pins, rod(0.048, 0.20, (0.15, 0.98, -0.05), 0.04), mirror="x")
    scene.put(whole)
    return scene


def power_bank() -> Scene:
    """A rounded slab with a display that says 87 %."""
    scene = Scene()
    shell = Surface("#39424d", rough=0.45)
    lying = Scene()
    lying.add(shell, box((0.40, 0.125, 0.76), (0, 0.125, 0), 0.10))
    screen = Surface(
        "#0a0b0d",
        rough=0.1,
        coat=1.0,
        glow=1.0,
        picture=label("#0a0b0d", "#ffffff", ["87 %"], (512, 256)),
        side=1,
        at=(0, 0.42),
        size=(0.24, 0.12),
    )
    lying.add(screen, box((0.25, 0.02, 0.13), (0, 0.236, 0.42), 0.018))
    lying.add(
        _STEEL,
        box((0.12, 0.035, 0.02), (0.14, 0.125, 0.745), 0.03),
        cut(box((0.10, 0.02, 0.1), (0.14, 0.125, 0.76), 0.015)),
    )
    lying.add(
        _STEEL,
        box((0.075, 0.03, 0.02), (-0.16, 0.125, 0.745), 0.03),
        cut(box((0.058, 0.015, 0.1), (-0.16, 0.125, 0.76), 0.012)),
    )
    lying.add(Surface("#e2672b", rough=0.45), box((0.02, 0.03, 0.09), (0.395, 0.125, 0.40), 0.015))
    words = Surface(
        "#39424d",
        rough=0.45,
        picture=label("#39424d", "#9aa6b3", ["20,000", "mAh"], (512, 320)),
        side=1,
        at=(0, -0.40),
        size=(0.22, 0.14),
    )
    lying.add(words, box((0.25, 0.01, 0.2), (0, 0.243, -0.40), 0.008))
    scene.put(lying)
    return scene


def cable() -> Scene:
    """A coil of braided cable with both plugs before it."""
    scene = Scene()
    braid = Surface(
        "#3f4d63", rough=0.8, pattern=KNIT, fine=90, depth=0.5, second="#28324a", sheen=0.15
    )
    coil = []
    for i in range(97):
        a = 2 * math.pi * i / 32
        r = 0.50 + 0.018 * math.sin(3 * a + 1)
        coil.append((r * math.cos(a), 0.05 + 0.075 * i / 32, r * math.sin(a)))
    end = curve(
        [coil[-1], (0.56, 0.27, 0.20), (0.58, 0.16, 0.45), (0.42, 0.06, 0.70), (0.10, 0.05, 0.80)],
        6,
    )
    start = curve(
        [
            coil[0],
            (0.52, 0.05, -0.16),
            (0.66, 0.05, -0.34),
            (0.88, 0.05, -0.22),
            (0.92, 0.05, 0.10),
            (0.86, 0.05, 0.34),
        ],
        6,
    )
    scene.add(braid, tube(coil, 0.042))
    scene.add(braid, tube(end, 0.042))
    scene.add(braid, tube(start, 0.042))
    scene.add(_DARK, box((0.085, 0.14, 0.11), (0.46, 0.16, -0.2), 0.04, (0, 25, 0)))
    for at, turn in (((0.02, 0.055, 0.82), (0, -100, 0)), ((0.80, 0.055, 0.45), (0, -22, 0))):
        plug = Scene()
        plug.add(
            Surface("#8d939c", rough=0.3, metal=1.0), box((0.085, 0.052, 0.14), (0, 0, 0.05), 0.04)
        )
        plug.add(_DARK, limb((0, 0, -0.18), (0, 0, -0.07), 0.048, 0.052))
        plug.add(
            _STEEL,
            box((0.06, 0.022, 0.09), (0, 0, 0.24), 0.02),
            cut(box((0.048, 0.012, 0.06), (0, 0, 0.32), 0.01)),
        )
        scene.put(plug, at, turn)
    return scene


def solar_panel() -> Scene:
    """Three leaves with cells, half unfolded."""
    scene = Scene()
    cloth = Surface("#33372f", rough=0.9, pattern=RIPSTOP, fine=26, depth=0.3, second="#1f221c")
    cells = Surface(
        "#16244a", rough=0.12, coat=0.6, picture=panel_cells(), side=1, size=(0.36, 0.68)
    )
    for x, lean, y in ((-0.80, 16, 0.14), (0, -16, 0.14), (0.80, 16, 0.14)):
        leaf = Scene()
        leaf.add(cloth, box((0.42, 0.022, 0.76), r=0.02))
        leaf.add(cells, box((0.37, 0.012, 0.69), (0, 0.022, 0), 0.01))
        leaf.add(
            _STEEL,
            ring(0.035, 0.012, (0.385, 0.02, 0.72)),
            ring(0.035, 0.012, (-0.385, 0.02, 0.72)),
            ring(0.035, 0.012, (0.385, 0.02, -0.72)),
            ring(0.035, 0.012, (-0.385, 0.02, -0.72)),
        )
        upright = Scene().put(leaf, (0, 0, 0), (0, 0, lean))
        scene.put(upright, (x, y, 0))
    tilted = Scene().put(scene, (0, 0.7, 0), (58, 0, 0))
    for x in (-0.80, 0.80):
        tilted.add(_STEEL, limb((x, 1.0, -0.36), (x, 0.03, -0.72), 0.02))
    return tilted


SHOTS = (
    Shot(
        "BL-050",
        lamp,
        View(24, 12),
        "A lamp with a glowing cloth shade on an oak foot with a brass ring",
    ),
    Shot("BL-050", lamp, View(-30, 32), "The lamp from above, light falling out of its shade"),
    Shot(
        "RT-051",
        thermostat,
        View(30, 14),
        "A white round radiator thermostat; its display says 21.5 degrees",
    ),
    Shot(
        "RT-051",
        thermostat,
        View(62, 18),
        "The thermostat from the side: a ribbed grip and a steel nut",
    ),
    Shot(
        "DS-052", sensor, View(22, 18), "A white door sensor, its magnet, and the cell that runs it"
    ),
    Shot("DS-052", sensor, View(-36, 30), "The sensor from the other side"),
    Shot(
        "AQ-053",
        monitor,
        View(22, 12),
        "A white monitor on an oak foot; its paper-like display shows the air's quality",
    ),
    Shot("AQ-053", monitor, View(-32, 26), "The monitor from above: the slots that let the air in"),
    Shot(
        "WC-060",
        charger,
        View(30, 22),
        "A white charger with two pins above and three ports in front",
    ),
    Shot("WC-060", charger, View(-36, 34), "The charger from the other side"),
    Shot(
        "PB-061", power_bank, View(26, 36), "A dark flat power bank; its display says 87 per cent"
    ),
    Shot("PB-061", power_bank, View(-34, 22), "The power bank from the end with its ports"),
    Shot("UC-062", cable, View(16, 34), "A coil of blue braided cable with two metal plugs"),
    Shot("UC-062", cable, View(-24, 56), "The coil from above, held by a strap"),
    Shot(
        "SP-063",
        solar_panel,
        View(24, 20),
        "A folding solar panel of three dark blue leaves on two stays",
    ),
    Shot("SP-063", solar_panel, View(-40, 28), "The panel from the left, its leaves half folded"),
)
