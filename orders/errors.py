"""The refusals of orders, one class each."""

from uuid import UUID

from pycommerce.core.errors import Conflict, InvalidRequest, NotFound


class OutOfStock(Conflict):
    code = "out_of_stock"
    message = "There are not enough units in stock."

    def __init__(self, *, sku: str, requested: int, available: int) -> None:
        super().__init__(f"{sku}: {requested} requested, {available} available.")
        self.sku, self.requested, self.available = sku, requested, available


class PricesChanged(Conflict):
    """What the shopper was shown is not what the shop asks for."""

    message = "Prices or items have changed."


class IllegalTransition(Conflict):
    """The order's present state does not allow the step."""

    def __init__(self, details: str) -> None:
        super().__init__(details)


class UnknownOrder(NotFound):
    def __init__(self, order_id: UUID | str) -> None:
        super().__init__(f"Order with ID '{order_id}' does not exist.")


class BadDiscount(InvalidRequest):
    """The code does not apply; says why."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem, fields={"discount_code": [problem]})
