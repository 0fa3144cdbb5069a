"""Light and camera, compiled: what colour a pixel has."""

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
    M_COAT,
    M_COLUMNS,
    M_DEPTH,
    M_FINE,
    M_GLOW,
    M_GREEN,
    M_HIGH,
    M_METAL,
    M_PATTERN,
    M_PICTURE,
    M_RED,
    M_RED2,
    M_ROUGH,
    M_ROWS,
    M_SHEEN,
    M_SIDE,
    M_U,
    M_V,
    M_WIDE,
    pattern,
)

_FLOOR = -2
_NOTHING = -1
# The ground's shade is smooth, and so worked out on a grid first.
_GRID, _AROUND = 320, 2.4
# Where a pixel is looked at again, from its middle.
_OFFSETS = ((0.375, -0.125), (-0.125, -0.375), (0.125, 0.375), (-0.375, 0.125))


@njit(cache=True, fastmath=True, nogil=True)
def _smooth(low, high, x):
    t = min(max((x - low) / (high - low), 0.0), 1.0)
    return t * t * (3 - 2 * t)


@njit(cache=True, fastmath=True, nogil=True)
def _hit(scene, bound, ox, oy, oz, dx, dy, dz, furthest, steps):
    """How far along a ray the first part is met, and its number; -1 for none."""
    parts, solids, points = scene
    cx, cy, cz = ox - bound[0], oy - bound[1], oz - bound[2]
    along = cx * dx + cy * dy + cz * dz
    inside = along * along - (cx * cx + cy * cy + cz * cz - bound[3] * bound[3])
    if inside < 0:
        return FAR, _NOTHING
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
    return FAR, _NOTHING


@njit(cache=True, fastmath=True, nogil=True)
def _facing(scene, part, x, y, z):
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
def _lit(scene, bound, x, y, z, light, width):
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
def _open(scene, x, y, z, nx, ny, nz, reach):
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
def _room(dx, dy, dz, frame, rough):
    """The light that comes from a direction: a white room with a wide lamp and a strip."""
    sideways = dx * frame[0, 0] + dy * frame[0, 1] + dz * frame[0, 2]
    behind = dx * frame[2, 0] + dy * frame[2, 1] + dz * frame[2, 2]
    edge = 0.06 + 0.9 * rough
    light = 0.34 + 0.34 * _smooth(-0.3, 0.9, dy)
    # Behind the camera it is dark, which gives metal its contrast.
    light *= 1 - 0.55 * _smooth(0.1, 0.9, behind) * (1 - rough)
    key = frame[3, 0] * dx + frame[3, 1] * dy + frame[3, 2] * dz
    if key > 0.05:
        u = (dx * frame[4, 0] + dy * frame[4, 1] + dz * frame[4, 2]) / key
        v = (dx * frame[5, 0] + dy * frame[5, 1] + dz * frame[5, 2]) / key
        lamp = (1 - _smooth(0.55 - edge * 0.5, 0.55 + edge * 0.5, abs(u))) * (
            1 - _smooth(0.4 - edge * 0.4, 0.4 + edge * 0.4, abs(v))
        )
        light += 2.6 * lamp / (1 + 1.2 * rough)
    strip = _smooth(0.72 - edge * 0.3, 0.72 + edge * 0.3, sideways) * _smooth(-0.35, 0.2, dy)
    light += 0.8 * strip * (1 - _smooth(0.8, 1.2, dy))
    return light


@njit(cache=True, fastmath=True, nogil=True)
def _drawn(pictures, table, row, x, y, z, nx, ny, nz):
    """Colour of the picture that lies on a surface, and how opaque; light in linear parts."""
    m = table[row]
    side = int(m[M_SIDE])
    if side == 0:
        u, v, facing = -z, -y, nx
    elif side == 1:
        u, v, facing = x, z, ny
    elif side == 2:
        u, v, facing = x, -y, nz
    elif side == 3:
        u, v, facing = math.atan2(x, z), -y, 1 - abs(ny)
    else:
        u, v, facing = -x, -y, -nz
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
def _surface(scene, table, pictures, part, x, y, z, nx, ny, nz):
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
        r, g, b, opaque = _drawn(pictures, table, row, qx, qy, qz, lx, ly, lz)
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
            lit = _lit(scene, bound, x, 0.002, z, frame[3], 0.30)
            seen = _open(scene, x, 0.002, z, 0.0, 1.0, 0.0, 0.45 * bound[3])
            dark = 1 - (0.55 + 0.45 * lit) * (0.25 + 0.75 * seen)
            found[j, i] = dark * (1 - _smooth(0.5, 1.0, away))
    return found


@njit(cache=True, fastmath=True, nogil=True)
def _floor_shade(floor, bound, x, z):
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
def _mirrored(scene, bound, table, pictures, x, y, z, dx, dy, dz, frame, rough, backdrop):
    """The colour that a surface mirrors from a direction, with one look at other parts."""
    room = _room(dx, dy, dz, frame, rough)
    red, green, blue = room, room, room
    t, part = _hit(scene, bound, x, y, z, dx, dy, dz, 6.0, 40)
    to_floor = -y / dy if dy < -1e-4 else FAR
    if part >= 0 and t < to_floor:
        px, py, pz = x + dx * t, y + dy * t, z + dz * t
        nx, ny, nz = _facing(scene, part, px, py, pz)
        r, g, b, nx, ny, nz, glow = _surface(scene, table, pictures, part, px, py, pz, nx, ny, nz)
        light = 1.3 * max(nx * frame[3, 0] + ny * frame[3, 1] + nz * frame[3, 2], 0.0)
        light = 0.45 + 0.2 * ny + 0.8 * light + glow
        fade = 1 - rough * min(t * 2.5, 1.0) * 0.8
        red += (r * light - red) * fade
        green += (g * light - green) * fade
        blue += (b * light - blue) * fade
    elif to_floor < 8.0:
        away = math.sqrt((x + dx * to_floor - bound[0]) ** 2 + (z + dz * to_floor - bound[2]) ** 2)
        dark = 0.35 * (1 - _smooth(0.2 * bound[3], 1.3 * bound[3], away))
        floor = 0.74 * (1 - dark)
        red, green, blue = floor * backdrop[0], floor * backdrop[1], floor * backdrop[2]
    return red, green, blue


@njit(cache=True, fastmath=True, nogil=True)
def _colour(scene, bound, table, pictures, part, x, y, z, dx, dy, dz, frame, backdrop, lit, seen):
    """The colour of a part's point, seen along a direction, in linear light; then how lit it is
    and how open. Those two are given where they are known, and negative where not."""
    nx, ny, nz = _facing(scene, part, x, y, z)
    gx, gy, gz = nx, ny, nz
    m = table[int(scene[0][part][P_SURFACE])]
    red, green, blue, nx, ny, nz, glow = _surface(scene, table, pictures, part, x, y, z, nx, ny, nz)
    light = frame[3]
    away = 0.004
    px, py, pz = x + gx * away, y + gy * away, z + gz * away
    facing = nx * light[0] + ny * light[1] + nz * light[2]
    if lit < 0:
        lit = _lit(scene, bound, px, py, pz, light, 0.22) if facing > -0.2 else 0.0
        seen = _open(scene, px, py, pz, gx, gy, gz, 0.30 * bound[3])
    key = max(facing * 0.85 + 0.15, 0.0) * lit
    rim = max(
        -nx * frame[2, 0] * 0.6
        - nz * frame[2, 2] * 0.6
        + nx * frame[0, 0] * 0.8
        + nz * frame[0, 2] * 0.8
        + 0.3 * ny,
        0.0,
    )
    ambient = seen * (0.52 + 0.24 * ny)
    from_floor = seen * 0.20 * max(-ny, 0.0)
    diffuse = 1.12 * key + ambient + from_floor + 0.28 * rim * seen
    sheen, rough, metal, coat = m[M_SHEEN], m[M_ROUGH], m[M_METAL], m[M_COAT]
    across = max(-(nx * dx + ny * dy + nz * dz), 0.0)
    grazing = (1 - across) ** 5
    soft = sheen * (1 - across) ** 3 * (0.35 + 0.65 * lit) * seen
    bare = 1 - metal
    r = red * bare * diffuse + soft * (0.4 + 0.6 * red)
    g = green * bare * diffuse + soft * (0.4 + 0.6 * green)
    b = blue * bare * diffuse + soft * (0.4 + 0.6 * blue)
    dot = 2 * (dx * nx + dy * ny + dz * nz)
    mx, my, mz = dx - dot * nx, dy - dot * ny, dz - dot * nz
    if rough < 0.75:
        if rough < 0.36 or coat > 0:
            fr, fg, fb = _mirrored(
                scene, bound, table, pictures, px, py, pz, mx, my, mz, frame, rough, backdrop
            )
        else:
            room = _room(mx, my, mz, frame, rough)
            fr, fg, fb = room, room, room
        strength = (0.04 + 0.96 * grazing * (1 - rough)) * (1 - 0.7 * rough)
        block = seen * (0.55 + 0.45 * lit)
        if metal > 0:
            tint = metal * (1 - grazing)
            r += fr * metal * (red * tint + grazing) * (0.35 + 0.65 * block)
            g += fg * metal * (green * tint + grazing) * (0.35 + 0.65 * block)
            b += fb * metal * (blue * tint + grazing) * (0.35 + 0.65 * block)
        r += fr * bare * strength * block
        g += fg * bare * strength * block
        b += fb * bare * strength * block
    r, g, b = r + red * glow, g + green * glow, b + blue * glow
    return r, g, b, lit, seen


@njit(cache=True, fastmath=True, nogil=True)
def _pixel(scene, bound, table, pictures, camera, frame, backdrop, floor, u, v, known):
    """Colour at a place of the frame (u, v from -1 to 1), the part that is seen there, how lit it
    is and how open; `known` are those three of a place beside it."""
    zoom = camera[3, 0]
    dx = -frame[2, 0] + zoom * (u * frame[0, 0] + v * frame[1, 0])
    dy = -frame[2, 1] + zoom * (u * frame[0, 1] + v * frame[1, 1])
    dz = -frame[2, 2] + zoom * (u * frame[0, 2] + v * frame[1, 2])
    size = math.sqrt(dx * dx + dy * dy + dz * dz)
    dx, dy, dz = dx / size, dy / size, dz / size
    ox, oy, oz = camera[0, 0], camera[0, 1], camera[0, 2]
    to_floor = -oy / dy if dy < -1e-4 else FAR
    t, part = _hit(scene, bound, ox, oy, oz, dx, dy, dz, to_floor, 160)
    if part >= 0:
        lit, seen = (known[1], known[2]) if known[0] == part else (-1.0, -1.0)
        r, g, b, lit, seen = _colour(
            scene,
            bound,
            table,
            pictures,
            part,
            ox + dx * t,
            oy + dy * t,
            oz + dz * t,
            dx,
            dy,
            dz,
            frame,
            backdrop,
            lit,
            seen,
        )
        return r, g, b, part, lit, seen
    # The backdrop: paler in the middle and above, the ground's shadow on it.
    glow = math.exp(-(u * u * 0.8 + (v - 0.1) ** 2) * 0.9)
    tone = 0.89 + 0.09 * glow + 0.03 * v
    r, g, b = tone * backdrop[0], tone * backdrop[1], tone * backdrop[2]
    if to_floor < FAR:
        dark = _floor_shade(floor, bound, ox + dx * to_floor, oz + dz * to_floor)
        r, g, b = r * (1 - dark), g * (1 - dark * 0.985), b * (1 - dark * 0.96)
    return r, g, b, _FLOOR, 0.0, 0.0


@njit(cache=True, fastmath=True, nogil=True)
def _shown(light):
    """Linear light as a screen shows it: bright light rolls off."""
    x = light * 1.02
    if x > 0.72:
        x = 0.72 + 0.28 * (1 - math.exp(-(x - 0.72) / 0.28))
    return min(max(x, 0.0), 1.0) ** (1 / 2.2)


@njit(cache=True, fastmath=True, nogil=True)
def lowest(scene, bound):
    """The height of the scene's lowest point, to a hundredth of its size."""
    found = FAR
    bottom = bound[1] - bound[3] * 1.1
    for j in range(80):
        for i in range(80):
            x = bound[0] + ((i + 0.5) / 40 - 1) * bound[3]
            z = bound[2] + ((j + 0.5) / 40 - 1) * bound[3]
            t, part = _hit(scene, bound, x, bottom, z, 0.0, 1.0, 0.0, FAR, 80)
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
            _t, part = _hit(
                scene, bound, o[0], o[1], o[2], dx / size, dy / size, dz / size, 100.0, 120
            )
            found[j, i] = part >= 0
    return found


@njit(cache=True, fastmath=True, nogil=True)
def _beside(parts, shades, j, i):
    """What is known of a pixel from its neighbours in even rows and columns: its part, how lit it
    is and how open; part -1 where they differ."""
    high, wide = parts.shape
    j0, i0 = j - j % 2, i - i % 2
    j1, i1 = min(j0 + 2 * (j % 2), high - 2), min(i0 + 2 * (i % 2), wide - 2)
    lit = seen = 0.0
    least, most = 1.0, 0.0
    for k in range(4):
        a, b = (j0 if k < 2 else j1), (i0 if k % 2 == 0 else i1)
        if parts[a, b] != parts[j0, i0]:
            return _NOTHING, 0.0, 0.0
        lit += shades[a, b, 0] / 4
        seen += shades[a, b, 1] / 4
        least, most = min(least, shades[a, b, 0]), max(most, shades[a, b, 0])
    if most - least > 0.15:
        return _NOTHING, 0.0, 0.0
    return parts[j0, i0], lit, seen


@njit(cache=True, fastmath=True, nogil=True)
def render(scene, bound, table, pictures, camera, frame, backdrop, wide, high):
    """A picture, values from 0 to 1; where neighbours differ it is looked at five times."""
    image = np.zeros((high, wide, 3))
    parts = np.zeros((high, wide), np.int64)
    shades = np.zeros((high, wide, 2))
    floor = ground(scene, bound, frame)
    for even in (True, False):
        for j in range(high):
            for i in range(wide):
                if (j % 2 == 0 and i % 2 == 0) != even:
                    continue
                known = (_NOTHING, 0.0, 0.0) if even else _beside(parts, shades, j, i)
                u, v = ((i + 0.5) * 2 - wide) / high, 1 - (j + 0.5) / high * 2
                r, g, b, part, lit, seen = _pixel(
                    scene, bound, table, pictures, camera, frame, backdrop, floor, u, v, known
                )
                image[j, i, 0], image[j, i, 1], image[j, i, 2] = _shown(r), _shown(g), _shown(b)
                parts[j, i], shades[j, i, 0], shades[j, i, 1] = part, lit, seen
    result = image.copy()
    for j in range(high):
        for i in range(wide):
            differs = False
            for k in range(4):
                a = min(max(j + (k == 0) - (k == 1), 0), high - 1)
                c = min(max(i + (k == 2) - (k == 3), 0), wide - 1)
                if parts[a, c] != parts[j, i] or abs(image[a, c, 1] - image[j, i, 1]) > 0.035:
                    differs = True
            if not differs:
                continue
            known = (parts[j, i], shades[j, i, 0], shades[j, i, 1])
            for k in range(4):
                s, t = _OFFSETS[k]
                u, v = ((i + 0.5 + s) * 2 - wide) / high, 1 - (j + 0.5 + t) / high * 2
                r, g, b, _part, _lit_there, _seen = _pixel(
                    scene, bound, table, pictures, camera, frame, backdrop, floor, u, v, known
                )
                result[j, i, 0] += _shown(r)
                result[j, i, 1] += _shown(g)
                result[j, i, 2] += _shown(b)
            result[j, i, 0] /= 5
            result[j, i, 1] /= 5
            result[j, i, 2] /= 5
    return result
