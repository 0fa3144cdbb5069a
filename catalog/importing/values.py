"""Cells as values. Each raises BadRow with a sentence for the merchant."""

import re
from decimal import Decimal

from catalog.importing.entries import BadRow, Row
from catalog.importing.reader import EXTRA_CELLS
from pycommerce.core.money import UPPER_LIMIT, decimals_of
from pycommerce.core.numbers import Unreadable, read_number

_SLUG = re.compile(r"[^\s/?#%\\]+\Z")
_WEB_ADDRESS = re.compile(r"https?://[^\s/]", re.IGNORECASE)
MAX_STOCK = 1_000_000_000


def check_shape(row: Row, columns: int) -> None:
    """Refuse a row with more cells than the header names."""
    if EXTRA_CELLS in row.cells:
        raise BadRow(f"It has {row.cells[EXTRA_CELLS]} cells, the header {columns}.")


def number(text: str, name: str) -> Decimal:
    """A number with a decimal point or a decimal comma; one that could be either is refused."""
    try:
        return read_number(text, name)
    except Unreadable as problem:
        raise BadRow(str(problem)) from problem


def money(text: str, name: str, currency: str) -> Decimal:
    amount = number(text, name)
    places = decimals_of(currency)
    if amount < 0:
        raise BadRow(f"{name} is negative.")
    if amount >= UPPER_LIMIT:
        raise BadRow(f"{name} is too large.")
    if amount != round(amount, places):
        raise BadRow(f"{name} is {amount}; {currency} has {places} decimals.")
    return round(amount, places)


def units(text: str, name: str) -> int:
    """A count of units; what a shop oversold, and so counts below nought, is none."""
    amount = number(text, name)
    if amount != amount.to_integral_value():
        raise BadRow(f"{name} is {text}, which is no whole number.")
    if amount > MAX_STOCK:
        raise BadRow(f"{name} is too large.")
    return max(0, int(amount))


def weight(text: str, name: str, grams: Decimal = Decimal(1)) -> Decimal | None:
    """A weight in grams, from a unit of so many grams."""
    if not text:
        return None
    amount = number(text, name)
    if amount < 0 or amount * grams >= 1_000_000_000:
        raise BadRow(f"{name} is {text}, which is no weight.")
    return round(amount * grams, 3)


def short(text: str, name: str, length: int = 255) -> str:
    if len(text) > length:
        raise BadRow(f"{name} is longer than {length} characters.")
    return text


def image_address(text: str) -> str:
    """The address of a picture on the web; nothing else is ever shown or fetched."""
    if not _WEB_ADDRESS.match(text):
        raise BadRow(f"The image address is '{text[:60]}'; it begins with https:// or http://.")
    return short(text, "The image address", 2000)


def slug(text: str, name: str) -> str:
    """The last part of an address, as the other system had it."""
    if not text:
        raise BadRow(f"{name} is empty.")
    if not _SLUG.match(text):
        raise BadRow(f"{name} is '{text[:60]}', which cannot stand in an address.")
    return short(text, name)


def split_list(text: str) -> list[str]:
    """The parts between commas, each once, in their order."""
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def join_path(path: tuple[str, ...]) -> str:
    """A category's path as one text: `Electronics > Audio`; a > in a name gets a backslash."""
    return " > ".join(re.sub(r"([\\>|])", r"\\\1", name) for name in path)


def join_paths(paths: list[tuple[str, ...]]) -> str:
    return " | ".join(join_path(path) for path in paths)


def split_paths(text: str) -> list[tuple[str, ...]]:
    """The paths that `join_paths` wrote."""
    paths: list[list[list[str]]] = [[[]]]
    characters = iter(text)
    for character in characters:
        if character == "\\":
            paths[-1][-1].append(next(characters, ""))
        elif character == ">":
            paths[-1].append([])
        elif character == "|":
            paths.append([[]])
        else:
            paths[-1][-1].append(character)
    joined = (["".join(name).strip() for name in path] for path in paths)
    stripped = (tuple(name for name in path if name) for path in joined)
    return [path for path in stripped if path]
