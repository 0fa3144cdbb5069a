"""Remember with a refund which units come back: they do so only once the provider took it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0005_order_origin"),
    ]

    operations = [
        migrations.AddField(
            model_name="refund",
            name="restock",
            field=models.BooleanField(default=False, help_text="Its units come back into stock."),
        ),
        migrations.AddField(
            model_name="refundline",
            name="restocked",
            field=models.IntegerField(
                default=0, help_text="Units of them that came back into stock with it."
            ),
        ),
        migrations.AddConstraint(
            model_name="refundline",
            constraint=models.CheckConstraint(
                condition=models.Q(("restocked__gte", 0), ("restocked__lte", models.F("quantity"))),
                name="refund_line_restocked_in_range",
            ),
        ),
    ]
