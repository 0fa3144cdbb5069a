"""Every picture of both shops."""

from products import (
    audio,
    cameras,
    clothes,
    computing,
    cooking,
    finding,
    home,
    packs,
    shoes,
    sleeping,
    tents,
    wearables,
)
from products.shots import Shot

SHOTS: dict[str, tuple[Shot, ...]] = {
    "tech": (*audio.SHOTS, *wearables.SHOTS, *cameras.SHOTS, *computing.SHOTS, *home.SHOTS),
    "outdoor": (
        *tents.SHOTS,
        *sleeping.SHOTS,
        *cooking.SHOTS,
        *clothes.SHOTS,
        *shoes.SHOTS,
        *packs.SHOTS,
        *finding.SHOTS,
    ),
}
