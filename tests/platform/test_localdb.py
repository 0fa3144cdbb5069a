"""The private server: there while somebody uses it, gone afterwards, however that one ended."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from pycommerce.localdb import LocalDatabaseError, Server

LINGER = 0.5
USER_PROGRAM = """
import sys, time
from pathlib import Path
from pycommerce.localdb import Server
server = Server(Path(sys.argv[1]), linger={linger})
server.ensure()
print(server.socket, flush=True)
time.sleep(600)
"""


def _wait(condition: Callable[[], bool], seconds: float = 90) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "pg"
    yield path
    # Run by root it lies outside of the test's own folder.
    server = Server(path)
    with contextlib.suppress(FileNotFoundError, ValueError, psutil.Error):
        process = psutil.Process(int((server.data / "postmaster.pid").read_text().split()[0]))
        process.kill()
        process.wait(20)
    shutil.rmtree(server.home, ignore_errors=True)
    shutil.rmtree(server.socket, ignore_errors=True)


@contextlib.contextmanager
def user_of(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that uses the server."""
    code = USER_PROGRAM.format(linger=LINGER)
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(home)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        assert process.stdout.readline().strip()
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _server_id(home: Path) -> int:
    return int((Server(home).data / "postmaster.pid").read_text().split()[0])


def _is_running(home: Path) -> bool:
    with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
        return psutil.pid_exists(_server_id(home))
    return False


def test_two_processes_share_a_server_that_stops_after_the_last(home):
    with user_of(home) as first:
        server = _server_id(home)
        with user_of(home):
            first.terminate()
            first.wait()
            time.sleep(LINGER * 2)
            assert _server_id(home) == server
            assert _is_running(home)

    assert _wait(lambda: not _is_running(home))


def test_a_killed_user_leaves_no_server_behind(home):
    with user_of(home) as user:
        os.kill(user.pid, signal.SIGKILL)
        user.wait()

        assert _wait(lambda: not _is_running(home))


def test_a_user_killed_while_the_server_starts_leaves_none_behind(home):
    code = USER_PROGRAM.format(linger=LINGER)
    process = subprocess.Popen([sys.executable, "-c", code, str(home)], stdout=subprocess.DEVNULL)
    try:
        assert _wait(lambda: _is_running(home))
        server = _server_id(home)
    finally:
        process.kill()
        process.wait()

    assert _wait(lambda: not psutil.pid_exists(server))


def test_a_killed_server_starts_again_with_its_data(home):
    server = Server(home, linger=LINGER)
    server.ensure()
    server.ensure_database("shop")
    with psycopg.connect(dbname="shop", **_connect(server), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    os.kill(_server_id(home), signal.SIGKILL)
    assert _wait(lambda: not _is_running(home))

    server.ensure(check=True)

    with psycopg.connect(dbname="shop", **_connect(server)) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


def test_a_server_that_is_still_stopping_is_waited_for(home):
    with user_of(home):
        server = Server(home, linger=LINGER)
        server.ensure()
        stopping = psutil.Process(_server_id(home))
        client = psycopg.connect(**_connect(server))
        # It takes nobody any more, and ends once its last client has gone.
        stopping.send_signal(signal.SIGTERM)
        assert _wait(lambda: not server._answers())
        later = threading.Thread(target=server.ensure, kwargs={"check": True})
        later.start()
        later.join(2)
        assert later.is_alive()
        client.close()
        later.join(60)

        assert _server_id(home) != stopping.pid
        assert server._answers()


def test_a_stale_pid_of_somebody_else_is_not_believed(home):
    with user_of(home):
        pass
    assert _wait(lambda: not _is_running(home))
    pid_file = Server(home).data / "postmaster.pid"
    # This very process is alive and no server.
    pid_file.write_text(f"{os.getpid()}\n")

    with user_of(home):
        assert _server_id(home) != os.getpid()


def test_the_socket_is_nobody_elses(home):
    server = Server(home, linger=LINGER)
    server.ensure()

    assert server.socket.stat().st_mode & 0o077 == 0
    assert server.params["HOST"] == str(server.socket)


def test_a_folder_that_cannot_be_used_is_a_sentence(home):
    server = Server(home)
    server.home.parent.mkdir(parents=True, exist_ok=True)
    server.home.write_text("in the way")

    with pytest.raises(LocalDatabaseError):
        server.ensure()

    server.home.unlink()


def _connect(server: Server) -> dict[str, str]:
    names = {"HOST": "host", "PORT": "port", "USER": "user"}
    return {names[name]: value for name, value in server.params.items() if name in names}
