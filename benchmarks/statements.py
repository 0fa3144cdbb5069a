"""What pages and calls ask of the database: how many statements, and how long a search takes.

    .venv/bin/python -m benchmarks.statements

Makes the shops of `benchmarks.web` and prints for each page and endpoint its statements, counted
on the wire: of the first request after the catalogue changed, of the next one where nothing
rendered is kept, and of the next one where it is. At most 8 are wished for a category page and 6
for a product page. Then the CPU that a search takes in the database, planning included: at most
1 ms at 10,000 products for a word in 1 % of them, at most 5 ms at 100,000 for a word in 10 %.
"""

import argparse
import json
import os
import subprocess
import sys

from benchmarks.serving import ENVIRONMENT, ROOT, database
from benchmarks.web import NOTHING_KEPT, prepare

PATHS = {
    "home page": ("/", None),
    "list page": ("/products/", None),
    "category page": ("/categories/category-3/", 8),
    "search page": ("/search/?q=wireless", None),
    "product page": ("/products/product-4711/", 6),
    "products, 20": ("/api/products?limit=20", None),
    "products, 100": ("/api/products?limit=100", None),
    "filtered list": ("/api/products?category=category-3&min_price=50&in_stock=true", None),
    "search": ("/api/products?q=wireless", None),
    "product": ("/api/products/product-4711", None),
    "categories": ("/api/categories", None),
    "health": ("/api/health", None),
}
SEARCHES = [("10k", "titanium", 1.0), ("10k", "wireless", None), ("100k", "titanium", None)]
SEARCHES += [("100k", "wireless", 5.0)]


def _count(token: str) -> dict[str, list[int]]:
    """Statements by name of the page: of the first request for it, and of the next."""
    import django

    django.setup()
    from django.test import Client

    from benchmarks.wire import sent_statements
    from pycommerce.core.bounded_cache import forget_everything

    client = Client(HTTP_HOST="bench10k.localhost", HTTP_AUTHORIZATION=f"Bearer {token}")
    client.get("/robots.txt")  # the host is known from here on
    found = {}
    for name, (path, _) in PATHS.items():
        forget_everything()
        found[name] = []
        for _ in range(2):
            with sent_statements() as sent:
                response = client.get(path)
            assert response.status_code == 200, (path, response.status_code)
            found[name].append(len(sent))
    return found


def _search() -> list[list[float]]:
    """Milliseconds of each search: of its page, and of all that its first request asks."""
    import django
    import psutil

    django.setup()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from catalog.listing import CARD, ProductFilters, count_products, find_page
    from tenants.models import Tenant

    connection.ensure_connection()
    server = psutil.Process(connection.connection.info.backend_pid)

    def taken(sql: str) -> float:
        times = 0
        with connection.cursor() as cursor:
            cursor.execute(sql)
            before = sum(server.cpu_times()[:2])
            # The kernel counts in hundredths of a second.
            while (cpu := sum(server.cpu_times()[:2]) - before) < 0.3:
                cursor.execute(sql)
                times += 1
        return cpu / times * 1000

    found = []
    for size, word, _ in SEARCHES:
        connection.set_tenant(Tenant.objects.get(slug=f"bench{size}"))
        filters, times = ProductFilters(q=word), []
        for _ in range(2):
            with CaptureQueriesContext(connection) as asked:
                count_products(filters, version=0)
                find_page(filters, sort="relevance", limit=20, cursor=None, select=CARD, version=0)
            own = [query["sql"] for query in asked if query["sql"].lstrip().startswith("SELECT")]
            times.append(sum(taken(sql) for sql in own))
        found.append(times[::-1])
    return found


def _inside(what: str, token: str, **environment: str) -> object:
    """What a new process with these settings finds."""
    output = subprocess.run(
        [sys.executable, "-m", "benchmarks.statements", "--inside", what],
        cwd=ROOT,
        env=os.environ | environment | {"BENCH_TOKEN": token},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    return json.loads(output.splitlines()[-1])


def _mark(value: float, most: float | None) -> str:
    return "" if most is None else f"≤ {most:g}: {'yes' if value <= most else '**no**'}"


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inside", choices=["count", "search"], help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.inside:
        found = _search() if options.inside == "search" else _count(os.environ["BENCH_TOKEN"])
        print(json.dumps(found))
        return
    os.environ.update(ENVIRONMENT)
    _server = database()
    token = prepare().token
    bare, kept = _inside("count", token, **NOTHING_KEPT), _inside("count", token)
    print("| what | statements after a change | nothing kept | kept | wished |")
    print("|---|---|---|---|---|")
    for name, (_, most) in PATHS.items():
        first, then = bare[name]
        print(f"| {name} | {first} | {then} | {kept[name][1]} | {_mark(first, most)} |")
    print("\n| products | search | ms in the database | after a change | wished |")
    print("|---|---|---|---|---|")
    for (size, word, most), (page, whole) in zip(SEARCHES, _inside("search", token), strict=True):
        print(f"| {size} | {word} | {page:.2f} | {whole:.2f} | {_mark(page, most)} |")


if __name__ == "__main__":
    main()
