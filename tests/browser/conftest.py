"""A real browser on a real server."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from benchmarks import access
from tests.factories import PASSWORD

HINT = (
    "No Chromium was found: 'apt-get install chromium', or "
    "'.venv/bin/python -m playwright install chromium'."
)

# Milliseconds until what must come is given up: a busy machine is slow, and nobody waits otherwise.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)


def _executable() -> str | None:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = _executable()
    if executable is None:
        if os.environ.get("CI") == "true":
            pytest.fail(HINT)
        pytest.skip(HINT)
    # Playwright runs a loop in this thread, beside which Django would refuse to ask its database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield launched
        launched.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Visit:
    """A page with everything that went wrong on it, and what it asked other hosts for.

    `expected` are the statuses that a test asks for: a browser logs them as errors.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.problems: list[str] = []
        self.expected = {404}
        self.page = self.new_tab()

    def new_tab(self) -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._on_console)
        page.on("request", self._on_request)
        return page

    def _on_console(self, message: Any) -> None:
        wanted = any(f"status of {status} " in message.text for status in self.expected)
        if message.type == "error" and not wanted:
            self.problems.append(message.text)

    def _on_request(self, request: Any) -> None:
        host = request.url.split("/")[2].partition(":")[0] if "://" in request.url else "localhost"
        if not host.endswith("localhost"):
            self.problems.append(f"asked {request.url}")

    def is_too_wide(self) -> bool:
        return access.is_too_wide(self.page)

    def flaws(self) -> list[str]:
        return access.flaws(self.page)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    contexts = []

    def _visit(width: int = 1280, **options: Any) -> Visit:
        size = {"viewport": {"width": width, "height": 800}}
        context = browser.new_context(**(size | options))
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return Visit(context)

    yield _visit
    for context in contexts:
        context.close()


def sign_in(page: Page, host: str = "") -> None:
    """As merchant@example.com, on the shop's own host."""
    page.goto(f"{host}/admin/")
    page.get_by_label("E-mail address").fill("merchant@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="What needs doing").wait_for()


@pytest.fixture
def sit_down(live_server: Any, visit: Callable[..., Visit]) -> Callable[..., Visit]:
    """A browser at the desk of Tech Gadgets, at the given width: its merchant is a member."""
    port = live_server.url.rpartition(":")[2]

    def _sit_down(width: int = 1280, **options: Any) -> Visit:
        seen = visit(width, base_url=f"http://tech.localhost:{port}", **options)
        sign_in(seen.page)
        return seen

    return _sit_down
