"""`kill -9` of real processes in the middle of everything: nothing is lost, doubled or stuck."""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from functools import partial

import pytest
from django.db import connection, connections

from checkout.models import PaymentAttempt
from checkout.stripe_inbox.models import StripeEvent
from orders.models import Order, OutboxMessage, Refund
from tenants.services.tokens import issue_tokens
from tests.checkout.conftest import select, tell
from tests.factories import make_member, make_product
from tests.fakes.books import differences
from tests.fakes.processes import (
    GUNICORN,
    WORKER,
    Processes,
    ask,
    environment,
    free_port,
    manage,
    until,
)

pytestmark = pytest.mark.django_db(transaction=True)

SEED = 20_261
CHECKOUTS, CLIENTS = 40, 6
MOMENTS = 9
ADDRESS = {
    "line1": "1 Main St",
    "city": "New York",
    "state": "NY",
    "postal_code": "10001",
    "country": "US",
}


class Shop:
    """A shop as customers and clerks use it, from outside; each call until it is answered."""

    def __init__(self, port, fake, token, product):
        self.port, self.fake, self.product = port, fake, product
        self.variant = str(product.variants.get().pk)
        self.product_id = str(product.pk)
        self.token = {"Authorization": f"Bearer {token}"}

    def call(self, path, body, *wanted, key="", **headers):
        headers = {"Content-Type": "application/json", **headers}
        if key:
            headers |= self.token | {"Idempotency-Key": key}
        body = json.dumps(body).encode()
        return json.loads(
            until(lambda: ask(self.port, "POST", path, body, **headers), *wanted) or b"{}"
        )

    def order(self, number):
        body = {
            "customer": {"name": f"Buyer {number}", "email": f"buyer{number}@example.com"},
            "shipping_address": ADDRESS,
            "items": [{"product_id": self.product_id, "quantity": 1 + number % 3}],
            "shipping_method": "standard",
            "payment_method": "credit_card",
        }
        return self.call("/api/orders", body, 201, key=f"order-{number}")["id"]

    def open(self, order_id, number):
        item = {"id": self.variant, "name": "Mug", "price": 12.5, "quantity": 1 + number % 3}
        body = {"order_id": order_id, "items": [item]}
        return self.call("/stripe-demo/create-checkout-session-json", body, 200)["session_id"]

    def refund(self, order_id, number):
        path = f"/api/orders/{order_id}/refund"
        self.call(path, {"amount": 5.25, "reason": "Chipped"}, 200, 409, key=f"refund-{number}")

    def cancel(self, order_id, number):
        path = f"/api/orders/{order_id}/cancel"
        self.call(path, {"reason": "No"}, 200, 409, key=f"cancel-{number}")

    def hear(self, event):
        """Stripe sends an event until it is taken."""

        def send():
            body, header = self.fake.signed(event)
            return ask(
                self.port,
                "POST",
                "/stripe/webhook",
                body,
                Host="localhost",
                Content_Type="application/json",
                Stripe_Signature=header,
            )

        until(send, 200)


@contextmanager
def running(fake, folder, wsgi="pycommerce.wsgi", worker=True, **more) -> Iterator[tuple]:
    port = free_port()
    env = environment(folder, fake, BIND=f"127.0.0.1:{port}", **more)
    commands = {"server": [*GUNICORN, wsgi]} | ({"worker": WORKER} if worker else {})
    processes = Processes(commands, folder, env)
    try:
        until(lambda: ask(port, "GET", "/healthz", Host="localhost"), 200)
        yield port, processes, env
    finally:
        processes.stop()


@pytest.fixture
def shop_of(tech, fake):
    product = make_product("Mug", price="12.50", on_hand=500)
    connection.set_schema_to_public()
    token = issue_tokens(make_member(tech, "owner"))["access"]
    select()
    return lambda port: Shop(port, fake, token, product)


def finish(env):
    """What operators run afterwards, and what the next night's comparison does."""
    connections.close_all()
    for command in ("expire_holds", "reconcile", "deliver_outbox", "check_integrity"):
        manage(env, command)
    select()


def sent(folder):
    """The mails that left, by their id: one that was sent twice has the same."""
    mails = {}
    for path in (folder / "mail").glob("*"):
        for text in path.read_bytes().split(b"-" * 79 + b"\n"):
            if text.strip():
                mail = message_from_bytes(text)
                mails[mail["Message-ID"]] = mail["Subject"]
    return mails


def test_killed_at_random_nothing_is_lost_doubled_or_stuck(fake, shop_of, tmp_path, capsys):
    chance = random.Random(SEED)
    with capsys.disabled():
        print(f"\nkill -9 with seed {SEED}", end=" ")
    kills = Counter()
    killed = threading.Condition()
    done = threading.Event()
    numbers = iter(range(CHECKOUTS))
    lock = threading.Lock()
    problems = []
    with running(fake, tmp_path) as (port, processes, env):
        shop = shop_of(port)

        def killer():
            while not done.wait(chance.uniform(0.1, 0.35)):
                what = chance.choices(["child", "worker", "server"], [20, 6, 1])[0]
                if what == "child":
                    kills[what] += processes.kill_child("server", chance.choice)
                else:
                    kills[what] += processes.kill(what)
                with killed:
                    killed.notify_all()

        def client():
            try:
                while True:
                    with lock:
                        number = next(numbers, None)
                    if number is None:
                        return
                    # However fast the machine is: a kill for each checkout.
                    with killed:
                        killed.wait_for(lambda: sum(kills.values()) > number, 300)  # noqa: B023
                    buy(number)
            except BaseException as error:
                problems.append(error)

        def buy(number):
            order_id = shop.order(number)
            session_id = shop.open(order_id, number)
            if number % 10 == 9:
                shop.cancel(order_id, number)
            delayed = number % 5 == 4
            if fake.pay(session_id, "delayed" if delayed else "paid") and delayed:
                fake.decide(session_id, succeeds=number % 2 == 0)
            if number % 4:
                # Every fourth event is never heard of.
                mine = [each for each in fake.events if order_id in json.dumps(each)]
                for event in [*mine, *mine][::-1]:
                    shop.hear(event)
            if number % 4 == 1:
                shop.refund(order_id, number)

        threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
        threads.append(threading.Thread(target=killer))
        for thread in threads:
            thread.start()
        for thread in threads[:-1]:
            thread.join(600)
        done.set()
        threads[-1].join(60)
    with capsys.disabled():
        print(f"{dict(kills)}, {processes.restarts} starts", end=" ")
    assert problems == []
    assert not any(thread.is_alive() for thread in threads)
    assert sum(kills.values()) >= CHECKOUTS

    finish(env)
    tell(fake)

    assert Order.objects.count() == CHECKOUTS
    assert len(fake.sessions) == CHECKOUTS
    assert differences(fake) == []
    assert not PaymentAttempt.objects.filter(state__in=["new", "open"]).exists()
    assert not Refund.objects.filter(state="new").exists()
    assert not StripeEvent.objects.exclude(state="done").exists()
    messages = OutboxMessage.objects.filter(topic__startswith="mail.")
    assert not messages.filter(sent_at=None).exists()
    subjects = Counter(sent(tmp_path).values())
    confirmed = sum(count for subject, count in subjects.items() if "confirmed" in subject)
    assert confirmed == messages.filter(topic="mail.order_confirmed").count() > CHECKOUTS // 2


def walk(shop, fake):
    """Two orders through everything: one is paid and partly refunded, one is cancelled."""
    first, second = shop.order(1), shop.order(2)
    fake.pay(shop.open(first, 1))
    shop.open(second, 2)
    for event in list(fake.events):
        shop.hear(event)
    shop.refund(first, 1)
    shop.cancel(second, 2)


def test_killed_after_each_step_a_repeat_goes_on_where_it_was(fake, shop_of, tmp_path):
    moments = tmp_path / "moments"
    moments.mkdir()
    wsgi = "tests.fakes.fragile_wsgi"
    with running(fake, tmp_path, wsgi, worker=False, FRAGILE_DIR=str(moments)) as (port, _, env):
        walk(shop_of(port), fake)

    finish(env)
    assert len(list(moments.iterdir())) == MOMENTS
    assert Order.objects.count() == len(fake.sessions) == 2
    assert [refund.amount for refund in fake.refunds.values()] == [525]
    assert differences(fake) == []


@pytest.mark.breaks_books
def test_control_without_keys_of_their_own_the_steps_are_done_twice(fake, shop_of, tmp_path):
    moments = tmp_path / "moments"
    moments.mkdir()
    how = {"FRAGILE_DIR": str(moments), "FRAGILE_NAIVE": "1"}
    with running(fake, tmp_path, "tests.fakes.fragile_wsgi", worker=False, **how) as (port, *_):
        walk(shop_of(port), fake)

    assert len(fake.sessions) > 2
    assert len(fake.refunds) > 1


def test_pages_are_served_while_stripe_hangs(fake, shop_of, tmp_path):
    """Eight checkouts wait for Stripe; a page is there before any of them gave up."""
    with running(fake, tmp_path, worker=False, WEB_CONCURRENCY="1") as (port, *_):
        shop = shop_of(port)
        order_id = shop.order(1)
        fake.fail("hang", times=1000)
        answered = []
        item = {"id": shop.variant, "name": "Mug", "price": 12.5, "quantity": 2}
        body = json.dumps({"order_id": order_id, "items": [item]}).encode()
        path = "/stripe-demo/create-checkout-session-json"
        post = partial(ask, port, "POST", path, body, Content_Type="application/json")
        threads = [threading.Thread(target=lambda: answered.append(post()[0])) for _ in range(8)]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 60
        while len(fake.calls) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)

        assert ask(port, "GET", "/")[0] == 200
        assert len(answered) < 8  # some of them still wait

        for thread in threads:
            thread.join(60)
    assert set(answered) == {502}
    assert len(answered) == 8
