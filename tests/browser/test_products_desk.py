"""A merchant at the products: prices in the list; pictures by drop, drag, keyboard, plain form."""

import io

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from PIL import Image
from playwright.sync_api import expect

from catalog.models import Product
from tenants.models import Tenant
from tests.factories import make_member, make_product

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def _select() -> Tenant:
    connection.set_schema_to_public()
    tenant = Tenant.objects.get(slug="tech")
    connection.set_tenant(tenant)
    return tenant


@pytest.fixture
def shirt(live_server, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    tenant = _select()
    make_member(tenant, "manager", email="merchant@example.com")
    make_product("Lamp", price="10.00", sku="LAMP")
    sizes = [{"option_values": [size]} for size in ("S", "M")]
    return make_product("Shirt", option_names=["Size"], variants=sizes)


@pytest.fixture
def desk(shirt, sit_down):
    """A browser that is signed in, at the given width."""
    return sit_down


def _page_of(product):
    return f"/admin/catalog/product/{product.pk}/change/"


def _file(name, color, content=None):
    made = io.BytesIO()
    Image.new("RGB", (400, 300), color).save(made, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": content or made.getvalue()}


FILES = [_file("a.png", "red"), _file("bad.png", "red", b"no picture"), _file("b.png", "blue")]


def _alts(product):
    _select()
    return [image["alt"] for image in Product.objects.get(pk=product.pk).image_list]


def test_pictures_are_dropped_described_sorted_and_removed(desk, shirt):
    seen = desk()
    page = seen.page
    page.goto(_page_of(shirt))
    said = page.get_by_role("status").filter(has_text=".").last

    page.locator("#picture-files").set_input_files(FILES)
    items = page.locator(".desk-picture")
    expect(items).to_have_count(2)
    expect(page.locator(".desk-uploads")).to_contain_text("bad.png: This is not a JPEG")

    page.get_by_label("Alternative text of picture 1").fill("Red")
    page.get_by_label("Alternative text of picture 2").fill("Blue")
    page.get_by_label("Shows of picture 2").select_option("M")
    expect(said).to_have_text("Saved.")

    up = page.get_by_role("button", name="Move picture 2 up")
    up.focus()
    page.keyboard.press("Enter")
    expect(said).to_have_text("Picture is now 1 of 2.")
    expect(page.get_by_role("button", name="Move picture 1 up")).to_be_focused()
    assert _alts(shirt) == ["Blue", "Red"]

    page.locator("[data-gallery]").evaluate("list => list.scrollIntoView({ block: 'center' })")
    handle = items.nth(0).locator(".desk-handle").bounding_box()
    target = items.nth(1).bounding_box()
    page.mouse.move(handle["x"] + 8, handle["y"] + 12)
    page.mouse.down()
    # A browser begins to drag with the first move, and says over what with the next ones.
    for step in (0.25, 0.5, 0.6):
        page.mouse.move(target["x"] + 60, target["y"] + target["height"] * step)
    page.mouse.up()
    expect(said).to_have_text("Picture is now 2 of 2.")
    assert _alts(shirt) == ["Red", "Blue"]

    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Remove picture 1").click()
    expect(items).to_have_count(1)
    expect(page.get_by_role("button", name="Remove picture 1")).to_be_focused()
    assert _alts(shirt) == ["Blue"]
    page.reload()
    expect(page.get_by_label("Alternative text of picture 1")).to_have_value("Blue")
    expect(page.get_by_label("Shows of picture 1").locator("option:checked")).to_have_text("M")
    assert seen.problems == []


def test_files_fall_onto_the_form_and_one_that_got_lost_is_sent_again(desk, shirt):
    seen = desk()
    page = seen.page
    page.goto(_page_of(shirt))
    page.route("**/pictures/", lambda route: route.abort(), times=1)
    dropped = page.evaluate_handle(
        """async () => {
            const canvas = new OffscreenCanvas(20, 20);
            canvas.getContext("2d").fillRect(0, 0, 20, 20);
            const blob = await canvas.convertToBlob();
            const all = new DataTransfer();
            for (const name of ["one.png", "two.png"]) all.items.add(new File([blob], name));
            return all;
        }"""
    )

    page.dispatch_event(".desk-drop", "drop", {"dataTransfer": dropped})

    expect(page.locator(".desk-picture")).to_have_count(1)
    page.get_by_role("button", name="Send one.png again").click()
    expect(page.locator(".desk-picture")).to_have_count(2)
    expect(page.locator(".desk-uploads li")).to_have_count(0)


def test_without_a_script_the_same_is_done_by_the_form(desk, shirt):
    seen = desk(java_script_enabled=False)
    page = seen.page
    page.goto(_page_of(shirt))

    page.locator("#picture-files").set_input_files(FILES)
    page.get_by_role("button", name="Save pictures").click()
    expect(page.get_by_text("2 pictures added.")).to_be_visible()
    expect(page.get_by_text("bad.png: This is not a JPEG")).to_be_visible()

    page.get_by_label("Alternative text of picture 1").fill("Red")
    page.get_by_role("button", name="Move picture 1 down").click()
    expect(page.get_by_label("Alternative text of picture 2")).to_have_value("Red")
    assert _alts(shirt) == ["", "Red"]
    page.get_by_role("button", name="Remove picture 1").click()
    expect(page.get_by_label("Alternative text of picture 1")).to_have_value("Red")
    assert _alts(shirt) == ["Red"]

    page.goto("/admin/catalog/product/")
    page.get_by_label("Price of Lamp").fill("12.50")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("1 row saved.")).to_be_visible()
    expect(page.get_by_label("Price of Lamp")).to_have_value("12.50")


@pytest.mark.parametrize("width", [360, 1280])
def test_without_a_script_a_list_is_filtered_and_what_is_chosen_is_changed(desk, shirt, width):
    page = desk(width, java_script_enabled=False).page
    page.goto("/admin/catalog/product/")

    page.locator("input.action-select").first.check()
    page.locator("select[name=action]").select_option("archive")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("1 product is now archived.")).to_be_visible()
    expect(page.locator("input.action-select")).to_have_count(2)

    expect(page.get_by_text("Filters", exact=True)).to_be_hidden()
    page.get_by_role("link", name="Archived", exact=True).click()
    expect(page.locator("input.action-select")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_pages_of_products_fit_and_have_no_serious_flaw_of_access(desk, shirt, width, scheme):
    seen = desk(width, color_scheme=scheme)
    page = seen.page
    page.goto(_page_of(shirt))
    page.locator("#picture-files").set_input_files(FILES)
    expect(page.locator(".desk-picture")).to_have_count(2)
    for path in (
        None,
        "/admin/catalog/product/add/",
        "/admin/catalog/product/",
        "/admin/catalog/variant/",
    ):
        if path:
            page.goto(path)
        assert not seen.is_too_wide(), path
        found = Axe().run(page).response["violations"]
        serious = [
            (each["id"], each["nodes"][0]["html"][:200])
            for each in found
            if each["impact"] in {"serious", "critical"}
        ]
        assert serious == [], path
    assert seen.problems == []
