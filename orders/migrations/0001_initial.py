from decimal import Decimal

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
from django.db import migrations, models

import catalog.models
import orders.models
import pycommerce.core.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Customer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=pycommerce.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "email",
                    models.EmailField(help_text="In lower case.", max_length=254, unique=True),
                ),
                ("name", models.CharField(max_length=255)),
                ("phone", models.CharField(blank=True, max_length=40)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Discount",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=pycommerce.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        help_text="In capitals, such as SPRING10.", max_length=40, unique=True
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("percent", "Per cent"), ("amount", "Amount")],
                        default="percent",
                        max_length=10,
                    ),
                ),
                (
                    "value",
                    catalog.models.PriceField(
                        decimal_places=3,
                        help_text="Per cent, or an amount in the shop's currency.",
                        max_digits=13,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                (
                    "minimum",
                    catalog.models.PriceField(
                        decimal_places=3,
                        default=0,
                        help_text="For goods of this amount or more.",
                        max_digits=13,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                ("starts_at", models.DateTimeField(blank=True, null=True)),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                ("usage_limit", models.PositiveIntegerField(blank=True, null=True)),
                ("used_count", models.PositiveIntegerField(default=0, editable=False)),
                ("active", models.BooleanField(default=True)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("usage_limit__isnull", True),
                            ("used_count__lte", models.F("usage_limit")),
                            _connector="OR",
                        ),
                        name="discount_used_within_its_limit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("value__gt", 0),
                            models.Q(
                                models.Q(("kind", "percent"), _negated=True),
                                ("value__lte", 100),
                                _connector="OR",
                            ),
                        ),
                        name="discount_value_makes_sense",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=pycommerce.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("number", models.CharField(editable=False, max_length=40, null=True, unique=True)),
                (
                    "access_token",
                    models.CharField(
                        default=orders.models.new_token, editable=False, max_length=40, unique=True
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("processing", "Processing"),
                            ("completed", "Completed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                (
                    "payment_status",
                    models.CharField(
                        choices=[
                            ("unpaid", "Unpaid"),
                            ("processing", "Processing"),
                            ("paid", "Paid"),
                            ("partially_refunded", "Partially refunded"),
                            ("refunded", "Refunded"),
                            ("review", "In review"),
                        ],
                        default="unpaid",
                        max_length=20,
                    ),
                ),
                (
                    "units",
                    models.CharField(
                        choices=[("held", "Held"), ("sold", "Sold"), ("released", "Released")],
                        default="held",
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("cancel_reason", models.CharField(blank=True, max_length=255)),
                (
                    "cancel_key",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="Of the call that cancelled it.",
                        max_length=100,
                    ),
                ),
                (
                    "expired",
                    models.BooleanField(
                        default=False,
                        editable=False,
                        help_text="Cancelled since nobody paid in time.",
                    ),
                ),
                ("keep_until_paid", models.BooleanField(default=False)),
                ("customer_name", models.CharField(max_length=255)),
                ("customer_email", models.EmailField(max_length=254)),
                ("customer_phone", models.CharField(blank=True, max_length=40)),
                ("shipping_address", models.JSONField()),
                ("billing_address", models.JSONField()),
                (
                    "country_code",
                    models.CharField(help_text="Where it is sent (ISO 3166).", max_length=2),
                ),
                ("notes", models.TextField(blank=True)),
                ("language", models.CharField(default="en", max_length=5)),
                ("shipping_method", models.CharField(max_length=40)),
                ("shipping_name", models.CharField(max_length=100)),
                (
                    "payment_method",
                    models.CharField(
                        choices=[("credit_card", "Card"), ("manual", "Outside of the shop")],
                        default="credit_card",
                        max_length=20,
                    ),
                ),
                ("discount_code", models.CharField(blank=True, max_length=40)),
                ("currency", models.CharField(max_length=3)),
                ("prices_include_tax", models.BooleanField(default=False)),
                (
                    "items_total",
                    orders.models.AmountField(decimal_places=3, default=Decimal(0), max_digits=16),
                ),
                (
                    "discount_total",
                    orders.models.AmountField(decimal_places=3, default=Decimal(0), max_digits=16),
                ),
                (
                    "shipping_total",
                    orders.models.AmountField(decimal_places=3, default=Decimal(0), max_digits=16),
                ),
                (
                    "shipping_net",
                    orders.models.AmountField(decimal_places=3, default=Decimal(0), max_digits=16),
                ),
                (
                    "tax_total",
                    orders.models.AmountField(decimal_places=3, default=Decimal(0), max_digits=16),
                ),
                (
                    "subtotal",
                    orders.models.AmountField(decimal_places=3, default=Decimal(0), max_digits=16),
                ),
                (
                    "total",
                    orders.models.AmountField(decimal_places=3, default=Decimal(0), max_digits=16),
                ),
                (
                    "captured",
                    orders.models.AmountField(decimal_places=3, default=Decimal(0), max_digits=16),
                ),
                (
                    "refunded",
                    orders.models.AmountField(decimal_places=3, default=Decimal(0), max_digits=16),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "updated_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="orders",
                        to="orders.customer",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="LineItem",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=pycommerce.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("position", models.IntegerField()),
                ("product_id", models.UUIDField()),
                ("name", models.CharField(max_length=255)),
                ("sku", models.CharField(max_length=255)),
                ("options", models.JSONField(default=dict)),
                ("quantity", models.IntegerField()),
                (
                    "unit_price",
                    catalog.models.PriceField(
                        decimal_places=3,
                        max_digits=13,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                (
                    "total_price",
                    orders.models.AmountField(decimal_places=3, default=Decimal(0), max_digits=16),
                ),
                (
                    "discount",
                    orders.models.AmountField(decimal_places=3, default=Decimal(0), max_digits=16),
                ),
                (
                    "tax",
                    orders.models.AmountField(decimal_places=3, default=Decimal(0), max_digits=16),
                ),
                ("tax_percent", models.DecimalField(decimal_places=4, default=0, max_digits=7)),
                ("fulfilled", models.IntegerField(default=0)),
                (
                    "refunded",
                    models.IntegerField(default=0, help_text="Units whose price was given back."),
                ),
                (
                    "restocked",
                    models.IntegerField(default=0, help_text="Units that came back into stock."),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="line_items",
                        to="catalog.variant",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="line_items",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="LedgerEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=pycommerce.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("charge", "Charge"),
                            ("refund", "Refund"),
                            ("refund_reversal", "Refund that failed"),
                            ("dispute", "Dispute"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "amount",
                    orders.models.AmountField(decimal_places=3, default=Decimal(0), max_digits=16),
                ),
                ("currency", models.CharField(max_length=3)),
                (
                    "provider",
                    models.CharField(help_text="stripe, simulator or manual.", max_length=20),
                ),
                ("provider_id", models.CharField(max_length=255)),
                ("is_surplus", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ledger",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "ledger",
                "ordering": ["created_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="Fulfilment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=pycommerce.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("carrier", models.CharField(blank=True, max_length=100)),
                ("tracking_number", models.CharField(blank=True, max_length=100)),
                ("user_id", models.UUIDField(null=True)),
                ("user_name", models.CharField(blank=True, max_length=254)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="fulfilments",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="OrderEvent",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=pycommerce.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("text", models.CharField(max_length=500)),
                ("user_id", models.UUIDField(null=True)),
                ("user_name", models.CharField(blank=True, max_length=254)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="OrderSettings",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                (
                    "number_prefix",
                    models.CharField(
                        blank=True,
                        help_text="Before the number of an order, such as T-.",
                        max_length=10,
                    ),
                ),
                (
                    "country",
                    models.CharField(
                        default="US",
                        help_text="Where most customers live (ISO 3166).",
                        max_length=2,
                    ),
                ),
                ("prices_include_tax", models.BooleanField(default=False)),
                (
                    "hold_hours",
                    models.PositiveIntegerField(
                        default=24,
                        help_text="A pending order without a payment session is cancelled after so many hours.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(2160),
                        ],
                    ),
                ),
                (
                    "contact_email",
                    models.EmailField(
                        blank=True,
                        help_text="Where customers' answers to mails go, and alerts.",
                        max_length=254,
                    ),
                ),
            ],
            options={
                "verbose_name": "order settings",
                "verbose_name_plural": "order settings",
                "db_table": "orders_settings",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="order_settings_one_row"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OutboxMessage",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=pycommerce.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "topic",
                    models.CharField(help_text="Such as mail.order_confirmed.", max_length=60),
                ),
                ("dedupe_key", models.CharField(max_length=120, unique=True)),
                ("payload", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("next_try_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("attempts", models.IntegerField(default=0)),
                ("sent_at", models.DateTimeField(null=True)),
                ("problem", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "ordering": ["created_at", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("sent_at__isnull", True)),
                        fields=["next_try_at"],
                        name="outbox_waiting",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=pycommerce.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "amount",
                    orders.models.AmountField(decimal_places=3, default=Decimal(0), max_digits=16),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "To be sent"),
                            ("pending", "On its way"),
                            ("succeeded", "Given back"),
                            ("failed", "Failed"),
                        ],
                        default="new",
                        max_length=10,
                    ),
                ),
                (
                    "charge_id",
                    models.CharField(help_text="The provider's id of the payment.", max_length=255),
                ),
                ("provider_id", models.CharField(max_length=255, null=True, unique=True)),
                ("is_surplus", models.BooleanField(default=False)),
                ("reason", models.CharField(blank=True, max_length=255)),
                (
                    "request_key",
                    models.CharField(
                        help_text="Of the call that asked for it.",
                        max_length=100,
                        null=True,
                        unique=True,
                    ),
                ),
                ("problem", models.CharField(blank=True, max_length=500)),
                ("user_id", models.UUIDField(null=True)),
                ("user_name", models.CharField(blank=True, max_length=254)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="RefundLine",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=pycommerce.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "quantity",
                    models.IntegerField(validators=[django.core.validators.MinValueValidator(1)]),
                ),
                (
                    "line_item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refund_lines",
                        to="orders.lineitem",
                    ),
                ),
                (
                    "refund",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="orders.refund",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ShippingMethod",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=pycommerce.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "code",
                    models.SlugField(help_text="How programs name it.", max_length=40, unique=True),
                ),
                ("name", models.CharField(max_length=100)),
                (
                    "description",
                    models.CharField(blank=True, help_text="Such as 2–4 days.", max_length=200),
                ),
                (
                    "price",
                    catalog.models.PriceField(
                        decimal_places=3,
                        default=0,
                        max_digits=13,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                (
                    "free_from",
                    catalog.models.PriceField(
                        blank=True,
                        decimal_places=3,
                        help_text="Free for goods of this amount or more.",
                        max_digits=13,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                (
                    "countries",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=2),
                        blank=True,
                        default=list,
                        help_text="Country codes it goes to; none: everywhere.",
                        size=None,
                    ),
                ),
                ("position", models.IntegerField(default=1)),
                ("active", models.BooleanField(default=True)),
            ],
            options={
                "ordering": ["position", "price", "code"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("price__gte", 0)), name="shipping_price_not_negative"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SignIn",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=pycommerce.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("email", models.EmailField(max_length=254)),
                ("client_address", models.GenericIPAddressField()),
                (
                    "created_at",
                    models.DateTimeField(db_index=True, default=django.utils.timezone.now),
                ),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sign_ins",
                        to="orders.customer",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TaxRate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=pycommerce.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(default="Tax", help_text="Such as VAT.", max_length=60)),
                ("country", models.CharField(help_text="ISO 3166 code.", max_length=2)),
                (
                    "state",
                    models.CharField(
                        blank=True, help_text="Empty: the whole country.", max_length=60
                    ),
                ),
                (
                    "percent",
                    models.DecimalField(
                        decimal_places=4,
                        max_digits=7,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                    ),
                ),
                ("on_shipping", models.BooleanField(default=True)),
            ],
            options={
                "ordering": ["country", "state"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("country", "state"), name="tax_rate_once_a_place"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("percent__gte", 0), ("percent__lte", 100)),
                        name="tax_rate_is_a_percentage",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CustomerAddress",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=pycommerce.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "address",
                    models.JSONField(help_text="line1, line2, city, state, postal_code, country."),
                ),
                ("country_code", models.CharField(max_length=2)),
                ("last_used_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="addresses",
                        to="orders.customer",
                    ),
                ),
            ],
            options={
                "ordering": ["-last_used_at"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("customer", "address"), name="customer_address_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FulfilmentLine",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=pycommerce.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "quantity",
                    models.IntegerField(validators=[django.core.validators.MinValueValidator(1)]),
                ),
                (
                    "fulfilment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="orders.fulfilment",
                    ),
                ),
                (
                    "line_item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sent",
                        to="orders.lineitem",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("fulfilment", "line_item"), name="sent_line_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gte", 1)), name="sent_line_has_units"
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                models.OrderBy(models.F("created_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="order_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                models.F("status"),
                models.OrderBy(models.F("created_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="order_status_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                models.F("payment_status"),
                models.OrderBy(models.F("created_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="order_payment_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                models.F("customer_id"),
                models.OrderBy(models.F("created_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="order_customer",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["updated_at"], name="order_updated"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["customer_email"], name="order_email"),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("items_total"), "-", models.F("discount_total")
                                ),
                                "+",
                                models.F("shipping_total"),
                            ),
                            "+",
                            models.F("tax_total"),
                        ),
                    ),
                    models.Q(
                        ("prices_include_tax", True),
                        (
                            "total",
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("items_total"), "-", models.F("discount_total")
                                ),
                                "+",
                                models.F("shipping_total"),
                            ),
                        ),
                    ),
                    _connector="OR",
                ),
                name="order_total_is_the_sum",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("subtotal"), "+", models.F("tax_total")
                            ),
                            "+",
                            models.F("shipping_net"),
                        ),
                    )
                ),
                name="order_subtotal_tax_and_shipping_make_the_total",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("discount_total__gte", 0),
                    ("discount_total__lte", models.F("items_total")),
                    ("items_total__gte", 0),
                    ("shipping_net__gte", 0),
                    ("shipping_total__gte", 0),
                    ("subtotal__gte", 0),
                    ("tax_total__gte", 0),
                    ("total__gte", 0),
                ),
                name="order_amounts_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("refunded__gte", 0), ("refunded__lte", models.F("captured"))),
                name="order_refunded_is_captured",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "cancelled"), _negated=True),
                    models.Q(("units", "held"), _negated=True),
                    _connector="OR",
                ),
                name="order_cancelled_holds_nothing",
            ),
        ),
        migrations.AddConstraint(
            model_name="lineitem",
            constraint=models.UniqueConstraint(
                fields=("order", "position"), name="line_item_position_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="lineitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total_price",
                        django.db.models.expressions.CombinedExpression(
                            models.F("unit_price"), "*", models.F("quantity")
                        ),
                    )
                ),
                name="line_item_total_is_price_by_quantity",
            ),
        ),
        migrations.AddConstraint(
            model_name="lineitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gte", 1), ("quantity__lte", 9999)),
                name="line_item_quantity_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="lineitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("fulfilled__gte", 0),
                    ("fulfilled__lte", models.F("quantity")),
                    ("refunded__gte", 0),
                    ("refunded__lte", models.F("quantity")),
                    ("restocked__gte", 0),
                    ("restocked__lte", models.F("quantity")),
                ),
                name="line_item_units_within_quantity",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(
                fields=("provider_id", "kind"), name="ledger_fact_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)), name="ledger_amount_not_negative"
            ),
        ),
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(
                condition=models.Q(("state", "new")),
                fields=["created_at"],
                name="refund_unfinished",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="refund_is_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="refundline",
            constraint=models.UniqueConstraint(
                fields=("refund", "line_item"), name="refund_line_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="refundline",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity__gte", 1)), name="refund_line_has_units"
            ),
        ),
        migrations.AddIndex(
            model_name="signin",
            index=models.Index(fields=["email", "created_at"], name="sign_in_email"),
        ),
        migrations.AddIndex(
            model_name="signin",
            index=models.Index(fields=["client_address", "created_at"], name="sign_in_client"),
        ),
    ]
