"""Take the README's pictures from a demo of its own: `.venv/bin/python development/screenshots.py`.

Needs a Chromium and the requirements of `requirements-dev.txt`; writes WebP files under `docs/`.
"""

import http.client
import io
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
DESK, PHONE = (1280, 860), (360, 740)
# File, host of the shop, path, size of the window, colour scheme.
PICTURES = [
    ("tech-home", "tech", "/", DESK, "light"),
    ("outdoor-category", "outdoor", "/categories/tents/", DESK, "light"),
    ("tech-product", "tech", "/products/wireless-headphones/", DESK, "light"),
    ("outdoor-home-phone", "outdoor", "/", PHONE, "dark"),
    ("tech-search-phone", "tech", "/search/?q=hedphones", PHONE, "light"),
    ("outdoor-product-phone", "outdoor", "/products/down-jacket/", PHONE, "dark"),
    ("back-office", "tech", "/admin/", DESK, "light"),
]


def main() -> None:
    password = secrets.token_urlsafe(12)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"PYCOMMERCE_VAR": home, "DEMO_PASSWORD": password}
        demo = subprocess.Popen(
            [sys.executable, "run.py", "demo", "--port", str(port)], cwd=ROOT, env=environment
        )
        try:
            _await(demo, port)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--no-sandbox"]
                )
                for name, shop, path, size, scheme in PICTURES:
                    page = _open(browser, size, scheme)
                    if path.startswith("/admin/"):
                        _sign_in(page, f"http://{shop}.localhost:{port}/admin/", password)
                    answer = page.goto(f"http://{shop}.localhost:{port}{path}")
                    if answer is None or not answer.ok:
                        sys.exit(f"{path} of {shop} does not answer.")
                    page.wait_for_load_state("networkidle")
                    _write(page, ROOT / "docs" / f"{name}.webp")
        finally:
            demo.terminate()
            demo.wait(30)


def _await(demo: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(600):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except OSError:
            pass
        if demo.poll() is not None:
            sys.exit("The demo has ended.")
        time.sleep(0.5)
    sys.exit("The demo does not answer.")


def _open(browser: Browser, size: tuple[int, int], scheme: str) -> Page:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        device_scale_factor=2 if size == PHONE else 1,
    )
    return context.new_page()


def _sign_in(page: Page, address: str, password: str) -> None:
    page.goto(address)
    page.fill("[name=username]", "merchant@tech.example")
    page.fill("[name=password]", password)
    page.click("[type=submit]")
    page.wait_for_load_state("networkidle")


def _write(page: Page, file: Path) -> None:
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        picture.convert("RGB").save(file, "WEBP", quality=80, method=6)
    print(f"{file.relative_to(ROOT)}: {file.stat().st_size:,} bytes", flush=True)


if __name__ == "__main__":
    main()
