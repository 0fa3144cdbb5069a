"""Cart and checkout as a shopper without scripts uses them."""

import re
from decimal import Decimal
from html import unescape

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from catalog.models import Product, ProductImage, Variant
from catalog.services.editing import delete_products
from catalog.services.refresh import refresh_products
from catalog.services.stock import adjust_stock
from checkout.models import Cart, PaymentAttempt
from checkout.services.checking_out import check_out
from checkout.services.refunding import send_refund
from checkout.simulator import store
from checkout.simulator.delivering import deliver_due
from checkout.simulator.models import Delivery, Session
from orders.errors import PricesChanged
from orders.models import Discount, Order, OrderSettings, ShippingMethod, SignIn, TaxRate
from orders.services.fulfilling import fulfil_order
from orders.services.mailing import deliver_outbox
from orders.services.refunding import refund_order
from pycommerce.core.plain_select import PlainSelect
from tenants.models import Domain, Tenant
from tenants.resolution import clear_cache
from tenants.services import add_domain
from tests.checkout.conftest import SAME_ORIGIN, paid, pay, select, state_of, stock
from tests.factories import make_order, make_product, make_shipping_method

DETAILS = {
    "email": "ann@example.com",
    "name": "Ann Lee",
    "country": "US",
    "line1": "1 Main St",
    "city": "New York",
    "state": "NY",
    "postal_code": "10001",
    "shipping_method": "standard",
    "notes": "Ring twice",
    "total": "259.98",
}


def post(client, path, data=None, **headers):
    response = client.post(path, data or {}, **(SAME_ORIGIN | headers))
    select()
    return response


def variant_of(product):
    return str(product.variants.get().pk)


def fields_of(page):
    """What the cart's form sends, as the page has it."""
    form = re.search(r"<form[^>]*action=\"[^\"]*/cart/\".*?</form>", page, re.DOTALL)[0]
    found = {}
    for field in re.findall(r"<input[^>]*>", form):
        name, value = (re.search(rf'{key}="([^"]*)"', field)[1] for key in ("name", "value"))
        found.setdefault(name, []).append(value)
    return found


@pytest.fixture
def filled(shopper, product):
    """A browser with two headphones in its cart."""
    post(shopper, "/cart/add/", {"variant": variant_of(product), "quantity": "2"})
    return shopper


def test_what_is_added_is_in_the_cart_and_in_the_badges_cookie(filled):
    page = filled.get("/cart/").content.decode()

    assert "Wireless Headphones" in page
    assert "$259.98" in page
    assert filled.cookies["cart_count"].value == "2"
    assert not filled.cookies["cart_count"]["httponly"]
    assert filled.cookies["cart"]["httponly"]
    assert filled.cookies["cart"]["max-age"] > 60 * 60 * 24 * 30


def test_units_are_changed_and_lines_removed(filled):
    select()
    [line] = Cart.objects.get().lines.all()

    post(filled, "/cart/", {f"quantity-{line.pk}": "3"})
    assert Cart.objects.get().lines.get().quantity == 3
    post(filled, "/cart/", {f"quantity-{line.pk}": "3", "remove": str(line.pk)})

    assert not Cart.objects.get().lines.exists()
    assert "Your cart is empty." in filled.get("/cart/").content.decode()


@pytest.mark.parametrize("quantity", ["", "x", "0", "-1", "1.5", "26", "10000", "١"])
def test_a_quantity_that_cannot_be_is_refused_in_words(shopper, product, quantity):
    response = post(shopper, "/cart/add/", {"variant": variant_of(product), "quantity": quantity})

    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()
    assert not Cart.objects.filter(lines__isnull=False).exists()


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"option-1": "M", "option-2": "Red"}, "There is no such combination"),
        ({"option-1": "S"}, "There is no such combination"),
        ({"option-1": "S", "option-3": "Red"}, "Please choose an option first."),
        ({"option-1": ""}, "Please choose an option first."),
        ({}, "Please choose an option first."),
        ({"option-1": "S", "option-2": "Red", "product": "x"}, "Please choose an option first."),
    ],
)
def test_a_choice_of_options_names_a_variant_or_is_refused(shopper, product, choice, words):
    shirt = make_product(
        option_names=["Size", "Colour"],
        variants=[{"option_values": ["S", "Red"]}, {"option_values": ["M", "Blue"]}],
    )
    of_shirt = {"product": str(shirt.pk)}

    refused = post(shopper, "/cart/add/", of_shirt | choice)
    select()
    assert refused.status_code == 400
    assert words in refused.content.decode()
    assert not Cart.objects.exists()

    post(shopper, "/cart/add/", of_shirt | {"option-1": "M", "option-2": "Blue"})
    select()
    assert Cart.objects.get().lines.get().variant.option_values == ["M", "Blue"]


def test_a_german_shop_refuses_in_german(filled, product):
    connection.set_schema_to_public()
    Tenant.objects.filter(slug="tech").update(language="de")
    clear_cache()
    select()
    add = {"variant": variant_of(product), "quantity": "24"}

    in_words = post(filled, "/cart/add/", add)
    to_a_script = post(filled, "/cart/add/", add, HTTP_ACCEPT="application/json")
    Discount.objects.create(code="BIG", kind="amount", value=20, minimum=1000)
    code = post(
        filled, "/checkout/", DETAILS | {"discount_code": "big", "update": "1"}, follow=True
    )
    wrong = DETAILS | {"postal_code": "", "email": "ann"}
    missing = post(filled, "/checkout/", wrong, follow=True)

    assert "Es sind nur noch 25 Stück da." in in_words.content.decode()
    assert to_a_script.json()["error"] == "Es sind nur noch 25 Stück da."
    assert "Dieser Code gilt für größere Bestellungen." in code.content.decode()
    assert "Bitte prüfen Sie die markierten Felder." in missing.content.decode()


def test_a_changed_price_is_shown_before_anybody_pays(filled, product):
    Variant.objects.update(price=Decimal("99.00"))

    page = filled.get("/cart/").content.decode()
    select()
    refused = post(filled, "/checkout/", DETAILS)

    assert "The price was $129.99 and is $99.00 now." in page
    assert refused["Location"] == "/cart/"
    assert not Order.objects.exists()


PRICE_CHANGED = "The price was $129.99 and is $99.00 now."


@pytest.fixture
def with_a_lamp(filled):
    """Headphones and a lamp are in the cart; returns the cart's page as it stands open."""
    lamp = make_product("Desk Lamp", price="10.00", on_hand=9)
    post(filled, "/cart/add/", {"variant": variant_of(lamp), "quantity": "1"})
    page = filled.get("/cart/").content.decode()
    select()
    return page


def lines_by_name():
    select()
    return {line.name: line for line in Cart.objects.get().lines.all()}


@pytest.mark.parametrize("change", ["remove", "units", "both", "accept"])
def test_a_price_that_moves_while_the_cart_is_open_is_told_after_any_change(
    filled, with_a_lamp, change
):
    lamp = lines_by_name()["Desk Lamp"].pk
    Variant.objects.filter(sku="WH-001").update(price=Decimal("99.00"))
    changes = {
        "remove": {"remove": str(lamp)},
        "units": {f"quantity-{lamp}": "2"},
        "both": {f"quantity-{lines_by_name()['Wireless Headphones'].pk}": "1"},
        "accept": {"accept": "1"},
    }

    post(filled, "/cart/", fields_of(with_a_lamp) | changes[change])

    assert PRICE_CHANGED in filled.get("/cart/").content.decode()
    select()
    assert filled.get("/checkout/")["Location"] == "/cart/"


def test_a_price_is_accepted_by_the_button_that_says_so(filled, with_a_lamp):
    Variant.objects.filter(sku="WH-001").update(price=Decimal("99.00"))
    page = filled.get("/cart/").content.decode()
    select()
    lamp = lines_by_name()["Desk Lamp"].pk

    post(filled, "/cart/", fields_of(page) | {"remove": str(lamp)})
    after_removal = filled.get("/cart/").content.decode()
    select()
    post(filled, "/cart/", fields_of(after_removal) | {"accept": "1"})

    assert PRICE_CHANGED in after_removal
    page = filled.get("/cart/").content.decode()
    assert "The price was" not in page
    assert "Go to checkout" in page


def test_what_was_accepted_is_the_price_that_was_shown(filled, with_a_lamp):
    Variant.objects.filter(sku="WH-001").update(price=Decimal("99.00"))
    page = filled.get("/cart/").content.decode()
    select()
    Variant.objects.filter(sku="WH-001").update(price=Decimal("129.99"))

    post(filled, "/cart/", fields_of(page) | {"accept": "1"})

    assert "The price was $99.00 and is $129.99 now." in filled.get("/cart/").content.decode()


def test_a_line_that_was_not_shown_is_told_of_after_a_change(filled, with_a_lamp):
    """Another tab put it there, and its price has changed since."""
    chair = make_product("Chair", price="70.00", on_hand=9)
    post(filled, "/cart/add/", {"variant": variant_of(chair), "quantity": "1"})
    Variant.objects.filter(product=chair).update(price=Decimal("80.00"))
    headphones = lines_by_name()["Wireless Headphones"].pk

    post(filled, "/cart/", fields_of(with_a_lamp) | {"accept": "1", "remove": str(headphones)})

    assert "The price was $70.00 and is $80.00 now." in filled.get("/cart/").content.decode()


def test_what_left_the_shop_while_the_cart_was_open_is_told_after_a_change(filled, with_a_lamp):
    lines = lines_by_name()
    delete_products([lines["Desk Lamp"].variant.product_id])

    for change in ({"accept": "1"}, {"remove": str(lines["Wireless Headphones"].pk)}):
        post(filled, "/cart/", fields_of(with_a_lamp) | change)

        page = filled.get("/cart/").content.decode()
        select()
        assert "No longer sold, and taken out of your cart:" in page
        assert "Desk Lamp" in page


def test_more_of_the_same_does_not_hide_that_its_price_changed(filled, product):
    Variant.objects.filter(sku="WH-001").update(price=Decimal("99.00"))

    post(filled, "/cart/add/", {"variant": variant_of(product), "quantity": "1"})

    assert PRICE_CHANGED in filled.get("/cart/").content.decode()


@pytest.mark.parametrize("price", ["", "x", "NaN", "sNaN", "Infinity", "-1", "1e99", "9" * 30])
def test_what_is_no_price_was_not_shown(filled, with_a_lamp, price):
    Variant.objects.filter(sku="WH-001").update(price=Decimal("99.00"))
    shown = {f"shown-{lines_by_name()['Wireless Headphones'].pk}": price}

    changed = post(filled, "/cart/", fields_of(with_a_lamp) | shown | {"accept": "1"})

    assert changed["Location"] == "/cart/"
    assert PRICE_CHANGED in filled.get("/cart/").content.decode()


def test_in_german_a_price_that_was_shown_is_accepted_too(filled, with_a_lamp):
    connection.set_schema_to_public()
    Tenant.objects.filter(slug="tech").update(language="de")
    clear_cache()
    select()
    Variant.objects.filter(sku="WH-001").update(price=Decimal("1099.50"))
    page = filled.get("/cart/").content.decode()
    select()

    post(filled, "/cart/", fields_of(page) | {"accept": "1"})

    page = filled.get("/cart/").content.decode()
    assert "Der Preis war" not in page
    assert "Zur Kasse" in page


def test_a_changed_cart_is_looked_at_before_the_checkout_shows_it(filled, product):
    Variant.objects.update(price=Decimal("99.00"))

    assert filled.get("/checkout/")["Location"] == "/cart/"


def test_what_left_the_shop_is_named_until_the_shopper_has_read_it(filled):
    other = make_product("Desk Lamp", on_hand=5)
    post(filled, "/cart/add/", {"variant": variant_of(other), "quantity": "3"})
    delete_products([other.pk])

    assert post(filled, "/checkout/", DETAILS)["Location"] == "/cart/"
    assert filled.get("/checkout/")["Location"] == "/cart/"
    page = filled.get("/cart/").content.decode()
    assert "No longer sold, and taken out of your cart:" in page
    assert "Desk Lamp" in page
    assert "Accept the changes" in page
    assert filled.cookies["cart_count"].value == "2"
    select()
    assert not Order.objects.exists()

    post(filled, "/cart/", fields_of(page) | {"accept": "1"})

    page = filled.get("/cart/").content.decode()
    assert "Desk Lamp" not in page
    assert "Go to checkout" in page


def test_a_cart_of_which_everything_left_the_shop_says_so(shopper, tech):
    lamp = make_product("Desk Lamp", on_hand=5)
    post(shopper, "/cart/add/", {"variant": variant_of(lamp), "quantity": "3"})
    delete_products([lamp.pk])

    page = shopper.get("/cart/").content.decode()
    assert "Desk Lamp" in page
    assert "Your cart is empty." in page
    post(shopper, "/cart/", fields_of(page) | {"accept": "1"})

    assert "Desk Lamp" not in shopper.get("/cart/").content.decode()


def test_what_leaves_the_shop_while_it_is_checked_out_is_not_ordered(filled, product):
    """Between the page's own look at the cart and the order."""
    lamp = make_product("Desk Lamp", on_hand=5)
    post(filled, "/cart/add/", {"variant": variant_of(lamp), "quantity": "1"})
    delete_products([lamp.pk])
    cart = Cart.objects.get()

    with pytest.raises(PricesChanged):
        check_out(cart.pk)

    assert not Order.objects.exists()


def test_a_badge_that_is_not_true_any_more_is_put_right(filled):
    Cart.objects.all().delete()

    page = filled.get("/cart/")

    assert "Your cart is empty." in page.content.decode()
    assert filled.cookies["cart_count"].value == ""
    assert filled.cookies["cart"].value == ""


def test_enter_in_a_quantity_does_not_remove_the_first_line(filled):
    page = filled.get("/cart/").content.decode()
    first_button = re.search(r'<form class="beside cart".*?<button(.*?)>', page, re.DOTALL)

    assert "remove" not in first_button.group(1)


def test_what_is_missing_for_free_shipping_is_said(filled):
    ShippingMethod.objects.filter(code="standard").update(price=5, free_from=Decimal(300))

    assert "Add $40.02 more for free shipping." in filled.get("/cart/").content.decode()


def test_the_cart_says_what_is_added_at_the_checkout(filled):
    assert "Shipping and tax are added at the checkout." in filled.get("/cart/").content.decode()

    OrderSettings.objects.update(prices_include_tax=True)

    page = filled.get("/cart/").content.decode()
    assert "Shipping is added at the checkout." in page
    assert "tax are added" not in page


def test_a_cart_of_one_shop_is_nothing_in_another(filled, outdoor):
    cookie = filled.cookies["cart"].value
    other = Client(HTTP_HOST="outdoor.localhost")
    other.cookies["cart"] = cookie

    assert "Your cart is empty." in other.get("/cart/").content.decode()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"HTTP_ORIGIN": "https://evil.example"},
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_SEC_FETCH_SITE": "same-site"},
        {"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_ORIGIN": "http://outdoor.localhost"},
        {"HTTP_ORIGIN": "null"},
    ],
)
@pytest.mark.parametrize("path", ["/cart/add/", "/cart/", "/checkout/", "/account/"])
def test_forms_are_taken_from_the_shops_own_pages_only(filled, path, headers):
    assert filled.post(path, DETAILS, **headers).status_code == 403


def test_a_guest_buys_without_a_script(filled, product):
    placed = post(filled, "/checkout/", DETAILS)
    assert placed.status_code == 303
    order = Order.objects.get()
    session = Session.objects.get()
    assert placed["Location"] == session.url
    assert session.url.startswith("http://tech.localhost/stripe-demo/pay/")
    assert stock() == (25, 2)

    declined = post(filled, session.url, {"card": "4000000000000002", "action": "pay"})
    assert "declined" in declined.content.decode()
    paid_page = post(filled, session.url, {"card": "4242424242424242", "action": "pay"})
    back = filled.get(paid_page["Location"].replace("http://tech.localhost", ""))
    select()

    assert back["Location"] == f"/orders/{order.access_token}/"
    assert state_of(order) == ("processing", "paid")
    assert filled.cookies["cart_count"].value == ""
    page = filled.get(back["Location"])
    assert "Thank you! Your order is confirmed." in page.content.decode()
    assert page["X-Robots-Tag"] == "noindex"
    assert page["Cache-Control"] == "private, no-store"
    select()
    assert order.notes == "Ring twice"
    deliver_outbox()
    assert mail.outbox[0].to == ["ann@example.com"]


WRONG = DETAILS | {"postal_code": "99999", "email": "ann"}
AS_SCRIPT = {"HTTP_SEC_FETCH_MODE": "cors", "HTTP_ACCEPT": "application/json"}


def assert_what_is_wrong_is_shown(page):
    assert len(re.findall(r'class="field-problem"', page)) == 2
    assert 'aria-invalid="true"' in page
    for typed in ("1 Main St", "New York", "99999", "Ann Lee", "Ring twice"):
        assert typed in page


def test_what_is_missing_stands_beside_its_field_and_nothing_is_lost(filled):
    answer = post(filled, "/checkout/", WRONG)

    # On a page that is no answer to a form, and whose address says nothing of the shopper.
    assert (answer.status_code, answer["Location"]) == (302, "/checkout/?checked=1")
    for _look in range(2):
        seen = filled.get(answer["Location"])
        assert seen.status_code == 200
        assert_what_is_wrong_is_shown(seen.content.decode())
    select()
    assert not Order.objects.exists()
    assert "field-problem" not in filled.get("/checkout/").content.decode()


def test_nothing_is_wrong_yet_at_the_address_of_an_earlier_cart(filled):
    """Back in the browser's history, with a cart at whose checkout nothing was typed."""
    page = filled.get("/checkout/?checked=1").content.decode()

    assert "field-problem" not in page
    assert 'aria-invalid="true"' not in page


def test_a_script_gets_what_is_missing_at_once(filled):
    answer = post(filled, "/checkout/", WRONG, **AS_SCRIPT)

    assert answer.status_code == 400
    assert_what_is_wrong_is_shown(answer.content.decode())


def test_what_is_too_long_to_be_kept_is_shown_at_once(filled):
    note = "Ring the bell. " * 400

    answer = post(filled, "/checkout/", DETAILS | {"notes": note})

    assert answer.status_code == 400
    assert note in answer.content.decode()
    assert "Use at most 5000 characters." in answer.content.decode()


@pytest.mark.parametrize("asked", [{"update": "1"}, {"address": "1"}])
def test_an_update_is_a_page_that_can_be_come_back_to(filled, asked):
    typed = DETAILS | {"email": "an", "postal_code": "99999", "other_billing": "on"}

    answer = post(filled, "/checkout/", typed | asked)
    page = filled.get(answer["Location"]).content.decode()

    assert answer.status_code == 302
    assert answer["Location"] == "/checkout/"
    for value in ("an", "Ann Lee", "1 Main St", "New York", "99999"):
        assert f'value="{value}"' in page
    assert "Ring twice" in page
    assert re.search(r'name="other_billing"[^>]*checked', page)
    assert "field-problem" not in page


def test_a_button_beside_the_sums_leads_back_to_them(filled):
    page = filled.get("/checkout/").content.decode()
    values = re.findall(r'name="update"\s+value="(\w+)"', page)

    assert values == ["1", "sums", "sums"]
    answers = [post(filled, "/checkout/", DETAILS | {"update": value}) for value in values]
    assert [each["Location"] for each in answers] == ["/checkout/", *2 * ["/checkout/#summary"]]
    assert 'id="summary"' in page


@pytest.mark.parametrize("asked", [{}, {"other_billing": "on"}])
def test_the_country_of_a_billing_address_follows_until_one_is_asked_for(filled, asked):
    typed = DETAILS | {"country": "DE", "state": "", "billing_country": "US", "update": "1"}

    page = post(filled, "/checkout/", typed | asked, follow=True).content.decode()
    billing = page.partition('name="billing_country"')[2].partition("</select>")[0]

    assert re.search(r'value="(\w\w)" selected', billing)[1] == ("US" if asked else "DE")
    assert ('name="billing_state"><option' in page.replace("\n", "")) == bool(asked)


def test_a_script_gets_the_page_at_once(filled):
    fetched = {"HTTP_SEC_FETCH_MODE": "cors"}

    page = post(filled, "/checkout/", DETAILS | {"update": "1"}, **fetched)

    assert page.status_code == 200
    assert 'value="Ann Lee"' in page.content.decode()


def test_each_country_asks_for_what_its_addresses_have(filled):
    page = post(
        filled, "/checkout/", {"country": "DE", "update": "1"}, follow=True
    ).content.decode()

    assert "Postal code" in page
    assert 'type="hidden" name="state"' in page
    assert "field-problem" not in page
    us = post(filled, "/checkout/", {"country": "US", "update": "1"}, follow=True).content.decode()
    assert "ZIP code" in us
    assert '<option value="NY"' in us


def test_at_most_eight_fields_are_to_be_filled_in(filled):
    page = filled.get("/checkout/").content.decode()
    visible = re.sub(
        r"<details.*?</details>", "", page.partition('class="checkout"')[2], flags=re.DOTALL
    )
    fields = re.findall(r"<(?:input|select|textarea)[^>]*>", visible)

    shown = [field for field in fields if 'type="hidden"' not in field and "radio" not in field]
    assert len(shown) <= 8


def test_a_code_that_does_not_apply_says_why_and_a_good_one_counts(filled):
    Discount.objects.create(code="BIG", kind="amount", value=20, minimum=1000)
    Discount.objects.create(code="TEN", kind="percent", value=10)

    wrong = post(
        filled, "/checkout/", DETAILS | {"discount_code": "big", "update": "1"}, follow=True
    )
    paid_with = post(filled, "/checkout/", DETAILS | {"discount_code": "big"}, follow=True)
    good = post(
        filled, "/checkout/", DETAILS | {"discount_code": "ten", "update": "1"}, follow=True
    )
    post(filled, "/checkout/", DETAILS | {"discount_code": "ten", "total": "233.98"})

    assert "larger orders" in wrong.content.decode()
    assert "check the marked fields" not in wrong.content.decode()
    page = paid_with.content.decode()
    assert "larger orders" in page
    assert "Please check the marked fields." in page
    assert re.search(r'id="id_discount_code"[^>]*autofocus', page)
    assert "−$26.00" in good.content.decode()
    assert Order.objects.get().total == Decimal("233.98")
    assert Discount.objects.get(code="TEN").used_count == 1


def test_nobody_pays_another_total_than_they_saw(filled):
    TaxRate.objects.create(country="US", state="NY", percent=10)
    words = "The total is $285.98 now."

    answer = post(filled, "/checkout/", DETAILS | {"total": "259.98"})
    assert not Order.objects.exists()
    page = filled.get(answer["Location"]).content.decode()
    assert words in page
    assert "Ring twice" in page
    assert words not in filled.get(answer["Location"]).content.decode()
    total = re.search(r'name="total" value="(.*?)"', page).group(1)
    post(filled, "/checkout/", DETAILS | {"total": total})

    assert Order.objects.get().total == Decimal("285.98")


def test_a_script_hears_at_once_that_the_total_is_another(filled):
    TaxRate.objects.create(country="US", state="NY", percent=10)

    answer = post(filled, "/checkout/", DETAILS, **AS_SCRIPT)

    assert answer.status_code == 409
    assert "The total is $285.98 now." in answer.content.decode()
    assert "The total is" not in filled.get("/checkout/").content.decode()


@pytest.mark.parametrize("total", [None, "", "x", "NaN", "sNaN", "Infinity", "1e999999", "-1"])
def test_nobody_pays_a_total_that_they_did_not_see(filled, total):
    """As from a page for a country to which nothing is sent: there is none on it."""
    shown = {} if total is None else {"total": total}
    without = {name: value for name, value in DETAILS.items() if name != "total"}

    page = post(filled, "/checkout/", without | shown, follow=True).content.decode()

    assert "The total is $259.98 now." in page
    select()
    assert not Order.objects.exists()


def test_a_cart_that_changed_in_another_tab_is_shown_before_it_is_paid(filled, product):
    other = make_product("Lamp", price="10.00")
    post(filled, "/cart/add/", {"variant": variant_of(other), "quantity": "1"})

    page = post(filled, "/checkout/", DETAILS, follow=True).content.decode()

    assert "The total is $269.98 now." in page
    assert "Lamp" in page
    select()
    assert not Order.objects.exists()


def test_a_tax_that_depends_on_the_state_is_said_to_come(filled):
    TaxRate.objects.create(country="US", state="NY", percent=10)
    words, hint = "worked out from your address", "press “Update the total” to see the tax."

    page = filled.get("/checkout/").content.decode()
    after = post(filled, "/checkout/", DETAILS | {"update": "1"}, follow=True).content.decode()
    elsewhere = {"country": "DE", "state": "", "update": "1"}
    abroad = post(filled, "/checkout/", DETAILS | elsewhere, follow=True).content.decode()

    assert words in page
    assert re.search(rf"<noscript>[^!]*{hint}[^!]*</noscript>", page)
    assert "$26.00" in after
    for other in (after, abroad):
        assert words not in other
        assert hint not in other


def test_a_tax_within_the_prices_changes_no_total_and_is_not_said_to_come(filled):
    OrderSettings.objects.update(prices_include_tax=True)
    TaxRate.objects.create(country="US", state="NY", percent=10)

    assert "worked out from your address" not in filled.get("/checkout/").content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"postal_code": "90001"}, "This is not in New York."),
        ({"postal_code": "1"}, "Write it as in this example: 95014."),
        ({"state": "XX"}, "Choose one from the list."),
        ({"state": ""}, "This field is required."),
    ],
)
def test_an_address_is_refused_in_words_that_help(filled, changes, words):
    page = post(filled, "/checkout/", DETAILS | changes, follow=True).content.decode()

    assert words in page
    assert page.count("field-problem") == 1
    assert "autofocus" in page


@pytest.mark.parametrize(
    ("country", "order"),
    [
        ("US", ["city", "state", "postal_code"]),
        ("DE", ["postal_code", "city"]),
        ("CA", ["city", "state", "postal_code"]),
    ],
)
def test_places_stand_in_the_order_of_the_country(filled, country, order):
    page = post(
        filled, "/checkout/", {"country": country, "update": "1"}, follow=True
    ).content.decode()
    shown = re.findall(r'field field-(city|state|postal_code)"', page)

    assert shown == order


def test_back_from_the_payment_page_leads_to_this_cart_or_to_the_order(filled):
    post(filled, "/checkout/", DETAILS)
    order = Order.objects.get()
    back = Session.objects.get().params["cancel_url"]
    assert back == f"http://tech.localhost/checkout/back/{order.access_token}/"

    mine = filled.get(back)
    strangers = Client(HTTP_HOST="tech.localhost").get(back)

    assert mine["Location"] == "/checkout/?cancelled=1"
    assert "You have not been charged." in filled.get(mine["Location"]).content.decode()
    assert strangers["Location"] == f"/orders/{order.access_token}/"


def test_back_from_a_payment_page_that_expired_the_checkout_goes_on(filled):
    post(filled, "/checkout/", DETAILS)
    order = Order.objects.get()
    store.expire(order.attempts.get().session_id)
    deliver_due()

    back = filled.get(f"/checkout/back/{order.access_token}/")

    assert state_of(order) == ("cancelled", "unpaid")
    assert back["Location"] == "/checkout/?cancelled=1"
    assert filled.get(back["Location"]).status_code == 200


def test_paying_for_an_older_order_leaves_the_cart_alone(filled, product):
    older = make_order(product)
    paid(older)
    session = older.attempts.get().session_id

    back = filled.get(f"/checkout/return/?session_id={session}")

    assert back["Location"] == f"/orders/{older.access_token}/"
    assert filled.cookies["cart_count"].value == "2"


def test_a_second_checkout_of_a_cart_leaves_one_pending_order(filled, product):
    post(filled, "/checkout/", DETAILS)
    first = Order.objects.get()
    same = post(filled, "/checkout/", DETAILS)

    assert same["Location"] == Session.objects.get().url
    assert Order.objects.get() == first
    assert stock() == (25, 2)
    post(filled, "/checkout/", DETAILS | {"notes": "Ring once"})

    assert Order.objects.filter(status="pending").count() == 1
    assert state_of(first) == ("cancelled", "unpaid")
    assert stock() == (25, 2)
    assert sorted(Session.objects.values_list("status", flat=True)) == ["expired", "open"]
    deliver_due()
    assert Order.objects.filter(status="pending").count() == 1


def test_a_code_for_one_use_stays_good_while_its_own_order_waits(filled):
    Discount.objects.create(code="ONCE", value=10, usage_limit=1)
    post(filled, "/checkout/", DETAILS | {"discount_code": "once", "total": "233.98"})
    [order] = Order.objects.all()

    page = filled.get("/checkout/").content.decode()

    assert "This code has been used up." not in page
    assert f'name="total" value="{order.total}"' in page
    select()
    other = Client(HTTP_HOST="tech.localhost")
    post(other, "/cart/add/", {"variant": variant_of(make_product()), "quantity": "1"})
    code = post(
        other, "/checkout/", DETAILS | {"discount_code": "once", "update": "1"}, follow=True
    )
    assert "This code has been used up." in code.content.decode()


def test_the_first_tab_pays_while_the_second_checks_out_again(filled):
    post(filled, "/checkout/", DETAILS)
    order = Order.objects.get()
    store.pay(order.attempts.get().session_id, outcome="paid", delivery="lost")

    response = post(filled, "/checkout/", DETAILS)

    assert response["Location"] == f"/orders/{order.access_token}/"
    assert Order.objects.count() == 1
    assert state_of(order) == ("processing", "paid")


def test_what_sold_out_meanwhile_leads_back_to_the_cart(filled, product):
    make_order(product, quantity=24)

    response = post(filled, "/checkout/", DETAILS)

    assert response["Location"] == "/cart/"
    assert "Only 1 is left" in filled.get("/cart/").content.decode()


def test_the_sum_counts_what_can_be_bought_and_says_what_is_in_the_way(filled, with_a_lamp):
    ShippingMethod.objects.filter(code="standard").update(price=5, free_from=Decimal(300))
    lines = lines_by_name()
    variant = lines["Wireless Headphones"].variant
    adjust_stock(variant_id=variant.pk, on_hand=1, reason="Lost", user=None)
    Product.objects.filter(pk=lines["Desk Lamp"].variant.product_id).update(status="archived")

    page = filled.get("/cart/").content.decode()

    assert "Not all of this can be bought. Please check the marked lines." in page
    summary = re.sub(r"\s+", " ", page[page.index('aria-label="Summary"') :])
    assert "$129.99" in summary
    assert "1 item<" in summary
    assert "Only what can be bought is counted." in summary
    assert "Add $170.01 more for free shipping." in summary
    assert "You can go to the checkout once this is changed or removed:" in summary
    headphones, lamp = lines["Wireless Headphones"].pk, lines["Desk Lamp"].pk
    assert f'href="#quantity-{headphones}">Wireless Headphones</a>' in summary
    assert "Only 1 is left." in summary
    assert f'href="#quantity-{lamp}">Desk Lamp</a>' in summary
    assert "This is no longer sold." in summary
    assert "Go to checkout" not in page


def test_options_are_shown_with_their_names_from_the_cart_to_the_mail(shopper, tech):
    make_shipping_method("express", "15.00", position=2)
    shoe = make_product(
        "Trail Shoe",
        option_names=["Size", "Colour"],
        variants=[{"option_values": ["40", "Red"], "on_hand": 3}],
    )
    words = "Size: 40, Colour: Red"
    post(shopper, "/cart/add/", {"variant": variant_of(shoe), "quantity": "1"})

    assert words in shopper.get("/cart/").content.decode()
    checkout = shopper.get("/checkout/").content.decode()
    assert words in checkout
    select()
    total = re.search(r'name="total" value="(.*?)"', checkout).group(1)
    express = {"shipping_method": "express", "total": str(Decimal(total) + 15)}
    post(shopper, "/checkout/", DETAILS | express)
    session, order = Session.objects.get(), Order.objects.get()
    payment_page = shopper.get(session.url).content.decode()
    assert f"Trail Shoe ({words})" in payment_page
    assert "Shipping: Express" in payment_page
    select()
    assert words in shopper.get(f"/orders/{order.access_token}/").content.decode()
    select()
    assert order.line_items.get().options == {"Size": "40", "Colour": "Red"}
    paid(order)
    deliver_outbox()
    [sent] = mail.outbox
    assert f"Trail Shoe ({words})" in sent.body
    assert words in sent.alternatives[0][0]


def test_a_pictured_variant_that_lacks_a_later_option_stops_no_cart(shopper, tech):
    """As an import leaves those that it does not name, where it brings an option."""
    shirt = make_product(
        option_names=["Size", "Colour"],
        variants=[{"option_values": ["M", "Red"]}, {"option_values": ["M"]}],
    )
    for position, variant in enumerate(shirt.variants.order_by("position")):
        image = ProductImage.objects.create(product=shirt, variant=variant, position=position)
        ProductImage.objects.filter(pk=image.pk).update(file=f"{position}.webp")
    whole = shirt.variants.get(position=1)

    post(shopper, "/cart/add/", {"variant": str(whole.pk), "quantity": "1"})
    page = shopper.get("/cart/")

    assert page.status_code == 200
    assert "/0.webp" in page.content.decode()


def test_a_line_shows_the_colour_that_was_chosen_from_the_cart_to_the_account(shopper, tech):
    shirt = make_product(
        "Shirt",
        option_names=["Size", "Colour"],
        variants=[{"option_values": [size, colour]} for colour in ("Red", "Blue") for size in "SM"],
    )
    plain, red, blue = (
        ProductImage.objects.create(product=shirt, variant=shown, position=position)
        for position, shown in enumerate(
            (None, *shirt.variants.filter(option_values__contains=["S"]).order_by("position")), 1
        )
    )
    for image, name in ((plain, "plain"), (red, "red"), (blue, "blue")):
        # Set beside the field: a test needs no file behind it.
        file = f"tenants/test/{name}.webp"
        ProductImage.objects.filter(pk=image.pk).update(file=file, width=800, height=800)
    [chosen] = shirt.variants.filter(option_values=["M", "Blue"])
    post(shopper, "/cart/add/", {"variant": str(chosen.pk), "quantity": "1"})

    def pictures(path):
        page = shopper.get(path).content.decode()
        select()
        return re.findall(r'class="thumb"\s+src="[^"]*/(\w+)\.webp"', page)

    assert pictures("/cart/") == ["blue"]
    assert pictures("/checkout/") == ["blue"]
    post(shopper, "/checkout/", DETAILS | {"email": "john.doe@example.com", "total": "10.00"})
    order = Order.objects.get()
    assert pictures(f"/orders/{order.access_token}/") == ["blue"]
    paid(order)
    _signed_in(shopper)
    assert pictures("/account/") == ["blue"]
    blue.delete()
    assert pictures(f"/orders/{order.access_token}/") == ["plain"]
    ProductImage.objects.all().delete()
    assert pictures(f"/orders/{order.access_token}/") == []


def test_what_is_no_longer_sold_says_so_and_leads_nowhere(filled, product):
    ShippingMethod.objects.filter(code="standard").update(price=5, free_from=Decimal(300))
    Product.objects.filter(pk=product.pk).update(status="archived")

    page = filled.get("/cart/").content.decode()
    # Nobody orders nothing to have it sent for nothing.
    assert "for free shipping" not in page

    assert "No longer sold: please remove it." in page
    assert "Sold out" not in page
    assert f"/products/{product.slug}/" not in page


def test_the_provider_is_down_and_nothing_is_lost(filled, settings, product):
    settings.STRIPE_SIMULATOR = False
    settings.STRIPE_SECRET_KEY = "sk_test_x"
    settings.STRIPE_API_BASE = "http://127.0.0.1:1"

    response = post(filled, "/checkout/", DETAILS)

    assert response.status_code == 502
    assert "Try again" in response.content.decode()
    order = Order.objects.get()
    assert state_of(order) == ("pending", "unpaid")
    assert Cart.objects.get().lines.get().quantity == 2
    settings.STRIPE_SIMULATOR, settings.STRIPE_SECRET_KEY = True, ""
    settings.STRIPE_API_BASE = ""
    again = post(filled, f"/checkout/pay/{order.access_token}/")
    assert again.status_code == 303


def test_a_script_hears_which_order_is_kept_and_each_click_pays_for_that_one(filled, settings):
    settings.STRIPE_SIMULATOR = False
    settings.STRIPE_SECRET_KEY = "sk_test_x"
    settings.STRIPE_API_BASE = "http://127.0.0.1:1"

    answers = [
        post(filled, "/checkout/", DETAILS, HTTP_ACCEPT="application/json").json()
        for _click in range(3)
    ]

    order = Order.objects.get()
    assert answers == [answers[0]] * 3
    assert answers[0]["order_id"] == str(order.pk)
    assert answers[0]["kept"] == "Order T-1001 and your cart are kept."
    assert answers[0]["address"] == f"/orders/{order.access_token}/"
    assert stock() == (25, 2)


def refresh_of(response):
    """Seconds and address of the next look by itself; without a script alone."""
    found = re.search(
        r'<noscript>\s*<meta http-equiv="refresh"\s+content="(\d+);url=([^"]*)">\s*</noscript>',
        response.content.decode(),
    )
    assert "Refresh" not in response
    return (int(found[1]), unescape(found[2])) if found else None


def test_a_payment_that_takes_its_time_is_looked_after_ever_more_rarely(shopper, order):
    pay(order, "delayed")
    deliver_due()
    page, seconds = f"/orders/{order.access_token}/", []
    seen = shopper.get(page)
    assert "Your payment is being processed." in seen.content.decode()

    while (refresh := refresh_of(seen)) and len(seconds) < 100:
        seconds.append(refresh[0])
        assert "js/waiting.js" in seen.content.decode()
        seen = shopper.get(page + refresh[1])

    assert seconds[:9] == sorted(seconds[:9]) == [3, 3, 5, 5, 10, 10, 20, 30, 60]
    assert len(seconds) == 40
    assert sum(seconds) < 3600
    text = seen.content.decode()
    assert "The page does not refresh by itself any more." in text
    assert re.search(r'href="\?">\s*Check again', text)
    select()
    Delivery.objects.update(due_at=timezone.now())
    deliver_due()
    settled = shopper.get(page).content.decode()
    assert "Thank you! Your order is confirmed." in settled
    assert "refresh" not in settled
    assert "js/waiting.js" not in settled


@pytest.mark.parametrize("look", ["x", "-1", "9" * 30, "٣", ""])
def test_a_count_of_looks_that_is_none_begins_anew(shopper, order, look):
    pay(order, "delayed")
    deliver_due()

    page = shopper.get(f"/orders/{order.access_token}/", {"look": look})

    assert refresh_of(page) == (3, "?look=1")


def test_an_order_that_waits_for_nothing_is_not_looked_after(shopper, order, product):
    unpaid, done = order, paid(make_order(product))
    for each in (unpaid, done):
        page = shopper.get(f"/orders/{each.access_token}/")

        assert refresh_of(page) is None
        assert "js/waiting.js" not in page.content.decode()
        select()


def test_the_return_page_believes_nobody_but_the_provider(filled):
    post(filled, "/checkout/", DETAILS)
    session_id = PaymentAttempt.objects.get().session_id

    early = filled.get(f"/checkout/return/?session_id={session_id}")
    unknown = filled.get("/checkout/return/?session_id=cs_test_nobody")

    assert "Confirming your payment" in early.content.decode()
    assert refresh_of(early) == (3, f"?session_id={session_id}&look=1")
    assert unknown.status_code == 404


def test_the_provider_is_not_asked_again_about_a_payment_that_is_known(filled, fake):
    post(filled, "/checkout/", DETAILS)
    session_id = PaymentAttempt.objects.get().session_id
    fake.pay(session_id)
    page = f"/checkout/return/?session_id={session_id}"
    assert "/orders/" in filled.get(page)["Location"]
    asked = len(fake.calls)

    again = filled.get(page)

    assert "/orders/" in again["Location"]
    assert len(fake.calls) == asked


def test_whoever_reloads_the_return_page_all_the_time_is_told_to_wait(filled, settings):
    post(filled, "/checkout/", DETAILS)
    session_id = PaymentAttempt.objects.get().session_id
    settings.API_RATE_PER_MINUTE = settings.API_WRITES_PER_MINUTE = 4
    page = f"/checkout/return/?session_id={session_id}"

    statuses = [filled.get(page).status_code for _ in range(6)]

    assert statuses[-1] == 429
    assert stock() == (25, 2)


def test_a_list_of_countries_is_safe_and_has_one_chosen():
    widget = PlainSelect(attrs={"autocomplete": "country"}, choices=[("a", "<b>"), ('"', "&")])

    html = widget.render("place", "a", {"id": "id_place", "autofocus": True})

    assert html == (
        '<select autocomplete="country" id="id_place" name="place" autofocus>'
        '<option value="a" selected>&lt;b&gt;</option><option value="&quot;">&amp;</option>'
        "</select>"
    )


@pytest.mark.parametrize("token", ["x", "0" * 22, "ä" * 22, "a" * 41])
def test_an_order_is_shown_to_whoever_has_its_link_only(shopper, order, token):
    assert shopper.get(f"/orders/{token}/").status_code == 404
    select()
    assert shopper.get(f"/orders/{order.pk}/").status_code == 404


def test_public_pages_stay_the_same_with_a_cart(filled, shopper):
    with_cart = filled.get("/products/wireless-headphones/")
    without = Client(HTTP_HOST="tech.localhost").get("/products/wireless-headphones/")

    assert with_cart.content == without.content
    assert not with_cart.cookies


# --- Customers -----------------------------------------------------------------------------------


def test_a_customer_signs_in_by_a_mailed_link_once(shopper, order):
    asked = post(shopper, "/account/", {"email": "JOHN.doe@example.com"})
    unknown = post(shopper, "/account/", {"email": "nobody@example.com"})
    deliver_outbox()

    assert asked.content == unknown.content
    [sent] = mail.outbox
    link = re.search(r"http://tech\.localhost(/account/sign-in/\S+)", sent.body).group(1)
    assert "Sign in" in shopper.get(link).content.decode()
    select()
    assert post(shopper, link)["Location"] == "/account/"
    page = shopper.get("/account/").content.decode()
    assert "T-1001" in page
    select()
    assert post(Client(HTTP_HOST="tech.localhost"), link).status_code == 410
    post(shopper, "/account/sign-out/")
    assert "T-1001" not in shopper.get("/account/").content.decode()


def test_what_went_back_is_said_on_the_order_and_in_its_mail(shopper, product):
    order = paid(make_order(product))
    send_refund(refund_order(order_id=order.pk, amount=Decimal(10)).pk)
    deliver_outbox()

    page = shopper.get(f"/orders/{order.access_token}/").content.decode()

    assert "$10.00 of it went back to you." in page
    refunded = mail.outbox[-1].body
    assert "$10.00 is on its way back to you." in refunded
    assert "Refunded: −$10.00" in refunded


def test_the_list_of_orders_offers_what_each_one_needs(shopper, product):
    unpaid, repaid = make_order(product), paid(make_order(product))
    send_refund(refund_order(order_id=repaid.pk, amount=Decimal(10)).pk)
    post(shopper, "/account/", {"email": repaid.customer_email})
    deliver_outbox()
    links = [re.search(r"/account/sign-in/\S+", sent.body) for sent in mail.outbox]
    [link] = [found.group() for found in links if found]
    post(shopper, link)

    page = shopper.get("/account/").content.decode()

    assert f'action="/checkout/pay/{unpaid.access_token}/"' in page
    assert f'action="/account/orders/{unpaid.access_token}/again/"' not in page
    assert f'action="/account/orders/{repaid.access_token}/again/"' in page
    assert "Confirmed." in page
    assert "Thank you!" not in page


def test_the_number_of_an_order_stays_whole_in_the_heading_of_its_mail(product):
    paid(make_order(product))
    deliver_outbox()

    [(heading, _kind)] = mail.outbox[-1].alternatives

    assert 'Your order <span style="white-space:nowrap">T-1001</span> is confirmed' in heading


def test_the_mail_of_an_order_writes_amounts_in_the_language_of_the_order(product):
    order = paid(make_order(product, language="de"))
    deliver_outbox()

    written = f"{order.total:.2f}".replace(".", ",")

    assert f"{written}\N{NO-BREAK SPACE}$" in mail.outbox[-1].body
    assert f"${order.total}" not in mail.outbox[-1].body


def test_a_german_shop_speaks_to_its_customers_formally(shopper, filled, tech):
    Tenant.objects.filter(pk=tech.pk).update(language="de")
    clear_cache()
    wrong = DETAILS | {"email": "ann", "name": "x" * 256}

    for response in (
        post(shopper, "/account/", {"email": "ann"}),
        post(filled, "/checkout/", wrong, follow=True),
    ):
        page = response.content.decode()
        assert "Bitte eine E-Mail-Adresse angeben" in page
        assert " du " not in page.lower()
    assert "Bitte höchstens 255 Zeichen." in page


def test_what_was_typed_at_the_checkout_is_gone_after_signing_out(filled, order):
    _signed_in(filled)
    post(filled, "/checkout/", DETAILS | {"update": "1"}, follow=True)
    assert 'value="1 Main St"' in filled.get("/checkout/").content.decode()
    select()

    post(filled, "/account/sign-out/")

    page = filled.get("/checkout/").content.decode()
    assert "1 Main St" not in page
    assert "ann@example.com" not in page


def test_dates_are_those_of_the_shops_own_time_zone(shopper, order, tech):
    """On the order's page, in the account and in mails."""
    connection.set_schema_to_public()
    Tenant.objects.filter(pk=tech.pk).update(time_zone="Pacific/Auckland")
    clear_cache()
    select()
    Order.objects.update(created_at="2025-03-15T20:30:00Z")
    paid(order)
    _signed_in(shopper)

    for path in (f"/orders/{order.access_token}/", "/account/"):
        page = shopper.get(path).content.decode()
        assert "16 Mar 2025" in page, path
    select()
    deliver_outbox()
    [confirmed] = [each for each in mail.outbox if "confirmed" in each.subject]
    assert "16 Mar 2025" in confirmed.body
    assert "16 Mar 2025" in confirmed.alternatives[0][0]


def test_a_confirmation_is_announced_until_something_was_sent(shopper, product):
    order = paid(make_order(product, quantity=2))
    page, words = f"/orders/{order.access_token}/", "The confirmation goes to john.doe@example.com"
    assert words in shopper.get(page).content.decode()
    select()

    fulfil_order(order_id=order.pk, items={order.line_items.get().pk: 1})

    content = shopper.get(page).content.decode()
    assert "A part of your order is on its way." in content
    assert words not in content


def test_at_most_five_mails_an_hour_go_to_an_address_and_twenty_to_a_client(shopper, order):
    for _ in range(7):
        post(shopper, "/account/", {"email": "john.doe@example.com"})
    deliver_outbox()
    assert len(mail.outbox) == 5

    statuses = [
        post(shopper, "/account/", {"email": f"x{number}@example.com"}).status_code
        for number in range(16)
    ]
    assert statuses == [200] * 15 + [429]
    assert SignIn.objects.count() == 20


def test_a_stranger_who_asks_and_asks_leaves_a_customer_their_own_mails(shopper, order):
    for _ in range(12):
        post(shopper, "/account/", {"email": "john.doe@example.com"}, REMOTE_ADDR="192.0.2.66")
    post(shopper, "/account/", {"email": "john.doe@example.com"}, REMOTE_ADDR="192.0.2.7")

    deliver_outbox()

    assert len(mail.outbox) == 6


def test_a_sign_in_of_one_shop_is_nothing_in_another(shopper, order, outdoor):
    select()
    post(shopper, "/account/", {"email": "john.doe@example.com"})
    deliver_outbox()
    link = re.search(r"http://tech\.localhost(/account/sign-in/\S+)", mail.outbox[0].body).group(1)
    post(shopper, link)

    stranger = Client(HTTP_HOST="outdoor.localhost")
    stranger.cookies["customer"] = shopper.cookies["customer"].value
    assert "T-1001" not in stranger.get("/account/").content.decode()
    connection.set_schema_to_public()
    assert stranger.post(link, **SAME_ORIGIN).status_code == 410


def test_a_sign_in_is_one_on_the_host_where_it_began(shopper, order, tech):
    connection.set_schema_to_public()
    add_domain(tech, "gadgets.example", is_primary=True)
    clear_cache()
    select()
    _signed_in(shopper)
    assert "T-1001" in shopper.get("/account/").content.decode()

    for host, mount, name in (
        ("gadgets.example", "", "customer"),
        ("localhost", "/stores/tech", "customer-tech"),
    ):
        stranger = Client(HTTP_HOST=host)
        stranger.cookies[name] = shopper.cookies["customer"].value
        assert "T-1001" not in stranger.get(f"{mount}/account/").content.decode()


def test_the_same_again_fills_the_cart_with_what_is_still_for_sale(shopper, order, product):
    gone = make_product("Gone", on_hand=3)
    both = make_order(product, gone)
    Product.objects.filter(pk=gone.pk).update(status="archived")
    refresh_products([gone.pk])

    response = post(shopper, f"/account/orders/{both.access_token}/again/")

    assert "Gone" in response.content.decode()
    assert [line.variant.sku for line in Cart.objects.get().lines.all()] == ["WH-001"]


def test_a_payment_that_failed_in_the_end_leaves_a_way_to_buy_it_still(filled, product):
    """The cart was emptied when the payment was on its way."""
    post(filled, "/checkout/", DETAILS)
    order = Order.objects.get()
    session_id = order.attempts.get().session_id
    store.pay(session_id, outcome="delayed_fails")
    deliver_due()
    filled.get(f"/checkout/return/?session_id={session_id}")
    select()
    assert filled.cookies["cart_count"].value == ""
    Delivery.objects.update(due_at=timezone.now())
    deliver_due()
    assert state_of(order) == ("cancelled", "unpaid")

    page = filled.get(f"/orders/{order.access_token}/").content.decode()
    again = re.search(r'action="([^"]*/again/)"', page)[1]
    select()
    post(filled, again)

    assert "$259.98" in filled.get("/cart/").content.decode()


def test_addresses_are_kept_for_the_next_order_and_can_be_removed(filled, product):
    post(filled, "/checkout/", DETAILS)
    order = Order.objects.get()
    paid(order)
    post(filled, "/account/", {"email": "ann@example.com"})
    deliver_outbox()
    body = mail.outbox[-1].body
    post(filled, re.search(r"http://tech\.localhost(/account/sign-in/\S+)", body).group(1))
    assert "1 Main St" in filled.get("/account/").content.decode()
    select()
    post(filled, "/cart/add/", {"variant": variant_of(product), "quantity": "1"})

    assert 'value="1 Main St"' in filled.get("/checkout/").content.decode()
    select()
    address = order.customer.addresses.get()
    post(filled, f"/account/addresses/{address.pk}/remove/")
    assert "1 Main St" not in filled.get("/account/").content.decode()


def test_an_address_is_kept_of_a_paid_order_only(filled):
    """An order costs nothing: anybody could put their address into another's account."""
    post(filled, "/checkout/", DETAILS)
    order = Order.objects.get()
    assert not order.customer.addresses.exists()

    paid(order)

    assert order.customer.addresses.get().address["line1"] == "1 Main St"


def _signed_in(client, mount=""):
    """The path that the mailed link leads to, opened."""
    post(client, f"{mount}/account/", {"email": "john.doe@example.com"})
    deliver_outbox()
    link = re.search(r"http://\S+/account/sign-in/\S+", mail.outbox[-1].body).group(0)
    post(client, "/" + link.split("/", 3)[3])
    return link


def test_another_address_of_the_customer_is_filled_in(shopper, order, product):
    paid(order)
    kept = order.customer.addresses.get()
    _signed_in(shopper)
    post(shopper, "/cart/add/", {"variant": variant_of(product), "quantity": "1"})
    typed = DETAILS | {"email": "john.doe@example.com"}

    page = post(
        shopper, "/checkout/", typed | {"address": str(kept.pk)}, follow=True
    ).content.decode()

    assert 'value="456 Park Ave"' in page
    assert 'value="1 Main St"' not in page
    assert "Ring twice" in page
    assert "field-problem" not in page


@pytest.mark.parametrize("address", ["", "x", "0" * 32])
def test_an_address_of_nobody_fills_in_nothing(filled, address):
    page = post(filled, "/checkout/", DETAILS | {"address": address}, follow=True).content.decode()

    assert 'value="1 Main St"' in page


def test_under_a_mount_cart_and_account_are_its_own(order, product):
    shopper = Client(HTTP_HOST="localhost")
    mount = "/stores/tech"
    post(shopper, f"{mount}/cart/add/", {"variant": variant_of(product), "quantity": "2"})
    assert shopper.cookies["cart-tech"]["path"] == "/stores/tech/"
    page = shopper.get(f"{mount}/cart/").content.decode()
    assert 'data-count-cookie="cart_count-tech"' in page
    assert 'href="/stores/tech/checkout/"' in page
    select()

    link = _signed_in(shopper, mount)

    assert link.startswith("http://localhost/stores/tech/account/sign-in/")
    assert shopper.cookies["customer-tech"]["path"] == "/stores/tech/"
    assert "T-1001" in shopper.get(f"{mount}/account/").content.decode()
    select()
    placed = post(shopper, f"{mount}/checkout/", DETAILS)
    session = Session.objects.get()
    assert placed["Location"] == session.url
    assert session.params["success_url"].startswith("http://localhost/stores/tech/checkout/return/")
    mine = Order.objects.latest("created_at")
    paid(mine)
    deliver_outbox()
    assert f"http://localhost/stores/tech/orders/{mine.access_token}/" in mail.outbox[-1].body


def test_a_shopper_stays_on_the_host_they_came_to(product, order, tech):
    connection.set_schema_to_public()
    add_domain(tech, "gadgets.example", is_primary=True)
    add_domain(tech, "old.example")
    clear_cache()
    select()
    shopper = Client(HTTP_HOST="old.example")
    post(shopper, "/cart/add/", {"variant": variant_of(product), "quantity": "2"})

    assert _signed_in(shopper).startswith("http://old.example/")
    post(shopper, "/checkout/", DETAILS)

    params = Session.objects.get().params
    assert params["success_url"].startswith("http://old.example/checkout/return/")
    mine = Order.objects.latest("created_at")
    paid(mine)
    connection.set_schema_to_public()
    Domain.objects.filter(domain="old.example").delete()
    clear_cache()
    select()
    deliver_outbox()
    # The shop has lost that host since: its links lead to the one it has.
    assert f"http://gadgets.example/orders/{mine.access_token}/" in mail.outbox[-1].body


def test_a_shop_without_a_way_to_send_says_so(filled):
    make_shipping_method("local", countries=["FR"])
    ShippingMethod.objects.filter(code="standard").delete()

    response = post(filled, "/checkout/", DETAILS | {"shipping_method": ""}, follow=True)

    assert "We do not ship to this country yet." in response.content.decode()
    assert not Order.objects.exists()
