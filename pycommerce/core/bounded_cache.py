"""What a process keeps of its work: bounded, shared by its threads, least recently used goes."""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


_every: "weakref.WeakSet[BoundedCache[Any]]" = weakref.WeakSet()


def forget_everything() -> None:
    """Empty every cache of this process: what a roll-back of the database undid is not kept."""
    for cache in list(_every):
        cache.clear()


class BoundedCache(Generic[Value]):
    """A map that never weighs more than `limit`; a limit of 0 keeps nothing.

    Whoever keeps a tenant's data puts the tenant into the key, and a version that changes with
    the data: nothing here expires by time.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._weight = 0
        self._entries: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._lock = threading.Lock()
        _every.add(self)

    def get(self, key: Hashable) -> Value | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry[0]

    def put(self, key: Hashable, value: Value, weight: int = 1) -> None:
        if weight > self.limit:
            return
        with self._lock:
            if earlier := self._entries.pop(key, None):
                self._weight -= earlier[1]
            self._entries[key] = value, weight
            self._weight += weight
            while self._weight > self.limit:
                _, (_, gone) = self._entries.popitem(last=False)
                self._weight -= gone

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._weight = 0
