"""How fast the pages of both back offices are beside many rows.

    .venv/bin/python -m benchmarks.desk [--rows 100000] [--only TEXT]

Makes two shops in `var/bench`, with 100 and with so many rows behind each list that grows: orders
of half a year, products, codes, customers, entries of the history, and so on. Then it asks for
every page that the sites' own registries, routes and links lead to, and prints them with what takes
most first: milliseconds, those of the processor (of the page and of the database together, which
other work on the machine changes little), as many times as beside 100 rows, statements, and the
milliseconds of the slowest one. Wished for: 150 ms a page, 100 ms for the figures of sales.
"""

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("PYCOMMERCE_VAR", str(ROOT / "var" / "bench"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pycommerce.settings")

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django_tenants.utils import tenant_context  # noqa: E402

from benchmarks.desk_pages import pages_of  # noqa: E402
from benchmarks.desk_rows import LARGEST, fill_platform, full_shop  # noqa: E402
from catalog.models import Variant  # noqa: E402
from catalog.services.low_stock import low_stock  # noqa: E402
from orders.figures import PERIODS, figures_of, top_products  # noqa: E402
from orders.services.low_stock import tell_low_stock  # noqa: E402
from pycommerce.core.spreadsheets import FORMATS  # noqa: E402
from tenants.admin_sites import platform_site, tenant_site  # noqa: E402
from tenants.exporting import MOST_AT_ONCE, list_again  # noqa: E402
from tenants.middleware import PLACE_KEY, place_of  # noqa: E402
from tenants.models import Tenant, User  # noqa: E402
from tenants.services.list_exports import delete_export, write_list  # noqa: E402
from tenants.shop.models import ListExport  # noqa: E402

FEW = 100
WISHED_MS = 150


@dataclass(frozen=True, slots=True)
class Taken:
    """What a page takes: milliseconds by the clock and of the processor, statements, and the
    slowest of those with its milliseconds."""

    ms: float
    cpu_ms: float
    statements: int
    slowest_ms: float
    slowest: str


def ask(client: Client, address: str) -> Taken:
    """The quicker of two calls, after one whose statements are counted."""
    with CaptureQueriesContext(connection) as asked:
        _call(client, address)
    queries = asked.captured_queries
    slowest = max(queries, key=lambda each: float(each["time"]), default=None)
    ms, cpu_ms = min((_call(client, address) for _ in range(2)), key=itemgetter(1))
    return Taken(
        ms,
        cpu_ms,
        len(queries),
        float(slowest["time"]) * 1000 if slowest else 0,
        " ".join(slowest["sql"].split()) if slowest else "",
    )


def _call(client: Client, address: str) -> tuple[float, float]:
    """Milliseconds of one call, by the clock and of the processor."""
    started, before = time.perf_counter(), _cpu()
    response = client.get(address, follow=True)
    taken = (time.perf_counter() - started) * 1000, (_cpu() - before) * 1000
    if response.status_code not in {200, 403, 404, 405}:
        raise SystemExit(f"{address}: {response.status_code}")
    return taken


def _cpu() -> float:
    """Seconds that this process and its backend of the database have worked."""
    backend = connection.connection.info.backend_pid
    nanoseconds = int(Path(f"/proc/{backend}/schedstat").read_text().split()[0])
    return time.process_time() + nanoseconds / 1e9


def _all(site: Any, client: Client, staff: User, only: str) -> dict[str, Taken]:
    """What each page of a site takes, by its name. The schema is selected."""
    largest = {}
    for model, name in LARGEST.items():
        if model in site._registry:
            largest[model] = _id_of(name)
    pages = list(pages_of(site, client, staff, largest))
    return {page.name: ask(client, page.address) for page in pages if only in page.name}


def _id_of(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT md5(%s)::uuid", [name])
        return str(cursor.fetchone()[0])


def _client(staff: User, host: str, shop: Tenant | None) -> Client:
    client = Client(HTTP_HOST=host)
    client.force_login(staff)
    session = client.session
    session[PLACE_KEY] = place_of(shop, host)
    session.save()
    return client


def _of_shop(rows: int, staff: User, only: str) -> dict[str, Taken]:
    shop = full_shop(rows)
    client = _client(staff, f"{shop.slug}.localhost", shop)
    with tenant_context(shop):
        return _all(tenant_site, client, staff, only)


def _of_platform(rows: int, staff: User, only: str) -> tuple[dict[str, Taken], dict[str, Taken]]:
    """Beside few rows and beside many, of which none stays."""
    connection.set_schema_to_public()
    client = _client(staff, "localhost", None)
    with transaction.atomic():
        fill_platform(FEW, staff.pk)
        few = _all(platform_site, client, staff, only)
        fill_platform(rows, staff.pk)
        many = _all(platform_site, client, staff, only)
        transaction.set_rollback(True)
    return few, many


def _print(title: str, few: dict[str, Taken], many: dict[str, Taken]) -> None:
    slow = [name for name, taken in many.items() if taken.cpu_ms > WISHED_MS]
    print(f"\n{title}: {len(many)} pages, {len(slow)} of them above {WISHED_MS} ms")
    print("    ms     CPU  times  statements  slowest  page")
    for name, taken in sorted(many.items(), key=lambda each: -each[1].cpu_ms):
        times = f"{taken.cpu_ms / few[name].cpu_ms:5.1f}" if name in few else "    –"
        print(
            f"{taken.ms:6.0f}  {taken.cpu_ms:6.0f}  {times}  {taken.statements:10}  "
            f"{taken.slowest_ms:7.0f}  {name}"
        )
        if name in slow:
            print(f"{'':41}{taken.slowest[:300]}")


def _memory() -> float:
    """The most that this process ever had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _measure(name: str, work: Callable[[], object], times: int = 5) -> None:
    work()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    print(f"{name}: {statistics.median(taken) * 1000:,.0f} ms")


def _figures(shop: Tenant) -> None:
    with tenant_context(shop):
        for days in PERIODS:
            _measure(f"sales of {days} days", lambda days=days: figures_of(days))
            _measure(f"top products of {days} days", lambda days=days: top_products(days))
        _measure("variants low in stock", lambda: list(low_stock(Variant.objects.all())[:50]))
        _measure("looking for what got low", tell_low_stock)


def _exports(shop: Tenant, staff: User) -> None:
    """What is sent at once where it is longest, and all rows as the worker writes them."""
    for kind in ("orders.order", "orders.customer", "orders.discount", "catalog.product"):
        for form in FORMATS:
            with tenant_context(shop):
                _measure_export(kind, form, staff)


def _seconds(work: Callable[[], object]) -> str:
    """How long it takes by the clock, and of the processor, in words."""
    started, before = time.perf_counter(), _cpu()
    work()
    return f"{time.perf_counter() - started:.1f} s ({_cpu() - before:.1f} s of the processor)"


def _measure_export(kind: str, form: str, staff: User) -> None:
    export = ListExport.objects.create(
        kind=kind, form=form, file_name=kind, user_id=staff.pk, user_name=staff.author
    )
    table = list_again(export)
    short = replace(table, groups=islice(table.groups, MOST_AT_ONCE))

    def send() -> None:
        with tempfile.TemporaryFile() as file, transaction.atomic():
            short.write(file, form)

    at_once, before = _seconds(send), _memory()
    written = _seconds(lambda: write_list(export.pk, export.attempt, list_again))
    more = _memory() - before
    export.refresh_from_db()
    print(
        f"export {kind} {form}: {MOST_AT_ONCE:,} rows in {at_once}; "
        f"all, {export.size / 2**20:.0f} MiB, in {written}, {more:.0f} MiB more"
    )
    delete_export(export, user=staff)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--only", default="", metavar="TEXT", help="pages with it in their name")
    options = parser.parse_args(argv)
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        # All work is that of the one backend.
        cursor.execute("SET max_parallel_workers_per_gather = 0")
    staff = User.objects.filter(is_superuser=True).first()
    staff = staff or User.objects.create_superuser("bench@example.com")
    if not options.only:
        shop = full_shop(options.rows)
        _figures(shop)
        _exports(shop, staff)
    few = _of_shop(FEW, staff, options.only)
    _print("a shop", few, _of_shop(options.rows, staff, options.only))
    _print("the platform", *_of_platform(options.rows, staff, options.only))


if __name__ == "__main__":
    main()
