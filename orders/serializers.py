"""The shapes of what `/api/orders` takes and answers."""

from rest_framework import serializers

from orders.addresses import LINE_LENGTH
from orders.models import MAX_QUANTITY, Order
from pycommerce.api.fields import (
    EmailField,
    FlagField,
    IdentifierField,
    MoneyField,
    TextField,
    UnitsField,
)

Status, PaymentStatus = Order.Status.choices, Order.PaymentStatus.choices


# --- Requests ------------------------------------------------------------------------------------


class BuyerSerializer(serializers.Serializer):
    name = TextField(max_length=255)
    email = EmailField(max_length=254)
    phone = TextField(max_length=40, required=False, allow_blank=True, default="")


class AddressSerializer(serializers.Serializer):
    line1 = TextField(max_length=LINE_LENGTH)
    line2 = TextField(max_length=LINE_LENGTH, required=False, allow_blank=True, default="")
    city = TextField(max_length=LINE_LENGTH)
    state = TextField(max_length=LINE_LENGTH, required=False, allow_blank=True, default="")
    postal_code = TextField(max_length=40, required=False, allow_blank=True, default="")
    country = TextField(
        max_length=100, help_text="A name, or an ISO 3166 code: US, USA or United States."
    )


class NewItemSerializer(serializers.Serializer):
    product_id = IdentifierField()
    variant_id = IdentifierField(
        required=False, help_text="Or `sku`: needed where the product has more than one variant."
    )
    sku = TextField(max_length=255, required=False)
    quantity = UnitsField(min_value=1, max_value=MAX_QUANTITY)


class NewOrderSerializer(serializers.Serializer):
    tenant_id = IdentifierField(
        required=False, help_text="Required on the platform's own hosts; else it must agree."
    )
    customer = BuyerSerializer()
    shipping_address = AddressSerializer()
    billing_address = AddressSerializer(
        required=False, allow_null=True, help_text="Missing: the same as the shipping address."
    )
    items = serializers.ListField(child=NewItemSerializer(), min_length=1, max_length=250)
    shipping_method = TextField(max_length=40, help_text="The code of one of the shop's methods.")
    payment_method = TextField(
        max_length=20, help_text="`credit_card`, or `manual` for a payment outside of the shop."
    )
    discount_code = TextField(max_length=40, required=False, allow_blank=True, default="")
    notes = TextField(max_length=5000, required=False, allow_blank=True, default="")


class CancelSerializer(serializers.Serializer):
    reason = TextField(max_length=255, required=False, allow_blank=True, default="")


class UnitsOfLineSerializer(serializers.Serializer):
    id = IdentifierField(help_text="Of a line item.")
    quantity = UnitsField(min_value=1, max_value=MAX_QUANTITY)


class FulfilSerializer(serializers.Serializer):
    items = UnitsOfLineSerializer(
        many=True, required=False, help_text="Missing: all that is left to send."
    )
    carrier = TextField(max_length=100, required=False, allow_blank=True, default="")
    tracking_number = TextField(max_length=100, required=False, allow_blank=True, default="")


class RefundSerializer(serializers.Serializer):
    amount = MoneyField(required=False, help_text="Either this or `items`; neither: all left.")
    items = UnitsOfLineSerializer(many=True, required=False)
    restock = FlagField(
        required=False,
        default=False,
        help_text="The units come back into stock, once the provider took the refund; "
        "not with an amount, which names none.",
    )
    reason = TextField(max_length=255, required=False, allow_blank=True, default="")


# --- Answers -------------------------------------------------------------------------------------


class CreatedSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Status)
    message = serializers.CharField()


class OrderRowSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    customer_name = serializers.CharField()
    customer_email = serializers.CharField()
    status = serializers.ChoiceField(choices=Status)
    total = MoneyField()
    created_at = serializers.DateTimeField()
    items_count = serializers.IntegerField(help_text="Line items.")
    shipping_method = serializers.CharField()


class OrderFiltersSerializer(serializers.Serializer):
    status = serializers.ChoiceField(choices=Status, allow_null=True)
    customer_id = serializers.UUIDField(allow_null=True)


class OrderListSerializer(serializers.Serializer):
    orders = OrderRowSerializer(many=True)
    tenant = serializers.CharField(help_text="The shop's slug.")
    count = serializers.IntegerField(help_text="All matches, whatever the page.")
    filters = OrderFiltersSerializer()


class CustomerSerializer(serializers.Serializer):
    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField()


class AddressAnswerSerializer(serializers.Serializer):
    line1 = serializers.CharField()
    line2 = serializers.CharField()
    city = serializers.CharField()
    state = serializers.CharField()
    postal_code = serializers.CharField()
    country = serializers.CharField(help_text="As it was sent.")


class LineItemSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    product_id = serializers.UUIDField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = MoneyField()
    total_price = MoneyField()
    variant_id = serializers.UUIDField(allow_null=True)
    sku = serializers.CharField()
    options = serializers.DictField(child=serializers.CharField())
    fulfilled_quantity = serializers.IntegerField()
    refunded_quantity = serializers.IntegerField()


class FulfilmentSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    carrier = serializers.CharField()
    tracking_number = serializers.CharField()
    created_at = serializers.DateTimeField()
    items = UnitsOfLineSerializer(many=True)


class RefundAnswerSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    amount = MoneyField()
    status = serializers.CharField(help_text="new, pending, succeeded or failed.")
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()


class OrderSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    customer = CustomerSerializer()
    status = serializers.ChoiceField(choices=Status)
    total = MoneyField(help_text="subtotal + tax + shipping_cost, to the cent.")
    subtotal = MoneyField(help_text="After the discount, without tax.")
    tax = MoneyField()
    shipping_cost = MoneyField(help_text="Net of tax.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    shipping_address = AddressAnswerSerializer()
    billing_address = AddressAnswerSerializer()
    shipping_method = serializers.CharField()
    payment_method = serializers.CharField()
    payment_status = serializers.ChoiceField(choices=PaymentStatus)
    notes = serializers.CharField()
    items = LineItemSerializer(many=True)
    tenant_id = serializers.UUIDField()
    number = serializers.CharField(help_text="For people, such as T-1001.")
    currency = serializers.CharField(help_text="ISO 4217.")
    discount = MoneyField()
    discount_code = serializers.CharField()
    refunded = MoneyField(help_text="What was given back.")
    cancel_reason = serializers.CharField()
    fulfilments = FulfilmentSerializer(many=True)
    refunds = RefundAnswerSerializer(many=True)
