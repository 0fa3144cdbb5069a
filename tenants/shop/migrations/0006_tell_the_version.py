"""The platform's table knows the version that a shop's catalogue has so far."""

from django.db import migrations

_TELL = """
INSERT INTO public.tenants_catalogueversion (schema_name, version, changed_in)
SELECT current_schema(), catalogue_version, pg_current_xact_id()::text::bigint FROM shop_state
WHERE current_schema() IN (SELECT schema_name FROM public.tenants_tenant)
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0005_retention_times"),
        ("tenants", "0021_catalogue_versions"),
    ]

    operations = [migrations.RunSQL(_TELL, migrations.RunSQL.noop)]
