"""The production command behind the nginx configuration that we ship."""

import os
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

import pytest

from benchmarks.proxy import Ports, find_nginx, write_configuration
from tests.deploy.serving import (
    BASE,
    ROOT,
    free_port,
    missing,
    serve,
    slow_clients,
    stop,
    wait_until,
)

HINT = "This test needs nginx and openssl: apt-get install nginx-light openssl."


class Site(Ports):
    def get(self, path: str, *, secure: bool = True, host: str = BASE, **headers: str):
        if secure:
            unchecked = ssl._create_unverified_context()
            asked = HTTPSConnection("127.0.0.1", self.https, timeout=60, context=unchecked)
        else:
            asked = HTTPConnection("127.0.0.1", self.http, timeout=60)
        asked.request("GET", path, headers={"Host": host} | headers)
        response = asked.getresponse()
        body = response.read()
        asked.close()
        return response, body


def _nginx() -> str:
    found = find_nginx()
    if not found:
        missing(HINT)
    return found or ""


@pytest.fixture
def site(tmp_path: Path, transactional_db: None) -> Iterator[Site]:
    nginx = _nginx()
    made = Site(free_port(), free_port(), free_port())
    served = serve(tmp_path, made.backend)
    configuration = write_configuration(tmp_path, made, tmp_path / "static", BASE)
    proxy = subprocess.Popen([nginx, "-e", str(tmp_path / "error.log"), "-c", str(configuration)])
    try:
        wait_until(lambda: made.get("/healthz")[0].status == 200, served, proxy)
        yield made
    finally:
        stop(proxy, served)


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
    remaining, resets = [], [0, 1]
    # In one minute: with the next one counts begin anew.
    while resets != sorted(resets, reverse=True):
        remaining, resets = [], []
        for number in range(3):
            forged["X-Forwarded-For"] = f"203.0.113.{number}"
            response, _ = site.get("/api/health", **forged)
            remaining.append(int(response.headers["RateLimit-Remaining"]))
            resets.append(int(response.headers["RateLimit-Reset"]))
    assert remaining == [remaining[0], remaining[0] - 1, remaining[0] - 2]

    # Past the proxy, nobody else is believed either: this peer is named, so it must be right.
    unknown, body = site.get("/", host="elsewhere.example")
    assert unknown.status == 404

    # What a proxy asks for itself is answered beside it, and to nobody behind it.
    ask = f"/internal/tls-allowed?domain=tech.{BASE}"
    beside = HTTPConnection("127.0.0.1", site.backend, timeout=60)
    beside.request("GET", ask)
    assert beside.getresponse().read() == b"yes\n"
    for secure in (True, False):
        refused, body = site.get(ask, secure=secure, host=f"tech.{BASE}")
        assert (refused.status, b"nginx" in body) == (404, True)

    # A hundred clients that never finish their request stop nobody.
    slow = slow_clients(site.http, 100)
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
