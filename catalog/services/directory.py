"""Whether the platform's directory shows the selected shop: once there is something to buy."""

from pycommerce.db import connection

# By an index that holds active products alone; written where it is no longer so, and else not even
# locked.
_NOTE = """
UPDATE tenants_tenant SET has_products = NOT has_products
WHERE schema_name = %s AND has_products <> EXISTS (
    SELECT 1 FROM catalog_product p JOIN catalog_variant v ON v.product_id = p.id
    WHERE p.status = 'active'
)
"""


def note_whether_it_sells() -> None:
    """Keep in the shop's own row whether it has a product on sale, in stock or not.

    In the transaction that may have changed it: one statement, and a write for the first product
    and after the last. Pages that are kept do not depend on it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [connection.schema_name])
