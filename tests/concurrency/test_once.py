"""What is asked for once happens once, however many ask at the same moment."""

import json
import secrets

import pytest
from django.test import Client

from checkout.carts import add_to_cart
from checkout.models import Cart, PaymentAttempt
from checkout.services.checking_out import check_out
from checkout.services.erasing import erase_person
from checkout.services.integrity import violations
from checkout.services.starting import start_payment
from checkout.services.sweeping import expire_holds
from checkout.simulator.models import Session
from checkout.stripe_gateway import Gateway
from orders.errors import IllegalTransition
from orders.models import Customer, Discount, Order
from orders.services import placing
from orders.services.noting import keep_until_paid
from orders.services.timeline import NOBODY
from pycommerce.core.errors import NotFound
from tenants import idempotency
from tests.concurrency.conftest import (
    Gate,
    at_once,
    buying,
    code_of,
    in_shop,
    meet,
    orders_with,
    select,
    statuses,
    wait_for,
)
from tests.factories import JOHN, PARK_AVENUE, make_order, make_product

ORIGIN = "http://tech.localhost"


# --- The last use of a code ----------------------------------------------------------------------


def buy_with_code(owner, buyers):
    code = Discount.objects.create(code="LAST", value=10, usage_limit=1)
    # Each buys something else: who wants the same waits for its units already.
    responses = at_once(
        [buying(owner, (make_product(), 1), discount_code="LAST") for _ in range(buyers)]
    )
    select()
    code.refresh_from_db()
    return responses, code


def test_the_last_use_of_a_code_goes_to_one_of_twenty(shop, owner):
    responses, code = buy_with_code(owner, 20)

    assert statuses(responses) == {201: 1, 400: 19}
    for response in responses:
        if response.status_code == 400:
            assert "used up" in response.json()["error"]["fields"]["discount_code"][0]
    assert code.used_count == orders_with() == 1
    assert violations() == []


def careless_count(discounts):
    """Looks first and writes afterwards."""
    discount = discounts.get()
    if discount.used_count >= discount.usage_limit:
        return False
    meet()
    discounts.update(used_count=discount.used_count + 1)
    return True


@pytest.mark.breaks_books
def test_counted_without_a_condition_it_goes_to_several(shop, owner, monkeypatch):
    """The control: the test above would see it."""
    monkeypatch.setattr(placing, "_count_use", careless_count)

    responses, _ = buy_with_code(owner, 20)

    assert statuses(responses)[201] > 1
    assert violations() != []


# --- One key -------------------------------------------------------------------------------------


def test_one_key_twenty_times_at_once_and_twenty_times_after_is_one_order(shop, owner):
    call = buying(owner, (make_product(on_hand=100), 1), key="once")

    first, later = at_once([call] * 20), at_once([call] * 20)

    answered = [response for response in first if response.status_code == 201]
    turned_away = [response for response in first if response.status_code != 201]
    assert answered
    assert {(each.status_code, code_of(each)) for each in turned_away} <= {
        (409, "request_in_progress")
    }
    assert all(response["Retry-After"] == "1" for response in turned_away)
    assert statuses(later) == {201: 20}
    assert len({response.content for response in [*answered, *later]}) == 1
    assert all(response["Idempotent-Replayed"] == "true" for response in later)
    select()
    assert orders_with() == 1
    assert violations() == []


def test_other_bodies_with_its_key_are_refused(shop, owner):
    product = make_product(on_hand=100)
    calls = [buying(owner, (product, units), key="once") for units in range(1, 11)]

    responses = at_once(calls)
    again = at_once(calls)

    assert statuses(responses)[201] == 1
    assert {code_of(each) for each in responses if each.status_code == 409} <= {
        "request_in_progress",
        "idempotency_key_reused",
    }
    assert sorted(response.status_code for response in again) == [201] + [409] * 9
    assert {code_of(each) for each in again if each.status_code == 409} == {
        "idempotency_key_reused"
    }
    select()
    assert orders_with() == 1


def test_a_repeat_of_what_is_still_running_is_told_so_at_once(shop, owner, thread):
    call = buying(owner, (make_product(), 1), key="once")
    with Gate("orders_order", "INSERT") as gate:
        first = thread(call)
        wait_for(at_gate=1)
        # It ends while the first is still stopped: it did not wait.
        second = thread(call).result()
        gate.open()
        third = [first.result(), thread(call).result()]

    assert code_of(second) == "request_in_progress"
    assert [response.status_code for response in third] == [201, 201]
    assert third[1].content == third[0].content


def test_behind_the_lock_of_a_key_stands_its_unique_row(shop, owner, monkeypatch):
    """Taking the lock away alone makes no second order."""
    monkeypatch.setattr(idempotency, "begin", lambda request, scope: None)
    call = buying(owner, (make_product(on_hand=100), 1), key="once")

    responses = at_once([call] * 20)

    assert statuses(responses) == {201: 1, 409: 19}
    select()
    assert orders_with() == 1


def test_without_lock_and_row_one_key_makes_many_orders(shop, owner, monkeypatch):
    """The control: the tests above would see it."""
    monkeypatch.setattr(idempotency, "begin", lambda request, scope: None)
    monkeypatch.setattr(idempotency, "_remember", lambda *args, **kwargs: None)
    call = buying(owner, (make_product(on_hand=100), 1), key="once")

    responses = at_once([call] * 20)

    assert statuses(responses)[201] > 1
    select()
    assert orders_with() > 1


# --- One session ---------------------------------------------------------------------------------


def documented_call(order):
    [line] = order.line_items.all()
    item = {
        "id": str(line.variant_id),
        "name": line.name,
        "price": float(line.unit_price),
        "quantity": line.quantity,
    }
    body = json.dumps({"items": [item], "order_id": str(order.pk)})
    path = "/stripe-demo/create-checkout-session-json"
    return lambda: Client(HTTP_HOST="tech.localhost").post(
        path, body, content_type="application/json"
    )


def test_twenty_calls_at_once_and_twenty_after_make_one_session(shop):
    call = documented_call(make_order(make_product(price="129.99")))

    responses = at_once([call] * 20) + at_once([call] * 20)

    assert statuses(responses) == {200: 40}
    assert len({response.json()["session_id"] for response in responses}) == 1
    select()
    assert Session.objects.count() == PaymentAttempt.objects.count() == 1


def test_with_a_new_key_each_they_would_make_many(shop, monkeypatch):
    """The control: the test above would see it."""
    create = Gateway.create_session

    def with_a_new_key(self, params, key):
        meet()
        return create(self, params, secrets.token_hex(8))

    monkeypatch.setattr(Gateway, "create_session", with_a_new_key)
    call = documented_call(make_order(make_product(price="129.99")))

    at_once([call] * 20)

    select()
    assert Session.objects.count() > 1


# --- Two tabs ------------------------------------------------------------------------------------


def a_cart():
    # Orders of one new customer would wait for each other, and hide what is looked for.
    Customer.objects.get_or_create(email=JOHN.email, defaults={"name": JOHN.name})
    return add_to_cart(None, variant_id=make_product(on_hand=9).variants.get().pk, quantity=2)


def checking_out_of(cart, notes=""):
    def check():
        try:
            order = check_out(
                cart.pk,
                buyer=JOHN,
                shipping_address=PARK_AVENUE,
                shipping_method="standard",
                notes=notes,
            )
            start_payment(order.pk, origin=ORIGIN)
        except IllegalTransition as refusal:
            return refusal
        return order

    return lambda: in_shop(check)


@pytest.mark.parametrize("tabs", [2, 5])
def test_a_cart_that_is_checked_out_in_several_tabs_has_one_pending_order(shop, tabs):
    for _ in range(4):
        cart = a_cart()
        [line] = cart.lines.all()

        at_once([checking_out_of(cart, notes) for notes in ["", "Ring", "", "", "Wait"][:tabs]])

        select()
        made = Order.objects.filter(line_items__variant=line.variant_id)
        [order] = made.filter(status="pending")
        assert Cart.objects.get(pk=cart.pk).order_id == order.pk
        # At most one session can be paid, and it is that order's.
        ended = [str(each.pk) for each in made.exclude(pk=order.pk)]
        sessions = Session.objects.filter(params__client_reference_id__in=ended)
        assert not sessions.exclude(status="expired").exists()
        assert violations() == []


def stop_two_tabs(thread, wait, notes="Ring twice"):
    """Both tabs begin while the first is stopped in the middle; returns the pending orders.

    `notes` are what the second asks for otherwise than the first.
    """
    cart = a_cart()
    with Gate("orders_order", "INSERT") as gate:
        first = thread(checking_out_of(cart))
        wait_for(at_gate=1)
        second = thread(checking_out_of(cart, notes))
        wait()
        gate.open()
        first.result()
        second.result()
    return orders_with(status="pending")


def test_the_second_tab_waits_for_the_first_and_replaces_its_order(shop, thread):
    assert stop_two_tabs(thread, lambda: wait_for(at_gate=1, behind=1)) == 1
    assert orders_with(status="cancelled") == 1
    assert violations() == []


def test_the_second_tab_goes_on_with_the_order_of_the_first_where_it_is_the_same(shop, thread):
    assert stop_two_tabs(thread, lambda: wait_for(at_gate=1, behind=1), notes="") == 1
    assert Order.objects.count() == Session.objects.count() == 1
    assert violations() == []


def test_without_the_carts_lock_two_tabs_make_two_pending_orders(shop, thread, monkeypatch):
    """The control: the test above would see it."""
    monkeypatch.setattr(Cart.objects, "select_for_update", Cart.objects.all)

    assert stop_two_tabs(thread, lambda: wait_for(at_gate=2)) == 2


def test_an_order_that_is_kept_at_the_last_moment_is_not_expired(shop, thread):
    order = make_order()
    Order.objects.update(created_at="2020-01-01T00:00Z")
    with Gate("orders_order", "UPDATE") as gate:
        kept = thread(lambda: keep_until_paid(order_id=order.pk, keep=True, actor=NOBODY))
        wait_for(at_gate=1)
        # It saw the order as one to expire, and waits for its lock.
        swept = thread(expire_holds)
        wait_for(at_gate=1, behind=1)
        gate.open()
        kept.result()
        assert swept.result() == ([], [])

    assert orders_with(status="pending", keep_until_paid=True) == 1


def test_who_is_erased_by_a_second_click_at_that_moment_is_gone_already(shop, thread):
    customer = Customer.objects.create(email="ann@example.com", name="Ann")
    with Gate("shop_audit_entry", "INSERT") as gate:
        first = thread(lambda: erase_person(customer.pk, user=None))
        wait_for(at_gate=1)
        second = thread(lambda: erase_person(customer.pk, user=None))
        wait_for(at_gate=1, behind=1)
        gate.open()
        assert first.result() == 0
        with pytest.raises(NotFound):
            second.result()
