"""What nobody should send, to every call that writes: refused in the envelope, and nothing done.

Each member of a good body is replaced in turn by everything that has ever broken a parser, a
column or a comparison. A replacement that happens to be right may be taken; whatever is refused
must leave the shop as it was.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection, transaction
from django.test import Client

from catalog.models import Product
from tenants.models import Tenant
from tenants.services.tokens import issue_tokens
from tests.api.conftest import ADDRESS, Caller, in_tech
from tests.checkout.conftest import SAME_ORIGIN, paid
from tests.factories import PASSWORD, make_member, make_order

CHECKOUT = "/stripe-demo/create-checkout-session-json"
FORM = "application/x-www-form-urlencoded"
UNKNOWN = "00000000-0000-4000-8000-000000000000"

# JSON as it stands in the body.
VALUES = [
    *("null", "true", "false", "0", "-0.0", "-1", "1", "1.5", "1e0", "1e2", "01", "0x10", "+1"),
    *("1e400", "-1e400", "1e-400", "1e63", "NaN", "Infinity", "-Infinity", "10000000000", "0.001"),
    *("2147483648", "9223372036854775808", "9" * 64, "9" * 65, "0." + "0" * 60 + "1"),
    *('""', '" "', '"\\t\\n"', '"x"', '"1"', '"true"', '"１"', '"é"', "'x'", '"\x00"', '"\x1f"'),
    *('"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udc00\\ud800"', '"\\uffff"', '"\\u202e"'),
    *('"<script>alert(1)</script>"', '"\' OR 1=1 --"', '"%s%n{0}{x}"', '"😀"', '"\\x00"'),
    *(f'"{"x" * 300}"', f'"{"x" * 100_000}"', f'"{"漢" * 6_000}"', f'"{"a" * 300}@b.example"'),
    *(f'"{UNKNOWN}"', f'"{UNKNOWN.upper()}"', f'"{{{UNKNOWN}}}"', f'"urn:uuid:{UNKNOWN}"'),
    *(f'"{UNKNOWN.replace("-", "")}"', f'"{UNKNOWN}\\n"', f'" {UNKNOWN}"', '"a@\\u0000.c"'),
    *("[]", "[[]]", "[null]", '["x"]', "[{}]", "{}", '{"a": 1}', '{"a": 1, "a": 2}', "{1: 2}"),
    *('{"\\u0000": 1}', '{"__proto__": {"x": 1}}', '{"a": NaN}', f"[{'0,' * 999}0]"),
    *("[" * 15 + "]" * 15, "[" * 30 + "]" * 30, '{"a":' * 30 + "1" + "}" * 30),
]
# The whole body.
BODIES: list[bytes] = [
    *(b"", b" ", b"null", b"true", b"1", b'"x"', b"[]", b"[{}]", b"{", b"}", b"{}{}", b"{} x"),
    *(b"{,}", b'{"a":}', b'{"a" 1}', b"{'a': 1}", b'{"a": 1,}', b"{a: 1}", b"// x\n{}", b"/**/{}"),
    *(b'{"a": 1, "a": 1}', b"\xef\xbb\xbf{}", "{}".encode("utf-16"), "{}".encode("utf-32")),
    *(b'{"a": "\xff"}', b'{"a": "\xed\xa0\x80"}', b'{"a": "\xc0\x80"}', b"\x00", b"\x1f\x8b\x08"),
    *(b"[" * 100_000, b'{"a":' * 50_000, b'"' * 1000, b"-", b"1e", b"tru", b"\\u0000", b"a=1&b=2"),
    *(b'{"a": ' + b"9" * 100_000 + b"}", b'{"a": 1e' + b"9" * 100 + b"}", b'{"\\ud800": 1}'),
]
CONTENT_TYPES = [
    *("", "text/plain", "text/html", "application/x-www-form-urlencoded", "application/xml"),
    *("multipart/form-data; boundary=x", "application/jsonp", "json", "application/json; charset="),
    *("application/json; charset=utf-16", "application/json;charset=latin-1", "*/*", ";", "a/b/c"),
    *("application/json, text/plain", "application/json\x00", "application/merge-patch+json"),
]
PATHS = [
    *("%00", "%ff", "%ed%a0%80", "%C0%AF", "..%2f..", "%2e%2e", "'", '"', "<x>", "%25s", "%0a"),
    *(
        "😀",
        "x" * 5_000,
        UNKNOWN,
        UNKNOWN.upper(),
        f"{{{UNKNOWN}}}",
        UNKNOWN.replace("-", ""),
        "-1",
    ),
    *("null", "undefined", "1e400", "%u0000", "%", "%%", "a;b", "a,b", "*", "~"),
]


def good_bodies(ids: dict[str, str]) -> dict[tuple[str, str], dict[str, Any]]:
    """A body for every call that writes."""
    order, unpaid = (f"/api/orders/{ids[name]}" for name in ("order", "unpaid"))
    item = {"product_id": ids["product"], "variant_id": ids["variant"], "sku": "WH-001"}
    line = {"id": ids["line"], "quantity": 1}
    return {
        ("POST", "/api/orders"): {
            "tenant_id": ids["tenant"],
            "customer": {"name": "A", "email": "a@example.com", "phone": "1"},
            "shipping_address": dict(ADDRESS),
            "billing_address": dict(ADDRESS),
            "items": [item | {"quantity": 1}],
            "shipping_method": "express",
            "payment_method": "credit_card",
            "discount_code": "",
            "notes": "x",
        },
        ("POST", f"{unpaid}/cancel"): {"reason": "x"},
        ("POST", f"{order}/fulfil"): {"items": [line], "carrier": "x", "tracking_number": "x"},
        ("POST", f"{order}/refund"): {"items": [line], "restock": True, "reason": "x"},
        ("POST", f"{order}/refund?by=amount"): {"amount": 1.5, "restock": False, "reason": "x"},
        ("PATCH", f"/api/products/{ids['product']}?tenant=tech"): {
            "name": "H",
            "description": "<p>x</p>",
            "status": "active",
            "variants": [{"id": ids["variant"], "sku": "WH-001", "price": 1.5}],
        },
        ("PATCH", f"/api/products/{ids['product']}?tenant=tech&by=price"): {
            "price": 1.5,
            "compare_at_price": 2,
        },
        ("POST", "/api/stock-adjustments?tenant=tech"): {
            "variant_id": ids["variant"],
            "sku": "WH-001",
            "change": 1,
            "reason": "x",
        },
        ("POST", "/api/stock-adjustments?tenant=tech&by=count"): {
            "sku": "WH-001",
            "on_hand": 30,
            "reason": "x",
        },
        ("POST", "/api/auth/login"): {"email": ids["email"], "password": PASSWORD},
        ("POST", "/api/auth/refresh"): {"refresh": ids["refresh"]},
        ("POST", "/api/auth/logout"): {"refresh": ids["refresh"]},
        ("POST", CHECKOUT): {
            "order_id": "x",
            "items": [{"id": "p", "name": "N", "price": 1.5, "quantity": 1}],
        },
        ("POST", f"/stores/tech{CHECKOUT}"): {
            "order_id": ids["unpaid"],
            "items": [{"id": "WH-001", "name": "N", "price": 129.99, "quantity": 1}],
        },
    }


NO_IDS = dict.fromkeys(("tenant", "variant", "line", "email", "refresh"), "")
CALLS = list(good_bodies(NO_IDS | dict.fromkeys(("order", "unpaid", "product"), "{}")))


@pytest.fixture
def ids(product: Product, tech: Tenant, settings: Any) -> dict[str, str]:
    settings.API_RATE_PER_MINUTE = settings.API_WRITES_PER_MINUTE = 10**9
    settings.LOGIN_FAILURES_PER_MINUTE = 10**9
    in_tech()
    order, unpaid = paid(make_order(product, quantity=3)), make_order(product)
    owner = make_member(tech)
    return {
        "order": str(order.pk),
        "unpaid": str(unpaid.pk),
        "line": str(order.line_items.get().pk),
        "product": str(product.pk),
        "variant": str(product.variants.get().pk),
        "tenant": str(tech.pk),
        "email": owner.email,
        "refresh": issue_tokens(owner)["refresh"],
    }


@pytest.fixture
def merchant(ids: dict[str, str], tech: Tenant) -> Caller:
    connection.set_schema_to_public()
    return Caller(make_member(tech))


# --- Replacing -----------------------------------------------------------------------------------


class Raw(str):
    """JSON that stands in the body as it is."""


def written(value: Any) -> str:
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)}: {written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every member at every depth."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in members:
        yield (*path, key)
        if isinstance(member, dict | list):
            yield from places(member, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], by: str) -> Any:
    if not path:
        return Raw(by)
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], by)
    return copy


# --- Looking -------------------------------------------------------------------------------------

_TABLES = (
    *("orders_order", "orders_lineitem", "orders_customer", "orders_refund", "orders_fulfilment"),
    *("orders_orderevent", "orders_outboxmessage", "catalog_stockmovement", "shop_audit_entry"),
    *("shop_idempotency_key", "checkout_paymentattempt"),
)
_STATE = f"""
SELECT (SELECT catalogue_version FROM shop_state),
    (SELECT md5(string_agg(v::text, '' ORDER BY id)) FROM catalog_variant v),
    (SELECT md5(string_agg(p::text, '' ORDER BY id)) FROM catalog_product p),
    (SELECT md5(string_agg(o::text, '' ORDER BY id)) FROM orders_order o),
    {", ".join(f"(SELECT count(*) FROM {table})" for table in _TABLES)},
    (SELECT count(*) FROM public.simulator_session)
"""


def state() -> Any:
    in_tech()
    with connection.cursor() as cursor:
        cursor.execute(_STATE)
        found = cursor.fetchone()
    connection.set_schema_to_public()
    return found


def problem_with(response: Any) -> str | None:
    """What is wrong with the form of an answer, if anything."""
    status = response.status_code
    if status >= 500:
        return f"{status}"
    if status < 400:
        return None
    if response["Content-Type"] != "application/json":
        return f"{status} {response['Content-Type']}"
    error = response.json()["error"]
    if CHECKOUT in response.request["PATH_INFO"]:
        return None if isinstance(error, str) and error else f"{status} {error}"
    if not {"code", "message", "details", "request_id"} <= set(error):
        return f"{status} {error}"
    if status == 400 and error["code"] == "invalid_request" and "fields" not in error:
        return None if "object" in error["details"] else f"{status} names nothing: {error}"
    return None


@contextmanager
def undone() -> Iterator[None]:
    """A transaction of the test's own, which takes back what was done in it."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]
    with block:
        yield
        transaction.set_rollback(True)


def try_out(merchant: Caller, call: tuple[str, str], bodies: Any, **headers: str) -> list[str]:
    """Send each body in a transaction that is undone; returns what was wrong with the answers."""
    before, found = state(), []
    for name, body in bodies:
        with undone():
            response = merchant.send(*call, body, **headers)
            if problem := problem_with(response):
                found.append(f"{name}: {problem}")
            elif response.status_code >= 400 and state() != before:
                found.append(f"{name}: {response.status_code}, and something was written")
    return found


# --- Trying --------------------------------------------------------------------------------------


def place_of(ids: dict[str, str], number: int) -> tuple[tuple[str, str], dict[str, Any]]:
    return list(good_bodies(ids).items())[number]


@pytest.mark.parametrize("number", range(len(CALLS)), ids=[" ".join(call) for call in CALLS])
def test_every_member_replaced_by_everything(merchant, ids, number):
    call, good = place_of(ids, number)
    bodies = [
        (f"{path} = {value[:40]}", written(replaced(good, path, value)).encode("utf-8"))
        for path in places(good)
        for value in VALUES
    ]

    assert try_out(merchant, call, bodies) == []


@pytest.mark.parametrize("number", range(len(CALLS)), ids=[" ".join(call) for call in CALLS])
def test_bodies_that_are_none(merchant, ids, number):
    call, good = place_of(ids, number)
    found = try_out(merchant, call, [(repr(body[:40]), body) for body in BODIES])
    found += try_out(
        merchant, call, [("too large", b" " * (256 * 1024) + json.dumps(good).encode())]
    )
    for content_type in CONTENT_TYPES:
        body = [(content_type, json.dumps(good).encode())]
        found += try_out(merchant, call, body, content_type=content_type)

    assert found == []


@pytest.mark.parametrize("number", range(len(CALLS)), ids=[" ".join(call) for call in CALLS])
def test_the_control_the_good_body_is_taken(merchant, ids, number):
    call, good = place_of(ids, number)

    response = merchant.send(*call, good)

    assert response.status_code in {200, 201, 204}, response.content


@pytest.mark.parametrize("value", PATHS)
def test_paths_and_queries_of_anything(merchant, ids, value):
    names = ("tenant", "status", "payment_status", "customer_id", "updated_since", "created_after")
    filters = [
        f"{'' if name == 'tenant' else 'tenant=tech&'}{name}={value}"
        for name in (*names, "limit", "cursor", "nothing", value)
    ]
    found = [
        *(merchant.get(f"/api/{what}/{value}?tenant=tech") for what in ("products", "categories")),
        *(merchant.get(f"/api/orders/{value}{query}") for query in ("", "?tenant=tech")),
        *(
            merchant.post(f"/api/orders/{value}/{step}?tenant=tech", {})
            for step in ("cancel", "fulfil", "refund")
        ),
        *(merchant.get(f"/api/orders?{each}") for each in filters),
    ]
    found.append(merchant.post(f"/api/orders?tenant={value}", {}))
    found.append(merchant.patch(f"/api/products/{value}?tenant=tech", {}))

    assert [problem for each in found if (problem := problem_with(each))] == []
    assert {each.status_code for each in found} <= {200, 400, 403, 404}


@pytest.mark.parametrize(
    "key", ["", " ", "\t", "\x00", "\x7f", "é", "\xff", "x" * 256, "x" * 10_000, "a\nb", "‮"]
)
def test_keys_of_anything(merchant, ids, key):
    for call, good in good_bodies(ids).items():
        if "/api/orders" in call[1] or "stock" in call[1]:
            found = try_out(merchant, call, [(key[:20], good)], HTTP_IDEMPOTENCY_KEY=key)
            assert found == [], call


# --- Forms of the storefront ---------------------------------------------------------------------

TEXTS = [
    *("", " ", "\x00", "a\x00b", "\ud800", "\uffff", "x" * 100_000, "-1", "1e400", "９", "US"),
    *("9" * 70, UNKNOWN, f"{{{UNKNOWN}}}", "<script>", "\r\n"),
]
FIELDS = {
    "/cart/add/": ("variant", "quantity"),
    "/cart/": ("remove", f"quantity-{UNKNOWN}", "quantity-x"),
    "/account/": ("email",),
    "/checkout/": (
        *("email", "name", "country", "line1", "line2", "city", "state", "postal_code"),
        *("phone", "notes", "shipping_method", "discount_code", "other_billing"),
    ),
}


@pytest.mark.parametrize(
    ("path", "name"), [(path, name) for path in FIELDS for name in FIELDS[path]]
)
def test_forms_of_anything_are_never_a_failure(ids, path, name):
    shopper = Client(HTTP_HOST="tech.localhost", raise_request_exception=False, **SAME_ORIGIN)
    good = {"variant": ids["variant"], "quantity": "1", "email": "a@example.com", "name": "A"}
    good |= ADDRESS | {"country": "US", "shipping_method": "express"}
    assert shopper.post("/cart/add/", good).status_code == 302
    found = []
    for text in TEXTS:
        with undone():
            sent = {
                key: value.encode("utf-8", "surrogatepass")
                for key, value in (good | {name: text}).items()
            }
            response = shopper.post(path, urlencode(sent), content_type=FORM)
            if response.status_code >= 500:
                found.append((text[:20], response.status_code))

    assert found == []
    assert shopper.post(path, good).status_code in {200, 302, 303}
