"""Rows as a file for a spreadsheet, CSV or XLSX, written one after the other.

Nothing in such a file is a formula, whatever a customer called themselves: a spreadsheet that opens
a CSV computes cells that begin like one (OWASP: "CSV Injection").
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import IO

import xlsxwriter

Cell = str | int | Decimal | datetime | None

FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "csv": "text/csv; charset=utf-8",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
)
_BEGINS_A_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
# A spreadsheet that takes another sign than the comma for what parts cells, as those of many
# countries do, reads on behind it within a text, quoted or not.
_WITHIN = re.compile(r"([;\t\r\n][ \t\r\n]*)(?=[=+\-@＝＋－＠])")
# ECMA-376: a sheet's rows, its header among them, and a cell's characters.
_MOST_ROWS = 1_048_576
_MOST_CHARACTERS = 32_767


def harmless(text: str) -> str:
    """The text as a spreadsheet shows it: what would be a formula gets an apostrophe in front."""
    return f"'{text}" if text.startswith(_BEGINS_A_FORMULA) else text


def as_it_was(text: str) -> str:
    """The text that `harmless` was given."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(_BEGINS_A_FORMULA) else text


def write_table(
    file: IO[bytes],
    form: str,
    header: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    comes_back: bool = False,
) -> int:
    """Write a table in one of `FORMATS`; returns how many rows it has below its header.

    Times are written as they read, without their zone. One row is held at a time. `comes_back`: it
    is imported again, and so each text is one that `as_it_was` knows.
    """
    if form == "csv":
        return _write_csv(file, header, rows, comes_back)
    return _write_xlsx(file, header, rows)


def _write_csv(
    file: IO[bytes], header: Sequence[str], rows: Iterable[Sequence[Cell]], comes_back: bool
) -> int:
    # With its mark, without which Excel takes it for another encoding.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=False)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([harmless(name) for name in header])
    count = 0
    for row in rows:
        cells = [_as_text(cell) for cell in row]
        writer.writerow(cells if comes_back else [_WITHIN.sub(r"\1'", cell) for cell in cells])
        count += 1
    text.flush()
    text.detach()
    return count


def _as_text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return harmless(cell) if isinstance(cell, str) else str(cell)


def _write_xlsx(file: IO[bytes], header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    # Rows go to a file of its own as they come; what begins like a formula is text all the same.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    count = 0
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet = _new_sheet(book, header, bold)
        for row in rows:
            place = 1 + count % (_MOST_ROWS - 1)
            if count and place == 1:
                sheet = _new_sheet(book, header, bold)
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    if cell:
                        sheet.write_string(place, column, cell[:_MOST_CHARACTERS])
                elif isinstance(cell, datetime):
                    sheet.write_datetime(place, column, cell.replace(tzinfo=None), moment)
                elif cell is not None:
                    sheet.write_number(place, column, cell)
            count += 1
    return count


def _new_sheet(
    book: xlsxwriter.Workbook, header: Sequence[str], bold: object
) -> xlsxwriter.worksheet.Worksheet:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(header) - 1, 16)
    for column, name in enumerate(header):
        sheet.write_string(0, column, name, bold)
    return sheet
