import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.constraints
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import catalog.models
import pycommerce.core.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [("tenants", "0002_extensions")]

    operations = [
        migrations.CreateModel(
            name="Category",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=pycommerce.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                ("slug", models.CharField(max_length=255, unique=True)),
                ("description", models.TextField(blank=True)),
                ("position", models.IntegerField(default=0)),
                (
                    "seo_title",
                    models.CharField(blank=True, max_length=255, verbose_name="SEO title"),
                ),
                (
                    "seo_description",
                    models.CharField(blank=True, max_length=500, verbose_name="SEO description"),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="catalog.category",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "categories",
                "ordering": ["position", "name", "id"],
            },
        ),
        migrations.CreateModel(
            name="CategoryPastSlug",
            fields=[
                ("slug", models.CharField(max_length=255, primary_key=True, serialize=False)),
                (
                    "category",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="past_slugs",
                        to="catalog.category",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=pycommerce.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                ("slug", models.CharField(max_length=255, unique=True)),
                (
                    "description",
                    models.TextField(blank=True, help_text="HTML; sanitised when it is saved."),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("active", "Active"),
                            ("archived", "Archived"),
                        ],
                        default="active",
                        max_length=10,
                    ),
                ),
                ("vendor", models.CharField(blank=True, max_length=255)),
                ("product_type", models.CharField(blank=True, max_length=255)),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=255),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "option_names",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=255),
                        blank=True,
                        default=list,
                        help_text="Such as Size and Colour; empty for a product without options.",
                        size=None,
                    ),
                ),
                (
                    "seo_title",
                    models.CharField(blank=True, max_length=255, verbose_name="SEO title"),
                ),
                (
                    "seo_description",
                    models.CharField(blank=True, max_length=500, verbose_name="SEO description"),
                ),
                (
                    "source_fields",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        editable=False,
                        help_text="Columns of an imported file that the shop has no use for, kept for its export.",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "updated_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "price",
                    catalog.models.PriceField(
                        decimal_places=3,
                        default=0,
                        editable=False,
                        max_digits=13,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                (
                    "max_price",
                    catalog.models.PriceField(
                        decimal_places=3,
                        default=0,
                        editable=False,
                        max_digits=13,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                (
                    "compare_at_price",
                    catalog.models.PriceField(
                        decimal_places=3,
                        editable=False,
                        max_digits=13,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                (
                    "sku",
                    models.CharField(
                        blank=True, editable=False, max_length=255, verbose_name="SKU"
                    ),
                ),
                (
                    "sort_name",
                    models.CharField(db_collation="C", default="", editable=False, max_length=255),
                ),
                (
                    "category_names",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, editable=False, size=None
                    ),
                ),
                (
                    "category_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), default=list, editable=False, size=None
                    ),
                ),
                ("image_list", models.JSONField(default=list, editable=False)),
                (
                    "search",
                    django.contrib.postgres.search.SearchVectorField(editable=False, null=True),
                ),
                (
                    "categories",
                    models.ManyToManyField(
                        blank=True, related_name="products", to="catalog.category"
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="ProductPastSlug",
            fields=[
                ("slug", models.CharField(max_length=255, primary_key=True, serialize=False)),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="past_slugs",
                        to="catalog.product",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                ("word", models.CharField(max_length=60, primary_key=True, serialize=False)),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["word"], name="search_word_trigrams", opclasses=["gin_trgm_ops"]
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Variant",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=pycommerce.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("sku", models.CharField(max_length=255, unique=True, verbose_name="SKU")),
                (
                    "sku_is_generated",
                    models.BooleanField(
                        default=False,
                        editable=False,
                        help_text="Made from slug and options; exported blank.",
                    ),
                ),
                ("position", models.IntegerField(default=1)),
                (
                    "option_values",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=255),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "price",
                    catalog.models.PriceField(
                        decimal_places=3,
                        max_digits=13,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                (
                    "compare_at_price",
                    catalog.models.PriceField(
                        blank=True,
                        decimal_places=3,
                        max_digits=13,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                ("on_hand", models.IntegerField(default=0, editable=False)),
                ("held", models.IntegerField(default=0, editable=False)),
                ("barcode", models.CharField(blank=True, max_length=255)),
                (
                    "weight_grams",
                    models.DecimalField(
                        blank=True,
                        decimal_places=3,
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                ("source_fields", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "updated_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="variants",
                        to="catalog.product",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "stock",
                "ordering": ["position", "id"],
            },
        ),
        migrations.CreateModel(
            name="StockMovement",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=pycommerce.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("receipt", "Receipt"),
                            ("sale", "Sale"),
                            ("adjustment", "Adjustment"),
                            ("return", "Return"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "quantity",
                    models.IntegerField(
                        help_text="Units added to what is on hand; negative: taken."
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=255)),
                (
                    "source",
                    models.CharField(
                        blank=True,
                        help_text="What caused it, once; such as a line item's id.",
                        max_length=120,
                    ),
                ),
                ("user_id", models.UUIDField(null=True)),
                ("user_name", models.CharField(blank=True, max_length=254)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="movements",
                        to="catalog.variant",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="ProductImage",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=pycommerce.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "file",
                    models.ImageField(
                        blank=True,
                        height_field="height",
                        upload_to=catalog.models.image_path,
                        width_field="width",
                    ),
                ),
                ("width", models.IntegerField(editable=False, null=True)),
                ("height", models.IntegerField(editable=False, null=True)),
                ("source_url", models.TextField(blank=True)),
                (
                    "alt",
                    models.CharField(blank=True, max_length=512, verbose_name="alternative text"),
                ),
                ("position", models.IntegerField(default=1)),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="images",
                        to="catalog.product",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="images",
                        to="catalog.variant",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
            },
        ),
        migrations.AddConstraint(
            model_name="category",
            constraint=models.UniqueConstraint(
                fields=("parent", "name"), name="category_name_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="category",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("parent__isnull", True),
                    models.Q(("parent", models.F("id")), _negated=True),
                    _connector="OR",
                ),
                name="category_is_not_its_own_parent",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                models.OrderBy(models.F("created_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("status", "active")),
                name="product_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                condition=models.Q(("status", "active")),
                fields=["price", "id"],
                name="product_price",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                condition=models.Q(("status", "active")),
                fields=["sort_name", "id"],
                name="product_name",
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["updated_at"], name="product_updated"),
        ),
        migrations.AddIndex(
            model_name="product",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["category_ids"], name="product_categories"
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["search"], name="product_search"
            ),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.CheckConstraint(
                condition=models.Q(("held__gte", 0), ("held__lte", models.F("on_hand"))),
                name="variant_held_is_on_hand",
            ),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.CheckConstraint(
                condition=models.Q(("price__gte", 0)), name="variant_price_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("compare_at_price__isnull", True),
                    ("compare_at_price__gte", 0),
                    _connector="OR",
                ),
                name="variant_compare_at_price_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="variant",
            constraint=models.UniqueConstraint(
                deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                fields=("product", "option_values"),
                name="variant_options_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(("quantity", 0), _negated=True), name="stock_movement_moves"
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("source", ""), _negated=True),
                fields=("variant", "source"),
                name="stock_movement_source_once",
            ),
        ),
    ]
