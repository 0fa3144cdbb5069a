"""Every picture of both shops."""

from products import audio
from products.shots import Shot

SHOTS: dict[str, tuple[Shot, ...]] = {"tech": audio.SHOTS, "outdoor": ()}
HEROES: dict[str, Shot] = {}
