"""Where shops say that they have work for the worker."""

from django.db import migrations, models

import pycommerce.core.ids


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0003_stripe_account"),
    ]

    operations = [
        migrations.CreateModel(
            name="DueWork",
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
                ("tenant_id", models.UUIDField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("messages", "Messages to deliver"),
                            ("payments", "Payments and refunds to look after"),
                        ],
                        max_length=10,
                    ),
                ),
                ("due_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["kind", "due_at"], name="due_work_next")],
            },
        ),
    ]
