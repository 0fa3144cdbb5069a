"""How fast pages and API answers are, as ratios to the limits of the same run.

    .venv/bin/python -m benchmarks.web [--seconds 2] [--sizes 10k 100k]

Makes two shops (10,000 and 100,000 products) in a PostgreSQL of its own under `var/bench`, starts
gunicorn (2 workers of 4 threads) and asks with `wrk` (Debian: `apt-get install wrk`) on loopback,
16 connections. Prints requests a second, p50 and p99, and the ratio to the limit:
**C** a constant Django view of the same bytes without middleware, **Q** and **Q100** one psycopg
query that returns the same members of 20 or 100 products, rendered by orjson.
"""

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pycommerce.localdb import Server

ROOT = Path(__file__).resolve().parent.parent
SIZES = {"10k": 10_000, "100k": 100_000}
ENVIRONMENT = {
    "PYCOMMERCE_VAR": str(ROOT / "var" / "bench"),
    "PYCOMMERCE_MODE": "demo",
    "DJANGO_SETTINGS_MODULE": "pycommerce.settings",
    "API_RATE_PER_MINUTE": "100000000",
    "LOG_LEVEL": "WARNING",
}
LUA = """
local bodies = 0
wrk.headers["Authorization"] = os.getenv("BENCH_TOKEN") and "Bearer " .. os.getenv("BENCH_TOKEN")
wrk.headers["Host"] = os.getenv("BENCH_HOST")
wrk.headers["If-None-Match"] = os.getenv("BENCH_ETAG")
done = function(summary, latency, requests)
  io.write(string.format("RESULT %d %d %f %f %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end
"""


@dataclass(frozen=True)
class Figure:
    """Requests a second, and milliseconds within which half and 99 % were answered."""

    rate: float
    p50: float
    p99: float


@dataclass(frozen=True)
class Question:
    """What is asked of which shop, the limit it is compared with and the ratio wished for."""

    name: str
    path: str
    limit: str
    target: float
    api: bool = True
    server: str = "uncached"
    conditional: bool = False


QUESTIONS = [
    Question("products, 20", "/api/products?limit=20", "Q", 0.5),
    Question("products, 100", "/api/products?limit=100", "Q100", 0.6),
    Question(
        "filtered list, 20",
        "/api/products?limit=20&category=category-3&min_price=50&max_price=250&in_stock=true",
        "Q",
        0.3,
    ),
    Question("search, 20", "/api/products?limit=20&q=wireless", "Q", 0.3),
    Question("search, rare word", "/api/products?limit=20&q=titanium", "Q", 0.3),
    Question("product", "/api/products/product-4711", "Q", 0.45),
    Question("category page, nothing kept", "/categories/category-3/", "C", 0.05, api=False),
    Question("product page", "/products/product-4711/", "C", 0.13, api=False),
    Question("products, 20, warm", "/api/products?limit=20", "C", 0.33, server="warm"),
    Question(
        "products, 20, 304", "/api/products?limit=20", "C", 0.33, server="warm", conditional=True
    ),
    Question(
        "category page, cards kept", "/categories/category-3/", "C", 0.12, api=False, server="cards"
    ),
    Question("category page, warm", "/categories/category-3/", "C", 0.5, api=False, server="warm"),
]
ROUNDS = 3
# What a server may keep between requests; counts and hosts are always kept.
SERVERS = {
    "uncached": {"RESPONSE_CACHE_BYTES": "0", "CARD_CACHE_SIZE": "0"},
    "cards": {"RESPONSE_CACHE_BYTES": "0"},
    "warm": {},
}


@contextmanager
def server(application: str, extra: dict[str, str]) -> Iterator[int]:
    """gunicorn with 2 workers of 4 threads on a free port of loopback; yields the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", application, "-b", f"127.0.0.1:{port}"]
    command += ["-w", "2", "-k", "gthread", "--threads", "4", "--keep-alive", "30"]
    process = subprocess.Popen([*command, "--log-level", "error"], cwd=ROOT, env=os.environ | extra)
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit("The server ended before it answered.")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    sys.exit("The server did not answer within 30 s.")


def measure(port: int, path: str, seconds: int, **headers: str) -> Figure:
    """Ask one address over 16 connections; every answer must be good."""
    script = ROOT / "var" / "bench" / "ask.lua"
    script.write_text(LUA)
    environment = os.environ | {f"BENCH_{name.upper()}": value for name, value in headers.items()}
    command = ["wrk", "-t1", "-c16", f"-d{seconds}s", "--latency", "-s", str(script)]
    output = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{path}"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.search(r"RESULT (\d+) (\d+) (\S+) (\S+) (\d+)", output)
    if not found:
        sys.exit(f"wrk said nothing useful about {path}:\n{output}")
    requests, microseconds, p50, p99, errors = (float(part) for part in found.groups())
    if errors:
        sys.exit(f"{path}: {errors:.0f} of {requests:.0f} answers were errors.")
    return Figure(requests / microseconds * 1e6, p50 / 1000, p99 / 1000)


def fetch(port: int, path: str, **headers: str) -> tuple[bytes, str]:
    """Body and ETag of one answer."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    request.add_header("Host", headers["host"])
    if token := headers.get("token"):
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=20) as response:
        return response.read(), response.headers.get("ETag", "")


def prepare() -> dict[str, dict[str, str]]:
    """Make the shops; returns what the measuring needs: schemas, DSN, a token."""
    output = subprocess.run(
        [sys.executable, "-m", "benchmarks.prepare", json.dumps(SIZES)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    facts: dict[str, dict[str, str]] = json.loads(output.splitlines()[-1])
    return facts


def measure_shop(size: str, facts: dict[str, dict[str, str]], seconds: int) -> Iterator[str]:
    """The rows of the table for one shop."""
    host, token = f"bench{size}.localhost", facts["token"]["access"]
    extra = {"BENCH_DSN": facts["dsn"]["dsn"], "BENCH_SCHEMA": facts["schemas"][size]}
    for name, environment in SERVERS.items():
        with (
            server("benchmarks.limits", extra) as limits,
            server("pycommerce.wsgi", environment) as port,
        ):
            for question in (q for q in QUESTIONS if q.server == name):
                headers = {"host": host} | ({"token": token} if question.api else {})
                body, etag = fetch(port, question.path, **headers)
                path = f"/c?bytes={1 if question.conditional else len(body)}"
                if question.limit != "C":
                    path = f"/q?limit={100 if question.limit == 'Q100' else 20}"
                if question.conditional:
                    headers["etag"] = etag
                yield _row(size, question, (port, headers), (limits, path), seconds)


def _row(
    size: str,
    question: Question,
    asked: tuple[int, dict[str, str]],
    limit: tuple[int, str],
    seconds: int,
) -> str:
    """Question and limit in turn, since a machine's speed changes by the minute; the median."""
    port, headers = asked
    measure(port, question.path, 1, **headers)
    pairs = []
    for _ in range(ROUNDS):
        figure = measure(port, question.path, seconds, **headers)
        pairs.append((figure.rate / measure(*limit, seconds).rate, figure))
    ratio, figure = sorted(pairs, key=lambda pair: pair[0])[ROUNDS // 2]
    is_met = "yes" if ratio >= question.target else "**no**"
    return (
        f"| {size} | {question.name} | {figure.rate:,.0f} | {figure.p50:.1f} | {figure.p99:.1f} "
        f"| {ratio:.2f} {question.limit} | ≥ {question.target} {question.limit} | {is_met} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--seconds", type=int, default=2, help="for each of three rounds (default 2)"
    )
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    options = parser.parse_args()
    if not shutil.which("wrk"):
        sys.exit("This benchmark needs wrk (Debian: apt-get install wrk).")
    os.environ.update(ENVIRONMENT)
    (ROOT / "var" / "bench").mkdir(parents=True, exist_ok=True)
    # The limits ask the database without knowing whose it is: it stays up as long as this process.
    database = Server(ROOT / "var" / "bench" / "pg18")
    database.ensure()
    facts = prepare()
    print("| products | what | requests/s | p50 ms | p99 ms | ratio | wished | met |")
    print("|---|---|---|---|---|---|---|---|")
    for size in options.sizes:
        for row in measure_shop(size, facts, options.seconds):
            print(row, flush=True)
        database.ensure()


if __name__ == "__main__":
    main()
