"""Lamp, room and shade, compiled."""

import math

import numpy as np
from numba import njit

from studio.distance import (
    FAR,
    P_SURFACE,
    distance,
    into_part,
    part_distance,
)
from studio.surfaces import (
    M_BLUE,
    M_COLUMNS,
    M_DEPTH,
    M_FINE,
    M_GLOW,
    M_GREEN,
    M_HIGH,
    M_PATTERN,
    M_PICTURE,
    M_RED,
    M_RED2,
    M_ROWS,
    M_SIDE,
    M_U,
    M_V,
    M_WIDE,
    pattern,
)

NOTHING = -1
# The ground's shade is smooth, and so worked out on a grid first.
_GRID, _AROUND = 320, 2.4


@njit(cache=True, fastmath=True, nogil=True)
def smooth(low, high, x):
    t = min(max((x - low) / (high - low), 0.0), 1.0)
    return t * t * (3 - 2 * t)


@njit(cache=True, fastmath=True, nogil=True)
def hit(scene, bound, ox, oy, oz, dx, dy, dz, furthest, steps):
    """How far along a ray the first part is met, and its number; -1 for none."""
    parts, solids, points = scene
    cx, cy, cz = ox - bound[0], oy - bound[1], oz - bound[2]
    along = cx * dx + cy * dy + cz * dz
    inside = along * along - (cx * cx + cy * cy + cz * cz - bound[3] * bound[3])
    if inside < 0:
        return FAR, NOTHING
    root = math.sqrt(inside)
    t, end = max(-along - root, 0.0), min(-along + root, furthest)
    for _ in range(steps):
        if t > end:
            break
        px, py, pz = ox + dx * t, oy + dy * t, oz + dz * t
        d, part = distance(parts, solids, points, px, py, pz, 0.5)
        if d < 0.0004 + 0.0001 * t:
            return t, part
        t += d * 0.96
    return FAR, NOTHING


@njit(cache=True, fastmath=True, nogil=True)
def facing(scene, part, x, y, z):
    """The direction that a part's surface faces."""
    parts, solids, points = scene
    e = 0.0008
    a = part_distance(parts, solids, points, part, x + e, y - e, z - e, FAR)
    b = part_distance(parts, solids, points, part, x - e, y - e, z + e, FAR)
    c = part_distance(parts, solids, points, part, x - e, y + e, z - e, FAR)
    d = part_distance(parts, solids, points, part, x + e, y + e, z + e, FAR)
    nx, ny, nz = a - b - c + d, -a - b + c + d, -a + b - c + d
    size = math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-12
    return nx / size, ny / size, nz / size


@njit(cache=True, fastmath=True, nogil=True)
def lit_by(scene, bound, x, y, z, light, width):
    """How much of a wide lamp is seen from a point, 0 to 1."""
    parts, solids, points = scene
    lx, ly, lz = light[0], light[1], light[2]
    cx, cy, cz = x - bound[0], y - bound[1], z - bound[2]
    along = cx * lx + cy * ly + cz * lz
    wide = bound[3] * 1.25
    inside = along * along - (cx * cx + cy * cy + cz * cz - wide * wide)
    if inside < 0:
        return 1.0
    root = math.sqrt(inside)
    t, end = max(-along - root, 0.012), -along + root
    seen = 1.0
    for _ in range(56):
        if t > end:
            break
        px, py, pz = x + lx * t, y + ly * t, z + lz * t
        d, _part = distance(parts, solids, points, px, py, pz, max(width * t, 0.18))
        seen = min(seen, d / (width * t))
        t += min(max(d * 0.7, 0.008), 0.12)
        if seen < -1.0:
            break
    seen = 0.5 + 0.5 * min(max(seen, -1.0), 1.0)
    return seen * seen * (3 - 2 * seen)


@njit(cache=True, fastmath=True, nogil=True)
def openness(scene, x, y, z, nx, ny, nz, reach):
    """How much of the room is seen from a surface, 0 to 1: five cones of four steps."""
    parts, solids, points = scene
    if abs(ny) < 0.9:
        ax, az = nz, -nx
    else:
        ax, az = 1.0, 0.0
    ay = 0.0
    dot = ax * nx + az * nz
    ax, ay, az = ax - nx * dot, -ny * dot, az - nz * dot
    size = math.sqrt(ax * ax + ay * ay + az * az) + 1e-9
    ax, ay, az = ax / size, ay / size, az / size
    bx, by, bz = ny * az - nz * ay, nz * ax - nx * az, nx * ay - ny * ax
    total = 0.0
    for cone in range(5):
        if cone == 0:
            dx, dy, dz, weight = nx, ny, nz, 1.0
        else:
            u = 0.8 if cone in (1, 2) else -0.8
            v = 0.8 if cone in (1, 3) else -0.8
            dx, dy, dz = nx + ax * u + bx * v, ny + ay * u + by * v, nz + az * u + bz * v
            size = math.sqrt(dx * dx + dy * dy + dz * dz)
            dx, dy, dz, weight = dx / size, dy / size, dz / size, 0.75
        blocked, t = 0.0, reach * 0.06
        for step in range(4):
            px, py, pz = x + dx * t, y + dy * t, z + dz * t
            d, _part = distance(parts, solids, points, px, py, pz, t * 0.62)
            d = min(d, py)
            blocked = max(blocked, (1 - max(d, 0.0) / (t * 0.62)) * (1 - step * 0.2))
            t *= 2.3
        total += weight * (1 - min(max(blocked, 0.0), 1.0))
    return total / 4.0


@njit(cache=True, fastmath=True, nogil=True)
def room_light(dx, dy, dz, frame, rough):
    """The light that comes from a direction: a white room with a wide lamp and a strip."""
    sideways = dx * frame[0, 0] + dy * frame[0, 1] + dz * frame[0, 2]
    behind = dx * frame[2, 0] + dy * frame[2, 1] + dz * frame[2, 2]
    edge = 0.06 + 0.9 * rough
    light = 0.34 + 0.34 * smooth(-0.3, 0.9, dy)
    # Behind the camera it is dark, which gives metal its contrast.
    light *= 1 - 0.55 * smooth(0.1, 0.9, behind) * (1 - rough)
    key = frame[3, 0] * dx + frame[3, 1] * dy + frame[3, 2] * dz
    if key > 0.05:
        u = (dx * frame[4, 0] + dy * frame[4, 1] + dz * frame[4, 2]) / key
        v = (dx * frame[5, 0] + dy * frame[5, 1] + dz * frame[5, 2]) / key
        lamp = (1 - smooth(0.55 - edge * 0.5, 0.55 + edge * 0.5, abs(u))) * (
            1 - smooth(0.4 - edge * 0.4, 0.4 + edge * 0.4, abs(v))
        )
        light += 2.6 * lamp / (1 + 1.2 * rough)
    strip = smooth(0.72 - edge * 0.3, 0.72 + edge * 0.3, sideways) * smooth(-0.35, 0.2, dy)
    light += 0.8 * strip * (1 - smooth(0.8, 1.2, dy))
    return light


@njit(cache=True, fastmath=True, nogil=True)
def _drawn(pictures, table, row, x, y, z, ny, nz):
    """Colour of the picture that lies on a surface, and how opaque; light in linear parts."""
    m = table[row]
    side = int(m[M_SIDE])
    if side == 1:
        u, v, facing = x, z, ny
    elif side == 2:
        u, v, facing = x, -y, nz
    else:
        u, v, facing = math.atan2(x, z), -y, 1 - abs(ny)
    if facing < 0.35:
        return 0.0, 0.0, 0.0, 0.0
    first, wide, high = int(m[M_PICTURE]) - 1, int(m[M_COLUMNS]), int(m[M_ROWS])
    fx = ((u - m[M_U]) / m[M_WIDE] * 0.5 + 0.5) * wide - 0.5
    fy = ((v - m[M_V]) / m[M_HIGH] * 0.5 + 0.5) * high - 0.5
    if fx < 0 or fy < 0 or fx >= wide - 1 or fy >= high - 1:
        return 0.0, 0.0, 0.0, 0.0
    ix, iy = int(fx), int(fy)
    a, b = fx - ix, fy - iy
    w00, w10, w01, w11 = (1 - a) * (1 - b), a * (1 - b), (1 - a) * b, a * b
    corner = first + iy * wide + ix
    p00, p10 = pictures[corner], pictures[corner + 1]
    p01, p11 = pictures[corner + wide], pictures[corner + wide + 1]
    return (
        w00 * p00[0] + w10 * p10[0] + w01 * p01[0] + w11 * p11[0],
        w00 * p00[1] + w10 * p10[1] + w01 * p01[1] + w11 * p11[1],
        w00 * p00[2] + w10 * p10[2] + w01 * p01[2] + w11 * p11[2],
        w00 * p00[3] + w10 * p10[3] + w01 * p01[3] + w11 * p11[3],
    )


@njit(cache=True, fastmath=True, nogil=True)
def surface_at(scene, table, pictures, part, x, y, z, nx, ny, nz):
    """Colour, facing with its bumps, and glow of a point of a part."""
    p = scene[0][part]
    row = int(p[P_SURFACE])
    m = table[row]
    red, green, blue = m[M_RED], m[M_GREEN], m[M_BLUE]
    qx, qy, qz = into_part(scene[0], part, x, y, z)
    lx = p[0] * nx + p[1] * ny + p[2] * nz
    ly = p[3] * nx + p[4] * ny + p[5] * nz
    lz = p[6] * nx + p[7] * ny + p[8] * nz
    kind = int(m[M_PATTERN])
    if kind > 0:
        side = 2
        if abs(lx) > abs(ly) and abs(lx) > abs(lz):
            side = 0
        elif abs(ly) > abs(lz):
            side = 1
        fine = m[M_FINE]
        h, second = pattern(kind, fine, qx, qy, qz, side)
        red += (m[M_RED2] - red) * second
        green += (m[M_RED2 + 1] - green) * second
        blue += (m[M_RED2 + 2] - blue) * second
        if m[M_DEPTH] > 0:
            e = 0.25 / fine
            hx = pattern(kind, fine, qx + e, qy, qz, side)[0] - h
            hy = pattern(kind, fine, qx, qy + e, qz, side)[0] - h
            hz = pattern(kind, fine, qx, qy, qz + e, side)[0] - h
            lx, ly, lz = lx - hx * m[M_DEPTH], ly - hy * m[M_DEPTH], lz - hz * m[M_DEPTH]
            nx = p[0] * lx + p[3] * ly + p[6] * lz
            ny = p[1] * lx + p[4] * ly + p[7] * lz
            nz = p[2] * lx + p[5] * ly + p[8] * lz
            size = math.sqrt(nx * nx + ny * ny + nz * nz)
            nx, ny, nz = nx / size, ny / size, nz / size
    glow = m[M_GLOW]
    if m[M_PICTURE] > 0:
        r, g, b, opaque = _drawn(pictures, table, row, qx, qy, qz, ly, lz)
        red += (r - red) * opaque
        green += (g - green) * opaque
        blue += (b - blue) * opaque
        glow *= opaque
    return red, green, blue, nx, ny, nz, glow


@njit(cache=True, fastmath=True, nogil=True)
def ground(scene, bound, frame):
    """How much darker the ground is, 0 to 1, on a grid of 2.4 times the bound to either side."""
    found = np.zeros((_GRID, _GRID))
    for j in range(_GRID):
        for i in range(_GRID):
            u, v = (i + 0.5) * 2 / _GRID - 1, (j + 0.5) * 2 / _GRID - 1
            away = math.sqrt(u * u + v * v)
            if away > 1:
                continue
            x, z = bound[0] + u * _AROUND * bound[3], bound[2] + v * _AROUND * bound[3]
            lit = lit_by(scene, bound, x, 0.002, z, frame[3], 0.30)
            seen = openness(scene, x, 0.002, z, 0.0, 1.0, 0.0, 0.45 * bound[3])
            dark = 1 - (0.55 + 0.45 * lit) * (0.25 + 0.75 * seen)
            found[j, i] = dark * (1 - smooth(0.5, 1.0, away))
    return found


@njit(cache=True, fastmath=True, nogil=True)
def floor_shade(floor, bound, x, z):
    fx = ((x - bound[0]) / (_AROUND * bound[3]) * 0.5 + 0.5) * _GRID - 0.5
    fy = ((z - bound[2]) / (_AROUND * bound[3]) * 0.5 + 0.5) * _GRID - 0.5
    if fx < 0 or fy < 0 or fx >= _GRID - 1 or fy >= _GRID - 1:
        return 0.0
    i, j = int(fx), int(fy)
    a, b = fx - i, fy - j
    top = floor[j, i] * (1 - a) + floor[j, i + 1] * a
    low = floor[j + 1, i] * (1 - a) + floor[j + 1, i + 1] * a
    return top * (1 - b) + low * b


@njit(cache=True, fastmath=True, nogil=True)
def lowest(scene, bound):
    """The height of the scene's lowest point, to a hundredth of its size."""
    found = FAR
    bottom = bound[1] - bound[3] * 1.1
    for j in range(80):
        for i in range(80):
            x = bound[0] + ((i + 0.5) / 40 - 1) * bound[3]
            z = bound[2] + ((j + 0.5) / 40 - 1) * bound[3]
            t, part = hit(scene, bound, x, bottom, z, 0.0, 1.0, 0.0, FAR, 80)
            if part >= 0:
                found = min(found, bottom + t)
    return found


@njit(cache=True, fastmath=True, nogil=True)
def seen_parts(scene, bound, camera, frame, wide, high):
    """Which pixels of a small frame show a part."""
    found = np.zeros((high, wide), np.bool_)
    zoom = camera[3, 0]
    for j in range(high):
        for i in range(wide):
            u, v = ((i + 0.5) * 2 - wide) / high, 1 - (j + 0.5) / high * 2
            dx = -frame[2, 0] + zoom * (u * frame[0, 0] + v * frame[1, 0])
            dy = -frame[2, 1] + zoom * (u * frame[0, 1] + v * frame[1, 1])
            dz = -frame[2, 2] + zoom * (u * frame[0, 2] + v * frame[1, 2])
            size = math.sqrt(dx * dx + dy * dy + dz * dz)
            o = camera[0]
            _t, part = hit(
                scene, bound, o[0], o[1], o[2], dx / size, dy / size, dz / size, 100.0, 120
            )
            found[j, i] = part >= 0
    return found
