"""Solids and lines in words: what parts are made of, and from what."""

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
    """What a part is made of. `picture` lies on `side` (1 the top, 2 the front, 3 round it)
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


def ring(r: float, thick: float, at: Point = Z0, turn: Point = Z0) -> Solid:
    """A ring about y."""
    return _placed(Solid(distance.RING, (r, thick), *_half(r + thick, thick, r + thick)), at, turn)


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


def both_sides(half: list[Point]) -> list[Point]:
    """An outline from its right half, listed from one end on the axis to the other."""
    return half + [(-x, y) for x, y in reversed(half) if abs(x) > 1e-6]
