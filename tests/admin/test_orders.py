"""Orders in the back office: the list, an order's page, and each step by each role."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from catalog.models import Variant
from checkout.services.refunding import send_refund
from checkout.services.settling import settle
from checkout.services.starting import start_payment
from checkout.services.sweeping import sweep
from orders.desk.page import MOST_EVENTS
from orders.models import Fulfilment, Order, OrderEvent, OutboxMessage, Refund
from orders.services.attending import hold_back
from orders.services.fulfilling import fulfil_order
from orders.services.paying import record_payment
from orders.services.placing import Buyer
from orders.services.refunding import refund_order
from orders.services.timeline import NOBODY
from pycommerce.db import searching
from tenants.shop.models import ShopState
from tests.admin.conftest import page_of, take, words
from tests.checkout.conftest import ORIGIN, paid, state_of
from tests.factories import PARK_AVENUE, PASSWORD, make_member, make_order, make_product

D = Decimal
LIST = "/admin/orders/order/"


@pytest.fixture
def product(tech) -> Any:
    return make_product("Wireless Headphones", price="129.99", on_hand=25, sku="WH-001")


@pytest.fixture
def order(product) -> Order:
    return make_order(product, quantity=2)


@pytest.fixture
def sold(order) -> Order:
    """Two units, paid by card."""
    return paid(order)


def line_of(order: Order) -> Any:
    return order.line_items.get()


def stock() -> tuple[int, int]:
    variant = Variant.objects.get(sku="WH-001")
    return variant.on_hand, variant.held


def numbers(response: Any) -> list[str]:
    """The numbers of the orders on the list, as they are sorted."""
    return [row.order.number for row in response.context["rows"]]


# --- The list ---------------------------------------------------------------------------------


@pytest.fixture
def one_of_each(product) -> dict[str, Order]:
    """An order for each tab."""
    orders = {
        tab: make_order(product, buyer=Buyer(f"Buyer {tab}", f"{tab}@example.com"))
        for tab in ("to-fulfil", "unpaid", "review", "done", "cancelled")
    }
    for tab in ("to-fulfil", "review", "done"):
        paid(orders[tab])
    hold_back(order_id=orders["review"].pk, reason="odd", actor=NOBODY)
    fulfil_order(order_id=orders["done"].pk)
    take_away = orders["cancelled"]
    take_away.refresh_from_db()
    return orders


def test_each_tab_shows_its_orders_and_counts_them(desk, one_of_each):
    take(desk, one_of_each["cancelled"], "cancel")

    for tab, order in one_of_each.items():
        response = desk.get(f"{LIST}?tab={tab}")
        assert numbers(response) == [order.number], tab
    everything = desk.get(LIST)
    assert len(numbers(everything)) == 5
    counts = {each["name"]: each["count"] for each in everything.context["tabs"]}
    assert counts == {
        "All": "5",
        "To fulfil": "1",
        "Unpaid": "1",
        "In review": "1",
        "Done": "1",
        "Cancelled": "1",
    }


def test_what_is_in_review_is_seen_to_be_paid_and_is_not_sent_from_its_tab(desk, one_of_each):
    response = desk.get(f"{LIST}?tab=review")

    [row] = response.context["rows"]
    assert [tag.text for tag in row.payment] == ["Paid", "In review"]
    assert 'value="fulfil"' not in words(response)
    for tab in ("all", "to-fulfil"):
        assert 'value="fulfil"' in words(desk.get(f"{LIST}?tab={tab}"))


def test_what_was_given_back_before_it_was_sent_is_done(desk, sold):
    send_refund(refund_order(order_id=sold.pk, items={line_of(sold).pk: 2}).pk)

    assert numbers(desk.get(f"{LIST}?tab=done")) == [sold.number]
    assert numbers(desk.get(f"{LIST}?tab=to-fulfil")) == []


@pytest.mark.parametrize(
    "search",
    ["{number}", "{digits}", "ada", "MORENO ada", "ada.moreno@", "example.com ada", "wh-001"],
)
def test_an_order_is_found_by_number_name_address_or_sku(desk, product, search):
    order = make_order(product, buyer=Buyer("Ada Moreno", "ada.moreno@example.com"))
    make_order(make_product(sku="OTHER"), buyer=Buyer("Ben Fischer", "ben@example.org"))

    text = search.format(number=order.number, digits=order.number.rpartition("-")[2])
    response = desk.get(LIST, {"q": text})

    assert numbers(response) == [order.number]


def test_a_search_within_a_tab_leads_to_all_orders(desk, order):
    response = desk.get(LIST, {"q": order.number, "tab": "done"})

    assert "Nothing was found" in words(response)
    assert numbers(desk.get(LIST + response.context["everywhere"])) == [order.number]


def test_pages_follow_each_other_without_gap_or_repeat(desk, product):
    now = timezone.now()
    placed = [make_order(product, buyer=Buyer("A", "a@example.com")) for _ in range(3)]
    template = placed[0]
    rows = []
    for number in range(117):
        copy = Order.objects.get(pk=template.pk)
        copy.pk, copy.number, copy.access_token = uuid4(), f"T-{1004 + number}", f"token-{number}"
        copy.units, copy.status, copy.expired = "released", "cancelled", True
        # Pairs of one moment: the id decides.
        copy.created_at = now - timedelta(hours=number // 2 + 1)
        rows.append(copy)
    Order.objects.bulk_create(rows)
    ShopState.objects.update(last_order_number=1003 + 117)
    template.line_items.model.objects.bulk_create([_line_of_copy(template, row) for row in rows])

    seen, address = [], LIST
    for _page in range(3):
        response = desk.get(address)
        seen.append(numbers(response))
        address = LIST + response.context["older"]
    assert [len(page) for page in seen] == [50, 50, 20]
    assert response.context["older"] == ""
    assert len({number for page in seen for number in page}) == 120
    back = desk.get(LIST + response.context["newer"])
    assert numbers(back) == seen[1]
    assert numbers(desk.get(LIST + back.context["newest"])) == seen[0]


def _line_of_copy(template, row):
    line = template.line_items.get()
    line.pk, line.order = uuid4(), row
    return line


@pytest.mark.parametrize("query", ["?cursor=nonsense", "?tab=nothing", "?q=%F0%9F%98%80"])
def test_an_address_that_makes_no_sense_is_the_first_page_or_empty(desk, order, query):
    assert desk.get(LIST + query).status_code == 200


def test_the_list_costs_the_same_whatever_its_length(desk, product, django_assert_num_queries):
    make_order(product)
    desk.get(LIST)  # finds the shop, which is then known
    with django_assert_num_queries(6):
        desk.get(LIST)
    for _ in range(12):
        make_order(product, make_product())

    with django_assert_num_queries(6):
        desk.get(LIST)
    # How many have it decides how they are found.
    with django_assert_num_queries(7):
        desk.get(LIST, {"q": "john"})


def test_dates_are_those_of_the_shops_clocks(desk, tech, order):
    tech.time_zone = "Asia/Tokyo"
    tech.save()
    moment = timezone.datetime(2026, 3, 31, 20, 30, tzinfo=timezone.get_fixed_timezone(0))
    Order.objects.update(created_at=moment)

    assert "1 Apr 2026, 05:30" in words(desk.get(LIST))
    assert "1 Apr 2026, 05:30 (Asia/Tokyo)" in words(desk.get(page_of(order)))


def test_chosen_orders_are_fulfilled_and_what_was_skipped_is_named(desk, product):
    ready = [paid(make_order(product)) for _ in range(2)]
    unpaid = make_order(product)
    held = paid(make_order(product))
    hold_back(order_id=held.pk, reason="odd", actor=NOBODY)
    chosen = [str(order.pk) for order in (*ready, unpaid, held)]

    response = desk.post(LIST, {"do": "fulfil", "chosen": chosen}, follow=True)

    report = (
        f"2 orders fulfilled, 2 skipped: {unpaid.number} is unpaid; {held.number} is in review."
    )
    assert report in words(response)
    assert [state_of(order)[0] for order in ready] == ["completed", "completed"]
    again = desk.post(LIST, {"do": "fulfil", "chosen": chosen[:1]}, follow=True)
    assert f"0 orders fulfilled, 1 skipped: {ready[0].number} is completed." in words(again)
    assert Fulfilment.objects.count() == 2


def test_under_a_mount_a_merchant_stays_under_it(tech, sold):
    client = Client(HTTP_HOST="localhost")
    make_member(tech, email="mount@example.com")
    client.post(
        "/stores/tech/admin/login/", {"username": "mount@example.com", "password": PASSWORD}
    )
    here = f"/stores/tech{LIST}"

    together = client.post(f"{here}?tab=to-fulfil", {"do": "fulfil", "chosen": [str(sold.pk)]})
    printed = client.post(here, {"do": "slips", "chosen": [str(sold.pk)]})
    noted = client.post(f"{here}{sold.pk}/note/", {"request_key": "0" * 32, "text": "x"})

    assert together["Location"] == f"{here}?tab=to-fulfil"
    assert printed["Location"] == f"{here}print/slips/?id={sold.pk}"
    assert noted["Location"] == f"{here}{sold.pk}/change/"
    assert state_of(sold) == ("completed", "paid")
    linked = set(
        re.findall(r'(?:href|action)="(/[^"]*admin[^"]*)"', client.get(here).content.decode())
    )
    assert all(
        address.startswith("/stores/tech/") for address in linked - {"/static/css/admin.css"}
    )


def test_nothing_chosen_does_nothing(desk, sold):
    response = desk.post(LIST, {"do": "fulfil"}, follow=True)

    assert "Choose orders first." in words(response)
    assert not Fulfilment.objects.exists()


# --- An order's page --------------------------------------------------------------------------


def test_the_page_says_what_was_sold_paid_and_sent_and_by_whom(desk, sold):
    line = line_of(sold)
    take(desk, sold, "fulfil", carrier="UPS", tracking_number="1Z9", **{f"units_{line.pk}": 1})
    take(desk, sold, "note", text="Call before delivery\nat noon")
    send_refund(refund_order(order_id=sold.pk, amount=D("10.00"), reason="Scratch").pk)

    page = words(desk.get(page_of(sold)))

    for part in (
        sold.number,
        "Wireless Headphones",
        "WH-001",
        "$259.98",
        "1 sent",
        "UPS 1Z9",
        "Partly sent",
        "Partly refunded",
        "−$10.00",
        "$249.98",
        "John Doe",
        "john.doe@example.com",
        "456 Park Ave",
        "Call before delivery<br>at noon",
        "Refunded $10.00. Scratch",
        "owner@example.com",
        "Given back",
    ):
        assert part in page, part


def test_the_page_costs_the_same_whatever_the_order_holds(
    desk, tech, django_assert_max_num_queries
):
    small = paid(make_order(make_product()))
    large = paid(make_order(*(make_product() for _ in range(15))))
    for line in large.line_items.all()[:6]:
        fulfil_order(order_id=large.pk, items={line.pk: 1})
        send_refund(refund_order(order_id=large.pk, amount=D("0.50")).pk)

    for order in (small, large):
        with django_assert_max_num_queries(18):
            desk.get(page_of(order))


def test_what_there_is_not_leads_home(desk, tech, outdoor):
    connection.set_tenant(outdoor)
    theirs = make_order(make_product())
    connection.set_tenant(tech)

    for address in (page_of(theirs), page_of(theirs, "cancel"), f"{LIST}nothing/change/"):
        response = desk.get(address)
        assert response.status_code == 302, address
        assert response["Location"] == "/admin/"
    posted = desk.post(page_of(theirs, "cancel"), {"request_key": "0" * 32})
    assert posted["Location"] == "/admin/"
    connection.set_tenant(outdoor)
    assert state_of(theirs) == ("pending", "unpaid")


def test_no_field_of_an_order_is_edited_and_nothing_is_deleted(desk, sold):
    assert desk.post(page_of(sold), {"status": "cancelled"}).status_code == 405
    assert desk.get(f"{LIST}add/").status_code == 403
    assert desk.post(page_of(sold, "delete"), {"post": "yes"}).status_code == 403
    chosen = {"do": "delete_selected", "action": "delete_selected", "chosen": [str(sold.pk)]}
    desk.post(LIST, chosen | {"_selected_action": [str(sold.pk)], "post": "yes"})
    assert state_of(sold) == ("processing", "paid")
    assert "#timeline" in desk.get(page_of(sold, "history"))["Location"]


# --- Fulfil -----------------------------------------------------------------------------------


def test_an_order_is_sent_part_by_part(desk, sold):
    field = f"units_{line_of(sold).pk}"

    first = take(desk, sold, "fulfil", carrier="UPS", tracking_number="1Z", **{field: 1})
    assert "1 unit sent" in words(first)
    assert state_of(sold) == ("processing", "paid")
    take(desk, sold, "fulfil", request_key="1" * 32, **{field: 1})

    assert state_of(sold) == ("completed", "paid")
    assert [each.user_name for each in Fulfilment.objects.all()] == ["owner@example.com"] * 2
    assert OutboxMessage.objects.filter(topic="mail.order_fulfilled").count() == 2


def test_a_form_that_is_sent_twice_sends_once(desk, sold):
    field = f"units_{line_of(sold).pk}"

    take(desk, sold, "fulfil", **{field: 1})
    again = take(desk, sold, "fulfil", **{field: 1})

    assert "That was done already." in words(again)
    assert line_of(sold).fulfilled == 1


@pytest.mark.parametrize(
    ("units", "problem"),
    [
        ("0", "Say how many units were sent."),
        ("3", "less than or equal to 2"),
        ("-1", "greater than or equal to 0"),
        ("one", "write a whole number"),
    ],
)
def test_wrong_numbers_of_units_are_refused(desk, sold, units, problem):
    response = take(desk, sold, "fulfil", **{f"units_{line_of(sold).pk}": units})

    assert problem in words(response)
    assert not Fulfilment.objects.exists()


def test_what_may_not_be_sent_says_why(desk, order):
    opened = desk.get(page_of(order, "fulfil"))
    sent = take(desk, order, "fulfil", **{f"units_{line_of(order).pk}": 1})

    assert "is pending and unpaid: this is not possible now" in words(opened)
    assert "Mark as sent" not in words(opened)
    assert f"Order {order.number} is pending and unpaid; it cannot be sent." in words(sent)
    assert not Fulfilment.objects.exists()


# --- Refund -----------------------------------------------------------------------------------


def agree(desk, order, **data):
    """Ask for the sum, and agree to it; returns the page with the sum, and what came of it."""
    shown = take(desk, order, "refund", **data)
    agreed = re.search(r'name="agreed" value="([\d.]+)"', words(shown))
    assert agreed
    return shown, take(desk, order, "refund", **data, agreed=agreed.group(1))


def test_units_go_back_for_the_sum_that_was_shown(desk, sold):
    field = f"units_{line_of(sold).pk}"

    shown, done = agree(desk, sold, what="units", restock="on", reason="Broken", **{field: 1})

    assert "Refund $129.99" in words(shown)
    assert "1 × Wireless Headphones (WH-001), back into stock" in words(shown)
    assert "$129.99 was given back to the customer." in words(done)
    assert state_of(sold) == ("processing", "partially_refunded")
    assert stock() == (24, 0)
    refund = Refund.objects.get()
    assert (refund.amount, refund.reason, refund.user_name) == (
        D("129.99"),
        "Broken",
        "owner@example.com",
    )


def test_a_box_that_is_hidden_beside_an_amount_puts_nothing_back(desk, sold):
    _shown, done = agree(desk, sold, what="amount", amount="9.98", restock="on")

    assert "$9.98 was given back to the customer." in words(done)
    assert Refund.objects.get().restock is False


def test_all_that_is_left_goes_back(desk, sold):
    agree(desk, sold, what="amount", amount="9.98")

    shown, _done = agree(desk, sold, what="all", request_key="1" * 32)

    assert "Refund $250.00" in words(shown)
    assert state_of(sold) == ("processing", "refunded")


def test_the_sum_is_only_shown_until_it_is_agreed_to(desk, sold):
    take(desk, sold, "refund", what="amount", amount="5")

    assert not Refund.objects.exists()


def test_a_refund_that_is_sent_twice_goes_back_once(desk, sold):
    data = {"what": "amount", "amount": "5", "agreed": "5"}

    for _ in range(2):
        done = take(desk, sold, "refund", **data)
        assert "$5.00 was given back" in words(done)

    assert Refund.objects.count() == 1


def test_a_sum_that_has_changed_since_is_not_given_back(desk, sold):
    line = line_of(sold)
    data = {"what": "all", "agreed": "259.98"}
    send_refund(refund_order(order_id=sold.pk, items={line.pk: 1}).pk)

    refused = take(desk, sold, "refund", **data)

    assert "has changed: the refund would be 129.99 now" in words(refused)
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"what": "amount", "amount": "260"}, "$259.98 can be refunded at most."),
        ({"what": "amount", "amount": "0"}, "It is no amount in USD."),
        ({"what": "amount", "amount": "0.999"}, "no more than 2 decimal places"),
        ({"what": "amount", "amount": ""}, "Say how much goes back."),
        ({"what": "amount", "amount": "NaN"}, "is &#x27;NaN&#x27;, which is no number."),
        ({"what": "amount", "amount": "1,234"}, "which could be 1234 or 1.234"),
        ({"what": "units"}, "Say how many units go back."),
        ({"what": "everything"}, "Select a valid choice"),
        ({}, "This field is required."),
    ],
)
def test_a_refund_that_makes_no_sense_is_refused(desk, sold, data, problem):
    response = take(desk, sold, "refund", **data)

    assert problem in words(response)
    assert not Refund.objects.exists()


def test_what_is_filled_in_goes_back_where_no_way_was_chosen(desk, sold):
    """As without a script, which chooses beside the typing."""
    shown, _done = agree(desk, sold, what="all", amount="9.98", restock="on")

    assert "Refund $9.98" in words(shown)
    assert (Refund.objects.get().amount, Refund.objects.get().restock) == (D("9.98"), False)


def test_units_and_an_amount_are_asked_about(desk, sold):
    units = {f"units_{line_of(sold).pk}": 1}

    response = take(desk, sold, "refund", what="all", amount="9.98", agreed="9.98", **units)

    assert "Choose units or an amount: both are filled in." in words(response)
    assert not Refund.objects.exists()


def test_a_refund_can_be_changed_before_it_is_agreed_to(desk, sold):
    response = take(desk, sold, "refund", what="amount", amount="5", agreed="5", change="1")

    assert 'value="5"' in words(response)
    assert "Show the sum" in words(response)
    assert not Refund.objects.exists()


def test_an_order_without_money_has_nothing_to_give_back(desk, order):
    response = take(desk, order, "refund", what="all")

    assert f"Order {order.number} has nothing left to refund." in words(response)


def _sold_at(fake, product) -> Order:
    order = make_order(product)
    session_id = start_payment(order.pk, origin=ORIGIN).session_id
    fake.pay(session_id)
    settle(session_id)
    return order


def test_a_refund_that_cannot_be_sent_is_kept_and_sent_again(desk, fake, product, tech):
    sold = _sold_at(fake, product)
    fake.fail("500", times=20)

    _shown, done = agree(desk, sold, what="all")

    assert "The payment provider cannot be reached. The refund of $129.99 is written" in words(done)
    assert "could not be sent to the payment provider yet" in words(done)
    assert Refund.objects.get().state == "new"
    fake.heal()
    sent = take(desk, sold, "send-refunds", request_key="1" * 32)
    assert "$129.99 was given back" in words(sent)
    assert "could not be sent" not in words(sent)
    assert state_of(sold) == ("processing", "refunded")
    assert sweep(tech).refunds == 0


# --- Cancel -----------------------------------------------------------------------------------


def test_a_paid_order_is_cancelled_and_its_money_goes_back(desk, sold):
    opened = desk.get(page_of(sold, "cancel"))
    done = take(desk, sold, "cancel", reason="Customer changed their mind")

    assert "2 units go back into stock." in words(opened)
    assert "$259.98 goes back to the customer." in words(opened)
    assert "The order is cancelled; the customer is told." in words(done)
    assert state_of(sold) == ("cancelled", "refunded")
    assert stock() == (25, 0)
    again = take(desk, sold, "cancel", reason="Customer changed their mind")
    assert "The order is cancelled" in words(again)
    assert Refund.objects.count() == 1


def test_an_unpaid_order_is_cancelled_and_its_payment_page_closed(desk, order):
    session_id = start_payment(order.pk, origin=ORIGIN).session_id

    take(desk, order, "cancel")

    assert state_of(order) == ("cancelled", "unpaid")
    assert stock() == (25, 0)
    assert order.attempts.get(session_id=session_id).state == "expired"


def test_what_was_sent_is_not_cancelled(desk, sold):
    fulfil_order(order_id=sold.pk, items={line_of(sold).pk: 1})

    refused = take(desk, sold, "cancel")

    assert "was sent in part; refund it instead." in words(refused)
    assert f'orders/order/{sold.pk}/cancel/"' not in words(desk.get(page_of(sold)))


def test_without_the_provider_an_order_is_not_cancelled_and_the_page_says_so(desk, fake, product):
    order = make_order(product)
    start_payment(order.pk, origin=ORIGIN)
    fake.fail("500", times=20)

    refused = take(desk, order, "cancel")

    assert "The payment provider cannot be reached at the moment." in words(refused)
    assert state_of(order) == ("pending", "unpaid")


# --- Payment, keeping, review, mail, notes ----------------------------------------------------


def test_a_payment_made_outside_is_recorded_with_its_reference(desk, order):
    start_payment(order.pk, origin=ORIGIN)

    done = take(desk, order, "payment", reference="Transfer of 3 May")

    assert "The payment is recorded" in words(done)
    assert state_of(order) == ("processing", "paid")
    assert "(Transfer of 3 May)" in OrderEvent.objects.get(kind="paid").text
    assert OrderEvent.objects.get(kind="paid").user_name == "owner@example.com"
    assert order.attempts.get().state == "expired"
    again = take(desk, order, "payment", reference="Transfer of 3 May")
    assert "That was done already." in words(again)
    assert order.ledger.count() == 1


def test_money_that_came_outside_is_paid_out_by_hand(desk, order):
    take(desk, order, "payment", reference="cash")

    shown, done = agree(desk, order, what="all", request_key="1" * 32)

    assert "pay it out yourself" in words(shown)
    assert "was given back" in words(done)
    assert state_of(order) == ("processing", "refunded")


def test_a_payment_needs_a_reference_and_an_order_that_waits(desk, order):
    refused = take(desk, order, "payment", reference=" ")
    assert "This field is required." in words(refused)
    paid(order)

    late = take(desk, order, "payment", reference="cash")

    assert f"Order {order.number} is processing and paid." in words(late)
    assert order.ledger.count() == 1


def test_an_order_is_kept_until_it_is_paid_and_no_longer(desk, order):
    take(desk, order, "keep", keep="on")
    order.refresh_from_db()
    assert order.keep_until_paid
    assert "Do not keep any longer" in words(desk.get(page_of(order)))

    take(desk, order, "keep")

    order.refresh_from_db()
    assert not order.keep_until_paid
    assert OrderEvent.objects.filter(kind__in=["kept", "not_kept"]).count() == 2


def test_an_order_that_is_held_back_does_not_ship_until_it_goes_on(desk, sold):
    take(desk, sold, "review", reason="Address looks odd")
    assert state_of(sold) == ("processing", "review")
    assert "This order is in review" in words(desk.get(page_of(sold)))
    assert "lets it go on. Marked for review: Address looks odd</p>" in words(
        desk.get(page_of(sold))
    )
    refused = take(desk, sold, "fulfil", **{f"units_{line_of(sold).pk}": 1})
    assert "it cannot be sent" in words(refused)
    send_refund(refund_order(order_id=sold.pk, amount=D("1.00")).pk)
    assert state_of(sold) == ("processing", "review")

    take(desk, sold, "review-end", request_key="1" * 32)

    assert state_of(sold) == ("processing", "partially_refunded")


def test_an_order_that_was_paid_wrongly_only_goes_back(desk, order):
    record_payment(
        order_id=order.pk,
        amount=D("100.00"),
        currency="USD",
        provider="manual",
        provider_id="manual:odd",
    )
    page = words(desk.get(page_of(order)))
    assert "It costs $259.98, but $100.00 came" in page
    assert "Let it go on" not in page

    refused = take(desk, order, "review-end")
    assert "Cancel it: the money goes back." in words(refused)
    take(desk, order, "cancel", request_key="1" * 32)

    assert state_of(order) == ("cancelled", "refunded")


def test_as_much_of_another_currency_is_not_told_as_paid(desk, order):
    record_payment(
        order_id=order.pk,
        amount=D("259.98"),
        currency="EUR",
        provider="manual",
        provider_id="manual:odd",
    )

    [row] = desk.get(LIST).context["rows"]
    assert [tag.text for tag in row.payment] == ["Wrong amount", "In review"]


def test_the_confirmation_is_mailed_again_once_for_each_click(desk, sold):
    confirmations = OutboxMessage.objects.filter(topic="mail.order_confirmed")

    for key in ("1" * 32, "1" * 32, "2" * 32):
        take(desk, sold, "mail", request_key=key)

    assert confirmations.count() == 3


def test_a_note_needs_words(desk, order):
    refused = take(desk, order, "note", text=" ")

    assert "This field is required." in words(refused)
    assert not OrderEvent.objects.filter(kind="note").exists()


def test_a_form_without_its_key_is_asked_for_again(desk, sold):
    response = desk.post(page_of(sold, "note"), {"text": "x"})

    assert "Please send it again." in words(response)
    assert not OrderEvent.objects.filter(kind="note").exists()


# --- Roles ------------------------------------------------------------------------------------

EVERYBODY = {"owner", "manager", "fulfilment", "viewer"}
WRITERS = {"owner", "manager"}
SENDERS = WRITERS | {"fulfilment"}
STEPS = {
    "fulfil": SENDERS,
    "note": SENDERS,
    "refund": WRITERS,
    "cancel": WRITERS,
    "payment": WRITERS,
    "keep": WRITERS,
    "review": WRITERS,
    "review-end": WRITERS,
    "mail": WRITERS,
    "send-refunds": WRITERS,
}


@pytest.mark.parametrize("role", sorted(EVERYBODY))
@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_for_those_whom_the_table_of_rights_names(desk_of, sold, role, step):
    desk = desk_of(role)
    before = OrderEvent.objects.count()

    opened = desk.get(page_of(sold, step))
    data = {"request_key": "0" * 32, "what": "all", "agreed": "259.98", "text": "x"}
    data |= {"reason": "x", f"units_{line_of(sold).pk}": "1"}
    sent = desk.post(page_of(sold, step), data)

    assert (opened.status_code != 403) is (role in STEPS[step])
    assert (sent.status_code != 403) is (role in STEPS[step])
    if role not in STEPS[step]:
        assert OrderEvent.objects.count() == before
    assert desk.get(page_of(sold)).status_code == 200


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_the_page_shows_the_steps_of_the_role(desk_of, sold, role):
    page = words(desk_of(role).get(page_of(sold)))

    for step in ("fulfil", "note", "refund", "cancel", "review", "mail"):
        assert (f'{page_of(sold, step)}"' in page) is (role in STEPS[step]), step


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_orders_are_fulfilled_together_by_those_who_send(desk_of, sold, role):
    desk = desk_of(role)
    has_button = 'value="fulfil"' in words(desk.get(LIST))

    response = desk.post(LIST, {"do": "fulfil", "chosen": [str(sold.pk)]})

    assert has_button is (role in SENDERS)
    assert (response.status_code != 403) is (role in SENDERS)
    assert Fulfilment.objects.exists() is (role in SENDERS)


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_the_list_offers_each_what_they_may_do(desk_of, sold, order, role):
    page = words(desk_of(role).get(LIST))

    assert (f'aria-label="Fulfil {sold.number}"' in page) is (role in SENDERS)
    assert (f'aria-label="Refund {sold.number}"' in page) is (role in {"owner", "manager"})


def test_the_list_offers_no_step_that_an_order_does_not_allow(desk, sold, product):
    unpaid = make_order(product)
    fulfil_order(order_id=sold.pk)

    page = words(desk.get(LIST))

    assert f"Fulfil {sold.number}" not in page
    assert f"Refund {sold.number}" in page
    assert f"Fulfil {unpaid.number}" not in page
    assert f"Refund {unpaid.number}" not in page


# --- Customers, the start page ----------------------------------------------------------------


def test_customers_are_read_with_their_orders_and_addresses(desk, order):
    listed = desk.get("/admin/orders/customer/", {"q": "doe john.d"})
    customer = order.customer

    page = words(desk.get(f"/admin/orders/customer/{customer.pk}/change/"))

    assert [(row.name, row.order_count) for row in listed.context["rows"]] == [("John Doe", 1)]
    assert order.number in page
    assert "john.doe@example.com" in page
    for method, address in (
        ("post", f"/admin/orders/customer/{customer.pk}/change/"),
        ("get", "/admin/orders/customer/add/"),
        ("post", f"/admin/orders/customer/{customer.pk}/delete/"),
    ):
        assert getattr(desk, method)(address).status_code in {403, 405}


def test_customers_cost_the_same_however_many_they_are(desk, product, django_assert_num_queries):
    for number in range(8):
        make_order(product, buyer=Buyer(f"Buyer {number}", f"{number}@example.com"))

    desk.get("/admin/orders/customer/")  # finds the shop, which is then known
    with django_assert_num_queries(4):
        desk.get("/admin/orders/customer/")


def test_the_start_page_says_what_needs_doing_and_where(desk, one_of_each):
    make_product("Scarce", on_hand=3)
    make_product("Draft", on_hand=0, status="draft")

    to_do = {each.name: each for each in desk.get("/admin/").context["to_do"]}

    counts = {name: each.count for name, each in to_do.items()}
    assert counts == {
        "Orders to fulfil": 1,
        "Orders in review": 1,
        "Unpaid orders": 2,
        "Variants low in stock": 1,
    }
    assert numbers(desk.get(to_do["Orders in review"].address)) == [one_of_each["review"].number]
    stock_list = words(desk.get(to_do["Variants low in stock"].address))
    assert "Scarce" in stock_list
    assert "Wireless Headphones" not in stock_list
    assert "Draft" not in stock_list


def test_a_long_timeline_has_pages_from_its_newest_on(desk, product):
    order = make_order(product)
    moment = timezone.now() + timedelta(minutes=1)
    # Some of one moment, where a page ends too.
    OrderEvent.objects.bulk_create(
        OrderEvent(
            order=order,
            kind="note",
            text=f"Note {n}.",
            created_at=moment + timedelta(minutes=n // 9),
        )
        for n in range(2 * MOST_EVENTS + 5)
    )

    def events(page):
        return [event.text for event in page.context["account"].events]

    def leads_to(page, name):
        link = re.search(rf'href="(\?[^"#]*)#timeline"[^>]*>{name}</a>', words(page))
        return link and link[1]

    pages = [desk.get(page_of(order))]
    while older := leads_to(pages[-1], "Older"):
        pages.append(desk.get(page_of(order) + older))

    assert [len(events(page)) for page in pages] == [MOST_EVENTS, MOST_EVENTS, 6]
    shown = [text for page in pages for text in events(page)]
    assert sorted(shown) == sorted(order.events.values_list("text", flat=True))
    assert shown[-1].startswith("Order placed")
    assert leads_to(pages[0], "Newer") is None
    assert events(desk.get(page_of(order) + leads_to(pages[2], "Newer"))) == events(pages[1])
    assert events(desk.get(page_of(order) + leads_to(pages[2], "Newest"))) == events(pages[0])
    assert events(desk.get(page_of(order) + "?timeline=broken")) == events(pages[0])


@pytest.mark.parametrize("most", [0, 10_000], ids=["many", "few"])
def test_a_search_of_orders_finds_the_same_whether_few_or_many_have_it(desk, monkeypatch, most):
    monkeypatch.setattr(searching, "MOST_FEW", most)
    lamp, chair = make_product("Lamp", sku="LIGHT-1"), make_product("Chair", sku="SEAT-1")
    order, _ = make_order(lamp), make_order(chair)

    for word in ("ight-", order.number):
        assert numbers(desk.get(f"{LIST}?q={word}")) == [order.number]
    assert len(numbers(desk.get(f"{LIST}?q={order.customer_email[2:]}"))) == 2
    assert numbers(desk.get(f"{LIST}?q=qzxqzx")) == []


@pytest.mark.parametrize("country", ["US", "USA", "united states"])
def test_a_country_is_always_named(desk, product, country):
    """However an order has it: by its code, or by a name."""
    order = make_order(product, shipping_address=replace(PARK_AVENUE, country=country))

    for page in (f"{LIST}{order.pk}/change/", f"{LIST}print/slips/?id={order.pk}"):
        shown = words(desk.get(page))
        assert "NY 10002 <br> United States" in shown, page
    assert words(desk.get(f"{LIST}print/invoices/?id={order.pk}")).count("United States") == 2
