"""A merchant's day around the orders: read the start page, export, import, at any width."""

import csv
import io

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import Page

from catalog.jobs import work_on_import
from catalog.models import ImportRun, PictureFetch, Product, Variant
from orders.models import Order
from tenants.models import Tenant
from tests.checkout.conftest import paid
from tests.factories import make_member, make_order, make_product

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def _select() -> Tenant:
    connection.set_schema_to_public()
    tenant = Tenant.objects.get(slug="tech")
    connection.set_tenant(tenant)
    return tenant


def _work() -> None:
    """What the worker does with the job of the newest import."""
    tenant = _select()
    work_on_import(str(tenant.pk), str(ImportRun.objects.latest("created_at").pk))
    _select()


@pytest.fixture
def desk(sit_down, settings, tmp_path):
    """A browser that is signed in, at the given width; the shop sold two lamps."""
    settings.IMPORT_ROOT = tmp_path / "imports"
    tenant = _select()
    lamp = make_product("Lamp", slug="lamp", price="129.99", on_hand=50, sku="L-1")
    make_product("Radio", slug="radio", sku="R-1", on_hand=1)
    paid(make_order(lamp, quantity=2))
    make_member(tenant, email="merchant@example.com")
    return sit_down


@pytest.mark.parametrize("width", [1280, 360])
def test_a_merchant_reads_what_was_sold_exports_it_and_imports_new_prices(desk, tmp_path, width):
    seen = desk(width)
    page = seen.page

    # What was sold, as numbers and as a table.
    page.get_by_role("link", name="Revenue $259.98").click()
    page.get_by_role("link", name="7 days").click()
    page.wait_for_url("**days=7**")
    assert "$259.98 in all, $0.00 before" in page.get_by_role("img").first.inner_html()
    page.get_by_text("The same as a table").click()
    page.get_by_role("cell", name="$259.98").first.wait_for()

    # What is low, by the number that needs doing.
    page.get_by_role("link", name="1 Variants low in stock").click()
    page.get_by_text("R-1").last.wait_for()

    # The products as a file, with another price, come in again.
    page.goto("/admin/catalog/product/")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    file = tmp_path / "products.csv"
    download.value.save_as(file)
    rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"), newline="")))
    with file.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, rows[0])
        writer.writeheader()
        writer.writerows(
            row | {"Variant Price": "99.00" if row["Handle"] == "lamp" else "cheap"} for row in rows
        )
    page.goto("/admin/catalog/importrun/")
    page.get_by_label("Product file").set_input_files(file)
    page.get_by_role("button", name="Upload and preview").click()
    page.get_by_role("progressbar").wait_for()
    _work()
    page.get_by_text("$129.99", exact=True).wait_for()
    assert page.get_by_text("The price is 'cheap', which is no number.").is_visible()
    assert seen.is_too_wide() is False
    page.get_by_role("button", name="Import now").click()
    page.get_by_role("progressbar").wait_for()
    _work()
    page.get_by_role("heading", name="What was imported").wait_for()

    assert str(Variant.objects.get(sku="L-1").price) == "99.000"
    assert Variant.objects.get(sku="R-1").price == 10
    assert seen.problems == []


@pytest.mark.parametrize(("width", "script"), [(1280, True), (360, False)])
def test_a_merchant_says_what_stands_in_the_columns_of_a_table(desk, width, script):
    seen = desk(width, java_script_enabled=script)
    page = seen.page
    _upload(page, b"Artikel;Preis;Regal\nLampe;12.50;A1\nRadio;viel;B2\n")
    _work()

    # The page looks again by itself.
    assert page.get_by_label("Artikel").input_value() == "name"
    page.get_by_label("Preis").select_option("")
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_text("Say which column goes here: Price (needed).").wait_for()
    page.get_by_label("Preis").select_option("price")
    page.get_by_label("Regal").select_option("category")
    assert seen.is_too_wide() is False
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_role("progressbar").wait_for()
    _work()

    page.get_by_text("The price is 'viel', which is no number.").wait_for()
    assert page.get_by_role("button", name="Import now").is_visible()
    assert seen.is_too_wide() is False
    assert seen.problems == []


def _upload(page: Page, content: bytes) -> None:
    page.goto("/admin/catalog/importrun/")
    file = {"name": "a.csv", "mimeType": "text/csv", "buffer": content}
    page.get_by_label("Product file").set_input_files(file)
    page.get_by_role("button", name="Upload and preview").click()
    page.get_by_role("progressbar").wait_for()


NEWS = b"Handle,Title,Status,Variant SKU,Variant Inventory Qty,Variant Price\n"
NEWS += b"kettle,Kettle,active,K-1,7,49.00\n"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_a_whole_morning(desk, width, scheme):
    """Sign in, read the start page, send three orders, refund one in part, import, price, look."""
    _select()
    lamp = Product.objects.get(slug="lamp")
    numbers = [paid(make_order(lamp, quantity=2)).number for _ in range(2)]
    seen = desk(width, color_scheme=scheme)
    page = seen.page

    def look():
        assert seen.is_too_wide() is False, page.url

    # What there is to do, and what was sold.
    assert page.get_by_role("link", name="Revenue $779.94").is_visible()
    look()
    page.get_by_role("link", name="3 Orders to fulfil").click()
    page.get_by_label("All on this page").wait_for()
    look()

    # Three orders are sent: one with its tracking number, two together.
    page.get_by_role("link", name=f"Fulfil {numbers[0]}").click()
    page.get_by_label("Tracking number").fill("1Z999")
    look()
    page.get_by_role("button", name="Mark as sent").click()
    page.get_by_text("2 units sent; the customer is told.").wait_for()
    look()
    page.goto("/admin/orders/order/?tab=to-fulfil")
    page.get_by_label("All on this page").check()
    page.get_by_role("button", name="Fulfil").click()
    page.get_by_text("2 orders fulfilled.").wait_for()
    look()

    # One of them is given back in part.
    page.goto("/admin/orders/order/")
    look()
    page.get_by_role("link", name=f"Refund {numbers[1]}").click()
    page.get_by_label("Amount in USD").fill("20")
    look()
    page.get_by_role("button", name="Show the sum").click()
    page.get_by_role("heading", name="Refund $20.00?").wait_for()
    look()
    page.get_by_role("button", name="Refund $20.00").click()
    page.get_by_text("$20.00 was given back to the customer.").first.wait_for()
    look()

    # A file with something new comes in.
    page.goto("/admin/catalog/importrun/")
    file = {"name": "news.csv", "mimeType": "text/csv", "buffer": NEWS}
    page.get_by_label("Product file").set_input_files(file)
    look()
    page.get_by_role("button", name="Upload and preview").click()
    page.get_by_role("progressbar").wait_for()
    _work()
    page.get_by_role("button", name="Import now").click()
    page.get_by_role("progressbar").wait_for()
    look()
    _work()
    page.get_by_role("heading", name="What was imported").wait_for()
    look()

    # Its price is changed in the list, and the shop shows it.
    page.goto("/admin/catalog/product/")
    look()
    page.get_by_label("Price of Kettle").fill("44.50")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("1 row saved.").wait_for()
    page.goto("/products/kettle/")
    assert page.get_by_text("$44.50").first.is_visible()
    look()

    _select()
    states = Order.objects.values_list("number", "status", "payment_status", "refunded")
    assert sorted(states)[1:] == [
        (numbers[0], "completed", "paid", 0),
        (numbers[1], "completed", "partially_refunded", 20),
    ]
    assert str(Variant.objects.get(sku="K-1").price) == "44.500"
    assert seen.problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_pages_can_be_read_by_everybody(desk, scheme):
    seen = desk(360, color_scheme=scheme)
    page = seen.page
    _upload(page, b"Artikel;Preis;Regal\nLampe;12.50;A1\n")
    _work()
    table = ImportRun.objects.get()
    _upload(page, b"Handle,Title,Variant Price,Image Src\nlamp,Lamp,5,https://a.example/1\n")
    _work()
    done = ImportRun.objects.latest("created_at")
    page.goto(f"/admin/catalog/importrun/{done.pk}/change/")
    page.get_by_role("button", name="Import now").click()
    page.get_by_role("progressbar").wait_for()
    _work()
    PictureFetch.objects.update(state="failed", problem="It answered 404.")
    _upload(page, b"Handle,Title,Variant Price\nlamp,Lamp,6\nnew,New,6\nbad,Bad,x\n")
    _work()
    run = ImportRun.objects.latest("created_at")
    axe = Axe()

    for path in (
        "",
        "?days=90&show=orders",
        "catalog/importrun/",
        f"catalog/importrun/{run.pk}/change/",
        f"catalog/importrun/{table.pk}/change/",
        f"catalog/importrun/{done.pk}/change/",
    ):
        page.goto(f"/admin/{path}")
        for summary in page.locator("summary").all():
            summary.click()
        serious = [
            (each["id"], node["html"])
            for each in axe.run(page, context=".desk").response["violations"]
            if each["impact"] in {"critical", "serious"}
            for node in each["nodes"]
        ]
        assert serious == [], path
        assert seen.is_too_wide() is False, path
