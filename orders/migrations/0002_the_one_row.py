"""Every shop has exactly one row of settings for its orders."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "INSERT INTO orders_settings (id, number_prefix, country, prices_include_tax, "
            "hold_hours, contact_email) VALUES (1, '', 'US', false, 24, '')",
            reverse_sql="DELETE FROM orders_settings",
        )
    ]
