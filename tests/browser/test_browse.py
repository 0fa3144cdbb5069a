"""Both shops in Chromium: with and without script, wide and narrow, light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection

from catalog.demo.loading import ensure_shop
from catalog.demo.outdoor import OUTDOOR
from catalog.demo.tech import TECH
from catalog.models import Product, ProductImage
from catalog.services.refresh import refresh_products
from tenants.shop.models import raise_catalogue_version
from tests.factories import PASSWORD, make_member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = ["/", "/products/", "/search/?q=lamp", "/search/?q=zzzz", "/nothing-here/"]


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
    heading = page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("list").locator(".card a").first.click()

    assert page.get_by_role("heading", level=1).inner_text() != heading
    assert page.locator(".product-price").inner_text().startswith(("$", "from $"))
    page.get_by_role("navigation", name="You are here").get_by_role("link", name="Home").click()
    assert page.url == f"{shops[slug]}/"
    assert seen.problems == []


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_shopper_searches_filters_and_sorts(shops, visit, script):
    seen = visit(java_script_enabled=script)
    page = seen.page
    page.goto(shops["tech"])

    page.get_by_label("Search the shop").fill("hedphones")
    page.get_by_role("button", name="Search").click()
    assert "headphones" in page.locator(".lead").inner_text()
    assert page.locator(".card").count() >= 1

    page.goto(f"{shops['tech']}/products/")
    page.get_by_label("From").fill("200")
    with page.expect_navigation():
        page.get_by_label("Order").select_option("price")
        if not script:
            page.get_by_role("button", name="Show").click()
    assert "from $200.00" in page.locator(".chosen").inner_text()
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_pages_fit_and_have_no_serious_flaw_of_access(shops, visit, width, scheme):
    seen = visit(width, color_scheme=scheme)
    for slug, product in (("tech", "fitness-watch"), ("outdoor", "family-tent-5")):
        for path in (*PAGES, f"/products/{product}/"):
            seen.page.goto(shops[slug] + path)
            assert not seen.is_too_wide(), (slug, path)
            found = Axe().run(seen.page).response["violations"]
            serious = [
                (each["id"], each["nodes"][0]["html"][:200])
                for each in found
                if each["impact"] in {"serious", "critical"}
            ]
            assert serious == [], (slug, path)
    assert seen.problems == []


def test_the_directory_leads_to_a_shop(shops, visit):
    seen = visit(360)
    seen.page.goto(shops["tech"].replace("tech.", ""))

    assert not seen.is_too_wide()
    seen.page.get_by_role("link", name="Outdoor Adventures").click()

    assert seen.page.url == f"{shops['outdoor']}/"
    assert seen.problems == []


def test_a_small_picture_is_shown_large(shops, visit, tech):
    product = Product.objects.get(slug="turntable-tt-1")
    first = product.images.get()
    second = ProductImage(product=product, alt="From the side", position=2)
    second.file.save("b.webp", first.file.file, save=False)
    second.measure()
    second.save(force_insert=True)
    refresh_products([product.pk])
    raise_catalogue_version()
    seen = visit()
    seen.page.goto(f"{shops['tech']}/products/turntable-tt-1/")

    seen.page.locator(".gallery-small a").nth(1).click()

    assert seen.page.locator("#picture").get_attribute("alt") == "From the side"
    assert seen.page.url.endswith("/products/turntable-tt-1/")
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
    page.goto(f"{shops['tech']}/admin/")
    page.get_by_label("E-mail address").fill("merchant@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()

    page.goto(f"{shops['tech']}/admin/catalog/product/?q=WH-001")
    page.get_by_role("link", name="Wireless Headphones").first.click()

    assert page.locator("#id_name").input_value() == "Wireless Headphones"
    assert seen.problems == []
