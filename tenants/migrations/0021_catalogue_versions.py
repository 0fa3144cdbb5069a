"""The versions of all catalogues in one table."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0020_directory")]

    operations = [
        migrations.CreateModel(
            name="CatalogueVersion",
            fields=[
                (
                    "schema_name",
                    models.CharField(max_length=63, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField()),
                ("changed_in", models.BigIntegerField()),
            ],
            options={"verbose_name": "version of a catalogue"},
        ),
    ]
