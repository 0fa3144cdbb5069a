"""A shop at a domain of its own, with letters of another script, in a real browser."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Browser, Page, expect

from tenants.models import Domain, Tenant
from tenants.resolution import clear_cache
from tenants.services import add_domain
from tests.browser.conftest import PATIENCE, _executable
from tests.factories import make_category, make_product

ASCII = "xn--bcher-kva.example"

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser for which the domain leads to this machine."""
    led = browser.browser_type.launch(
        executable_path=_executable(),
        args=[
            "--no-sandbox",
            "--disable-dev-shm-usage",
            f"--host-resolver-rules=MAP {ASCII} 127.0.0.1",
        ],
    )
    opened = led.new_page()
    opened.set_default_timeout(PATIENCE)
    yield opened
    led.close()


def test_a_shop_is_browsed_at_a_domain_with_an_umlaut(
    transactional_db: None, live_server: Any, page: Page
) -> None:
    tech = Tenant.objects.get(slug="tech")
    domain: Domain = add_domain(tech, "bücher.example", is_primary=True)
    connection.set_tenant(tech)
    make_product("Lamp", price="12.00", on_hand=9, categories=[make_category("Light")])
    connection.set_schema_to_public()
    clear_cache()
    port = live_server.url.rpartition(":")[2]
    origin = f"http://{ASCII}:{port}"

    page.goto(f"http://bücher.example:{port}/")
    assert page.url == f"{origin}/"
    assert domain.shown == "bücher.example"
    page.get_by_role("link", name="Light").first.click()
    page.get_by_role("link", name="Lamp").first.click()
    expect(page).to_have_url(re.compile(f"^{origin}/products/"))
    with page.expect_response("**/cart/add/"):
        page.get_by_role("button", name="Add to cart").click()
    page.goto(f"{origin}/cart/")
    assert "Lamp" in page.locator("main").inner_text()
    assert "12.00" in page.locator("main").inner_text()
