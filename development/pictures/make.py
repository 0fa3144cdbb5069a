"""Renders the demo shops' pictures. `python make.py` makes those that are missing; words after it
choose pictures whose names begin so, and make them anew. `--draft` makes small ones elsewhere."""

import argparse
import json
import time
from pathlib import Path

from products.all import SHOTS
from products.heroes import HEROES
from products.shots import Shot
from studio.camera import shoot

FOLDER = Path(__file__).resolve().parents[2] / "catalog" / "demo" / "pictures"
SIDE, HERO = 1000, (1600, 1200)
QUALITY = 68
BACKDROPS = {"tech": "#f3f4f7", "outdoor": "#f5f4f0"}


def _named() -> list[tuple[str, str, Shot]]:
    """File, shop and shot of every picture, numbered within each product."""
    found, counts = [], {}
    for shop, shots in SHOTS.items():
        for shot in shots:
            counts[shot.sku] = counts.get(shot.sku, 0) + 1
            found.append((f"{shot.sku.lower()}-{counts[shot.sku]}.webp", shop, shot))
    return found


def _index() -> dict[str, object]:
    """What the demo reads: each product's pictures in order, and each shop's wide one."""
    products: dict[str, list[dict[str, str]]] = {}
    for file, _, shot in _named():
        if (FOLDER / file).exists():
            entry = {"file": file, "alt": shot.alt, "value": shot.value}
            products.setdefault(shot.sku, []).append({k: v for k, v in entry.items() if v})
    heroes = {
        shop: {"file": f"{shop}.webp", "alt": shot.alt}
        for shop, shot in HEROES.items()
        if (FOLDER / f"{shop}.webp").exists()
    }
    return {"products": products, "heroes": heroes}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--draft", type=Path, metavar="FOLDER")
    parser.add_argument("--side", type=int, default=300, help="pixels of a draft")
    given = parser.parse_args()
    folder = given.draft or FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    everything = [
        *((file, shop, shot, (SIDE, SIDE)) for file, shop, shot in _named()),
        *((f"{shop}.webp", shop, shot, HERO) for shop, shot in HEROES.items()),
    ]
    for file, shop, shot, (wide, high) in everything:
        if given.names and not any(file.startswith(name) for name in given.names):
            continue
        if not given.names and not given.draft and (folder / file).exists():
            continue
        if given.draft:
            wide, high = given.side * wide // high, given.side
        started = time.monotonic()
        image = shoot(shot.scene(), shot.view, wide, high, BACKDROPS[shop])
        image.save(folder / file, "WEBP", quality=QUALITY, method=6)
        size = (folder / file).stat().st_size / 1024
        print(f"{file:<24} {time.monotonic() - started:5.1f} s {size:6.1f} KB", flush=True)
    if not given.draft:
        (FOLDER / "index.json").write_text(
            json.dumps(_index(), indent=1, ensure_ascii=False) + "\n"
        )
        total = sum(path.stat().st_size for path in FOLDER.glob("*.webp"))
        print(f"{len(list(FOLDER.glob('*.webp')))} pictures, {total / 1024:.0f} KB")


if __name__ == "__main__":
    main()
