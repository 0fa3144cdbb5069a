"""PDF from HTML, where the system has what WeasyPrint needs (pango).

WeasyPrint runs in a process of its own: a web worker loads none of it, waits without holding the
interpreter, and outlives whatever happens to it.
"""

import base64
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

logger = logging.getLogger(__name__)

# Of a processor's time; a machine that is busy takes longer for them.
SECONDS = 25
WAIT_SECONDS = 90
MEGABYTES = 1_536
# Each takes a core and up to some hundred megabytes.
_turns = threading.BoundedSemaphore(1)
_TURN_SECONDS = 5
_PROGRAM = Path(__file__).with_name("pdf_process.py")
# What finds fonts and libraries; secrets stay here.
_ENVIRONMENT = (
    "PATH",
    "PYTHONPATH",
    "HOME",
    "LANG",
    "LD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "FONTCONFIG_FILE",
    "FONTCONFIG_PATH",
    "XDG_CACHE_HOME",
    "XDG_DATA_DIRS",
    "SYSTEMROOT",
)
_found: list[bool] = []


class NoPdf(Exception):
    """There is no PDF; the text is a sentence that says why."""


def can_make_pdf() -> bool:
    """Whether this machine can; found out once, by trying."""
    if not _found:
        _found.append(find_spec("weasyprint") is not None and _try())
    return _found[0]


def _try() -> bool:
    try:
        make_pdf("<p>1</p>", css="")
    except NoPdf:
        logger.info("No PDF is made here: WeasyPrint finds no pango")
        return False
    return True


def make_pdf(html: str, *, css: str, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """The document as PDF. `pictures` are all that it may show, by their addresses.

    Raises NoPdf where it takes too long or too much, or too many are being made.
    """
    job = {
        "html": html,
        "css": css,
        "pictures": {
            name: base64.b64encode(content).decode() for name, content in (pictures or {}).items()
        },
        "seconds": SECONDS,
        "megabytes": MEGABYTES,
    }
    if not _turns.acquire(timeout=_TURN_SECONDS):
        raise NoPdf("Another PDF is being made at this moment. Try again.")
    try:
        done = subprocess.run(
            [sys.executable, "-P", str(_PROGRAM)],
            input=json.dumps(job).encode(),
            capture_output=True,
            timeout=WAIT_SECONDS,
            check=False,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        )
    except subprocess.TimeoutExpired as error:
        raise NoPdf("This takes too long as PDF. Choose fewer orders.") from error
    finally:
        _turns.release()
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        logger.warning("No PDF was made, exit code %s: %s", done.returncode, last[:300])
        raise NoPdf("This could not be made a PDF. Choose fewer orders, or print the page.")
    return done.stdout
