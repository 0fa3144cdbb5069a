"""The one reader of delimited files: encoding, delimiter and quoting are found out."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from catalog.importing.entries import Row
from pycommerce.core.errors import InvalidRequest
from pycommerce.core.spreadsheets import as_it_was

MAX_BYTES = 512 * 1024 * 1024
_DELIMITERS = ",;\t|"
CELLS_OF_A_ROW = 5
# Characters; Python's own limit is meant for smaller things than a product's description.
LONGEST_CELL = 10 * 2**20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class BrokenFile(InvalidRequest):
    """The file as a whole cannot be read; nothing of it was taken."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem, fields={"file": [problem]})


@dataclass(frozen=True, slots=True)
class Table:
    """A header, and the records below it one after the other."""

    header: list[str]
    columns: list[str]
    rows: Iterator[Row]


def read_table(path: Path, most_cells: int | None = None) -> Table:
    """The file's table. Raises BrokenFile, also while its rows are read.

    One with more than `most_cells` is refused: in memory a cell takes some seventy bytes.
    """
    text = _decode(read_content(path))
    if not text.strip():
        raise BrokenFile("The file is empty.")
    if "\x00" in text:
        raise BrokenFile("The file holds NUL characters, as no text does: save the table as CSV.")
    records = _records(text)
    _, header = next(records, (0, []))
    if not header:
        raise BrokenFile("The file is empty.")
    columns = [" ".join(name.split()).lower() for name in header]
    named = [name for name in columns if name]
    if len(set(named)) != len(named):
        twice = next(name for name in named if named.count(name) > 1)
        raise BrokenFile(
            f"The column '{twice}' stands twice in the file's first row, which has to give each "
            "column a name of its own."
        )
    is_ended = text.endswith(("\n", "\r"))
    if most_cells is not None:
        records = _so_many(records, len(columns), most_cells)
    return Table(header, columns, _rows(records, columns, is_ended=is_ended))


def read_content(path: Path) -> bytes:
    """All of the file. Raises BrokenFile where it cannot be opened or is too large."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BrokenFile(f"The file is larger than {MAX_BYTES // 2**20} MiB.")
        return path.read_bytes()
    except OSError as error:
        raise BrokenFile(f"The file cannot be opened: {error.strerror}.") from error


def _decode(content: bytes) -> str:
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError as error:
                raise BrokenFile(f"The file is not the {encoding} that it says.") from error
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        # Windows' Latin-1; the five bytes it leaves open are taken as Latin-1 has them.
        return content.decode("cp1252", errors="replace")


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it begins on."""
    csv.field_size_limit(LONGEST_CELL)
    delimiter = _delimiter(text)
    reader = csv.reader(
        io.StringIO(_without_padding(text, delimiter), newline=""),
        delimiter=delimiter,
        strict=True,
    )
    begins = 1
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                yield begins, record
            begins = reader.line_num + 1
    except csv.Error as error:
        raise BrokenFile(f"Line {reader.line_num}: {error}.") from error


def _without_padding(text: str, delimiter: str) -> str:
    """The text without blanks between the quote that closes a cell and the next delimiter."""
    if '" ' not in text:
        return text
    end = re.escape(delimiter)
    # A quote behind a quote stands for one within the cell; behind a delimiter it opens one.
    return re.sub(rf'(?<=[^"\r\n{end}])" +(?=[\r\n{end}])', '"', text)


def _so_many(
    records: Iterator[tuple[int, list[str]]], columns: int, most_cells: int
) -> Iterator[tuple[int, list[str]]]:
    cells = 0
    for line, record in records:
        # A row takes room by itself.
        cells += max(columns, len(record)) + CELLS_OF_A_ROW
        if cells > most_cells:
            raise BrokenFile(f"The file has too many rows: cut it in two before line {line}.")
        yield line, record


def _delimiter(text: str) -> str:
    """Whichever delimiter stands most often outside quotes in the header."""
    counts = dict.fromkeys(_DELIMITERS, 0)
    is_quoted = False
    for character in text:
        if character == '"':
            is_quoted = not is_quoted
        elif character in "\r\n" and not is_quoted:
            break
        elif character in counts and not is_quoted:
            counts[character] += 1
    return max(counts, key=lambda delimiter: counts[delimiter])


def _rows(
    records: Iterator[tuple[int, list[str]]], columns: list[str], *, is_ended: bool
) -> Iterator[Row]:
    last: tuple[int, int] | None = None
    for line, record in records:
        cells = {name: as_it_was(cell) for name, cell in zip(columns, record, strict=False)}
        if len(record) > len(columns) and any(cell.strip() for cell in record[len(columns) :]):
            # Said by whoever parses the row: a row is refused, the file is not.
            cells[EXTRA_CELLS] = str(len(record))
        last = (line, len(record))
        yield Row(line, cells, record)
    if last and not is_ended and last[1] < len(columns):
        raise BrokenFile(
            f"The file ends within line {last[0]}: it has {last[1]} cells of {len(columns)}."
        )


EXTRA_CELLS = "\x00extra"
