"""The product's own processes for a test: a server and a worker, started again when they die."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.db import connection

from tests.fakes.stripe_server import FakeStripe

ROOT = Path(settings.BASE_DIR)
GUNICORN = [sys.executable, "-m", "gunicorn", "-c", "python:pycommerce.gunicorn_conf"]
WORKER = [sys.executable, str(ROOT / "manage.py"), "work"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(folder: Path, fake: FakeStripe, **more: str) -> dict[str, str]:
    """That of an installation on this run's database, with a Stripe of its own."""
    database = connection.settings_dict
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYCOMMERCE", "DJANGO", "STRIPE"))
    }
    return inherited | {
        "PYCOMMERCE_VAR": str(folder),
        "DATABASE_URL": f"postgres://{database['USER']}@/{database['NAME']}?host={database['HOST']}",
        "STRIPE_SECRET_KEY": fake.key,
        "STRIPE_WEBHOOK_SECRET": fake.webhook_secret,
        "STRIPE_API_BASE": fake.base,
        "EMAIL_URL": f"filemail:///{folder}/mail",
        "API_RATE_PER_MINUTE": "100000",
        "API_WRITES_PER_MINUTE": "100000",
        "ACCESS_TOKEN_SECONDS": "3600",
        "LOG_LEVEL": "ERROR",
        **more,
    }


class Processes:
    """Named commands that run until `stop`; one that ends is started again, as by systemd."""

    def __init__(
        self, commands: Mapping[str, list[str]], folder: Path, env: Mapping[str, str]
    ) -> None:
        self.restarts = 0
        self._commands, self._env = commands, env
        self._log = (folder / "processes.log").open("ab")
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        for name in commands:
            self._running[name] = self._start(name)
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def _start(self, name: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self._commands[name],
            env=dict(self._env),
            cwd=ROOT,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def _keep(self) -> None:
        while not self._stopping.wait(0.05):
            with self._lock:
                for name, process in self._running.items():
                    if process.poll() is not None:
                        self.restarts += 1
                        self._running[name] = self._start(name)

    def kill(self, name: str) -> bool:
        """SIGKILL to the process of this name."""
        with self._lock, suppress(ProcessLookupError):
            os.kill(self._running[name].pid, signal.SIGKILL)
            return True
        return False

    def kill_child(self, name: str, choose: Callable[[list[int]], int]) -> bool:
        """SIGKILL to one of the processes that it forked."""
        with self._lock, suppress(psutil.NoSuchProcess, ProcessLookupError):
            children = psutil.Process(self._running[name].pid).children()
            if children:
                os.kill(choose([child.pid for child in children]), signal.SIGKILL)
                return True
        return False

    def stop(self) -> None:
        self._stopping.set()
        self._keeper.join(5)
        for process in self._running.values():
            with suppress(psutil.NoSuchProcess):
                family = [*psutil.Process(process.pid).children(recursive=True)]
                process.kill()
                for child in family:
                    with suppress(psutil.NoSuchProcess):
                        child.kill()
            process.wait(60)
        self._log.close()


def manage(env: Mapping[str, str], *arguments: str) -> dict[str, Any]:
    """The JSON of one of the operator's commands, which must be content with what it finds."""
    ended = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments, "--json"],
        env=dict(env),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def ask(
    port: int, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, bytes, Mapping[str, str]]:
    """A request to the server; status 0 where it did not answer."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", data=body if method == "POST" else None, method=method
    )
    for name, value in {"Host": "tech.localhost", **headers}.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request, timeout=40) as response:
            return response.status, response.read(), response.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers
    except (OSError, ValueError, EOFError):
        return 0, b"", {}
    except Exception as error:  # an answer that broke off in the middle
        if "IncompleteRead" in repr(error) or "RemoteDisconnected" in repr(error):
            return 0, b"", {}
        raise


def until(answer: Callable[[], tuple[int, Any, Any]], *wanted: int, seconds: float = 180) -> Any:
    """Ask again, as a client does, until the answer has a status that is wanted."""
    deadline = time.monotonic() + seconds
    while True:
        status, body, headers = answer()
        if status in wanted:
            return body
        again = status in {0, 429, 502, 503} or headers.get("Retry-After")
        assert again, (status, body)
        assert time.monotonic() < deadline, f"No answer in time; the last was {status} {body!r}"
        time.sleep(0.1)
