"""The options of a product as a shopper chooses among them, and what each choice comes to."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString

from catalog.display import offer_price_html, stock_state, stock_words
from catalog.listing import ProductRow
from catalog.pictured import pictured_option


@dataclass(frozen=True, slots=True)
class Value:
    """One value of an option. It is out where no variant with it can be sold."""

    label: str
    is_chosen: bool
    is_out: bool


@dataclass(frozen=True, slots=True)
class Group:
    """An option of a product, and the field of the form that carries the choice."""

    name: str
    field: str
    values: list[Value]


@dataclass(frozen=True, slots=True)
class Offer:
    """What a variant is and costs, in words. `picture` counts the product's pictures from 0."""

    id: str
    options: list[str]
    price: SafeString
    stock: str
    state: str
    sku: str
    units: int
    picture: int | None

    @property
    def name(self) -> str:
        return " / ".join(self.options)


def offers_of(row: ProductRow, pictures: list[dict[str, Any]]) -> list[Offer]:
    """Every variant of a product, the default one first."""
    shown = dict(_pictured(row, pictures))
    # Variants share prices, and to write one costs more than all the rest here.
    prices: dict[tuple[Decimal, Decimal | None], SafeString] = {}
    found = []
    for variant in row.variants:
        amounts = variant["price"], variant["compare_at_price"]
        if amounts not in prices:
            prices[amounts] = offer_price_html(*amounts)
        found.append(
            Offer(
                id=variant["id"],
                options=list(variant["options"].values()),
                price=prices[amounts],
                stock=stock_words(variant["stock"]),
                state=stock_state(variant["stock"]),
                sku=variant["sku"],
                units=max(variant["stock"], 0),
                picture=shown.get(variant["id"]),
            )
        )
    return found


def offer_at_first(offers: list[Offer]) -> Offer:
    """The one that stands chosen when the page opens: the first that can be sold."""
    return next((offer for offer in offers if offer.units), offers[0])


def groups_of(row: ProductRow, offers: list[Offer], first: Offer) -> list[Group]:
    """The product's options with their values, in the order of its variants."""
    if not first.options:
        return []
    groups = []
    for index, name in enumerate(row.option_names):
        sold: dict[str, bool] = {}
        for offer in offers:
            if offer.options:
                value = offer.options[index]
                sold[value] = sold.get(value, False) or offer.units > 0
        values = [
            Value(value, value == first.options[index], not is_sold)
            for value, is_sold in sold.items()
        ]
        groups.append(Group(name, f"option-{index + 1}", values))
    return groups


def _pictured(row: ProductRow, pictures: list[dict[str, Any]]) -> Iterator[tuple[str, int]]:
    """Variants with the picture that shows them."""
    numbers = {image["variant"]: index for index, image in enumerate(pictures) if image["variant"]}
    own = [variant for variant in row.variants if variant["id"] in numbers and variant["options"]]
    if name := pictured_option(row.option_names, [variant["options"] for variant in own]):
        by_value = {variant["options"][name]: numbers[variant["id"]] for variant in own}
        for variant in row.variants:
            if (value := variant["options"].get(name)) in by_value:
                yield variant["id"], by_value[value]
    yield from numbers.items()
