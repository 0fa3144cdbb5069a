"""Both back offices, page by page: nobody is kept out of one, at a desk or on a phone by night."""

import re
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from playwright.sync_api import expect
from procrastinate.contrib.django import app

from tenants.models import Tenant
from tenants.platform_models import FailedJob, Job
from tests.factories import PASSWORD, make_member, make_user
from tests.isolation.test_routes import MEMBER, PLATFORM, PLATFORM_ROUTES, TENANT_ROUTES
from tests.isolation.test_routes import shops as _shops

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
shops = _shops  # one of everything that a page of a back office shows

SITES = {
    "shop": ("outdoor.localhost", TENANT_ROUTES, MEMBER),
    "platform": ("localhost", PLATFORM_ROUTES, PLATFORM),
}
# Width, height, colour scheme.
MODES = [
    (1280, 800, "light"),
    (1280, 800, "dark"),
    (360, 740, "dark"),
    (360, 740, "light"),
]
# Whatever has to be pushed sideways to be read: the page itself, or a table within it. The script
# of the side bar lays it out anew a moment after the width has changed: what stays is a flaw.
SIDEWAYS = """
    async () => {
        const found = () =>
            [...document.querySelectorAll("html, body *:not(input, textarea, pre)")]
                .filter((each) => each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 2)
                .filter((each) => each.tagName === "HTML"
                    || ["auto", "scroll"].includes(getComputedStyle(each).overflowX))
                .map((each) => `${each.tagName}.${each.className}`);
        for (let tries = 0; tries < 100 && found().length; tries += 1) {
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
        return found();
    }
"""
# Icons that are shown as the letters of their name: the font was cut without them.
LACKING = """
    () => [...document.querySelectorAll(".material-symbols-outlined")]
        .filter((icon) => icon.textContent.trim() && icon.offsetWidth)
        .filter((icon) => {
            const range = document.createRange();
            range.selectNodeContents(icon);
            const size = parseFloat(getComputedStyle(icon).fontSize);
            return range.getBoundingClientRect().width > 1.5 * size;
        })
        .map((icon) => icon.textContent.trim())
"""
# A moment as Python has it, which no page shows.
RAW_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\.\d+")
# What axe has against the page; nothing of what passes is gathered.
VIOLATIONS = """
    async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
        .map(({id, impact, nodes}) => ({id, impact, nodes: nodes.map(({html}) => ({html}))}))
"""


def _pages(client, routes, who, shops):
    """The pages of a site that are HTML, each once."""
    seen = set()
    for route, needed in routes.items():
        if needed != who:
            continue
        response = client.get(shops.path(route), follow=True)
        path = response.redirect_chain[-1][0] if response.redirect_chain else shops.path(route)
        path = urlsplit(path)._replace(scheme="", netloc="").geturl()
        is_page = response.status_code == 200 and "text/html" in response["Content-Type"]
        if is_page and path not in seen and b"<html" in response.getvalue():
            seen.add(path)
            yield path


def _sign_in(visit, live_server, host, user):
    client = Client(HTTP_HOST=host)
    client.force_login(user)
    port = urlsplit(live_server.url).port
    seen = visit(base_url=f"http://{host}:{port}", reduced_motion="reduce")
    name = django_settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": f"http://{host}:{port}"}
    seen.context.add_cookies([cookie])
    return client, seen


def _flaws(page):
    """What keeps somebody out of the page as it is shown now."""
    flaws = [f"no icon {name}" for name in page.evaluate(LACKING)]
    flaws += [f"sideways {name}" for name in page.evaluate(SIDEWAYS)]
    flaws += [f"raw {moment}" for moment in RAW_MOMENT.findall(page.inner_text("body"))]
    return flaws + [
        f"{each['id']}: {node['html'][:160]}"
        for each in page.evaluate(VIOLATIONS)
        if each["impact"] in {"moderate", "serious", "critical"}
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("site", SITES)
def test_every_page_can_be_read_by_everybody(shops, live_server, visit, site):
    """Each page is loaded once, and looked at in each mode: that is most of what this costs."""
    host, routes, who = SITES[site]
    user = shops.outdoor_owner if site == "shop" else shops.staff
    client, seen = _sign_in(visit, live_server, host, user)
    page, found, colors = seen.page, [], set()
    seen.context.add_init_script(Axe().axe_script)
    paths = list(_pages(client, routes, who, shops))
    for path in paths:
        _show(page, MODES[0])
        page.goto(path)
        page.evaluate("document.fonts.ready")
        for mode in MODES:
            _show(page, mode)
            colors.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
            found += [f"{path}, {mode}: {flaw}" for flaw in _flaws(page)]

    assert len(paths) > {"shop": 40, "platform": 12}[site]
    assert len(colors) >= len({scheme for *_, scheme in MODES})
    assert found == [], "\n".join(found)
    assert seen.problems == []


def _show(page, mode):
    width, height, scheme = mode
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)
    # As the theme does itself when a page is loaded.
    page.evaluate("is => document.documentElement.classList.toggle('dark', is)", scheme == "dark")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_is_loaded_in_the_colours_that_the_system_has(shops, live_server, visit, scheme):
    _, seen = _sign_in(visit, live_server, "localhost", shops.staff)
    seen.page.emulate_media(color_scheme=scheme)

    seen.page.goto("/admin/")

    seen.page.wait_for_function(
        "is => document.documentElement.classList.contains('dark') === is", arg=scheme == "dark"
    )


def test_a_page_loads_few_bytes_of_fonts_and_nothing_that_it_does_not_use(
    shops, live_server, visit
):
    _, seen = _sign_in(visit, live_server, "localhost", shops.staff)
    answers = []
    seen.page.on("response", lambda response: answers.append(response))

    seen.page.goto("/admin/tenants/tenant/")
    seen.page.evaluate("document.fonts.ready")
    seen.page.wait_for_load_state("networkidle")

    sizes = {urlsplit(each.url).path: len(each.body()) for each in answers if each.ok}
    fonts = {path: size for path, size in sizes.items() if path.endswith(".woff2")}
    assert list(fonts) == ["/static/unfold/fonts/material-symbols/Material-Symbols-Outlined.woff2"]
    assert sum(fonts.values()) < 10_000
    assert sizes["/static/unfold/js/chart/chart.js"] < 500


@pytest.mark.parametrize("width", [1280, 360])
def test_the_menu_and_the_account_are_opened_by_the_keyboard(shops, live_server, visit, width):
    _, seen = _sign_in(visit, live_server, "localhost", shops.staff)
    page = seen.page
    _show(page, (width, 740, "light"))
    page.goto("/admin/")
    menu, account = page.locator("#nav-sidebar-apps"), page.get_by_role("button", name="Sign out")
    is_shown = width == 1280
    expect(menu).to_be_visible(visible=is_shown)

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.get_by_role("button", name="Menu", exact=True).focus()
    page.keyboard.press("Enter")
    expect(menu).to_be_visible(visible=not is_shown)
    if is_shown:
        page.keyboard.press("Enter")
    expect(menu).to_be_visible()
    opener = page.locator("[aria-controls=user-links]")
    expect(opener).to_be_visible()
    opener.focus()
    expect(opener).to_be_focused()
    page.keyboard.press("Space")
    expect(account).to_be_visible()
    page.get_by_role("button", name="Dark").press("Enter")
    assert page.evaluate("document.documentElement.classList.contains('dark')")
    page.keyboard.press("Escape")
    expect(account).to_be_hidden()

    page.goto("/admin/tenants/tenant/")
    page.get_by_role("button", name="Filters").press("Enter")
    expect(page.locator("#changelist-filter")).to_be_visible()
    assert seen.problems == []


# --- What platform staff does --------------------------------------------------------------------


@pytest.fixture
def platform(live_server, visit, tech):
    """A browser of platform staff, signed in by its form, at the given width."""
    connection.set_schema_to_public()
    make_user(is_superuser=True, email="staff@example.com")
    make_member(tech, email="owner@example.com")

    def sit_down(width):
        port = urlsplit(live_server.url).port
        seen = visit(width, base_url=f"http://localhost:{port}")
        seen.page.goto("/admin/")
        seen.page.get_by_label("E-mail address").fill("staff@example.com")
        seen.page.get_by_label("Password").fill(PASSWORD)
        seen.page.get_by_role("button", name="Sign in").click()
        seen.page.get_by_role("heading", name="What needs doing").wait_for()
        return seen

    return sit_down


def _is_open():
    connection.set_schema_to_public()
    return Tenant.objects.get(slug="tech").active


@pytest.mark.parametrize("width", [1280, 360])
def test_a_shop_is_suspended_reopened_ended_and_taken_back(platform, width):
    seen = platform(width)
    page = seen.page
    page.goto("/admin/tenants/tenant/?q=owner@example.com")
    page.get_by_role("link", name="Tech Gadgets").click()

    page.get_by_role("link", name="Suspend").click()
    page.get_by_label("Reason").fill("Sells what it may not")
    page.get_by_role("button", name="Suspend the shop").click()
    page.get_by_text("Suspended: Sells what it may not").first.wait_for()
    assert not _is_open()
    page.get_by_role("button", name="Reopen").click()
    page.get_by_text("Open again.").first.wait_for()
    assert _is_open()

    page.get_by_role("link", name="Delete", exact=True).click()
    page.get_by_label("Type “tech” to confirm").fill("teck")
    page.get_by_role("button", name="Close and delete the shop").click()
    page.get_by_text("Nothing was done.").wait_for()
    page.get_by_label("Type “tech” to confirm").fill("tech")
    page.get_by_role("button", name="Close and delete the shop").click()
    page.get_by_role("button", name="Take the deletion back").wait_for()
    assert not _is_open()
    assert seen.is_too_wide() is False
    page.get_by_role("button", name="Take the deletion back").click()
    page.get_by_text("The shop stays.").first.wait_for()
    assert _is_open()
    assert seen.problems == []


@pytest.mark.parametrize("width", [1280, 360])
def test_a_failed_job_is_read_and_tried_again(platform, tech, width):
    connection.set_schema_to_public()
    retried, given_up = (
        app.configure_task("tenants.jobs.mail_owner").defer(
            tenant_id=str(tech.pk), user_id="nobody", purpose="a", origin="http://tech.localhost"
        )
        for _ in range(2)
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed', attempts = 1")
    for job_id in (retried, given_up):
        FailedJob.objects.create(
            job_id=job_id, error=f"OSError: no mail {job_id}", traceback="Traceback: its lines"
        )
    seen = platform(width)
    page = seen.page

    page.get_by_role("link", name="2 Failed jobs").click()
    page.get_by_role("link", name=f"mail owner {retried}").wait_for()
    assert seen.is_too_wide() is False
    page.get_by_role("link", name=f"mail owner {retried}").click()
    page.get_by_text("Traceback: its lines").wait_for()
    assert seen.is_too_wide() is False
    page.get_by_role("button", name="Retry").click()
    page.get_by_text(f"Job {retried} is tried again.").wait_for()
    page.get_by_label(f"Choose job {given_up}").check()
    page.get_by_role("button", name="Give up").click()
    page.get_by_text("No job has failed. Good.").wait_for()

    connection.set_schema_to_public()
    assert dict(Job.objects.values_list("pk", "status")) == {retried: "todo", given_up: "failed"}
    assert seen.problems == []
