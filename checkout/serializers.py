"""The shapes of what the checkout call takes and answers."""

from rest_framework import serializers

from orders.models import MAX_QUANTITY
from pycommerce.api.fields import MoneyField, TextField, UnitsField

MOST_ITEMS, NAME_LENGTH, REFERENCE_LENGTH = 100, 250, 255


class CheckoutItemSerializer(serializers.Serializer):
    id = TextField(
        max_length=REFERENCE_LENGTH,
        trim_whitespace=False,
        help_text="A product, a variant or a SKU of the shop; in test mode anything.",
    )
    name = TextField(max_length=NAME_LENGTH)
    price = MoneyField(help_text="What it costs; another price than the shop's is a 409.")
    quantity = UnitsField(min_value=1, max_value=MAX_QUANTITY)


class CheckoutCallSerializer(serializers.Serializer):
    items = serializers.ListField(
        child=CheckoutItemSerializer(), min_length=1, max_length=MOST_ITEMS
    )
    order_id = TextField(
        max_length=REFERENCE_LENGTH,
        trim_whitespace=False,
        help_text="A pending order of the shop; in test mode anything.",
    )


class CheckoutSessionSerializer(serializers.Serializer):
    checkout_url = serializers.URLField()
    session_id = serializers.CharField()
