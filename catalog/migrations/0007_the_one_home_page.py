"""Every shop has exactly one home page, where nothing is set at first."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_home_page")]

    operations = [
        migrations.RunSQL(
            "INSERT INTO catalog_homepage (id, heading, text, picture, picture_alt, button_label,"
            " shows_sale, shows_new) VALUES (1, '', '', '', '', '', true, true)",
            reverse_sql="DELETE FROM catalog_homepage",
        )
    ]
