"""Makes the shops of the benchmark of orders and writes down the statements that orders need.

What one shopper or program sends is sent once in this process, and every statement is recorded.
Those that write or lock are then a script that anybody can run again: what was new each time (ids,
keys, addresses of mail) ends in twelve digits that `:number` stands for, as pgbench writes its
variables, and the product and its variant in the twelve of `:item`.
"""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django_tenants.utils import tenant_context  # noqa: E402

from benchmarks import shopping  # noqa: E402
from catalog.models import Product, Variant  # noqa: E402
from catalog.services.refresh import refresh_products  # noqa: E402
from catalog.services.stock import receive_first_stock  # noqa: E402
from tenants.models import Tenant, User  # noqa: E402
from tenants.services import create_tenant  # noqa: E402
from tenants.services.lifecycle import delete_tenant  # noqa: E402
from tenants.services.members import add_member  # noqa: E402
from tenants.services.tokens import issue_tokens  # noqa: E402
from tenants.shop.models import raise_catalogue_version  # noqa: E402

ON_HAND = 100_000_000
MANY_LINES = 50
# The numbers that stand for themselves in what is recorded.
NUMBER, ITEM = 123_456_789_012, shopping.ITEMS[1]
_WRITES = re.compile(
    r"\b(INSERT INTO|UPDATE|DELETE FROM)\b|\bFOR (NO KEY )?UPDATE\b|^(BEGIN|COMMIT)$"
)
_LITERAL = re.compile(r"'(?:[^']|'')*'")
# Ids, keys and tokens: long, and no word.
_TOKEN = re.compile(r"(?=[a-z_-]*[0-9A-Z])[0-9A-Za-z_-]{20,}")


def main() -> None:
    call_command("migrate", verbosity=0)
    user = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser(
        "bench@example.com"
    )
    shops = {slug: _fresh_shop(slug, user) for slug in (shopping.SHOP, shopping.LIMIT_SHOP)}
    token = issue_tokens(user)["access"]
    ids = (user.pk, *(tenant.pk for tenant in shops.values()))
    known = {text for each in ids for text in (str(each), each.hex)}
    recorded = {name: _record(act, token, known) for name, act in shopping.ACTS.items()}
    lines = {count: _count_statements(count, token) for count in (1, MANY_LINES)}
    settings = connection.settings_dict
    facts = {
        "schema": shops[shopping.LIMIT_SHOP].schema_name,
        "shop_schema": shops[shopping.SHOP].schema_name,
        "host": settings["HOST"],
        "port": settings["PORT"],
        "user": settings["USER"],
        "database": settings["NAME"],
        "token": token,
        "scripts": recorded,
        "statements": lines,
    }
    print(json.dumps(facts))


def _fresh_shop(slug: str, owner: User) -> Tenant:
    """An empty shop with stock for every order of a run."""
    for old in Tenant.objects.filter(slug=slug):
        gone = Path(sys.argv[1]) / f"{slug}.zip"
        gone.unlink(missing_ok=True)
        delete_tenant(old, export_to=gone)
    tenant = create_tenant(slug=slug, name=f"Benchmark of orders ({slug})", currency="USD")
    add_member(owner, tenant, "owner")
    with tenant_context(tenant):
        for number in shopping.ITEMS:
            product = Product.objects.create(
                id=UUID(shopping.product_id(number)), name=f"Product {number}", slug=f"p-{number}"
            )
            variant = Variant.objects.create(
                id=UUID(shopping.variant_id(number)),
                product=product,
                sku=f"SKU-{number}",
                price="19.90",
            )
            receive_first_stock(variant, ON_HAND, None)
        refresh_products(None)
        raise_catalogue_version()
    return tenant


class InProcess(shopping.Sender):
    """Django's own test client, which sends what a client sends over the line."""

    def __init__(self) -> None:
        self.client = Client(HTTP_HOST=shopping.HOST)

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Any:
        connection.set_schema_to_public()
        kind = headers.pop("Content-Type", "")
        named = {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in headers.items()}
        answer = self.client.generic(method, path, body, content_type=kind, **named)
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in answer.cookies.items())
        location = answer.get("Location", "")
        return shopping.Answer(answer.status_code, location, cookies, answer.content)


def _record(act: Callable[..., None], token: str, known: set[str]) -> list[str]:
    """The statements of one act that write or lock, with what is new in each as a variable."""
    # The first time a process looks up what it keeps afterwards.
    act(InProcess(), token, NUMBER - 1, ITEM)
    with CaptureQueriesContext(connection) as queries:
        act(InProcess(), token, NUMBER, ITEM)
    found = [query["sql"] for query in queries if _WRITES.search(query["sql"])]
    found = [sql for sql in found if "api_rate_counter" not in sql and "procrastinate" not in sql]
    return [_with_variables(sql, known) for sql in _without_empty_transactions(found)]


def _without_empty_transactions(statements: list[str]) -> list[str]:
    text = "\x00".join(statements)
    return text.replace("BEGIN\x00COMMIT\x00", "").removesuffix("BEGIN\x00COMMIT").split("\x00")


def _with_variables(sql: str, known: set[str]) -> str:
    def token(found: re.Match[str]) -> str:
        text = found[0]
        if text in known or str(ITEM) in text or str(NUMBER) in text:
            return text
        return f"{text[:-12]}:number"

    def literal(found: re.Match[str]) -> str:
        text = _TOKEN.sub(token, found[0])
        return text.replace(str(ITEM), ":item").replace(str(NUMBER), ":number")

    sql = re.sub(
        r'("simulator_delivery"."id" = )\d+', r"\1currval('public.simulator_delivery_id_seq')", sql
    )
    return _LITERAL.sub(literal, sql)


def _count_statements(lines: int, token: str) -> int:
    """How many statements an order of so many lines takes, the transaction's own included."""
    sender = InProcess()
    with CaptureQueriesContext(connection) as queries:
        shopping.place_order(sender, token, NUMBER + 1 + lines, *shopping.ITEMS[:lines])
    return len(queries)


if __name__ == "__main__":
    main()
