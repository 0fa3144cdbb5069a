"""What solids are made of: colours, and patterns too fine to be solids, compiled."""

import math

from numba import njit

PLAIN, WEAVE, KNIT, HOLES, WOOD, RIPSTOP, LEATHER, STRIPES, GROOVES, BRUSHED, CAST, DOTS = range(12)

# Columns of surfaces.
(
    M_RED,
    M_GREEN,
    M_BLUE,
    M_ROUGH,
    M_METAL,
    M_COAT,
    M_SHEEN,
    M_PATTERN,
    M_FINE,
    M_DEPTH,
    M_RED2,
    M_GREEN2,
    M_BLUE2,
    M_GLOW,
    M_PICTURE,
    M_SIDE,
    M_U,
    M_V,
    M_WIDE,
    M_HIGH,
    M_COLUMNS,
    M_ROWS,
) = range(22)
SURFACE_COLUMNS = 22


@njit(cache=True, fastmath=True, nogil=True)
def _hash(x, y):
    n = math.sin(x * 127.1 + y * 311.7) * 43758.5453
    return n - math.floor(n)


@njit(cache=True, fastmath=True, nogil=True)
def grain(x, y):
    """Smooth noise from 0 to 1 in a plane."""
    ix, iy = math.floor(x), math.floor(y)
    fx, fy = x - ix, y - iy
    fx, fy = fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy)
    top = _hash(ix, iy) * (1 - fx) + _hash(ix + 1, iy) * fx
    low = _hash(ix, iy + 1) * (1 - fx) + _hash(ix + 1, iy + 1) * fx
    return top * (1 - fy) + low * fy


@njit(cache=True, fastmath=True, nogil=True)
def pattern(kind, fine, x, y, z, side):
    """Height (0 to 1) of a pattern at a point of the part, and how much of the second colour.

    `side` is the axis that the surface faces: 0, 1 or 2.
    """
    if side == 0:
        u, v = z, y
    elif side == 1:
        u, v = x, z
    else:
        u, v = x, y
    u, v = u * fine, v * fine
    if kind == WEAVE:
        h = 0.5 + 0.25 * math.sin(u) * math.cos(v) + 0.25 * (grain(u * 0.5, v * 0.5) - 0.5)
        return h, 0.35 * (1 - h)
    if kind == KNIT:
        rib = abs(math.sin(u))
        h = math.sqrt(rib) * (0.85 + 0.15 * math.sin(v * 2 + 2 * rib))
        return h, 0.4 * (1 - h)
    if kind == HOLES:
        row = math.floor(v)
        a, b = u - math.floor(u + 0.5 * (row % 2)) + 0.5 * (row % 2) - 0.5, v - row - 0.5
        hole = min(max((0.36 - math.sqrt(a * a + b * b)) * 8, 0.0), 1.0)
        return 1 - hole, hole
    if kind == WOOD:
        w = grain(u * 0.6, v * 7) * 0.6 + grain(u * 2, v * 30) * 0.4
        ring = 0.5 + 0.5 * math.sin(v * 9 + 5 * grain(u * 0.5, v * 1.5))
        return w, 0.6 * ring * w + 0.3 * w
    if kind == RIPSTOP:
        a, b = u - math.floor(u), v - math.floor(v)
        thread = 1.0 if a < 0.08 or b < 0.08 else 0.0
        return 0.5 + 0.5 * thread + 0.2 * (grain(u * 1.2, v * 1.2) - 0.5), 0.25 * thread
    if kind == LEATHER:
        h = grain(u, v) * 0.6 + grain(u * 2.3, v * 2.3) * 0.4
        return h, 0.5 * (1 - h)
    if kind == STRIPES:
        return 0.5, 1.0 if v - math.floor(v) < 0.5 else 0.0
    if kind == GROOVES:
        r = math.sqrt(u * u + v * v)
        return 0.5 + 0.5 * math.sin(r), 0.0
    if kind == BRUSHED:
        return grain(u * 0.02, v * 1.5), 0.0
    if kind == CAST:
        h = grain(u, v) * 0.5 + grain(u * 2.1, v * 2.1) * 0.5
        return h, 0.25 * h
    if kind == DOTS:
        a, b = u - math.floor(u) - 0.5, v - math.floor(v) - 0.5
        return 0.5, 1.0 if a * a + b * b < 0.06 else 0.0
    return 0.5, 0.0
