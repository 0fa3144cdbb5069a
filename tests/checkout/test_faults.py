"""Stripe fails in every way: the shopper gets words, keeps cart and order, and pays once."""

import contextlib
import socket
from functools import partial

import pytest
from django.db import connection
from django.test import Client

from catalog.models import Variant
from checkout import stripe_transport
from checkout.models import Cart, PaymentAttempt
from checkout.services import starting
from checkout.services.starting import start_payment
from checkout.stripe_gateway import breakers
from orders.models import Order
from tests.api.conftest import Caller
from tests.checkout.conftest import ORIGIN, select, state_of, tell
from tests.checkout.test_storefront import DETAILS, filled, post  # noqa: F401 - a fixture
from tests.factories import make_member, make_order
from tests.fakes.books import differences
from tests.fakes.stripe_server import FAULTS

MODES = [*FAULTS, "nobody there", "black hole"]


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setattr(stripe_transport, "CONNECT_SECONDS", 0.2)
    monkeypatch.setattr(stripe_transport, "READ_SECONDS", 0.3)
    monkeypatch.setattr(stripe_transport, "CALL_SECONDS", 0.8)
    monkeypatch.setattr(stripe_transport, "LEAST_SECONDS", 0.2)


@contextlib.contextmanager
def broken(fake, settings, mode):
    """Stripe as it is while it fails in this mode; afterwards it is well again."""
    with contextlib.ExitStack() as stack:
        if mode in FAULTS:
            fake.fail(mode, times=10_000)
            stack.callback(fake.heal)
        else:
            door = stack.enter_context(socket.socket())
            door.bind(("127.0.0.1", 0))
            if mode == "black hole":
                # Its queue is full: whoever comes next waits for an answer that never comes.
                door.listen(0)
                for _ in range(4):
                    waiting = stack.enter_context(socket.socket())
                    waiting.setblocking(False)
                    waiting.connect_ex(door.getsockname())
            settings.STRIPE_API_BASE = f"http://127.0.0.1:{door.getsockname()[1]}"
            stack.callback(partial(setattr, settings, "STRIPE_API_BASE", fake.base))
        breakers.reset()
        yield
    breakers.reset()


def call_of(order):
    """The documented call for an order, as the shop's own script makes it."""
    items = [
        {
            "id": str(line.variant_id),
            "name": line.name,
            "price": float(line.unit_price),
            "quantity": line.quantity,
        }
        for line in order.line_items.all()
    ]
    return {"order_id": str(order.pk), "items": items}


def pay_address(order):
    return f"/checkout/pay/{order.access_token}/"


def ask(order):
    response = Client(HTTP_HOST="tech.localhost").post(
        "/stripe-demo/create-checkout-session-json",
        call_of(order),
        content_type="application/json",
    )
    select()
    return response


@pytest.mark.parametrize("mode", MODES)
def test_cart_and_order_outlive_it_and_are_paid_once(filled, fake, settings, mode):  # noqa: F811
    with broken(fake, settings, mode):
        page = post(filled, "/checkout/", DETAILS)
        order = Order.objects.get()
        flat = ask(order)
        button = post(filled, pay_address(order))

    assert (page.status_code, flat.status_code, button.status_code) == (502, 502, 502)
    assert f"Your order {order.number} and your cart are kept" in page.content.decode()
    assert list(flat.json()) == ["error"]
    assert isinstance(flat.json()["error"], str)
    assert state_of(order) == ("pending", "unpaid")
    assert Cart.objects.get().lines.get().quantity == 2
    assert Variant.objects.get().held == 2

    # Well again: the same button, the same call, one session.
    answers = [ask(order), ask(order)]
    if mode.startswith("500") and answers[0].status_code == 502:
        answers = [ask(order), ask(order)]  # Stripe had kept its failure for the old key
    assert [answer.status_code for answer in answers] == [200, 200]
    session_id = answers[0].json()["session_id"]
    assert answers[1].json()["session_id"] == session_id
    assert post(filled, pay_address(order))["Location"].endswith(session_id)
    assert PaymentAttempt.objects.filter(state="open").count() == 1

    # Nobody was ever given the address of another one.
    assert fake.pay(session_id)
    tell(fake)
    assert state_of(order) == ("processing", "paid")
    assert differences(fake) == []


@pytest.mark.breaks_books
def test_control_a_start_that_forgets_its_key_makes_two_sessions(order, fake, settings):
    """A naive start: the session first, then the row."""
    with broken(fake, settings, "reset_after"), pytest.raises(Exception, match="provider"):
        start_payment(order.pk, origin=ORIGIN)
    PaymentAttempt.objects.all().delete()

    start_payment(order.pk, origin=ORIGIN)

    open_ones = [each for each in fake.sessions.values() if each.status == "open"]
    assert len(open_ones) > 1


@pytest.mark.parametrize("mode", ["hang", "reset_after", "500", "malformed", "black hole"])
def test_the_shops_calls_say_so_and_can_be_repeated(product, fake, settings, mode, tech):
    waiting, sold = make_order(product), make_order(product)
    start_payment(waiting.pk, origin=ORIGIN)
    fake.pay(start_payment(sold.pk, origin=ORIGIN).session_id)
    tell(fake)
    connection.set_schema_to_public()
    caller = Caller(make_member(tech, "owner"))
    keys = {"cancel": {"HTTP_IDEMPOTENCY_KEY": "c-1"}, "refund": {"HTTP_IDEMPOTENCY_KEY": "r-1"}}

    def cancel():
        return caller.post(f"/api/orders/{waiting.pk}/cancel", {}, **keys["cancel"])

    def refund():
        return caller.post(f"/api/orders/{sold.pk}/refund", {"amount": 29.99}, **keys["refund"])

    with broken(fake, settings, mode):
        answers = [cancel(), refund(), refund()]
    assert [answer.status_code for answer in answers] == [502, 502, 502]
    assert {answer.json()["error"]["code"] for answer in answers} == {
        "payment_provider_unavailable"
    }
    select()
    assert state_of(waiting) == ("pending", "unpaid")

    fake.forget_keys()  # a day later, and for 500 the only way
    assert [cancel().status_code, refund().status_code, refund().status_code] == [200, 200, 200]

    select()
    tell(fake)
    assert state_of(waiting) == ("cancelled", "unpaid")
    assert state_of(sold) == ("processing", "partially_refunded")
    assert [each.amount for each in fake.refunds.values()] == [2999]
    assert differences(fake) == []


@pytest.mark.parametrize("mode", ["hang", "reset", "500", "html", "nobody there"])
def test_who_comes_back_from_paying_is_told_to_wait(order, fake, settings, mode):
    session_id = start_payment(order.pk, origin=ORIGIN).session_id
    fake.pay(session_id)
    shopper = Client(HTTP_HOST="tech.localhost")
    address = f"/checkout/return/?session_id={session_id}"

    with broken(fake, settings, mode):
        waiting = shopper.get(address)
        select()
        heard = tell(fake)

    assert waiting.status_code == 200
    assert 'http-equiv="refresh"' in waiting.content.decode()
    assert heard == ["received"]
    assert state_of(order) == ("pending", "unpaid")
    found = shopper.get(address)
    select()
    assert found["Location"] == f"/orders/{order.access_token}/"
    assert state_of(order) == ("processing", "paid")


def test_a_made_up_session_is_not_asked_about(order, fake):
    """Else anybody could spend the shop's calls, and shut its breaker."""
    shopper = Client(HTTP_HOST="tech.localhost")
    for made_up in ("cs_test_made_up", "..%2F..%2Fv1", "x" * 255):
        assert shopper.get(f"/checkout/return/?session_id={made_up}").status_code == 404

    assert fake.calls == []


def test_a_provider_that_fails_again_and_again_is_left_alone_for_a_while(
    order, fake, settings, monkeypatch
):
    fake.fail("500", times=10_000)
    for _ in range(stripe_transport.BREAK_AFTER):
        assert ask(order).status_code == 502
    asked = len(fake.calls)

    assert [ask(order).status_code for _ in range(5)] == [502] * 5
    assert len(fake.calls) == asked

    fake.heal()
    now = stripe_transport.time.monotonic() + stripe_transport.BREAK_SECONDS
    with monkeypatch.context() as later:
        later.setattr(stripe_transport.time, "monotonic", lambda: now)
        statuses = [ask(order).status_code for _ in range(2)]
    assert statuses[-1] == 200


def test_an_order_that_was_cancelled_while_its_session_was_made_is_not_payable(
    order, fake, monkeypatch
):
    """The shop cancels between our asking for a session and its answer."""
    real = starting.Gateway.create_session

    def slow(self, params, key):
        session = real(self, params, key)
        starting.end_unpaid(order.pk, reason="Closed")
        return session

    monkeypatch.setattr(starting.Gateway, "create_session", slow)

    assert ask(order).status_code == 409
    assert [session.status for session in fake.sessions.values()] == ["expired"]
    assert state_of(order) == ("cancelled", "unpaid")


def test_a_refund_that_stripe_refuses_is_a_409(order, fake, tech):
    fake.pay(start_payment(order.pk, origin=ORIGIN).session_id)
    tell(fake)
    fake.refund(next(iter(fake.sessions)))
    connection.set_schema_to_public()
    caller = Caller(make_member(tech, "owner"))

    answer = caller.post(f"/api/orders/{order.pk}/refund", {"amount": 10})

    assert answer.status_code == 409
    assert "already" not in answer.content.decode()  # Stripe's words are for the shop's timeline
    select()
    tell(fake)
    assert differences(fake) == []
