"""How fast pages and API answers are, as ratios to the limits of the same run.

    .venv/bin/python -m benchmarks.web [--seconds 1] [--rounds 3] [--sizes 10k 100k] [--only WORDS]

Makes two shops (10,000 and 100,000 products) in a PostgreSQL of its own under `var/bench`, starts
gunicorn as it is deployed (2 workers of 4 threads) and asks with `wrk` (Debian: `apt-get install
wrk`) on loopback, 16 connections. Each question and its limit are asked in turn, since a machine's
speed changes by the minute; the median of the rounds stands. The limits: **C** a constant Django
view of the same bytes without middleware, **Q** and **Q100** one psycopg query that returns the
same members of 20 or 100 products, rendered by orjson.

At last the memory of a worker after all this (at most 80 MiB are wished for, its share of what the
processes have in common) and the time from the start of gunicorn to its first list (at most 2 s).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.serving import ENVIRONMENT, ROOT, Figure, Served, database, need_wrk, serve
from pycommerce.localdb import Server

SIZES = {"10k": 10_000, "100k": 100_000}
DEEP_PAGE = 1000


@dataclass(frozen=True)
class Question:
    """What is asked of which server, the limit it is compared with and the ratio wished for.

    `place` is "304" to send the ETag along, "deep" to ask for page 1,000.
    """

    name: str
    path: str
    limit: str
    target: float
    server: str = "uncached"
    place: str = ""

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")


LIST = "/api/products?limit=20"
CATEGORY, PRODUCT = "/categories/category-3/", "/products/product-4711/"
NARROWED = "&category=category-3&min_price=50&max_price=250&in_stock=true"
QUESTIONS = [
    Question("products, 20", LIST, "Q", 0.5),
    Question("products, 20, no token and no rate", LIST, "Q", 0.6, server="open"),
    Question("products, 100", "/api/products?limit=100", "Q100", 0.6),
    Question("filtered list, 20", LIST + NARROWED, "Q", 0.3),
    Question("search, 20", LIST + "&q=wireless", "Q", 0.3),
    Question("search, rare word", LIST + "&q=titanium", "Q", 0.3),
    Question("product", "/api/products/product-4711", "Q", 0.45),
    Question("products, page 1,000 of 20", LIST, "page 1", 0.9, place="deep"),
    Question("category page, nothing kept", CATEGORY, "C", 0.05),
    Question("product page, nothing kept", PRODUCT, "C", 0.13),
    Question("category page, cards kept", CATEGORY, "C", 0.12, server="cards"),
    Question("product page, cards kept", PRODUCT, "C", 0.13, server="cards"),
    Question("products, 20, warm", LIST, "C", 0.33, server="warm"),
    Question("products, 20, 304", LIST, "C", 0.33, server="warm", place="304"),
    Question("category page, warm", CATEGORY, "C", 0.5, server="warm"),
    Question("product page, warm", PRODUCT, "C", 0.5, server="warm"),
]
# What a server may keep between requests; counts and hosts are always kept.
NOTHING_KEPT = {"RESPONSE_CACHE_BYTES": "0", "CARD_CACHE_SIZE": "0"}
SERVERS = {
    "uncached": ("pycommerce.wsgi", NOTHING_KEPT),
    "open": (
        "pycommerce.wsgi",
        NOTHING_KEPT | {"DJANGO_SETTINGS_MODULE": "benchmarks.open_settings"},
    ),
    "cards": ("pycommerce.wsgi", {"RESPONSE_CACHE_BYTES": "0"}),
    "warm": ("pycommerce.wsgi", {}),
}
HEADER = """\
| products | what | requests/s | p50 ms | p99 ms | CPU ms, application + database | ratio | \
by CPU | wished | met |
|---|---|---|---|---|---|---|---|---|---|"""


@dataclass(frozen=True)
class Facts:
    """What the measuring needs to know: the schemas by size, the DSN, and a token."""

    schemas: dict[str, str]
    dsn: str
    token: str


def prepare() -> Facts:
    """Make the shops."""
    output = subprocess.run(
        [sys.executable, "-m", "benchmarks.prepare", json.dumps(SIZES)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    return Facts(**json.loads(output.splitlines()[-1]))


@dataclass
class Process:
    """What the served processes took: seconds to the first list, and bytes of a worker."""

    starts: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        start, most = statistics.median(self.starts), max(self.memory) / 2**20
        return (
            f"From the start of gunicorn to the first list: {start:.1f} s, the median of "
            f"{len(self.starts)} (wished ≤ 2: {_yes(start <= 2)}). A worker takes at most "
            f"{most:.0f} MiB (wished ≤ 80: {_yes(most <= 80)})."
        )


def measure_shop(
    size: str, server: Server, facts: Facts, options: argparse.Namespace, process: Process
) -> Iterator[str]:
    """The rows of the table for one shop."""
    extra = {"BENCH_DSN": facts.dsn, "BENCH_SCHEMA": facts.schemas[size]}
    with serve("benchmarks.limits", extra, server) as limits:
        for name, (application, environment) in SERVERS.items():
            asked = [q for q in QUESTIONS if q.server == name and options.only in q.name]
            asked = [q for q in asked if q.place != "deep" or SIZES[size] >= 20 * DEEP_PAGE]
            if not asked:
                continue
            with serve(application, environment, server) as served:
                served.fetch(LIST, host=f"bench{size}.localhost", token=facts.token)
                process.starts.append(time.monotonic() - served.started_at)
                for question in asked:
                    yield _row(size, question, served, limits, facts, options)
                process.memory.append(served.memory)


def _row(
    size: str,
    question: Question,
    served: Served,
    limits: Served,
    facts: Facts,
    options: argparse.Namespace,
) -> str:
    headers = {"host": f"bench{size}.localhost"}
    if question.is_api:
        headers["token"] = facts.token
    answer = served.fetch(question.path, **headers)
    path, limit = question.path, (limits, _limit_path(question, len(answer.body)), {})
    if question.place == "deep":
        limit = (served, path, dict(headers))
        for _ in range(DEEP_PAGE - 1):
            path = answer.next_path
            answer = served.fetch(path, **headers)
    if question.place == "304":
        headers["etag"] = answer.etag
    return _compare(size, question, (served, path, headers), limit, options)


def _limit_path(question: Question, length: int) -> str:
    if question.limit == "C":
        return f"/c?bytes={1 if question.place == '304' else length}"
    return f"/q?limit={100 if question.limit == 'Q100' else 20}"


Asked = tuple[Served, str, dict[str, str]]


def _ask(asked: Asked, seconds: int) -> Figure:
    served, path, headers = asked
    return served.ask(path, seconds=seconds, **headers)


def _compare(
    size: str, question: Question, asked: Asked, limit: Asked, options: argparse.Namespace
) -> str:
    _ask(asked, 1)
    seconds = options.seconds
    pairs = [(_ask(asked, seconds), _ask(limit, seconds)) for _ in range(options.rounds)]
    pairs.sort(key=lambda pair: pair[0].rate / pair[1].rate)
    figure, best = pairs[len(pairs) // 2]
    ratio = figure.rate / best.rate
    by_cpu = sorted(best.cpu / figure.cpu for figure, best in pairs)[len(pairs) // 2]
    return (
        f"| {size} | {question.name} | {figure.rate:,.0f} | {figure.p50:.1f} | {figure.p99:.1f} "
        f"| {figure.application_cpu:.2f} + {figure.database_cpu:.2f} "
        f"| {ratio:.2f} {question.limit} | {by_cpu:.2f} | ≥ {question.target} {question.limit} "
        f"| {_yes(ratio >= question.target)} |"
    )


def _yes(met: bool) -> str:
    return "yes" if met else "**no**"


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=1, help="of each round (default 1)")
    parser.add_argument("--rounds", type=int, default=3, help="the median stands (default 3)")
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--only", default="", help="part of the names of the questions to ask")
    options = parser.parse_args(argv)
    need_wrk()
    os.environ.update(ENVIRONMENT)
    server = database()
    facts = prepare()
    print(HEADER)
    process = Process()
    for size in options.sizes:
        for row in measure_shop(size, server, facts, options, process):
            print(row, flush=True)
    print(f"\n{process}")


if __name__ == "__main__":
    main()
