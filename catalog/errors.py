"""The refusals of the catalogue, one class each."""

from collections.abc import Sequence
from uuid import UUID

from pycommerce.core.errors import Conflict, NotFound


class UnknownProduct(NotFound):
    def __init__(self, product_id: UUID | str) -> None:
        super().__init__(f"Product with ID '{product_id}' does not exist.")


class UnknownVariant(NotFound):
    """There is no such variant."""

    def __init__(self, variant_id: UUID | str) -> None:
        super().__init__(f"Variant with ID '{variant_id}' does not exist.")


class HeldForOrders(Conflict):
    """What pending orders hold units of cannot be deleted."""

    def __init__(self, skus: Sequence[str]) -> None:
        super().__init__(f"Orders hold units of {', '.join(skus)}; archive the product instead.")


class StockWouldBeNegative(Conflict):
    """Fewer units than are held for orders cannot be on hand."""

    code = "out_of_stock"
    message = "There are not enough units in stock."

    def __init__(self, *, sku: str, requested: int, available: int) -> None:
        super().__init__(f"{sku}: {requested} requested, {available} available.")


class ImportCannotGoOn(Conflict):
    """It is being worked on, it is done, or its file is gone."""


class TooManyPictures(Conflict):
    """A product has as many pictures as it may."""

    def __init__(self, most: int) -> None:
        super().__init__(f"A product has at most {most} pictures.")
