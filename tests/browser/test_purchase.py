"""A purchase in Chromium, from the product to the order and its mail."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from catalog.models import Product, Variant
from catalog.services.stock import adjust_stock
from checkout.models import Cart
from checkout.simulator.delivering import deliver_due
from checkout.simulator.models import Delivery, Session
from checkout.stripe_gateway import breakers
from orders.models import Discount, Order, TaxRate
from orders.services.fulfilling import fulfil_order
from orders.services.mailing import deliver_outbox
from tests.checkout.conftest import pay as pay_at_once
from tests.checkout.conftest import select
from tests.factories import make_order, make_product, make_shipping_method

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HANDLE_CHECKOUT = Path(__file__).with_name("handle_checkout.js")
PAYMENT_PAGE, ORDER_PAGE = re.compile("/stripe-demo/pay/"), re.compile("/orders/")
ADDRESS = {
    "E-mail address": "ann@example.com",
    "Full name": "Ann Lee",
    "Street address": "1 Main St",
    "City": "New York",
    "ZIP code": "10001",
}


@pytest.fixture
def ports(live_server):
    return live_server.url.rpartition(":")[2]


@pytest.fixture
def shop(ports, tech):
    """The address of a shop with two products, two ways to send them, and a tax in New York."""
    make_product("Wireless Headphones", price="129.99", on_hand=25, sku="WH-001")
    make_product("Bluetooth Speaker", price="79.99", on_hand=42, sku="BS-002")
    make_shipping_method("express", "15.00", position=2)
    TaxRate.objects.create(country="US", state="NY", percent=10, on_shipping=False)
    return f"http://tech.localhost:{ports}"


@pytest.fixture
def mount(ports, shop):
    """The same shop below the platform's host."""
    return f"http://localhost:{ports}/stores/tech"


def put_in_cart(page, shop, slug="wireless-headphones", *, script=True):
    page.goto(f"{shop}/products/{slug}/")
    page.get_by_role("button", name="Add to cart").click()
    if script:
        page.get_by_role("dialog").get_by_role("link", name="View cart").click()
    expect(page.get_by_role("heading", name="Cart")).to_be_visible()


def fill_in(page):
    fields = page.locator(".checkout-fields")
    for label, text in ADDRESS.items():
        fields.get_by_label(label, exact=True).first.fill(text)
    fields.get_by_label("State", exact=True).first.select_option("NY")
    # With a script the total follows; who pays before it is there agrees to the one before.
    expect(page.locator(".checkout-summary")).not_to_have_attribute("aria-busy", "true")


def to_payment(page):
    page.get_by_role("button", name=re.compile(r"^Pay \$")).click()
    expect(page).to_have_url(PAYMENT_PAGE)


def pay(page, card="4242 4242 4242 4242"):
    page.get_by_label(card).check()
    page.get_by_role("button", name=re.compile("^Pay")).click()


def to_order(page):
    expect(page).to_have_url(ORDER_PAGE)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you! Your order is confirmed.")


@pytest.fixture
def checkout(shop, visit):
    """At the checkout with headphones in the cart."""
    seen = visit()
    put_in_cart(seen.page, shop)
    seen.page.get_by_role("link", name="Go to checkout").click()
    # Loaded, with its script: a test that loads it again would else see both ask for theirs.
    seen.page.wait_for_url("**/checkout/")
    return seen


# --- The whole way -------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("place", ["shop", "mount"])
def test_a_guest_buys(request, visit, place, width):
    root = request.getfixturevalue(place)
    seen = visit(width)
    page = seen.page
    put_in_cart(page, root)
    expect(page.locator(".cart-count")).to_have_text("1")
    put_in_cart(page, root, "bluetooth-speaker")
    expect(page.locator(".cart-count")).to_have_text("2")
    page.get_by_role("link", name="Go to checkout").click()
    fill_in(page)
    expect(page.locator(".sums-total dd")).to_have_text("$230.98")
    page.get_by_label("Express").check()
    expect(page.locator(".sums-total dd")).to_have_text("$245.98")
    assert not seen.is_too_wide()

    with page.expect_request("**/create-checkout-session-json") as asked:
        to_payment(page)
    call = asked.value
    assert call.url == f"{root}/stripe-demo/create-checkout-session-json"
    assert call.method == "POST"
    assert call.headers["content-type"] == "application/json"
    assert sorted(json.loads(call.post_data)) == ["items", "order_id"]
    assert not seen.is_too_wide()
    pay(page)

    to_order(page)
    assert page.url.startswith(f"{root}/orders/")
    assert not seen.is_too_wide()
    expect(page.locator(".cart-count")).to_have_count(0)
    select()
    order = Order.objects.get()
    assert (order.status, order.payment_status) == ("processing", "paid")
    assert order.total == order.captured == Decimal("245.98")
    deliver_outbox()
    [sent] = mail.outbox
    assert f"{root}/orders/{order.access_token}/" in sent.body
    assert seen.problems == []


@pytest.mark.parametrize("place", ["shop", "mount"])
def test_a_guest_buys_without_a_script(request, visit, place):
    root = request.getfixturevalue(place)
    seen = visit(360, java_script_enabled=False)
    page = seen.page
    put_in_cart(page, root, script=False)
    expect(page.locator(".cart-link")).to_have_text("Cart")
    page.get_by_label("Quantity of Wireless Headphones").fill("2")
    page.get_by_role("button", name="Update the cart").click()
    page.get_by_role("link", name="Go to checkout").click()
    expect(page.locator(".sums")).to_contain_text("Tax worked out from your address")
    expect(page.locator(".checkout-summary noscript .note")).to_be_visible()
    fill_in(page)

    page.get_by_role("button", name="Pay $259.98").click()
    # The tax is known only now: it is seen before it is paid.
    expect(page.get_by_role("alert")).to_contain_text("The total is $285.98 now.")
    page.get_by_role("button", name="Pay $285.98").click()
    expect(page).to_have_url(PAYMENT_PAGE)
    pay(page)

    to_order(page)
    select()
    assert Order.objects.get().payment_status == "paid"
    assert seen.problems == []


def test_without_a_script_back_from_the_payment_page_shows_what_was_typed(shop, visit):
    seen = visit(360, java_script_enabled=False)
    page = seen.page
    put_in_cart(page, shop, script=False)
    page.get_by_role("link", name="Go to checkout").click()
    fill_in(page)
    page.get_by_label("Express").check()
    page.get_by_role("button", name="Update the total").click()
    expect(page.locator(".sums-total dd")).to_have_text("$157.99")
    expect(page.locator(".checkout-summary")).to_be_in_viewport()
    to_payment(page)

    page.go_back()

    expect(page.get_by_role("heading", name="Checkout")).to_be_visible()
    for label, text in ADDRESS.items():
        field = page.locator(".checkout-fields").get_by_label(label, exact=True).first
        expect(field).to_have_value(text)
    expect(page.get_by_label("State", exact=True).first).to_have_value("NY")
    expect(page.get_by_label("Express")).to_be_checked()
    assert page.url == f"{shop}/checkout/#summary"
    to_payment(page)
    assert seen.problems == []


def test_without_a_script_what_is_wrong_stands_on_a_page_to_come_back_to(shop, visit):
    seen = visit(java_script_enabled=False)
    page, posts = seen.page, []
    put_in_cart(page, shop, script=False)
    page.get_by_role("link", name="Go to checkout").click()
    fill_in(page)
    page.get_by_label("ZIP code").first.fill("90001")
    page.on("request", lambda request: posts.append(request.url) if request.post_data else None)
    page.get_by_role("button", name=re.compile(r"^Pay \$")).click()
    expect(page.get_by_text("This is not in New York.")).to_be_visible()
    expect(page.get_by_label("ZIP code").first).to_be_focused()
    assert page.url == f"{shop}/checkout/?checked=1"

    page.reload()
    expect(page.get_by_text("This is not in New York.")).to_be_visible()
    page.get_by_role("link", name="Back to the cart").click()
    page.go_back()

    expect(page.get_by_text("This is not in New York.")).to_be_visible()
    expect(page.get_by_label("Full name")).to_have_value("Ann Lee")
    expect(page.get_by_label("ZIP code").first).to_have_value("90001")
    assert len(posts) == 1
    assert seen.problems == []


def test_a_purchase_with_the_keyboard_alone(shop, visit):
    select()
    TaxRate.objects.create(country="US", state="HI", percent=10, on_shipping=False)
    page = visit().page
    page.goto(f"{shop}/products/wireless-headphones/")

    def reach(selector):
        for _press in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("each => document.activeElement.matches(each)", selector):
                return
        pytest.fail(f"{selector} was not reached.")

    def type_into(selector, text):
        reach(selector)
        page.keyboard.type(text)

    reach(".buy button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Cart")).to_be_visible()
    reach("a[href='/checkout/']")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Checkout")).to_be_visible()
    type_into("#id_email", "ann@example.com")
    type_into("#id_name", "Ann Lee")
    type_into("#id_line1", "1 Main St")
    type_into("#id_city", "Honolulu")
    # The one letter is enough: between two a browser waits for a moment only.
    type_into("#id_state", "H")
    type_into("#id_postal_code", "96801")
    expect(page.locator(".sums-total dd")).to_have_text("$142.99")
    assert page.evaluate("document.activeElement.id") == "id_postal_code"
    reach("[name=shipping_method]")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".sums-total dd")).to_have_text("$157.99")
    reach("button[name=pay]")
    page.keyboard.press("Enter")
    expect(page).to_have_url(PAYMENT_PAGE)
    reach("[name=card]")
    reach("button[value=pay]")
    page.keyboard.press("Enter")

    to_order(page)


def test_a_declined_card_is_followed_by_one_that_is_accepted(checkout):
    page = checkout.page
    checkout.expected.add(402)
    fill_in(page)
    to_payment(page)

    pay(page, "4000 0000 0000 0002")
    expect(page.get_by_role("alert")).to_contain_text("declined")
    pay(page)

    to_order(page)
    select()
    assert Order.objects.get().captured == Order.objects.get().total
    assert checkout.problems == []


@pytest.mark.parametrize("script", [True, False])
def test_the_payment_is_awaited_where_its_news_is_late(shop, visit, script):
    """Nothing is believed of the way back; the page looks again by itself until it is true."""
    seen = visit(java_script_enabled=script)
    page = seen.page
    put_in_cart(page, shop, script=script)
    page.get_by_role("link", name="Go to checkout").click()
    fill_in(page)
    if not script:
        # The tax of New York comes with the first answer.
        page.get_by_role("button", name=re.compile(r"^Pay \$")).click()
    to_payment(page)
    session_id = page.url.rpartition("/")[2]

    page.goto(f"{shop}/checkout/return/?session_id={session_id}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirming your payment…")
    expect(page.get_by_text("The page refreshes by itself.")).to_be_visible()
    other = seen.new_tab()
    other.goto(f"{shop}/stripe-demo/pay/{session_id}")
    pay(other)
    to_order(other)

    to_order(page)
    assert seen.problems == []


@pytest.mark.parametrize("script", [True, False])
def test_a_delayed_payment_shows_by_itself_that_it_has_come(shop, visit, script):
    seen = visit(java_script_enabled=script)
    select()
    order = make_order(Product.objects.get(slug="wireless-headphones"))
    pay_at_once(order, "delayed")
    deliver_due()
    page = seen.page
    page.goto(f"{shop}/orders/{order.access_token}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("is being processed")
    assert not script or seen.flaws() == []
    page.get_by_role("link", name="Check again").focus()

    let_it_arrive()

    to_order(page)
    if script:
        expect(said_on(page)).to_have_text("Thank you! Your order is confirmed.")
        expect(page.locator("#main")).to_be_focused()
    assert seen.problems == []


# A page's timers, in the hand of the test: none runs out before the test says so.
TIMERS = """
    globalThis.timers = [];
    globalThis.setTimeout = globalThis.setInterval = (begin, delay) =>
        timers.push({ begin, delay });
"""


def run_out(page, number):
    """Wait until the page sets its timer of this number, from 0, and end it; gives its seconds."""
    page.wait_for_function("number => timers.length > number", arg=number)
    page.evaluate("number => timers[number].begin()", number)
    return page.evaluate("number => timers[number].delay", number) / 1000


@pytest.fixture
def waiting(shop, visit):
    """At an order whose payment is under way, with the page's timers in hand."""
    seen = visit()
    select()
    order = make_order(Product.objects.get(slug="wireless-headphones"))
    pay_at_once(order, "delayed")
    deliver_due()
    seen.page.add_init_script(TIMERS)
    seen.page.goto(f"{shop}/orders/{order.access_token}/")
    return seen


def test_a_page_that_waits_looks_ever_more_rarely_and_ends(waiting):
    page, gaps = waiting.page, []
    for number in range(40):
        with page.expect_response("**/orders/**"):
            gaps.append(run_out(page, number))

    over = "The page does not refresh by itself any more."
    expect(said_on(page)).to_have_text(over)
    expect(page.locator(".looking p").first).to_have_text(over)
    assert page.evaluate("timers.length") == 40
    assert gaps == sorted(gaps)
    assert (gaps[0], gaps[-1]) == (3, 60)
    assert 20 * 60 < sum(gaps) < 40 * 60
    assert waiting.problems == []


def test_a_page_that_saw_the_payment_come_looks_no_more(waiting):
    run_out(waiting.page, 0)
    let_it_arrive()
    run_out(waiting.page, 1)

    to_order(waiting.page)
    assert waiting.page.evaluate("timers.length") == 2
    assert waiting.problems == []


def let_it_arrive():
    """What takes days at a bank, and ten seconds at the simulator."""
    select()
    Delivery.objects.update(due_at=timezone.now())
    deliver_due()


def said_on(page):
    return page.get_by_role("status").filter(has_text=re.compile(r"\S"))


# --- Back, and two tabs --------------------------------------------------------------------------


def test_back_from_the_payment_page_finds_everything_and_leaves_one_order(checkout):
    page = checkout.page
    fill_in(page)
    to_payment(page)

    page.go_back()
    expect(page.get_by_label("Full name")).to_have_value("Ann Lee")
    expect(page.get_by_label("ZIP code").first).to_have_value("10001")
    page.get_by_label("Street address").first.fill("2 Main St")
    to_payment(page)
    pay(page)

    to_order(page)
    page.go_back()
    page.go_back()
    expect(page.get_by_text("Your cart is empty.")).to_be_visible()
    select()
    paid, ended = Order.objects.order_by("status")[::-1]
    assert paid.shipping_address["line1"] == "2 Main St"
    assert (ended.status, ended.captured) == ("cancelled", 0)
    variant = Variant.objects.get(sku="WH-001")
    assert (variant.on_hand, variant.held) == (24, 0)
    assert checkout.problems == []


def test_the_shops_own_way_back_keeps_the_cart(checkout):
    page = checkout.page
    fill_in(page)
    to_payment(page)

    page.get_by_role("link", name="Back to the shop").click()

    expect(page.get_by_role("status").first).to_contain_text("You have not been charged.")
    expect(page.get_by_label("Full name")).to_have_value("Ann Lee")


def test_the_provider_is_down_and_each_click_keeps_the_same_order(checkout, settings):
    page = checkout.page
    checkout.expected.add(502)
    settings.STRIPE_SIMULATOR = False
    settings.STRIPE_SECRET_KEY = "sk_test_x"
    settings.STRIPE_API_BASE = "http://127.0.0.1:1"
    fill_in(page)

    for _click in range(2):
        with page.expect_response("**/create-checkout-session-json") as answered:
            page.get_by_role("button", name=re.compile(r"^Pay \$")).click()
        assert list(answered.value.json()) == ["error"]
        problem = page.locator(".pay-problem")
        expect(problem).to_contain_text("The payment provider cannot be reached at the moment.")
        expect(problem).to_contain_text("Order T-1001 and your cart are kept.")
    assert checkout.flaws() == []

    problem.get_by_role("link", name="To the order").click()
    expect(page).to_have_url(ORDER_PAGE)
    select()
    order = Order.objects.get()
    assert (order.number, order.status) == ("T-1001", "pending")
    settings.STRIPE_SIMULATOR, settings.STRIPE_SECRET_KEY = True, ""
    settings.STRIPE_API_BASE = ""
    breakers.reset()
    to_payment(page)
    pay(page)
    to_order(page)
    assert checkout.problems == []


def test_a_press_that_the_total_overtakes_agrees_to_what_the_button_said(checkout):
    page, held = checkout.page, []
    checkout.expected.add(409)
    fill_in(page)
    expect(page.locator(".sums-total")).to_contain_text("$142.99")
    page.route("**/checkout/", lambda route: held.append(route))
    with page.expect_request("**/checkout/"):
        page.get_by_label("Express").check()
    expect(page.locator(".checkout-summary")).to_have_attribute("aria-busy", "true")
    page.get_by_role("button", name=re.compile(r"^Pay \$")).hover()
    page.mouse.down()
    with page.expect_response("**/checkout/") as answered:
        held[0].continue_()
    answered.value.finished()
    page.unroute("**/checkout/")
    # Two frames: what was answered would be shown by now.
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )

    page.mouse.up()

    expect(page.get_by_role("alert").first).to_have_text(
        "The total is $157.99 now. Please look at it, and pay again."
    )
    select()
    assert not Order.objects.exists()
    page.get_by_role("button", name="Pay $157.99").click()
    expect(page).to_have_url(PAYMENT_PAGE)


def test_a_press_whose_end_the_page_does_not_hear_holds_up_no_total(checkout):
    page = checkout.page
    fill_in(page)
    expect(page.locator(".sums-total")).to_contain_text("$142.99")
    state = page.locator("#id_state")

    # As where the system shows the list, and takes the press.
    state.dispatch_event("pointerdown")
    state.select_option("CA")

    expect(page.locator(".sums-total")).to_contain_text("$129.99")


def test_of_two_tabs_with_the_same_one_pays_and_both_see_the_order(checkout):
    first, second = checkout.page, checkout.new_tab()
    checkout.expected.add(409)
    fill_in(first)
    second.goto(first.url)
    to_payment(first)
    fill_in(second)
    to_payment(second)
    assert first.url == second.url

    pay(first)
    to_order(first)
    pay(second)

    expect(second.get_by_role("status")).to_contain_text("This payment was made.")
    second.get_by_role("link", name="Back to the shop").click()
    to_order(second)
    select()
    assert Order.objects.get().payment_status == "paid"
    assert checkout.problems == []


def test_of_two_tabs_one_pays(checkout):
    first, second = checkout.page, checkout.new_tab()
    checkout.expected.add(409)
    fill_in(first)
    second.goto(first.url)
    to_payment(first)
    fill_in(second)
    second.get_by_label("Street address").first.fill("2 Main St")
    to_payment(second)

    # The first tab's session has ended: it cannot be paid any more.
    pay(first)
    expect(first.get_by_role("status")).to_contain_text("This page has expired.")
    pay(second)

    to_order(second)
    select()
    assert sorted(Order.objects.values_list("status", "payment_status")) == [
        ("cancelled", "unpaid"),
        ("processing", "paid"),
    ]
    assert checkout.problems == []


def test_what_another_tab_put_into_the_cart_is_seen_before_it_is_paid(checkout, shop):
    page, other = checkout.page, checkout.new_tab()
    checkout.expected.add(409)
    fill_in(page)
    expect(page.locator(".sums-total dd")).to_have_text("$142.99")
    put_in_cart(other, shop, "bluetooth-speaker")

    page.get_by_role("button", name="Pay $142.99").click()

    expect(page.get_by_role("alert").first).to_have_text(
        "The total is $230.98 now. Please look at it, and pay again."
    )
    select()
    assert not Order.objects.exists()
    page.get_by_role("button", name="Pay $230.98").click()
    expect(page).to_have_url(PAYMENT_PAGE)


def test_a_price_that_changed_leads_back_to_the_cart(checkout):
    page = checkout.page
    checkout.expected.add(409)
    fill_in(page)
    expect(page.locator(".sums-total dd")).to_have_text("$142.99")
    select()
    Variant.objects.filter(sku="WH-001").update(price=99)

    page.get_by_role("button", name=re.compile("^Pay")).click()

    expect(page.get_by_text("The price was $129.99 and is $99.00 now.")).to_be_visible()
    page.get_by_role("button", name="Accept the changes").click()
    expect(page.get_by_role("link", name="Go to checkout")).to_be_visible()


# --- The checkout's fields -----------------------------------------------------------------------


def test_at_most_eight_fields_are_shown_for_an_address_in_the_united_states(checkout):
    fields = checkout.page.locator("main :is(input, select, textarea):not([type=radio])")

    shown = [field for field in fields.all() if field.is_visible()]

    assert len(shown) == 8


def test_fields_follow_the_country(checkout):
    page = checkout.page
    page.get_by_label("Full name").fill("Ann Lee")

    page.get_by_label("Country").first.select_option("DE")

    expect(page.get_by_label("Postal code").first).to_be_visible()
    expect(page.locator("#id_state")).to_be_hidden()
    expect(page.get_by_label("Full name")).to_have_value("Ann Lee")
    page.get_by_label("Use a different billing address").check()
    expect(page.locator("#id_billing_line1")).to_be_visible()
    billing = page.locator("#id_billing_country")
    expect(billing).to_have_value("DE")
    billing.select_option("CA")
    expect(page.get_by_label("Province")).to_be_visible()
    page.get_by_label("Country").first.select_option("FR")
    expect(page.locator("#id_postal_code")).to_be_visible()
    expect(page.locator(".checkout-summary")).not_to_have_attribute("aria-busy", "true")
    expect(billing).to_have_value("CA")


def test_what_is_typed_while_the_total_is_worked_out_stays(checkout):
    page = checkout.page

    def type_first(route):
        page.get_by_label("ZIP code").first.press_sequentially("100")
        route.continue_()

    page.route("**/checkout/", type_first)
    page.get_by_label("State").first.select_option("NY")
    expect(page.locator(".sums-total dd")).to_have_text("$142.99")
    page.keyboard.type("01")

    expect(page.get_by_label("ZIP code").first).to_have_value("10001")


def test_what_is_chosen_before_the_script_is_there_counts(checkout):
    page = checkout.page
    waiting = []
    page.route("**/js/checkout.js", lambda route: waiting.append(route))
    with page.expect_request("**/js/checkout.js"):
        page.reload(wait_until="commit")
    page.get_by_label("State").first.select_option("NY")
    expect(page.locator(".sums-total dd")).to_have_text("$129.99")

    waiting[0].continue_()

    expect(page.locator(".sums-total dd")).to_have_text("$142.99")
    expect(page.get_by_label("State").first).to_have_value("NY")


def test_errors_stand_beside_their_fields_until_they_are_put_right(checkout):
    page = checkout.page
    checkout.expected.add(400)
    page.get_by_label("Full name").fill("Ann Lee")
    page.get_by_role("button", name=re.compile("^Pay")).click()

    expect(page.get_by_role("alert").first).to_have_text("Please check the marked fields.")
    expect(page.locator("#id_email")).to_be_focused()
    assert page.get_by_label("E-mail address").get_attribute("aria-invalid") == "true"
    described = page.get_by_label("E-mail address").get_attribute("aria-describedby")
    assert page.locator(f"#{described}").inner_text() == "This field is required."
    expect(page.get_by_label("Full name")).to_have_value("Ann Lee")
    page.keyboard.type("a")
    expect(page.locator(f"#{described}")).to_have_count(0)
    assert checkout.problems == []


def test_enter_in_the_code_applies_it(checkout):
    select()
    Discount.objects.create(code="TEN", kind="percent", value=10)
    page = checkout.page
    page.get_by_text("Discount code").first.click()

    page.locator("#id_discount_code").fill("ten")
    page.keyboard.press("Enter")

    expect(page.locator(".sums-good dd")).to_have_text("−$13.00")
    expect(page.get_by_role("status").last).to_contain_text("$116.99")
    page.locator("#id_discount_code").fill("eleven")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("There is no such code.")).to_be_visible()


def test_the_sum_stays_in_sight_on_a_narrow_screen(shop, visit):
    seen = visit(360)
    page = seen.page
    put_in_cart(page, shop)
    page.get_by_role("link", name="Go to checkout").click()
    bar = page.locator(".checkout-pay")

    for place in ("#id_email", "#id_postal_code", "#id_other_billing"):
        page.locator(place).focus()
        expect(bar).to_be_in_viewport(ratio=1)
        page.wait_for_function(
            "([field, bar]) => field.getBoundingClientRect().bottom <= "
            "bar.getBoundingClientRect().top",
            arg=[page.query_selector(place), bar.element_handle()],
        )


# --- The cart ------------------------------------------------------------------------------------


def test_the_cart_is_changed_in_place(shop, visit):
    seen = visit()
    page = seen.page
    put_in_cart(page, shop)
    put_in_cart(page, shop, "bluetooth-speaker")

    more = page.get_by_role("button", name="One Wireless Headphones more")
    more.click()
    expect(page.locator(".sums-total dd")).to_have_text("$339.97")
    expect(page.locator(".cart-count")).to_have_text("3")
    expect(more).to_be_focused()
    page.get_by_role("button", name="Remove Wireless Headphones").click()
    expect(page.locator(".sums-total dd")).to_have_text("$79.99")
    page.get_by_role("button", name="One Bluetooth Speaker less").click()
    expect(page.get_by_text("Your cart is empty.")).to_be_visible()
    expect(page.locator(".cart-count")).to_have_count(0)
    assert seen.problems == []


def test_more_than_there_is_stays_in_the_cart_with_a_word(shop, visit):
    page = visit().page
    put_in_cart(page, shop)

    page.get_by_label("Quantity of Wireless Headphones").fill("30")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Only 25 are left: please change the quantity.")).to_be_visible()
    expect(page.get_by_role("link", name="Go to checkout")).to_have_count(0)


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
@pytest.mark.parametrize("width", [1280, 360])
def test_the_field_of_a_quantity_has_room_for_four_digits(shop, visit, width, script):
    page = visit(width, java_script_enabled=script).page
    put_in_cart(page, shop, script=script)
    field = page.get_by_label("Quantity of Wireless Headphones")
    room = field.evaluate(
        """field => {
            const style = getComputedStyle(field);
            // Arrows stand inside of it where a script shows no buttons.
            const arrows = style.appearance === "textfield" ? 0 : 16;
            const around = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
            return field.clientWidth - around - arrows;
        }"""
    )
    digits = field.evaluate(
        """field => {
            const context = document.createElement("canvas").getContext("2d");
            context.font = getComputedStyle(field).font;
            return context.measureText("9999").width;
        }"""
    )

    assert room >= digits


def test_both_ways_on_from_what_was_added_are_equally_wide(shop, visit):
    page = visit().page
    page.goto(f"{shop}/products/wireless-headphones/")
    page.get_by_role("button", name="Add to cart").click()
    dialog = page.get_by_role("dialog")

    cart = dialog.get_by_role("link", name="View cart").bounding_box()
    on = dialog.get_by_role("button", name="Continue shopping").bounding_box()

    assert on["width"] == pytest.approx(cart["width"])
    assert on["y"] == pytest.approx(cart["y"])
    assert on["x"] > cart["x"]


# --- The founding document's own script ----------------------------------------------------------


def test_the_founding_documents_script_runs_as_it_is_written(shop, visit):
    """`handle_checkout.js` is its text, letter for letter."""
    seen = visit()
    page = seen.page
    put_in_cart(page, shop)
    items = [
        {"id": "prod_1", "name": "Premium Headphones", "price": 149.99, "quantity": 1},
        {"id": "prod_2", "name": "Wireless Speaker", "price": 79.99, "quantity": 2},
    ]
    page.evaluate(
        "([script, items]) => { globalThis.cartItems = items; globalThis.orderId = "
        "'order-123-abc'; globalThis.handleCheckout = (0, eval)(`(${script})`); }",
        [HANDLE_CHECKOUT.read_text(), items],
    )
    page.evaluate(
        "() => { const button = document.createElement('button'); button.textContent = 'Buy'; "
        "button.addEventListener('click', () => handleCheckout()); "
        "document.querySelector('main').append(button); }"
    )

    with page.expect_popup() as opened:
        page.get_by_role("button", name="Buy").click()
    popup = opened.value

    expect(popup.get_by_role("heading", level=1)).to_have_text("$309.97")
    expect(popup.get_by_role("note")).to_contain_text("belongs to no order")
    pay(popup)
    expect(popup.get_by_role("heading", level=1)).to_have_text("Test payment")
    select()
    assert not Order.objects.exists()
    assert seen.problems == []


def test_the_founding_documents_script_pays_for_an_order(checkout):
    page = checkout.page
    fill_in(page)
    with page.expect_request("**/create-checkout-session-json") as asked:
        to_payment(page)
    call = json.loads(asked.value.post_data)
    page.go_back()
    page.evaluate(
        "([script, call]) => { globalThis.cartItems = call.items; globalThis.orderId = "
        "call.order_id; globalThis.handleCheckout = (0, eval)(`(${script})`); }",
        [HANDLE_CHECKOUT.read_text(), call],
    )

    with page.expect_popup() as opened:
        page.evaluate("handleCheckout()")
    pay(opened.value)

    to_order(opened.value)
    select()
    assert str(Order.objects.get().pk) == call["order_id"]
    assert Session.objects.count() == 1


# --- Access --------------------------------------------------------------------------------------


def test_pages_of_a_purchase_have_no_flaw_of_access(shop, visit):
    seen = visit()
    page = seen.page
    seen.expected |= {400, 402, 410}
    checked = []

    def check(name):
        page.wait_for_load_state()
        assert seen.flaws() == [], name
        checked.append(name)

    page.goto(f"{shop}/cart/")
    check("empty cart")
    put_in_cart(page, shop, "bluetooth-speaker")
    put_in_cart(page, shop)
    check("cart")
    select()
    speaker = Variant.objects.get(sku="BS-002")
    Variant.objects.filter(pk=speaker.pk).update(price=70)
    adjust_stock(variant_id=speaker.pk, on_hand=0, reason="Lost", user=None)
    page.goto(f"{shop}/cart/")
    check("changed cart")
    page.get_by_role("button", name="Remove Bluetooth Speaker").click()
    page.get_by_role("link", name="Go to checkout").click()
    expect(page.get_by_role("heading", name="Checkout")).to_be_visible()
    check("checkout")
    page.get_by_role("button", name=re.compile("^Pay")).click()
    page.locator(".field-wrong").first.wait_for()
    check("checkout with errors")
    fill_in(page)
    page.get_by_label("Use a different billing address").check()
    page.get_by_text("Add an apartment").click()
    page.get_by_text("Discount code").first.click()
    check("checkout unfolded")
    page.get_by_label("Use a different billing address").uncheck()
    to_payment(page)
    check("payment page")
    pay(page, "4000 0000 0000 0002")
    expect(page.get_by_role("alert")).to_contain_text("declined")
    check("declined")
    session_id = page.url.rpartition("/")[2]
    page.goto(f"{shop}/checkout/return/?session_id={session_id}")
    check("confirming")
    select()
    order = Order.objects.get()
    page.goto(f"{shop}/orders/{order.access_token}/")
    check("unpaid order")
    to_payment(page)
    pay(page)
    to_order(page)
    check("paid order")
    select()
    fulfil_order(order_id=order.pk, carrier="Parcel Post", tracking_number="PP 123")
    page.reload()
    expect(page.get_by_text("PP 123")).to_be_visible()
    check("shipped order")

    page.goto(f"{shop}/account/")
    check("sign-in")
    page.get_by_role("button", name="E-mail me a link").click()
    expect(page.locator("[aria-invalid=true]")).to_be_visible()
    check("sign-in with an error")
    page.get_by_label("E-mail address").fill("ann@example.com")
    page.get_by_role("button", name="E-mail me a link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")
    check("link sent")
    select()
    deliver_outbox()
    link = re.search(r"http://\S+/account/sign-in/\S+", mail.outbox[-1].body).group(0)
    page.goto(link)
    check("sign-in link")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your orders")
    check("account")
    page.goto(link)
    check("used link")
    assert len(checked) == 18
    assert seen.problems == []


def test_a_customer_signs_in_and_buys_the_same_again(checkout, shop):
    page = checkout.page
    fill_in(page)
    to_payment(page)
    pay(page)
    to_order(page)
    page.goto(f"{shop}/account/")
    page.get_by_label("E-mail address").fill("ann@example.com")
    page.get_by_role("button", name="E-mail me a link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")
    select()
    deliver_outbox()
    page.goto(re.search(r"http://\S+/account/sign-in/\S+", mail.outbox[-1].body).group(0))
    page.get_by_role("button", name="Sign in").click()

    page.get_by_role("button", name="Buy again").click()
    expect(page.locator(".cart-count")).to_have_text("1")
    page.get_by_role("link", name="Go to checkout").click()
    expect(page.get_by_label("Street address").first).to_have_value("1 Main St")
    expect(page.locator(".sums-total dd")).to_have_text("$142.99")
    to_payment(page)

    select()
    assert Cart.objects.get().order.customer.email == "ann@example.com"
    page.goto(f"{shop}/account/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
    page.goto(f"{shop}/account/")
    expect(page.get_by_label("E-mail address")).to_be_visible()
    assert checkout.problems == []
