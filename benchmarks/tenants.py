"""What a shop costs: to create at 1,000 shops, to migrate with nothing to do, to be resolved.

    .venv/bin/python -m benchmarks.tenants [--shops 1000]

Makes the shops in `var/bench-tenants` (once), then prints seconds. Wished for: a creation in at
most 0.3 s at 1,000 shops, a migration of 300 shops with nothing to do in at most 1 s.
"""

import argparse
import os
import statistics
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("PYCOMMERCE_VAR", str(ROOT / "var" / "bench-tenants"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pycommerce.settings")
os.environ.setdefault("LOG_LEVEL", "WARNING")

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402

from tenants.models import Tenant  # noqa: E402
from tenants.services import create_tenant  # noqa: E402
from tenants.services.migrating import lagging_tenants  # noqa: E402


def _create(number: int) -> float:
    started = time.perf_counter()
    create_tenant(slug=f"shop-{number}", name=f"Shop {number}")
    return time.perf_counter() - started


def _look() -> float:
    started = time.perf_counter()
    assert lagging_tenants() == []
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shops", type=int, default=1000)
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    count = Tenant.objects.count()
    for target in sorted({10, 300, options.shops}):
        times = [_create(number) for number in range(count, target)]
        count = max(count, target)
        if times:
            last = times[-min(10, len(times)) :]
            print(f"creating at {target:,} shops: {statistics.median(last):.3f} s (median of ten)")
        looks = [_look() for _ in range(3)]
        print(f"migrating {count:,} shops with nothing to do: {min(looks):.2f} s")


if __name__ == "__main__":
    main()
