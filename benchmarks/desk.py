"""How fast a merchant's pages are beside many orders.

    .venv/bin/python -m benchmarks.desk [--orders 100000]

Makes a shop in `var/bench` with so many paid orders in the last half year, three line items each
of 2,000 products, and prints the median of five calls. Wished for: 100 ms for the figures of sales.
"""

import argparse
import os
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("PYCOMMERCE_VAR", str(ROOT / "var" / "bench"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pycommerce.settings")

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django_tenants.utils import tenant_context  # noqa: E402

from catalog.demo.scale import shop_of  # noqa: E402
from catalog.models import Variant  # noqa: E402
from catalog.services.low_stock import low_stock  # noqa: E402
from orders.figures import PERIODS, figures_of, top_products  # noqa: E402
from orders.models import Order  # noqa: E402
from orders.services.low_stock import tell_low_stock  # noqa: E402
from tenants.middleware import PLACE_KEY, place_of  # noqa: E402
from tenants.models import Tenant, User  # noqa: E402

_PRODUCTS = 2_000
_CUSTOMERS = """
INSERT INTO orders_customer (id, email, name, phone, created_at, updated_at)
SELECT md5('customer' || n)::uuid, 'c' || n || '@example.com', 'Customer ' || n, '',
       now() - n * interval '1 minute', now()
FROM generate_series(1, %(count)s / 4) n
"""
_ORDERS = """
INSERT INTO orders_order
    (id, number, access_token, status, payment_status, units, cancel_reason, cancel_key, expired,
     keep_until_paid, customer_id, customer_name, customer_email, customer_phone, shipping_address,
     billing_address, country_code, notes, language, origin, shipping_method, shipping_name,
     payment_method, discount_code, currency, prices_include_tax, items_total, discount_total,
     shipping_total, shipping_net, tax_total, subtotal, total, captured, refunded, created_at,
     updated_at)
SELECT md5('order' || n)::uuid, 'B-' || n, md5('token' || n), 'completed', 'paid', 'sold', '', '',
       false, false, md5('customer' || 1 + n %% (%(count)s / 4))::uuid,
       'Customer ' || 1 + n %% (%(count)s / 4), 'c' || 1 + n %% (%(count)s / 4) || '@example.com',
       '', a, a, 'US', '', 'en', '', 'standard', 'Standard', 'credit_card', '', 'USD', false,
       60, 0, 5, 5, 0, 60, 65, 65, 0, now() - n * interval '180 days' / %(count)s, now()
FROM generate_series(1, %(count)s) n, (SELECT jsonb_build_object('line1', '456 Park Ave', 'line2',
     '', 'city', 'Metropolis', 'state', 'NY', 'postal_code', '10002', 'country', 'USA') a) address
"""
_LINES = """
INSERT INTO orders_lineitem
    (id, order_id, position, variant_id, product_id, name, sku, options, quantity, unit_price,
     total_price, discount, tax, tax_percent, fulfilled, refunded, restocked)
SELECT md5('line' || n || '-' || p)::uuid, md5('order' || n)::uuid, p, NULL,
       md5('product' || product)::uuid, 'Product ' || product, 'SKU-' || product, '{}', 2, 10, 20,
       0, 0, 0, 2, 0, 0
FROM generate_series(1, %(count)s) n, generate_series(1, 3) p,
     LATERAL (SELECT 1 + (n * 7 + p * 31) %% 2000 AS product) chosen
"""


def _shop(orders: int) -> Tenant:
    shop = shop_of(_PRODUCTS, slug=f"desk{orders}")
    with tenant_context(shop):
        if Order.objects.exists():
            return shop
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in (_CUSTOMERS, _ORDERS, _LINES):
                cursor.execute(statement, {"count": orders})
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE orders_customer, orders_order, orders_lineitem")
    return shop


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


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=100_000)
    options = parser.parse_args(argv)
    call_command("migrate", verbosity=0)
    shop = _shop(options.orders)
    staff = User.objects.filter(is_superuser=True).first()
    staff = staff or User.objects.create_superuser("bench@example.com")
    host = f"{shop.slug}.localhost"
    client = Client(HTTP_HOST=host)
    client.force_login(staff)
    session = client.session
    session[PLACE_KEY] = place_of(shop, host)
    session.save()
    with tenant_context(shop):
        for days in PERIODS:
            _measure(f"sales of {days} days", lambda days=days: figures_of(days))
            _measure(f"top products of {days} days", lambda days=days: top_products(days))
        _measure("variants low in stock", lambda: list(low_stock(Variant.objects.all())[:50]))
        _measure("looking for what got low", tell_low_stock)
    before = _memory()
    for path in ("orders/order/export/csv/", "orders/order/export/xlsx/"):
        started = time.perf_counter()
        size = sum(len(part) for part in client.get(f"/admin/{path}").streaming_content)
        print(f"page {path}: {size / 2**20:.0f} MiB in {time.perf_counter() - started:.1f} s")
    print(f"exports raised the process's memory by {_memory() - before:.0f} MiB at most")
    for path in ("", "?days=90", "orders/order/", "catalog/variant/?level=low"):
        _measure(f"page /admin/{path}", lambda path=path: client.get(f"/admin/{path}"))


if __name__ == "__main__":
    main()
