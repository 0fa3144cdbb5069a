"""Brings a parsed catalogue into the shop, a few hundred products at a time, set by set.

What is there already is found by address (products), by SKU or else by options (variants) and by
address (pictures). What the file does not name stays as it is.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from catalog.importing.entries import Catalogue, ImageEntry, ProductEntry, VariantEntry
from catalog.importing.journal import Journal
from catalog.importing.report import Report
from catalog.importing.values import join_path
from catalog.models import Category, Product, ProductImage, StockMovement, Variant
from catalog.pictures import public_url
from catalog.sanitise import sanitise_html
from catalog.services.editing import generated_sku
from catalog.services.locking import lock_products
from catalog.services.slugs import slug_from
from pycommerce.core.money import price_problem
from pycommerce.db import connection
from tenants.services.audit import Person

_PRODUCT_FIELDS = (
    "name",
    "description",
    "status",
    "vendor",
    "product_type",
    "tags",
    "option_names",
    "seo_title",
    "seo_description",
)
_VARIANT_FIELDS = ("price", "compare_at_price", "barcode", "weight_grams", "option_values")


class Importer:
    """One import; the caller holds a transaction for each part of it.

    With `dry_run` it finds out what it would do, and neither writes nor locks.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        report: Report,
        user: Person | None,
        *,
        dry_run: bool = False,
    ) -> None:
        self.catalogue = catalogue
        self.dry_run = dry_run
        self.report = report
        self.user = user
        self.started_at = self.newest_at = timezone.now()
        self.journal = Journal()
        self.number = 0
        self.skus: set[str] = set()
        self._load_categories()

    def pass_over(self, entries: list[ProductEntry]) -> None:
        """Take these as done: an earlier part of the same import brought them in."""
        self.number += len(entries)
        self.skus |= {each.sku for entry in entries for each in entry.variants if each.sku}

    def apply(self, entries: list[ProductEntry]) -> set[UUID]:
        """Create or update these products; returns the ids of those that changed.

        `journal` then says what was done to each of them.
        """
        self.journal = Journal()
        slugs = [entry.slug for entry in entries]
        found = Product.objects.filter(slug__in=slugs)
        if not self.dry_run:
            lock_products(ids := list(found.values_list("pk", flat=True)))
            found = found.filter(pk__in=ids)
        existing = {product.slug: product for product in found.defer("image_list")}
        variants: dict[UUID, list[Variant]] = {}
        owners = existing.values()
        for variant in Variant.objects.filter(product__in=owners).order_by("pk"):
            variants.setdefault(variant.product_id, []).append(variant)
        wanted = [each.sku for entry in entries for each in entry.variants if each.sku]
        taken = dict(Variant.objects.filter(sku__in=wanted).values_list("sku", "product__slug"))
        batch = _Batch(self.started_at, self.user)
        accepted = []
        for entry in entries:
            self._refuse_unsellable(entry, taken)
            product = existing.get(entry.slug)
            if not entry.variants:
                continue
            accepted.append(entry)
            if product is None:
                product = self._new_product(entry)
                batch.new_products.append(product)
                self.report.products.created += 1
                batch.new_ids.add(product.pk)
                self.journal.made(product.pk)
                self.report.note_new(entry.row.line, entry.name, entry.variants)
                for position, each in enumerate(entry.variants, 1):
                    self._add_variant(batch, product, each, position)
            else:
                self._update(batch, product, entry, variants.get(product.pk, []))
            batch.products[entry.slug] = product
        self._name_skus(batch)
        if not self.dry_run:
            batch.write()
        self._place(batch, accepted)
        self._add_images(batch, accepted)
        self._count_updates(batch)
        return batch.changed | {product.pk for product in batch.new_products}

    # --- Products --------------------------------------------------------------------------

    def _new_product(self, entry: ProductEntry) -> Product:
        self.number += 1
        # The first of the file is the newest, as shops put it first.
        created_at = self.newest_at - timedelta(milliseconds=self.number)
        product = Product(slug=entry.slug, created_at=created_at, source_fields=dict(entry.kept))
        for name, value in _members(entry).items():
            setattr(product, name, value)
        return product

    def _update(
        self, batch: "_Batch", product: Product, entry: ProductEntry, present: list[Variant]
    ) -> None:
        members = _members(entry)
        changed = _assign(product, members | {"source_fields": entry.kept})
        if changed:
            self.report.note_change(entry.row.line, product.name, changed)
            self.journal.changed(product.pk, changed)
            batch.updated_products.append(product)
            batch.changed.add(product.pk)
        by_sku = {variant.sku: variant for variant in present}
        by_options = {tuple(variant.option_values): variant for variant in present}
        named = {each.sku for each in entry.variants}
        position = max((variant.position for variant in present), default=0)
        for each in entry.variants:
            same = by_options.get(tuple(each.option_values))
            variant = by_sku.get(each.sku) or same or by_sku.get(each.instead_of)
            if variant is not same and same is not None and same.sku not in named:
                reason = f"The variant '{same.sku}' of the product has the same options."
                self.catalogue.reject(each.row, reason)
            elif variant is None:
                position += 1
                self._add_variant(batch, product, each, position)
                self.report.note_new(each.row.line, product.name, [each])
                batch.changed.add(product.pk)
            else:
                self._update_variant(batch, variant, each)

    # --- Variants --------------------------------------------------------------------------

    def _refuse_unsellable(self, entry: ProductEntry, taken: dict[str, str]) -> None:
        """Refuse the variants that nobody could pay, or whose SKU another one has."""
        kept, currency = [], connection.tenant.currency
        for each in entry.variants:
            if problem := price_problem(each.price, currency):
                self.catalogue.reject(each.row, f"The price is {each.price}. {problem}")
            elif each.sku and each.sku in self.skus:
                self.catalogue.reject(each.row, f"The SKU '{each.sku}' stands in the file before.")
            elif each.sku and taken.get(each.sku, entry.slug) != entry.slug:
                reason = f"The SKU '{each.sku}' belongs to the product '{taken[each.sku]}'."
                self.catalogue.reject(each.row, reason)
            else:
                self.skus.add(each.sku)
                kept.append(each)
        if not kept and entry.variants:
            for row in entry.other_rows:
                self.catalogue.reject(row, "Its product has no variant that could be taken.")
        entry.variants = kept
        self.skus.discard("")

    def _add_variant(
        self, batch: "_Batch", product: Product, each: VariantEntry, position: int
    ) -> None:
        variant = Variant(
            product=product,
            sku=each.sku,
            sku_is_generated=not each.sku,
            position=position,
            on_hand=each.stock or 0,
            source_fields=dict(each.kept),
            created_at=self.started_at,
            updated_at=self.started_at,
            **{name: getattr(each, name) for name in _VARIANT_FIELDS},
        )
        batch.new_variants.append(variant)
        if not batch.is_new(product):
            self.journal.added(product.pk, "new_variants", variant.pk)
        self.report.variants.created += 1
        self.report.uncounted += each.stock is None
        if each.stock:
            batch.add_movement(variant, StockMovement.Kind.RECEIPT, each.stock)

    def _update_variant(self, batch: "_Batch", variant: Variant, each: VariantEntry) -> None:
        if each.stock is not None and each.stock < variant.held:
            reason = f"{each.stock} units are fewer than the {variant.held} held for orders."
            self.catalogue.reject(each.row, reason)
            return
        members = {name: getattr(each, name) for name in _VARIANT_FIELDS}
        members["source_fields"] = each.kept
        if each.sku and each.sku != variant.sku:
            members |= {"sku": each.sku, "sku_is_generated": False}
        changed = _assign(variant, members)
        if each.stock is not None and each.stock != variant.on_hand:
            difference = each.stock - variant.on_hand
            batch.add_movement(variant, StockMovement.Kind.ADJUSTMENT, difference)
            changed["on_hand"] = (variant.on_hand, each.stock)
            variant.on_hand = each.stock
        if not changed:
            self.report.variants.unchanged += 1
            return
        self.report.note_change(each.row.line, variant.sku, changed)
        self.journal.changed_variant(variant.product_id, variant.pk, changed)
        variant.updated_at = self.started_at
        batch.updated_variants.append(variant)
        batch.changed.add(variant.product_id)
        self.report.variants.updated += 1

    def _name_skus(self, batch: "_Batch") -> None:
        """Give new variants without a SKU one from address and options that nobody has."""
        nameless = [variant for variant in batch.new_variants if not variant.sku]
        for variant in nameless:
            variant.sku = generated_sku(variant.product.slug, variant)
        wanted = [variant.sku for variant in nameless]
        taken = set(Variant.objects.filter(sku__in=wanted).values_list("sku", flat=True))
        for variant in nameless:
            base, number = variant.sku, 1
            while variant.sku in taken or variant.sku in self.skus:
                number += 1
                variant.sku = f"{base[:240]}-{number}"
            self.skus.add(variant.sku)

    # --- Categories ------------------------------------------------------------------------

    def _load_categories(self) -> None:
        self.category_slugs: set[str] = set()
        self.children: dict[tuple[UUID | None, str], Category] = {}
        for category in Category.objects.all():
            self.category_slugs.add(category.slug)
            self.children[category.parent_id, category.name] = category

    def _category(self, path: Iterable[str]) -> Category | None:
        """The category at this path of names, made where it is missing."""
        parent: Category | None = None
        for name in path:
            key = (parent.pk if parent else None, name)
            category = self.children.get(key)
            if category is None:
                category = Category(name=name, slug=self._category_slug(name), parent=parent)
                category.position = len(self.category_slugs)
                if not self.dry_run:
                    category.save(force_insert=True)
                    self.journal.categories.append(str(category.pk))
                self.children[key] = category
            parent = category
        return parent

    def _category_slug(self, name: str) -> str:
        wanted = slug = slug_from(name)
        number = 1
        while slug in self.category_slugs:
            number += 1
            slug = f"{wanted[:240]}-{number}"
        self.category_slugs.add(slug)
        return slug

    def _place(self, batch: "_Batch", entries: list[ProductEntry]) -> None:
        """Put the products into the categories that the file names."""
        through = Product.categories.through
        ids = [product.pk for product in batch.products.values()]
        present = set(
            through.objects.filter(product_id__in=ids).values_list("product_id", "category_id")
        )
        rows = []
        for entry in entries:
            product = batch.products[entry.slug]
            for path in entry.categories:
                category = self._category(path)
                if category and (product.pk, category.pk) not in present:
                    present.add((product.pk, category.pk))
                    rows.append(through(product_id=product.pk, category_id=category.pk))
                    if not batch.is_new(product):
                        placed = {"categories": (None, join_path(path))}
                        self.report.note_change(entry.row.line, product.name, placed)
                        self.journal.added(product.pk, "categories", category.pk)
                    batch.changed.add(product.pk)
        if not self.dry_run:
            through.objects.bulk_create(rows)

    # --- Pictures --------------------------------------------------------------------------

    def _add_images(self, batch: "_Batch", entries: list[ProductEntry]) -> None:
        ids = [product.pk for product in batch.products.values()]
        present: dict[UUID, dict[str, ProductImage]] = {}
        for image in ProductImage.objects.filter(product_id__in=ids):
            images = present.setdefault(image.product_id, {})
            images[public_url(image)] = image
            if image.source_url:
                images[image.source_url] = image
        new: list[ProductImage] = []
        changed: list[ProductImage] = []
        for entry in entries:
            product = batch.products[entry.slug]
            images = present.get(product.pk, {})
            if batch.is_new(product):
                self.report.picture_files += entry.picture_files
            for position, each in enumerate(entry.images, 1):
                known = images.get(each.url)
                if known is None:
                    new.append(_new_image(product, each, position))
                    differs = {} if batch.is_new(product) else {"picture": (None, each.url)}
                    if differs:
                        self.journal.added(product.pk, "new_pictures", new[-1].pk)
                elif differs := _assign(known, {"alt": each.alt, "position": position}):
                    changed.append(known)
                    self.journal.changed_picture(product.pk, known.pk, differs)
                if differs:
                    self.report.note_change(entry.row.line, product.name, differs)
        if not self.dry_run:
            ProductImage.objects.bulk_create(new)
            ProductImage.objects.bulk_update(changed, ["alt", "position"])
        batch.changed |= {image.product_id for image in [*new, *changed]}
        self.report.images_added += len(new)

    def _count_updates(self, batch: "_Batch") -> None:
        """A product is updated when anything of it was: a variant, a picture, its place."""
        for product in batch.products.values():
            if batch.is_new(product):
                continue
            if product.pk in batch.changed:
                self.report.products.updated += 1
            else:
                self.report.products.unchanged += 1


def _members(entry: ProductEntry) -> dict[str, Any]:
    members = {name: getattr(entry, name) for name in _PRODUCT_FIELDS}
    members["description"] = sanitise_html(entry.description)
    return members


def _assign(thing: Any, members: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Set what differs; returns member to its old and new value."""
    changed = {
        name: (getattr(thing, name), value)
        for name, value in members.items()
        if getattr(thing, name) != value
    }
    for name, (_old, new) in changed.items():
        setattr(thing, name, new)
    return changed


def _new_image(product: Product, entry: ImageEntry, position: int) -> ProductImage:
    return ProductImage(product=product, source_url=entry.url, alt=entry.alt, position=position)


class _Batch:
    """What is written together."""

    def __init__(self, at: datetime, user: Person | None) -> None:
        self.at, self.user = at, user
        self.products: dict[str, Product] = {}
        self.new_products: list[Product] = []
        self.new_ids: set[UUID] = set()
        self.updated_products: list[Product] = []
        self.new_variants: list[Variant] = []
        self.updated_variants: list[Variant] = []
        self.movements: list[StockMovement] = []
        self.changed: set[UUID] = set()

    def is_new(self, product: Product) -> bool:
        return product.pk in self.new_ids

    def add_movement(self, variant: Variant, kind: StockMovement.Kind, quantity: int) -> None:
        self.movements.append(
            StockMovement(
                variant=variant,
                kind=kind,
                quantity=quantity,
                reason="Import",
                user_id=self.user.pk if self.user else None,
                user_name=self.user.author if self.user else "",
                created_at=self.at,
            )
        )

    def write(self) -> None:
        Product.objects.bulk_create(self.new_products)
        Product.objects.bulk_update(
            self.updated_products, [*_PRODUCT_FIELDS, "source_fields"], batch_size=200
        )
        Variant.objects.bulk_create(self.new_variants)
        Variant.objects.bulk_update(
            self.updated_variants,
            [*_VARIANT_FIELDS, "source_fields", "sku", "sku_is_generated", "on_hand", "updated_at"],
            batch_size=200,
        )
        StockMovement.objects.bulk_create(self.movements)
