from decimal import Decimal

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import catalog.models
import orders.models
import pycommerce.core.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0001_initial"),
        ("orders", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Cart",
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
                ("discount_code", models.CharField(blank=True, max_length=40)),
                (
                    "details",
                    models.JSONField(
                        default=dict,
                        help_text="What was typed at the checkout: it is there when they come back.",
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "updated_at",
                    models.DateTimeField(db_index=True, default=django.utils.timezone.now),
                ),
                (
                    "order",
                    models.ForeignKey(
                        help_text="The pending order that was made from it, if any.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="carts",
                        to="orders.order",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CartLine",
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
                ("quantity", models.IntegerField()),
                (
                    "seen_price",
                    catalog.models.PriceField(
                        decimal_places=3,
                        max_digits=13,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "cart",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="checkout.cart",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.variant",
                    ),
                ),
            ],
            options={
                "ordering": ["added_at", "id"],
                "constraints": [
                    models.UniqueConstraint(fields=("cart", "variant"), name="cart_line_once"),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gte", 1), ("quantity__lte", 9999)),
                        name="cart_line_quantity_in_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PaymentAttempt",
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
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "Being made"),
                            ("open", "Open"),
                            ("complete", "Complete"),
                            ("expired", "Expired"),
                            ("failed", "Failed"),
                            ("abandoned", "Given up"),
                        ],
                        default="new",
                        max_length=10,
                    ),
                ),
                ("stripe_key", models.CharField(max_length=64, unique=True)),
                ("params", models.JSONField()),
                (
                    "amount",
                    orders.models.AmountField(decimal_places=3, default=Decimal(0), max_digits=16),
                ),
                ("currency", models.CharField(max_length=3)),
                ("session_id", models.CharField(max_length=255, null=True, unique=True)),
                ("url", models.TextField(blank=True)),
                ("expires_at", models.DateTimeField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("checked_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempts",
                        to="orders.order",
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("state", "new"),
                            ("state", "open"),
                            ("state", "complete"),
                            _connector="OR",
                        ),
                        fields=["checked_at"],
                        name="attempt_unfinished",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "new"), ("state", "open"), _connector="OR"),
                        fields=("order",),
                        name="one_open_attempt_for_an_order",
                    )
                ],
            },
        ),
    ]
