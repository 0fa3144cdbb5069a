"""What an import did, in figures, and why rows were refused."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

from catalog.importing.entries import Rejection


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


@dataclass(slots=True)
class Report:
    """Figures of products and of variants, refused rows by line, and remarks."""

    format: str
    products: Tally = field(default_factory=Tally)
    variants: Tally = field(default_factory=Tally)
    images_added: int = 0
    uncounted: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    header: list[str] = field(default_factory=list)

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
        if self.uncounted:
            found.append(
                f"{self.uncounted} variants have no count in the file: new ones are sold out "
                "until their stock is adjusted."
            )
        return found

    def write_rejected(self, source: Path) -> Path | None:
        """The refused rows beside the source, with line and reason in front; None without any."""
        target = source.with_name(f"{source.stem}.rejected.csv")
        if not self.rejections:
            target.unlink(missing_ok=True)
            return None
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["Line", "Reason", *self.header])
            for each in self.rejections:
                writer.writerow([each.line, each.reason, *each.raw])
        return target
