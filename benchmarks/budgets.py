"""What pages of a shop weigh and how they feel on a phone, against what they may.

    .venv/bin/python -m benchmarks.budgets [--runs 1] [--no-lighthouse] [--only-lighthouse]

Serves the demo's two shops as a deployment does, by gunicorn in production mode behind nginx with
the configuration of `deploy/`, and visits them with Chromium. Bytes are those of bodies under
brotli (quality 5 for pages, 11 for files that are compressed once); beside them stands what nginx
sent, with gzip. Needs chromium, nginx and openssl, and npx for Lighthouse (mobile, simulated slow
4G and a processor four times slower), which is left out where there is none.
"""

import argparse
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from benchmarks import access, lighthouse, weights
from benchmarks.proxy import Ports, find_nginx, write_configuration
from benchmarks.serving import HOME, ROOT, database, serve

FOLDER = HOME / "budgets"
HEADER = "| budget | wished | figure | met |\n|---|---|---|---|"
PAGES = {
    "home": "/",
    "category": "/categories/{category}/",
    "24 products": "/products/",
    "product": "/products/{product}/",
    "search": "/search/?q={word}",
    "nothing found": "/search/?q=zzzz",
    "cart": "/cart/",
    "checkout": "/checkout/",
    "sign-in": "/account/",
    "text": "/pages/delivery/",
    "not found": "/nothing/",
}
SHOPS = {
    "tech": {"category": "audio", "product": "fitness-watch", "word": "wireless"},
    "outdoor": {"category": "camping", "product": "family-tent-5", "word": "tent"},
}
# The order of the site's pages; those that are not for search engines have no mark for them.
FOR_LIGHTHOUSE = ["home", "category", "product", "search", "cart", "checkout"]
PUBLIC = {"home", "category", "product"}


def row(budget: str, wished: str, figure: str, met: bool) -> str:
    return f"| {budget} | {wished} | {figure} | {'yes' if met else '**no**'} |"


def kib(size: int) -> str:
    return f"{size / 1024:.1f} KB"


# --- Serving -------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def site(nginx: str) -> Iterator[int]:
    """The port of HTTPS on which both shops are served."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    server = database(FOLDER)
    server.ensure_database("pycommerce")
    http, https = free_port(), free_port()
    environment = {
        "PYCOMMERCE_MODE": "production",
        "PYCOMMERCE_VAR": str(FOLDER),
        "DJANGO_SETTINGS_MODULE": "pycommerce.settings",
        "DATABASE_URL": f"postgres://postgres@/pycommerce?host={server.socket}",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "JWT_SECRET": secrets.token_urlsafe(60),
        "BASE_HOST": "localhost",
        "PUBLIC_PORT": str(https),
        "TRUSTED_PROXIES": "127.0.0.1",
        "STATIC_ROOT": str(FOLDER / "static"),
        "STRIPE_SIMULATOR": "1",
        "ACCESS_LOG": "0",
        "LOG_LEVEL": "WARNING",
    }
    os.environ.update(environment)
    subprocess.run([sys.executable, "-m", "benchmarks.prepare_demo"], cwd=ROOT, check=True)
    with serve("pycommerce.wsgi", {}, server) as served:
        ports = Ports(http, https, served.port)
        configuration = write_configuration(FOLDER, ports, FOLDER / "static", "localhost")
        proxy = subprocess.Popen([nginx, "-e", f"{FOLDER}/error.log", "-c", str(configuration)])
        try:
            wait_for(https)
            yield https
        finally:
            proxy.terminate()
            proxy.wait(30)


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("nginx did not answer within 30 s.")


# --- Visiting ------------------------------------------------------------------------------------


def addresses(slug: str, port: int) -> dict[str, str]:
    root = f"https://{slug}.localhost:{port}"
    return {name: root + path.format(**SHOPS[slug]) for name, path in PAGES.items()}


def fill_cart(context: BrowserContext, found: dict[str, str]) -> None:
    """Put something into the cart of this context."""
    page = context.new_page()
    page.goto(f"{found['24 products']}?in_stock=on")
    page.locator(".card a").first.click()
    page.locator(".buy [type=submit]").click()
    page.locator("dialog[open]").wait_for()
    page.close()


def weight_rows(browser: Browser, port: int) -> Iterator[str]:
    """Bytes and requests: of all pages the one that is nearest to its budget."""
    styles, scripts = (sum(weights.store_files(kind).values()) for kind in ("css", "js"))
    yield row("styles of the whole shop", "≤ 12 KB", kib(styles), styles <= weights.STYLES)
    yield row("scripts of the whole shop", "≤ 8 KB", kib(scripts), scripts <= weights.SCRIPTS)
    found = {}
    for slug in SHOPS:
        for name, address in addresses(slug, port).items():
            context = browser.new_context(**weights.PHONE, ignore_https_errors=True)
            if name in {"cart", "checkout"}:
                fill_cart(context, addresses(slug, port))
                context.clear_cookies(name="cart_count")
            found[f"{name} of {slug}"] = weights.weigh(context.new_page(), address)
            context.close()
    lists = {name: each for name, each in found.items() if name.startswith("24 products")}
    name, most = max(lists.items(), key=lambda each: each[1].page)
    figure = f"{kib(most.page)} ({name}; nginx sent {kib(most.page_sent)})"
    yield row("HTML of a list of 24", "≤ 10 KB", figure, most.page <= weights.LIST_OF_24)
    name, most = max(found.items(), key=lambda each: each[1].without_pictures)
    figure = f"{kib(most.without_pictures)} ({name}; nginx sent {kib(most.sent)})"
    met = most.without_pictures <= weights.FIRST_VISIT
    yield row("first visit without pictures", "≤ 40 KB", figure, met)
    name, most = max(found.items(), key=lambda each: each[1].asked)
    figure = f"{most.asked} ({name})"
    yield row("its requests", "≤ 8", figure, most.asked <= weights.REQUESTS)
    hosts = max(len(each.hosts) for each in found.values())
    yield row("hosts that are asked", "1", str(hosts), hosts == 1)
    name, most = max(found.items(), key=lambda each: each[1].pictures_in_sight)
    figure = f"{kib(most.pictures_in_sight)} ({name})"
    met = most.pictures_in_sight <= weights.PICTURES_IN_SIGHT
    yield row("pictures in sight on a phone", "≤ 120 KB", figure, met)


def access_row(browser: Browser, port: int) -> str:
    flaws, pages = [], 0
    for slug in SHOPS:
        context = browser.new_context(ignore_https_errors=True)
        found = addresses(slug, port)
        fill_cart(context, found)
        page = context.new_page()
        for name, address in found.items():
            page.goto(address)
            flaws += [f"{name} of {slug}: {each}" for each in access.flaws(page)]
            pages += 1
        context.close()
    for flaw in flaws:
        print(flaw, file=sys.stderr)
    what = f"axe, {pages} pages in {len(access.MODES)} modes"
    return row(what, "0 violations", str(len(flaws)), not flaws)


def lighthouse_rows(browser: Browser, chromium: str, port: int, runs: int) -> Iterator[str]:
    for slug in SHOPS:
        found = addresses(slug, port)
        context = browser.new_context(ignore_https_errors=True)
        fill_cart(context, found)
        filled = "; ".join(f"{each['name']}={each['value']}" for each in context.cookies())
        context.close()
        for name in FOR_LIGHTHOUSE:
            cookie = filled if name in {"cart", "checkout"} else ""
            report = lighthouse.ask(found[name], chromium=chromium, cookie=cookie, runs=runs)
            yield lighthouse_row(f"{name} of {slug}", name in PUBLIC, report)


def lighthouse_row(what: str, is_public: bool, report: lighthouse.Report) -> str:
    scores = dict(report.scores)
    seo = scores.pop("seo")
    fast, others = scores.pop("performance"), scores.values()
    met = fast >= 95 and min(others) == 100 and (seo == 100 or not is_public)
    met = met and report.lcp <= 1.5 and report.cls == 0 and report.tbt <= 50
    figure = f"{fast}, {', '.join(map(str, others))}, {seo if is_public else '–'}; "
    figure += f"LCP {report.lcp:.2f} s, CLS {report.cls:.3f}, TBT {report.tbt:.0f} ms"
    for lost in report.lost:
        if is_public or not lost.startswith("seo"):
            print(f"{what}: {lost}", file=sys.stderr)
    wished = "≥ 95, 100, 100, 100; 1.5 s, 0, 50 ms" if is_public else "≥ 95, 100, 100; the same"
    return row(f"Lighthouse, {what}", wished, figure, met)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1, help="of Lighthouse; the median stands")
    parser.add_argument("--no-lighthouse", action="store_true")
    parser.add_argument("--only-lighthouse", action="store_true")
    options = parser.parse_args(argv)
    nginx, chromium = find_nginx(), shutil.which("chromium") or shutil.which("google-chrome")
    if not nginx or not chromium:
        sys.exit("This needs nginx, openssl and chromium (Debian: apt-get install all three).")
    with site(nginx) as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        print(HEADER)
        if not options.only_lighthouse:
            for line in weight_rows(browser, port):
                print(line, flush=True)
            print(access_row(browser, port), flush=True)
        if options.no_lighthouse:
            return
        if not lighthouse.is_there():
            print("\nLighthouse was left out: there is no npx.")
            return
        for line in lighthouse_rows(browser, chromium, port, options.runs):
            print(line, flush=True)


if __name__ == "__main__":
    main()
