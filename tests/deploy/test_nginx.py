"""The production command behind the nginx configuration that we ship."""

import os
import re
import secrets
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from benchmarks.proxy import Ports, find_nginx, write_configuration

ROOT = Path(settings.BASE_DIR)
HINT = "This test needs nginx and openssl: apt-get install nginx-light openssl."
BASE = "shops.example"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Site(Ports):
    def get(self, path: str, *, secure: bool = True, host: str = BASE, **headers: str):
        if secure:
            unchecked = ssl._create_unverified_context()
            asked = HTTPSConnection("127.0.0.1", self.https, timeout=20, context=unchecked)
        else:
            asked = HTTPConnection("127.0.0.1", self.http, timeout=20)
        asked.request("GET", path, headers={"Host": host} | headers)
        response = asked.getresponse()
        body = response.read()
        asked.close()
        return response, body


def _nginx() -> str:
    if found := find_nginx():
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(HINT)
    pytest.skip(HINT)


@pytest.fixture
def site(tmp_path: Path, transactional_db: None) -> Iterator[Site]:
    nginx = _nginx()
    made = Site(_free_port(), _free_port(), _free_port())
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
        "BIND": f"127.0.0.1:{made.backend}",
        "STATIC_ROOT": str(tmp_path / "static"),
        "MEDIA_ROOT": str(tmp_path / "media"),
        "PYCOMMERCE_VAR": str(tmp_path / "var"),
    }
    serve = subprocess.Popen([sys.executable, "run.py", "serve"], cwd=ROOT, env=environment)
    configuration = write_configuration(tmp_path, made, tmp_path / "static", BASE)
    proxy = subprocess.Popen([nginx, "-e", str(tmp_path / "error.log"), "-c", str(configuration)])
    try:
        _wait(made, serve, proxy)
        yield made
    finally:
        for process in (proxy, serve):
            process.terminate()
        for process in (proxy, serve):
            process.wait(30)


def _wait(site: Site, *processes: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        assert all(process.poll() is None for process in processes), "it ended before it answered"
        try:
            if site.get("/healthz")[0].status == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    pytest.fail("The site did not answer within 180 s.")


def test_the_site_behind_its_proxy(site):
    """One start for all that is asked of it."""
    # Ready, over HTTPS, with HSTS, and pages are compressed on the way.
    assert site.get("/readyz")[0].status == 200
    response, body = site.get("/", host=f"tech.{BASE}")
    assert response.status == 200
    assert b"Tech Gadgets" in body
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert response.headers["Server"] != "gunicorn"
    for kind in (rb'"(/static/css/base\.[0-9a-f]+\.css)"', rb'"(/static/js/cart\.[0-9a-f]+\.js)"'):
        found = re.search(kind, body)
        assert found
        response, _ = site.get(found.group(1).decode(), **{"Accept-Encoding": "gzip, br"})
        assert response.status == 200
        assert response.headers["Content-Encoding"] == "gzip"
    compressed, _ = site.get("/api/schema", **{"Accept-Encoding": "gzip"})
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert compressed.headers["ETag"].startswith("W/")
    again, _ = site.get("/api/schema", **{"If-None-Match": compressed.headers["ETag"]})
    assert again.status == 304

    # Plain HTTP: calls are rejected, pages redirected.
    response, body = site.get("/api/health", secure=False)
    assert response.status == 403
    assert b"https_required" in body
    response, _ = site.get("/products/?a=1", secure=False, host=f"tech.{BASE}")
    assert response.status == 301
    assert response.headers["Location"] == f"https://tech.{BASE}/products/?a=1"

    # What a client says of itself changes nothing.
    forged = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Host": f"tech.{BASE}",
        "Forwarded": "proto=https;for=203.0.113.9",
    }
    assert site.get("/api/health", secure=False, **forged)[0].status == 403
    remaining = []
    for number in range(3):
        forged["X-Forwarded-For"] = f"203.0.113.{number}"
        response, _ = site.get("/api/health", **forged)
        remaining.append(int(response.headers["RateLimit-Remaining"]))
    assert remaining == [remaining[0], remaining[0] - 1, remaining[0] - 2]

    # Past the proxy, nobody else is believed either: this peer is named, so it must be right.
    unknown, body = site.get("/", host="elsewhere.example")
    assert unknown.status == 404

    # A hundred clients that never finish their request stop nobody.
    slow = []
    for _ in range(100):
        client = socket.create_connection(("127.0.0.1", site.http), timeout=10)
        client.sendall(f"POST /api/auth/login HTTP/1.1\r\nHost: {BASE}\r\n".encode())
        client.sendall(b"Content-Length: 1000\r\nContent-Type: application/json\r\n\r\n{")
        slow.append(client)
    answers = [site.get("/", host=f"tech.{BASE}")[0].status for _ in range(20)]
    assert answers == [200] * 20
    for client in slow:
        client.close()


@pytest.mark.parametrize("missing", ["SECRET_KEY", "JWT_SECRET", "BASE_HOST", "DATABASE_URL"])
def test_production_does_not_start_without_its_settings_and_names_the_one(missing):
    environment = os.environ | {
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "SECRET_KEY": "x" * 60,
        "JWT_SECRET": "y" * 60,
        "BASE_HOST": BASE,
        "PYCOMMERCE_MODE": "production",
    }
    del environment[missing]

    ended = subprocess.run(
        [sys.executable, "run.py", "serve"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert ended.returncode != 0
    assert missing in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_database_that_does_not_answer_is_a_sentence():
    environment = os.environ | {
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "SECRET_KEY": "x" * 60,
        "JWT_SECRET": "y" * 60,
        "BASE_HOST": BASE,
        "PYCOMMERCE_MODE": "production",
    }

    ended = subprocess.run(
        [sys.executable, "run.py", "serve"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert ended.returncode == 1
    assert "does not answer" in ended.stderr
    assert "Traceback" not in ended.stderr
