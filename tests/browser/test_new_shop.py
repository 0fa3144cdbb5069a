"""A newcomer opens a shop, imports products, sells one, fulfils and refunds it: in the browser."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import Page, expect
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.jobs import work_on_import
from catalog.models import ImportRun
from orders.models import Order
from tenants.jobs import mail_sign_up
from tenants.models import Tenant
from tests.factories import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ANN = "ann@example.com"
# As Shopify exports them.
PRODUCTS = b"""\
Handle,Title,Body (HTML),Variant SKU,Variant Inventory Qty,Variant Price
teapot,Teapot,<p>Holds a litre.</p>,TP-1,7,42.00
cup,Cup,,CU-1,30,8.50
"""


@pytest.fixture
def platform(live_server, settings, tmp_path):
    """The address of the platform, whose mails are kept for its mail page."""
    settings.EMAIL_BACKEND = settings.EMAIL_CONFIG["EMAIL_BACKEND"]
    settings.EMAIL_CONFIG = {"EMAIL_FILE_PATH": str(tmp_path / "mail")}
    settings.IMPORT_ROOT = tmp_path / "imports"
    settings.MEDIA_ROOT = tmp_path / "media"
    return f"http://localhost:{live_server.url.rpartition(':')[2]}"


def _select() -> Tenant:
    connection.set_schema_to_public()
    tenant = Tenant.objects.get(name="Müllers Teeladen")
    connection.set_tenant(tenant)
    return tenant


def _send_mail() -> None:
    """What the worker does with the newest sign-up."""
    connection.set_schema_to_public()
    waiting = ProcrastinateJob.objects.filter(task_name="tenants.jobs.mail_sign_up")
    mail_sign_up(**waiting.latest("id").args)


def _import() -> None:
    """What the worker does with the newest import."""
    tenant = _select()
    work_on_import(str(tenant.pk), str(ImportRun.objects.latest("created_at").pk))


def ask_for_a_shop(page: Page, platform: str) -> None:
    """From the landing page to the page that says where the mail went."""
    page.goto(platform)
    page.get_by_role("link", name="Open a shop").first.click()
    page.get_by_label("What is your shop called?").fill("Müllers Teeladen")
    page.get_by_label("Country").select_option(label="Austria")
    page.get_by_label("Your e-mail address").fill(ANN)
    page.get_by_label("Password").fill(PASSWORD)


@pytest.mark.parametrize("is_sent", [False, True])
def test_another_language_keeps_what_was_typed_but_not_the_password(visit, platform, is_sent):
    seen = visit(locale="en-US")
    page = seen.page
    ask_for_a_shop(page, platform)
    expect(page.get_by_role("status")).to_contain_text("is free")
    if is_sent:
        # Refused, for its password: the same form, with a problem on it.
        seen.expected.add(400)
        page.get_by_label("Password").fill("123")
        page.get_by_role("button", name="Open the shop").click()
        page.get_by_text("Please look at the fields that are marked.").wait_for()

    page.get_by_role("link", name="Deutsch").click()

    expect(page.get_by_label("Wie heißt Ihr Shop?")).to_have_value("Müllers Teeladen")
    expect(page.get_by_label("Adresse", exact=True)).to_have_value("muellers-teeladen")
    expect(page.get_by_label("Land", exact=True)).to_have_value("AT")
    expect(page.get_by_label("Währung")).to_have_value("EUR")
    expect(page.get_by_label("E-Mail-Adresse")).to_have_value(ANN)
    expect(page.get_by_label("Passwort")).to_have_value("")
    # What nobody chose is as the new language has it.
    expect(page.get_by_label("Sprache")).to_have_value("en" if is_sent else "de")
    assert seen.problems == []


def follow_the_mail(page: Page) -> None:
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
    _send_mail()
    page.get_by_role("link", name="See the mails").click()
    page.get_by_role("link", name="Open your shop").click()
    page.get_by_role("link", name=re.compile("open-a-shop")).click()
    expect(page.get_by_role("heading", name="Open Müllers Teeladen")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 360])
def test_a_newcomer_opens_a_shop_and_sells(visit, platform, width):
    seen = visit(width, locale="en-US")
    page = seen.page

    # A shop, with an address that is proposed and looked at while the name is typed.
    ask_for_a_shop(page, platform)
    expect(page.get_by_role("status")).to_contain_text("muellers-teeladen.localhost")
    expect(page.get_by_role("status")).to_contain_text("is free")
    expect(page.get_by_label("Currency")).to_have_value("EUR")
    assert not seen.is_too_wide()
    page.get_by_role("button", name="Open the shop").click()
    follow_the_mail(page)
    page.get_by_role("button", name="Open the shop now").dblclick()

    # In its back office, signed in, with what comes first.
    expect(page.get_by_role("heading", name="Your first steps")).to_be_visible()
    shop = page.url.partition("/admin/")[0]
    assert shop == platform.replace("localhost", "muellers-teeladen.localhost")
    expect(page.get_by_text("1 of 9 done.")).to_be_visible()
    assert not seen.is_too_wide()

    # Products from the shop system of before.
    page.get_by_role("link", name="Import products").click()
    file = {"name": "products.csv", "mimeType": "text/csv", "buffer": PRODUCTS}
    page.get_by_label(re.compile("^Product file")).set_input_files(file)
    page.get_by_role("button", name="Upload and preview").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    _import()
    page.get_by_role("button", name="Import now").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    _import()
    expect(page.get_by_role("heading", name="What was imported")).to_be_visible()
    page.goto(f"{shop}/admin/")
    expect(page.get_by_text("3 of 9 done.")).to_be_visible()

    # A purchase, as the list says it.
    page.get_by_role("link", name="Open the shop").click()
    page.get_by_role("link", name="Teapot").first.click()
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("dialog").get_by_role("link", name="View cart").click()
    page.get_by_role("link", name="Go to checkout").click()
    fields = page.locator(".checkout-fields")
    for label, text in {
        "E-mail address": "bob@example.com",
        "Full name": "Bob Lee",
        "Street address": "Ring 1",
        "City": "Wien",
        "Postal code": "1010",
    }.items():
        fields.get_by_label(label, exact=True).first.fill(text)
    page.get_by_role("button", name=re.compile("^Pay ")).click()
    page.get_by_label("4242 4242 4242 4242").check()
    page.get_by_role("button", name=re.compile("^Pay")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your order is confirmed.")

    # It is sent, and given back.
    page.goto(f"{shop}/admin/")
    expect(page.get_by_text("4 of 9 done.")).to_be_visible()
    page.get_by_role("link", name="1 Orders to fulfil").click()
    _select()
    order = Order.objects.get()
    page.get_by_role("link", name=str(order.number), exact=True).click()
    page.get_by_role("link", name="Fulfil", exact=True).click()
    page.get_by_role("button", name="Mark as sent").click()
    expect(page.get_by_text("1 unit sent; the customer is told.")).to_be_visible()
    page.get_by_role("link", name="Refund", exact=True).click()
    page.get_by_role("button", name="Show the sum").click()
    page.get_by_role("button", name=re.compile("^Refund €42")).click()
    expect(page.get_by_text(re.compile("was given back to the customer")).first).to_be_visible()

    _select()
    order.refresh_from_db()
    assert (order.status, order.payment_status) == ("completed", "refunded")
    assert Tenant.objects.filter(name="Müllers Teeladen").count() == 1
    assert seen.problems == []


def test_what_is_typed_before_the_script_is_there_counts(visit, platform):
    page = visit(locale="en-US").page
    late = []
    page.route("**/js/sign-up.js", lambda route: late.append(route))
    with page.expect_request("**/js/sign-up.js"):
        page.goto(f"{platform}/open-a-shop/", wait_until="commit")
    page.get_by_label("What is your shop called?").fill("Müllers Teeladen")
    page.get_by_label("Country").select_option(label="Austria")

    late[0].continue_()

    expect(page.get_by_role("status")).to_contain_text("is free")
    expect(page.get_by_label("Address", exact=True)).to_have_value("muellers-teeladen")
    expect(page.get_by_label("Currency")).to_have_value("EUR")


def test_a_shop_is_opened_without_a_script(visit, platform):
    seen = visit(360, java_script_enabled=False)
    seen.expected.add(400)
    page = seen.page
    ask_for_a_shop(page, platform)
    page.get_by_label("Address", exact=True).fill("admin")
    page.get_by_role("button", name="Open the shop").click()
    expect(page.get_by_text("'admin' is reserved for the platform.")).to_be_visible()
    page.get_by_label("Address", exact=True).fill("teeladen")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Open the shop").click()
    follow_the_mail(page)
    page.get_by_role("button", name="Open the shop now").click()
    page.get_by_role("button", name="To your back office").click()

    expect(page.get_by_role("heading", name="Your first steps")).to_be_visible()
    assert seen.problems == []


def test_the_form_and_its_script_speak_german(visit, platform):
    seen = visit(360, locale="de-DE")
    page = seen.page
    page.goto(platform)
    assert (seen.flaws(), seen.is_too_wide()) == ([], False)
    page.get_by_role("link", name="Shop eröffnen").first.click()
    page.get_by_label("Wie heißt Ihr Shop?").fill("Teeladen")
    expect(page.get_by_role("status")).to_contain_text("ist frei.")
    page.get_by_label("Adresse", exact=True).fill("admin")
    expect(page.get_by_role("status")).to_have_text("„admin“ ist der Plattform vorbehalten.")
    assert (seen.flaws(), seen.is_too_wide()) == ([], False)

    page.get_by_role("link", name="English").click()

    expect(page.get_by_role("heading", name="Open a shop")).to_be_visible()
    expect(page.get_by_label("Language of the shop")).to_have_value("en")
    # It is remembered on the pages that follow.
    page.get_by_role("link", name="PyCommerce").click()
    expect(page.get_by_role("heading", name="What you get")).to_be_visible()
    assert seen.problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_pages_of_sign_up_can_be_read_by_everybody(visit, platform, width, scheme):
    seen = visit(width, color_scheme=scheme)
    seen.expected |= {400, 410}
    page = seen.page

    def look() -> None:
        assert seen.flaws() == [], page.url
        assert seen.is_too_wide() is False, page.url

    page.goto(platform)
    look()
    page.goto(f"{platform}/open-a-shop/")
    look()
    page.get_by_role("button", name="Open the shop").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look()
    page.goto(f"{platform}/open-a-shop/nothing/")
    look()
    ask_for_a_shop(page, platform)
    expect(page.get_by_role("status")).to_contain_text("is free")
    page.get_by_role("button", name="Open the shop").click()
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
    look()
    follow_the_mail(page)
    look()
    page.get_by_role("button", name="Open the shop now").click()
    expect(page.get_by_role("heading", name="Your first steps")).to_be_visible()
    assert _serious(page) == []
    page.goto(page.url.partition("/admin/")[0])
    expect(page.get_by_text("Opening soon")).to_be_visible()
    look()
    assert seen.problems == []


def _serious(page: Page) -> list[Any]:
    found = Axe().run(page, context=".desk-steps").response["violations"]
    return [each["id"] for each in found if each["impact"] in {"critical", "serious"}]
