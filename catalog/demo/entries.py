"""The shapes of demo data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True)
class Place:
    """A category: its name, what it holds, its sub-categories."""

    name: str
    description: str
    children: tuple["Place", ...] = ()
    id: UUID | None = None


@dataclass(frozen=True)
class Item:
    """A product. `variants` maps option values, as "M / Blue", to units on hand."""

    name: str
    description: str
    price: str
    sku: str
    stock: int
    category: str
    before: str | None = None
    id: UUID | None = None
    vendor: str = ""
    options: tuple[str, ...] = ()
    variants: Mapping[str, int] = field(default_factory=dict)
    prices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Shop:
    """A shop: who it is, its tree of categories, what it sells."""

    id: UUID
    slug: str
    name: str
    tagline: str
    primary_color: str
    accent_color: str
    places: tuple[Place, ...]
    items: tuple[Item, ...]
    radius: str = "large"
    type_scale: str = "plain"
