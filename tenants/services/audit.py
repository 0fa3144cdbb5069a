"""Who did what in a shop: one row for each change, in the transaction of the change."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from django.core.files import File
from django.db.models import Model

from tenants.shop.models import AuditEntry


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
    return AuditEntry.objects.create(
        user_id=user.pk if user else None,
        user_name=user.author if user else "",
        action=action,
        object_type=str(thing._meta.verbose_name),
        object_id=str(thing.pk),
        object_name=(name or str(thing))[:255],
        changes={name: [_plain(old), _plain(new)] for name, (old, new) in (changes or {}).items()},
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
