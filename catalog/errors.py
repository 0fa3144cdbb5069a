"""The refusals of the catalogue, one class each."""

from uuid import UUID

from pycommerce.core.errors import InvalidRequest, NotFound


class UnknownVariant(NotFound):
    """There is no such variant."""

    def __init__(self, variant_id: UUID | str) -> None:
        super().__init__(f"Variant with ID '{variant_id}' does not exist.")


class StockWouldBeNegative(InvalidRequest):
    """Fewer units than are held for orders cannot be on hand."""

    def __init__(self, *, sku: str, wanted: int, held: int) -> None:
        problem = f"{sku}: {wanted} units on hand are fewer than the {held} held for orders."
        if held == 0:
            problem = f"{sku}: {wanted} units cannot be on hand."
        super().__init__(problem, fields={"on_hand": [problem]})
