"""The same over HTTP, with the server's own two processes of four threads."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count

import pytest
from django.conf import settings
from django.db import connection

from checkout.services.integrity import violations
from checkout.simulator.models import Session
from tenants.services.tokens import issue_tokens
from tests.concurrency.conftest import ADDRESS, at_once, code_of, orders_with, select, statuses
from tests.factories import make_order, make_product

_numbers = count(1)


@dataclass
class Answer:
    status_code: int
    content: bytes

    def json(self):
        return json.loads(self.content)


@pytest.fixture
def post(shop, owner):
    """Calls of the owner to a server of its own."""
    connection.set_schema_to_public()
    token = issue_tokens(owner)["access"]
    select()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    database = connection.settings_dict
    environment = os.environ | {
        "BIND": f"127.0.0.1:{port}",
        "API_WRITES_PER_MINUTE": "100000",
        # Of fifty at once the last one waits, however slow the machine is.
        "DATABASE_WEB_TIMEOUTS": "0",
        "DATABASE_URL": f"postgres://{database['USER']}@/{database['NAME']}"
        f"?host={database['HOST']}",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "python:pycommerce.gunicorn_conf"]
    server = subprocess.Popen([*command, "pycommerce.wsgi"], cwd=settings.BASE_DIR, env=environment)

    def call(path, body, **headers):
        asked = HTTPConnection("127.0.0.1", port, timeout=300)
        headers |= {
            "Host": "tech.localhost",
            "Content-Type": "application/json",
            "Authorization": f"Bearer {token}",
        }
        asked.request("POST", path, json.dumps(body), headers)
        response = asked.getresponse()
        answer = Answer(response.status, response.read())
        asked.close()
        return answer

    try:
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert server.poll() is None
        yield call
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def body_for(product):
    return {
        "customer": {"name": "John Doe", "email": f"john+{next(_numbers)}@example.com"},
        "shipping_address": ADDRESS,
        "items": [{"product_id": str(product.pk), "quantity": 1}],
        "shipping_method": "standard",
        "payment_method": "credit_card",
    }


def test_fifty_buyers_of_the_last_units_over_http(post):
    for units in (1, 7, 1):
        product = make_product(on_hand=units)
        bodies = [body_for(product) for _ in range(50)]

        answers = at_once([lambda body=body: post("/api/orders", body) for body in bodies])

        assert statuses(answers) == {201: units, 409: 50 - units}
        assert {code_of(each) for each in answers if each.status_code == 409} == {"out_of_stock"}
        select()
    assert orders_with() == 9
    assert violations() == []


def test_one_key_over_http_is_one_order_and_one_session(post):
    body = body_for(make_product(on_hand=100))
    keyed = {"Idempotency-Key": "once"}

    first = at_once([lambda: post("/api/orders", body, **keyed)] * 20)
    later = at_once([lambda: post("/api/orders", body, **keyed)] * 20)
    other = post("/api/orders", body | {"notes": "other"}, **keyed)

    assert {code_of(each) for each in first if each.status_code != 201} <= {"request_in_progress"}
    assert statuses(later) == {201: 20}
    assert len({each.content for each in [*first, *later] if each.status_code == 201}) == 1
    assert (other.status_code, code_of(other)) == (409, "idempotency_key_reused")
    select()
    assert orders_with() == 1

    order = make_order(make_product(price="129.99"))
    [line] = order.line_items.all()
    item = {"id": line.sku, "name": line.name, "price": 129.99, "quantity": 1}
    call = {"items": [item], "order_id": str(order.pk)}
    path = "/stripe-demo/create-checkout-session-json"
    opened = at_once([lambda: post(path, call)] * 20)

    assert statuses(opened) == {200: 20}
    assert len({each.json()["session_id"] for each in opened}) == 1
    select()
    assert Session.objects.count() == 1
    assert violations() == []
