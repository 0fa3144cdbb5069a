"""A merchant changes the look in the back office and sees it in the shop."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from PIL import Image
from playwright.sync_api import expect

from tenants.models import Tenant
from tests.factories import make_member, make_product

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(sit_down):
    """A browser that is signed in, on the form."""
    connection.set_schema_to_public()
    tenant = Tenant.objects.get(slug="tech")
    connection.set_tenant(tenant)
    make_product("Wireless Headphones", price="129.99", compare_at_price="149.99")
    make_member(tenant, "manager", email="merchant@example.com")

    def open_form(width=1280, **options):
        seen = sit_down(width, **options)
        seen.page.goto("/admin/tenants/shoplook/")
        return seen

    return open_form


def _fill(page):
    page.get_by_label("Name", exact=False).first.fill("Gadget House")
    page.locator("#id_primary_color").fill("#ffee00")
    page.get_by_label("Corners").select_option("none")
    page.get_by_label("Type").select_option("classic")


def _style(place, name):
    return place.evaluate("(element, name) => getComputedStyle(element)[name]", name)


def test_the_preview_follows_the_form_and_the_shop_follows_the_save(desk):
    seen = desk()
    page, shop = seen.page, seen.new_tab()
    frame = page.frame_locator(".look-frame")
    expect(frame.get_by_role("link", name="Tech Gadgets").first).to_be_visible()
    shop.goto("/")
    expect(shop.get_by_role("link", name="Tech Gadgets").first).to_be_visible()

    _fill(page)

    expect(frame.get_by_role("link", name="Gadget House").first).to_be_visible()
    expect(frame.locator(".hero")).to_have_css("background-color", "rgb(255, 238, 0)")
    expect(frame.locator(".hero")).to_have_css("border-radius", "0px")
    expect(page.locator("#look-colors")).to_contain_text(
        re.compile("#ffee00 has a contrast of 1.1 to 1 on the light page; .* #[0-9a-f]{6}")
    )
    shop.reload()
    expect(shop.get_by_role("link", name="Tech Gadgets").first).to_be_visible()

    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("as text it is shown as #").first).to_be_visible()
    shop.wait_for_timeout(1100)
    shop.reload()

    expect(shop.get_by_role("link", name="Gadget House").first).to_be_visible()
    hero, heading = shop.locator(".hero"), shop.locator(".hero h1")
    assert _style(hero, "backgroundColor") == "rgb(255, 238, 0)"
    assert _style(hero, "borderRadius") == "0px"
    assert "Georgia" in _style(heading, "fontFamily")
    assert _style(heading, "color") == "rgb(0, 0, 0)"
    assert seen.problems == []


def test_a_logo_is_seen_before_it_is_sent_and_afterwards(desk, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    picture = tmp_path / "a logo.png"
    Image.new("RGB", (600, 200), "#1d4ed8").save(picture)
    seen = desk()
    page = seen.page
    logo = page.frame_locator(".look-frame").locator(".header .shop-name img")

    page.locator("#id_logo").set_input_files(picture)
    expect(logo).to_have_attribute("src", re.compile("^data:image/png"))
    page.locator("#id_logo_alt").fill("A tower of gadgets")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(logo).to_have_attribute("alt", "A tower of gadgets")
    expect(logo).to_have_js_property("complete", True)

    size = logo.bounding_box()
    assert (round(size["width"]), round(size["height"])) == (120, 40)
    # The address of the file is long, and has its room beside the preview.
    field = page.locator("fieldset", has=page.locator("#id_logo")).bounding_box()
    frame = page.locator(".look-frame").bounding_box()
    assert field["x"] + field["width"] < frame["x"]
    assert seen.problems == []


def test_the_shop_can_be_seen_in_the_dark_and_on_a_phone(desk):
    seen = desk(color_scheme="null")
    page = seen.page
    body = page.frame_locator(".look-frame").locator("body")
    expect(body).to_have_css("background-color", "rgb(255, 255, 255)")

    page.get_by_label("In the dark").check()
    page.get_by_label("On a phone").check()

    expect(body).to_have_css("background-color", "rgb(22, 24, 29)")
    assert page.locator(".look-frame").bounding_box()["width"] == 360
    page.locator("#id_name").fill("Gadget House")
    page.get_by_label("Page", exact=True).select_option("Every component")
    frame = page.frame_locator(".look-frame")
    expect(frame.get_by_role("heading", name="Style guide")).to_be_visible()
    expect(frame.get_by_role("link", name="Gadget House").first).to_be_visible()
    assert seen.problems == []


def test_where_the_script_did_not_come_a_button_shows_the_preview(desk):
    seen = desk()
    page = seen.page
    page.route("**/js/look*.js", lambda route: route.abort())
    page.reload()
    _fill(page)

    page.get_by_role("button", name="Preview").click()

    frame = page.frame_locator(".look-frame")
    expect(frame.get_by_role("link", name="Gadget House").first).to_be_visible()
    expect(frame.locator(".hero")).to_have_css("border-radius", "0px")
    expect(page.get_by_label("Corners")).to_have_value("none")


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_can_be_used_by_everybody(desk, width, scheme):
    seen = desk(width, color_scheme=scheme)
    page = seen.page
    page.locator("#id_primary_color").fill("#ffee00")
    expect(page.locator("#look-colors")).to_contain_text("#ffee00")

    found = Axe().run(page, context="#content-main")

    assert not seen.is_too_wide()
    serious = [
        each for each in found.response["violations"] if each["impact"] in {"serious", "critical"}
    ]
    assert [each["id"] for each in serious] == [], found.generate_report()
