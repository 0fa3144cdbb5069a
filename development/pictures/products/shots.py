"""What is to be photographed: one row for each picture."""

from collections.abc import Callable
from dataclasses import dataclass

from studio.building import Scene
from studio.camera import View


@dataclass(frozen=True)
class Shot:
    """A picture of a product. `value` is the option's value that it shows, as "Sand"; `alt` says
    what is seen."""

    sku: str
    scene: Callable[[], Scene]
    view: View
    alt: str
    value: str = ""
