"""Pictures of a scene: the camera goes where the scene fills the frame."""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from studio.building import Scene, Tables
from studio.light import seen_parts
from studio.seeing import render
from studio.solids import linear

_ZOOM = math.tan(math.radians(13))


@dataclass(frozen=True)
class View:
    """From where a scene is seen: degrees round it and above it; `fill` of the frame."""

    around: float = 30
    above: float = 18
    fill: float = 0.76


def _frame(view: View) -> np.ndarray:
    """Directions: right, up, towards the camera, to the lamp, and along the lamp's two sides."""
    a, e = math.radians(view.around), math.radians(view.above)
    back = np.array([math.sin(a) * math.cos(e), math.sin(e), math.cos(a) * math.cos(e)])
    right = np.cross((0.0, 1.0, 0.0), back)
    right /= np.linalg.norm(right)
    up = np.cross(back, right)
    level = np.cross(right, (0.0, 1.0, 0.0))
    lamp = -0.62 * right + 1.0 * np.array([0, 1.0, 0]) + 0.42 * level
    lamp /= np.linalg.norm(lamp)
    along = np.cross((0.0, 1.0, 0.0), lamp)
    along /= np.linalg.norm(along)
    return np.array([right, up, back, lamp, along, np.cross(lamp, along)])


def _aimed(tables: Tables, frame: np.ndarray, view: View, ratio: float) -> np.ndarray:
    """Where the camera stands, so that what it sees lies in the middle and fills the frame."""
    scene = (tables.parts, tables.solids, tables.points)
    aim, away = tables.bound[:3].copy(), tables.bound[3] * 1.15 / _ZOOM
    camera = np.zeros((4, 3))
    camera[3, 0] = _ZOOM
    high = 150
    wide = round(high * ratio)
    for _ in range(4):
        camera[0] = aim + frame[2] * away
        found = seen_parts(scene, tables.bound, camera, frame, wide, high)
        rows, columns = np.where(found.any(1))[0], np.where(found.any(0))[0]
        if not len(rows):
            raise ValueError("Nothing of the scene is in sight.")
        u = ((columns[0] + columns[-1] + 1) - wide) / high
        v = 1 - (rows[0] + rows[-1] + 1) / high
        filled = max((columns[-1] - columns[0] + 1) / wide, (rows[-1] - rows[0] + 1) / high)
        aim += (frame[0] * u + frame[1] * (v + 0.02)) * _ZOOM * away
        away *= filled / view.fill
    camera[0] = aim + frame[2] * away
    return camera


def shoot(scene: Scene, view: View, wide: int, high: int, backdrop: str) -> Image.Image:
    """The scene from a view, on a ground of this colour."""
    tables = scene.standing().tables()
    frame = _frame(view)
    camera = _aimed(tables, frame, view, wide / high)
    pixels = render(
        (tables.parts, tables.solids, tables.points),
        tables.bound,
        tables.surfaces,
        tables.pictures,
        camera,
        frame,
        np.array(linear(backdrop)),
        wide,
        high,
    )
    return Image.fromarray((pixels * 255 + 0.5).astype(np.uint8))
