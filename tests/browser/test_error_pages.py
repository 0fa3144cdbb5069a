"""What went wrong, seen: every such page can be read by everybody and leads somewhere."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import expect

from tenants.models import Tenant
from tests.factories import make_product

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shops(live_server):
    """A shop without a column that its home page needs, and one that is closed."""
    port = live_server.url.rpartition(":")[2]
    for slug in ("tech", "outdoor"):
        connection.set_schema_to_public()
        tenant = Tenant.objects.get(slug=slug)
        connection.set_tenant(tenant)
        make_product("Lamp")
    connection.set_schema_to_public()
    tenant.active = False
    tenant.save()
    return {slug: f"http://{slug}.localhost:{port}" for slug in ("tech", "outdoor", "nobody")}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_every_page_of_what_went_wrong_can_be_read(shops, visit, width, scheme):
    seen = visit(width, color_scheme=scheme)
    seen.expected = {404, 500}
    page = seen.page

    def check(address, status, heading):
        answer = page.goto(address)
        assert answer.status == status
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        flaws = [each["id"] for each in Axe().run(page).response["violations"]]
        assert flaws == [], address
        assert not seen.is_too_wide(), address

    check(f"{shops['tech']}/nothing/", 404, "This page does not exist")
    check(f"{shops['outdoor']}/", 404, "Outdoor Adventures")
    check(f"{shops['nobody']}/", 404, "No shop here")
    connection.set_tenant(Tenant.objects.get(slug="tech"))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_homepage RENAME COLUMN heading TO lost")
    check(f"{shops['tech']}/", 500, "Something went wrong")
    page.goto(f"{shops['tech']}/")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_homepage RENAME COLUMN lost TO heading")
    page.get_by_role("link", name="Load it again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tech Gadgets")
    assert seen.problems == []
