"""nginx as we ship it, in a folder and on ports of its own."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# As Debian 12 has them.
_TYPES = """types { text/css css; application/javascript js; image/svg+xml svg; }"""


@dataclass(frozen=True)
class Ports:
    http: int
    https: int
    backend: int


def find_nginx() -> str | None:
    """The program, where it and openssl are installed."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    return found if shutil.which("openssl") else None


def write_configuration(folder: Path, ports: Ports, static: Path, host: str) -> Path:
    """Our configuration with these ports and paths, and with a certificate made now."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN={host}".split()
        + f"-keyout {key} -out {certificate}".split(),
        check=True,
        capture_output=True,
    )
    text = (ROOT / "deploy/nginx.conf").read_text()
    for ours, theirs in {
        "listen 80 default_server": f"listen 127.0.0.1:{ports.http} default_server",
        "listen 443 ssl http2": f"listen 127.0.0.1:{ports.https} ssl http2",
        "server 127.0.0.1:8000": f"server 127.0.0.1:{ports.backend}",
        "/etc/ssl/shops.example.pem": str(certificate),
        "/etc/ssl/shops.example.key": str(key),
        "/etc/nginx/pycommerce-proxy.conf": str(ROOT / "deploy/pycommerce-proxy.conf"),
        "/srv/pycommerce/staticfiles/": f"{static}/",
    }.items():
        assert ours in text, ours
        text = text.replace(ours, theirs)
    temporary = " ".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = folder / "nginx.conf"
    main.write_text(
        # The folder is private to whoever runs it.
        f"{'user root;' if os.geteuid() == 0 else ''}\n"
        f"pid {folder}/nginx.pid; error_log {folder}/error.log; daemon off;\n"
        f"events {{ worker_connections 512; }}\n"
        f"http {{ access_log off; {temporary} {_TYPES}\n{text}\n}}\n"
    )
    return main
