"""One wide picture for each shop's home page: some of what it sells, together."""

from studio.building import Scene
from studio.camera import View
from studio.solids import Surface, rod

from products import audio, cameras, cooking, finding, packs, shoes, tents, wearables
from products.shots import Shot

_STONE = Surface("#dfe1e5", rough=0.7)
_SAND = Surface("#d9d2c4", rough=0.8)


def tech() -> Scene:
    """Headphones on a drum, and round it speaker, camera, radio, earbuds and watch."""
    scene = Scene()
    scene.add(_STONE, rod(0.85, 0.22, (0, 0.22, 0), 0.03))
    scene.put(audio.wireless().standing(), (0, 0.44, 0), (0, 22, 0), 0.95)
    scene.put(audio.blue_speaker().standing(), (-1.45, 0, -0.15), (0, 14, 0), 1.1)
    scene.put(cameras.compact().standing(), (1.36, 0, 0.55), (0, -16, 0), 0.8)
    scene.put(audio.radio().standing(), (1.75, 0, -0.85), (0, -14, 0), 1.15)
    scene.put(audio.white_earbuds().standing(), (-0.72, 0, 1.05), (0, 10, 0), 0.62)
    scene.put(wearables.graphite_watch().standing(), (0.62, 0, 1.15), (0, -6, 0), 0.5)
    return scene


def outdoor() -> Scene:
    """A tent, and before it pack, boots, lantern, stove, pot and bottle."""
    scene = Scene()
    scene.put(tents.tent().standing(), (0.1, 0, -1.2), (0, 8, 0), 1.55)
    scene.put(packs.trek_pack().standing(), (-2.05, 0, 0.35), (0, 24, 0), 0.95)
    scene.put(shoes.boots().standing(), (-0.85, 0, 1.0), (0, 24, 0), 0.66)
    scene.put(finding.lantern().standing(), (1.62, 0, 0.55), (0, -8, 0), 0.62)
    scene.put(cooking.stove().standing(), (0.62, 0, 1.05), (0, 0, 0), 0.5)
    scene.put(cooking.bottle("#65754a").standing(), (2.25, 0, 0.25), (0, -10, 0), 0.62)
    return scene


HEROES = {
    "tech": Shot(
        "tech",
        tech,
        View(6, 15, 0.88),
        "Headphones on a drum among a blue speaker, a camera, a red radio, earbuds and a watch",
    ),
    "outdoor": Shot(
        "outdoor",
        outdoor,
        View(4, 15, 0.90),
        "A green tent; before it a red pack, boots, a gas stove, a lantern and a bottle",
    ),
}
