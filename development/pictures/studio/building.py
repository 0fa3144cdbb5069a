"""Scenes: parts of solids, and the tables that they become."""

from dataclasses import dataclass, field, replace

import numpy as np

from studio import distance, surfaces
from studio.light import lowest
from studio.solids import Z0, Point, Solid, Surface, linear, turned


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

    def standing(self) -> "Scene":
        """The same with its lowest point on the ground."""
        tables = self.tables()
        return self.raised(-lowest((tables.parts, tables.solids, tables.points), tables.bound))

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
