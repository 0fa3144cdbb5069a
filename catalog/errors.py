"""The refusals of the catalogue, one class each."""

from collections.abc import Sequence
from uuid import UUID

from pycommerce.core.errors import Conflict, InvalidRequest, NotFound


class UnknownVariant(NotFound):
    """There is no such variant."""

    def __init__(self, variant_id: UUID | str) -> None:
        super().__init__(f"Variant with ID '{variant_id}' does not exist.")


class HeldForOrders(Conflict):
    """What pending orders hold units of cannot be deleted."""

    def __init__(self, skus: Sequence[str]) -> None:
        super().__init__(f"Orders hold units of {', '.join(skus)}; archive the product instead.")


class StockWouldBeNegative(InvalidRequest):
    """Fewer units than are held for orders cannot be on hand."""

    def __init__(self, *, sku: str, wanted: int, held: int) -> None:
        problem = f"{sku}: {wanted} units on hand are fewer than the {held} held for orders."
        if held == 0:
            problem = f"{sku}: {wanted} units cannot be on hand."
        super().__init__(problem, fields={"on_hand": [problem]})
