"""The demo from nothing: shops, accounts, a token that works, and nothing left running."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Sum

from catalog.demo.loading import ensure_shop
from catalog.demo.outdoor import OUTDOOR
from catalog.demo.tech import TECH
from catalog.models import Category, Product, Variant
from pycommerce.localdb import Server

ROOT = Path(settings.BASE_DIR)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(folder: Path) -> dict[str, str]:
    names = {"PYCOMMERCE_TESTING", "PYCOMMERCE_MODE", "DEMO_PASSWORD"}
    environment = {name: value for name, value in os.environ.items() if name not in names}
    return environment | {"PYCOMMERCE_VAR": str(folder)}


def _ends(process_id: int) -> bool:
    """Whether the process ends in time."""
    deadline = time.monotonic() + 90
    while psutil.pid_exists(process_id) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not psutil.pid_exists(process_id)


def _server_id(folder: Path) -> int:
    return int((Server(folder / "pg18").data / "postmaster.pid").read_text().split()[0])


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder of a demo; run by root, its database lies outside of the test's folder."""
    yield tmp_path
    with contextlib.suppress(FileNotFoundError, ValueError):
        assert _ends(_server_id(tmp_path))
    shutil.rmtree(Server(tmp_path / "pg18").home, ignore_errors=True)


@contextmanager
def demo(folder: Path, *arguments: str) -> Iterator[tuple[str, int]]:
    """What a demo prints until it is ready, and its port; ended as Ctrl+C ends it."""
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "run.py", "demo", "--port", str(port), *arguments],
        cwd=ROOT,
        env=_environment(folder),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Ready."):
                break
        _wait_for(port)
        yield "".join(lines), port
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(120)
        process.stdout.close()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail("The demo did not listen.")


def _get(port: int, path: str, host: str = "localhost", **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    for name, value in {"Host": f"{host}:{port}", **headers}.items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def _check_pictures(port: int, host: str, least: int) -> None:
    """All pictures that the home page names, in all widths, are there: at least so many."""
    status, page = _get(port, "/", host)
    assert status == 200
    found = set(re.findall(r"/media/[^ \",]+", page))
    assert len(found) >= least
    for path in found:
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method="HEAD")
        request.add_header("Host", f"{host}:{port}")
        with urllib.request.urlopen(request, timeout=60) as response:
            assert response.headers["Content-Type"] == "image/webp"


def _part(port: int, word: str) -> psutil.Process | None:
    """The demo's own process with this word in its command: the server, or the worker."""
    for process in psutil.process_iter(["cmdline"]):
        if f"--port {port}" in " ".join(process.info["cmdline"] or []):
            for child in process.children():
                with contextlib.suppress(psutil.Error):
                    if word in child.cmdline():
                        return child
    return None


def _kill_and_see_it_again(port: int) -> None:
    """Server and worker are started again after a `kill -9`, and the shop answers as before."""
    for word in ("work", "gunicorn"):
        killed = _part(port, word)
        assert killed
        killed.kill()
        deadline = time.monotonic() + 120
        while (again := _part(port, word)) is None or again.pid == killed.pid:
            assert time.monotonic() < deadline, f"{word} was not started again."
            time.sleep(0.1)
    deadline = time.monotonic() + 120
    while True:
        try:
            assert _get(port, "/readyz")[0] == 200
            return
        except OSError:
            # The killed server's processes still hold the port, and the new one waits for it.
            assert time.monotonic() < deadline, "The server did not come back."
            time.sleep(0.2)


def test_the_demo_starts_from_nothing_and_again_with_its_data(folder):
    with demo(folder, "--scale", "1x30") as (output, port):
        for words in (
            f"http://tech.localhost:{port}/",
            f"http://localhost:{port}/stores/outdoor/",
            "admin@pycommerce.example",
            "merchant@tech.example",
            f"http://localhost:{port}/api/docs",
        ):
            assert words in output
        password = re.search(r"Password\s+(\S+)", output).group(1)
        token = re.search(r"Bearer ([\w.-]+)", output).group(1)
        query = "tenant=tech&category=Audio&in_stock=true"
        status, body = _get(port, f"/api/products?{query}", Authorization=f"Bearer {token}")
        assert status == 200
        assert '"sku":"WH-001","stock":25' in body
        assert '"sku":"BS-002","stock":42' in body
        assert _get(port, "/", "tech.localhost")[0] == 200
        assert "Outdoor Adventures" in _get(port, "/stores/outdoor/")[1]
        _check_pictures(port, "shop-1-of-30.localhost", 7)
        _check_pictures(port, "tech.localhost", 10)
        assert _get(port, "/readyz")[0] == 200
        _kill_and_see_it_again(port)
        server = _server_id(folder)
        assert (folder / "demo-password").stat().st_mode & 0o077 == 0

    # The processes of the killed server finish what they have, for as long as they are given.
    assert _ends(server)

    with demo(folder) as (output, port):
        assert re.search(r"Password\s+(\S+)", output).group(1) == password
        assert _get(port, "/products/wireless-headphones/", "tech.localhost")[0] == 200


def test_a_start_that_was_broken_off_is_made_good_and_a_kill_leaves_nothing(folder):
    process = subprocess.Popen(
        [sys.executable, "run.py", "demo", "--port", str(_free_port())],
        cwd=ROOT,
        env=_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    assert process.stdout.readline().startswith("Preparing")
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=120)[1]
    assert process.returncode == 1
    assert said.strip().endswith("Stopped.")
    assert "Traceback" not in said

    with demo(folder) as (_output, port):
        assert _get(port, "/readyz")[0] == 200
        everything = [_server_id(folder)]
        worker = _part(port, "work")
        assert worker
        supervisor = worker.parent()
        everything += [child.pid for child in supervisor.children(recursive=True)]
        assert len(everything) >= 5
        supervisor.kill()

        assert [process_id for process_id in everything if not _ends(process_id)] == []


def test_two_demos_that_start_at_once_from_one_folder_both_serve(folder):
    with ThreadPoolExecutor() as pool, ExitStack() as stack:
        starts = [pool.submit(stack.enter_context, demo(folder)) for _ in range(2)]
        ports = [start.result()[1] for start in starts]
        assert [_get(port, "/", "tech.localhost")[0] for port in ports] == [200, 200]

        refused = _start(folder, "--reset")

        assert refused.returncode == 1
        assert "Another process uses the demo's database" in refused.stderr
        assert _get(ports[0], "/", "outdoor.localhost")[0] == 200


def test_a_folder_that_cannot_be_used_is_named_in_a_sentence(tmp_path):
    place = tmp_path / "a-file"
    place.touch()

    refused = _start(place)

    assert refused.returncode == 1
    assert refused.stderr.strip() == f"{place} cannot be used: File exists."


def _start(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A start that ends by itself."""
    command = [sys.executable, "run.py", "demo", "--port", str(_free_port()), *arguments]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=_environment(folder),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_the_demos_stock_is_the_sum_of_its_movements(tech, outdoor, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    for shop in (TECH, OUTDOOR):
        connection.set_schema_to_public()
        tenant = ensure_shop(shop)
        connection.set_tenant(tenant)
        assert 28 <= Product.objects.count() <= 40
        assert Category.objects.count() >= 8
        sums = Variant.objects.annotate(moved=Sum("movements__quantity"))
        assert all(variant.on_hand == (variant.moved or 0) for variant in sums)
        connection.set_schema_to_public()
        ensure_shop(shop)
