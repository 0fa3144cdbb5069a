"""A table that no format fits: its columns are named in the browser, then it is an import."""

import csv
import io
import re
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.importing import mapping
from catalog.importing.running import FORMATS
from catalog.models import ColumnMapping, ImportRun, Product, Variant
from tests.admin.conftest import words
from tests.admin.test_import import LIST, _files_of_this_test, page_of, take, work  # noqa: F401

HEADER = ["Artikel", "VK (EUR)", "Nr", "Größe", "Bestand", "Bild", "Regal"]
ROWS = [
    ["Jacke", "89.00", "J-M", "M", "4", "https://images.example/j.jpg", "A1"],
    ["Jacke", "89.00", "J-L", "L", "7", "https://images.example/l.jpg", "A1"],
    ["Lampe", "12.50", "L-1", "", "3", "", "B2"],
]
# What the form of HEADER holds, as it is proposed.
NAMED = {
    "column_0": "name",
    "column_1": "price",
    "column_2": "sku",
    "column_3": "option_1",
    "column_4": "stock",
    "column_5": "picture",
    "column_6": "",
}


def upload(desk: Any, header: list[str] = HEADER, rows: list[list[str]] = ROWS) -> ImportRun:
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([header, *rows])
    desk.post(f"{LIST}add/", {"file": SimpleUploadedFile("a.csv", text.getvalue().encode())})
    return work(ImportRun.objects.latest("created_at"))


def name(desk: Any, run: ImportRun, **changed: str) -> Any:
    return desk.post(page_of(run), {"do": "columns"} | NAMED | changed)


def chosen(page: str) -> dict[str, str]:
    """What each select of the page shows."""
    selects = re.findall(r'<select name="(column_\d+)"[^>]*>(.*?)</select>', page)
    picked = ((number, re.search(r'value="(\w*)" selected', inner)) for number, inner in selects)
    return {number: match[1] if match else "" for number, match in picked}


def test_a_table_that_no_format_fits_asks_what_its_columns_are(desk, tech):
    run = upload(desk)

    assert (run.state, run.format, run.total) == ("asking", "Table", 0)
    page = words(desk.get(page_of(run)))
    assert chosen(page) == NAMED
    for shown in ("VK (EUR)", "89.00", "J-M", "B2", "Name and price are needed."):
        assert shown in page
    assert "Refresh" not in desk.get(page_of(run))
    assert "Import now" not in page


def test_named_columns_lead_to_the_preview_and_to_products_with_variants(desk, tech):
    run = upload(desk)

    assert name(desk, run).status_code == 302
    run = work(run)

    assert (run.state, run.unknown_columns) == ("ready", ["Regal"])
    assert "J-M: $89.00; J-L: $89.00" in words(desk.get(page_of(run)))
    assert not Product.objects.exists()
    take(desk, run, "go-on")
    assert work(run).state == "done"
    jacket = Product.objects.get(name="Jacke")
    assert jacket.option_names == ["Größe"]
    found = {each.sku: (each.option_values, each.on_hand) for each in jacket.variants.all()}
    assert found == {"J-M": (["M"], 4), "J-L": (["L"], 7)}
    assert jacket.images.count() == 2
    lamp = Variant.objects.get(sku="L-1")
    assert (lamp.price, lamp.product.option_names) == (Decimal("12.50"), [])


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"column_1": ""}, "Say which column goes here: Price (needed)."),
        ({"column_0": "", "column_1": ""}, "Name (needed), Price (needed)"),
        ({"column_6": "sku"}, "The column &#x27;Nr&#x27; goes there too"),
        ({"column_6": "colour"}, "colour is not one of the available choices"),
    ],
)
def test_columns_that_are_named_wrongly_are_said_and_what_was_chosen_stays(desk, changed, problem):
    run = upload(desk)

    response = name(desk, run, column_5="", **changed)

    assert response.status_code == 200
    page = words(response)
    assert problem in page
    assert chosen(page)["column_5"] == ""
    assert chosen(page)["column_2"] == "sku"
    run.refresh_from_db()
    assert (run.state, run.mapping) == ("asking", {})


def test_what_was_said_is_proposed_for_the_next_file_with_the_same_header(desk, tech):
    work(upload(desk))
    name(desk, ImportRun.objects.get(), column_3="", column_6="category")

    again = upload(desk, rows=ROWS[2:])
    other = upload(desk, [*HEADER, "Farbe"], [[*row, "rot"] for row in ROWS])

    said = NAMED | {"column_3": "", "column_6": "category"}
    assert chosen(words(desk.get(page_of(again)))) == said
    assert chosen(words(desk.get(page_of(other)))) == NAMED | {"column_7": "option_2"}
    assert ColumnMapping.objects.count() == 1


def test_refused_rows_that_were_corrected_have_the_same_mapping(desk, tech):
    run = upload(desk, rows=[["Lampe", "viel", "L-1", "", "3", "", ""]])
    name(desk, run, column_6="brand")
    assert work(run).state == "failed"

    content = desk.get(f"{LIST}{run.pk}/rejected/").getvalue().decode().replace("viel", "9.00")
    desk.post(f"{LIST}add/", {"file": SimpleUploadedFile("b.csv", content.encode())})
    again = work(ImportRun.objects.latest("created_at"))

    shown = chosen(words(desk.get(page_of(again))))
    assert (shown["column_2"], shown["column_8"]) == ("name", "brand")


def test_columns_can_be_named_anew_before_anything_is_in(desk, tech):
    run = upload(desk)
    name(desk, run, column_6="category")
    work(run)

    desk.post(page_of(run), {"do": "read-as", "read_as": "Table"})
    run = work(run)

    assert (run.state, run.preview) == ("asking", {})
    assert chosen(words(desk.get(page_of(run))))["column_6"] == "category"


def test_a_format_that_was_found_out_wrongly_can_be_changed(desk, tech):
    run = upload(desk, ["Handle", "Title", "Variant Price"], [["lamp", "Lamp", "9.00"]])
    assert (run.state, run.format) == ("ready", "Shopify")
    assert "The file is read as one of Shopify." in words(desk.get(page_of(run)))

    desk.post(page_of(run), {"do": "read-as", "read_as": "Table"})
    assert work(run).state == "asking"
    desk.post(page_of(run), {"do": "read-as", "read_as": ""})
    assert (work(run).state, run.format) == ("ready", "Shopify")


@pytest.mark.parametrize("read_as", FORMATS)
def test_a_file_that_is_read_as_what_it_is_not_fails_with_a_reason(desk, tech, read_as):
    run = upload(desk)

    desk.post(page_of(run), {"do": "read-as", "read_as": read_as})
    run = work(run)

    assert run.state == "failed"
    assert "Something went wrong" not in run.problem
    assert chosen(words(desk.get(page_of(run)))) == {}
    # And back.
    desk.post(page_of(run), {"do": "read-as", "read_as": "Table"})
    assert work(run).state == "asking"


def test_what_is_in_is_not_read_in_another_way(desk, tech):
    run = upload(desk)
    name(desk, run)
    take(desk, work(run), "go-on")
    work(run)

    for data in ({"do": "read-as", "read_as": "Table"}, {"do": "columns"} | NAMED):
        desk.post(page_of(run), data)
        run.refresh_from_db()
        assert run.state == "done"


def test_a_viewer_names_no_columns(desk, desk_of, tech):
    run = upload(desk)
    viewer = desk_of("viewer")

    assert "<select" not in words(viewer.get(page_of(run)))
    for data in ({"do": "read-as", "read_as": "Shopify"}, {"do": "columns"} | NAMED):
        assert viewer.post(page_of(run), data).status_code == 403
    run.refresh_from_db()
    assert run.state == "asking"


@pytest.mark.parametrize(
    ("header", "rows", "problem"),
    [
        (["Everything"], [["a"]], "first row names one column."),
        (["Lamp", "$12.50"], [["Tent", "$99"]], "The names of the columns are missing"),
        ([f"c{n}" for n in range(201)], [["a"] * 201], "more than 200 columns"),
    ],
)
def test_what_is_no_table_of_products_fails_with_a_reason(desk, tech, header, rows, problem):
    run = upload(desk, header, rows)

    assert run.state == "failed"
    assert problem in run.problem


@pytest.mark.parametrize(
    ("column", "cells", "field"),
    [
        ("Product_Name", ["Lamp"], "name"),
        ("Price in EUR", ["9.90"], "price"),
        ("Preis", ["nach Absprache"], None),
        ("Preis", ["1.299,00 €"], "price"),
        ("Price", ["CA$12"], "price"),
        ("Old price", ["EUR 9.90"], "price_before"),
        ("Stock", ["5 pcs"], None),
        ("Artikel-Nr.", ["1"], "sku"),
        ("Gewicht (g)", ["850"], "grams"),
        ("Colour", ["red"], "option_1"),
        ("Shelf", ["A1"], None),
    ],
)
def test_columns_are_proposed_by_their_names_in_english_and_german(column, cells, field):
    found = mapping.proposed([column.lower()], [cells])

    assert found == ({field: column.lower()} if field else {})
