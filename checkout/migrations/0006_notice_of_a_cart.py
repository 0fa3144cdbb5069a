"""Keep what stood in the way of an order until the page that says so is shown."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("checkout", "0005_cart_without_a_code"),
    ]

    operations = [
        migrations.AddField(
            model_name="cart",
            name="notice",
            field=models.TextField(
                blank=True,
                help_text="What stood in the way of an order: said once, at the checkout.",
            ),
        ),
    ]
