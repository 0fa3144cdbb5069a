"""Files to import: made-up rows, and the real ones beside the project."""

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture
def shared_file() -> Callable[[str], Path]:
    """A real catalogue by its name; the test is left out where they are not at hand."""

    def _file(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip("The shared catalogues are not beside the project.")
        return path

    return _file


@pytest.fixture
def truth_of(shared_file: Callable[[str], Path]) -> Callable[[str], dict[str, Any]]:
    """The figures that a real catalogue must give."""

    def _truth(name: str) -> dict[str, Any]:
        truths = json.loads(shared_file("truths.json").read_text(), parse_float=Decimal)
        found: dict[str, Any] = truths["files"][name]
        return found

    return _truth


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """A file with these rows, each a mapping of column to cell."""

    def _write(rows: list[dict[str, str]], name: str = "products.csv", **dialect: Any) -> Path:
        columns = list(dict.fromkeys(column for row in rows for column in row))
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, restval="", **dialect)
        writer.writeheader()
        writer.writerows(rows)
        path = tmp_path / name
        path.write_bytes(text.getvalue().encode())
        return path

    return _write
