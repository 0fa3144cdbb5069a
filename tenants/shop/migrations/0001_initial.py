from django.db import migrations, models

import pycommerce.core.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
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
                ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                ("user_id", models.UUIDField(null=True)),
                ("user_name", models.CharField(blank=True, max_length=254)),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("create", "created"),
                            ("change", "changed"),
                            ("delete", "deleted"),
                        ],
                        max_length=10,
                    ),
                ),
                ("object_type", models.CharField(max_length=60)),
                ("object_id", models.CharField(max_length=60)),
                ("object_name", models.CharField(max_length=255)),
                ("changes", models.JSONField(default=dict, help_text="Field to [old, new].")),
            ],
            options={
                "verbose_name": "history entry",
                "verbose_name_plural": "history",
                "db_table": "shop_audit_entry",
                "ordering": ["-created_at", "-id"],
                "indexes": [
                    models.Index(fields=["object_type", "object_id"], name="shop_audit_object")
                ],
            },
        ),
        migrations.CreateModel(
            name="ShopState",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("catalogue_version", models.BigIntegerField(default=1)),
                ("last_order_number", models.BigIntegerField(default=1000)),
            ],
            options={
                "db_table": "shop_state",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="shop_state_one_row")
                ],
            },
        ),
    ]
