"""Outgoing webhooks: written with the change, signed, sent to a receiver on loopback, retried."""

import hashlib
import hmac
import json
import shutil
import socket
import subprocess
import threading
import time
import tracemalloc
from datetime import timedelta

import pytest
import stripe
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from catalog.services.editing import edit_product
from catalog.services.stock import adjust_stock
from checkout import jobs
from checkout.services.calling_out import send_webhooks
from checkout.services.refunding import send_refund
from orders.models import OutboxMessage
from orders.services import webhooks
from orders.services.fulfilling import fulfil_order
from orders.services.low_stock import tell_low_stock
from orders.services.mailing import deliver_outbox
from orders.services.refunding import refund_order
from tenants import outside
from tenants.due import Kind
from tenants.models import DueWork
from tenants.shop.models import WebhookDelivery, WebhookEndpoint, WebhookEvent, WebhookType
from tenants.webhooks import sending
from tenants.webhooks.announcing import announce
from tenants.webhooks.managing import send_again, send_test
from tenants.webhooks.signing import HEADER, rotate_secret, secret_of
from tests.api.conftest import Caller
from tests.checkout.conftest import paid, select
from tests.factories import make_member, make_order
from tests.fakes.receiver import receiver, say


@pytest.fixture
def hook(tech):
    """A receiver, and an endpoint of Tech Gadgets that tells it everything."""
    with receiver() as found:
        select()
        found.endpoint = listen(found.address)
        yield found


def listen(address, *events):
    return WebhookEndpoint.objects.create(
        address=address, events=list(events) or WebhookType.values
    )


def work():
    """A round of the worker."""
    connection.set_schema_to_public()
    jobs.send_webhooks_regularly(timestamp=0)
    select()


def types_of(found):
    return [json.loads(body)["type"] for _headers, body in found.got]


def due_again():
    """As if the time of the next try had come."""
    waiting = WebhookDelivery.objects.filter(next_try_at__isnull=False)
    waiting.update(next_try_at=timezone.now())
    DueWork.objects.filter(kind=Kind.WEBHOOKS).update(due_at=timezone.now())


# --- What is told --------------------------------------------------------------------------------


def test_the_life_of_an_order_is_told_as_the_api_shows_it(hook, order, tech):
    paid(order)
    fulfil_order(order_id=order.pk)
    refund = refund_order(order_id=order.pk, amount=None, items=None, restock=False, reason="Sorry")
    send_refund(refund.pk)
    work()

    bodies = [json.loads(sent) for _headers, sent in hook.got]
    told = [body for body in bodies if body["type"] != "product.updated"]
    assert [body["type"] for body in told] == [
        "order.created",
        "order.paid",
        "order.fulfilled",
        "order.refunded",
    ]
    owner = Caller(make_member(tech))
    for body in told:
        assert list(body) == ["id", "type", "created", "tenant", "data"]
        assert body["tenant"] == "tech"
        assert body["data"] == owner.get(f"/api/orders/{order.pk}").json()
    select()


def test_a_change_of_a_product_is_told_as_the_api_shows_it(hook, product, tech):
    work()
    hook.got.clear()

    edit_product(product.pk, fields={"name": "Phones"}, prices={}, user=None)
    work()

    assert types_of(hook) == ["product.updated"]
    data = json.loads(hook.got[0][1])["data"]
    shown = Caller(make_member(tech), host="tech.localhost").get(f"/api/products/{product.pk}")
    assert data == shown.json() | {"status": "active"}
    assert data["name"] == "Phones"
    select()


def test_what_gets_low_is_told_by_variant(hook, product):
    work()
    hook.got.clear()

    adjust_stock(variant_id=product.variants.get().pk, on_hand=1, reason="Counted", user=None)
    tell_low_stock()
    tell_low_stock()
    work()

    assert types_of(hook) == ["stock.low"]
    data = json.loads(hook.got[0][1])["data"]
    assert (data["sku"], data["on_hand"], data["stock"]) == ("WH-001", 1, 1)


def test_an_endpoint_is_told_what_it_asked_for(tech, product):
    with receiver() as found, receiver() as off:
        listen(found.address, "order.paid", "order.refunded")
        ended = listen(off.address)
        ended.is_active = False
        ended.save()
        paid(make_order(product))
        work()

    assert types_of(found) == ["order.paid"]
    assert off.got == []


def test_where_nobody_listens_nothing_is_written(product):
    make_order(product)

    assert not WebhookEvent.objects.exists()
    assert not DueWork.objects.filter(kind=Kind.WEBHOOKS).exists()


def test_what_is_rolled_back_is_not_told(hook, product):
    WebhookEvent.objects.all().delete()
    with transaction.atomic():
        announce("product.updated", [{"product": product.pk}])
        assert WebhookEvent.objects.count() == 1
        transaction.set_rollback(True)

    work()

    assert hook.got == []


def test_another_shops_receiver_hears_nothing(hook, product, outdoor):
    with receiver() as other:
        select("outdoor")
        listen(other.address)
        select()
        make_order(product)
        work()

    assert "order.created" in types_of(hook)
    assert other.got == []


# --- How it is signed ----------------------------------------------------------------------------


def _verifies(hook, secret, number=-1):
    headers, body = hook.got[number]
    try:
        stripe.WebhookSignature.verify_header(body.decode(), headers[HEADER], secret, 300)
    except stripe.SignatureVerificationError:
        return False
    return True


def test_the_signature_is_stripes(hook, order):
    work()

    headers, body = hook.got[-1]
    assert _verifies(hook, secret_of(hook.endpoint))
    assert not _verifies(hook, "whsec_another")
    given = dict(part.split("=") for part in headers[HEADER].split(","))
    key = secret_of(hook.endpoint).encode()
    made = hmac.new(key, f"{given['t']}.".encode() + body, hashlib.sha256).hexdigest()
    assert given["v1"] == made
    assert headers["Content-Type"] == "application/json"
    assert headers["PyCommerce-Event"] == json.loads(body)["id"]


def test_old_and_new_secret_sign_for_a_day(hook):
    old = secret_of(hook.endpoint)
    rotate_secret(hook.endpoint)
    new = secret_of(hook.endpoint)
    send_test(hook.endpoint)
    work()
    assert (_verifies(hook, old), _verifies(hook, new)) == (True, True)

    a_day_ago = timezone.now() - timedelta(hours=24, seconds=1)
    WebhookEndpoint.objects.update(secret_changed_at=a_day_ago)
    send_test(hook.endpoint)
    work()

    assert old != new
    assert (_verifies(hook, old), _verifies(hook, new)) == (False, True)


def test_no_secret_stands_in_the_database(hook):
    row = WebhookEndpoint.objects.values().get()

    assert secret_of(hook.endpoint) not in str(row)
    assert "whsec" not in str(row)


# --- When it fails -------------------------------------------------------------------------------


def test_a_failure_is_tried_again_later_and_later_for_a_day(hook, order):
    WebhookEvent.objects.exclude(type="order.created").delete()
    hook.answer = say(500, b"broken")
    delays = []
    for _number in range(webhooks.MOST_ATTEMPTS):
        work()
        delivery = WebhookDelivery.objects.get()
        if delivery.next_try_at:
            delays.append(delivery.next_try_at - delivery.tried_at)
        due_again()

    assert [each.total_seconds() for each in delays[:4]] == [30, 60, 120, 240]
    assert timedelta(hours=24) <= sum(delays, timedelta()) <= timedelta(hours=30)
    assert (delivery.status, delivery.response, delivery.next_try_at) == (500, "broken", None)
    assert not delivery.succeeded
    bodies = {body for _headers, body in hook.got}
    assert (len(hook.got), len(bodies)) == (webhooks.MOST_ATTEMPTS, 1)
    work()
    assert len(hook.got) == webhooks.MOST_ATTEMPTS


def test_what_failed_is_delivered_when_the_receiver_is_well_again(hook, order):
    hook.answer = say(503)
    work()
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.failing_since

    hook.answer = say(204, b"")
    due_again()
    work()

    endpoint.refresh_from_db()
    assert endpoint.failing_since is None
    assert set(WebhookDelivery.objects.values_list("succeeded", "status")) == {(True, 204)}
    assert not DueWork.objects.filter(kind=Kind.WEBHOOKS).exists()


def test_nothing_is_tried_before_its_time(hook, order):
    hook.answer = say(500)
    work()
    count = len(hook.got)

    work()

    assert len(hook.got) == count
    assert DueWork.objects.filter(kind=Kind.WEBHOOKS).exists()


def test_an_endpoint_that_fails_for_days_is_switched_off_and_the_owners_are_told(hook, tech):
    owner = make_member(tech, email="owner@example.com")
    make_member(tech, "manager")
    tech.language = "de"
    tech.save()
    hook.answer = say(500)
    make_order()
    work()
    since = timezone.now() - webhooks.OFF_AFTER - timedelta(minutes=1)
    WebhookEndpoint.objects.update(failing_since=since)

    due_again()
    work()
    deliver_outbox()

    assert WebhookEndpoint.objects.get().is_active is False
    [message] = mail.outbox
    assert message.to == [owner.email]
    assert message.subject == "Ein Webhook von Tech Gadgets wurde abgeschaltet"
    assert hook.address in message.body
    assert "Seit 3 Tagen" in message.body
    count = len(hook.got)
    due_again()
    work()
    assert len(hook.got) == count
    assert not WebhookDelivery.objects.filter(next_try_at__isnull=False).exists()


def test_a_test_goes_to_one_endpoint_even_when_it_is_off(hook):
    with receiver() as other:
        listen(other.address)
        WebhookEndpoint.objects.update(is_active=False)
        send_test(hook.endpoint)
        work()

    assert types_of(hook) == ["test"]
    assert other.got == []


def test_what_was_sent_can_be_sent_again(hook, order):
    WebhookEvent.objects.exclude(type="order.created").delete()
    work()

    send_again(WebhookDelivery.objects.get())
    work()

    first, second = hook.got
    assert first[1] == second[1]
    assert WebhookDelivery.objects.filter(succeeded=True).count() == 2


def test_what_a_killed_worker_had_taken_is_sent_by_the_next(hook, order):
    taken = webhooks.claim()
    assert taken
    assert webhooks.claim() == []

    WebhookDelivery.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
    work()

    assert len(hook.got) == len(taken)


def test_old_events_are_forgotten(hook, order):
    work()
    WebhookEvent.objects.update(created_at=timezone.now() - timedelta(days=14))

    assert webhooks.forget_old_webhooks() > 0
    assert not WebhookDelivery.objects.exists()


# --- Whom a slow or dead receiver holds up -------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_network_is_awaited(tech):
    """Seen from the receiver, by another connection, while it has not answered."""
    states = []

    def look(handler):
        states.extend(_sessions())
        say(200)(handler)

    with receiver(look) as found:
        select()
        listen(found.address)
        make_order()
        work()

    assert "order.created" in types_of(found)
    assert states
    assert "idle in transaction" not in states
    assert not any("waiting" in str(each) for each in states)


def _sessions():
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute(
                "SELECT state FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND state IS NOT NULL"
            )
            return [state for (state,) in cursor.fetchall()]
    finally:
        own.close()


def test_a_receiver_that_does_not_answer_holds_up_nobody_else(tech, order, monkeypatch):
    monkeypatch.setattr(sending, "SECONDS", 3.0)
    hang = threading.Event()
    with receiver(lambda handler: hang.wait(120)) as dead, receiver() as alive:
        listen(dead.address)
        listen(alive.address)
        for _number in range(3):
            announce("order.created", [{"order": str(order.pk)}])
        began = time.monotonic()
        work()
        took = time.monotonic() - began
        hang.set()

    assert len(alive.got) == 3
    assert len(dead.got) == 1
    assert took < 60
    tried = WebhookDelivery.objects.get(attempts=1, succeeded=False)
    assert tried.problem == "It did not answer in time."
    waiting = WebhookDelivery.objects.filter(attempts=0, next_try_at__gt=timezone.now())
    assert waiting.count() == 2


def test_a_receiver_that_answers_byte_by_byte_is_cut_off(monkeypatch):
    monkeypatch.setattr(sending, "SECONDS", 1.0)

    def drip(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            for _number in range(1200):
                handler.wfile.write(b"x")
                handler.wfile.flush()
                time.sleep(0.1)
        except OSError:
            return

    with receiver(drip) as slow:
        began = time.monotonic()
        outcome = sending.send(slow.address, b"{}", {})

    assert time.monotonic() - began < 60
    assert outcome.duration_ms < 60_000


def test_a_receiver_that_drips_its_first_words_of_tls_is_cut_off(monkeypatch):
    monkeypatch.setattr(sending, "SECONDS", 1.0)

    def drip():
        slow, _ = server.accept()
        try:
            slow.sendall(b"\x16\x03\x03\x40\x00")
            for _number in range(1200):
                slow.sendall(b"\x02")
                time.sleep(0.1)
        except OSError:
            slow.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=drip, daemon=True).start()
        port = server.getsockname()[1]
        began = time.monotonic()
        outcome = sending.send(f"https://127.0.0.1:{port}/hook", b"{}", {})

    assert time.monotonic() - began < 60
    assert outcome.problem == "It did not answer in time."


def test_a_name_server_that_does_not_answer_holds_up_nobody(monkeypatch):
    monkeypatch.setattr(outside, "LOOK_UP_SECONDS", 0.3)
    answered = threading.Event()

    def hang(host, port, **more):
        asked.append(host)
        answered.wait(120)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    asked = []
    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        began = time.monotonic()
        problems = [
            sending.send(f"https://shop{number}.example/hook", b"{}", {}).problem
            for number in range(outside.MOST_LOOK_UPS + 2)
        ]
        took = time.monotonic() - began
    finally:
        answered.set()

    assert set(problems[: outside.MOST_LOOK_UPS]) == {"The host's name was not found in time."}
    # No more threads than that are left behind.
    assert len(asked) == outside.MOST_LOOK_UPS
    assert all("was not looked up" in problem for problem in problems[outside.MOST_LOOK_UPS :])
    assert took < 60


def test_mails_go_while_receivers_are_dead(hook, order, monkeypatch):
    """The order's mail is another row and another job: a failure here touches neither."""
    hook.answer = say(500)
    paid(order)
    work()

    deliver_outbox()

    assert [message.to for message in mail.outbox] == [[order.customer_email]]
    assert not OutboxMessage.objects.filter(sent_at=None).exists()


def test_one_shops_failure_is_its_own(hook, order, tech, outdoor):
    select("outdoor")
    listen(hook.address)
    WebhookEvent.objects.create(type="order.created", subject={"order": "no uuid"})
    select()

    results = dict(send_webhooks([outdoor, tech]))

    assert isinstance(results[outdoor], Exception)
    assert results[tech] > 0
    select()


# --- Where it never goes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fc00::1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::a00:1]",
        "[2002:a00:1::1]",
        "[::127.0.0.1]",
        "[::ffff:0:a00:1]",
        "[fec0::1]",
        "localhost",
        "2130706433",
        "0x7f.1",
        "127.1",
    ],
)
def test_no_private_address_is_called(host, settings, monkeypatch):
    settings.WEBHOOK_LOOPBACK = False
    opened = []
    monkeypatch.setattr(socket, "create_connection", lambda *a, **k: opened.append(a))

    outcome = sending.send(f"https://{host}/hook", b"{}", {})

    assert opened == []
    assert (outcome.status, outcome.succeeded) == (None, False)
    assert "public" in outcome.problem or "no address" in outcome.problem


def _resolving(monkeypatch, *answers):
    """A name server that gives each of these in turn, the last one ever after."""
    left = list(answers)

    plain = socket.getaddrinfo

    def look_up(host, port, *options, **more):
        if host[0].isdigit():
            return plain(host, port, *options, **more)
        addresses = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def test_a_name_with_one_private_address_among_others_is_not_called(settings, monkeypatch):
    settings.WEBHOOK_LOOPBACK = False
    _resolving(monkeypatch, ["93.184.216.34", "10.0.0.1"])

    outcome = sending.send("https://shop.example.com/hook", b"{}", {})

    assert outcome.problem == "The host's name leads to an address that is not public."


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch):
    """A name that means another address a moment later is not asked again."""
    with receiver() as right:
        port = int(right.address.split(":")[2].split("/")[0])
        _resolving(monkeypatch, ["127.0.0.1"], ["10.255.255.1"])

        outcome = sending.send(f"http://shop.example.com:{port}/hook?a=1", b"{}", {})

    assert outcome.succeeded
    assert right.got[0][0]["Host"] == f"shop.example.com:{port}"


@pytest.fixture
def certificate(tmp_path):
    """A file with certificate and key of shop.example.com."""
    if not shutil.which("openssl"):
        pytest.skip("This test needs openssl: apt-get install openssl.")
    parts = [tmp_path / "certificate.pem", tmp_path / "key.pem"]
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=shop.example.com"
    command += f" -addext subjectAltName=DNS:shop.example.com -out {parts[0]} -keyout {parts[1]}"
    subprocess.run(command.split(), check=True, capture_output=True)
    both = tmp_path / "both.pem"
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    return str(both)


@pytest.mark.parametrize(
    ("host", "is_trusted", "arrives"),
    [
        ("shop.example.com", True, True),
        ("other.example.com", True, False),
        ("shop.example.com", False, False),
    ],
)
def test_tls_asks_for_the_name_and_checks_it(monkeypatch, certificate, host, is_trusted, arrives):
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", certificate)
    with receiver(certificate=certificate) as found:
        port = int(found.address.split(":")[2].split("/")[0])
        _resolving(monkeypatch, ["127.0.0.1"])

        outcome = sending.send(f"https://{host}:{port}/hook", b"{}", {})

    assert (outcome.succeeded, len(found.got)) == (arrives, int(arrives))
    assert found.names == [host]
    assert arrives or "certificate" in outcome.problem


def test_a_redirect_is_a_failure_and_is_not_followed():
    with receiver() as target, receiver(say(302, b"", Location=target.address)) as found:
        outcome = sending.send(found.address, b"{}", {})

    assert (outcome.status, outcome.succeeded) == (302, False)
    assert (len(found.got), target.got) == (1, [])


def test_a_long_answer_is_read_in_part():
    with receiver(say(200, b"\x00" + b"x" * 500_000)) as found:
        outcome = sending.send(found.address, b"{}", {})

    assert outcome.succeeded
    assert outcome.response == "\ufffd" + "x" * (sending.EXCERPT_BYTES - 1)


def test_an_answer_in_chunks_of_negative_size_takes_no_more_memory_than_another():
    block = b"x" * 2**20

    def flood(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        try:
            handler.wfile.write(b"-1\r\n")
            for _number in range(32):
                handler.wfile.write(block)
        except OSError:
            return

    with receiver(flood) as found:
        tracemalloc.start()
        try:
            sending.send(found.address, b"{}", {})
            _now, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert peak < 4 * 2**20


def test_where_nothing_listens_the_log_says_so():
    with receiver() as found:
        address = found.address

    assert sending.send(address, b"{}", {}).problem == "Nothing listens there."
