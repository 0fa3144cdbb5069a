"""What a product's page says of delivery.

The ways to send things belong to the app that sells, which stands above this one: it tells of
them at start.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from catalog.display import money
from pycommerce.core.bounded_cache import BoundedCache
from pycommerce.db import connection


@dataclass(frozen=True, slots=True)
class Delivery:
    """A way to send things: how long it takes in words, what it costs, from where on it is free."""

    name: str
    takes: str
    price: Decimal
    free_from: Decimal | None

    def cost_words(self, goods: Decimal) -> str:
        """What it costs to send goods of this amount, and more of them."""
        if not self.price or (self.free_from is not None and goods >= self.free_from):
            return _("Free")
        if self.free_from is None:
            return money(self.price)
        return _("%(price)s, free from %(amount)s") % {
            "price": money(self.price),
            "amount": money(self.free_from),
        }


Ways = Callable[[], list[Delivery]]
_told: list[Ways] = []
_kept: BoundedCache[list[Delivery]] = BoundedCache(1000)


def tell_ways(ways: Ways) -> None:
    """Take `ways` as what lists a shop's ways to send things."""
    _told[:] = [ways]


def ways_to_send(version: int) -> list[Delivery]:
    """The shop's ways to send things, the one it names first at the top.

    A change of them is one of the catalogue, whose version this is.
    """
    key = connection.schema_name, version
    found = _kept.get(key)
    if found is None:
        found = [way for ways in _told for way in ways()]
        _kept.put(key, found)
    return found
