"""Every shop has exactly one row of counters."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "INSERT INTO shop_state (id, catalogue_version, last_order_number) VALUES (1, 1, 1000)",
            reverse_sql="DELETE FROM shop_state",
        )
    ]
