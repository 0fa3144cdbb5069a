"""The search field in Chromium: suggestions by keyboard and pointer, and without them."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from catalog.demo.loading import ensure_shop
from catalog.demo.tech import TECH

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(params=["http://tech.localhost:{}", "http://localhost:{}/stores/tech"])
def tech_at(request, live_server, settings, tmp_path):
    """The address of the demo shop, on its own host and below its mount."""
    settings.MEDIA_ROOT = tmp_path
    settings.RESPONSE_CACHE_BYTES = 0
    ensure_shop(TECH)
    return request.param.format(live_server.url.rpartition(":")[2])


def active(page) -> str:
    """The text of the option that the field says is the active one."""
    return page.evaluate(
        """() => {
            const id = document.activeElement.getAttribute("aria-activedescendant");
            return id && document.getElementById(id).innerText;
        }"""
    )


def violations(page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]


def test_suggestions_are_chosen_by_keyboard(tech_at, visit):
    seen = visit()
    page = seen.page
    page.goto(f"{tech_at}/")
    field = page.get_by_role("combobox", name="Search the shop")
    expect(field).to_have_attribute("aria-expanded", "false")

    # At once: suggestions for a part of it would look the same, and go while they are walked over.
    field.focus()
    page.keyboard.insert_text("wirel")
    listbox = page.get_by_role("listbox", name="Suggestions")
    expect(listbox).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(field).to_have_attribute("aria-controls", listbox.get_attribute("id"))
    expect(page.locator(".search [role=status]")).to_have_text("3 suggestions")
    assert active(page) is None

    field.press("ArrowDown")
    assert active(page) == "wireless"
    field.press("ArrowDown")
    assert "Wireless Headphones" in active(page)
    expect(page.locator("[aria-selected=true]")).to_have_count(1)
    assert violations(page) == []
    field.press("ArrowUp")
    field.press("ArrowUp")
    assert active(page) is None
    field.press("ArrowUp")
    assert active(page)

    field.press("Escape")
    expect(listbox).to_be_hidden()
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_have_value("wirel")
    field.press("ArrowDown")
    expect(listbox).to_be_visible()
    field.press("ArrowDown")
    field.press("ArrowDown")
    field.press("Enter")
    page.wait_for_url("**/products/wireless-headphones/")
    assert page.url.startswith(tech_at)
    assert seen.problems == []


def test_enter_in_the_field_just_searches(tech_at, visit):
    seen = visit()
    page = seen.page
    page.goto(f"{tech_at}/")
    field = page.get_by_role("combobox")
    field.press_sequentially("wirel")
    expect(page.get_by_role("listbox")).to_be_visible()

    field.press("Enter")

    page.wait_for_url("**/search/?q=wirel")
    expect(page.locator(".card mark").first).to_have_text("Wireless")
    assert seen.problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colours", ["none", "active"])
def test_on_a_phone_a_suggestion_is_pressed(tech_at, visit, scheme, colours):
    seen = visit(360, color_scheme=scheme, forced_colors=colours)
    page = seen.page
    page.goto(f"{tech_at}/cart/")
    page.get_by_role("combobox").press_sequentially("hedph")
    option = page.get_by_role("option", name="Wireless Headphones")
    expect(option).to_be_visible()
    assert not seen.is_too_wide()
    assert violations(page) == []

    option.click()

    page.wait_for_url("**/products/wireless-headphones/")
    assert seen.problems == []


def test_suggestions_close_when_the_field_is_left(tech_at, visit):
    seen = visit()
    page = seen.page
    page.goto(f"{tech_at}/")
    page.get_by_role("combobox").press_sequentially("wirel")
    expect(page.get_by_role("listbox")).to_be_visible()

    page.keyboard.press("Tab")

    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(page.get_by_role("button", name="Search")).to_be_focused()
    assert seen.problems == []


def test_a_question_is_given_up_when_more_is_typed(tech_at, visit):
    seen = visit()
    page = seen.page
    page.route("**/search/suggestions/?q=lam", lambda route: None)
    page.goto(f"{tech_at}/")
    field = page.get_by_role("combobox")
    with page.expect_request("**/search/suggestions/?q=lam"):
        field.press_sequentially("lam")

    with page.expect_event("requestfailed") as given_up:
        field.fill("headph")

    assert given_up.value.url.endswith("?q=lam")
    expect(page.get_by_role("option", name="Wireless Headphones")).to_be_visible()
    assert seen.problems == []


@pytest.mark.parametrize("saving", ["saveData: true", "effectiveType: '2g'"])
def test_who_saves_data_gets_a_plain_field(tech_at, visit, saving):
    seen = visit()
    page = seen.page
    page.add_init_script(
        f"Object.defineProperty(Navigator.prototype, 'connection', {{get: () => ({{{saving}}})}});"
    )
    page.goto(f"{tech_at}/")

    expect(page.get_by_role("searchbox", name="Search the shop")).to_be_visible()
    expect(page.get_by_role("combobox")).to_have_count(0)
    assert seen.problems == []
