"""How far a point is from the nearest solid, compiled.

A scene is three tables. `parts` has a row for each part (columns P_…), `solids` a row for each
solid of a part (columns S_…), `points` the corners of outlines and lines.
"""

import math

from numba import njit

BALL, BOX, ROD, LIMB, RING, PLATE, TURNED, PILLOW, TUBE, STRIP, SLAB = range(11)
JOIN, CUT, KEEP = range(3)

# Columns of parts: turn (9) and place (3) into the part's own space, its size, and the rest.
P_TURN, P_PLACE, P_SCALE, P_MIRROR, P_STEP_X, P_COUNT_X, P_STEP_Z, P_COUNT_Z = (
    0,
    9,
    12,
    13,
    14,
    15,
    16,
    17,
)
# A box around its solids in its own space, and a ball around all of it where it stands.
P_LOW, P_HIGH, P_BALL, P_FIRST, P_LAST, P_SURFACE = 18, 21, 24, 28, 29, 30
P_RIPPLE, P_HEIGHT, P_RATE, P_CAUTION = 31, 32, 33, 34
PART_COLUMNS = 35
S_KIND, S_OPERATION, S_BLEND, S_SHELL, S_TURN, S_PLACE = 0, 1, 2, 3, 4, 13
S_LOW, S_HIGH, S_SIZES = 16, 19, 22
SOLID_COLUMNS = 30

QUILT_X, QUILT_Z, CREASES, GRIP = 1, 2, 3, 4
FAR = 1e9


@njit(cache=True, fastmath=True, nogil=True)
def _noise(x, y, z):
    """Smooth noise from -1 to 1."""
    a = math.sin(x * 1.7 + 1.3 * math.sin(y * 1.1 + z * 0.7))
    b = math.sin(y * 1.9 + 1.5 * math.sin(z * 1.3 + x * 0.6))
    c = math.sin(z * 1.5 + 1.2 * math.sin(x * 1.2 + y * 0.9))
    return (a + b + c) / 3


@njit(cache=True, fastmath=True, nogil=True)
def _outline(points, first, last, x, z):
    """Signed distance from a closed outline in the plane of x and z."""
    best = FAR
    sign = 1.0
    previous = last - 1
    for i in range(first, last):
        ax, az = points[i, 0], points[i, 1]
        bx, bz = points[previous, 0], points[previous, 1]
        ex, ez = bx - ax, bz - az
        wx, wz = x - ax, z - az
        t = (wx * ex + wz * ez) / (ex * ex + ez * ez + 1e-12)
        t = min(1.0, max(0.0, t))
        dx, dz = wx - ex * t, wz - ez * t
        best = min(best, dx * dx + dz * dz)
        above, below, left = z >= az, z < bz, ex * wz > ez * wx
        if (above and below and left) or (not above and not below and not left):
            sign = -sign
        previous = i
    return sign * math.sqrt(best)


@njit(cache=True, fastmath=True, nogil=True)
def _line(points, first, last, x, y, z):
    """Distance from a line through points."""
    best = FAR
    for i in range(first, last - 1):
        ax, ay, az = points[i, 0], points[i, 1], points[i, 2]
        ex, ey, ez = points[i + 1, 0] - ax, points[i + 1, 1] - ay, points[i + 1, 2] - az
        wx, wy, wz = x - ax, y - ay, z - az
        t = (wx * ex + wy * ey + wz * ez) / (ex * ex + ey * ey + ez * ez + 1e-12)
        t = min(1.0, max(0.0, t))
        dx, dy, dz = wx - ex * t, wy - ey * t, wz - ez * t
        best = min(best, dx * dx + dy * dy + dz * dz)
    return math.sqrt(best)


@njit(cache=True, fastmath=True, nogil=True)
def _raised(across, along, rounding):
    """What is `across` wide in one plane and `along` deep in the other, with round edges."""
    a, b = across + rounding, along + rounding
    outside = math.sqrt(max(a, 0.0) ** 2 + max(b, 0.0) ** 2)
    return min(max(a, b), 0.0) + outside - rounding


@njit(cache=True, fastmath=True, nogil=True)
def _ellipse(x, y, z, rx, ry, rz):
    k0 = math.sqrt((x / rx) ** 2 + (y / ry) ** 2 + (z / rz) ** 2)
    k1 = math.sqrt((x / rx**2) ** 2 + (y / ry**2) ** 2 + (z / rz**2) ** 2)
    return k0 * (k0 - 1.0) / (k1 + 1e-9)


@njit(cache=True, fastmath=True, nogil=True)
def _limb(x, y, z, length, low, high):
    """A cone with round ends along y from 0 to `length`."""
    r = math.sqrt(x * x + z * z)
    b = (low - high) / length
    a = math.sqrt(max(1.0 - b * b, 0.0))
    k = -r * b + y * a
    if k < 0:
        return math.sqrt(r * r + y * y) - low
    if k > a * length:
        return math.sqrt(r * r + (y - length) ** 2) - high
    return r * a + y * b - low


@njit(cache=True, fastmath=True, nogil=True)
def _pillow(d, y, height, width):
    """What swells from an outline to `height` within `width` of it."""
    if -d >= width:
        return abs(y) - height
    return _ellipse(width + d, y, 0.0, width, height, 1.0)


@njit(cache=True, fastmath=True, nogil=True)
def _solid(solids, i, points, px, py, pz):
    """Distance from one solid, the point in the space of its part."""
    x0, y0, z0 = px - solids[i, S_PLACE], py - solids[i, S_PLACE + 1], pz - solids[i, S_PLACE + 2]
    x = solids[i, S_TURN] * x0 + solids[i, S_TURN + 1] * y0 + solids[i, S_TURN + 2] * z0
    y = solids[i, S_TURN + 3] * x0 + solids[i, S_TURN + 4] * y0 + solids[i, S_TURN + 5] * z0
    z = solids[i, S_TURN + 6] * x0 + solids[i, S_TURN + 7] * y0 + solids[i, S_TURN + 8] * z0
    kind = int(solids[i, S_KIND])
    a, b, c, r = (
        solids[i, S_SIZES],
        solids[i, S_SIZES + 1],
        solids[i, S_SIZES + 2],
        solids[i, S_SIZES + 3],
    )
    first, last = int(solids[i, S_SIZES + 6]), int(solids[i, S_SIZES + 7])
    if kind == BALL:
        d = _ellipse(x, y, z, a, b, c)
    elif kind == BOX:
        qx, qy, qz = abs(x) - a + r, abs(y) - b + r, abs(z) - c + r
        outside = math.sqrt(max(qx, 0.0) ** 2 + max(qy, 0.0) ** 2 + max(qz, 0.0) ** 2)
        d = outside + min(max(qx, max(qy, qz)), 0.0) - r
    elif kind == ROD:
        d = _raised(math.sqrt(x * x + z * z) - a, abs(y) - b, r)
    elif kind == LIMB:
        d = _limb(x, y, z, a, b, c)
    elif kind == RING:
        d = math.sqrt((math.sqrt(x * x + z * z) - a) ** 2 + y * y) - b
    elif kind == PLATE:
        d = _raised(_outline(points, first, last, x, z), abs(y) - a, r)
    elif kind == TURNED:
        d = _outline(points, first, last, math.sqrt(x * x + z * z), y) - r
    elif kind == PILLOW:
        d = _pillow(_outline(points, first, last, x, z), y, a, b) * 0.8
    elif kind == TUBE:
        d = _line(points, first, last, x, y, z) - a
    elif kind == STRIP:
        d = _raised(_line(points, first, last, x, y, 0.0) - a, abs(z) - b, r)
    else:
        d = y
    if solids[i, S_SHELL] > 0:
        d = abs(d) - solids[i, S_SHELL]
    return d


@njit(cache=True, fastmath=True, nogil=True)
def _ripple(kind, height, rate, x, y, z):
    """How much further out the surface lies at a point of the part."""
    if kind == QUILT_X:
        return height * math.sqrt(abs(math.sin(rate * x)))
    if kind == QUILT_Z:
        return height * math.sqrt(abs(math.sin(rate * z)))
    if kind == GRIP:
        return height * math.cos(rate * math.atan2(z, x))
    return height * _noise(x * rate, y * rate, z * rate)


@njit(cache=True, fastmath=True, nogil=True)
def into_part(parts, i, px, py, pz):
    """The point in the space of a part, folded where the part is mirrored or repeated."""
    x0, y0, z0 = px - parts[i, P_PLACE], py - parts[i, P_PLACE + 1], pz - parts[i, P_PLACE + 2]
    x = (parts[i, 0] * x0 + parts[i, 1] * y0 + parts[i, 2] * z0) / parts[i, P_SCALE]
    y = (parts[i, 3] * x0 + parts[i, 4] * y0 + parts[i, 5] * z0) / parts[i, P_SCALE]
    z = (parts[i, 6] * x0 + parts[i, 7] * y0 + parts[i, 8] * z0) / parts[i, P_SCALE]
    mirror = int(parts[i, P_MIRROR])
    if mirror & 1:
        x = abs(x)
    if mirror & 2:
        z = abs(z)
    if parts[i, P_STEP_X] > 0:
        half = parts[i, P_COUNT_X] / 2 - 0.5
        cell = math.floor(x / parts[i, P_STEP_X] + half + 0.5) - half
        x -= parts[i, P_STEP_X] * min(max(cell, -half), half)
    if parts[i, P_STEP_Z] > 0:
        half = parts[i, P_COUNT_Z] / 2 - 0.5
        cell = math.floor(z / parts[i, P_STEP_Z] + half + 0.5) - half
        z -= parts[i, P_STEP_Z] * min(max(cell, -half), half)
    return x, y, z


@njit(cache=True, fastmath=True, nogil=True)
def _outside(table, i, column, x, y, z):
    """How far a point is outside of a row's box, 0 within."""
    ex = max(max(table[i, column] - x, x - table[i, column + 3]), 0.0)
    ey = max(max(table[i, column + 1] - y, y - table[i, column + 4]), 0.0)
    ez = max(max(table[i, column + 2] - z, z - table[i, column + 5]), 0.0)
    return math.sqrt(ex * ex + ey * ey + ez * ez)


@njit(cache=True, fastmath=True, nogil=True)
def part_distance(parts, solids, points, i, px, py, pz, limit):
    """Distance from one part; above `limit` it may be too small, never too large."""
    x, y, z = into_part(parts, i, px, py, pz)
    size = parts[i, P_SCALE]
    near = _outside(parts, i, P_LOW, x, y, z)
    if near > 0 and near * size > limit:
        return near * size
    d = FAR
    for j in range(int(parts[i, P_FIRST]), int(parts[i, P_LAST])):
        operation, blend = int(solids[j, S_OPERATION]), solids[j, S_BLEND]
        if operation != KEEP:
            away = _outside(solids, j, S_LOW, x, y, z)
            if away > 0 and operation == JOIN and away - blend > d:
                continue
            if away > 0 and operation == CUT and away - blend > -d:
                continue
        e = _solid(solids, j, points, x, y, z)
        if operation == CUT:
            e = -e
        sign = 1.0 if operation == JOIN else -1.0
        a, b = sign * d, sign * e
        if blend > 0 and d < FAR:
            h = max(blend - abs(a - b), 0.0) / blend
            d = sign * (min(a, b) - h * h * blend * 0.25)
        else:
            d = sign * min(a, b)
    ripple = int(parts[i, P_RIPPLE])
    if ripple > 0 and abs(d) < 4 * parts[i, P_HEIGHT]:
        d -= _ripple(ripple, parts[i, P_HEIGHT], parts[i, P_RATE], x, y, z)
    return d * parts[i, P_CAUTION] * size


@njit(cache=True, fastmath=True, nogil=True)
def distance(parts, solids, points, x, y, z, limit):
    """Distance from the nearest part, `limit` if all are further, and the part's number."""
    best, nearest = limit, -1
    for i in range(parts.shape[0]):
        ex, ey, ez = x - parts[i, P_BALL], y - parts[i, P_BALL + 1], z - parts[i, P_BALL + 2]
        far = best + parts[i, P_BALL + 3]
        if far <= 0 or ex * ex + ey * ey + ez * ez > far * far:
            continue
        d = part_distance(parts, solids, points, i, x, y, z, best)
        if d < best:
            best, nearest = d, i
    return best, nearest
