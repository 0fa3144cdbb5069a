"""Lists as files: what is filtered, by who may, and nothing in them that computes."""

import csv
import io
import tracemalloc
import xml.etree.ElementTree as ET
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from catalog.importing import import_catalogue
from catalog.models import Product
from orders.desk import tables
from orders.models import Order
from orders.services.attending import hold_back
from orders.services.fulfilling import fulfil_order
from orders.services.paying import cancel_paid_order
from orders.services.placing import Buyer
from orders.services.timeline import NOBODY
from pycommerce.core import spreadsheets
from pycommerce.core.spreadsheets import as_it_was, harmless, write_table
from tests.checkout.conftest import paid
from tests.factories import make_category, make_order, make_product

PRODUCTS, ORDERS, CUSTOMERS = (
    f"/admin/{name}/export/" for name in ("catalog/product", "orders/order", "orders/customer")
)


def table(response: Any) -> list[dict[str, str]]:
    """The rows of a CSV that was sent."""
    assert response.status_code == 200
    content = response.getvalue()
    assert content.startswith(b"\xef\xbb\xbf"), "Excel needs the mark"
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def sheet(content: bytes, number: int = 1) -> list[list[str]]:
    """The cells of an XLSX as they read; what is no formula has no `f`."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        root = ET.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))
    assert list(root.iter(f"{space}f")) == []
    return [
        ["".join(cell.itertext()) for cell in row.iter(f"{space}c")]
        for row in root.iter(f"{space}row")
    ]


# --- Nothing computes -------------------------------------------------------------------------

FORMULAS = ["=1+1", "+49 30", "-2", "@SUM(A1)", "\tx", "\rx", "＝1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_would_be_a_formula_gets_an_apostrophe_and_loses_it_again(text):
    assert harmless(text) == f"'{text}"
    assert as_it_was(harmless(text)) == text


@pytest.mark.parametrize("text", ["", "Lamp", "1-2", "'tis", "a=b"])
def test_other_text_stays_as_it_is(text):
    assert harmless(text) == as_it_was(text) == text


def test_a_csv_has_texts_that_are_harmless_and_numbers_that_are_numbers():
    file = io.BytesIO()
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    count = write_table(file, "csv", ["a", "=b"], [["=1", Decimal("-1.50")], [moment, None]])

    assert count == 2
    assert file.getvalue().decode("utf-8-sig") == ("a,'=b\r\n'=1,-1.50\r\n2026-01-02 03:04:05,\r\n")


@pytest.mark.parametrize("between", [";", "\n", "\t ", "; \r\n"])
def test_nothing_computes_where_cells_end_at_another_sign(between):
    # A spreadsheet of a country with decimal commas opens it and parts cells by semicolons.
    file, back = io.BytesIO(), io.BytesIO()

    write_table(file, "csv", ["note"], [[f"a{between}=1+1"], ["a;b-c"]])
    write_table(back, "csv", ["note"], [[f"a{between}=1+1"]], comes_back=True)

    [[note], [other]] = list(
        csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig"), newline=""))
    )[1:]
    assert (note, other) == (f"a{between}'=1+1", "a;b-c")
    [[same]] = list(csv.reader(io.StringIO(back.getvalue().decode("utf-8-sig"), newline="")))[1:]
    assert same == f"a{between}=1+1"


def test_an_xlsx_has_texts_and_no_formula():
    file = io.BytesIO()

    write_table(file, "xlsx", ["a", "b"], [["=1+1", Decimal("-1.5")], ["https://x.example", 2]])

    assert sheet(file.getvalue()) == [["a", "b"], ["=1+1", "-1.5"], ["https://x.example", "2"]]


def test_an_xlsx_goes_on_in_another_sheet_where_one_is_full(monkeypatch):
    monkeypatch.setattr(spreadsheets, "_MOST_ROWS", 3)
    file = io.BytesIO()

    count = write_table(file, "xlsx", ["a"], ([n] for n in range(5)))

    assert count == 5
    found = [sheet(file.getvalue(), number) for number in (1, 2, 3)]
    assert found == [[["a"], ["0"], ["1"]], [["a"], ["2"], ["3"]], [["a"], ["4"]]]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_many_rows_need_no_more_memory_than_few(form, tmp_path):
    def peak(rows: int) -> int:
        tracemalloc.start()
        with (tmp_path / "table").open("wb") as file:
            write_table(file, form, ["a"] * 5, ([str(n), n, n, n, n] for n in range(rows)))
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    few = peak(500)

    assert peak(10_000) < few + 300_000


# --- What is filtered -------------------------------------------------------------------------


def test_products_are_exported_as_they_are_filtered(desk, tech):
    light = make_category("Light")
    make_product("Lamp", sku="L-1", categories=[light], price="12.50", on_hand=0)
    make_product("Torch", sku="T-1", categories=[light], status="draft")
    make_product("Radio", sku="R-1")

    def skus(query: str) -> list[str]:
        return [row["Variant SKU"] for row in table(desk.get(f"{PRODUCTS}csv/{query}"))]

    assert skus("") == ["L-1", "R-1", "T-1"]
    assert skus("?status__exact=draft") == ["T-1"]
    assert skus("?level=out") == ["L-1"]
    assert skus("?q=radio") == ["R-1"]
    assert skus(f"?categories__id__exact={light.pk}") == ["L-1", "T-1"]


def test_exported_products_come_in_again_as_they_were(desk, tech, tmp_path):
    make_product("=Lamp", price="12.50", on_hand=3, description="<p>-x</p>", tags=["@home"])
    file = tmp_path / "products.csv"
    file.write_bytes(desk.get(f"{PRODUCTS}csv/").getvalue())
    assert b"'=Lamp" in file.read_bytes()

    report = import_catalogue(file)

    assert (report.products.changed, report.rejections) == (0, [])
    assert Product.objects.get().name == "=Lamp"


def test_orders_are_exported_as_they_are_filtered(desk, tech):
    lamp = make_product("Lamp", sku="L-1", price="10.00")
    first = make_order(lamp, quantity=2, notes="=cmd")
    make_order(lamp, buyer=Buyer("Ada", "ada@example.com", "+49 30 1"))
    Order.objects.filter(pk=first.pk).update(created_at=datetime(2026, 3, 1, 12, tzinfo=UTC))

    newest, oldest = table(desk.get(f"{ORDERS}csv/"))

    assert (oldest["Order"], oldest["Placed"]) == (first.number, "2026-03-01 12:00:00")
    assert (oldest["Items"], oldest["Units"]) == ("2 × Lamp (L-1)", "2")
    assert (oldest["Total"], oldest["Currency"]) == ("20.00", "USD")
    assert (oldest["City"], oldest["Note"]) == ("Metropolis", "'=cmd")
    assert newest["Phone"] == "'+49 30 1"
    assert [row["Name"] for row in table(desk.get(f"{ORDERS}csv/?q=ada"))] == ["Ada"]
    assert table(desk.get(f"{ORDERS}csv/?tab=done")) == []


def test_exported_orders_are_told_in_the_words_of_their_list(desk, tech):
    lamp = make_product("Lamp", on_hand=99)
    orders = [make_order(lamp, quantity=2) for _ in range(6)]
    begun, sent, held, ended = orders[2:]
    for order in orders[1:]:
        paid(order)
    fulfil_order(order_id=begun.pk, items={begun.line_items.get().pk: 1})
    fulfil_order(order_id=sent.pk)
    hold_back(order_id=held.pk, reason="odd", actor=NOBODY)
    cancel_paid_order(ended.pk, reason="sold elsewhere")

    rows = {row["Order"]: row for row in table(desk.get(f"{ORDERS}csv/"))}

    told = {
        order.number: (rows[order.number]["Status"], rows[order.number]["Payment"])
        for order in orders
    }
    assert list(told.values()) == [
        ("Waits for payment", "Unpaid"),
        ("To send", "Paid"),
        ("Partly sent", "Paid"),
        ("Sent", "Paid"),
        ("To send", "Paid, In review"),
        ("Cancelled", "Refund on its way"),
    ]


def test_customers_are_exported_as_they_are_searched(desk, tech):
    lamp = make_product(price="10.00", on_hand=9)
    make_order(lamp)
    make_order(lamp, buyer=Buyer("Ada", "ada@example.com"))

    (ada,) = table(desk.get(f"{CUSTOMERS}csv/?q=ada"))

    assert (ada["E-mail"], ada["Orders"], ada["Spent"]) == ("ada@example.com", "1", "0.00")
    assert len(table(desk.get(f"{CUSTOMERS}csv/"))) == 2


@pytest.mark.parametrize("address", [PRODUCTS, ORDERS, CUSTOMERS])
def test_the_same_comes_as_xlsx(desk, tech, address):
    make_order(make_product("Lamp"))

    response = desk.get(f"{address}xlsx/")

    assert response["Content-Disposition"].startswith('attachment; filename="tech-')
    assert response["Content-Disposition"].endswith('.xlsx"')
    header, row = sheet(response.getvalue())
    assert len(header) > 10
    assert any("Lamp" in cell or "John" in cell for cell in row)


# --- Who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "may"),
    [("owner", True), ("manager", True), ("fulfilment", False), ("viewer", False)],
)
def test_a_role_allows_what_its_table_says(desk_of, tech, role, may):
    make_order(make_product())
    desk = desk_of(role)

    for address in (PRODUCTS, ORDERS, CUSTOMERS):
        assert (desk.get(f"{address}csv/").status_code == 200) is may
        listed = desk.get(address.removesuffix("export/"))
        assert listed.status_code == 200
        assert (b'action="export/csv/"' in listed.content) is may


def test_there_is_no_other_format(desk, tech):
    assert desk.get(f"{ORDERS}pdf/").status_code == 404


@pytest.mark.parametrize("query", ["categories__id__exact=1", "p=99", "level=x", "e=1"])
def test_a_filter_or_page_that_is_none_is_no_failure(desk, tech, query):
    assert desk.get(f"{PRODUCTS}csv/?{query}").status_code in {200, 404}


def test_lists_of_several_batches_are_whole_and_in_order(desk, tech, monkeypatch):
    monkeypatch.setattr(tables, "_AT_ONCE", 2)
    lamp = make_product(on_hand=99)
    for number in range(5):
        make_order(lamp, buyer=Buyer("Ada", f"{number}@example.com"))

    for address in (ORDERS, CUSTOMERS):
        found = [row["E-mail"] for row in table(desk.get(f"{address}csv/"))]
        assert found == [f"{number}@example.com" for number in (4, 3, 2, 1, 0)]


def test_an_export_costs_the_same_whatever_its_length(desk, tech, django_assert_max_num_queries):
    lamp = make_product(on_hand=99)
    for number in range(20):
        make_order(lamp, buyer=Buyer("Ada", f"{number}@example.com"))
        make_product()

    for address in (PRODUCTS, ORDERS, CUSTOMERS):
        with django_assert_max_num_queries(17):
            desk.get(f"{address}csv/").getvalue()
