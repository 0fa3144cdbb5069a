"""The demo shops' pictures: files beside this one, made by what stands in development/pictures."""

import json
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parent / "pictures"


@dataclass(frozen=True)
class Shot:
    """A picture and what is seen on it; of one value of an option, as "Sand", where it has one."""

    path: Path
    alt: str
    value: str = ""


@dataclass(frozen=True)
class Shots:
    """A product's pictures in their order, by its SKU; a shop's wide picture, by its slug."""

    products: dict[str, list[Shot]]
    heroes: dict[str, Shot]


def read_shots() -> Shots:
    index = json.loads((_FOLDER / "index.json").read_text(encoding="utf-8"))
    return Shots(
        products={sku: [_shot(each) for each in found] for sku, found in index["products"].items()},
        heroes={slug: _shot(found) for slug, found in index["heroes"].items()},
    )


def _shot(entry: dict[str, str]) -> Shot:
    return Shot(_FOLDER / entry["file"], entry["alt"], entry.get("value", ""))
