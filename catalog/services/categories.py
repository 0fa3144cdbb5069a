"""What saving or deleting a category means for the products in it: they follow, here or soon.

A product keeps the names of its categories. Where more of them follow than a request has time for,
the worker has them follow, some at a time; each is right before and after its turn. A category that
is deleted is emptied in this way first, as if somebody took one product after the other out of it.
"""

import logging
import time
from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from catalog.models import Category, CategoryChange, Product
from catalog.services.locking import lock_products
from catalog.services.refresh import refresh_products
from catalog.services.slugs import free_slug, remember_category_slug, slug_from
from pycommerce.db import connection
from tenants.due import Kind, note_due
from tenants.shop.models import raise_catalogue_version

logger = logging.getLogger(__name__)

# So many products follow within the request, and so many at a time in the worker.
AT_ONCE = 500
# Then it is another shop's turn.
TURN_SECONDS = 20.0


def prepare_category(category: Category) -> None:
    """Before it is saved: an address where none was given."""
    if not category.slug:
        category.slug = free_slug(Category, slug_from(category.name))


def finish_category(category: Category, *, old_slug: str | None, is_renamed: bool) -> None:
    """After it was saved: a former address leads here; its products, and those below it, follow.

    `is_renamed` where another name, or another place in the tree, was saved.
    """
    if old_slug and old_slug != category.slug:
        remember_category_slug(category, old_slug)
    if not is_renamed:
        return
    products = products_below([category.pk], AT_ONCE + 1)
    if len(products) <= AT_ONCE:
        refresh_products(products)
    else:
        # From the first one again, where a change before is still under way.
        CategoryChange.objects.update_or_create(category=category, defaults={"done_to": None})
        note_due(Kind.CATALOGUE)


@transaction.atomic
def delete_categories(category_ids: Collection[UUID]) -> None:
    """Delete categories that hold no others; where many products are in them, the worker does.

    Raises ProtectedError where others stand below one of them.
    """
    products = products_below(category_ids, AT_ONCE + 1)
    if len(products) <= AT_ONCE:
        Category.objects.filter(pk__in=category_ids).delete()
        refresh_products(products)
        raise_catalogue_version()
        return
    for category_id in sorted(category_ids):
        CategoryChange.objects.update_or_create(
            category_id=category_id, defaults={"is_deletion": True, "done_to": None}
        )
    note_due(Kind.CATALOGUE)


def have_products_follow() -> int:
    """Have products of the selected shop follow their categories, for as long as its turn lasts.

    Returns how many did.
    """
    ends, count = time.monotonic() + TURN_SECONDS, 0
    waiting = list(CategoryChange.objects.order_by("created_at", "pk").values_list("pk", flat=True))
    while waiting and time.monotonic() < ends:
        if followed := _follow(waiting[0]):
            count += followed
        else:
            waiting.pop(0)
    emptied = CategoryChange.objects.filter(is_deletion=True).values_list("pk", flat=True)
    if waiting or not all(map(_delete_if_empty, list(emptied))):
        note_due(Kind.CATALOGUE)
    return count


@transaction.atomic
def _follow(category_id: UUID) -> int:
    """The next products of a category; 0 where there is none any more."""
    change = CategoryChange.objects.select_for_update().filter(pk=category_id).first()
    if change is None:
        return 0
    if change.is_deletion:
        products = _products_in(category_id, AT_ONCE)
    else:
        products = products_below([category_id], AT_ONCE, after=change.done_to)
    if products:
        lock_products(products)
        if change.is_deletion:
            places = Product.categories.through.objects.filter(category=category_id)
            places.filter(product__in=products).delete()
        refresh_products(products)
        change.done_to = products[-1]
        change.save(update_fields=["done_to"])
        raise_catalogue_version()
    elif not change.is_deletion:
        change.delete()
    return len(products)


@transaction.atomic
def _delete_if_empty(category_id: UUID) -> bool:
    """Not where somebody put a product into it at this moment: then it is emptied again."""
    found = Category.objects.select_for_update().filter(pk=category_id)
    if found.first() is None or _products_in(category_id, 1):
        return False
    if Category.objects.filter(parent=category_id).exists():
        # Somebody put another one below it: it stays.
        CategoryChange.objects.filter(pk=category_id).delete()
        return True
    found.delete()
    raise_catalogue_version()
    logger.info("Category %s was deleted when no product was in it any more", category_id)
    return True


_BELOW = """
WITH RECURSIVE below AS (
    SELECT id FROM catalog_category WHERE id = ANY(%s)
    UNION SELECT c.id FROM catalog_category c JOIN below b ON c.parent_id = b.id
)
"""
_FIRST = UUID(int=0)


def products_below(
    category_ids: Collection[UUID], most: int, *, after: UUID | None = None
) -> list[UUID]:
    """The products in these categories and in all below them by their ids, at most so many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_BELOW} SELECT DISTINCT product_id FROM catalog_product_categories "
            "WHERE category_id IN (SELECT id FROM below) AND product_id > %s "
            "ORDER BY product_id LIMIT %s",
            [list(category_ids), after or _FIRST, most],
        )
        return [product_id for (product_id,) in cursor.fetchall()]


def _products_in(category_id: UUID, most: int) -> list[UUID]:
    places = Product.categories.through.objects.filter(category=category_id)
    return list(places.values_list("product", flat=True)[:most])


def is_below(category: Category, parent: Category) -> bool:
    """Whether `parent` is the category itself or stands below it, so that it cannot hold it."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_BELOW} SELECT %s IN (SELECT id FROM below)", [[category.pk], parent.pk])
        (found,) = cursor.fetchone()
    return bool(found)
