"""What the shop has already, as entries: for files that say more of products known before."""

from collections.abc import Iterable

from django.db.models import Prefetch, QuerySet

from catalog.importing.entries import ImageEntry, ProductEntry, Row, VariantEntry
from catalog.models import Product, ProductImage, Variant
from catalog.pictures import public_url

_AS_IT_IS = (
    "slug", "name", "description", "status", "vendor", "product_type", "seo_title",
    "seo_description",
)  # fmt: skip


def with_all(products: QuerySet[Product]) -> Iterable[Product]:
    """These products, the newest last, with their variants and pictures in order."""
    return (
        products.order_by("created_at", "pk")
        .defer("image_list")
        .prefetch_related(
            Prefetch("variants", Variant.objects.order_by("position", "id")),
            Prefetch("images", ProductImage.objects.order_by("position", "id")),
        )
    )


def product_entry(product: Product, row: Row) -> ProductEntry:
    """The product as it is, without variants: what is not set anew stays."""
    images = [ImageEntry(public_url(image), image.alt) for image in product.images.all()]
    return ProductEntry(
        row=row,
        **{name: getattr(product, name) for name in _AS_IT_IS},
        tags=list(product.tags),
        option_names=list(product.option_names),
        categories=[],
        kept=dict(product.source_fields),
        images=images,
        picture_names={image.url for image in images},
    )


def variant_entry(variant: Variant, row: Row, stock: int | None = None) -> VariantEntry:
    """The variant as it is, but for its units on hand where they are given."""
    return VariantEntry(
        row=row,
        sku="" if variant.sku_is_generated else variant.sku,
        option_values=list(variant.option_values),
        price=variant.price,
        compare_at_price=variant.compare_at_price,
        stock=stock,
        barcode=variant.barcode,
        weight_grams=variant.weight_grams,
        kept=dict(variant.source_fields),
    )
