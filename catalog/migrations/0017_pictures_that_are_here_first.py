from django.db import migrations

# As catalog/services/refresh.py keeps them from now on; both lists stay in step.
_IN_ORDER = """
UPDATE catalog_product AS target SET image_list = sorted.list, image_widths = sorted.widths
FROM (
    SELECT p.id, jsonb_agg(i.image ORDER BY i.image ->> 'url' = '', i.number) AS list,
           jsonb_agg(
               coalesce(p.image_widths -> (i.number - 1)::int, '[]')
               ORDER BY i.image ->> 'url' = '', i.number
           ) AS widths
    FROM catalog_product p
    CROSS JOIN LATERAL jsonb_array_elements(p.image_list) WITH ORDINALITY AS i(image, number)
    WHERE p.image_list @> '[{"url": ""}]'
    GROUP BY p.id
) AS sorted
WHERE target.id = sorted.id AND target.image_list IS DISTINCT FROM sorted.list
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0016_picture_fetches")]

    operations = [migrations.RunSQL(_IN_ORDER, migrations.RunSQL.noop)]
