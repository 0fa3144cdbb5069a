"""The production command, for a proxy that we ship to stand before."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

ROOT = Path(settings.BASE_DIR)
BASE = "shops.example"

Process = subprocess.Popen[bytes]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(folder: Path, port: int) -> Process:
    """`run.py serve` on this port, with the database of the test and all else in the folder."""
    database = connection.settings_dict
    # Nothing of this test run's own: not its settings, nor what its browser needs.
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYCOMMERCE", "DJANGO"))
    }
    environment |= {
        "PYCOMMERCE_VENV": str(ROOT / ".venv"),
        "DATABASE_URL": f"postgres://{database['USER']}@/{database['NAME']}"
        f"?host={database['HOST']}",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "JWT_SECRET": secrets.token_urlsafe(60),
        "BASE_HOST": BASE,
        "TRUSTED_PROXIES": "127.0.0.1",
        "BIND": f"127.0.0.1:{port}",
        "STATIC_ROOT": str(folder / "static"),
        "MEDIA_ROOT": str(folder / "media"),
        "PYCOMMERCE_VAR": str(folder / "var"),
    }
    return subprocess.Popen([sys.executable, "run.py", "serve"], cwd=ROOT, env=environment)


def wait_until(answers: Callable[[], bool], *processes: Process) -> None:
    """Until it answers with a yes; a failed connection is none."""
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        assert all(process.poll() is None for process in processes), "it ended before it answered"
        try:
            if answers():
                return
        except OSError:
            pass
        time.sleep(0.2)
    pytest.fail("The site did not answer within 600 s.")


def stop(*processes: Process) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(120)


def slow_clients(port: int, count: int) -> list[socket.socket]:
    """Clients that never finish their request."""
    slow = []
    for _ in range(count):
        client = socket.create_connection(("127.0.0.1", port), timeout=60)
        client.sendall(f"POST /api/auth/login HTTP/1.1\r\nHost: {BASE}\r\n".encode())
        client.sendall(b"Content-Length: 1000\r\nContent-Type: application/json\r\n\r\n{")
        slow.append(client)
    return slow


def missing(hint: str) -> None:
    """What a test needs is not installed: a failure where everything must be."""
    if os.environ.get("CI") == "true":
        pytest.fail(hint)
    pytest.skip(hint)
