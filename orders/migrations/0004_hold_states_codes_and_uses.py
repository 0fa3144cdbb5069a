"""Known states, codes in capitals, stricter sums; an order says which discount it uses."""

import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
from django.db import migrations, models

import orders.models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
        ("orders", "0003_first_shipping_method"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="order",
            name="order_total_is_the_sum",
        ),
        migrations.RemoveConstraint(
            model_name="shippingmethod",
            name="shipping_price_not_negative",
        ),
        migrations.AddField(
            model_name="order",
            name="used_discount",
            field=models.ForeignKey(
                editable=False,
                help_text="While the order counts as a use of it.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="orders",
                to="orders.discount",
            ),
        ),
        migrations.AlterField(
            model_name="discount",
            name="code",
            field=orders.models.CapitalsField(
                help_text="In capitals, such as SPRING10.", max_length=40, unique=True
            ),
        ),
        migrations.AlterField(
            model_name="orderevent",
            name="text",
            field=models.CharField(max_length=2000),
        ),
        migrations.AlterField(
            model_name="ordersettings",
            name="number_prefix",
            field=models.CharField(
                blank=True,
                help_text="Before the number of an order, such as T-.",
                max_length=10,
                validators=[
                    django.core.validators.RegexValidator(
                        "\\D\\Z", "Its last character must be no digit."
                    )
                ],
            ),
        ),
        migrations.AddConstraint(
            model_name="discount",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "code",
                        django.db.models.functions.text.Trim(
                            django.db.models.functions.text.Upper("code")
                        ),
                    ),
                    models.Q(("code", ""), _negated=True),
                ),
                name="discount_code_in_capitals",
            ),
        ),
        migrations.AddConstraint(
            model_name="discount",
            constraint=models.CheckConstraint(
                condition=models.Q(("minimum__gte", 0)), name="discount_minimum_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="lineitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("discount__gte", 0),
                    ("discount__lte", models.F("total_price")),
                    ("tax__gte", 0),
                    ("unit_price__gte", 0),
                ),
                name="line_item_amounts_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("prices_include_tax", False),
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
                        "payment_status__in",
                        [
                            "unpaid",
                            "processing",
                            "paid",
                            "partially_refunded",
                            "refunded",
                            "review",
                        ],
                    ),
                    ("status__in", ["pending", "processing", "completed", "cancelled"]),
                    ("units__in", ["held", "sold", "released"]),
                ),
                name="order_states_are_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="ordersettings",
            constraint=models.CheckConstraint(
                condition=models.Q(("number_prefix__regex", "[0-9]$"), _negated=True),
                name="order_number_prefix_ends_in_no_digit",
            ),
        ),
        migrations.AddConstraint(
            model_name="shippingmethod",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("price__gte", 0),
                    models.Q(("free_from__isnull", True), ("free_from__gte", 0), _connector="OR"),
                ),
                name="shipping_price_not_negative",
            ),
        ),
    ]
