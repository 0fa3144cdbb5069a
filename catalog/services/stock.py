"""Stock: units come and go by movements alone, whose sum is what is on hand."""

from uuid import UUID

from django.db import transaction

from catalog.errors import StockWouldBeNegative, UnknownVariant
from catalog.models import StockMovement, Variant
from pycommerce.core.errors import InvalidRequest, wrong_field
from tenants.services.audit import Person, record
from tenants.shop.models import AuditEntry, raise_catalogue_version

MAX_UNITS = 1_000_000_000


@transaction.atomic
def adjust_stock(
    *,
    variant_id: UUID,
    change: int | None = None,
    on_hand: int | None = None,
    reason: str,
    user: Person | None,
) -> Variant:
    """Change the units on hand by `change`, or to a count of `on_hand`, for a reason.

    Raises InvalidRequest naming the field, UnknownVariant or StockWouldBeNegative; then nothing
    has changed. A count that finds what is known already writes nothing.
    """
    if (change is None) == (on_hand is None):
        problem = "Give either a change or a count."
        raise InvalidRequest(problem, fields={"change": [problem], "on_hand": [problem]})
    if on_hand is not None and on_hand < 0:
        raise wrong_field("on_hand", "Use 0 or more.")
    if not reason.strip() or len(reason) > 255:
        raise wrong_field("reason", "Use 1 to 255 characters.")
    # Lines of orders and carts may name the variant meanwhile: its key stays as it is.
    variant = Variant.objects.select_for_update(no_key=True).filter(pk=variant_id).first()
    if variant is None:
        raise UnknownVariant(variant_id)
    before = variant.on_hand
    after = on_hand if on_hand is not None else before + (change or 0)
    if after < variant.held:
        raise StockWouldBeNegative(
            sku=variant.sku, requested=before - after, available=variant.stock
        )
    if after > MAX_UNITS:
        name = "change" if on_hand is None else "on_hand"
        raise wrong_field(name, f"At most {MAX_UNITS} can be on hand.")
    if after == before:
        return variant
    variant.on_hand = after
    variant.save(update_fields=["on_hand"])
    StockMovement.objects.create(
        variant=variant,
        kind=StockMovement.Kind.ADJUSTMENT,
        quantity=after - before,
        reason=reason.strip(),
        user_id=user.pk if user else None,
        user_name=user.author if user else "",
    )
    record(
        user=user,
        action=AuditEntry.Action.CHANGE,
        thing=variant,
        changes={"on hand": (before, after), "reason": (None, reason.strip())},
    )
    raise_catalogue_version()
    return variant


def receive_first_stock(variant: Variant, units: int, user: Person | None) -> None:
    """Put the units of a variant that was just made on hand."""
    if units <= 0:
        return
    variant.on_hand = units
    variant.save(update_fields=["on_hand"])
    StockMovement.objects.create(
        variant=variant,
        kind=StockMovement.Kind.RECEIPT,
        quantity=units,
        reason="First stock",
        user_id=user.pk if user else None,
        user_name=user.author if user else "",
    )
