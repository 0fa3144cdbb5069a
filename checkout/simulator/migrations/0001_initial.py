import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="StoredAnswer",
            fields=[
                ("key", models.CharField(max_length=300, primary_key=True, serialize=False)),
                ("fingerprint", models.CharField(max_length=64)),
                ("status", models.IntegerField()),
                ("body", models.JSONField()),
                ("created", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "simulator_answer",
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                ("id", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("account", models.CharField(blank=True, max_length=255)),
                ("params", models.JSONField()),
                ("status", models.CharField(default="open", max_length=10)),
                ("payment_status", models.CharField(default="unpaid", max_length=20)),
                ("amount_total", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("url", models.TextField()),
                ("payment_intent", models.CharField(blank=True, max_length=100)),
                (
                    "intent_status",
                    models.CharField(default="requires_payment_method", max_length=30),
                ),
                ("amount_refunded", models.BigIntegerField(default=0)),
                (
                    "delivery",
                    models.CharField(
                        default="now", help_text="Of the events it makes.", max_length=20
                    ),
                ),
                ("created", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "db_table": "simulator_session",
                "ordering": ["-created", "-id"],
                "indexes": [models.Index(fields=["payment_intent"], name="simulator_intent")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount_refunded__gte", 0),
                            ("amount_refunded__lte", models.F("amount_total")),
                        ),
                        name="simulator_refunds_within_amount",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                ("id", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("amount", models.BigIntegerField()),
                ("status", models.CharField(default="succeeded", max_length=20)),
                ("metadata", models.JSONField(default=dict)),
                ("created", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="refunds",
                        to="simulator.session",
                    ),
                ),
            ],
            options={
                "db_table": "simulator_refund",
                "ordering": ["-created", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("event", models.JSONField()),
                (
                    "effect",
                    models.JSONField(
                        default=dict, help_text="Fields of the session, set when it is due."
                    ),
                ),
                ("is_lost", models.BooleanField(default=False)),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("delivered_at", models.DateTimeField(null=True)),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="simulator.session",
                    ),
                ),
            ],
            options={
                "db_table": "simulator_delivery",
                "ordering": ["due_at", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("delivered_at__isnull", True)),
                        fields=["due_at"],
                        name="simulator_due",
                    )
                ],
            },
        ),
    ]
