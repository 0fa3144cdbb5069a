"""What colour a pixel has, compiled."""

import math

import numpy as np
from numba import njit

from studio.distance import (
    FAR,
    P_SURFACE,
)
from studio.light import (
    NOTHING,
    facing,
    floor_shade,
    ground,
    hit,
    lit_by,
    openness,
    room_light,
    smooth,
    surface_at,
)
from studio.surfaces import (
    M_COAT,
    M_METAL,
    M_ROUGH,
    M_SHEEN,
)

_FLOOR = -2
# Where a pixel is looked at again, from its middle.
_OFFSETS = ((0.375, -0.125), (-0.125, -0.375), (0.125, 0.375), (-0.375, 0.125))


@njit(cache=True, fastmath=True, nogil=True)
def _mirrored(scene, bound, table, pictures, x, y, z, dx, dy, dz, frame, rough, backdrop):
    """The colour that a surface mirrors from a direction, with one look at other parts."""
    room = room_light(dx, dy, dz, frame, rough)
    red, green, blue = room, room, room
    t, part = hit(scene, bound, x, y, z, dx, dy, dz, 6.0, 40)
    to_floor = -y / dy if dy < -1e-4 else FAR
    if part >= 0 and t < to_floor:
        px, py, pz = x + dx * t, y + dy * t, z + dz * t
        nx, ny, nz = facing(scene, part, px, py, pz)
        r, g, b, nx, ny, nz, glow = surface_at(scene, table, pictures, part, px, py, pz, nx, ny, nz)
        light = 1.3 * max(nx * frame[3, 0] + ny * frame[3, 1] + nz * frame[3, 2], 0.0)
        light = 0.45 + 0.2 * ny + 0.8 * light + glow
        fade = 1 - rough * min(t * 2.5, 1.0) * 0.8
        red += (r * light - red) * fade
        green += (g * light - green) * fade
        blue += (b * light - blue) * fade
    elif to_floor < 8.0:
        away = math.sqrt((x + dx * to_floor - bound[0]) ** 2 + (z + dz * to_floor - bound[2]) ** 2)
        dark = 0.35 * (1 - smooth(0.2 * bound[3], 1.3 * bound[3], away))
        floor = 0.74 * (1 - dark)
        red, green, blue = floor * backdrop[0], floor * backdrop[1], floor * backdrop[2]
    return red, green, blue


@njit(cache=True, fastmath=True, nogil=True)
def _colour(scene, bound, table, pictures, part, x, y, z, dx, dy, dz, frame, backdrop, lit, seen):
    """The colour of a part's point, seen along a direction, in linear light; then how lit it is
    and how open. Those two are given where they are known, and negative where not."""
    nx, ny, nz = facing(scene, part, x, y, z)
    gx, gy, gz = nx, ny, nz
    m = table[int(scene[0][part][P_SURFACE])]
    red, green, blue, nx, ny, nz, glow = surface_at(
        scene, table, pictures, part, x, y, z, nx, ny, nz
    )
    light = frame[3]
    away = 0.004
    px, py, pz = x + gx * away, y + gy * away, z + gz * away
    towards = nx * light[0] + ny * light[1] + nz * light[2]
    if lit < 0:
        lit = lit_by(scene, bound, px, py, pz, light, 0.22) if towards > -0.2 else 0.0
        seen = openness(scene, px, py, pz, gx, gy, gz, 0.30 * bound[3])
    key = max(towards * 0.85 + 0.15, 0.0) * lit
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
            room = room_light(mx, my, mz, frame, rough)
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
    t, part = hit(scene, bound, ox, oy, oz, dx, dy, dz, to_floor, 160)
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
        dark = floor_shade(floor, bound, ox + dx * to_floor, oz + dz * to_floor)
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
            return NOTHING, 0.0, 0.0
        lit += shades[a, b, 0] / 4
        seen += shades[a, b, 1] / 4
        least, most = min(least, shades[a, b, 0]), max(most, shades[a, b, 0])
    if most - least > 0.15:
        return NOTHING, 0.0, 0.0
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
                known = (NOTHING, 0.0, 0.0) if even else _beside(parts, shades, j, i)
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
