"""Undoes an import within a day: each product that nothing happened to since is as it was.

A product stays as it is where units of it were sold or are held, where its stock moved, or where it
was edited after the import. Part by part, newest first; each part is one transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Model
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
from catalog.services.locking import lock_products
from catalog.services.pictures import forget_pictures
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
    lock_products(changes)
    products = Product.objects.filter(pk__in=changes).order_by("pk")
    present = {product.pk: product for product in products}
    variants = Variant.objects.filter(product__in=present).order_by("pk")
    of_product: dict[UUID, list[Variant]] = {}
    for variant in variants:
        of_product.setdefault(variant.product_id, []).append(variant)
    kept = _touched(changes, present, of_product)
    undone = present.keys() - kept
    made = {key for key in undone if changes[key].before["is_new"]}
    _restore([present[key] for key in sorted(undone - made)], of_product, changes, run)
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
            # Another moment, be it an earlier one: an edit that began first and waited.
            product.updated_at != datetime.fromisoformat(changes[key].before["updated_at"])
            or (key in moved and moved[key] > imported_at)
            or any(variant.held for variant in of_product.get(key, []))
        ):
            found.add(key)
    return found


def _restore(
    products: Sequence[Product],
    of_product: Mapping[UUID, list[Variant]],
    changes: Mapping[UUID, ImportedChange],
    run: ImportRun,
) -> None:
    """Products that were there before, with their variants, categories and pictures.

    In as many statements for one as for all of them: shoppers wait for what is locked.
    """
    befores = {product.pk: changes[product.pk].before for product in products}
    added = {pk for before in befores.values() for pk in before["new_variants"]}
    Variant.objects.filter(pk__in=added).delete()
    _save(Product, [(product, befores[product.pk]["members"]) for product in products])
    members = {pk: was for before in befores.values() for pk, was in before["variants"].items()}
    variants = [
        variant
        for product in products
        for variant in of_product.get(product.pk, [])
        if str(variant.pk) in members and str(variant.pk) not in added
    ]
    units = {variant.pk: variant.on_hand for variant in variants}
    _save(Variant, [(variant, members[str(variant.pk)]) for variant in variants])
    StockMovement.objects.bulk_create(
        StockMovement(
            variant=variant,
            kind=StockMovement.Kind.ADJUSTMENT,
            quantity=variant.on_hand - units[variant.pk],
            reason=_REASON,
            user_id=run.user_id,
            user_name=run.user_name,
        )
        for variant in variants
        if variant.on_hand != units[variant.pk]
    )
    places = Product.categories.through.objects
    placed = places.filter(product_id__in=befores).values_list("pk", "product_id", "category_id")
    places.filter(
        pk__in=[pk for pk, key, category in placed if str(category) in befores[key]["categories"]]
    ).delete()
    new = [pk for before in befores.values() for pk in before["new_pictures"]]
    brought = ProductImage.objects.filter(pk__in=new)
    forget_pictures(list(brought.values_list("file", flat=True)))
    brought.delete()
    members = {pk: was for before in befores.values() for pk, was in before["pictures"].items()}
    pictures = ProductImage.objects.filter(pk__in=members)
    _save(ProductImage, [(picture, members[str(picture.pk)]) for picture in pictures])


def _save(kind: type[Model], things: Sequence[tuple[Any, Mapping[str, Any]]]) -> None:
    """Give members their values of before, as JSON had them."""
    for thing, members in things:
        for name, value in members.items():
            field: Any = kind._meta.get_field(name)
            setattr(thing, name, field.to_python(value))
    names = {name for _, members in things for name in members}
    if names:
        changed = [thing for thing, members in things if members]
        kind._default_manager.bulk_update(changed, sorted(names), batch_size=200)


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
    unused = Category.objects.filter(
        pk__in=run.made_categories, products__isnull=True, children__isnull=True
    ).exclude(pk__in=featured)
    # Level by level, from the leaves up.
    while unused.delete()[0]:
        pass
    run.fetches.all().delete()
    run.state, run.updated_at = State.UNDONE, timezone.now()
    run.save(update_fields=["state", "updated_at"])
    raise_catalogue_version()
