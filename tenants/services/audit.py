"""Who did what in a shop: one row for each change, in the transaction of the change."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Protocol
from uuid import UUID

from django.core.files import File
from django.db.models import Model

from tenants.shop.models import AuditEntry

_AT_ONCE = 500


class Person(Protocol):
    """Who does something: a user, or a caller of the API."""

    @property
    def pk(self) -> Any: ...

    @property
    def author(self) -> str: ...


def record(
    *,
    user: Person | None,
    action: str,
    thing: Model,
    changes: Mapping[str, tuple[Any, Any]] | None = None,
    name: str = "",
) -> AuditEntry:
    """Write down what was done to a thing; `changes` maps a field to its old and new value.

    `name` stands for the thing where what it is called itself must not be kept.
    """
    entry = _entry(user, action, thing, changes or {}, name)
    entry.save(force_insert=True)
    return entry


def record_all(
    *,
    user: Person | None,
    action: str,
    things: Iterable[tuple[Model, Mapping[str, tuple[Any, Any]]]],
) -> None:
    """Write down what was done to many things, each with its changes, some hundreds at a time."""
    entries = (_entry(user, action, thing, changes, "") for thing, changes in things)
    while some := list(islice(entries, _AT_ONCE)):
        AuditEntry.objects.bulk_create(some)


def _entry(
    user: Person | None,
    action: str,
    thing: Model,
    changes: Mapping[str, tuple[Any, Any]],
    name: str,
) -> AuditEntry:
    return AuditEntry(
        user_id=user.pk if user else None,
        user_name=user.author if user else "",
        action=action,
        object_type=str(thing._meta.verbose_name),
        object_id=str(thing.pk),
        object_name=(name or str(thing))[:255],
        changes={name: [_plain(old), _plain(new)] for name, (old, new) in changes.items()},
    )


def _plain(value: Any) -> Any:
    """The value as JSON can hold it: amounts as text, things by what they are called."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, File):
        return value.name or ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple | set) or hasattr(value, "__iter__"):
        return [_plain(member) for member in value]
    return str(value)
