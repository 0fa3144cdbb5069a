import django.utils.timezone
from django.db import migrations, models

import pycommerce.core.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="StripeEvent",
            fields=[
                ("id", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("type", models.CharField(max_length=100)),
                ("object_id", models.CharField(blank=True, max_length=255)),
                ("account", models.CharField(blank=True, max_length=255)),
                ("livemode", models.BooleanField(default=False)),
                ("payload", models.JSONField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("done", "Done"),
                            ("ignored", "Of no concern"),
                            ("unmatched", "Nobody's"),
                            ("dead", "Given up"),
                        ],
                        default="received",
                        max_length=10,
                    ),
                ),
                ("tenant_id", models.UUIDField(null=True)),
                ("attempts", models.IntegerField(default=0)),
                ("problem", models.CharField(blank=True, max_length=500)),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("next_try_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "ordering": ["-received_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "received")),
                        fields=["next_try_at"],
                        name="stripe_event_waiting",
                    ),
                    models.Index(fields=["object_id", "type"], name="stripe_event_object"),
                ],
            },
        ),
        migrations.CreateModel(
            name="TestSession",
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
                ("tenant_id", models.UUIDField(null=True)),
                (
                    "reference",
                    models.CharField(help_text="The order_id as it was sent.", max_length=255),
                ),
                ("fingerprint", models.CharField(help_text="Of the items.", max_length=64)),
                ("stripe_key", models.CharField(max_length=64)),
                ("params", models.JSONField()),
                ("session_id", models.CharField(blank=True, max_length=255)),
                ("url", models.TextField(blank=True)),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant_id", "reference"),
                        name="test_session_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
    ]
