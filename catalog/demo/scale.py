"""A large made-up catalogue, the same on every machine, written by a few set-based statements.

Categories stand on three levels (8, 32, 128), in shops of under 1,000 products on two. Every tenth
product is out of stock, every tenth says "wireless", every hundredth "titanium"; every fifth
product has three variants.
"""

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django_tenants.utils import tenant_context
from PIL import Image

from catalog.demo.shots import read_shots
from catalog.pictures import name_at, narrower
from catalog.services.pictures import narrowed
from catalog.services.refresh import refresh_products
from pycommerce.db import connection
from tenants.models import Tenant
from tenants.services import create_tenant
from tenants.shop.models import raise_catalogue_version

_CATEGORIES = """
INSERT INTO catalog_category
    (id, name, slug, description, parent_id, position, seo_title, seo_description,
     created_at, updated_at)
SELECT md5('category' || n)::uuid, 'Category ' || n, 'category-' || n, '',
       CASE WHEN n > 40 THEN md5('category' || (8 + 1 + (n - 41) %% 32))::uuid
            WHEN n > 8 THEN md5('category' || (1 + (n - 9) %% 8))::uuid END,
       n, '', '', now(), now()
FROM generate_series(1, %(categories)s) n
"""
_PRODUCTS = """
INSERT INTO catalog_product
    (id, name, slug, description, status, vendor, product_type, tags, option_names, seo_title,
     seo_description, source_fields, created_at, updated_at, price, max_price, sku, sort_name,
     category_names, category_ids, image_list, image_widths, facets)
SELECT md5('product' || n)::uuid,
       (ARRAY['Compact','Classic','Modern','Urban','Alpine'])[1 + n %% 5] || ' '
           || (ARRAY['Lamp','Speaker','Jacket','Bottle','Watch','Camera','Tent'])[1 + n %% 7]
           || ' ' || n,
       'product-' || n,
       'A dependable companion for every day, number ' || n || ' of a long line. '
           || CASE WHEN n %% 10 = 3 THEN 'Works wireless. ' ELSE '' END
           || CASE WHEN n %% 100 = 7 THEN 'Made of titanium. ' ELSE '' END
           || 'Carefully made from lasting materials, tested in the cold and in the rain.',
       'active', 'Vendor ' || n %% 50, '', '{}',
       CASE WHEN n %% 5 = 0 THEN '{Size}'::text[] ELSE '{}'::text[] END, '', '', '{}',
       timestamptz '2025-01-01' + n * interval '1 minute', now(), 0, 0, '', '', '{}', '{}', '[]',
       '{}', '{}'
FROM generate_series(1, %(count)s) n
"""
_PLACES = """
INSERT INTO catalog_product_categories (product_id, category_id)
SELECT md5('product' || n)::uuid,
       md5('category' || (1 + %(above)s + n %% (%(categories)s - %(above)s)))::uuid
FROM generate_series(1, %(count)s) n
"""
_VARIANTS = """
INSERT INTO catalog_variant
    (id, product_id, sku, sku_is_generated, position, option_values, price, on_hand, held,
     barcode, source_fields, created_at, updated_at)
SELECT md5('variant' || n || '-' || p)::uuid, md5('product' || n)::uuid,
       'SKU-' || n || '-' || p, false, p,
       CASE WHEN n %% 5 = 0 THEN ARRAY[(ARRAY['S','M','L'])[p]] ELSE '{}'::text[] END,
       5 + (n * 37 %% 40000) / 100.0 + p - 1,
       CASE WHEN n %% 10 = 9 THEN 0 ELSE 1 + n %% 60 END, 0, '', '{}', now(), now()
FROM generate_series(1, %(count)s) n, generate_series(1, CASE WHEN n %% 5 = 0 THEN 3 ELSE 1 END) p
"""
_IMAGES = """
INSERT INTO catalog_productimage
    (id, product_id, file, width, height, widths, source_url, alt, position)
SELECT md5('image' || n)::uuid, md5('product' || n)::uuid,
       %(folder)s || (ARRAY['lamp','speaker','jacket','bottle','watch','camera','tent'])[1 + n %% 7]
           || '.webp', 1000, 1000, '{320,480,640}', '', 'Picture of product ' || n, 1
FROM generate_series(1, %(count)s) n
"""
# Of each kind of product, the demo product whose picture it has.
_PICTURED = {
    "lamp": "BL-050",
    "speaker": "BS-002",
    "jacket": "JK-130",
    "bottle": "BT-125",
    "watch": "FW-010",
    "camera": "CC-020",
    "tent": "TT-101",
}
_TABLES = [
    f"catalog_{name}"
    for name in (
        "category",
        "product",
        "product_categories",
        "variant",
        "productimage",
        "searchdocument",
        "searchword",
    )
]


def shop_of(count: int, *, slug: str) -> Tenant:
    """The shop with `count` products, made when it does not exist yet."""
    existing = Tenant.objects.filter(slug=slug).first()
    if existing:
        return existing
    tenant = create_tenant(slug=slug, name=f"Shop of {count:,} products ({slug})")
    try:
        fill(tenant, count)
        _write_pictures(tenant)
    except BaseException:
        Tenant.objects.filter(pk=tenant.pk).update(slug=f"broken-{tenant.pk.hex[-8:]}")
        raise
    return tenant


def _folder(tenant: Tenant) -> str:
    return f"tenants/{tenant.pk}/products/"


def _write_pictures(tenant: Tenant) -> None:
    """One picture of each kind of product, which all products of the kind share."""
    shots = read_shots().products
    for name, sku in _PICTURED.items():
        with Image.open(shots[sku][0].path) as picture:
            picture.load()
        file = f"{_folder(tenant)}{name}.webp"
        default_storage.save(file, ContentFile(shots[sku][0].path.read_bytes()))
        for width in narrower(picture.width):
            default_storage.save(name_at(file, width), ContentFile(narrowed(picture, width)))


def fill(tenant: Tenant, count: int) -> None:
    """Put `count` products and their categories into an empty shop, but no files of pictures."""
    above, categories = (40, 168) if count >= 1000 else (8, 40)
    values = {
        "count": count,
        "above": above,
        "categories": categories,
        "folder": _folder(tenant),
    }
    with tenant_context(tenant):
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in (_CATEGORIES, _PRODUCTS, _PLACES, _VARIANTS, _IMAGES):
                cursor.execute(statement, values)
            refresh_products(None)
            raise_catalogue_version()
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM ANALYZE {', '.join(_TABLES)}")
