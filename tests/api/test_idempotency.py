"""`Idempotency-Key`: a call that is made again happens once, and gets the answer it had."""

import copy
import json
import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from catalog.models import Variant
from orders.models import Order, Refund
from tenants.models import Membership
from tenants.shop.models import IdempotencyKey
from tests.api.conftest import error_of, in_tech, pay
from tests.checkout.conftest import paid
from tests.concurrency.conftest import wait_for
from tests.factories import make_member, make_order

KEY = {"HTTP_IDEMPOTENCY_KEY": "order-1"}


def test_a_repeat_with_the_same_key_gets_the_same_answer(merchant, body):
    first, second = (
        merchant.post("/api/orders", body, HTTP_IDEMPOTENCY_KEY="order-1") for _ in range(2)
    )

    assert second.status_code == 201
    assert second.content == first.content
    assert second["Location"] == first["Location"]
    assert second["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    in_tech()
    assert Order.objects.count() == 1


def test_another_body_with_the_same_key_is_a_409(merchant, body):
    merchant.post("/api/orders", body, HTTP_IDEMPOTENCY_KEY="order-1")

    response = merchant.post(
        "/api/orders", body | {"notes": "other"}, HTTP_IDEMPOTENCY_KEY="order-1"
    )

    assert response.status_code == 409
    assert error_of(response)["code"] == "idempotency_key_reused"


def test_a_refusal_for_stock_is_kept_and_one_for_form_is_not(merchant, body, product):
    good = copy.deepcopy(body)
    body["items"][0]["quantity"] = 26
    for _ in range(2):
        response = merchant.post("/api/orders", body, HTTP_IDEMPOTENCY_KEY="a")
        assert response.status_code == 409
        in_tech()
        Variant.objects.filter(sku="WH-001").update(on_hand=99)

    body["items"][0]["quantity"] = 0
    assert merchant.post("/api/orders", body, HTTP_IDEMPOTENCY_KEY="b").status_code == 400
    assert merchant.post("/api/orders", good, HTTP_IDEMPOTENCY_KEY="b").status_code == 201


def test_a_key_belongs_to_its_caller_and_its_shop(tech, caller, body):
    for _ in range(2):
        connection.set_schema_to_public()
        api = caller(make_member(tech))
        assert api.post("/api/orders", body, HTTP_IDEMPOTENCY_KEY="k").status_code == 201

    in_tech()
    assert Order.objects.count() == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_a_key_that_is_none_is_a_400(merchant, body, key):
    response = merchant.post("/api/orders", body, HTTP_IDEMPOTENCY_KEY=key)

    assert error_of(response)["fields"].keys() == {"Idempotency-Key"}


def test_the_raw_body_is_what_must_be_the_same(merchant, body):
    merchant.post("/api/orders", body, **KEY)

    response = merchant.post("/api/orders", json.dumps(body, indent=1).encode(), **KEY)

    assert error_of(response)["code"] == "idempotency_key_reused"


def test_the_same_call_is_the_same_by_host_by_mount_and_with_a_slash(tech, caller, body):
    user = make_member(tech)
    first = caller(user).post("/api/orders", body, **KEY)

    for host, path in (
        ("tech.localhost", "/api/orders"),
        ("localhost", "/stores/tech/api/orders"),
        ("localhost", "/api/orders/?tenant=tech"),
    ):
        again = caller(user, host=host).post(path, body, **KEY)
        assert (again.content, again["Idempotent-Replayed"]) == (first.content, "true")
        assert again["Location"] == first["Location"]


def test_a_key_belongs_to_its_address(merchant, product):
    in_tech()
    order = make_order(product, quantity=2)
    pay(order)

    sent = merchant.post(f"/api/orders/{order.pk}/fulfil", {}, **KEY)
    refunded = merchant.post(f"/api/orders/{order.pk}/refund", {"amount": 1000000}, **KEY)

    assert sent.status_code == 200
    assert error_of(refunded)["code"] == "illegal_transition"


def test_a_key_lasts_a_day(merchant, body):
    first = merchant.post("/api/orders", body, **KEY)
    in_tech()
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=23, minutes=59))
    assert merchant.post("/api/orders", body, **KEY).json() == first.json()
    in_tech()
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=24, minutes=1))

    later = merchant.post("/api/orders", body, **KEY)

    assert later.status_code == 201
    assert later.json()["id"] != first.json()["id"]


@pytest.mark.parametrize("named", ["?tenant=tech", ""])
@pytest.mark.parametrize("order", ["00000000-0000-4000-8000-000000000000", "12345"])
@pytest.mark.parametrize("step", ["fulfil", "refund", "cancel"])
def test_an_order_that_there_is_not_is_answered_the_same_again(merchant, order, step, named):
    path = f"/api/orders/{order}/{step}{named}"

    first, second = (merchant.post(path, {}, **KEY) for _ in range(2))

    assert (first.status_code, second.status_code) == (404, 404)
    assert second.content == first.content
    assert second["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("step", ["fulfil", "refund", "cancel"])
def test_who_may_do_it_nowhere_learns_of_no_order_and_keeps_no_key(tech, caller, step):
    api = caller(make_member(tech, "viewer"))
    path = f"/api/orders/00000000-0000-4000-8000-000000000000/{step}"

    for _ in range(2):
        answer = api.post(path, {}, **KEY)
        assert error_of(answer)["code"] == "resource_not_found"
        assert "Idempotent-Replayed" not in answer


@pytest.mark.parametrize("step", ["fulfil", "refund"])
def test_a_step_that_was_not_allowed_stays_so_for_its_key(merchant, product, step):
    in_tech()
    order = make_order(product)
    path = f"/api/orders/{order.pk}/{step}"
    first = merchant.post(path, {}, **KEY)
    in_tech()
    paid(order)

    again = merchant.post(path, {}, **KEY)
    other = merchant.post(path, {}, HTTP_IDEMPOTENCY_KEY="order-2")

    assert error_of(first)["code"] == "illegal_transition"
    assert (again.status_code, again.content) == (409, first.content)
    assert other.status_code == 200


def test_what_is_wrong_with_the_caller_or_the_form_keeps_no_key(tech, caller, body):
    viewer = make_member(tech, "viewer")
    api = caller(viewer)
    assert caller().post("/api/orders", body, **KEY).status_code == 401
    assert api.post("/api/orders", body, **KEY).status_code == 403
    connection.set_schema_to_public()
    Membership.objects.filter(user=viewer).update(role="owner")
    for content_type, content, status in (
        ("text/plain", b"{}", 415),
        ("application/json", b"{", 400),
        ("application/json", b" " * (256 * 1024 + 1), 413),
    ):
        refused = api.post("/api/orders", content, content_type=content_type, **KEY)
        assert refused.status_code == status

    assert api.post("/api/orders", body, **KEY).status_code == 201


@pytest.mark.parametrize("wrong", [{"amount": "1"}, {"amount": 0}, {"items": []}])
def test_a_malformed_refund_keeps_no_key(merchant, product, wrong):
    in_tech()
    order = paid(make_order(product))
    path = f"/api/orders/{order.pk}/refund"

    assert merchant.post(path, wrong, **KEY).status_code == 400
    assert merchant.post(path, {"amount": 1}, **KEY).status_code == 200


# --- Where the provider is asked ----------------------------------------------------------------


@pytest.fixture
def provider_down(settings):
    """Stripe cannot be reached, until what is given is called."""
    settings.STRIPE_SIMULATOR = False
    settings.STRIPE_SECRET_KEY = "sk_test_x"
    settings.STRIPE_API_BASE = "http://127.0.0.1:1"

    def up() -> None:
        settings.STRIPE_SIMULATOR, settings.STRIPE_SECRET_KEY = True, ""
        settings.STRIPE_API_BASE = ""

    return up


def test_a_refund_that_was_cut_off_is_resumed_by_its_key(merchant, product, request):
    in_tech()
    order = paid(make_order(product))
    path, body = f"/api/orders/{order.pk}/refund", {"amount": 20}
    up = request.getfixturevalue("provider_down")

    cut_off = merchant.post(path, body, **KEY)
    other = merchant.post(path, {"amount": 30}, **KEY)
    up()
    resumed, again = (merchant.post(path, body, **KEY) for _ in range(2))

    assert error_of(cut_off)["code"] == "payment_provider_unavailable"
    assert cut_off.status_code == 502
    assert error_of(other)["code"] == "idempotency_key_reused"
    assert resumed.status_code == 200
    assert "Idempotent-Replayed" not in resumed
    assert (again.content, again["Idempotent-Replayed"]) == (resumed.content, "true")
    assert resumed.json()["refunded"] == 20
    in_tech()
    assert Refund.objects.get().state == "succeeded"


def test_a_cancellation_that_was_cut_off_is_resumed_by_its_key(merchant, product, tech, request):
    in_tech()
    order = make_order(product)
    item = {"id": "WH-001", "name": "H", "price": 129.99, "quantity": 1}
    merchant.post(
        "/stores/tech/stripe-demo/create-checkout-session-json",
        {"order_id": str(order.pk), "items": [item]},
    )
    path, body = f"/api/orders/{order.pk}/cancel", {"reason": "Changed my mind"}
    up = request.getfixturevalue("provider_down")

    cut_off = merchant.post(path, body, **KEY)
    in_tech()
    assert Order.objects.get().status == "pending"
    up()
    resumed, again = (merchant.post(path, body, **KEY) for _ in range(2))

    assert error_of(cut_off)["code"] == "payment_provider_unavailable"
    assert resumed.json()["status"] == "cancelled"
    assert resumed.json()["cancel_reason"] == "Changed my mind"
    assert again.content == resumed.content
    in_tech()
    assert Variant.objects.get(sku="WH-001").held == 0


# --- At once ------------------------------------------------------------------------------------


def _in_thread(work):
    """Start it with a connection of its own; gives its answer when asked."""
    answers = []

    def run():
        try:
            answers.append(work())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()

    def answer():
        thread.join(60)
        return answers[0]

    return answer


@pytest.mark.django_db(transaction=True)
def test_the_key_of_a_refund_is_locked_by_a_transaction_and_free_once_its_holder_is_gone(
    merchant, product
):
    """A lock of the session would outlive its holder behind a pooler in transaction mode."""
    in_tech()
    order = paid(make_order(product))
    path = f"/api/orders/{order.pk}/refund"
    holders = """
        SELECT a.pid, a.state FROM pg_locks l JOIN pg_stat_activity a USING (pid)
        WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database()
    """

    with transaction.atomic(), connection.cursor() as cursor:
        Order.objects.select_for_update().get(pk=order.pk)
        first = _in_thread(lambda: merchant.post(path, {"amount": 1}, **KEY))
        wait_for(behind=1)
        cursor.execute(holders)
        [(pid, state)] = cursor.fetchall()
        # Its own: the one that waits for the order is active.
        assert state == "idle in transaction"
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        cursor.execute(holders)
        assert cursor.fetchall() == []
    first()
    answer = merchant.post(path, {"amount": 1}, **KEY)

    assert answer.status_code == 200
    in_tech()
    assert Refund.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute(holders)
        assert cursor.fetchall() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["create", "refund"])
def test_a_call_that_still_runs_is_a_409_at_once(merchant, body, product, step):
    in_tech()
    order = paid(make_order(product))
    path, content = (
        ("/api/orders", body)
        if step == "create"
        else (f"/api/orders/{order.pk}/refund", {"amount": 1})
    )

    def call():
        return merchant.post(path, content, **KEY)

    with transaction.atomic():
        Order.objects.select_for_update().get(pk=order.pk)
        Variant.objects.select_for_update().get(sku="WH-001")
        first = _in_thread(call)
        wait_for(behind=1)
        second = _in_thread(call)()
    done = first()
    third = call()

    assert error_of(second)["code"] == "request_in_progress"
    assert second["Retry-After"] == "1"
    assert done.status_code == (201 if step == "create" else 200)
    assert (third.content, third["Idempotent-Replayed"]) == (done.content, "true")
    in_tech()
    assert Order.objects.count() == (2 if step == "create" else 1)
    assert Refund.objects.count() == (0 if step == "create" else 1)
