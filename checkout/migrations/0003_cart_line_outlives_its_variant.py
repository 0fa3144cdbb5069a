"""Keep the line of a deleted variant, so that the shopper can be told."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0004_picture_widths"),
        ("checkout", "0002_where_an_attempt_was_paid"),
    ]

    operations = [
        migrations.AddField(
            model_name="cartline",
            name="name",
            field=models.CharField(
                blank=True, help_text="Of the product, back then.", max_length=255
            ),
        ),
        migrations.AlterField(
            model_name="cartline",
            name="variant",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="catalog.variant",
            ),
        ),
    ]
