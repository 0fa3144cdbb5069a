"""What a shop costs: to create at 1,000 shops, to migrate with nothing to do, to be resolved.

    .venv/bin/python -m benchmarks.tenants [--shops 1000] [--seconds 2] [--rounds 9]

Makes the shops in `var/bench-tenants` (once), then prints seconds. Wished for: a creation in at
most 0.3 s at 1,000 shops, a migration of 300 shops with nothing to do in at most 1 s.

Then what a request pays for being of a shop: milliseconds (at most 0.2 are wished for) and
statements, counted on the wire (none is wished for while a connection stays with a shop). At last
requests a second where any of two shops is asked, of ten, of a hundred and of all, with `wrk`, and
what a request takes of the processor, beside two shops in the same round; and the same of one shop
that has all their products, where two of its answers are asked for and as many as there are shops.
"""

import argparse
import os
import random
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from benchmarks.serving import ENVIRONMENT, ROOT, Figure, Served, database, need_wrk, serve
from benchmarks.web import LIST, NOTHING_KEPT

HOME = ROOT / "var" / "bench-tenants"
os.environ.update(ENVIRONMENT | {"PYCOMMERCE_VAR": str(HOME)})

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402
from django.db.models import QuerySet  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import RequestFactory  # noqa: E402
from django_tenants.utils import tenant_context  # noqa: E402

from benchmarks.wire import sent_statements  # noqa: E402
from catalog.demo.scale import fill  # noqa: E402
from catalog.models import Product  # noqa: E402
from pycommerce.core.http import HttpRequest  # noqa: E402
from pycommerce.db import connection  # noqa: E402
from tenants.middleware import TenantMiddleware  # noqa: E402
from tenants.models import Tenant, User  # noqa: E402
from tenants.services import create_tenant  # noqa: E402
from tenants.services.migrating import lagging_tenants  # noqa: E402
from tenants.services.tokens import issue_tokens  # noqa: E402

# Of each shop; a page of 20 and one more.
PRODUCTS = 21
# The slug of the shop that has as many products as so many others together.
OF_ALL = "as-many-as-{}"
_WARM_UP_SECONDS = 5
# So many rounds in succession in which the database takes as much as before.
_WITHOUT_GAIN = 4


def _create(number: int) -> float:
    started = time.perf_counter()
    create_tenant(slug=f"shop-{number}", name=f"Shop {number}")
    return time.perf_counter() - started


def _look() -> float:
    started = time.perf_counter()
    assert lagging_tenants() == []
    return time.perf_counter() - started


# --- What a request pays -------------------------------------------------------------------------


def _answer(request: HttpRequest) -> HttpResponse:
    connection.fetch_prepared("SELECT 1", [])
    return HttpResponse()


def _price() -> Iterator[str]:
    """What resolving the shop of a request takes, over a view that makes one statement."""
    factory, answer = RequestFactory(), TenantMiddleware(_answer)

    def of_a_shop(number: int = 0) -> None:
        answer(factory.get("/", HTTP_HOST=f"shop-{number}.localhost"))

    def plain() -> None:
        _answer(factory.get("/", HTTP_HOST="shop-0.localhost"))

    of_a_shop()
    both = [(_taken(of_a_shop), _taken(plain)) for _ in range(9)]
    more = statistics.median(of - without for of, without in both)
    yield f"a request's shop: {more:.3f} ms (wished ≤ 0.2: {_yes(more <= 0.2)})"
    of_a_shop(1)
    of_a_shop(0)
    for number, name in ((0, "the same shop"), (1, "another shop")):
        with sent_statements() as sent:
            of_a_shop(number)
        met = f" (wished 0: {_yes(len(sent) == 1)})" if number == 0 else ""
        yield f"statements beyond the view's own, {name} as before: {len(sent) - 1}{met}"


def _taken(ask: Callable[[], None], times: int = 500) -> float:
    """Milliseconds of CPU that a call takes."""
    started = time.process_time()
    for _ in range(times):
        ask()
    return (time.process_time() - started) / times * 1000


# --- Two shops and many --------------------------------------------------------------------------


def _stock(count: int) -> None:
    """Give products to the shops that have none, and to one shop as many as all of them have."""
    wanted = [(each, PRODUCTS) for each in _crowded().order_by("created_at")[:count]]
    slug = OF_ALL.format(count)
    of_all = Tenant.objects.filter(slug=slug).first() or create_tenant(slug=slug, name=slug)
    for tenant, products in [*wanted, (of_all, PRODUCTS * count)]:
        with tenant_context(tenant):
            is_empty = not Product.objects.exists()
        if is_empty:
            fill(tenant, products)


def _crowded() -> QuerySet[Tenant]:
    return Tenant.objects.filter(slug__startswith="shop-")


@dataclass(frozen=True)
class _Question:
    """What is asked with nothing kept, and the headers that it needs."""

    name: str
    path: str
    headers: Mapping[str, str]


# Asks for one of so many things, for so many seconds.
_Ask = Callable[[int, int], Figure]


def _crowd(count: int, options: argparse.Namespace) -> Iterator[str]:
    """What is asked of any of two shops, of ten, of a hundred, and of all.

    Beside it as many different answers of one shop that has all their products: what these take
    more than two of them is no price of tenancy.
    """
    user = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser(
        "bench@example.com"
    )
    list_of_20 = _Question("products, 20", LIST, {"token": issue_tokens(user)["access"]})
    page = _Question("product page", "/products/product-7/", {})
    connections.close_all()
    server = database(HOME)
    for question in (list_of_20, page):
        # Each by a server of its own: a connection that knows the statements of another page has
        # to forget them first, one by one.
        with serve("pycommerce.wsgi", NOTHING_KEPT, server) as served:
            yield from _of_shops(served, question, count, options)
        with serve("pycommerce.wsgi", NOTHING_KEPT, server) as served:
            yield from _of_one_shop(served, question, count, options)


def _of_shops(
    served: Served, question: _Question, count: int, options: argparse.Namespace
) -> Iterator[str]:
    hosts = [f"shop-{number}.localhost" for number in range(count)]

    def ask(shops: int, seconds: int) -> Figure:
        some = " ".join(hosts[:shops])
        return served.ask(question.path, seconds=seconds, hosts=some, **question.headers)

    sizes = sorted({2, 10, min(100, count), count})
    yield from _compare(f"{question.name}, any of {{:,}} shops", ask, sizes, options)
    yield (
        f"a worker has met {count:,} shops: {served.memory / 2**20:.0f} MiB, "
        f"a connection's server process {served.database_memory / 2**20:.0f} MiB of its own"
    )


def _of_one_shop(
    served: Served, question: _Question, count: int, options: argparse.Namespace
) -> Iterator[str]:
    headers = {**question.headers, "host": f"{OF_ALL.format(count)}.localhost"}
    paths = [f"/products/product-{number}/" for number in range(1, count + 1)]
    if question.path == LIST:
        # Pages of 20, each by the cursor of the one before.
        paths = [question.path]
        while len(paths) < count:
            paths.append(served.fetch(paths[-1], **headers).next_path)
        random.Random(1).shuffle(paths)

    def ask(answers: int, seconds: int) -> Figure:
        return served.ask(*paths[:answers], seconds=seconds, **headers)

    yield from _compare(f"{question.name}, any of {{:,}} of one shop", ask, [2, count], options)


def _compare(what: str, ask: _Ask, sizes: list[int], options: argparse.Namespace) -> Iterator[str]:
    """A line for each size of crowd, beside the first size in the same round."""
    warmed = _warm_up(ask, sizes[-1])
    rounds = [[ask(size, options.seconds) for size in sizes] for _ in range(options.rounds)]
    bases = [figures[0] for figures in rounds]
    for place, size in enumerate(sizes):
        asked = [figures[place] for figures in rounds]
        rate = _median(one.rate / base.rate for one, base in zip(asked, bases, strict=True))
        cpu = _median(one.cpu / base.cpu for one, base in zip(asked, bases, strict=True))
        yield (
            f"{what.format(size)}: {_median(one.rate for one in asked):,.0f} a second "
            f"({rate:.2f}); CPU ms, application + database: "
            f"{_median(one.application_cpu for one in asked):.2f} "
            f"+ {_median(one.database_cpu for one in asked):.2f} ({cpu:.2f})"
        )
    yield f"(after {warmed} s of warming up)"


def _warm_up(ask: _Ask, size: int) -> int:
    """Ask all until the database takes no less for it; returns the seconds it took.

    Every connection then has met every shop. What `wrk` opens goes to one worker more than to the
    other, each time anew, and a connection meets the last shops late.
    """
    least, tries, since = float("inf"), 0, 0
    while since < _WITHOUT_GAIN:
        cpu = ask(size, _WARM_UP_SECONDS).database_cpu
        tries, since = tries + 1, 0 if cpu < least * 0.99 else since + 1
        least = min(least, cpu)
    return tries * _WARM_UP_SECONDS


def _median(figures: Iterable[float]) -> float:
    return statistics.median(figures)


def _yes(met: bool) -> str:
    return "yes" if met else "**no**"


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shops", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=2, help="of each round (default 2)")
    parser.add_argument("--rounds", type=int, default=9, help="the median stands (default 9)")
    options = parser.parse_args(argv)
    need_wrk()
    call_command("migrate", verbosity=0)
    count = _crowded().count()
    for target in sorted({10, 300, options.shops}):
        times = [_create(number) for number in range(count, target)]
        count = max(count, target)
        if times:
            last = times[-min(10, len(times)) :]
            print(f"creating at {target:,} shops: {statistics.median(last):.3f} s (median of ten)")
        looks = [_look() for _ in range(3)]
        print(f"migrating {count:,} shops with nothing to do: {min(looks):.2f} s", flush=True)
    for line in _price():
        print(line, flush=True)
    _stock(options.shops)
    for line in _crowd(options.shops, options):
        print(line, flush=True)


if __name__ == "__main__":
    main()
