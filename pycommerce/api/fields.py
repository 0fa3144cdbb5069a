"""How a value looks in JSON."""

from decimal import Decimal

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from pycommerce.core.money import UPPER_LIMIT


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
