"""`POST /stripe-demo/create-checkout-session-json`, line by line of its contract."""

import json
from decimal import Decimal

import pytest
from django.test import Client, override_settings

from catalog.models import Product, Variant
from checkout.models import PaymentAttempt
from checkout.services.refunding import cancel_order
from checkout.simulator import store
from checkout.simulator.models import Session
from orders.models import Order
from tenants.models import Tenant
from tenants.resolution import clear_cache
from tenants.services import add_domain
from tests.checkout.conftest import ORIGIN, paid, select, state_of
from tests.factories import make_order, make_product

PATH = "/stripe-demo/create-checkout-session-json"
EXAMPLE = {
    "items": [
        {"id": "prod_1", "name": "Premium Headphones", "price": 149.99, "quantity": 1},
        {"id": "prod_2", "name": "Wireless Speaker", "price": 79.99, "quantity": 2},
    ],
    "order_id": "order-123-abc",
}
PLACES = [
    ("tech.localhost", PATH),
    ("localhost", f"/stores/tech{PATH}"),
    ("localhost", PATH),
]


def call(body=EXAMPLE, host="tech.localhost", path=PATH, **headers):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"content_type": "application/json", **headers}
    headers["CONTENT_TYPE"] = headers.pop("content_type")
    response = Client(HTTP_HOST=host).generic("POST", path, content, **headers)
    select()
    return response


def error_of(response, status):
    """The flat sentence, and nothing beside it."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    assert response["X-Request-ID"]
    body = response.json()
    assert list(body) == ["error"]
    assert isinstance(body["error"], str)
    assert body["error"]
    return body["error"]


def item(product, **changes):
    found = {"id": str(product.pk), "name": product.name, "price": 129.99, "quantity": 1}
    return found | changes


def for_order(order, *items):
    return {"order_id": str(order.pk), "items": list(items)}


# --- The documented call -------------------------------------------------------------------------


@pytest.mark.parametrize(("host", "path"), PLACES)
@pytest.mark.parametrize("slash", ["", "/"])
def test_the_documented_request_gets_the_documented_answer(tech, host, path, slash):
    response = call(host=host, path=path + slash)

    assert response.status_code == 200
    answer = response.json()
    assert set(answer) == {"checkout_url", "session_id"}
    assert answer["session_id"].startswith("cs_test_")
    assert answer["checkout_url"].endswith(answer["session_id"])
    assert "Access-Control-Allow-Origin" not in response
    assert response["Cache-Control"] == "no-store"
    assert Session.objects.get(pk=answer["session_id"]).amount_total == 14999 + 2 * 7999


@pytest.mark.parametrize(("host", "path"), PLACES)
def test_its_payment_page_says_that_it_pays_for_nothing(tech, host, path):
    address = call(host=host, path=path).json()["checkout_url"]

    for where in ("tech.localhost", "outdoor.localhost", "localhost"):
        page = Client(HTTP_HOST=where).get(address[address.index("/stripe-demo/") :])
        assert page.status_code == 200
        assert "Premium Headphones" in page.content.decode()
        assert "belongs to no order of a shop" in page.content.decode()


def test_a_test_session_makes_no_order_and_moves_no_stock(product):
    session_id = call(EXAMPLE | {"items": [item(product)]}).json()["session_id"]
    store.pay(session_id, outcome="paid")

    returned = Client(HTTP_HOST="tech.localhost").get(f"/checkout/return/?session_id={session_id}")
    select()

    assert returned.status_code == 200
    assert not Order.objects.exists()
    assert Variant.objects.get().stock == 25


# --- Who may call --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"HTTP_ORIGIN": ORIGIN},
        {"HTTP_SEC_FETCH_SITE": "same-origin"},
        {"HTTP_ORIGIN": ORIGIN, "HTTP_SEC_FETCH_SITE": "same-origin"},
        {"HTTP_ACCEPT": "text/html"},
        {"content_type": "application/json; charset=utf-8"},
        {"content_type": "Application/JSON;charset=UTF-8"},
    ],
)
def test_our_own_pages_and_programs_may_call(tech, headers):
    assert call(**headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_ORIGIN": "https://evil.example"},
        {"HTTP_ORIGIN": "null"},
        {"HTTP_ORIGIN": ""},
        {"HTTP_ORIGIN": "http://outdoor.localhost"},
        {"HTTP_ORIGIN": "https://tech.localhost"},
        {"HTTP_ORIGIN": "http://tech.localhost:81"},
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_SEC_FETCH_SITE": "same-site"},
        {"HTTP_SEC_FETCH_SITE": "none"},
        {"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_ORIGIN": "https://evil.example"},
        {"HTTP_SEC_FETCH_SITE": "cross-site", "HTTP_ORIGIN": ORIGIN},
    ],
)
def test_other_sites_may_not(tech, headers):
    response = call(**headers)

    error_of(response, 403)
    assert "Access-Control-Allow-Origin" not in response
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "text/json",
        "application/vnd.api+json",
        "application/json; charset=latin-1",
    ],
)
def test_json_only(tech, content_type):
    error_of(call(content_type=content_type), 415)
    assert not Session.objects.exists()


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "TRACE"])
def test_post_only(tech, method):
    response = Client(HTTP_HOST="tech.localhost").generic(method, PATH)

    error_of(response, 405)
    assert response["Allow"] == "POST, OPTIONS"


def test_options_says_what_there_is(tech):
    response = Client(HTTP_HOST="tech.localhost").generic(
        "OPTIONS", PATH, HTTP_ORIGIN="https://evil.example"
    )

    assert (response.status_code, response["Allow"]) == (204, "POST, OPTIONS")
    assert not [name for name in response.headers if name.startswith("Access-Control")]


def test_a_body_that_is_too_large_is_not_read(tech):
    error_of(call(b" " * (256 * 1024 + 1)), 413)


@override_settings(API_WRITES_PER_MINUTE=2)
def test_calls_are_counted_by_address(tech):
    last = [call(REMOTE_ADDR="198.51.100.7") for _ in range(3)][-1]

    error_of(last, 429)
    assert int(last["Retry-After"]) >= 1
    assert (last["RateLimit-Limit"], last["RateLimit-Remaining"]) == ("2", "0")
    forged = call(REMOTE_ADDR="198.51.100.7", HTTP_X_FORWARDED_FOR="203.0.113.9")
    error_of(forged, 429)
    assert call(REMOTE_ADDR="198.51.100.8").status_code == 200


@override_settings(HTTPS_REQUIRED=True)
@pytest.mark.parametrize(("host", "path"), PLACES)
def test_plain_http_is_rejected_in_production(tech, host, path):
    error_of(call(host=host, path=path), 403)


def test_a_closed_shop_sells_nothing(tech):
    Tenant.objects.filter(pk=tech.pk).update(active=False)
    clear_cache()

    error_of(call(), 403)
    error_of(call(host="localhost", path=f"/stores/tech{PATH}"), 403)


@pytest.mark.parametrize(
    ("host", "path"), [("nowhere.example", PATH), ("localhost", f"/stores/nowhere{PATH}")]
)
def test_no_shop_is_a_404(tech, host, path):
    error_of(call(host=host, path=path), 404)


# --- What is sent --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"{}",
        b"\xff\xfe",
        b'{"items": [], "order_id": "x", "order_id": "y"}',
        b'{"order_id": "x", "items": [{"id": "p", "id": "q"}]}',
        b"[" * 100_000,
        b'{"a":' * 30 + b"1" + b"}" * 30,
    ],
)
def test_what_is_no_such_object_is_a_400(tech, body):
    error_of(call(body), 400)


@pytest.mark.parametrize(
    ("member", "values"),
    [
        ("order_id", [None, 7, "", "x" * 256, [], {}, True, "a\x00b", "\ud800"]),
        ("items", [None, [], {}, "x", 7, [None], [[]], ["x"]]),
        ("items", [EXAMPLE["items"] * 51]),
    ],
)
def test_a_wrong_member_is_a_400(tech, member, values):
    for value in values:
        error_of(call(EXAMPLE | {member: value}), 400)
    body = {name: value for name, value in EXAMPLE.items() if name != member}
    error_of(call(body), 400)
    assert not Session.objects.exists()


WRONG = {
    "id": ["null", "7", '""', f'"{"x" * 256}"', "[]", '"\\u0000"', '"\\udc00"'],
    "name": ["null", "7", '""', '"  "', f'"{"x" * 251}"', "{}", '"\\u0000"'],
    "price": [
        *("null", '"149.99"', "true", "[]", "-0.01", "-1", "149.991", "1e-9", "10000000000"),
        *("NaN", "Infinity", "-Infinity", "1e400", "1e-400", "9" * 70, "0.0000000000001", "01"),
    ],
    "quantity": ["null", '"1"', "true", "0", "-1", "10000", "1.5", "1.0", "1e0", "1e400", "9" * 70],
}


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in WRONG.items() for text in texts]
)
def test_a_wrong_member_of_an_item_is_a_400(tech, name, text):
    given = {"id": '"prod_1"', "name": '"N"', "price": "149.99", "quantity": "1"} | {name: text}
    members = ", ".join(f'"{key}": {value}' for key, value in given.items())

    error_of(call(f'{{"order_id": "x", "items": [{{{members}}}]}}'.encode()), 400)
    without = ", ".join(f'"{key}": {value}' for key, value in given.items() if key != name)
    error_of(call(f'{{"order_id": "x", "items": [{{{without}}}]}}'.encode()), 400)
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "x" * 250},
        {"name": "漢" * 250},
        {"price": 0},
        {"price": 999_999.99},
        {"price": 150},
        {"price": 1, "quantity": 9_999},
        {"id": "x" * 255},
    ],
)
def test_as_much_as_it_says_is_taken(tech, changes):
    assert call(EXAMPLE | {"items": [EXAMPLE["items"][0] | changes]}).status_code == 200


def test_a_hundred_items_are_taken(tech):
    assert call(EXAMPLE | {"items": EXAMPLE["items"] * 50}).status_code == 200


def test_a_price_has_the_decimals_of_the_shops_currency(tech):
    Tenant.objects.filter(pk=tech.pk).update(currency="JPY")
    clear_cache()

    assert "JPY" in error_of(call(), 400)
    whole = EXAMPLE | {"items": [EXAMPLE["items"][0] | {"price": 1200}]}
    session = Session.objects.get(pk=call(whole).json()["session_id"])
    assert (session.amount_total, session.currency) == (1200, "jpy")


def test_a_price_between_two_that_can_be_paid_is_refused(tech):
    Tenant.objects.filter(pk=tech.pk).update(currency="KWD")
    clear_cache()

    fine = EXAMPLE | {"items": [EXAMPLE["items"][0] | {"price": 1.234}]}

    assert "use 1.230 or 1.240" in error_of(call(fine), 400)


# --- Prices --------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["product", "variant", "sku"])
def test_what_names_something_of_the_shop_carries_its_price(product, by):
    named = {
        "product": str(product.pk),
        "variant": str(product.variants.get().pk),
        "sku": "WH-001",
    }[by]

    wrong = call(EXAMPLE | {"items": [item(product, id=named, price=0.01)]})
    right = call(EXAMPLE | {"items": [item(product, id=named)]})

    error_of(wrong, 409)
    assert right.status_code == 200
    assert Session.objects.count() == 1


def test_a_product_has_the_price_of_one_of_its_variants(tech):
    shirt = make_product(
        "Shirt",
        option_names=["Size"],
        variants=[{"option_values": ["S"]}, {"option_values": ["M"], "price": "11.50"}],
    )

    for price, status in ((10, 200), (11.5, 200), (11, 409)):
        body = EXAMPLE | {"items": [item(shirt, price=price)], "order_id": f"o-{price}"}
        assert call(body).status_code == status


# --- An order of the shop ------------------------------------------------------------------------


@pytest.mark.parametrize(("host", "path"), PLACES[:2])
def test_a_pending_order_is_paid_as_it_says(order, product, host, path):
    response = call(for_order(order, item(product)), host=host, path=path)

    attempt = PaymentAttempt.objects.get()
    assert response.json() == {"checkout_url": attempt.url, "session_id": attempt.session_id}
    session = Session.objects.get(pk=attempt.session_id)
    assert session.amount_total == order.total * 100
    own = ORIGIN if host == "tech.localhost" else "http://localhost/stores/tech"
    assert session.params["success_url"].startswith(f"{own}/checkout/return/")
    assert session.params["cancel_url"].startswith(f"{own}/checkout/")


@pytest.mark.parametrize("host", ["tech.localhost", "shop.example.org"])
def test_where_the_shopper_goes_back_to_is_the_shops_own_host(order, product, host):
    """The one of its hosts that the call came to, by which the shop was found."""
    add_domain(Tenant.objects.get(slug="tech"), "shop.example.org")
    clear_cache()

    call(
        for_order(order, item(product)),
        host=host,
        HTTP_X_FORWARDED_HOST="evil.example",
        HTTP_REFERER="https://evil.example/",
    )

    params = Session.objects.get().params
    assert params["success_url"].startswith(f"http://{host}/checkout/return/")
    assert "evil" not in str(params)


@pytest.mark.parametrize("named", ["product", "variant", "sku", "twice"])
def test_its_items_may_be_named_in_any_way(product, named):
    order = make_order(product, quantity=2)
    by_variant = item(product, id=str(product.variants.get().pk))
    items = {
        "product": [item(product, quantity=2)],
        "variant": [by_variant | {"quantity": 2}],
        "sku": [item(product, id="WH-001", quantity=2)],
        "twice": [item(product), by_variant],
    }[named]

    assert call(for_order(order, *items)).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [{"price": 0.01}, {"price": 130}, {"quantity": 2}, {"id": "WH-002"}, {"id": "prod_1"}],
)
def test_items_that_differ_from_it_are_a_409(order, product, changes):
    error_of(call(for_order(order, item(product, **changes))), 409)
    assert not PaymentAttempt.objects.exists()


def test_more_or_fewer_items_than_it_has_are_a_409(order, product, tech):
    other = make_product("Speaker", price="79.99")

    error_of(call(for_order(order, item(product), item(other, price=79.99))), 409)
    both = make_order(product, other)
    error_of(call(for_order(both, item(product))), 409)
    assert not PaymentAttempt.objects.exists()


def test_the_name_is_ours_whatever_is_sent(order, product):
    call(for_order(order, item(product, name="Free things")))

    [line] = Session.objects.get().params["line_items"]
    assert line["price_data"]["product_data"]["name"] == "Wireless Headphones"


@pytest.mark.parametrize("is_upper", [False, True])
def test_the_same_order_again_gets_the_open_session(order, product, is_upper):
    body = for_order(order, item(product))
    first = call(body)
    if is_upper:
        body["order_id"] = body["order_id"].upper()

    assert call(body).json() == first.json()
    assert Session.objects.count() == 1


def test_an_order_that_waits_for_no_payment_is_a_409(order, product):
    body = for_order(order, item(product))
    paid(order)
    error_of(call(body), 409)

    other = make_order(product)
    cancel_order(order_id=other.pk, reason="Changed my mind")
    error_of(call(for_order(other, item(product))), 409)


def test_a_price_that_changed_since_is_still_the_orders(order, product):
    Variant.objects.update(price=Decimal("99.00"))

    assert call(for_order(order, item(product))).status_code == 200
    error_of(call(for_order(order, item(product, price=99))), 409)


@pytest.mark.parametrize("known", [True, False])
def test_on_a_platform_host_there_is_no_order(order, product, known):
    body = for_order(order, item(product))
    if not known:
        body["order_id"] = "00000000-0000-4000-8000-000000000000"

    assert "shop's own address" in error_of(call(body, host="localhost"), 400)
    assert not PaymentAttempt.objects.exists()


# --- An order that nobody knows ------------------------------------------------------------------


def test_the_same_reference_again_gets_the_open_session(tech):
    assert call().json() == call().json()
    assert Session.objects.count() == 1


def test_with_other_items_the_open_session_ends(tech):
    first = call().json()["session_id"]

    second = call(EXAMPLE | {"items": EXAMPLE["items"][:1]}).json()["session_id"]

    assert first != second
    assert Session.objects.get(pk=first).status == "expired"
    assert Session.objects.get(pk=second).status == "open"
    assert call().json()["session_id"] not in {first, second}


def test_after_it_was_paid_there_is_a_new_one(tech):
    first = call().json()["session_id"]
    store.pay(first, outcome="paid")

    second = call().json()["session_id"]

    assert second != first
    assert Session.objects.get(pk=second).status == "open"


def test_a_reference_belongs_to_its_shop(tech, outdoor):
    here, there, platform = (
        call(host=host).json()["session_id"]
        for host in ("tech.localhost", "outdoor.localhost", "localhost")
    )

    assert len({here, there, platform}) == 3
    assert Session.objects.filter(status="open").count() == 3


def test_with_a_live_key_what_nobody_knows_is_a_400(order, product, settings, fake):
    settings.STRIPE_SECRET_KEY = fake.key = "sk_live_x"
    Product.objects.filter(pk=product.pk).update(status="active")

    for body in (
        EXAMPLE,
        EXAMPLE | {"items": [item(product)]},
        for_order(order, item(product)) | {"order_id": "00000000-0000-4000-8000-000000000000"},
    ):
        error_of(call(body), 400)
    assert fake.calls == []
    assert call(for_order(order, item(product))).status_code == 200


def test_with_a_test_key_of_stripe_the_example_works_as_well(tech, fake):
    answer = call().json()

    assert answer["session_id"] in fake.sessions


@pytest.mark.parametrize("what", ["order", "reference"])
def test_where_stripe_is_out_of_reach_it_is_a_502_and_nothing_is_lost(
    order, product, settings, what
):
    settings.STRIPE_SIMULATOR = False
    settings.STRIPE_SECRET_KEY = "sk_test_x"
    settings.STRIPE_API_BASE = "http://127.0.0.1:1"
    body = for_order(order, item(product)) if what == "order" else EXAMPLE

    assert "You have not been charged" in error_of(call(body), 502)

    assert state_of(order) == ("pending", "unpaid")
    settings.STRIPE_SIMULATOR, settings.STRIPE_SECRET_KEY = True, ""
    settings.STRIPE_API_BASE = ""
    assert call(body).status_code == 200
