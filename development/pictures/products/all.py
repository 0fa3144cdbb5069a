"""Every picture of both shops."""

from products import audio, cameras, camping, carrying, clothing, computing, home, wearables
from products.shots import Shot

SHOTS: dict[str, tuple[Shot, ...]] = {
    "tech": (*audio.SHOTS, *wearables.SHOTS, *cameras.SHOTS, *computing.SHOTS, *home.SHOTS),
    "outdoor": (*camping.SHOTS, *clothing.SHOTS, *carrying.SHOTS),
}
HEROES: dict[str, Shot] = {}
