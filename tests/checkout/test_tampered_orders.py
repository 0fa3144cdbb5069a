"""Orders that are tampered with by chance: by the API, and by the storefront's own forms.

Whatever is sent is answered, and not with a failure; what is ordered costs what the catalogue says,
and Stripe is asked for exactly that. `TAMPERED=2000 pytest tests/checkout/test_tampered_orders.py`
sends two thousand others of each kind.
"""

import json
import os
from collections import Counter
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal
from urllib.parse import urlencode

import pytest
from django.db import connection, transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from catalog.models import Variant
from checkout import cart_views, views
from checkout.models import CartLine
from checkout.services import starting
from checkout.services.integrity import violations
from checkout.services.starting import line_item, start_payment
from orders import api as orders_api
from orders.models import Discount, Order, ShippingMethod
from orders.serializers import NewItemSerializer
from orders.services import placing
from pycommerce.api.fields import MoneyField
from tests.api.conftest import ADDRESS, Caller
from tests.checkout.conftest import ORIGIN, SAME_ORIGIN, select
from tests.checkout.test_storefront import DETAILS
from tests.checkout.test_tampering import Raw, exact
from tests.factories import make_member, make_product, make_shipping_method

CENT = Decimal("0.01")
SHIPPING = {"standard": Decimal("4.90"), "express": Decimal("15.00")}
TAMPERED = int(os.environ.get("TAMPERED", "0"))
by_chance = settings(
    max_examples=TAMPERED or 120,
    derandomize=not TAMPERED,
    database=None,
    deadline=None,
    print_blob=True,
    # A shorter one that goes wrong as well takes minutes to find; it is looked for on demand.
    phases=[Phase.generate, *([Phase.shrink] if TAMPERED else [])],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


class Shop:
    """Tech Gadgets with two products and a code, and what a stranger may know of the other shop."""

    def __init__(self, tech, outdoor, fake):
        self.fake = fake
        connection.set_tenant(outdoor)
        self.foreign = make_product("Tent", price="1.00", on_hand=50, sku="TENT")
        self.foreign_variant = self.foreign.variants.get()
        self.outdoor = outdoor
        select()
        self.tech = tech
        self.products = [
            make_product("Headphones", price="129.99", on_hand=10**6, sku="WH-001"),
            make_product("Cable", price="3.33", on_hand=10**6, sku="CA-001"),
        ]
        self.prices = {each.pk: each.price for each in Variant.objects.all()}
        ShippingMethod.objects.filter(code="standard").update(price=SHIPPING["standard"])
        make_shipping_method("express", str(SHIPPING["express"]))
        Discount.objects.create(code="TEN", kind="percent", value=10)
        connection.set_schema_to_public()
        self.caller = Caller(make_member(tech))
        select()
        self.seen = Counter()

    def variants(self):
        return [str(key) for key in self.prices]

    @contextmanager
    def as_it_was(self):
        """What is done in here is undone afterwards."""
        self.fake.sessions.clear()
        block = transaction.atomic()
        # As a test's own transaction: it stands for the database, and is undone afterwards.
        block._from_testcase = True
        with block:
            try:
                yield
            finally:
                transaction.set_rollback(True)
        select()

    def check(self):
        """What was ordered costs what the catalogue says, and so does each session."""
        for order in Order.objects.all():
            self.check_order(order)
        for session in self.fake.sessions.values():
            self.seen["sessions"] += 1
            order = Order.objects.get(pk=session.params["client_reference_id"])
            assert (session.amount, session.currency) == (int(self.price_of(order) * 100), "usd")
        assert [str(each) for each in violations()] == []

    def check_order(self, order):
        assert order.total == self.price_of(order)
        assert (order.currency, order.status, order.payment_status) == ("USD", "pending", "unpaid")
        assert (order.captured, order.keep_until_paid) == (0, False)
        self.seen["ordered"] += 1
        self.seen["with a code"] += bool(order.discount_code)

    def price_of(self, order):
        lines = list(order.line_items.all())
        assert lines
        units = {line.variant_id: line.quantity for line in lines}
        return self.price(units, order.discount_code, order.shipping_method)

    def price(self, units, code, way):
        goods = sum(self.prices[variant] * count for variant, count in units.items())
        off = {"": 0, "TEN": goods / 10}[code]
        off = Decimal(off).quantize(CENT, ROUND_HALF_UP)
        return goods - off + SHIPPING[way]


@pytest.fixture
def shop(tech, outdoor, fake, settings):
    settings.API_RATE_PER_MINUTE = settings.API_WRITES_PER_MINUTE = 10**9
    return Shop(tech, outdoor, fake)


# --- By the API ----------------------------------------------------------------------------------

MEMBERS = [
    "price",
    "price",
    "price",
    "unit_price",
    "total",
    "currency",
    "discount_total",
    "shipping_total",
    "status",
]
MEMBERS += ["quantity", "tenant_id", "variant_id", "sku", "captured", "discount_code", "id"]
DEEP = [Raw("[" * depth + "]" * depth) for depth in (3, 19, 21, 2_000, 100_000)]
DEEP += [Raw('{"a":' * depth + "1" + "}" * depth) for depth in (3, 21, 2_000)]
RAW = ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1e999999999", "-0", "1.0", "2e0", "0.5"]
RAW += ["00", "0x10", "1_000", "+1", "'1'", "9" * 5_000, ""]
TEXTS = ["", " ", "2", "-1", "NaN", "a\x00b", "\ud800", "TEN", "ten ", "express", "USD", "x" * 300]
NUMBERS = [0, -1, 1, 2, 9_999, 10_000, 2**31, 2**63, 10**63, Decimal("1.5"), Decimal("0.01")]
VALUES = st.one_of(
    st.sampled_from(
        [*DEEP, *map(Raw, RAW), *TEXTS, *NUMBERS, None, True, False, [], {}, [1], [[]]]
    ),
    st.integers(-3, 20),
    st.text(max_size=8),
    st.decimals(allow_nan=False, allow_infinity=False, places=2).map(lambda each: Raw(f"{each:f}")),
    st.dictionaries(st.sampled_from(MEMBERS), st.integers(0, 3), max_size=2),
)
KINDS = ["application/json"] * 24
KINDS += ["text/plain", "application/xml", "application/x-www-form-urlencoded", "", "a/b/c"]
KINDS += ["multipart/form-data; boundary=x", "application/json; charset=punycode"]


def good_body(shop, data):
    """A body that is right, with a code and another shipping now and then."""
    items = [
        {"product_id": str(product.pk), "quantity": data.draw(st.integers(1, 4))}
        for product in data.draw(st.lists(st.sampled_from(shop.products), min_size=1, max_size=3))
    ]
    return {
        "tenant_id": str(shop.tech.pk),
        "customer": {"name": "Ann", "email": "ann@example.com"},
        "shipping_address": dict(ADDRESS),
        "items": items,
        "shipping_method": data.draw(st.sampled_from(sorted(SHIPPING))),
        "payment_method": "credit_card",
        "discount_code": data.draw(st.sampled_from(["", "TEN"])),
    }


def places_in(thing, path=()):
    """The paths of all members and items."""
    found = thing.items() if isinstance(thing, dict) else enumerate(thing)
    for name, value in list(found):
        yield (*path, name)
        if isinstance(value, dict | list):
            yield from places_in(value, (*path, name))


def at(thing, path):
    for name in path:
        thing = thing[name]
    return thing


def tamper(body, shop, data):
    """Change one thing of a body."""
    way = data.draw(
        st.sampled_from(["replace", "price", "price", "add", "leave out", "foreign", "twice"])
    )
    *parents, name = data.draw(st.sampled_from(sorted(places_in(body), key=str)))
    place = at(body, parents)
    item = body["items"][0] if isinstance(body.get("items"), list) and body["items"] else None
    if way == "replace":
        place[name] = data.draw(VALUES)
    elif way == "price" and isinstance(item, dict):
        name = data.draw(st.sampled_from(["price", "price", "unit_price", "total"]))
        item[name] = data.draw(st.sampled_from([0, 1, Decimal("0.01"), Decimal("3.32"), -5]))
    elif way in {"add", "price"}:
        place = data.draw(st.sampled_from([body, item if isinstance(item, dict) else body]))
        place[data.draw(st.sampled_from(MEMBERS))] = data.draw(VALUES)
    elif way == "leave out":
        del place[name]
    elif way == "foreign":
        wrong = [("product_id", shop.foreign.pk), ("variant_id", shop.foreign_variant.pk)]
        member, value = data.draw(st.sampled_from([*wrong, ("sku", "TENT")]))
        if isinstance(item, dict):
            item[member] = str(value)
        if data.draw(st.booleans()):
            body["tenant_id"] = str(shop.outdoor.pk)
    elif isinstance(place, dict):
        text = exact(place)[:-1]
        again = f"{json.dumps(name)}:{exact(data.draw(VALUES))}"
        twice = Raw(f"{text},{again}}}")
        if parents:
            at(body, parents[:-1])[parents[-1]] = twice
        else:
            return twice
    return body


def cut(text, data):
    """The bytes of a body, or a part of them, or with something strange in between."""
    content = text.encode("utf-8", "surrogatepass")
    if data.draw(st.integers(0, 9)):
        return content
    where = data.draw(st.integers(0, len(content)))
    return content[:where] + data.draw(st.sampled_from([b"", b"\x00" * 2, b"\xff", b",", b'"']))


def order_by_the_api(shop, data):
    body = good_body(shop, data)
    for _ in range(data.draw(st.integers(0, 3))):
        if not isinstance(body, Raw) and list(places_in(body)):
            body = tamper(body, shop, data)
    content = cut(exact(body), data)
    kind = data.draw(st.sampled_from(KINDS))
    response = shop.caller.post("/api/orders", content, content_type=kind)
    select()
    made = list(Order.objects.all())
    shop.seen[response.status_code] += 1
    assert response.status_code in {201, 400, 403, 404, 409, 413, 415}, (content, response.content)
    assert len(made) == (response.status_code == 201)
    if not made:
        assert {"code", "message", "details"} <= set(response.json()["error"])
        assert not Variant.objects.filter(held__gt=0).exists()
        return
    [order] = made
    assert units_of(order) == asked_for(content)
    start_payment(order.pk, origin=ORIGIN)
    shop.check()


def units_of(order):
    found = Counter()
    for line in order.line_items.all():
        found[str(line.product_id)] += line.quantity
    return found


def asked_for(content):
    found = Counter()
    for item in json.loads(content)["items"]:
        assert type(item["quantity"]) is int
        found[item["product_id"].lower()] += item["quantity"]
    return found


@by_chance
@given(data=st.data())
def _tampered_bodies(shop, data):
    with shop.as_it_was():
        order_by_the_api(shop, data)


def test_a_tampered_body_is_refused_or_costs_what_the_catalogue_says(shop):
    _tampered_bodies(shop)

    # Calls that are all refused, or all taken, would prove nothing.
    assert min(shop.seen["ordered"], shop.seen["with a code"], shop.seen[400]) > 5
    assert shop.seen[415]


def test_control_an_order_that_believes_a_price_is_noticed(shop, monkeypatch):
    monkeypatch.setitem(NewItemSerializer._declared_fields, "price", MoneyField(required=False))
    believed = {}
    find_wanted = placing.find_wanted
    quantities_from = orders_api.quantities_from

    def naive_quantities(items):
        believed.update({item["product_id"]: item["price"] for item in items if "price" in item})
        return quantities_from(items)

    def naive_wanted(quantities):
        wanted = find_wanted(quantities)
        for line in wanted:
            line.variant.price = believed.pop(line.variant.product_id, line.variant.price)
        return wanted

    monkeypatch.setattr(orders_api, "quantities_from", naive_quantities)
    monkeypatch.setattr(placing, "find_wanted", naive_wanted)

    with pytest.raises(AssertionError):
        _tampered_bodies(shop)


# --- By the storefront's forms -------------------------------------------------------------------

WORDS = [
    "",
    " ",
    "-1",
    "0",
    "1.5",
    "1e3",
    "1e400",
    "NaN",
    "Infinity",
    "+2",
    "0x2",
    " 2 ",
    "٣",
    "２",
]
WORDS += ["1", "2", "9999", "10000", "999999", "9" * 400, "None", "[2]", "2;3", "true", "a\x00b"]
WORDS += ["TEN", "ten", "express", "standard", "rocket", "USD", "JPY", "0.01", "x" * 6_000, "<b>"]
EXTRA = ["price", "unit_price", "total", "amount", "currency", "discount_total", "shipping_total"]
EXTRA += ["seen_price", "items", "order", "remove", "status", "quantity", "variant", "update"]
FORM_KINDS = ["application/x-www-form-urlencoded"] * 40
FORM_KINDS += ["multipart/form-data; boundary=x", "application/json", "text/plain", "", "a/b/c"]


def form(fields, shop, data):
    """Some fields changed, added, sent twice or left out; as content and its type."""
    pairs = list(fields.items())
    words = st.one_of(st.sampled_from([*WORDS, str(shop.foreign_variant.pk)]), st.text(max_size=6))
    for _ in range(data.draw(st.sampled_from([0, 0, 0, 0, 1, 1, 2, 3]))):
        way = data.draw(st.sampled_from(["replace", "twice", "add", "add", "leave out"]))
        where = data.draw(st.integers(0, max(0, len(pairs) - 1)))
        if way == "add" or not pairs:
            pairs.append((data.draw(st.sampled_from(EXTRA)), data.draw(words)))
        elif way == "replace":
            pairs[where] = (pairs[where][0], data.draw(words))
        elif way == "twice":
            pairs.append((pairs[where][0], data.draw(words)))
        else:
            del pairs[where]
    content = urlencode(pairs, errors="surrogatepass").encode()
    return content, data.draw(st.sampled_from(FORM_KINDS))


def shop_by_forms(shop, data):
    browser = Client(HTTP_HOST="tech.localhost", raise_request_exception=False)

    def post(path, fields, as_script=False):
        content, kind = form(fields, shop, data)
        headers = SAME_ORIGIN | ({"HTTP_ACCEPT": "application/json"} if as_script else {})
        response = browser.generic("POST", path, content, content_type=kind, **headers)
        select()
        shop.seen[response.status_code] += 1
        assert response.status_code < 500, (path, kind, content)
        return response

    for variant in data.draw(st.lists(st.sampled_from(shop.variants()), min_size=1, max_size=2)):
        good = {"variant": variant, "quantity": str(data.draw(st.integers(1, 3)))}
        post("/cart/add/", good, as_script=data.draw(st.booleans()))
    assert set(CartLine.objects.values_list("variant_id", flat=True)) <= set(shop.prices)
    line_ids = list(CartLine.objects.values_list("pk", flat=True))
    if line_ids and data.draw(st.booleans()):
        line = data.draw(st.sampled_from(sorted(line_ids)))
        post("/cart/", {f"quantity-{line}": str(data.draw(st.integers(0, 4)))})
    wanted = Counter(dict(CartLine.objects.values_list("variant_id", "quantity")))
    code = data.draw(st.sampled_from(["", "TEN"]))
    way = data.draw(st.sampled_from(sorted(SHIPPING)))
    details = DETAILS | {"discount_code": code, "shipping_method": way}
    details["total"] = str(shop.price(wanted, code, way))
    if not data.draw(st.integers(0, 2)):
        details["total"] = data.draw(st.sampled_from(["0.01", "1.50", "NaN", "-5", "1e400"]))
    post("/checkout/", details, as_script=data.draw(st.booleans()))
    for order in Order.objects.all():
        assert {line.variant_id: line.quantity for line in order.line_items.all()} == wanted
    shop.check()


@by_chance
@given(data=st.data())
def _tampered_forms(shop, data):
    with shop.as_it_was():
        shop_by_forms(shop, data)


def test_a_tampered_form_is_refused_or_costs_what_the_catalogue_says(shop):
    _tampered_forms(shop)

    assert min(shop.seen[what] for what in ("ordered", "with a code", "sessions", 400)) > 5


def test_control_a_form_that_is_read_carelessly_is_noticed(shop, monkeypatch):
    monkeypatch.setattr(cart_views, "_units", int)

    with pytest.raises(AssertionError, match="/cart/"):
        _tampered_forms(shop)


def test_control_a_checkout_that_believes_its_form_is_noticed(shop, monkeypatch):
    agreed = []
    check_out, line_items = views.check_out, starting._line_items

    def naive(cart_id, *, agreed_total, **fields):
        agreed[:] = [agreed_total]
        return check_out(cart_id, **fields)

    def naive_items(order):
        [total] = agreed
        if total is None or not CENT <= total < order.total:
            return line_items(order)
        return [line_item("Your order", int(total * 100), 1, order.currency)]

    monkeypatch.setattr(views, "check_out", naive)
    monkeypatch.setattr(starting, "_line_items", naive_items)

    with pytest.raises(AssertionError, match="usd"):
        _tampered_forms(shop)
