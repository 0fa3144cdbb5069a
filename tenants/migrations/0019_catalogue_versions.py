"""The versions of all catalogues in one table, written by a trigger of each shop."""

from django.db import migrations, models

_FUNCTION = """
CREATE FUNCTION public.tell_catalogue_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.tenants_catalogueversion AS known (schema_name, version, changed_in)
    VALUES (
        TG_TABLE_SCHEMA, NEW.catalogue_version, pg_catalog.pg_current_xact_id()::text::bigint
    )
    ON CONFLICT (schema_name) DO UPDATE
    SET version = excluded.version, changed_in = excluded.changed_in
    WHERE known.version <> excluded.version;
    RETURN NULL;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0018_shop_locale")]

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
        migrations.RunSQL(_FUNCTION, "DROP FUNCTION public.tell_catalogue_version()"),
    ]
