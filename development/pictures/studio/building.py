"""Scenes in words: solids, parts, surfaces, and the tables that they become."""

import math
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image

from studio import distance, surfaces

Point = tuple[float, ...]


def turned(x: float, y: float, z: float) -> np.ndarray:
    """A rotation by degrees about x, then y, then z."""
    a, b, c = np.radians((x, y, z))
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def linear(color: str) -> tuple[float, float, float]:
    """#rrggbb as linear light."""
    r, g, b = ((int(color[i : i + 2], 16) / 255) ** 2.2 for i in (1, 3, 5))
    return r, g, b


@dataclass(frozen=True)
class Surface:
    """What a part is made of. `picture` lies on `side` (0 x, 1 top, 2 front, 3 round, 4 back)
    around `at`, `size` from its middle to its edges."""

    color: str
    rough: float = 0.5
    metal: float = 0.0
    coat: float = 0.0
    sheen: float = 0.0
    pattern: int = surfaces.PLAIN
    fine: float = 60.0
    depth: float = 0.0
    second: str = "#000000"
    glow: float = 0.0
    picture: Image.Image | None = None
    side: int = 2
    at: tuple[float, float] = (0.0, 0.0)
    size: tuple[float, float] = (1.0, 1.0)


@dataclass(frozen=True)
class Solid:
    """One solid of a part: how it is joined to those before it, and where it stands."""

    kind: int
    sizes: tuple[float, ...]
    low: Point
    high: Point
    points: tuple[Point, ...] = ()
    at: Point = (0.0, 0.0, 0.0)
    turn: np.ndarray = field(default_factory=lambda: np.eye(3))
    operation: int = distance.JOIN
    blend: float = 0.0
    shell: float = 0.0


def _placed(solid: Solid, at: Point, turn: Point) -> Solid:
    return replace(solid, at=at, turn=turned(*turn))


Z0 = (0.0, 0.0, 0.0)


def ball(r: float | Point, at: Point = Z0, turn: Point = Z0) -> Solid:
    sizes = (r, r, r) if isinstance(r, int | float) else r
    return _placed(Solid(distance.BALL, sizes, *_half(*sizes)), at, turn)


def box(half: Point, at: Point = Z0, r: float = 0.02, turn: Point = Z0) -> Solid:
    r = min(r, *half)
    return _placed(Solid(distance.BOX, (*half, r), *_half(*half)), at, turn)


def rod(r: float, half: float, at: Point = Z0, edge: float = 0.01, turn: Point = Z0) -> Solid:
    sizes = (r, half, 0, min(edge, r, half))
    return _placed(Solid(distance.ROD, sizes, *_half(r, half, r)), at, turn)


def limb(a: Point, b: Point, low: float, high: float | None = None) -> Solid:
    """A round stick from a to b, `low` thick at a."""
    high = low if high is None else high
    way = np.array(b, float) - np.array(a, float)
    length = float(np.linalg.norm(way))
    y = way / length
    x = np.cross(y, (0.0, 0.0, 1.0) if abs(y[2]) < 0.9 else (1.0, 0.0, 0.0))
    x /= np.linalg.norm(x)
    turn = np.stack([x, y, np.cross(x, y)], axis=1)
    wide = max(low, high)
    box = ((-wide, -low, -wide), (wide, length + high, wide))
    return replace(Solid(distance.LIMB, (length, low, high), *box, at=a), turn=turn)


def ring(r: float, thick: float, at: Point = Z0, turn: Point = Z0, half: float = 180) -> Solid:
    """A ring about y; of an arc, `half` its angle is kept, its middle towards x."""
    a = math.radians(half)
    wide = r * (math.sin(a) if a < math.pi / 2 else 1.0) + thick
    box = ((min(r * math.cos(a), r) - thick, -thick, -wide), (r + thick, thick, wide))
    return _placed(Solid(distance.RING, (r, thick, a), *box), at, turn)


def _half(x: float, y: float, z: float) -> tuple[Point, Point]:
    return (-x, -y, -z), (x, y, z)


def _around(
    points: tuple[Point, ...], more: float, y: tuple[float, float] | None = None
) -> tuple[Point, Point]:
    """The box of points in the plane of x and z between two heights, or of points in space."""
    low, high = np.min(points, axis=0) - more, np.max(points, axis=0) + more
    if y is None:
        return tuple(low), tuple(high)
    return (low[0], y[0], low[1]), (high[0], y[1], high[1])


def plate(
    outline: list[Point], half: float, at: Point = Z0, edge: float = 0.01, turn: Point = Z0
) -> Solid:
    """An outline in the plane of x and z, `half` thick to either side."""
    points = tuple(outline)
    return _placed(
        Solid(distance.PLATE, (half, 0, 0, edge), *_around(points, 0, (-half, half)), points),
        at,
        turn,
    )


def lathe(outline: list[Point], at: Point = Z0, edge: float = 0.01, turn: Point = Z0) -> Solid:
    """An outline of radius and height, turned about y."""
    points = tuple(outline)
    wide = max(x for x, _ in points) + edge
    low, high = min(y for _, y in points) - edge, max(y for _, y in points) + edge
    box = ((-wide, low, -wide), (wide, high, wide))
    return _placed(Solid(distance.TURNED, (0, 0, 0, edge), *box, points), at, turn)


def pillow(
    outline: list[Point], height: float, width: float, at: Point = Z0, turn: Point = Z0
) -> Solid:
    """An outline in the plane of x and z that swells to `height` within `width` of its edge."""
    points = tuple(outline)
    return _placed(
        Solid(distance.PILLOW, (height, width), *_around(points, 0, (-height, height)), points),
        at,
        turn,
    )


def tube(points: list[Point], r: float, at: Point = Z0, turn: Point = Z0) -> Solid:
    found = tuple(points)
    return _placed(Solid(distance.TUBE, (r,), *_around(found, r), found), at, turn)


def strip(
    points: list[Point],
    thick: float,
    half: float,
    at: Point = Z0,
    edge: float = 0.008,
    turn: Point = Z0,
) -> Solid:
    """A line in the plane of x and y, `thick` to either side, `half` deep to either side."""
    found = tuple((x, y, 0.0) for x, y in points)
    (x0, y0, _), (x1, y1, _) = _around(found, thick)
    box = ((x0, y0, -half), (x1, y1, half))
    return _placed(Solid(distance.STRIP, (thick, half, 0, min(edge, thick)), *box, found), at, turn)


def below(at: Point = Z0, turn: Point = Z0) -> Solid:
    """Everything below a plane."""
    return _placed(Solid(distance.SLAB, (), *_half(1e4, 1e4, 1e4)), at, turn)


def cut(solid: Solid, blend: float = 0.0) -> Solid:
    return replace(solid, operation=distance.CUT, blend=blend)


def keep(solid: Solid, blend: float = 0.0) -> Solid:
    """What lies outside of this solid goes."""
    return replace(solid, operation=distance.KEEP, blend=blend)


def melt(solid: Solid, blend: float) -> Solid:
    """Joined with a soft seam."""
    return replace(solid, blend=blend)


def hollow(solid: Solid, wall: float) -> Solid:
    return replace(solid, shell=wall)


def curve(points: list[Point], steps: int = 8, closed: bool = False) -> list[Point]:
    """A smooth line through points (Catmull and Rom)."""
    p = np.array(points, float)
    count = len(p)
    found = []
    for i in range(count if closed else count - 1):
        if closed:
            a, b, c, d = (p[(i + k) % count] for k in (-1, 0, 1, 2))
        else:
            a, b, c, d = p[max(i - 1, 0)], p[i], p[i + 1], p[min(i + 2, count - 1)]
        for k in range(steps):
            t = k / steps
            found.append(
                tuple(
                    0.5
                    * (
                        2 * b
                        + (c - a) * t
                        + (2 * a - 5 * b + 4 * c - d) * t**2
                        + (3 * b - a - 3 * c + d) * t**3
                    )
                )
            )
    if not closed:
        found.append(tuple(p[-1]))
    return [tuple(float(v) for v in point) for point in found]


def circle(r: float, steps: int = 40, squash: float = 1.0) -> list[Point]:
    angles = np.linspace(0, 2 * math.pi, steps, endpoint=False)
    return [(r * math.cos(a), r * squash * math.sin(a)) for a in angles]


def both_sides(half: list[Point]) -> list[Point]:
    """An outline from its right half, listed from one end on the axis to the other."""
    return half + [(-x, y) for x, y in reversed(half) if abs(x) > 1e-6]


@dataclass(frozen=True)
class Part:
    """Solids of one surface, where they stand, mirrored or repeated."""

    surface: Surface
    solids: tuple[Solid, ...]
    at: Point = Z0
    turn: np.ndarray = field(default_factory=lambda: np.eye(3))
    size: float = 1.0
    mirror: str = ""
    rows: tuple[float, int, float, int] = (0.0, 1, 0.0, 1)
    ripple: tuple[int, float, float] = (0, 0.0, 0.0)


class Scene:
    """What stands before the camera."""

    def __init__(self) -> None:
        self.parts: list[Part] = []

    def add(
        self,
        surface: Surface,
        *solids: Solid,
        at: Point = Z0,
        turn: Point = Z0,
        size: float = 1.0,
        mirror: str = "",
        rows: tuple[float, int, float, int] = (0.0, 1, 0.0, 1),
        ripple: tuple[int, float, float] = (0, 0.0, 0.0),
    ) -> "Scene":
        """Put a part there. `rows` repeats it (step and count along x, then z); `ripple` is a
        kind of ripple with its height and rate."""
        part = Part(surface, solids, at, turned(*turn), size, mirror, rows, ripple)
        self.parts.append(part)
        return self

    def put(self, other: "Scene", at: Point = Z0, turn: Point = Z0, size: float = 1.0) -> "Scene":
        """All of another scene, turned, resized, and moved."""
        by = turned(*turn)
        for part in other.parts:
            place = tuple(by @ np.array(part.at) * size + np.array(at))
            self.parts.append(replace(part, at=place, turn=by @ part.turn, size=part.size * size))
        return self

    def tables(self) -> "Tables":
        return _tables(self.parts)

    def surface(self, start: Point, way: Point) -> Point:
        """Where a ray from a point meets a part."""
        tables = self.tables()
        place, step = np.array(start, float), np.array(way, float)
        step /= np.linalg.norm(step)
        for _ in range(200):
            away, _part = distance.distance(tables.parts, tables.solids, tables.points, *place, 1.0)
            if away < 0.001:
                break
            place = place + step * away * 0.8
        return tuple(float(v) for v in place)

    def raised(self, height: float) -> "Scene":
        return Scene().put(self, (0.0, height, 0.0))


@dataclass(frozen=True)
class Tables:
    """A scene as the compiled code reads it; `bound` is a ball around it all."""

    parts: np.ndarray
    solids: np.ndarray
    points: np.ndarray
    surfaces: np.ndarray
    pictures: np.ndarray
    bound: np.ndarray


def _tables(parts: list[Part]) -> Tables:
    rows, solids, points, rooms = [], [], [], []
    known: list[Surface] = []
    pictures: list[np.ndarray] = []
    table = []
    for part in parts:
        row = np.zeros(distance.PART_COLUMNS)
        row[:9] = part.turn.T.reshape(-1)
        row[distance.P_PLACE : distance.P_PLACE + 3] = part.at
        row[distance.P_SCALE] = part.size
        row[distance.P_MIRROR] = ("x" in part.mirror) + 2 * ("z" in part.mirror)
        row[distance.P_STEP_X : distance.P_COUNT_Z + 1] = part.rows
        row[distance.P_FIRST] = len(solids)
        solids.extend(_solid_row(solid, points) for solid in part.solids)
        row[distance.P_LAST] = len(solids)
        low, high = _box_of(part)
        row[distance.P_LOW : distance.P_LOW + 3] = low
        row[distance.P_HIGH : distance.P_HIGH + 3] = high
        rooms.append(_room_of(part))
        row[distance.P_BALL : distance.P_BALL + 4] = _ball_of(*rooms[-1])
        row[distance.P_RIPPLE : distance.P_RATE + 1] = part.ripple
        row[distance.P_CAUTION] = 0.7 if part.ripple[0] else 1.0
        if part.surface not in known:
            known.append(part.surface)
            table.append(_surface_row(part.surface, pictures))
        row[distance.P_SURFACE] = known.index(part.surface)
        rows.append(row)
    if not points:
        points.append((0.0, 0.0, 0.0))
    if not pictures:
        pictures.append(np.zeros((1, 4)))
    return Tables(
        np.array(rows),
        np.array(solids),
        np.array(points, float),
        np.array(table),
        np.concatenate(pictures).astype(np.float32),
        _ball_of(np.min([low for low, _ in rooms], axis=0), np.max([h for _, h in rooms], axis=0)),
    )


def _solid_row(solid: Solid, points: list[Point]) -> np.ndarray:
    row = np.zeros(distance.SOLID_COLUMNS)
    row[distance.S_KIND], row[distance.S_OPERATION] = solid.kind, solid.operation
    row[distance.S_BLEND], row[distance.S_SHELL] = solid.blend, solid.shell
    row[distance.S_TURN : distance.S_TURN + 9] = solid.turn.T.reshape(-1)
    row[distance.S_PLACE : distance.S_PLACE + 3] = solid.at
    low, high = _corners(solid.low, solid.high, solid.turn, solid.at, solid.shell)
    row[distance.S_LOW : distance.S_LOW + 3] = low
    row[distance.S_HIGH : distance.S_HIGH + 3] = high
    row[distance.S_SIZES : distance.S_SIZES + len(solid.sizes)] = solid.sizes
    row[distance.S_SIZES + 6] = len(points)
    points.extend((*point, 0.0)[:3] for point in solid.points)
    row[distance.S_SIZES + 7] = len(points)
    return row


def _corners(
    low: Point, high: Point, turn: np.ndarray, at: Point, more: float
) -> tuple[np.ndarray, np.ndarray]:
    """A box around a box that was turned and moved, with some room."""
    low, high = np.array(low, float), np.array(high, float)
    center = turn @ ((low + high) / 2) + np.array(at)
    half = np.abs(turn) @ ((high - low) / 2) + more
    return center - half, center + half


def _box_of(part: Part) -> tuple[np.ndarray, np.ndarray]:
    """A box around the joined solids of a part, in its own (folded) space."""
    boxes = [
        _corners(solid.low, solid.high, solid.turn, solid.at, solid.shell + solid.blend * 0.3)
        for solid in part.solids
        if solid.operation == distance.JOIN
    ]
    low, high = np.min([b[0] for b in boxes], axis=0), np.max([b[1] for b in boxes], axis=0)
    return low - part.ripple[1], high + part.ripple[1]


def _room_of(part: Part) -> tuple[np.ndarray, np.ndarray]:
    """A box around a part where it stands, with all its copies."""
    low, high = _box_of(part)
    step_x, count_x, step_z, count_z = part.rows
    more = np.array([step_x * (count_x - 1) / 2, 0.0, step_z * (count_z - 1) / 2])
    low, high = low - more, high + more
    for axis, name in ((0, "x"), (2, "z")):
        if name in part.mirror:
            high[axis] = max(high[axis], -low[axis])
            low[axis] = -high[axis]
    return _corners(low * part.size, high * part.size, part.turn, part.at, 0.0)


def _ball_of(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return np.array([*((low + high) / 2), np.linalg.norm(high - low) / 2])


def _surface_row(surface: Surface, pictures: list[np.ndarray]) -> np.ndarray:
    row = np.zeros(surfaces.SURFACE_COLUMNS)
    row[surfaces.M_RED : surfaces.M_BLUE + 1] = linear(surface.color)
    row[surfaces.M_ROUGH], row[surfaces.M_METAL] = surface.rough, surface.metal
    row[surfaces.M_COAT], row[surfaces.M_SHEEN] = surface.coat, surface.sheen
    row[surfaces.M_PATTERN], row[surfaces.M_FINE], row[surfaces.M_DEPTH] = (
        surface.pattern,
        surface.fine,
        surface.depth,
    )
    row[surfaces.M_RED2 : surfaces.M_BLUE2 + 1] = linear(surface.second)
    row[surfaces.M_GLOW] = surface.glow
    if surface.picture is not None:
        pixels = np.asarray(surface.picture.convert("RGBA"), np.float32) / 255
        pixels = np.concatenate([pixels[..., :3] ** 2.2, pixels[..., 3:]], axis=-1)
        row[surfaces.M_PICTURE] = 1 + sum(map(len, pictures))
        row[surfaces.M_ROWS], row[surfaces.M_COLUMNS] = pixels.shape[:2]
        pictures.append(pixels.reshape(-1, 4))
    row[surfaces.M_SIDE] = surface.side
    row[surfaces.M_U], row[surfaces.M_V] = surface.at
    row[surfaces.M_WIDE], row[surfaces.M_HIGH] = surface.size
    return row
