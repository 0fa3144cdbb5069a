"""A merchant's morning with orders: fulfil three, refund one in part, print, at any width."""

import re
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection

from orders.models import Fulfilment, Order, Refund
from tenants.models import Tenant
from tests.checkout.conftest import paid
from tests.factories import make_member, make_order, make_product

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def _select() -> Tenant:
    connection.set_schema_to_public()
    tenant = Tenant.objects.get(slug="tech")
    connection.set_tenant(tenant)
    return tenant


@pytest.fixture
def orders(live_server):
    """Three paid orders, oldest first, and one that nobody paid."""
    tenant = _select()
    headphones = make_product("Wireless Headphones", price="129.99", on_hand=50, sku="WH-001")
    cable = make_product("Cable", price="9.00", on_hand=50, sku="CA-002")
    made = [paid(make_order(headphones, cable, quantity=2)) for _ in range(3)]
    make_order(cable)
    make_member(tenant, email="merchant@example.com")
    return made


@pytest.fixture
def desk(orders, sit_down):
    """A browser that is signed in, at the given width."""
    return sit_down


@pytest.mark.parametrize("width", [1280, 360])
def test_a_merchant_fulfils_three_orders_and_refunds_one_in_part(desk, orders, width):
    seen = desk(width)
    page = seen.page
    page.get_by_role("link", name="3 Orders to fulfil").click()

    # The first by itself, with its tracking number: three clicks from the inbox.
    page.get_by_role("link", name=orders[2].number, exact=True).click()
    page.get_by_role("link", name="Fulfil", exact=True).click()
    page.get_by_label("Tracking number").fill("1Z999")
    page.get_by_role("button", name="Mark as sent").click()
    page.get_by_text("4 units sent; the customer is told.").wait_for()
    assert page.get_by_text("1Z999").first.is_visible()

    # The others together.
    page.goto("/admin/orders/order/?tab=to-fulfil")
    page.get_by_label("All on this page").check()
    page.get_by_text("2 chosen").wait_for()
    page.get_by_role("button", name="Fulfil").click()
    page.get_by_text("2 orders fulfilled.").wait_for()

    # One of them in part, with the sum before it is given back.
    page.goto("/admin/orders/order/")
    page.get_by_role("link", name=orders[0].number, exact=True).click()
    page.get_by_role("link", name="Refund", exact=True).click()
    page.get_by_label("Units of Wireless Headphones").fill("1")
    page.get_by_role("button", name="Show the sum").click()
    page.get_by_role("heading", name="Refund $129.99?").wait_for()
    page.get_by_role("button", name="Refund $129.99").dblclick()
    page.get_by_text("$129.99 was given back to the customer.").first.wait_for()

    _select()
    assert Fulfilment.objects.count() == 3
    assert [refund.amount for refund in Refund.objects.all()] == [Decimal("129.99")]
    assert Order.objects.get(pk=orders[0].pk).payment_status == "partially_refunded"
    assert seen.problems == []


class Hand:
    """Clicks, and counts them; to type into a field it is clicked first."""

    def __init__(self, page):
        self.page, self.clicks = page, 0

    def click(self, target):
        target.click()
        self.clicks += 1

    def type(self, field, text):
        self.click(field)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)


@pytest.mark.parametrize("way", ["list", "page"])
def test_an_order_is_sent_with_three_clicks_from_the_list(desk, orders, way):
    page = desk().page
    page.goto("/admin/orders/order/")
    hand, number = Hand(page), orders[0].number

    if way == "list":
        hand.click(page.get_by_role("link", name=f"Fulfil {number}"))
    else:
        hand.click(page.get_by_role("link", name=number, exact=True))
        hand.click(page.get_by_role("link", name="Fulfil", exact=True))
    hand.click(page.get_by_role("button", name="Mark as sent"))

    page.get_by_text("4 units sent; the customer is told.").wait_for()
    assert hand.clicks <= 3


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize("what", ["all", "units", "amount"])
def test_a_refund_takes_four_clicks_from_the_list(desk, orders, what, javascript):
    page = desk(java_script_enabled=javascript).page
    page.goto("/admin/orders/order/")
    hand = Hand(page)
    total = round(orders[0].total, 2)
    amount = {"all": total, "units": Decimal("129.99"), "amount": Decimal("5.50")}[what]

    hand.click(page.get_by_role("link", name=f"Refund {orders[0].number}"))
    page.get_by_role("button", name="Show the sum").wait_for()
    page.wait_for_load_state()
    if what == "units":
        hand.type(page.get_by_label("Units of Wireless Headphones"), "1")
    elif what == "amount":
        hand.type(page.get_by_label("Amount in USD"), "5.50")
    if javascript:
        assert page.locator("input[name=what]:checked").get_attribute("value") == what
    hand.click(page.get_by_role("button", name="Show the sum"))
    hand.click(page.get_by_role("button", name=f"Refund ${amount}"))

    page.get_by_text(f"${amount} was given back to the customer.").first.wait_for()
    assert hand.clicks <= 4
    _select()
    assert Refund.objects.get().amount == amount


def test_another_way_to_refund_takes_back_what_was_typed(desk, orders):
    page = desk().page
    page.goto(f"/admin/orders/order/{orders[0].pk}/refund/")

    page.get_by_label("Amount in USD").fill("5.50")
    page.get_by_label("Units of Cable").fill("2")
    assert page.get_by_label("Amount in USD").input_value() == ""
    page.get_by_label("All that is left").check()
    assert page.get_by_label("Units of Cable").input_value() == "0"
    page.get_by_role("button", name="Show the sum").click()

    page.get_by_role("heading", name=f"Refund ${orders[0].total:.2f}?").wait_for()


def test_a_double_click_on_a_step_takes_it_once(desk, orders):
    page = desk().page
    page.goto(f"/admin/orders/order/{orders[0].pk}/change/")

    page.get_by_label("Note for the shop's people").fill("Call first")
    page.get_by_role("button", name="Add note").dblclick()
    page.get_by_role("listitem").filter(has_text="Call first").wait_for()

    _select()
    assert orders[0].events.filter(kind="note").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_pages_of_orders_fit_and_have_no_serious_flaw_of_access(desk, orders, width, scheme):
    seen = desk(width, color_scheme=scheme)
    order = f"/admin/orders/order/{orders[0].pk}"
    for path in (
        "/admin/",
        "/admin/orders/order/",
        "/admin/orders/order/?q=nothing",
        f"{order}/change/",
        f"{order}/fulfil/",
        f"{order}/refund/",
        f"{order}/cancel/",
        f"/admin/orders/customer/{orders[0].customer_id}/change/",
        "/admin/orders/customer/",
        f"/admin/orders/order/print/invoices/?id={orders[0].pk}",
    ):
        seen.page.goto(path)
        assert not seen.is_too_wide(), path
        found = Axe().run(seen.page).response["violations"]
        serious = [
            (each["id"], each["nodes"][0]["html"][:200])
            for each in found
            if each["impact"] in {"serious", "critical"}
        ]
        assert serious == [], path
    assert seen.problems == []


@pytest.mark.parametrize("paper", ["Packing slips", "Invoices"])
def test_many_papers_are_a_page_each(desk, orders, paper):
    """Of up to twelve lines, with a note, in the size of a printer's paper."""
    _select()
    long = "A product with a name that is as long as some of them are, in its own colour"
    products = [make_product(f"{long} {number}", on_hand=5) for number in range(12)]
    paid(make_order(*products, quantity=2, notes="Please leave it with the neighbours. " * 3))
    page = desk().page
    page.goto("/admin/orders/order/?tab=to-fulfil")
    page.get_by_label("All on this page").check()
    page.get_by_role("button", name=paper).click()
    page.get_by_text("4 documents").wait_for()

    for size in ("A4", "Letter"):
        printed = page.pdf(format=size)
        assert len(re.findall(rb"/Type /Page\b(?!s)", printed)) == 4, size
