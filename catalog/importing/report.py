"""What an import did, in figures, and why rows were refused."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catalog.importing.entries import Rejection, VariantEntry
from pycommerce.core.spreadsheets import harmless

# So many new things and so many changed ones are kept to look at; all are counted.
MOST_NOTED = 200


@dataclass(slots=True)
class Tally:
    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __str__(self) -> str:
        return f"{self.created} created, {self.updated} updated, {self.unchanged} unchanged"

    @property
    def changed(self) -> int:
        return self.created + self.updated


@dataclass(frozen=True, slots=True)
class Noted:
    """Something new or changed: its line, its name, and members with their old and new values."""

    line: int
    name: str
    members: Mapping[str, tuple[Any, Any]]


@dataclass(slots=True)
class Report:
    """Figures of products and of variants, refused rows by line, and remarks."""

    format: str
    products: Tally = field(default_factory=Tally)
    variants: Tally = field(default_factory=Tally)
    images_added: int = 0
    picture_files: int = 0
    uncounted: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    new: list[Noted] = field(default_factory=list)
    changed: list[Noted] = field(default_factory=list)

    def note_new(self, line: int, name: str, variants: Sequence[VariantEntry]) -> None:
        """Keep something new to look at: a product, or a variant of one that is there."""
        if len(self.new) < MOST_NOTED:
            prices = {each.sku or "/".join(each.option_values): each.price for each in variants}
            members = {sku: (None, price) for sku, price in prices.items()}
            self.new.append(Noted(line, name, members))

    def note_change(self, line: int, name: str, members: Mapping[str, tuple[Any, Any]]) -> None:
        if len(self.changed) < MOST_NOTED:
            self.changed.append(Noted(line, name, members))

    def lines(self) -> list[str]:
        """The report for a person."""
        found = [
            f"Format: {self.format}",
            f"Products: {self.products}",
            f"Variants: {self.variants}",
            f"Pictures: {self.images_added} added by address",
            f"Rejected rows: {len(self.rejections)}",
        ]
        found += [f"  line {each.line}: {each.reason}" for each in self.rejections]
        if self.picture_files:
            found.append(
                f"{self.picture_files} pictures have no address in the file, only a name: upload "
                "them on the products' pages."
            )
        if self.uncounted:
            found.append(
                f"{self.uncounted} variants have no count in the file: new ones are sold out "
                "until their stock is adjusted."
            )
        return found

    def write_rejected(self, source: Path) -> Path | None:
        """The refused rows beside the source, with line and reason in front; None without any.

        Corrected, they can be imported as they are: what no format knows is passed over.
        """
        target = source.with_name(f"{source.stem}.rejected.csv")
        if not self.rejections:
            target.unlink(missing_ok=True)
            return None
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["Line", "Reason", *map(harmless, self.header)])
            for each in self.rejections:
                writer.writerow([each.line, harmless(each.reason), *map(harmless, each.raw)])
        return target
