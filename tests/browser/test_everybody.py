"""A shop by keyboard alone, without motion, in forced colours, and on paper."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from orders.models import Order
from tests.checkout.conftest import select
from tests.factories import make_category, make_product, make_shipping_method

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Where the keyboard is: what shows it, and whether it can be seen there.
FOCUS = """
    () => {
        const here = document.activeElement;
        if (here === document.body) return null;
        const box = here.getBoundingClientRect();
        // The middle of as much of it as the window shows.
        const x = (Math.max(box.left, 0) + Math.min(box.right, innerWidth)) / 2;
        const y = (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2;
        const top = document.elementFromPoint(x, y);
        const shown = [here, here.closest("label"), here.closest(".option")].some((each) => {
            const style = each && getComputedStyle(each);
            return style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
        });
        const label = here.labels?.[0];
        return {
            what: here.outerHTML.slice(0, 120),
            isShown: shown,
            isInSight: y >= box.top && y <= box.bottom && x >= box.left && x <= box.right,
            isOnTop: here.contains(top) || top?.contains(here) || Boolean(label?.contains(top)),
        };
    }
"""
MOVING = """
    () => [...document.querySelectorAll("*")].filter((each) =>
        ["", "::before", "::after"].some((part) => {
            const style = getComputedStyle(each, part || null);
            const lasts = style.transitionDuration.split(",").some((time) => parseFloat(time) > 0);
            return lasts || style.animationName !== "none" || style.scrollBehavior === "smooth";
        })
    ).map((each) => each.outerHTML.slice(0, 120))
"""


@pytest.fixture
def shop(live_server, tech):
    """The address of a shop with two products, one of them in two sizes."""
    audio = make_category("Audio")
    make_product("Lamp", price="20", on_hand=9, image="A lamp", categories=[audio])
    make_product(
        "Shirt",
        option_names=["Size"],
        variants=[{"option_values": [size], "on_hand": 3} for size in ("S", "M")],
        image="A shirt",
        categories=[audio],
    )
    make_shipping_method("express", "15.00", position=2)
    return f"http://tech.localhost:{live_server.url.rpartition(':')[2]}"


def pages_of(shop, page):
    """Visit each kind of page in turn, with something in the cart."""
    page.goto(f"{shop}/products/lamp/")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("dialog").wait_for()
    for path in ("/", "/categories/audio/", "/products/shirt/", "/search/?q=lamp", "/nothing/"):
        page.goto(shop + path)
        yield path
    for path in ("/cart/", "/checkout/", "/account/"):
        page.goto(shop + path)
        yield path


def walk(page):
    """Every place where the Tab key stops, from the first one to the end of the page."""
    places = []
    for _press in range(120):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUS)
        if found is None or (len(places) > 1 and found == places[0]):
            return places
        places.append(found)
    pytest.fail("The keyboard does not come to the end of the page.")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (360, 740), (320, 200)])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(shop, visit, width, height):
    # Looked at where the page has come to, not on the way there.
    size = {"width": width, "height": height}
    page = visit(viewport=size, reduced_motion="reduce").page
    lost = []
    for path in pages_of(shop, page):
        places = walk(page)
        assert len(places) > 5, path
        assert "skip" in places[0]["what"], path
        lost += [
            (path, place)
            for place in places
            if not (place["isShown"] and place["isInSight"] and place["isOnTop"])
        ]
    assert lost == []


def test_nothing_moves_for_whom_motion_is_too_much(shop, visit):
    page = visit(reduced_motion="reduce").page

    moving = {path: page.evaluate(MOVING) for path in pages_of(shop, page)}

    assert {path: found for path, found in moving.items() if found} == {}


def test_with_forced_colours_the_focus_and_what_is_chosen_can_be_seen(shop, visit):
    page = visit(forced_colors="active").page
    page.goto(f"{shop}/products/shirt/")
    chosen, other = page.locator(".option").nth(0), page.locator(".option").nth(1)

    assert chosen.locator("input").is_checked()
    expect(chosen).to_have_css("outline-style", "solid")
    expect(other).to_have_css("outline-style", "none")
    assert all(place["isShown"] for place in walk(page))


def test_a_page_on_paper_has_what_is_sold_and_no_way_to_go(shop, visit):
    page = visit(720, color_scheme="dark").page
    page.emulate_media(media="print")
    shown = {"/": "Lamp", "/categories/audio/": "Lamp", "/products/shirt/": "Shirt"}
    for path, name in shown.items():
        page.goto(shop + path)
        expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
        expect(page.locator("h1, .card-name").get_by_text(name).first).to_be_visible()
        found = Axe().run(page, options={"runOnly": ["color-contrast"]}).response["violations"]
        assert found == [], path
        for way in page.locator("button, .menu, .search, .cart-link, .crumbs, .footer nav").all():
            expect(way).to_be_hidden()


def test_an_order_on_paper_has_its_sums_and_no_buttons(shop, visit):
    page = visit(720).page
    list(pages_of(shop, page))
    page.goto(f"{shop}/checkout/")
    for label, text in {
        "E-mail address": "ann@example.com",
        "Full name": "Ann Lee",
        "Street address": "1 Main St",
        "City": "New York",
        "ZIP code": "10001",
    }.items():
        page.locator(".checkout-fields").get_by_label(label, exact=True).first.fill(text)
    page.locator("#id_state").select_option("NY")
    page.get_by_role("button", name=re.compile(r"^Pay \$")).click()
    page.wait_for_url("**/stripe-demo/pay/**")
    select()
    page.goto(f"{shop}/orders/{Order.objects.get().access_token}/")
    page.emulate_media(media="print")

    expect(page.get_by_text("1 Main St")).to_be_visible()
    expect(page.locator(".sums-total dd")).to_be_visible()
    expect(page.locator(".thumb-units")).to_have_css("color", "rgb(0, 0, 0)")
    for way in page.locator("button, .button, .cart-link").all():
        expect(way).to_be_hidden()
