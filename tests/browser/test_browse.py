"""Both shops in Chromium: with and without script, wide and narrow, light and dark."""

import re

import pytest
from django.db import connection
from playwright.sync_api import expect

from catalog.demo.loading import ensure_shop
from catalog.demo.outdoor import OUTDOOR
from catalog.demo.tech import TECH
from tests.browser.conftest import sign_in
from tests.factories import make_member, make_product

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = ["/", "/products/", "/search/?q=lamp", "/search/?q=zzzz", "/nothing-here/"]
PAGES += ["/products/?min_price=50&in_stock=on", "/products/?min_price=99999", "/pages/delivery/"]


@pytest.fixture
def shops(live_server, settings, tmp_path):
    """The addresses of both demo shops."""
    settings.MEDIA_ROOT = tmp_path
    settings.RESPONSE_CACHE_BYTES = 0
    for shop in (TECH, OUTDOOR):
        connection.set_schema_to_public()
        ensure_shop(shop)
    port = live_server.url.rpartition(":")[2]
    return {slug: f"http://{slug}.localhost:{port}" for slug in ("tech", "outdoor")}


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
@pytest.mark.parametrize("slug", ["tech", "outdoor"])
def test_a_shopper_browses_from_the_home_page_to_a_product(shops, visit, slug, script):
    seen = visit(java_script_enabled=script)
    page = seen.page
    page.goto(shops[slug])

    page.get_by_role("navigation", name="Categories").get_by_role("link").nth(1).click()
    expect(page).to_have_url(re.compile("/categories/"))
    heading = page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("list").locator(".card a").first.click()

    expect(page).to_have_url(re.compile("/products/"))
    expect(page.get_by_role("heading", level=1)).not_to_have_text(heading)
    expect(page.locator(".product-price")).to_have_text(re.compile(r"^\s*(from )?\$"))
    page.get_by_role("navigation", name="You are here").get_by_role("link", name="Home").click()
    expect(page).to_have_url(f"{shops[slug]}/")
    assert seen.problems == []


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_shopper_searches_filters_and_sorts(shops, visit, script):
    seen = visit(java_script_enabled=script)
    page = seen.page
    page.goto(shops["tech"])

    page.get_by_label("Search the shop").fill("hedphones")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".lead")).to_contain_text("“headphones”")
    expect(page.locator(".card")).not_to_have_count(0)

    page.goto(f"{shops['tech']}/products/")
    page.get_by_label("From").fill("200")
    with page.expect_navigation():
        page.get_by_label("Order").select_option("price")
        if not script:
            page.get_by_role("button", name="Show").click()
    expect(page.locator(".chosen")).to_contain_text("from $200.00")
    prices = page.locator(".card .price").all_inner_texts()
    amounts = [float(price.replace("from ", "").strip("$").replace(",", "")) for price in prices]
    assert amounts
    assert amounts == sorted(amounts)
    assert amounts[0] >= 200
    assert seen.problems == []


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_on_a_phone_the_choices_open_over_the_list(shops, visit, script):
    seen = visit(360, java_script_enabled=script)
    page = seen.page
    page.goto(f"{shops['outdoor']}/products/")
    assert not page.get_by_label("In stock").is_visible()

    page.get_by_role("button", name="Filter").click()
    page.locator("input[value='Size=M']").check()
    page.get_by_label("In stock").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Show").click()

    assert "option=Size%3DM" in page.url
    chips = page.locator(".chosen a")
    assert chips.count() == 3
    shown = page.locator(".card").count()
    with page.expect_navigation():
        chips.first.click()
    assert page.locator(".card").count() > shown
    assert seen.problems == []


def test_on_a_phone_the_cart_stands_beside_the_shops_name(shops, visit, outdoor):
    outdoor.language, outdoor.name = "de", "Outdoor Adventures Draußenladen"
    outdoor.save()
    seen = visit(360)
    page = seen.page
    page.goto(shops["outdoor"])
    page.context.add_cookies([{"name": "cart_count", "value": "12", "url": shops["outdoor"]}])
    page.reload()
    cart, name = page.locator(".cart-link"), page.locator(".header .shop-name")
    expect(cart).to_have_text(re.compile(r"^Warenkorb\s+12$"))

    assert cart.bounding_box()["height"] < 32
    assert cart.bounding_box()["y"] < name.bounding_box()["y"] + name.bounding_box()["height"]
    assert not seen.is_too_wide()


OF_A_SHOP = {
    "tech": ["/categories/audio/", "/products/fitness-watch/", "/products/wireless-headphones/"],
    "outdoor": ["/categories/camping/", "/products/family-tent-5/"],
}


@pytest.mark.parametrize("slug", OF_A_SHOP)
def test_pages_fit_and_have_no_flaw_of_access(shops, visit, slug):
    seen = visit()
    seen.expected.add(400)

    flaws = {}
    for path in (*PAGES, *OF_A_SHOP[slug]):
        seen.page.goto(shops[slug] + path)
        flaws[path] = seen.flaws()

    assert {path: found for path, found in flaws.items() if found} == {}
    assert seen.problems == []


def test_the_directory_leads_to_a_shop(shops, visit):
    seen = visit(360)
    seen.page.goto(shops["tech"].replace("tech.", ""))

    assert not seen.is_too_wide()
    seen.page.get_by_role("link", name="Outdoor Adventures").click()

    expect(seen.page).to_have_url(f"{shops['outdoor']}/")
    assert seen.problems == []


@pytest.fixture
def pictured(shops):
    """A watch with three pictures: one of each colour, and one from above."""
    return f"{shops['tech']}/products/fitness-watch/"


def test_pictures_are_swiped_chosen_and_magnified(pictured, visit):
    seen = visit()
    page = seen.page
    page.goto(pictured)
    thumbs = page.locator(".thumbs a")
    second = page.locator("#view-2 img")

    thumbs.nth(1).click()
    expect(second).to_be_in_viewport(ratio=0.9)
    expect(thumbs.nth(1)).to_have_attribute("aria-current", "true")
    expect(thumbs.nth(0)).not_to_have_attribute("aria-current", "true")

    expect(page.locator("#view-1 img")).not_to_be_in_viewport()
    page.locator(".views").press("ArrowRight")
    expect(thumbs.nth(2)).to_have_attribute("aria-current", "true")

    page.locator("#view-3 a").press("Enter")
    zoom = page.get_by_role("dialog", name="Pictures of the product")
    expect(zoom.get_by_role("img")).to_have_attribute("alt", re.compile("from above"))
    page.keyboard.press("ArrowRight")
    expect(zoom.get_by_role("img")).to_have_attribute("alt", re.compile("dark strap"))
    width = zoom.get_by_role("img").bounding_box()["width"]
    zoom.get_by_role("button", name="Magnify").click()
    assert zoom.get_by_role("img").bounding_box()["width"] > 1.9 * width
    page.keyboard.press("Escape")
    expect(zoom).to_be_hidden()
    expect(page.locator("#view-3 a")).to_be_focused()
    assert seen.problems == []


def test_a_choice_says_what_it_costs_and_whether_it_can_be_had(pictured, visit):
    seen = visit()
    page = seen.page
    page.goto(pictured)
    offer, button = page.locator(".offer"), page.locator(".buy [type=submit]")
    sand, large = page.get_by_role("radio", name="Sand"), page.get_by_role("radio", name="46 mm")
    expect(offer).to_contain_text("$179.00")
    expect(page.locator(".option-out")).to_have_count(0)

    page.get_by_role("radio", name="42 mm").focus()
    page.keyboard.press("ArrowRight")
    expect(large).to_be_checked()
    expect(offer).to_contain_text("$199.00")
    expect(page.locator(".option-out")).to_have_text(re.compile("Sand.*not available", re.DOTALL))

    sand.check()
    expect(offer).to_contain_text("Sold out")
    expect(offer).to_contain_text("FW-010-46-MM-SAND")
    expect(page.locator("#view-2 img")).to_be_in_viewport(ratio=0.9)
    expect(button).to_be_disabled()
    expect(button).to_have_text("Sold out")

    page.get_by_role("radio", name="42 mm").check()
    expect(offer).to_contain_text("Low stock: 3 left")
    expect(page.locator("[name=quantity]")).to_have_attribute("max", "3")
    button.click()
    page.get_by_role("link", name="View cart").click()
    expect(page.locator("main")).to_contain_text("Size: 42 mm, Colour: Sand")
    assert seen.problems == []


def test_a_variant_is_chosen_and_bought_without_a_script(shops, visit):
    seen = visit(java_script_enabled=False)
    page = seen.page
    page.goto(f"{shops['tech']}/products/fitness-watch/")
    expect(page.get_by_role("table", name="Prices and stock")).to_contain_text("$199.00")

    page.get_by_role("radio", name="Sand").check()
    page.get_by_role("button", name="Add to cart").click()

    expect(page.locator("main")).to_contain_text("Size: 42 mm, Colour: Sand")
    assert seen.problems == []


@pytest.mark.parametrize("width", [1280, 360])
def test_without_a_script_the_badge_of_a_price_stands_in_its_cell(shops, visit, width):
    page = visit(width, java_script_enabled=False).page
    page.goto(f"{shops['outdoor']}/products/down-jacket/")
    cells = page.get_by_role("table", name="Prices and stock").locator("td:has(.badge)")
    expect(cells).to_have_count(4)

    for cell in cells.all():
        around, badge = cell.bounding_box(), cell.locator(".badge").bounding_box()
        assert around["x"] <= badge["x"]
        assert badge["x"] + badge["width"] <= around["x"] + around["width"]
        assert around["y"] <= badge["y"]
        assert badge["y"] + badge["height"] <= around["y"] + around["height"]


def test_what_was_looked_at_is_remembered_in_the_browser_alone(shops, visit):
    seen = visit()
    page = seen.page
    page.goto(f"{shops['tech']}/products/pocket-radio/")
    expect(page.get_by_role("heading", name="You looked at")).to_be_hidden()
    page.evaluate(
        """() => localStorage.setItem("seen:/", JSON.stringify([
            ...JSON.parse(localStorage.getItem("seen:/")),
            {href: "javascript:alert(1)", name: "Evil", picture: ""},
        ]))"""
    )

    page.goto(f"{shops['tech']}/products/turntable-tt-1/")

    links = page.get_by_role("region", name="You looked at").get_by_role("link")
    expect(links).to_have_text(["Pocket Radio"])
    assert page.context.cookies() == []
    links.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pocket Radio")
    assert seen.problems == []


def test_what_was_looked_at_has_a_picture_even_where_there_is_none(shops, visit, tech):
    make_product("Ghost")
    seen = visit()
    page = seen.page
    page.goto(f"{shops['tech']}/products/ghost/")
    page.goto(f"{shops['tech']}/products/pocket-radio/")
    page.evaluate(
        """() => localStorage.setItem("seen:/", localStorage.getItem("seen:/")
            .replace(/"picture":"[^"]+"/, '"picture":"/media/gone.webp"'))"""
    )

    page.goto(f"{shops['tech']}/products/turntable-tt-1/")

    region = page.get_by_role("region", name="You looked at")
    region.scroll_into_view_if_needed()
    pictures = region.locator("img.no-picture")
    expect(pictures).to_have_count(2)
    for number in range(2):
        expect(pictures.nth(number)).to_have_js_property("complete", True)
        expect(pictures.nth(number)).to_have_attribute("src", re.compile("no-picture"))
    assert seen.problems == []


def test_the_description_of_the_api_shows_without_a_breach_of_policy(shops, visit):
    seen = visit()
    seen.page.goto(f"{shops['tech']}/api/docs")

    seen.page.get_by_text("Products of a tenant, newest first").first.wait_for()

    assert seen.problems == []


def test_a_merchant_signs_in_and_finds_a_product(shops, visit, tech):
    make_member(tech, email="merchant@example.com")
    seen = visit()
    page = seen.page
    sign_in(page, shops["tech"])

    page.goto(f"{shops['tech']}/admin/catalog/product/?q=WH-001")
    page.get_by_role("link", name="Wireless Headphones").first.click()

    assert page.locator("#id_name").input_value() == "Wireless Headphones"
    assert seen.problems == []
