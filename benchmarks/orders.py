"""How fast a shop sells, as ratios to the limits of the same run.

    .venv/bin/python -m benchmarks.orders [--seconds 0.5] [--rounds 3] [--only WORD]

Makes a new shop in a PostgreSQL of its own under `var/bench`, starts gunicorn as it is deployed
(2 workers of 4 threads), and lets 1, 8 and 16 clients on loopback add to carts (the storefront's
form), place orders (`POST /api/orders` of one line, each by a new customer under a key of its own)
and buy (cart, checkout, the simulator's payment page, and back to the order: seven requests), of
one hot variant and of 200. The limits are the statements of each that write or lock, as they were
recorded in the same shop: run through psycopg by a Django view without middleware in the same
gunicorn, and by pgbench. Each is asked in turn, and the median of the rounds stands.

Then: the statements of an order of 1 and of 50 lines, and whether a hot variant holds up orders of
others. At last `check_integrity` is asked about the shop.
"""

import argparse
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from itertools import count, product
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from benchmarks import shopping
from benchmarks.serving import ENVIRONMENT, HOME, ROOT, Served, database, serve
from pycommerce.localdb import LocalDatabaseError, find_binaries

MOST_STATEMENTS = 25
CLIENTS = (1, 8, 16)
HOT, OTHERS = shopping.ITEMS[0], shopping.ITEMS[1:]
ITEMS = {"one": lambda: HOT, "many": lambda: random.choice(OTHERS)}
HEADER = """\
| what | variants | clients | a second | p50 ms | p99 ms | CPU ms, application + database \
| bare Django | ratio | by CPU | pgbench | ratio |
|---|---|---|---|---|---|---|---|---|---|---|---|"""
_numbers = count(random.randrange(10**11, 5 * 10**11))
Act = Callable[[shopping.Line, int, int], None]


@dataclass
class Taken:
    """How often something was done in how many seconds, how long each took, and what CPU."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    application_cpu: float = 0.0
    database_cpu: float = 0.0

    @classmethod
    def together(cls, rounds: list["Taken"]) -> "Taken":
        return cls(
            sum(each.seconds for each in rounds),
            [time for each in rounds for time in each.times],
            sum(each.application_cpu for each in rounds),
            sum(each.database_cpu for each in rounds),
        )

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    @property
    def cpu(self) -> float:
        """Milliseconds of CPU for each time."""
        return self.each(self.application_cpu + self.database_cpu)

    def each(self, seconds: float) -> float:
        return seconds / len(self.times) * 1000

    def within(self, percent: int) -> float:
        """Milliseconds in which so many of a hundred were done."""
        times = sorted(self.times)
        return times[min(len(times) - 1, len(times) * percent // 100)] * 1000


@dataclass(frozen=True)
class Group:
    """Clients that do the same."""

    act: Act
    port: int
    clients: int
    items: str


def measure(seconds: float, *groups: Group) -> list[Taken]:
    """Let all groups work at the same time, and say what each got done."""
    start = threading.Barrier(sum(group.clients for group in groups) + 1)
    taken = [Taken() for _ in groups]
    problems: list[BaseException] = []

    def work(group: Group, mine: Taken) -> None:
        try:
            line = shopping.Line(group.port)
            start.wait(30)
            while (begun := time.perf_counter()) < end[0]:
                group.act(line, next(_numbers), ITEMS[group.items]())
                mine.times.append(time.perf_counter() - begun)
        except BaseException as problem:
            problems.append(problem)

    threads = [
        threading.Thread(target=work, args=pair, daemon=True)
        for pair in zip(groups, taken, strict=True)
        for _ in range(pair[0].clients)
    ]
    end = [float("inf")]
    for thread in threads:
        thread.start()
    start.wait(30)
    begun = time.perf_counter()
    end[0] = begun + seconds
    for thread in threads:
        thread.join(60)
    if problems:
        sys.exit(f"A client failed: {problems[0]!r}")
    for each in taken:
        each.seconds = time.perf_counter() - begun
    return taken


def measure_cpu(served: Served, seconds: float, group: Group) -> Taken:
    """One group alone, with the CPU that it took."""
    before = served.cpu()
    [taken] = measure(seconds, group)
    after = served.cpu()
    taken.application_cpu, taken.database_cpu = after[0] - before[0], after[1] - before[1]
    return taken


class Limits:
    """The recorded statements without the product: behind a bare view, and by pgbench."""

    def __init__(self, facts: dict[str, Any], served: Served) -> None:
        self.facts, self.served = facts, served
        self.pgbench = _pgbench()

    def bare(self, name: str, clients: int, items: str, seconds: float) -> Taken:
        """The bare view."""

        def ask(line: shopping.Line, number: int, item: int) -> None:
            line.get(f"/w?script={quote(name)}&item={item}")

        return measure_cpu(self.served, seconds, Group(ask, self.served.port, clients, items))

    def database(self, name: str, clients: int, items: str, seconds: float) -> float:
        """Transactions a second."""
        file = HOME / "orders.pgbench"
        first, last = (HOT, HOT) if items == "one" else (OTHERS[0], OTHERS[-1])
        lines = ["\\set number random(100000000000, 999999999999)"]
        lines += [f"\\set item random({first}, {last})"]
        file.write_text("\n".join([*lines, *(f"{sql};" for sql in self.facts["scripts"][name])]))
        place = {name: str(self.facts[name]) for name in ("host", "port", "user", "database")}
        command = [str(self.pgbench), "-n", "-f", str(file), "-c", str(clients)]
        command += ["-j", str(min(clients, 2)), "-T", str(max(1, round(seconds)))]
        command += ["-h", place["host"], "-p", place["port"], "-U", place["user"]]
        options = f"-c search_path={self.facts['schema']},public"
        done = subprocess.run(
            [*command, place["database"]],
            env=os.environ | {"PGOPTIONS": options},
            capture_output=True,
            text=True,
            check=False,
        )
        found = re.search(r"tps = ([\d.]+)", done.stdout)
        if done.returncode or not found:
            sys.exit(f"pgbench could not run the statements of {name!r}:\n{done.stderr}")
        return float(found[1])


def _pgbench() -> Path:
    try:
        folder = find_binaries()
    except LocalDatabaseError as error:
        sys.exit(str(error))
    found = folder / "pgbench"
    if not found.exists():
        if not (program := shutil.which("pgbench")):
            sys.exit("This benchmark needs pgbench, which comes with PostgreSQL.")
        found = Path(program)
    return found


def rows(served: Served, limits: Limits, options: argparse.Namespace) -> Iterator[str]:
    """The rows of the table."""
    token, seconds = limits.facts["token"], options.seconds
    for name, act in shopping.ACTS.items():
        for items, clients in product(ITEMS, CLIENTS if options.only in name else ()):
            group = Group(partial(_do, act, token), served.port, clients, items)
            ours, bare, best = [], [], []
            for _ in range(options.rounds):
                ours.append(measure_cpu(served, seconds, group))
                bare.append(limits.bare(name, clients, items, seconds))
                best.append(limits.database(name, clients, items, seconds))
            yield f"| {name} | {items} | {clients} {_row(ours, bare, best)}"


def _do(act: Any, token: str, line: shopping.Line, number: int, item: int) -> None:
    act(line, token, number, item)


def _row(ours: list[Taken], bare: list[Taken], best: list[float]) -> str:
    rate, of_bare = (statistics.median(each.rate for each in rounds) for rounds in (ours, bare))
    of_best = statistics.median(best)
    mine, its = Taken.together(ours), Taken.together(bare)
    return (
        f"| {rate:,.0f} | {mine.within(50):.1f} | {mine.within(99):.1f} "
        f"| {mine.each(mine.application_cpu):.1f} + {mine.each(mine.database_cpu):.1f} "
        f"| {of_bare:,.0f} | {rate / of_bare:.2f} | {its.cpu / mine.cpu:.2f} "
        f"| {of_best:,.0f} | {rate / of_best:.2f} |"
    )


def hot_beside_others(served: Served, limits: Limits, options: argparse.Namespace) -> Iterator[str]:
    """Orders of many variants, with and without orders of a hot one beside them."""

    order = partial(_do, shopping.place_order, limits.facts["token"])
    many, hot = (Group(order, served.port, 4, items) for items in ("many", "one"))
    beside: dict[str, list[Group]] = {
        "nothing": [],
        "a transaction that holds the hot variant": [],
        "4 clients on other variants": [many],
        "4 clients on one hot variant": [hot],
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in beside}
    for _ in range(2 * options.rounds):
        for name, groups in beside.items():
            holds = name.startswith("a transaction")
            with _hot_variant_locked(limits.facts) if holds else nullcontext():
                ours, *theirs = measure(options.seconds, many, *groups)
            found[name].append((ours.rate, sum(each.rate for each in theirs)))
    yield "| beside 4 clients who order many variants | their orders a second | beside them |"
    yield "|---|---|---|"
    for name, rates in found.items():
        ours, theirs = map(statistics.median, zip(*rates, strict=True))
        yield f"| {name} | {ours:,.0f} | {theirs:,.0f} |"


@contextmanager
def _hot_variant_locked(facts: dict[str, Any]) -> Iterator[None]:
    with psycopg.connect(
        host=facts["host"], port=facts["port"], user=facts["user"], dbname=facts["database"]
    ) as connection:
        table = f'"{facts["shop_schema"]}".catalog_variant'
        connection.execute(
            f"SELECT FROM {table} WHERE id = %s FOR UPDATE", [shopping.variant_id(HOT)]
        )
        yield
        connection.rollback()


def prepare() -> dict[str, Any]:
    """Make the shops and record the statements."""
    output = subprocess.run(
        [sys.executable, "-m", "benchmarks.recording", str(HOME)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    facts: dict[str, Any] = json.loads(output.splitlines()[-1])
    (HOME / "scripts.json").write_text(json.dumps(facts["scripts"]))
    return facts


def _dsn(facts: dict[str, Any]) -> str:
    return (
        f"host={facts['host']} port={facts['port']} user={facts['user']} dbname={facts['database']}"
    )


def check() -> None:
    """Whether stock, money and orders of the shop add up after all that."""
    done = subprocess.run(
        [sys.executable, "manage.py", "check_integrity", "--tenant", shopping.SHOP, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    [shop] = json.loads(done.stdout)["tenants"]
    print(f"\nThe shop's books: {'in order' if not shop['problems'] else shop['problems']}.")
    if done.returncode:
        sys.exit(1)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=0.5, help="of each round (default 0.5)")
    parser.add_argument("--rounds", type=int, default=3, help="the median stands (default 3)")
    parser.add_argument("--only", default="", help="part of the name of what to measure")
    options = parser.parse_args(argv)
    os.environ.update(ENVIRONMENT)
    server = database()
    facts = prepare()
    extra = {
        "BENCH_DSN": _dsn(facts),
        "BENCH_SCHEMA": facts["schema"],
        "BENCH_SCRIPTS": str(HOME / "scripts.json"),
    }
    with (
        serve("benchmarks.limits", extra, server) as bare,
        serve("pycommerce.wsgi", {}, server) as served,
    ):
        limits = Limits(facts, bare)
        print(f"pgbench: {limits.pgbench}\n", HEADER, sep="\n")
        for row in rows(served, limits, options):
            print(row, flush=True)
        print()
        for lines, statements in facts["statements"].items():
            met = "yes" if statements <= MOST_STATEMENTS else "**no**"
            print(f"An order of {lines} lines: {statements} statements (at most 25: {met})")
        print()
        for row in hot_beside_others(served, limits, options):
            print(row, flush=True)
    check()


if __name__ == "__main__":
    main()
