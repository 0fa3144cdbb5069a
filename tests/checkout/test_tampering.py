"""What the client says about prices is never believed: no order, no request of another amount."""

import json
import random
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client

from catalog.models import Variant
from checkout import stripe_demo
from checkout.models import PaymentAttempt
from orders.models import Order
from tests.api.conftest import Caller
from tests.checkout.conftest import select, state_of, tell
from tests.factories import make_member, make_order, make_product
from tests.fakes.books import differences

PATH = "/stripe-demo/create-checkout-session-json"
SEED = 20_260


def send(text, host="tech.localhost"):
    response = Client(HTTP_HOST=host).post(PATH, text, content_type="application/json")
    select()
    return response


def exact(value):
    """JSON of amounts as they are written, also of such as no encoder would write."""
    if isinstance(value, dict):
        return (
            "{" + ",".join(f"{json.dumps(key)}:{exact(each)}" for key, each in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ",".join(map(exact, value)) + "]"
    if isinstance(value, Decimal | Raw):
        return str(value)
    return json.dumps(value)


class Raw(str):
    """Text that stands in the body as it is."""


@pytest.fixture
def live(fake, settings):
    """With a key that moves money: what names no order of the shop is refused."""
    settings.STRIPE_SECRET_KEY = fake.key = "sk_live_fake"
    settings.API_RATE_PER_MINUTE = settings.API_WRITES_PER_MINUTE = 100_000
    return fake


@pytest.fixture
def basket(product, tech):
    """An order of two products, and its items as they are."""
    other = make_product("Bluetooth Speaker", price="79.99", on_hand=42, sku="BS-002")
    order = make_order(product, other, quantity=2)
    return order, items_of(order)


def items_of(order):
    return [
        {
            "id": str(line.variant_id),
            "name": line.name,
            "price": line.unit_price.quantize(Decimal("0.01")),
            "quantity": line.quantity,
        }
        for line in order.line_items.all()
    ]


PRICES = [
    *(Decimal(text) for text in ("0", "0.01", "129.98", "130", "-129.99", "12999", "1e3", "9e99")),
    *map(Raw, ("NaN", "Infinity", "-Infinity", "1e400", "129.990000000001", "0x10", "00129.99")),
    "129.99",
    None,
    True,
    [],
    {},
]
QUANTITIES = [0, -1, 1, 3, 9_999, 10_000, 2**31, 2**63, Decimal("1.5"), Raw("2e0"), "2", None, True]


def tampered(items, chance):
    """A copy of the items in which something is not as it was."""
    items = [dict(item) for item in items]
    item = chance.choice(items)
    match chance.randrange(8):
        case 0 | 1:
            item["price"] = chance.choice(PRICES)
        case 2:
            item["price"] += Decimal(chance.choice([-1, 1])) / 100
        case 3 | 4:
            item["quantity"] = chance.choice([each for each in QUANTITIES if each != 2])
        case 5:
            items.remove(item)
        case 6:
            items.append(dict(item, price=chance.choice(PRICES)))
        case 7:
            item["id"] = chance.choice(["WH-001x", "", None, 7, "prod_1", item["id"][::-1]])
    if chance.random() < 0.2:
        items.append({"id": "prod_1", "name": "x", "price": Decimal(-100), "quantity": 1})
    return items


def test_five_hundred_tampered_carts_pay_for_nothing(basket, live):
    order, items = basket
    chance = random.Random(SEED)
    before = Order.objects.count()
    statuses = set()
    for _ in range(500):
        wrong = tampered(items, chance)
        answer = send(exact({"order_id": str(order.pk), "items": wrong}))
        statuses.add(answer.status_code)
        assert answer.status_code in {400, 409}, (wrong, answer.content)
        assert list(answer.json()) == ["error"]

    assert statuses == {400, 409}
    assert live.calls == []
    assert Order.objects.count() == before
    assert PaymentAttempt.objects.count() == 0

    # The control: as it was it is taken, for exactly what the order says.
    answer = send(exact({"order_id": str(order.pk), "items": items}))
    assert answer.status_code == 200
    [session] = live.sessions.values()
    assert (session.amount, session.currency) == (int(order.total * 100), "usd")


def test_control_what_the_client_says_would_be_asked_for(basket, live, monkeypatch):
    """A naive endpoint that takes the client's prices is noticed by what Stripe was asked for."""
    order, items = basket

    def naive(request, order, items):
        params = {
            "mode": "payment",
            "line_items": [
                stripe_demo.line_item(item.name, int(item.price * 100), item.quantity, "usd")
                for item in items
            ],
            "success_url": "http://tech.localhost/",
            "cancel_url": "http://tech.localhost/",
        }
        session = stripe_demo.Gateway().create_session(params, "naive")
        return {"checkout_url": session.url, "session_id": session.id}

    monkeypatch.setattr(stripe_demo, "_pay_for", naive)
    items[0]["price"] = Decimal("0.50")
    send(exact({"order_id": str(order.pk), "items": items}))

    [session] = live.sessions.values()
    assert session.amount != int(order.total * 100)


@pytest.mark.parametrize("member", ["currency", "amount", "success_url", "discount", "tenant_id"])
def test_what_is_no_member_of_the_call_changes_nothing(basket, live, member):
    order, items = basket
    body = {"order_id": str(order.pk), "items": [item | {member: "jpy"} for item in items]}

    assert send(exact(body | {member: "https://evil.example"})).status_code == 200

    [session] = live.sessions.values()
    assert (session.amount, session.currency) == (int(order.total * 100), "usd")
    assert session.params["success_url"].startswith("http://tech.localhost/")


@pytest.mark.parametrize("which", ["order", "product"])
def test_what_belongs_to_another_shop_is_unknown_here(basket, outdoor, live, which):
    connection.set_tenant(outdoor)
    theirs = make_order(make_product(price="1.00", on_hand=5))
    [foreign] = items_of(theirs)
    select()
    order, items = basket
    body = {"order_id": str(order.pk), "items": [*items, foreign]}
    if which == "order":
        body = {"order_id": str(theirs.pk), "items": [foreign]}

    assert send(exact(body)).status_code == (400 if which == "order" else 409)
    assert live.calls == []


@pytest.mark.parametrize("reference", ["order-123-abc", "6b7a0e3c-1d2f-4f60-9b1a-000000000000"])
def test_with_a_live_key_an_unknown_order_is_refused(basket, live, reference):
    _, items = basket

    answer = send(exact({"order_id": reference, "items": items}))

    assert answer.status_code == 400
    assert live.calls == []


def test_a_test_payment_marks_no_real_order_paid(basket, outdoor, fake):
    """In test mode an unknown order may be played with; it pays for nothing, wherever it points."""
    connection.set_tenant(outdoor)
    theirs = make_order(make_product(price="5.00", on_hand=5))
    items = [{"id": "prod_1", "name": "x", "price": Decimal("5.00"), "quantity": 1}]
    select()
    answer = send(exact({"order_id": str(theirs.pk), "items": items}))
    assert answer.status_code == 200
    [session] = fake.sessions.values()
    fake.pay(session.id)
    fake.refund(session.id)

    assert set(tell(fake)) == {"ignored"}

    select("outdoor")
    assert state_of(theirs) == ("pending", "unpaid")
    select()
    assert differences(fake) == []


def test_a_product_of_the_shop_has_its_own_price_in_a_test_as_well(basket, fake):
    _, items = basket
    items[0]["price"] = Decimal("0.50")

    assert send(exact({"order_id": "order-123-abc", "items": items})).status_code == 409
    assert fake.calls == []


def test_a_price_in_an_order_by_the_api_is_ignored(product, tech, fake):
    connection.set_schema_to_public()
    caller = Caller(make_member(tech, "owner"))
    address = {
        "line1": "1 Main St",
        "city": "New York",
        "state": "NY",
        "postal_code": "10001",
        "country": "US",
    }
    answer = caller.post(
        "/api/orders",
        {
            "tenant_id": str(tech.pk),
            "customer": {"name": "Ann", "email": "ann@example.com"},
            "shipping_address": address,
            "items": [{"product_id": str(product.pk), "quantity": 1, "price": 0.01, "total": 0}],
            "shipping_method": "standard",
            "payment_method": "credit_card",
            "total": 0.01,
            "discount_total": 100,
        },
    )
    select()

    assert answer.status_code == 201, answer.content
    order = Order.objects.get()
    assert order.total == Decimal("129.99")
    assert Variant.objects.get().held == 1
