"""How a value looks in JSON, and how strictly it is read from there."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from pycommerce.api.parameters import parse_uuid
from pycommerce.core.money import UPPER_LIMIT


def read(serializer: serializers.Serializer) -> dict[str, Any]:
    """What was sent, checked. Raises ValidationError naming every wrong member."""
    serializer.is_valid(raise_exception=True)
    data: dict[str, Any] = serializer.validated_data
    return data


@extend_schema_field(
    {
        "type": "number",
        "minimum": 0,
        "exclusiveMaximum": int(UPPER_LIMIT),
        "description": "An amount in major units, exactly the stored decimal value.",
    }
)
class MoneyField(serializers.Field):
    """An amount in major units: a JSON number with exactly the value of the `Decimal`."""

    def to_representation(self, value: Decimal) -> Decimal:
        return value

    def to_internal_value(self, data: object) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, int | Decimal):
            raise serializers.ValidationError("Write a number such as 129.99.")
        amount = Decimal(data)
        if not 0 <= amount < UPPER_LIMIT:
            raise serializers.ValidationError(f"Use 0 or more, and less than {UPPER_LIMIT}.")
        return amount


def _sent_text(field: serializers.CharField, data: object) -> str:
    """Text that was sent as text, and no longer than is described: spaces around it count."""
    if not isinstance(data, str):
        raise serializers.ValidationError("Write text.")
    if field.max_length is not None and len(data) > field.max_length:
        field.fail("max_length", max_length=field.max_length)
    return data


class TextField(serializers.CharField):
    """Text that was sent as text: a number is not one."""

    def to_internal_value(self, data: object) -> str:
        value: str = super().to_internal_value(_sent_text(self, data))
        return value


class UnitsField(serializers.IntegerField):
    """A whole number that was sent as one: no text, no 1.0, no true."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            raise serializers.ValidationError("Write a whole number.")
        return data


class FlagField(serializers.BooleanField):
    """true or false, and nothing that merely looks like it."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise serializers.ValidationError("Write true or false.")
        return data


class EmailField(serializers.EmailField):
    """An e-mail address that was sent as text."""

    def to_internal_value(self, data: object) -> str:
        value: str = super().to_internal_value(_sent_text(self, data))
        return value


class IdentifierField(serializers.UUIDField):
    """A UUID in its usual form of 36 characters."""

    def to_internal_value(self, data: object) -> UUID:
        found = parse_uuid(data) if isinstance(data, str) else None
        if found is None:
            raise serializers.ValidationError("Write a UUID.")
        return found
