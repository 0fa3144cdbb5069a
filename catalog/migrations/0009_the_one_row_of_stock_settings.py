"""Every shop has exactly one row of stock settings."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_low_stock")]

    operations = [
        migrations.RunSQL(
            "INSERT INTO catalog_stocksettings (id, low_stock_limit, mails_low_stock)"
            " VALUES (1, 3, true)",
            reverse_sql="DELETE FROM catalog_stocksettings",
        )
    ]
