"""Packing slips and invoices: what stands on them, on a page and as PDF."""

import contextlib
import html
import os
import re
import threading
import time
import zlib
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from orders.desk.printing import MOST_PAPERS, print_papers, taxes_of
from orders.models import LedgerEntry, Order, OrderSettings, TaxRate, new_token
from orders.services.fulfilling import fulfil_order
from orders.services.placing import Buyer
from pycommerce.core import pdf
from pycommerce.core.ids import uuid7
from pycommerce.core.pdf import NoPdf, can_make_pdf, make_pdf
from tenants.models import Tenant
from tests.admin.conftest import words
from tests.checkout.conftest import paid
from tests.factories import make_order, make_product

D = Decimal
LIST = "/admin/orders/order/"
PRINT = f"{LIST}print/invoices/"


@pytest.fixture
def product(tech) -> Any:
    return make_product("Wireless Headphones", price="129.99", on_hand=900, sku="WH-001")


@pytest.fixture
def sold(product) -> Order:
    """Two units, paid by card."""
    return paid(make_order(product, quantity=2))


def test_papers_are_printed_one_to_an_order(desk, sold, product):
    other = make_order(product, buyer=Buyer("Ben Fischer", "ben@example.com"))
    fulfil_order(order_id=sold.pk, items={sold.line_items.get().pk: 1})
    chosen = [str(other.pk), str(sold.pk)]

    slips = desk.post(LIST, {"do": "slips", "chosen": chosen}, follow=True)
    invoices = words(
        desk.get(slips.request["PATH_INFO"].replace("slips", "invoices"), {"id": chosen})
    )

    assert [len(slips.context["papers"]), invoices.count('class="paper"')] == [2, 2]
    first, second = slips.context["papers"]
    assert sold.number in first
    assert other.number in second
    # One of two units went already: one is to be packed.
    assert '<td class="amount units">1</td>' in first
    assert '<td class="amount units">1</td>' in second
    assert "$259.98" in invoices
    assert "$" not in first


def test_a_paper_speaks_the_language_of_its_order(desk, sold):
    Order.objects.update(language="de")

    page = words(desk.get(f"{LIST}print/invoices/", {"id": str(sold.pk)}))

    assert "Rechnung" in page
    assert "Stückpreis" in page or "Einzelpreis" in page
    assert "259,98 $" in page
    assert "$259.98" not in page
    assert "$259.98" in words(desk.get(LIST))


def test_papers_of_nothing_or_of_no_kind(desk, sold):
    assert "No order was chosen." in words(desk.get(f"{LIST}print/slips/?id=nonsense"))
    assert desk.get(f"{LIST}print/receipts/").status_code == 404


def paper_of(order: Order, paper: str = "invoices", **more: Any) -> str:
    more.setdefault("address_of", lambda order_id: f"https://tech.example/admin/{order_id}/")
    (found,) = print_papers(paper, [order.pk], **more)
    return " ".join(found.split())


@pytest.mark.parametrize("paper", ["slips", "invoices"])
def test_each_paper_has_a_code_that_leads_to_its_order(desk, sold, paper):
    shown = desk.get(f"{LIST}print/{paper}/", {"id": str(sold.pk)}).context["papers"][0]

    here = f"http://tech.localhost/admin/orders/order/{sold.pk}/change/"
    expected = paper_of(sold, paper, address_of=lambda _: here)
    assert shown.count("<svg") == 1
    assert " ".join(shown.split()) == expected
    assert paper_of(sold, paper) != expected
    assert f"<title>Order {sold.number}</title>" in shown


def test_an_invoice_says_who_sells(desk, sold):
    OrderSettings.objects.update(
        business_address="Tech Gadgets Ltd\n1 High Street", tax_number="GB123456789"
    )

    invoice = paper_of(sold)

    assert "Tech Gadgets Ltd<br>1 High Street" in invoice
    assert "Tax number: GB123456789" in invoice
    assert "GB123456789" not in paper_of(sold, "slips")


def test_invoices_without_a_seller_lead_to_where_it_is_named(desk_of, sold):
    owner, fulfilment = desk_of("owner"), desk_of("fulfilment")
    missing = "No business address stands on invoices yet."

    def page(browser, paper="invoices"):
        return words(browser.get(f"{LIST}print/{paper}/", {"id": str(sold.pk)}))

    assert missing in page(owner)
    assert 'href="/admin/orders/ordersettings/"' in page(owner)
    assert missing in page(fulfilment)
    assert "ordersettings" not in page(fulfilment)
    assert missing not in page(owner, "slips")

    OrderSettings.objects.update(business_address="1 High Street")
    assert missing not in page(owner)


def test_an_invoice_has_the_tax_by_its_rate(tech, product):
    TaxRate.objects.create(name="VAT", country="US", percent=D("7.25"), on_shipping=True)
    cheap = make_product("Cable", price="9.00", sku="CA-002")

    order = make_order(product, cheap, quantity=2)

    net = order.subtotal + order.shipping_net
    assert taxes_of(order) == {D("7.25"): (net, order.tax_total)}
    assert f"VAT 7.25 % on ${net:.2f}</dt><dd>${order.tax_total:.2f}" in paper_of(order)


def test_an_invoice_of_an_order_that_kept_no_name_of_its_tax_says_tax(tech, product):
    TaxRate.objects.create(name="VAT", country="US", percent=D("7.25"), on_shipping=True)
    order = make_order(product)
    Order.objects.update(tax_name="", tax_percent=0)

    assert f"7.25 % tax on ${order.subtotal + order.shipping_net:.2f}</dt>" in paper_of(order)


def test_an_invoice_has_the_tax_that_is_in_its_prices(tech, product):
    TaxRate.objects.create(name="MwSt.", country="US", percent=D("19.5"), on_shipping=False)
    OrderSettings.objects.update(prices_include_tax=True)

    order = make_order(product, quantity=1, language="de")

    assert taxes_of(order) == {D("19.5"): (D("108.78"), D("21.21"))}
    net, tax = (f"{amount} $" for amount in ("108,78", "21,21"))
    assert f"davon MwSt. 19,5 % auf {net}</dt><dd>{tax}" in paper_of(order)


def test_an_invoice_without_tax_names_none(tech, sold):
    assert taxes_of(sold) == {}
    assert " tax " not in paper_of(sold)


def test_an_invoice_says_how_and_when_it_was_paid_and_sent(tech, sold, product):
    LedgerEntry.objects.update(created_at=datetime(2026, 5, 3, 12, tzinfo=UTC))
    fulfil_order(order_id=sold.pk)
    sold.fulfilments.update(created_at=datetime(2026, 5, 4, 12, tzinfo=UTC))

    invoice = paper_of(sold)

    assert "Paid by card on 3 May 2026</dt><dd>$259.98" in invoice
    assert "<dt>Shipped</dt><dd>4 May 2026" in invoice
    assert "To pay" not in invoice
    assert "To pay</dt><dd>$129.99" in paper_of(make_order(product))


def test_an_address_on_a_paper_is_written_as_its_country_does(tech, sold):
    Order.objects.update(
        shipping_address={"line1": "Weg 1", "city": "Berlin", "postal_code": "10115",
                          "state": "", "line2": "", "country": "DE"}
    )  # fmt: skip

    assert "10115 Berlin <br> Germany" in paper_of(Order.objects.get())


def test_papers_are_made_in_a_constant_number_of_statements(desk, sold, product):
    def statements(ids: list[str]) -> int:
        with CaptureQueriesContext(connection) as seen:
            desk.get(PRINT, {"id": ids})
        return len(seen)

    statements([str(sold.pk)])  # What is kept between requests is found once.
    one = statements([str(sold.pk)])
    more = [str(paid(make_order(product)).pk) for _ in range(4)]

    assert statements([str(sold.pk), *more]) == one


def test_more_papers_than_can_be_made_are_refused_with_their_number(desk):
    ids = [str(uuid4()) for _ in range(MOST_PAPERS + 1)]

    for path in (PRINT, f"{PRINT}pdf/"):
        response = desk.get(path, {"id": ids})
        assert response.status_code == 400
        assert "50 orders can be printed at once, as many as a page of the list has" in words(
            response
        )
        assert "and 51 were chosen." in words(response)


# --- PDF --------------------------------------------------------------------------------------

HINT = "No pango was found: 'apt-get install libpangoft2-1.0-0 libharfbuzz-subset0'."


@pytest.fixture
def printer() -> None:
    """What a PDF needs of the system."""
    if not can_make_pdf():
        if os.environ.get("CI") == "true":
            pytest.fail(HINT)
        pytest.skip(HINT)


def contents(made: bytes) -> bytes:
    """A PDF with its streams as they are before they are made smaller."""
    found = [made]
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", made, re.DOTALL):
        with contextlib.suppress(zlib.error):
            found.append(zlib.decompress(stream))
    return b"\n".join(found)


def pages(made: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", contents(made)))


@pytest.mark.breaks_books
def test_a_page_of_invoices_is_a_pdf_of_as_many_pages(printer, desk, sold):
    """In less time than a request has, with the shop's logo; `pdf` bounds their memory."""
    logo = BytesIO()
    Image.new("RGB", (200, 60), "teal").save(logo, "PNG")
    tenant = Tenant.objects.get(slug="tech")
    tenant.logo.save("logo.png", ContentFile(logo.getvalue()))
    connection.set_tenant(tenant)
    copies = _copies(sold, MOST_PAPERS - 1)
    page = words(desk.get(PRINT, {"id": copies}))
    address = html.unescape(re.search(r'href="([^"]*/pdf/[^"]*)">PDF<', page)[1])

    response = desk.get(address)

    assert response["Content-Type"] == "application/pdf"
    made = response.content
    assert pages(made) == MOST_PAPERS - 1
    assert len(re.findall(rb"/Subtype\s*/Image", made)) == 1


def test_a_pdf_fetches_no_address_and_no_file(printer):
    """Whatever a text, a style or a picture of a paper may name."""
    asked = []

    class Receiver(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        inside = f"http://127.0.0.1:{server.server_port}"
        made = make_pdf(
            f'<link rel="stylesheet" href="{inside}/a.css"><img src="{inside}/b.png">'
            '<link rel="attachment" href="file:///etc/hostname"><img src="file:///etc/hostname">'
            f'<object data="{inside}/c"></object><svg><image href="{inside}/d.svg"/></svg>',
            css=f'@import url("{inside}/e.css"); p {{ background: url("{inside}/f.png") }}'
            f'@font-face {{ font-family: x; src: url("{inside}/g.woff") }}',
        )
        server.shutdown()

    assert pages(made) == 1
    assert asked == []
    assert b"/EmbeddedFile" not in contents(made)


@pytest.mark.parametrize("limit", ["SECONDS", "WAIT_SECONDS"])
def test_a_pdf_that_takes_too_long_ends_with_a_sentence(printer, monkeypatch, limit):
    monkeypatch.setattr(pdf, limit, 2)
    started = time.monotonic()

    with pytest.raises(NoPdf, match="Choose fewer orders"):
        make_pdf("<table>" + "<tr><td>A word</td></tr>" * 50_000, css="")

    assert time.monotonic() - started < 60


def test_a_pdf_that_takes_too_much_room_ends_with_a_sentence(printer, monkeypatch):
    monkeypatch.setattr(pdf, "MEGABYTES", 150)

    with pytest.raises(NoPdf, match="Choose fewer orders"):
        make_pdf("<p>" + "A word. " * 100_000, css="")


def test_papers_that_make_no_pdf_are_still_shown(printer, desk, sold, monkeypatch):
    monkeypatch.setattr(pdf, "MEGABYTES", 20)

    response = desk.get(f"{PRINT}pdf/", {"id": str(sold.pk)})

    assert response.status_code == 400
    assert "This could not be made a PDF." in words(response)
    assert sold.number in words(response)


def test_nothing_speaks_of_pdf_where_the_system_makes_none(desk, sold, monkeypatch):
    monkeypatch.setattr(pdf, "_found", [False])

    shown = words(desk.get(PRINT, {"id": str(sold.pk)}))
    asked = desk.get(f"{PRINT}pdf/", {"id": str(sold.pk)})

    assert "PDF" not in shown
    assert asked.status_code == 400
    assert "This server makes no PDF: print the page." in words(asked)


def test_a_pdf_of_orders_that_are_not_there_is_none(printer, desk):
    response = desk.get(f"{PRINT}pdf/", {"id": str(uuid4())})

    assert response.status_code == 400
    assert "No order was chosen." in words(response)


def _copies(order: Order, count: int) -> list[str]:
    """Paid orders as this one, without the work of placing each."""
    line = order.line_items.get()
    made = []
    for number in range(count):
        order.pk, order.number, order.access_token = uuid7(), f"C-{number}", new_token()
        order.save(force_insert=True)
        line.pk, line.order = uuid7(), order
        line.save(force_insert=True)
        made.append(str(order.pk))
    return made
