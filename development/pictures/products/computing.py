"""What stands on a desk, and what keeps data."""

from studio.building import Scene
from studio.camera import View
from studio.distance import GRIP
from studio.drawn import card_label, keycaps, photograph
from studio.solids import Surface, ball, box, curve, cut, keep, melt, plate, rod, strip, tube
from studio.surfaces import BRUSHED

from products.shots import Shot

_ALUMINIUM = Surface("#c4c7cc", rough=0.34, metal=1.0, pattern=BRUSHED, fine=60, depth=0.08)
_STEEL = Surface("#c9ccd1", rough=0.22, metal=1.0)
_DARK = Surface("#232428", rough=0.45)
_GOLD = Surface("#d9b45b", rough=0.25, metal=1.0)

# Keys of each row, their widths in units of one key; 15 units a row.
ROWS = (
    ("Esc", "1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "-", "=", "Back:2"),
    ("Tab:1.5", *"QWERTYUIOP[]", "\\:1.5"),
    ("Caps:1.75", *"ASDFGHJKL;'", "Enter:2.25"),
    ("Shift:2.25", *"ZXCVBNM,./", "Shift:2.75"),
    ("Ctrl:1.25", "Win:1.25", "Alt:1.25", ":6.25", "Alt:1.25", "Fn:1.25", "Menu:1.25", "Ctrl:1.25"),
)
PITCH = 0.19


def _keys() -> list[tuple[float, float, float, str]]:
    """Middle (x, z) in units of one key, width and letters of each key."""
    found = []
    for z, row in enumerate(ROWS):
        x = -7.5
        for key in row:
            letters, _, width = key.rpartition(":") if ":" in key else (key, "", "1")
            wide = float(width or 1)
            found.append((x + wide / 2, z - 2.0, wide, letters))
            x += wide
    return found


def keyboard(case: Surface, cap: str, accent: str, high: float, ink: str) -> Scene:
    """Sixty-one keys in a frame; `high` is how tall they stand."""
    scene = Scene()
    flat = high < 0.05
    body = 0.05 if flat else 0.11
    half = (7.5 * PITCH + 0.05, body, 2.5 * PITCH + 0.05)
    solids = [box(half, (0, body, 0), 0.05 if flat else 0.06)]
    if not flat:
        solids.append(
            cut(box((7.5 * PITCH + 0.005, 0.06, 2.5 * PITCH + 0.005), (0, body * 2, 0), 0.02))
        )
    tilt = (4 if flat else 6, 0, 0)
    keys = Scene()
    keys.add(case, *solids)
    level = 2 * body + (0.0 if flat else -0.02)
    picture = keycaps(_keys(), cap, accent, ink)
    plain = Surface(cap, rough=0.62, picture=picture, side=1, size=(7.5 * PITCH, 2.5 * PITCH))
    by_width: dict[float, list[tuple[float, float]]] = {}
    for x, z, wide, _ in _keys():
        by_width.setdefault(wide, []).append((x * PITCH, z * PITCH))
    for wide, places in by_width.items():
        for x, z in places:
            top = (wide * PITCH / 2 - 0.008, high / 2, PITCH / 2 - 0.008)
            solid = box(top, (x, level + high / 2, z), 0.02 if flat else 0.03)
            keys.add(plain, solid)
    scene.put(keys, (0, 0, 0), tilt)
    return scene


def mouse() -> Scene:
    """A mouse that stands upright as a hand does, its keys at the side."""
    shell = Surface("#3a3d43", rough=0.5)
    keys = Surface("#63676e", rough=0.35)
    scene = Scene()
    scene.add(
        shell,
        ball((0.30, 0.44, 0.56), (0, 0.42, 0)),
        melt(ball((0.40, 0.20, 0.54), (0.02, 0.12, 0.02)), 0.25),
        cut(box((1, 0.5, 1), (0, -0.5, 0)), 0.03),
        cut(ball((0.30, 0.26, 0.30), (-0.44, 0.50, -0.05)), 0.12),
        cut(box((0.10, 0.05, 0.13), (0.20, 0.585, 0.37), 0.03, (0, 0, 22)), 0.01),
    )
    for middle in ((0.22, 0.745, 0.34), (0.30, 0.43, 0.34)):
        half = box((0.25, 0.095, 0.26), middle, 0.05, (0, 0, 22))
        scene.add(keys, ball((0.312, 0.452, 0.576), (0, 0.42, 0)), keep(half, 0.01))
    wheel = Surface("#e2672b", rough=0.5)
    scene.add(
        wheel,
        rod(0.085, 0.03, edge=0.02),
        at=(0.185, 0.58, 0.37),
        turn=(0, 0, 22),
        ripple=(GRIP, 0.004, 20),
    )
    scene.add(_STEEL, box((0.012, 0.02, 0.13), (-0.178, 0.70, 0.06), 0.01, (0, 0, 25)))
    return scene


def drive() -> Scene:
    """A small drive with ribs, and its cable."""
    scene = Scene()
    shell = Surface("#2f4f74", rough=0.36, metal=0.85)
    ribs = [cut(box((0.012, 0.02, 0.60), (-0.30 + 0.12 * i, 0.16, -0.15), 0.005)) for i in range(6)]
    scene.add(shell, box((0.46, 0.075, 0.62), (0, 0.08, 0), 0.06), *ribs)
    scene.add(Surface("#e4672f", rough=0.5), box((0.465, 0.03, 0.05), (0, 0.08, 0.50), 0.025))
    scene.add(_DARK, box((0.11, 0.04, 0.02), (0, 0.08, 0.615), 0.02))
    line = curve(
        [
            (0, 0.08, 0.80),
            (0, 0.06, 1.0),
            (0.18, 0.03, 1.12),
            (0.48, 0.03, 1.02),
            (0.66, 0.03, 0.70),
            (0.70, 0.03, 0.30),
            (0.66, 0.03, 0.06),
        ]
    )
    from_ = Surface("#202226", rough=0.6)
    scene.add(from_, box((0.10, 0.045, 0.11), (0, 0.08, 0.74), 0.03), tube(line, 0.028))
    scene.add(from_, box((0.10, 0.045, 0.11), (0.64, 0.045, -0.02), 0.03, (0, -8, 0)))
    scene.add(_STEEL, box((0.065, 0.024, 0.06), (0.62, 0.045, -0.16), 0.02, (0, -8, 0)))
    return scene


def card() -> Scene:
    """A memory card that leans on its adapter."""
    scene = Scene()
    outline = [(-0.36, 0.5), (0.36, 0.5), (0.36, -0.36), (0.22, -0.5), (-0.36, -0.5)]
    sticker = card_label("#2563c9", "ADAPTER", "microSD")
    adapter = Surface(
        "#24262b", rough=0.4, picture=sticker, side=1, at=(0, 0.08), size=(0.30, 0.34)
    )
    notch = cut(box((0.04, 0.06, 0.08), (-0.37, 0, -0.2)))
    scene.add(
        adapter, plate(outline, 0.045, edge=0.015), notch, at=(-0.1, 0.045, -0.1), turn=(0, 14, 0)
    )
    small = [(-0.22, 0.3), (0.22, 0.3), (0.22, -0.05), (0.17, -0.10), (0.17, -0.3), (-0.22, -0.3)]
    sticker = card_label("#b3272b", "256", "GB  V30")
    face = Surface("#b3272b", rough=0.4, picture=sticker, side=1, at=(0, 0.06), size=(0.20, 0.22))
    little = Scene()
    little.add(face, plate(small, 0.03, edge=0.012))
    contact = box((0.018, 0.004, 0.05), r=0.003)
    little.add(_GOLD, contact, at=(-0.03, 0.03, -0.235), rows=(0.055, 6, 0, 1))
    scene.put(little, (0.42, 0.135, 0.42), (24, -24, 0))
    return scene


def stand() -> Scene:
    """A bent sheet of aluminium that carries a laptop."""
    scene = Scene()
    side = curve(
        [
            (-0.62, 0.03),
            (0.30, 0.03),
            (0.52, 0.06),
            (0.56, 0.20),
            (0.44, 0.46),
            (0.30, 0.72),
            (0.22, 0.80),
            (0.10, 0.80),
            (-0.70, 0.46),
            (-0.80, 0.43),
        ],
        5,
    )
    scene.add(
        _ALUMINIUM,
        strip(side, 0.025, 0.55, (0, 0, 0), 0.015),
        cut(box((0.38, 0.4, 0.22), (-0.28, 0.60, 0), 0.1)),
    )
    hook = Surface("#c4c7cc", rough=0.34, metal=1.0)
    scene.add(hook, box((0.025, 0.07, 0.10), (-0.80, 0.48, 0.36), 0.02), mirror="z")
    rubber = Surface("#1d1e21", rough=0.8)
    scene.add(rubber, box((0.16, 0.008, 0.04), (-0.45, 0.592, 0.36), 0.008, (0, 0, 23)), mirror="z")
    scene.add(rubber, box((0.16, 0.008, 0.04), (-0.05, 0.762, 0.36), 0.008, (0, 0, 23)), mirror="z")
    return scene


def laptop_on_stand() -> Scene:
    """The stand in use."""
    scene = stand()
    machine = Scene()
    metal = Surface("#8d9197", rough=0.35, metal=1.0)
    machine.add(metal, box((0.62, 0.028, 0.88), (0, 0.028, 0), 0.025))
    machine.add(
        Surface("#1c1d20", rough=0.6),
        box((0.028, 0.012, 0.045), (0, 0.052, 0), 0.01),
        at=(0.12, 0, 0),
        rows=(0.082, 5, 0.112, 13),
    )
    machine.add(
        Surface("#7c8086", rough=0.4, metal=1.0), box((0.17, 0.004, 0.28), (-0.36, 0.056, 0), 0.003)
    )
    lid = Scene()
    lid.add(metal, box((0.62, 0.02, 0.88), (0.62, 0, 0), 0.02))
    view = photograph().crop((50, 50, 630, 560)).rotate(-90, expand=True)
    screen = Surface(
        "#101318", rough=0.12, picture=view, side=1, at=(0.62, 0), size=(0.55, 0.81), glow=0.5
    )
    lid.add(screen, box((0.58, 0.006, 0.84), (0.62, 0.018, 0), 0.004))
    machine.put(lid, (0.60, 0.06, 0), (0, 0, 68))
    scene.put(machine, (-0.26, 0.685, 0), (0, 0, 23))
    return scene


_MECHANICAL = Surface("#43464c", rough=0.4, metal=0.6)


def _mechanical() -> Scene:
    return keyboard(_MECHANICAL, "#e9e5dc", "#d9653b", 0.12, "#3b3d42")


def _low() -> Scene:
    return keyboard(
        Surface("#d5d7db", rough=0.35, metal=0.9), "#f4f5f6", "#f4f5f6", 0.03, "#55585e"
    )


SHOTS = (
    Shot(
        "MK-030",
        _mechanical,
        View(20, 32, 0.86),
        "A small keyboard with cream keys, orange at its corners, in a dark metal frame",
    ),
    Shot(
        "MK-030",
        _mechanical,
        View(-52, 20, 0.84),
        "The keyboard from the side: how high its keys stand",
    ),
    Shot("LK-031", _low, View(20, 34, 0.86), "A flat keyboard of aluminium with white keys"),
    Shot("LK-031", _low, View(-52, 22, 0.84), "The flat keyboard from the side, thin as a book"),
    Shot("VM-032", mouse, View(52, 24), "A dark mouse that stands upright, with an orange wheel"),
    Shot("VM-032", mouse, View(-40, 24), "The mouse from the thumb's side"),
    Shot(
        "PD-040",
        drive,
        View(24, 34),
        "A flat blue drive with ribs, an orange stripe and a short cable",
    ),
    Shot("PD-040", drive, View(-36, 22), "The drive from its corner, the cable beside it"),
    Shot(
        "MC-041",
        card,
        View(10, 44),
        "A red memory card that says 256 GB leaning on its black adapter",
    ),
    Shot(
        "MC-041",
        card,
        View(-34, 30),
        "Card and adapter from the side, the card's golden contacts above",
    ),
    Shot(
        "LS-042", stand, View(-38, 20), "A laptop stand, one bent sheet of aluminium with two hooks"
    ),
    Shot("LS-042", laptop_on_stand, View(-40, 22), "The stand with a laptop on it"),
)
