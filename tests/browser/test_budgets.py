"""What a first visit costs a shopper with a phone."""

import pytest
from django.db import connection

from benchmarks import weights
from catalog.demo.loading import ensure_shop
from catalog.demo.outdoor import OUTDOOR

PAGES = ["/", "/products/", "/categories/camping/", "/products/family-tent-5/", "/search/?q=tent"]
PAGES += ["/cart/", "/account/", "/pages/delivery/", "/nothing-here/"]


@pytest.fixture
def outdoor_at(live_server, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    connection.set_schema_to_public()
    ensure_shop(OUTDOOR)
    return f"http://outdoor.localhost:{live_server.url.rpartition(':')[2]}"


@pytest.mark.parametrize(("kind", "most"), [("css", weights.STYLES), ("js", weights.SCRIPTS)])
def test_all_styles_and_scripts_of_a_shop_are_small(kind, most):
    sizes = weights.store_files(kind)

    assert sum(sizes.values()) <= most, sizes


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_first_visit_to_any_page_is_light_and_asks_nobody_else(outdoor_at, visit):
    over = []
    for path in PAGES:
        seen = visit(**weights.PHONE)
        found = weights.weigh(seen.page, outdoor_at + path)
        if path == "/products/":
            assert seen.page.locator(".card").count() == 24
            assert found.page <= weights.LIST_OF_24
        if (
            found.asked > weights.REQUESTS
            or found.without_pictures > weights.FIRST_VISIT
            or found.pictures_in_sight > weights.PICTURES_IN_SIGHT
            or len(found.hosts) != 1
            or found.shift
        ):
            over.append((path, found))
        assert found.pictures_in_sight or path not in {"/", "/products/"}

    assert over == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", [weights.PHONE, {}], ids=["phone", "desk"])
def test_nothing_jumps_about_when_something_is_in_the_cart(outdoor_at, visit, kind):
    seen = visit(**kind)
    seen.page.goto(f"{outdoor_at}/products/?in_stock=on")
    seen.page.locator(".card a").first.click()
    seen.page.get_by_role("button", name="Add to cart").click()
    seen.page.get_by_role("dialog").wait_for()

    shifts = {
        path: weights.weigh(seen.new_tab(), outdoor_at + path).shift
        for path in ("/", "/products/family-tent-5/", "/cart/", "/checkout/")
    }

    assert {path: shift for path, shift in shifts.items() if shift} == {}
