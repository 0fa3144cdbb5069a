"""What is done with an order through the API: sending, cancelling, giving back; and by whom."""

import json
from decimal import Decimal

import pytest
from django.db import connection

from catalog.models import Variant
from orders.models import Discount, LineItem, Order, OrderEvent, OrderSettings
from tests.api.conftest import error_of, in_tech, pay
from tests.checkout.conftest import paid
from tests.factories import (
    make_member,
    make_order,
    make_user,
)

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def made(**fields):
    in_tech()
    return make_order(**fields)


def units():
    in_tech()
    variant = Variant.objects.get(sku="WH-001")
    return variant.on_hand, variant.held


def decimals(response):
    return json.loads(response.content, parse_float=Decimal)


@pytest.fixture
def order(product):
    """Three headphones, paid with the simulator."""
    in_tech()
    return paid(make_order(product, quantity=3))


def step(api, order, name, body=None, **headers):
    response = api.post(f"/api/orders/{order.pk}/{name}", body or {}, **headers)
    in_tech()
    return response


# --- Sending -------------------------------------------------------------------------------------


def test_an_order_is_sent_part_by_part(merchant, product):
    in_tech()
    order = make_order(product, quantity=3)
    path = f"/api/orders/{order.pk}/fulfil"
    unpaid = merchant.post(path, {})
    in_tech()
    pay(order)
    [line] = order.line_items.all()
    part = {"items": [{"id": str(line.pk), "quantity": 2}], "carrier": "UPS"}

    first = merchant.post(path, part, HTTP_IDEMPOTENCY_KEY="one")
    again = merchant.post(path, part, HTTP_IDEMPOTENCY_KEY="one")
    too_many = merchant.post(path, part)
    rest = merchant.post(path, {"tracking_number": "1Z"})
    nothing = merchant.post(path, {})

    assert error_of(unpaid)["code"] == "illegal_transition"
    assert first.json()["status"] == "processing"
    assert first.json()["items"][0]["fulfilled_quantity"] == 2
    assert again.content == first.content
    assert error_of(too_many)["code"] == "illegal_transition"
    assert rest.json()["status"] == "completed"
    assert [each["carrier"] for each in rest.json()["fulfilments"]] == ["UPS", ""]
    assert error_of(nothing)["code"] == "illegal_transition"


def test_paid_units_leave_the_stock(tech, product):
    order = make_order(product, quantity=3)
    pay(order)
    pay(order)

    variant = Variant.objects.get(sku="WH-001")
    assert (variant.on_hand, variant.held) == (22, 0)
    order.refresh_from_db()
    assert (order.status, order.payment_status) == ("processing", "paid")
    assert order.ledger.count() == 1


def test_another_amount_ships_nothing(merchant, product):
    in_tech()
    order = make_order(product)
    pay(order, Decimal("1.00"))

    response = merchant.post(f"/api/orders/{order.pk}/fulfil", {})

    assert response.status_code == 409
    assert merchant.get(f"/api/orders/{order.pk}").json()["payment_status"] == "review"


def test_a_shop_sets_the_prefix_of_its_numbers(tech, product):
    OrderSettings.objects.update(number_prefix="TG/")

    assert [make_order(product).number for _ in range(2)] == ["TG/1001", "TG/1002"]


def test_units_sent_twice_in_one_call_are_added_up(merchant, order):
    [line] = order.line_items.all()
    part = {"id": str(line.pk), "quantity": 1}

    response = step(merchant, order, "fulfil", {"items": [part, part]})

    [shipment] = response.json()["fulfilments"]
    assert shipment["items"] == [{"id": str(line.pk), "quantity": 2}]
    assert response.json()["items"][0]["fulfilled_quantity"] == 2


# --- Cancelling ----------------------------------------------------------------------------------


def test_a_pending_order_is_cancelled_and_holds_nothing(merchant, product, tech):
    Discount.objects.create(code="TEN", kind="percent", value=10, usage_limit=1)
    order = make_order(product, quantity=2, discount_code="ten")
    assert units() == (25, 2)

    response = step(merchant, order, "cancel", {"reason": "Changed my mind"})

    assert response.status_code == 200
    answer = response.json()
    assert (answer["status"], answer["payment_status"]) == ("cancelled", "unpaid")
    assert answer["cancel_reason"] == "Changed my mind"
    assert units() == (25, 0)
    assert Discount.objects.get().used_count == 0
    event = OrderEvent.objects.get(kind="cancelled")
    assert "@" in event.user_name


def test_a_paid_order_is_cancelled_and_the_money_goes_back(merchant, order):
    assert units() == (22, 0)

    answer = decimals(step(merchant, order, "cancel"))

    assert (answer["status"], answer["payment_status"]) == ("cancelled", "refunded")
    assert answer["refunded"] == answer["total"] == Decimal("389.97")
    assert [each["status"] for each in answer["refunds"]] == ["succeeded"]
    assert units() == (25, 0)


def test_what_was_sent_or_cancelled_is_not_cancelled(merchant, order, product):
    step(merchant, order, "fulfil")
    sent = step(merchant, order, "cancel")
    other = make_order(product)
    step(merchant, other, "cancel")
    twice = step(merchant, other, "cancel")
    sent_twice = step(merchant, order, "fulfil")

    for refused in (sent, twice, sent_twice):
        assert refused.status_code == 409
        assert error_of(refused)["code"] == "illegal_transition"


# --- Giving back ---------------------------------------------------------------------------------


def test_an_amount_is_given_back(merchant, order):
    answer = decimals(step(merchant, order, "refund", {"amount": 20.5, "reason": "Scratched"}))

    assert answer["payment_status"] == "partially_refunded"
    assert answer["refunded"] == Decimal("20.50")
    [refund] = answer["refunds"]
    assert (refund["amount"], refund["status"], refund["reason"]) == (
        Decimal("20.50"),
        "succeeded",
        "Scratched",
    )
    assert units() == (22, 0)


def test_units_are_given_back_and_put_back(merchant, order):
    [line] = order.line_items.all()

    answer = decimals(
        step(
            merchant,
            order,
            "refund",
            {"items": [{"id": str(line.pk), "quantity": 2}], "restock": True},
        )
    )

    assert answer["refunded"] == Decimal("259.98")
    assert answer["items"][0]["refunded_quantity"] == 2
    assert units() == (24, 0)


def test_all_that_is_left_is_given_back_by_default(merchant, order):
    step(merchant, order, "refund", {"amount": 100})

    answer = decimals(step(merchant, order, "refund"))
    nothing = step(merchant, order, "refund")

    assert answer["payment_status"] == "refunded"
    assert [each["amount"] for each in answer["refunds"]] == [100, Decimal("289.97")]
    assert error_of(nothing)["code"] == "illegal_transition"


@pytest.mark.parametrize("amount", [389.98, 9999999999.99])
def test_more_than_was_paid_is_not_given_back(merchant, order, amount):
    response = step(merchant, order, "refund", {"amount": amount})

    assert error_of(response)["code"] == "illegal_transition"
    assert not order.refunds.exists()


def test_what_was_not_paid_is_not_given_back(merchant, product):
    response = step(merchant, made(), "refund")

    assert error_of(response)["code"] == "illegal_transition"


# --- Refusals of all -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("cancel", {"reason": 7}, "reason"),
        ("cancel", {"reason": "x" * 256}, "reason"),
        ("fulfil", {"items": []}, "items"),
        ("fulfil", {"items": {}}, "items"),
        ("fulfil", {"items": [7]}, "items[0]"),
        ("fulfil", {"items": [{"quantity": 1}]}, "items[0].id"),
        ("fulfil", {"items": [{"id": "7", "quantity": 1}]}, "items[0].id"),
        ("fulfil", {"items": [{"id": UNKNOWN, "quantity": 1}]}, "items"),
        ("fulfil", {"items": [{"id": UNKNOWN, "quantity": 0}]}, "items[0].quantity"),
        ("fulfil", {"items": [{"id": UNKNOWN, "quantity": 10_000}]}, "items[0].quantity"),
        ("fulfil", {"carrier": "x" * 101}, "carrier"),
        ("fulfil", {"tracking_number": []}, "tracking_number"),
        ("refund", {"amount": "20"}, "amount"),
        ("refund", {"amount": 0}, "amount"),
        ("refund", {"amount": -1}, "amount"),
        ("refund", {"amount": 0.001}, "amount"),
        ("refund", {"amount": True}, "amount"),
        ("refund", {"amount": 10_000_000_000}, "amount"),
        ("refund", {"amount": 1, "items": [{"id": UNKNOWN, "quantity": 1}]}, "amount"),
        ("refund", {"items": []}, "items"),
        ("refund", {"items": [{"id": UNKNOWN, "quantity": 1}]}, "items"),
        ("refund", {"restock": "yes"}, "restock"),
        ("refund", {"restock": 1}, "restock"),
        ("refund", {"amount": 1, "restock": True}, "restock"),
        ("refund", {"reason": "x" * 256}, "reason"),
    ],
)
def test_a_wrong_member_of_a_step_is_a_400_that_names_it(merchant, order, name, body, field):
    response = step(merchant, order, name, body)

    assert response.status_code == 400
    assert field in error_of(response)["fields"]
    fresh = Order.objects.get(pk=order.pk)
    assert (fresh.status, fresh.refunded) == ("processing", 0)


@pytest.mark.parametrize("name", ["cancel", "fulfil", "refund"])
@pytest.mark.parametrize("order_id", ["12345", UNKNOWN, "%00", "a b"])
@pytest.mark.parametrize("query", ["", "?tenant=tech"])
def test_a_step_of_an_unknown_order_is_a_404_that_quotes_it(
    merchant, product, name, order_id, query
):
    response = merchant.post(f"/api/orders/{order_id}/{name}{query}", {})

    assert response.status_code in ({400} if order_id == "%00" else {404})
    if order_id != "%00":
        assert error_of(response)["details"] == f"Order with ID '{order_id}' does not exist."


@pytest.mark.parametrize("name", ["cancel", "fulfil", "refund"])
def test_a_step_needs_no_body(merchant, order, name):
    assert merchant.request("POST", f"/api/orders/{order.pk}/{name}").status_code == 200


# --- Who may -------------------------------------------------------------------------------------


def test_who_may_do_what(tech, outdoor, caller, body, product):
    in_tech()
    order = make_order(product)
    pay(order)
    path = f"/api/orders/{order.pk}"
    wanted = {
        "owner": (200, 200, 201, 200, 409, 409),
        "manager": (200, 200, 201, 200, 409, 409),
        "fulfilment": (200, 200, 403, 200, 403, 403),
        "viewer": (200, 200, 403, 403, 403, 403),
        None: (403, 404, 403, 404, 404, 404),
    }
    for role, expected in wanted.items():
        in_tech()
        Order.objects.filter(pk=order.pk).update(status="processing")
        LineItem.objects.filter(order=order).update(fulfilled=0)
        connection.set_schema_to_public()
        api = caller(make_member(tech, role) if role else make_member(outdoor))
        statuses = (
            api.get("/api/orders?tenant=tech").status_code,
            api.get(path).status_code,
            api.post("/api/orders", body).status_code,
            api.post(f"{path}/fulfil", {}).status_code,
            api.post(f"{path}/cancel", {}).status_code,
            api.post(f"{path}/refund", {"amount": 5_000}).status_code,
        )
        assert statuses == expected, role
    for method in ("get", "post"):
        assert getattr(caller(), method)(path).status_code == 401
    connection.set_schema_to_public()
    assert caller(make_user(is_superuser=True)).get(path).status_code == 200


@pytest.mark.parametrize("name", ["", "/cancel", "/fulfil", "/refund"])
def test_who_has_no_right_in_the_named_shop_is_refused(outdoor, caller, product, name):
    in_tech()
    order = make_order(product)
    connection.set_schema_to_public()
    stranger = make_member(outdoor)

    for host, query in (("localhost", "?tenant=tech"), ("tech.localhost", "")):
        api = caller(stranger, host=host)
        path = f"/api/orders/{order.pk}{name}{query}"
        response = api.post(path, {}) if name else api.get(path)
        assert response.status_code == 403
        assert error_of(response)["code"] == "permission_denied"
