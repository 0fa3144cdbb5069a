"""Asks Lighthouse about a page on a phone. npx fetches it into a folder that git ignores."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serving import HOME

VERSION = "12.8.2"
_FLAGS = "--headless=new --no-sandbox --disable-dev-shm-usage --ignore-certificate-errors"


@dataclass(frozen=True)
class Report:
    """Scores of 100 by category; seconds, a share and milliseconds; and what lost points."""

    scores: dict[str, int]
    lcp: float
    cls: float
    tbt: float
    lost: list[str]


def is_there() -> bool:
    return shutil.which("npx") is not None


def ask(address: str, *, chromium: str, cookie: str, runs: int) -> Report:
    """The median of some runs, by performance."""
    reports = [_run(address, chromium, cookie) for _ in range(runs)]
    middle = statistics.median_low(report.scores["performance"] for report in reports)
    return next(report for report in reports if report.scores["performance"] == middle)


def _run(address: str, chromium: str, cookie: str) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        command = ["npx", "--yes", f"lighthouse@{VERSION}", address, "--quiet", "--output=json"]
        command += [f"--output-path={path}", f"--chrome-flags={_FLAGS}"]
        if cookie:
            command.append(f"--extra-headers={json.dumps({'Cookie': cookie})}")
        ended = subprocess.run(
            command,
            env=os.environ | {"CHROME_PATH": chromium, "npm_config_cache": str(HOME / "npm")},
            capture_output=True,
            text=True,
        )
        if not path.exists():
            sys.exit(f"Lighthouse did not finish with {address}:\n{ended.stderr[-2000:]}")
        return _read(json.loads(path.read_text()))


def _read(result: dict) -> Report:
    audits, lost = result["audits"], []
    for category in result["categories"].values():
        for part in category["auditRefs"]:
            audit = audits[part["id"]]
            if part["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                lost.append(f"{category['id']}: {audit['title']}")
    return Report(
        scores={
            name: round((category["score"] or 0) * 100)
            for name, category in result["categories"].items()
        },
        lcp=audits["largest-contentful-paint"]["numericValue"] / 1000,
        cls=audits["cumulative-layout-shift"]["numericValue"],
        tbt=audits["total-blocking-time"]["numericValue"],
        lost=lost,
    )
