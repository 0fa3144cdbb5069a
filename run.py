#!/usr/bin/env python3
"""PyCommerce from a fresh clone. Needs Python 3.11 or newer and nothing else.

    python3 run.py demo     two shops with a catalogue, on http://localhost:8000
    python3 run.py test     every test (arguments go to pytest)
    python3 run.py serve    production: settings come from the environment
    python3 run.py manage   Django's manage.py (arguments go there)

The first run makes `.venv` with the pinned requirements, by uv where it is installed, else by pip.
An environment that is active and has every pinned requirement is used as it is.
"""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

ROOT = Path(__file__).resolve().parent
VENV = Path(os.environ.get("PYCOMMERCE_VENV", ROOT / ".venv"))
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / ".requirements"
HALF_MADE = VENV / ".half-made"
RUN_TIME = ROOT / "requirements.txt"
DEVELOPMENT = ROOT / "requirements-dev.txt"

MODES = {"demo": "demo", "serve": "production"}

# Run by another interpreter: exit code 0 when it has each "name==version" given to it.
_HAS_ALL = """
import importlib.metadata as metadata, sys
sys.exit(any(metadata.version(pin.partition("==")[0]) != pin.partition("==")[2]
             for pin in sys.argv[1:]))
"""


def pins(requirements: Path) -> list[str]:
    """The `name==version` of each requirement, without extras and markers."""
    found = []
    for line in requirements.read_text().splitlines():
        if line.startswith("-r "):
            found += pins(requirements.parent / line[3:].strip())
        elif match := re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)", line):
            found.append(f"{match.group(1)}=={match.group(2)}")
    return found


def has_all(python: str, requirements: Path) -> bool:
    """Whether the interpreter has every requirement in its pinned version."""
    command = [python, "-c", _HAS_ALL, *pins(requirements)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def stamp_of(requirements: Path) -> str:
    text = "\n".join([*pins(requirements), sys.version])
    return hashlib.sha256(text.encode()).hexdigest()


def interpreter(requirements: Path) -> str:
    """A Python that has the requirements; makes the environment when there is none."""
    is_active = sys.prefix != sys.base_prefix
    if (is_active or not VENV_PYTHON.exists()) and has_all(sys.executable, requirements):
        return sys.executable
    if not is_filled(requirements):
        with lock() as held:
            if not is_filled(requirements):
                if HALF_MADE.exists():
                    print("An earlier installation was broken off, so it begins anew.", flush=True)
                    # What came last may lack files, and would be taken for whole.
                    shutil.rmtree(VENV / "lib", ignore_errors=True)
                    shutil.rmtree(VENV / "Lib", ignore_errors=True)
                print(f"Installing the requirements into {VENV} ...", flush=True)
                STAMP.unlink(missing_ok=True)
                HALF_MADE.touch()
                install(requirements, held)
                STAMP.write_text(stamp_of(requirements))
                HALF_MADE.unlink()
    return str(VENV_PYTHON)


def is_filled(requirements: Path) -> bool:
    """Whether the environment was filled with these requirements, and to the end."""
    # What tests need includes what the demo needs, so one stamp may stand for both.
    good = {stamp_of(requirements), stamp_of(DEVELOPMENT)}
    return VENV_PYTHON.exists() and STAMP.exists() and STAMP.read_text() in good


@contextlib.contextmanager
def lock() -> Iterator[int]:
    """One process at a time fills the environment: web and worker may start at once.

    Yields the lock's file descriptor: who inherits it holds the lock too, so that an installer
    whose parent was killed is waited for.
    """
    try:
        VENV.mkdir(parents=True, exist_ok=True)
        # Not `.lock`: uv takes that one while it installs, and would wait for us.
        file = (VENV / ".filling").open("a")
    except OSError as error:
        sys.exit(f"The environment {VENV} cannot be made: {error.strerror}.")
    with file:
        if fcntl:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print(f"Waiting for another installation into {VENV} ...", flush=True)
                fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def install(requirements: Path, held: int) -> None:
    """Make the environment; ends the program with a sentence when that cannot be done.

    The installers inherit the file descriptor `held`.
    """
    inherited = () if os.name == "nt" else (held,)
    if shutil.which("uv"):
        make = ["uv", "venv", "-q", "--allow-existing", "--python", sys.executable, str(VENV)]
        fetch = ["uv", "pip", "install", "-q", "--python", str(VENV_PYTHON)]
    elif has_module("ensurepip"):
        make = [sys.executable, "-m", "venv", str(VENV)]
        fetch = [str(VENV_PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    elif has_module("pip"):
        make = [sys.executable, "-m", "venv", "--without-pip", str(VENV)]
        fetch = [sys.executable, "-m", "pip", "--python", str(VENV_PYTHON), "install", "-q"]
    else:
        sys.exit(
            "This Python can make no environment. On Debian or Ubuntu: apt install python3-venv; "
            "elsewhere install uv."
        )
    for command, what in ((make, "made"), ([*fetch, "-r", str(requirements)], "filled")):
        if subprocess.run(command, check=False, pass_fds=inherited).returncode:
            HALF_MADE.unlink(missing_ok=True)
            free = shutil.disk_usage(ROOT).free // 2**20
            sys.exit(
                f"The environment {VENV} could not be {what}; the reason stands above "
                f"({free} MiB of disk are free, 500 are needed, and a package index)."
            )


def has_module(name: str) -> bool:
    command = [sys.executable, "-c", f"import {name}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def main(arguments: list[str]) -> None:
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        print(__doc__)
        return
    command, *rest = arguments
    if command not in {"demo", "test", "serve", "manage"}:
        sys.exit(f"There is no command '{command}': use demo, test, serve or manage.")
    python = interpreter(DEVELOPMENT if command == "test" else RUN_TIME)
    if command in MODES:
        os.environ.setdefault("PYCOMMERCE_MODE", MODES[command])
    if command == "test":
        # One process a core; plain pytest runs in one.
        line = [python, "-m", "pytest", "-n", "auto", *rest]
    else:
        line = [python, "manage.py", *([] if command == "manage" else [command]), *rest]
    os.chdir(ROOT)
    sys.stdout.flush()
    if os.name == "nt":
        sys.exit(subprocess.call(line))
    os.execv(python, line)  # noqa: S606


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever starts this may have an older one
        sys.exit("PyCommerce needs Python 3.11 or newer; this is " + sys.version.split()[0] + ".")
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"{error.filename or VENV} cannot be used: {error.strerror}.")
