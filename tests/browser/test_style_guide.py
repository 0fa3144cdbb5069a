"""Every part of the shop can be read and used by everybody, whatever look it has."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection

from tenants.models import Tenant
from tests.browser.conftest import sign_in
from tests.factories import make_member, make_product

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOOKS = {
    "": {},
    "yellow": {"primary_color": "#ffee00", "accent_color": "#fefefe", "radius": "none"},
    "black": {"primary_color": "#16181d", "accent_color": "#202020", "type_scale": "technical"},
    "small": {"density": "compact", "type_scale": "small", "radius": "small"},
    "large": {"type_scale": "poster", "primary_color": "#808080"},
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_no_part_in_any_look_keeps_anybody_out(live_server, visit, width, scheme):
    connection.set_schema_to_public()
    tenant = Tenant.objects.get(slug="tech")
    connection.set_tenant(tenant)
    make_product("Wireless Headphones")
    make_member(tenant, email="merchant@example.com")
    port = live_server.url.rpartition(":")[2]
    host = f"http://tech.localhost:{port}"
    seen = visit(width, base_url=host, color_scheme=scheme, reduced_motion="reduce")
    page = seen.page
    sign_in(page)

    for name, look in LOOKS.items():
        page.goto(
            "/admin/style-guide/?"
            + "&".join(f"{k}={v}" for k, v in look.items()).replace("#", "%23")
        )

        found = Axe().run(page).response["violations"]
        flaws = [(each["id"], each["nodes"][0]["html"][:200]) for each in found]
        assert flaws == [], (name, width, scheme)
        assert not seen.is_too_wide(), name
    assert seen.problems == []
