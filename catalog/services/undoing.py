"""Undoes an import within a day: each product that nothing happened to since is as it was.

A product stays as it is where units of it were sold or are held, where its stock moved, or where it
was edited after the import. Part by part, newest first; each part is one transaction.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from catalog.models import (
    Category,
    FeaturedCategory,
    ImportedChange,
    ImportRun,
    Product,
    ProductImage,
    StockMovement,
    Variant,
)
from catalog.services.editing import delete_products
from catalog.services.refresh import refresh_products
from tenants.shop.models import raise_catalogue_version

UNDONE_WITHIN = timedelta(hours=24)
State = ImportRun.State
_PART = 250
_KEPT_NAMED = 50
_REASON = "Import undone"


def may_be_undone(run: ImportRun) -> bool:
    """Whether it came in less than a day ago, and what was before is known."""
    ended = run.state in {State.DONE, State.STOPPED, State.FAILED}
    is_young = run.finished_at and run.finished_at > timezone.now() - UNDONE_WITHIN
    return ended and bool(is_young) and run.changes.exists()


def undo(run_id: UUID) -> None:
    """Undo it part by part, until nothing of it is left to undo."""
    while _undo_part(run_id):
        pass


@transaction.atomic
def _undo_part(run_id: UUID) -> bool:
    """Undo the newest changes; returns whether there may be others."""
    run = ImportRun.objects.select_for_update().get(pk=run_id)
    if run.state != State.UNDOING:
        return False
    changes = {each.product_id: each for each in run.changes.all()[:_PART]}
    if not changes:
        _finish(run)
        return False
    # Products first, then variants, each in id order, as every writer of several does.
    products = Product.objects.filter(pk__in=changes).order_by("pk").select_for_update()
    present = {product.pk: product for product in products.defer("search")}
    variants = Variant.objects.filter(product__in=present).order_by("pk")
    of_product: dict[UUID, list[Variant]] = {}
    for variant in variants.select_for_update(of=("self",)):
        of_product.setdefault(variant.product_id, []).append(variant)
    kept = _touched(changes, present, of_product)
    undone = present.keys() - kept
    made = {key for key in undone if changes[key].before["is_new"]}
    for key in sorted(undone - made):
        _restore(present[key], of_product.get(key, []), changes[key].before, run)
    _note(run, len(changes), len(undone), [present[key].name for key in kept])
    ImportedChange.objects.filter(pk__in=[each.pk for each in changes.values()]).delete()
    refresh_products(undone - made)
    if made:
        delete_products(made)
    raise_catalogue_version()
    return True


def _touched(
    changes: Mapping[UUID, ImportedChange],
    present: Mapping[UUID, Product],
    of_product: Mapping[UUID, list[Variant]],
) -> set[UUID]:
    """The products to which something happened since they were imported."""
    moved = dict(
        StockMovement.objects.filter(variant__product__in=present)
        .order_by()
        .values_list("variant__product")
        .annotate(Max("created_at"))
    )
    found = set()
    for key, product in present.items():
        imported_at = changes[key].created_at
        if (
            product.updated_at > imported_at
            or (key in moved and moved[key] > imported_at)
            or any(variant.held for variant in of_product.get(key, []))
        ):
            found.add(key)
    return found


def _restore(
    product: Product, variants: list[Variant], before: Mapping[str, Any], run: ImportRun
) -> None:
    """A product that was there before, with its variants, categories and pictures."""
    _set(product, before["members"])
    added = set(before["new_variants"])
    Variant.objects.filter(pk__in=added).delete()
    for variant in variants:
        if str(variant.pk) in added or str(variant.pk) not in before["variants"]:
            continue
        units = variant.on_hand
        _set(variant, before["variants"][str(variant.pk)])
        if variant.on_hand != units:
            StockMovement.objects.create(
                variant=variant,
                kind=StockMovement.Kind.ADJUSTMENT,
                quantity=variant.on_hand - units,
                reason=_REASON,
                user_id=run.user_id,
                user_name=run.user_name,
            )
    places = Product.categories.through.objects.filter(product_id=product.pk)
    places.filter(category_id__in=before["categories"]).delete()
    ProductImage.objects.filter(pk__in=before["new_pictures"]).delete()
    for picture in ProductImage.objects.filter(pk__in=before["pictures"]):
        _set(picture, before["pictures"][str(picture.pk)])


def _set(thing: Product | Variant | ProductImage, members: Mapping[str, Any]) -> None:
    """Give members their values of before, as JSON had them."""
    for name, value in members.items():
        field: Any = thing._meta.get_field(name)
        setattr(thing, name, field.to_python(value))
    if members:
        thing.save(update_fields=list(members))


def _note(run: ImportRun, count: int, undone: int, kept: list[str]) -> None:
    report = run.report
    report["undone"] = report.get("undone", 0) + undone
    report["kept_count"] = report.get("kept_count", 0) + len(kept)
    report["kept"] = [*report.get("kept", []), *kept][:_KEPT_NAMED]
    run.done = min(run.done + count, run.total)
    run.updated_at = timezone.now()
    run.save(update_fields=["report", "done", "updated_at"])


def _finish(run: ImportRun) -> None:
    """The last transaction: categories that it made and that nobody uses go as well."""
    featured = FeaturedCategory.objects.values("category")
    for category_id in reversed(run.made_categories):
        Category.objects.filter(
            pk=category_id, products__isnull=True, children__isnull=True
        ).exclude(pk__in=featured).delete()
    run.state, run.updated_at = State.UNDONE, timezone.now()
    run.save(update_fields=["state", "updated_at"])
    raise_catalogue_version()
