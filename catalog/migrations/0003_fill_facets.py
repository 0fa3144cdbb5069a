from django.db import migrations

_FILL = """
UPDATE catalog_product AS target SET facets = o.list
FROM (
    SELECT v.product_id, array_agg(DISTINCT o.name || '=' || o.value) AS list
    FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
    CROSS JOIN LATERAL unnest(p.option_names, v.option_values) AS o(name, value)
    WHERE o.name <> '' AND o.value <> '' GROUP BY v.product_id
) AS o
WHERE target.id = o.product_id
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_product_facets")]

    operations = [migrations.RunSQL(_FILL, migrations.RunSQL.noop)]
