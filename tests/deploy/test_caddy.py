"""The production command behind the Caddy configuration that we ship: certificates on demand."""

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from tenants.models import Domain, Tenant
from tenants.services import add_domain
from tests.deploy.serving import BASE, free_port, missing, serve, slow_clients, stop, wait_until

HINT = "This test needs Caddy: apt-get install caddy."
CUSTOM, CLAIMED = "xn--bcher-kva.example", "claimed.example"


@dataclass(frozen=True)
class Site:
    http: int
    https: int
    backend: int
    authority: Path

    def get(
        self, path: str, *, secure: bool = True, host: str = BASE, **headers: str
    ) -> tuple[HTTPResponse, bytes]:
        """The answer of a host, whose certificate is held against the proxy's own authority.

        Raises ssl.SSLError where there is none.
        """
        asked = HTTPConnection("127.0.0.1", self.https if secure else self.http, timeout=60)
        if secure:
            checked = ssl.create_default_context(cafile=str(self.authority))
            plain = socket.create_connection(("127.0.0.1", self.https), timeout=60)
            asked.sock = checked.wrap_socket(plain, server_hostname=host)
        asked.request("GET", path, headers={"Host": host} | headers)
        response = asked.getresponse()
        body = response.read()
        asked.close()
        return response, body


def _configuration(folder: Path, site: Site) -> Path:
    """Ours with these ports and paths, and with an authority of the proxy's own."""
    text = (Path(settings.BASE_DIR) / "deploy/Caddyfile").read_text()
    ports = f"http_port {site.http}\n\thttps_port {site.https}\n\tdefault_bind 127.0.0.1"
    for ours, theirs in {
        "email operator@shops.example": f"{ports}\n\tadmin off\n\tskip_install_trust\n"
        f"\tstorage file_system {folder}/caddy",
        "\ttls {\n": "\ttls internal {\n",
        "127.0.0.1:8000": f"127.0.0.1:{site.backend}",
        "/srv/pycommerce/staticfiles": f"{folder}/static",
    }.items():
        assert ours in text, ours
        text = text.replace(ours, theirs)
    made = folder / "Caddyfile"
    made.write_text(text)
    return made


@pytest.fixture
def site(tmp_path: Path, transactional_db: None) -> Iterator[Site]:
    caddy = shutil.which("caddy")
    if not caddy:
        missing(HINT)
    tech = Tenant.objects.get(slug="tech")
    add_domain(tech, CUSTOM)
    Domain.objects.create(tenant=tech, domain=CLAIMED)
    authority = tmp_path / "caddy/pki/authorities/local/root.crt"
    made = Site(free_port(), free_port(), free_port(), authority)
    served = serve(tmp_path, made.backend)
    command = [caddy or "", "run", "--adapter", "caddyfile", "--config"]
    homes = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), str(tmp_path))
    with (tmp_path / "caddy.log").open("wb") as log:
        proxy = subprocess.Popen(
            [*command, str(_configuration(tmp_path, made))], env=os.environ | homes, stderr=log
        )
    try:
        wait_until(lambda: made.get("/healthz")[0].status == 200, served, proxy)
        yield made
    finally:
        stop(proxy, served)


def test_each_host_has_a_certificate_once_it_is_proven(site):
    """One start for all that is asked of it."""
    # A proven domain, a shop below the base host, and the platform itself.
    for host in (CUSTOM, f"tech.{BASE}"):
        response, body = site.get("/", host=host)
        assert response.status == 200
        assert b"Tech Gadgets" in body
        assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert site.get("/readyz")[0].status == 200

    # What is claimed, unknown or nobody's gets none.
    for host in (CLAIMED, "nobody.example", f"nobody.{BASE}", f"a.tech.{BASE}"):
        with pytest.raises(ssl.SSLError):
            site.get("/", host=host)

    # Proven meanwhile, in another process than those that serve: each has it within seconds.
    Domain.objects.filter(domain=CLAIMED).update(proven_at=timezone.now())
    deadline, body = time.monotonic() + 120, b""
    while b"Tech Gadgets" not in body:
        assert time.monotonic() < deadline
        time.sleep(0.5)
        with suppress(ssl.SSLError):
            _, body = site.get("/", host=CLAIMED)

    # What the proxy asks is answered to nobody who comes through it.
    ask = f"/internal/tls-allowed?domain={CUSTOM}"
    beside = HTTPConnection("127.0.0.1", site.backend, timeout=60)
    beside.request("GET", ask)
    assert beside.getresponse().read() == b"yes\n"
    for secure in (True, False):
        refused, body = site.get(ask, secure=secure, host=CUSTOM)
        assert (refused.status, body) == (404, b"")

    # Plain HTTP: calls are rejected, pages redirected.
    response, body = site.get("/api/health", secure=False)
    assert response.status == 403
    assert b"https_required" in body
    response, _ = site.get("/products/?a=1", secure=False, host=CUSTOM)
    assert response.status == 301
    assert response.headers["Location"] == f"https://{CUSTOM}/products/?a=1"

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

    # Files are compressed and kept for good.
    response, body = site.get("/", host=CUSTOM)
    style = body.partition(b'"/static/css/base.')[2].partition(b'"')[0].decode()
    response, _ = site.get(f"/static/css/base.{style}", host=CUSTOM, **{"Accept-Encoding": "br"})
    assert response.status == 200
    assert response.headers["Content-Encoding"] == "br"
    assert "immutable" in response.headers["Cache-Control"]
    again, _ = site.get("/api/schema", **{"Accept-Encoding": "gzip"})
    assert again.headers["Content-Encoding"] == "gzip"

    # A hundred clients that never finish their request stop nobody.
    slow = slow_clients(site.http, 100)
    answers = [site.get("/", host=f"tech.{BASE}")[0].status for _ in range(20)]
    assert answers == [200] * 20
    for client in slow:
        client.close()
