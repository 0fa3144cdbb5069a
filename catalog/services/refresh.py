"""Keeps what lists and pages read: the members of a product derived from its other rows."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.conf import settings

from catalog.search import CONFIGURATIONS
from catalog.services.directory import note_whether_it_sells
from pycommerce.db import connection
from tenants.webhooks.announcing import announce

# Of the text of a product this much is searched; more would not fit into a tsvector.
_SEARCHED_CHARACTERS = 50_000
# A statement over more products than these may take longer than a request's statements may.
_AT_ONCE = 1_000

_LOCK = """
SELECT count(*) FROM (
    SELECT 1 FROM catalog_product p WHERE {chosen} ORDER BY p.id FOR NO KEY UPDATE
) AS locked
"""
_REFRESH = """
WITH RECURSIVE tree AS (
    SELECT id, ARRAY[name::text] AS path, ARRAY[id] AS ids
    FROM catalog_category WHERE parent_id IS NULL
    UNION ALL
    SELECT c.id, t.path || c.name::text, t.ids || c.id
    FROM catalog_category c JOIN tree t ON c.parent_id = t.id
), placed AS (
    SELECT DISTINCT pc.product_id, above.id, above.path
    FROM catalog_product_categories pc
    JOIN catalog_product p ON p.id = pc.product_id
    JOIN tree t ON t.id = pc.category_id
    JOIN tree above ON above.id = ANY (t.ids)
    WHERE {chosen}
), categories AS (
    SELECT product_id, array_agg(path[cardinality(path)] ORDER BY path) AS names,
           array_agg(id ORDER BY path) AS ids
    FROM placed GROUP BY product_id
), variants AS (
    SELECT v.product_id, min(v.price) AS price, max(v.price) AS max_price,
           (array_agg(v.sku ORDER BY v.position, v.id))[1] AS sku,
           (array_agg(v.compare_at_price ORDER BY v.price, v.position, v.id))[1] AS compare_at
    FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
    WHERE {chosen} GROUP BY v.product_id
), options AS (
    SELECT v.product_id, array_agg(DISTINCT o.name || '=' || o.value) AS list
    FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
    CROSS JOIN LATERAL unnest(p.option_names, v.option_values) AS o(name, value)
    WHERE {chosen} AND o.name <> '' AND o.value <> '' GROUP BY v.product_id
), images AS (
    SELECT i.product_id, jsonb_agg(jsonb_build_object(
               'url', CASE WHEN i.file = '' THEN '' ELSE %(media)s || i.file END,
               'alt', i.alt, 'width', i.width, 'height', i.height, 'source_url', i.source_url
           ) ORDER BY i.file = '', i.position, i.id) AS list,
           jsonb_agg(to_jsonb(i.widths) ORDER BY i.file = '', i.position, i.id) AS widths
    FROM catalog_productimage i JOIN catalog_product p ON p.id = i.product_id
    WHERE {chosen} GROUP BY i.product_id
)
UPDATE catalog_product AS target SET
    price = coalesce(v.price, 0), max_price = coalesce(v.max_price, 0),
    compare_at_price = CASE WHEN v.compare_at > v.price THEN v.compare_at END,
    sku = coalesce(v.sku, ''), sort_name = lower(unaccent(p.name)),
    category_names = coalesce(c.names, '{{}}'), category_ids = coalesce(c.ids, '{{}}'),
    image_list = coalesce(i.list, '[]'), image_widths = coalesce(i.widths, '[]'),
    facets = coalesce(o.list, '{{}}'),
    updated_at = now()
FROM catalog_product p
LEFT JOIN variants v ON v.product_id = p.id
LEFT JOIN categories c ON c.product_id = p.id
LEFT JOIN images i ON i.product_id = p.id
LEFT JOIN options o ON o.product_id = p.id
WHERE target.id = p.id AND {chosen}
"""
# By the language as it is in the database: what a process knows of the shop may be a moment old.
_LANGUAGE = f"""
CASE (SELECT language FROM tenants_tenant WHERE schema_name = %(schema)s)
    {" ".join(f"WHEN '{code}' THEN '{name}'" for code, name in CONFIGURATIONS.items())}
    ELSE 'simple' END::regconfig
"""
# In the order of their age, so that the newest stand close together.
_ADD_DOCUMENTS = """
WITH of_shop AS MATERIALIZED (SELECT {language} AS words)
INSERT INTO catalog_searchdocument (product_id, created_at, search)
SELECT p.id, p.created_at,
    setweight(to_tsvector(of_shop.words, unaccent(p.name)), 'A')
    || setweight(to_tsvector(of_shop.words, unaccent(left(concat_ws(' ', (
           SELECT string_agg(v.sku, ' ') FROM catalog_variant v WHERE v.product_id = p.id
       ), p.vendor, p.product_type, array_to_string(p.tags, ' '),
           array_to_string(p.category_names, ' ')), %(length)s))), 'B')
    || setweight(to_tsvector(of_shop.words, unaccent(left(
           regexp_replace(p.description, '<[^>]*>', ' ', 'g'), %(length)s))), 'C')
FROM catalog_product p CROSS JOIN of_shop WHERE {chosen} AND p.status = 'active'
ORDER BY p.created_at
ON CONFLICT (product_id) DO UPDATE
SET created_at = EXCLUDED.created_at, search = EXCLUDED.search
"""
_DROP_DOCUMENTS = """
DELETE FROM catalog_searchdocument d USING catalog_product p
WHERE d.product_id = p.id AND p.status <> 'active' AND {chosen}
"""
_WORDS = r"""
SELECT DISTINCT word FROM catalog_product p, regexp_split_to_table(lower(unaccent(concat_ws(' ',
    p.name, p.vendor, p.product_type, array_to_string(p.tags, ' '),
    array_to_string(p.category_names, ' ')))), '[^[:alnum:]]+') AS word
WHERE {chosen} AND length(word) BETWEEN 3 AND 60 AND word !~ '^[0-9]+$'
"""
_ADD_WORDS = "INSERT INTO catalog_searchword (word) {words} ORDER BY word ON CONFLICT DO NOTHING"
_DROP_WORDS = "DELETE FROM catalog_searchword WHERE word NOT IN ({words})"


def refresh_products(product_ids: Collection[UUID] | None) -> None:
    """Compute the kept members of these products (of all for None) anew, in a few statements.

    They are then as of now: `updated_at` is set, and the shop's other systems are told, but for
    None. The caller is in a transaction and calls
    `raise_catalogue_version()` as the last thing in it.
    """
    if product_ids is None:
        _refresh(None)
    else:
        # In id order altogether, too.
        ids = sorted(product_ids)
        for start in range(0, len(ids), _AT_ONCE):
            _refresh(ids[start : start + _AT_ONCE])
    if product_ids is None or product_ids:
        note_whether_it_sells()


def _refresh(product_ids: Sequence[UUID] | None) -> None:
    chosen = "true" if product_ids is None else "p.id = ANY(%(ids)s)"
    arguments = {
        "ids": None if product_ids is None else list(product_ids),
        "media": settings.MEDIA_URL,
        "schema": connection.schema_name,
        "length": _SEARCHED_CHARACTERS,
    }
    words = _WORDS.format(chosen=chosen)
    with connection.cursor() as cursor:
        # Locked in id order, so that two refreshes of the same products wait for each other.
        cursor.execute(_LOCK.format(chosen=chosen), arguments)
        cursor.execute(_REFRESH.format(chosen=chosen), arguments)
        cursor.execute(_add_documents(chosen), arguments)
        cursor.execute(_DROP_DOCUMENTS.format(chosen=chosen), arguments)
        cursor.execute(_ADD_WORDS.format(words=words), arguments)
        if product_ids is None:
            cursor.execute(_DROP_WORDS.format(words=words), arguments)
    if product_ids is not None:
        announce("product.updated", [{"product": str(pk)} for pk in product_ids])


def _add_documents(chosen: str) -> str:
    return _ADD_DOCUMENTS.format(chosen=chosen, language=_LANGUAGE)


def read_texts_anew() -> None:
    """Write what is searched of every product as the shop's present language reads words.

    The products stay as they were, `updated_at` too. The caller is in a transaction and calls
    `raise_catalogue_version()` as the last thing in it.
    """
    arguments = {"schema": connection.schema_name, "length": _SEARCHED_CHARACTERS}
    with connection.cursor() as cursor:
        # After whoever is writing products, and may have begun in the language of before.
        cursor.execute(_LOCK.format(chosen="true"))
        cursor.execute(_add_documents("true"), arguments)
