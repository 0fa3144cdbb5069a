"""The shapes of the catalogue's answers, as the API's description shows them.

Hot lists are rendered from rows directly (`catalog.api`); a test compares the two.
"""

from rest_framework import serializers

from catalog.models import Product
from pycommerce.api.fields import IdentifierField, MoneyField, TextField, UnitsField

Status = Product.Status.choices


# --- Requests ------------------------------------------------------------------------------------


class PricesSerializer(serializers.Serializer):
    id = IdentifierField(required=False, help_text="Of a variant; or `sku`.")
    sku = TextField(max_length=255, required=False)
    price = MoneyField(required=False)
    compare_at_price = MoneyField(required=False, allow_null=True)


class ProductChangeSerializer(serializers.Serializer):
    name = TextField(max_length=255, required=False)
    description = TextField(
        allow_blank=True, required=False, help_text="HTML; it is sanitised when it is saved."
    )
    status = serializers.ChoiceField(choices=Status, required=False)
    price = MoneyField(required=False, help_text="Of a product with one variant.")
    compare_at_price = MoneyField(required=False, allow_null=True)
    variants = serializers.ListField(
        child=PricesSerializer(), required=False, max_length=1000, help_text="Prices by variant."
    )


class StockAdjustmentSerializer(serializers.Serializer):
    variant_id = IdentifierField(required=False, help_text="Or `sku`.")
    sku = TextField(max_length=255, required=False)
    change = UnitsField(required=False, help_text="Such as 12, or -1. Or `on_hand`.")
    on_hand = UnitsField(
        required=False, help_text="A count: all there are, those held for orders included."
    )
    reason = TextField(max_length=255)


# --- Answers -------------------------------------------------------------------------------------


class ImageSerializer(serializers.Serializer):
    url = serializers.CharField(
        help_text="Address of the picture on this shop's host; empty while the shop has no copy."
    )
    alt = serializers.CharField(help_text="Alternative text.")
    width = serializers.IntegerField(allow_null=True, help_text="Pixels.")
    height = serializers.IntegerField(allow_null=True, help_text="Pixels.")
    source_url = serializers.CharField(help_text="Where it was imported from; else empty.")


class VariantSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    sku = serializers.CharField()
    price = MoneyField()
    compare_at_price = MoneyField(allow_null=True)
    stock = serializers.IntegerField(help_text="Units that can be sold now.")
    options = serializers.DictField(
        child=serializers.CharField(), help_text="Option name to value, such as Size to M."
    )


class ProductSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField(max_length=255)
    description = serializers.CharField(help_text="Sanitised HTML.")
    price = MoneyField(help_text="The lowest current price of its variants.")
    sku = serializers.CharField(help_text="The default variant's.")
    stock = serializers.IntegerField(help_text="Units of all variants that can be sold now.")
    categories = serializers.ListField(
        child=serializers.CharField(),
        help_text="Names, root first, of its categories and their ancestors.",
    )
    slug = serializers.CharField()
    currency = serializers.CharField(help_text="ISO 4217.")
    images = ImageSerializer(many=True)
    compare_at_price = MoneyField(allow_null=True)
    variants = VariantSerializer(many=True)
    updated_at = serializers.DateTimeField()


class ChangedProductSerializer(ProductSerializer):
    status = serializers.ChoiceField(choices=Status)


class StockSerializer(serializers.Serializer):
    product_id = serializers.UUIDField()
    variant_id = serializers.UUIDField()
    sku = serializers.CharField()
    on_hand = serializers.IntegerField(help_text="Units there are, those held included.")
    held = serializers.IntegerField(help_text="Units held for orders.")
    stock = serializers.IntegerField(help_text="Units that can be sold now.")


class ProductFiltersSerializer(serializers.Serializer):
    category = serializers.CharField(allow_null=True)
    min_price = MoneyField(allow_null=True)
    max_price = MoneyField(allow_null=True)
    in_stock = serializers.BooleanField(allow_null=True)


class ProductListSerializer(serializers.Serializer):
    products = ProductSerializer(many=True)
    tenant = serializers.CharField(help_text="The shop's slug.")
    count = serializers.IntegerField(help_text="All matches, whatever the page.")
    filters = ProductFiltersSerializer()


class CategorySerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField(max_length=255)
    description = serializers.CharField()
    slug = serializers.CharField()
    parent_id = serializers.UUIDField(allow_null=True)


class CategoryListSerializer(serializers.Serializer):
    categories = CategorySerializer(many=True)
    tenant = serializers.CharField(help_text="The shop's slug.")
    count = serializers.IntegerField(help_text="All matches, whatever the page.")
