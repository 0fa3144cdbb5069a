"""A shop tells the platform's table the version of its catalogue, from now on and as it is."""

from django.db import migrations

_TELL = """
CREATE TRIGGER shop_state_is_told AFTER INSERT OR UPDATE OF catalogue_version ON shop_state
    FOR EACH ROW EXECUTE FUNCTION public.tell_catalogue_version();
UPDATE shop_state SET catalogue_version = catalogue_version
    WHERE current_schema() IN (SELECT schema_name FROM public.tenants_tenant)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0005_retention_times"),
        ("tenants", "0019_catalogue_versions"),
    ]

    operations = [migrations.RunSQL(_TELL, "DROP TRIGGER shop_state_is_told ON shop_state")]
