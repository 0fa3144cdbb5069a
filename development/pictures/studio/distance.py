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
P_CENTER, P_RADIUS, P_FIRST, P_LAST, P_SURFACE = 18, 21, 22, 23, 24
P_RIPPLE, P_HEIGHT, P_RATE, P_CAUTION = 25, 26, 27, 28
# A ball around all of it where it stands.
P_BALL = 29
PART_COLUMNS = 33
S_KIND, S_OPERATION, S_BLEND, S_SHELL, S_TURN, S_PLACE, S_RADIUS, S_SIZES = (
    0,
    1,
    2,
    3,
    4,
    13,
    16,
    17,
)
SOLID_COLUMNS = 25

QUILT_Y, QUILT_X, CREASES, GRIP, QUILT_Z, FOLDS = 1, 2, 3, 4, 5, 6
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
    s = solids[i]
    x0, y0, z0 = px - s[S_PLACE], py - s[S_PLACE + 1], pz - s[S_PLACE + 2]
    x = s[S_TURN] * x0 + s[S_TURN + 1] * y0 + s[S_TURN + 2] * z0
    y = s[S_TURN + 3] * x0 + s[S_TURN + 4] * y0 + s[S_TURN + 5] * z0
    z = s[S_TURN + 6] * x0 + s[S_TURN + 7] * y0 + s[S_TURN + 8] * z0
    kind = int(s[S_KIND])
    a, b, c, r = s[S_SIZES], s[S_SIZES + 1], s[S_SIZES + 2], s[S_SIZES + 3]
    first, last = int(s[S_SIZES + 6]), int(s[S_SIZES + 7])
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
        # An arc about y, open on the side of -x: c is half its angle.
        q = math.sqrt(x * x + z * z)
        if math.atan2(abs(z), x) <= c:
            d = math.sqrt((q - a) ** 2 + y * y) - b
        else:
            ex, ez = a * math.cos(c), a * math.sin(c)
            d = math.sqrt((x - ex) ** 2 + (abs(z) - ez) ** 2 + y * y) - b
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
    if s[S_SHELL] > 0:
        d = abs(d) - s[S_SHELL]
    return d


@njit(cache=True, fastmath=True, nogil=True)
def _ripple(kind, height, rate, x, y, z):
    """How much further out the surface lies at a point of the part."""
    if kind == QUILT_Y:
        return height * math.sqrt(abs(math.sin(rate * y)))
    if kind == QUILT_X:
        return height * math.sqrt(abs(math.sin(rate * x)))
    if kind == QUILT_Z:
        return height * math.sqrt(abs(math.sin(rate * z)))
    if kind == GRIP:
        return height * math.cos(rate * math.atan2(z, x))
    if kind == FOLDS:
        return height * math.sin(rate * x + 2 * _noise(x * 3, y * 3, z * 3))
    return height * _noise(x * rate, y * rate, z * rate)


@njit(cache=True, fastmath=True, nogil=True)
def into_part(parts, i, px, py, pz):
    """The point in the space of a part, folded where the part is mirrored or repeated."""
    p = parts[i]
    x0, y0, z0 = px - p[P_PLACE], py - p[P_PLACE + 1], pz - p[P_PLACE + 2]
    x = (p[0] * x0 + p[1] * y0 + p[2] * z0) / p[P_SCALE]
    y = (p[3] * x0 + p[4] * y0 + p[5] * z0) / p[P_SCALE]
    z = (p[6] * x0 + p[7] * y0 + p[8] * z0) / p[P_SCALE]
    mirror = int(p[P_MIRROR])
    if mirror & 1:
        x = abs(x)
    if mirror & 2:
        z = abs(z)
    if p[P_STEP_X] > 0:
        half = p[P_COUNT_X] / 2 - 0.5
        cell = math.floor(x / p[P_STEP_X] + half + 0.5) - half
        x -= p[P_STEP_X] * min(max(cell, -half), half)
    if p[P_STEP_Z] > 0:
        half = p[P_COUNT_Z] / 2 - 0.5
        cell = math.floor(z / p[P_STEP_Z] + half + 0.5) - half
        z -= p[P_STEP_Z] * min(max(cell, -half), half)
    return x, y, z


@njit(cache=True, fastmath=True, nogil=True)
def part_distance(parts, solids, points, i, px, py, pz, limit):
    """Distance from one part; above `limit` it may be too small, never too large."""
    p = parts[i]
    x, y, z = into_part(parts, i, px, py, pz)
    size = p[P_SCALE]
    near = (
        math.sqrt((x - p[P_CENTER]) ** 2 + (y - p[P_CENTER + 1]) ** 2 + (z - p[P_CENTER + 2]) ** 2)
        - p[P_RADIUS]
    )
    if near * size > limit:
        return near * size
    d = FAR
    for j in range(int(p[P_FIRST]), int(p[P_LAST])):
        s = solids[j]
        operation, blend = int(s[S_OPERATION]), s[S_BLEND]
        if operation != KEEP:
            away = (
                math.sqrt(
                    (x - s[S_PLACE]) ** 2 + (y - s[S_PLACE + 1]) ** 2 + (z - s[S_PLACE + 2]) ** 2
                )
                - s[S_RADIUS]
            )
            if operation == JOIN and away - blend > d:
                continue
            if operation == CUT and away - blend > -d:
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
    ripple = int(p[P_RIPPLE])
    if ripple > 0 and abs(d) < 4 * p[P_HEIGHT]:
        d -= _ripple(ripple, p[P_HEIGHT], p[P_RATE], x, y, z)
    return d * p[P_CAUTION] * size


@njit(cache=True, fastmath=True, nogil=True)
def distance(parts, solids, points, x, y, z, limit):
    """Distance from the nearest part, `limit` if all are further, and the part's number."""
    best, nearest = limit, -1
    for i in range(parts.shape[0]):
        p = parts[i]
        ex, ey, ez = x - p[P_BALL], y - p[P_BALL + 1], z - p[P_BALL + 2]
        far = best + p[P_BALL + 3]
        if far <= 0 or ex * ex + ey * ey + ez * ez > far * far:
            continue
        d = part_distance(parts, solids, points, i, x, y, z, best)
        if d < best:
            best, nearest = d, i
    return best, nearest
