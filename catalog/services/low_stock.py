"""What gets low in stock, and what of it is new since somebody looked."""

from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from catalog.models import LowStockNotice, Product, StockMovement, StockSettings, Variant


def is_low() -> Q:
    """Variants of which no more can be sold than their limit, or else the shop's."""
    shops = Subquery(StockSettings.objects.values("low_stock_limit")[:1])
    return Q(on_hand__lte=F("held") + Coalesce("low_stock_limit", shops))


def is_sold_out() -> Q:
    """Variants of which nothing can be sold."""
    return Q(on_hand=F("held"))


def low_stock(variants: QuerySet[Variant]) -> QuerySet[Variant]:
    """Those that are low, of what is for sale."""
    return variants.filter(is_low(), product__status=Product.Status.ACTIVE)


@transaction.atomic
def notice_low_stock() -> list[UUID]:
    """Variants that got low since the last look, by SKU; each once until it was above its limit.

    What never had a unit, as after an import without counts, has not got low.
    In the caller's transaction, they are noticed when what it tells of them is written.
    """
    # One look at a time: two would tell of the same.
    StockSettings.objects.select_for_update().get()
    low = low_stock(Variant.objects.all())
    LowStockNotice.objects.exclude(variant__in=low.values("pk")).delete()
    moved = StockMovement.objects.filter(variant=OuterRef("pk"))
    new = low.filter(Exists(moved), low_stock_notice__isnull=True).order_by("sku")
    found = list(new.values_list("pk", flat=True))
    LowStockNotice.objects.bulk_create(LowStockNotice(variant_id=pk) for pk in found)
    return found
