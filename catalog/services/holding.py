"""Units on their way out of stock: held for an order, sold, given free, or come back.

Lock order everywhere: the order's row first, then variants by id, then the rest. Each change is one
conditional update over all variants of an order, and its row count decides.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from catalog.models import StockMovement
from pycommerce.core.ids import uuid7
from pycommerce.db import connection


@dataclass(frozen=True, slots=True)
class Shortage:
    """A variant of which less can be sold than was asked for."""

    variant_id: UUID
    sku: str
    requested: int
    available: int


_LOCK = """
SELECT v.id, v.sku, v.on_hand - v.held FROM catalog_variant v
WHERE v.id = ANY(%s) ORDER BY v.id FOR NO KEY UPDATE
"""
_WANTED = "unnest(%(ids)s::uuid[], %(units)s::int[]) AS w(id, units)"
_HOLD = f"""
UPDATE catalog_variant v SET held = v.held + w.units FROM {_WANTED}
WHERE v.id = w.id AND v.on_hand - v.held >= w.units
"""
_RELEASE = f"""
UPDATE catalog_variant v SET held = v.held - w.units FROM {_WANTED}
WHERE v.id = w.id AND v.held >= w.units
"""
_SELL = f"""
UPDATE catalog_variant v SET on_hand = v.on_hand - w.units, held = v.held - w.units
FROM {_WANTED} WHERE v.id = w.id AND v.held >= w.units
"""
_RETURN = f"""
UPDATE catalog_variant v SET on_hand = v.on_hand + w.units FROM {_WANTED} WHERE v.id = w.id
"""
_TAKE = f"""
UPDATE catalog_variant v SET on_hand = v.on_hand - w.units FROM {_WANTED}
WHERE v.id = w.id AND v.on_hand - v.held >= w.units
"""


class UnitsDoNotAddUp(Exception):
    """Held units are not there any more: the shop's records contradict each other."""


def _change(statement: str, quantities: Mapping[UUID, int]) -> int:
    arguments = {"ids": list(quantities), "units": list(quantities.values())}
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        return int(cursor.rowcount)


def lock_variants(variant_ids: Iterable[UUID]) -> dict[UUID, tuple[str, int]]:
    """Lock variants in id order; returns id to SKU and the units that can be sold."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [sorted(variant_ids)])
        return {variant_id: (sku, free) for variant_id, sku, free in cursor.fetchall()}


def hold_units(quantities: Mapping[UUID, int]) -> Shortage | None:
    """Hold units of several variants: all of them, or none and the first that is short."""
    locked = lock_variants(quantities)
    for variant_id in sorted(quantities):
        sku, free = locked.get(variant_id, ("", 0))
        if free < quantities[variant_id]:
            return Shortage(variant_id, sku, quantities[variant_id], max(free, 0))
    if _change(_HOLD, quantities) != len(quantities):
        raise UnitsDoNotAddUp("Locked units could not be held.")
    return None


def release_units(quantities: Mapping[UUID, int]) -> None:
    """Give held units free again. A variant that was deleted since is passed over."""
    known = lock_variants(quantities)
    wanted = {key: units for key, units in quantities.items() if key in known}
    if _change(_RELEASE, wanted) != len(wanted):
        raise UnitsDoNotAddUp("More units were to be released than are held.")


def sell_units(quantities: Mapping[UUID, int], sources: Mapping[UUID, str]) -> None:
    """Take held units out of stock; `sources` names for each variant what sold it, once."""
    known = lock_variants(quantities)
    wanted = {key: units for key, units in quantities.items() if key in known}
    if _change(_SELL, wanted) != len(wanted):
        raise UnitsDoNotAddUp("More units were to be sold than are held.")
    _write(StockMovement.Kind.SALE, {key: -units for key, units in wanted.items()}, sources)


def return_units(
    quantities: Mapping[UUID, int], sources: Mapping[UUID, str], reason: str = ""
) -> None:
    """Put units that were sold back into stock."""
    known = lock_variants(quantities)
    wanted = {key: units for key, units in quantities.items() if key in known}
    _change(_RETURN, wanted)
    _write(StockMovement.Kind.RETURN, wanted, sources, reason)


def take_back_units(
    quantities: Mapping[UUID, int], sources: Mapping[UUID, str], reason: str = ""
) -> dict[UUID, int]:
    """Take units that had come back out of stock again, as far as nobody bought them since.

    Returns how many were there, by variant.
    """
    known = lock_variants(quantities)
    free = {key: min(units, known[key][1]) for key, units in quantities.items() if key in known}
    wanted = {key: units for key, units in free.items() if units > 0}
    if _change(_TAKE, wanted) != len(wanted):
        raise UnitsDoNotAddUp("Locked units could not be taken.")
    moved = {key: -units for key, units in wanted.items()}
    _write(StockMovement.Kind.RETURN, moved, sources, reason)
    return wanted


def _write(
    kind: str, quantities: Mapping[UUID, int], sources: Mapping[UUID, str], reason: str = ""
) -> None:
    StockMovement.objects.bulk_create(
        StockMovement(
            id=uuid7(),
            variant_id=variant_id,
            kind=kind,
            quantity=units,
            source=sources[variant_id],
            reason=reason,
        )
        for variant_id, units in quantities.items()
    )
