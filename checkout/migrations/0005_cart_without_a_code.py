"""Drop what nothing reads: a code is typed at the checkout and kept with its other fields."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("checkout", "0004_name_of_a_cart_line"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="cart",
            name="discount_code",
        ),
    ]
