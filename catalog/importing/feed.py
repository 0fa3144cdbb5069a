"""Reads product feeds in XML, RSS or Atom, as a table: an item is a row, its elements are cells."""

import codecs
from pathlib import Path
from xml.parsers import expat

from catalog.importing.entries import Row
from catalog.importing.reader import CELLS_OF_A_ROW, BrokenFile, Table, read_content

_ITEMS = {"item", "entry"}
_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Stands several times in an item; its values get commas between them, as in the tab-separated form.
_LISTED = {"additional_image_link", "product_type"}


def is_feed(path: Path) -> bool:
    """Whether the file is XML, by its first character."""
    try:
        with path.open("rb") as file:
            start = file.read(200)
    except OSError:
        return False
    for bom in _BOMS:
        start = start.removeprefix(bom)
    return start.lstrip().startswith(b"<")


def read_feed(path: Path, most_cells: int | None = None) -> Table:
    """The feed's table. Raises BrokenFile; so do a document type and more than `most_cells`."""
    reader = _Reader(most_cells)
    try:
        reader.parser.Parse(read_content(path), True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise BrokenFile(f"Line {error.lineno}: the file is no sound XML: {reason}.") from error
    except (LookupError, ValueError) as error:
        raise BrokenFile(
            f"The file's encoding cannot be read ({error}): save it as UTF-8."
        ) from error
    if not reader.items:
        raise BrokenFile("The file is XML, but no product feed: there is no item in it.")
    columns = list(dict.fromkeys(name for _, cells in reader.items for name in cells))
    # A row has a cell for each column of the table, whichever its item has.
    cells_in_all = len(reader.items) * (len(columns) + CELLS_OF_A_ROW)
    if most_cells is not None and cells_in_all > most_cells:
        raise BrokenFile(
            "The file has too many items for so many kinds of elements: cut it in two."
        )
    rows = (
        Row(line, cells, [cells.get(name, "") for name in columns]) for line, cells in reader.items
    )
    return Table(columns, columns, rows)


class _Reader:
    def __init__(self, most_cells: int | None) -> None:
        self.items: list[tuple[int, dict[str, str]]] = []
        self.most_cells = most_cells
        self.cells = 0
        self.depth = 0
        self.name = ""
        self.text: list[str] = []
        self.listed: dict[str, list[str]] = {}
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def _doctype(self, *_: object) -> None:
        # What it declares could blow up a small file, or lead outside of it.
        raise BrokenFile("The file has a document type, which no product feed needs.")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(":")[2].lower()
        if self.depth:
            self.depth += 1
        elif local in _ITEMS:
            self.depth = 1
            self.items.append((self.parser.CurrentLineNumber, {}))
            self.cells += CELLS_OF_A_ROW
            self.listed = {name: [] for name in _LISTED}
        if self.depth == 2:
            named = " ".join(attributes.get("name", "").split())
            self.name = f"{local}: {named}" if named else local
            self.text = []

    def _characters(self, text: str) -> None:
        # What stands deeper is another thing's: the price of shipping is not the item's.
        if self.depth == 2:
            self.text.append(text)

    def _end(self, _tag: str) -> None:
        if self.depth == 2:
            self._add(self.name, "".join(self.text).strip())
        elif self.depth == 1:
            cells = self.items[-1][1]
            cells |= {name: ",".join(found) for name, found in self.listed.items() if found}
        self.depth = max(0, self.depth - 1)

    def _add(self, name: str, value: str) -> None:
        line, cells = self.items[-1]
        self.cells += 1
        if self.most_cells is not None and self.cells > self.most_cells:
            raise BrokenFile(f"The file has too many items: cut it in two before line {line}.")
        if not cells.get(name):
            cells[name] = value
        if name in _LISTED and value:
            self.listed[name].append(value)
