"""The second factor in a browser: set up, asked for, and required by a shop."""

import re
from datetime import timedelta
from unittest.mock import patch

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from django.utils import timezone

from tenants.models import SecondFactor, Tenant
from tests.factories import PASSWORD, make_member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
EMAIL = "merchant@example.com"


@pytest.fixture
def desk(live_server, visit):
    """A browser at the given width, in front of the page to sign in."""
    connection.set_schema_to_public()
    tenant = Tenant.objects.get(slug="tech")
    connection.set_tenant(tenant)
    make_member(tenant, email=EMAIL)
    port = live_server.url.rpartition(":")[2]

    def sit_down(width=1280, **options):
        seen = visit(width, base_url=f"http://tech.localhost:{port}", **options)
        seen.page.goto("/admin/")
        return seen

    return sit_down


def _give_password(page):
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")


def _sign_out(page):
    page.context.clear_cookies()
    page.goto("/admin/")


def _set_up(page):
    """Do what the page says, as far as the recovery codes; the app."""
    app = pyotp.TOTP(page.locator("#key").inner_text().replace(" ", ""))
    page.get_by_label("Code of the app").fill(app.at(timezone.now()))
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_label("Your password").press("Enter")
    page.get_by_role("heading", name="Your recovery codes").wait_for()
    return app


@pytest.mark.parametrize(("width", "script"), [(1280, True), (360, False)])
def test_staff_sets_it_up_and_signs_in_by_app_and_by_recovery_code(desk, width, script, tmp_path):
    seen = desk(width, java_script_enabled=script)
    page = seen.page
    _give_password(page)
    page.get_by_role("heading", name="What needs doing").wait_for()
    page.goto("/admin/second-factor/")
    assert page.get_by_role("img", name="QR code").bounding_box()["width"] > 150
    assert not script or seen.is_too_wide() is False

    app = _set_up(page)
    codes = page.locator(".desk-recovery code").all_inner_texts()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download them").click()
    download.value.save_as(tmp_path / "codes.txt")
    assert re.findall(r"^\w{4}-.*$", (tmp_path / "codes.txt").read_text(), re.MULTILINE) == codes
    assert not script or seen.is_too_wide() is False

    # By the app: the next code, since the one that set it up was used.
    _sign_out(page)
    _give_password(page)
    page.get_by_label("Code").fill("000000")
    page.get_by_label("Code").press("Enter")
    page.get_by_text("This code is wrong, too old, or was used already.").wait_for()
    later = timezone.now() + timedelta(seconds=30)
    with patch("django.utils.timezone.now", lambda: later):
        page.get_by_label("Code").fill(app.at(later))
        page.get_by_label("Code").press("Enter")
        page.get_by_role("heading", name="What needs doing").wait_for()

    # By paper, once.
    for entered in (True, False):
        _sign_out(page)
        _give_password(page)
        page.get_by_label("Code").fill(codes[3])
        page.get_by_role("button", name="Sign in").click()
        if entered:
            page.get_by_role("heading", name="What needs doing").wait_for()
        else:
            page.get_by_text("This code is wrong, too old, or was used already.").wait_for()
    assert seen.problems == []


def test_a_shop_that_requires_it_leads_there_and_lets_nobody_past(desk):
    Tenant.objects.filter(slug="tech").update(second_factor_required=True)
    seen = desk(360)
    page = seen.page
    _give_password(page)
    page.get_by_text("Tech Gadgets requires a second factor").wait_for()
    page.goto("/admin/orders/order/")
    page.get_by_role("heading", name="Set up a second factor").wait_for()

    _set_up(page)
    page.get_by_role("link", name="I have them: go on").click()
    page.get_by_role("heading", name="What needs doing").wait_for()

    assert SecondFactor.objects.count() == 1
    assert seen.problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_pages_can_be_read_by_everybody(desk, scheme):
    seen = desk(360, color_scheme=scheme)
    page, axe = seen.page, Axe()
    _give_password(page)
    page.get_by_role("heading", name="What needs doing").wait_for()
    page.goto("/admin/second-factor/")
    flaws = {}

    def look(name):
        assert seen.is_too_wide() is False, name
        found = axe.run(page).response["violations"]
        serious = [each["id"] for each in found if each["impact"] in {"serious", "critical"}]
        if serious:
            flaws[name] = serious

    look("to set up")
    _set_up(page)
    look("recovery codes")
    page.goto("/admin/second-factor/")
    look("set up")
    page.goto("/admin/tenants/membership/")
    look("members")
    _sign_out(page)
    _give_password(page)
    page.get_by_label("Code").wait_for()
    look("code")
    assert flaws == {}
    assert seen.problems == []
