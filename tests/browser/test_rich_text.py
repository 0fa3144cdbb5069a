"""The editor of descriptions and pages: by keyboard, as HTML, and without a script."""

import pytest
from django.db import connection
from playwright.sync_api import expect

from catalog.models import Product, TextPage
from tenants.models import Tenant
from tests.factories import make_member, make_product

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# How fast somebody types: milliseconds from key to key.
PACE = 40
TABLE = "<table><tbody><tr><td>Height</td><td>40 cm</td></tr></tbody></table>"
WRITTEN = "<div>four five<strong> bold text</strong> then plain</div><ul><li>list item</li></ul>"
# What the editor shows, and would write in its own way.
KEPT = {
    "lines": "Bright.\nWarm &amp; soft.\n\nMade of oak.",
    "paragraphs": "<p>Bright.</p>\n<p>Warm &amp; <b>soft</b>.</p>",
    "lines between tags": "<div>\n  Bright.\n</div>\n\n<ul>\n  <li>Made of\n  <b>oak</b></li>\n"
    "</ul>\n<pre>40  cm\n20  cm</pre>\n",
    "list": '<h2>Oak</h2><ul><li>40 <i>cm</i></li><li><a href="https://oak.example/" '
    'rel="noopener noreferrer nofollow">oak</a></li></ul>',
}


def _select() -> None:
    connection.set_schema_to_public()
    connection.set_tenant(Tenant.objects.get(slug="tech"))


@pytest.fixture
def lamp(live_server):
    _select()
    make_member(connection.tenant, "manager", email="merchant@example.com")
    return make_product("Lamp", description="Bright.")


def _open(page, product):
    page.goto(f"/admin/catalog/product/{product.pk}/change/")
    return page.get_by_role("textbox", name="Description", exact=True)


def _write(page):
    """Type words, bold ones and a list into the empty editor."""
    page.locator("trix-editor").click()
    bold = page.get_by_role("button", name="Bold")
    page.keyboard.type("four five", delay=PACE)
    page.keyboard.press("Control+b")
    expect(bold).to_have_attribute("aria-pressed", "true")
    page.keyboard.type(" bold text", delay=PACE)
    page.keyboard.press("Control+b")
    expect(bold).to_have_attribute("aria-pressed", "false")
    page.keyboard.type(" then plain", delay=PACE)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Unordered list").click()
    page.keyboard.type("list item", delay=PACE)


def _save(page):
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/product/")
    _select()


def _written(product):
    _select()
    return Product.objects.get(pk=product.pk).description


def _describe(product, text):
    _select()
    Product.objects.filter(pk=product.pk).update(description=text)


@pytest.mark.parametrize("kind", ["product", "textpage"])
def test_spaces_and_lists_are_kept_as_they_are_typed(lamp, sit_down, kind):
    seen = sit_down()
    page = seen.page
    page.goto(f"/admin/catalog/{kind}/add/")

    _write(page)

    box = page.locator("[data-rich-text] textarea")
    expect(box).to_have_value(WRITTEN)
    assert seen.problems == []


def test_what_was_typed_is_read_again_as_it_was(lamp, sit_down):
    _describe(lamp, "")
    page = sit_down().page
    _open(page, lamp)
    _write(page)
    _save(page)
    assert _written(lamp) == WRITTEN

    _open(page, lamp).focus()
    page.keyboard.press("Control+End")
    page.keyboard.type(" twice", delay=PACE)
    _save(page)

    assert _written(lamp) == WRITTEN.replace("item", "item twice")


def test_line_breaks_between_tags_are_no_text(lamp, sit_down):
    _describe(lamp, KEPT["lines between tags"])
    page = sit_down().page

    _open(page, lamp).focus()
    page.keyboard.press("Control+Home")
    page.keyboard.type("Very ", delay=PACE)
    _save(page)

    found = _written(lamp)
    assert found == (
        "<div>Very Bright.</div><ul><li>Made of <strong>oak</strong></li></ul>"
        "<pre>40  cm\n20  cm</pre>"
    )


@pytest.mark.parametrize("width", [1280, 360])
def test_a_description_is_written_by_keyboard_alone(lamp, sit_down, width):
    seen = sit_down(width)
    page = seen.page
    editor = _open(page, lamp)

    editor.focus()
    page.keyboard.press("Control+End")
    page.keyboard.type(" Warm.")
    # It draws what was typed, and hears what is chosen, a moment later.
    box = page.locator("textarea[name=description]")
    expect(box).to_have_value("<div>Bright. Warm.</div>")
    page.keyboard.press("Control+a")
    chosen = "document.querySelector('trix-editor').editor.getSelectedRange()[0] === 0"
    page.wait_for_function(chosen)
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Paragraph")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    bold = page.get_by_role("button", name="Bold")
    expect(bold).to_be_focused()
    page.keyboard.press("Enter")
    expect(bold).to_have_attribute("aria-pressed", "true")
    expect(editor).to_be_focused()
    assert not seen.is_too_wide()
    _save(page)

    assert _written(lamp) == "<div><strong>Bright. Warm.</strong></div>"
    assert seen.problems == []


@pytest.mark.parametrize("text", KEPT)
def test_what_nobody_typed_into_is_saved_as_it_was(lamp, sit_down, text):
    _describe(lamp, KEPT[text])
    page = sit_down().page
    editor = _open(page, lamp)

    expect(editor).to_contain_text("oak" if text != "paragraphs" else "Bright.")
    expect(page.locator("textarea[name=description]")).to_be_hidden()
    page.locator("summary").filter(has_text="More").click()
    page.locator("input[name=vendor]").fill("Lumen")
    _save(page)

    assert _written(lamp) == KEPT[text]


def test_paragraphs_stay_paragraphs_when_one_is_written_into(lamp, sit_down):
    _describe(lamp, KEPT["paragraphs"])
    page = sit_down().page

    _open(page, lamp).focus()
    page.keyboard.press("Control+Home")
    page.keyboard.type("Very ")
    _save(page)

    found = _written(lamp)
    assert found == "<p>Very Bright.</p><p>Warm &amp; <strong>soft</strong>.</p>"


def test_what_the_editor_cannot_keep_stays_html(lamp, sit_down):
    _describe(lamp, TABLE)
    page = sit_down().page
    page.goto(f"/admin/catalog/product/{lamp.pk}/change/")
    box = page.locator("textarea[name=description]")

    expect(page.get_by_text("This is HTML that the editor cannot keep as it is.")).to_be_visible()
    expect(box).to_have_value(TABLE)
    hint = page.get_by_text("Text, which keeps its lines, or HTML.")
    expect(hint).to_be_visible()
    page.get_by_role("button", name="Use the editor").click()
    expect(box).to_be_visible()

    box.fill("<p>Oak</p>")
    page.get_by_role("button", name="Use the editor").click()
    expect(page.locator("trix-editor")).to_be_visible()
    expect(hint).to_be_hidden()
    page.get_by_role("button", name="Edit as HTML").click()
    expect(box).to_be_focused()
    box.fill(TABLE.replace("40", "50"))
    _save(page)

    assert _written(lamp) == TABLE.replace("40", "50")


def test_without_a_script_there_is_the_box(lamp, sit_down):
    page = sit_down(java_script_enabled=False).page
    page.goto(f"/admin/catalog/product/{lamp.pk}/change/")

    page.get_by_label("Description", exact=True).fill("<p onclick='x()'>Oak</p>")
    _save(page)

    assert _written(lamp) == "<p>Oak</p>"


def test_a_page_of_text_is_written_with_it_as_well(lamp, sit_down):
    _select()
    text = TextPage.objects.create(title="About", slug="about", body="<p>Old</p><p>Two</p>")
    page = sit_down().page
    page.goto(f"/admin/catalog/textpage/{text.pk}/change/")

    page.get_by_role("textbox", name="Text", exact=True).focus()
    page.keyboard.press("Control+Home")
    page.keyboard.type("Very ")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/textpage/")

    _select()
    assert TextPage.objects.get(pk=text.pk).body == "<p>Very Old</p><p>Two</p>"
