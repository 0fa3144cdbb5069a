import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

# A table with checks still to come cannot be altered.
_CHECK_AT_ONCE = "SET CONSTRAINTS ALL IMMEDIATE"
_FILL = """
INSERT INTO catalog_searchdocument (product_id, created_at, search)
SELECT id, created_at, search FROM catalog_product
WHERE status = 'active' AND search IS NOT NULL ORDER BY created_at
"""
_BACK = """
UPDATE catalog_product p SET search = d.search
FROM catalog_searchdocument d WHERE d.product_id = p.id
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0014_longer_names_of_formats")]

    operations = [
        migrations.CreateModel(
            name="SearchDocument",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search_document",
                        serialize=False,
                        to="catalog.product",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(editable=False, help_text="When the product was."),
                ),
                ("search", django.contrib.postgres.search.SearchVectorField(editable=False)),
            ],
        ),
        migrations.RunSQL(_CHECK_AT_ONCE, migrations.RunSQL.noop),
        migrations.RunSQL(_FILL, _BACK),
        migrations.AddIndex(
            model_name="searchdocument",
            index=models.Index(
                models.OrderBy(models.F("created_at"), descending=True),
                models.OrderBy(models.F("product"), descending=True),
                name="search_document_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="searchdocument",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["search"], name="search_document_words"
            ),
        ),
        migrations.RemoveIndex(model_name="product", name="product_search"),
        migrations.RemoveField(model_name="product", name="search"),
    ]
