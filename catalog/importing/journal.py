"""What a part of an import did to each product: enough to undo it."""

from decimal import Decimal
from typing import Any
from uuid import UUID


class Journal:
    """For each product that is new or changed, its members and what belongs to it as it was.

    `products` maps an id to what JSON can hold; `categories` are ids of those that were made.
    """

    def __init__(self) -> None:
        self.products: dict[UUID, dict[str, Any]] = {}
        self.categories: list[str] = []

    def _of(self, product_id: UUID) -> dict[str, Any]:
        return self.products.setdefault(
            product_id,
            {
                "is_new": False,
                "members": {},
                "variants": {},
                "new_variants": [],
                "categories": [],
                "pictures": {},
                "new_pictures": [],
            },
        )

    def made(self, product_id: UUID) -> None:
        self._of(product_id)["is_new"] = True

    def changed(self, product_id: UUID, members: dict[str, tuple[Any, Any]]) -> None:
        self._of(product_id)["members"] = _old(members)

    def changed_variant(
        self, product_id: UUID, variant_id: UUID, members: dict[str, tuple[Any, Any]]
    ) -> None:
        self._of(product_id)["variants"][str(variant_id)] = _old(members)

    def changed_picture(
        self, product_id: UUID, picture_id: UUID, members: dict[str, tuple[Any, Any]]
    ) -> None:
        self._of(product_id)["pictures"][str(picture_id)] = _old(members)

    def added(self, product_id: UUID, what: str, thing_id: UUID) -> None:
        """`what` is new_variants, categories or new_pictures."""
        self._of(product_id)[what].append(str(thing_id))


def _old(members: dict[str, tuple[Any, Any]]) -> dict[str, Any]:
    return {
        name: str(old) if isinstance(old, Decimal) else old for name, (old, _new) in members.items()
    }
