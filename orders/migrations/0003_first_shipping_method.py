"""A new shop can sell at once: it has one way to send, free of charge, until it says otherwise."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_the_one_row")]

    operations = [
        migrations.RunSQL(
            "INSERT INTO orders_shippingmethod "
            "(id, code, name, description, price, countries, position, active) "
            "VALUES ('01940000-0000-7000-8000-000000000001', 'standard', 'Standard', '', 0, "
            "'{}', 1, true)",
            reverse_sql="DELETE FROM orders_shippingmethod WHERE code = 'standard'",
        )
    ]
