"""Calls that named themselves, and their answers."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0002_the_one_row"),
    ]

    operations = [
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                ("scope", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("fingerprint", models.CharField(help_text="Of the raw body.", max_length=64)),
                ("status", models.SmallIntegerField()),
                ("body", models.BinaryField()),
                ("headers", models.JSONField(default=dict)),
                (
                    "created_at",
                    models.DateTimeField(db_index=True, default=django.utils.timezone.now),
                ),
            ],
            options={
                "db_table": "shop_idempotency_key",
            },
        ),
    ]
