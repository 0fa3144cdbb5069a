"""Give the lines that are there the names of their products."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("checkout", "0003_cart_line_outlives_its_variant"),
    ]

    operations = [
        migrations.RunSQL(
            """
            UPDATE checkout_cartline l SET name = p.name
            FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
            WHERE v.id = l.variant_id
            """,
            migrations.RunSQL.noop,
        ),
    ]
