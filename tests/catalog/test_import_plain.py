"""Plain tables, real and made up, taken into a shop by a mapping of their columns."""

from collections import Counter
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from catalog.importing import import_catalogue
from catalog.importing.reader import BrokenFile
from catalog.importing.running import NoFormatFits, parse
from catalog.models import Category, Product, Variant

IKEA = "ikea/ikea.csv"
MAPPING = {"name": "Artikel", "price": "Preis", "sku": "Nr"}


def row(name="Lamp", price="10", number="L-1", **cells):
    return {"Artikel": name, "Preis": price, "Nr": number} | cells


@pytest.mark.shared_data
def test_the_furniture_gives_its_figures(tech, shared_file, truth_of):
    truth = truth_of(IKEA)
    mapping = {"name": "name", "price": "price", "sku": "item_id", "category": "category"}

    report = import_catalogue(shared_file(IKEA), mapping=mapping)

    assert report.rejections == []
    assert report.products.created == Product.objects.count() == truth["products"]
    assert Category.objects.count() == truth["categories"]
    prices = list(Variant.objects.values_list("price", flat=True))
    assert min(prices) == Decimal(truth["price_min"])
    assert max(prices) == Decimal(truth["price_max"])
    places = Product.categories.through.objects.values_list("product_id", flat=True)
    several = [count for count in Counter(places).values() if count > 1]
    assert len(several) == truth["products_in_several_categories"]


def test_columns_are_found_by_the_mapping_and_others_say_nothing(tech, write):
    path = write([row(Ort="Home > Light", Rest="x"), row(Ort="Sale", Rest="x")])

    catalogue = parse(path, mapping=MAPPING | {"category": "ort"})
    import_catalogue(path, mapping=MAPPING | {"category": "ort"})

    assert catalogue.unknown == ["Rest"]
    variant = Variant.objects.get()
    assert (variant.sku, variant.price) == ("L-1", Decimal(10))
    assert variant.product.category_names == ["Home", "Light", "Sale"]


def test_rows_that_cannot_be_taken_are_refused_with_line_and_reason(tech, write):
    rows = [row(), row(price="12"), row("", number="A"), row(price="NA", number="B")]
    report = import_catalogue(write(rows), mapping=MAPPING)

    assert Variant.objects.get().sku == "L-1"
    assert [(r.line, r.reason) for r in report.rejections] == [
        (3, "Line 2 has its SKU with another name or price."),
        (4, "The product has no name."),
        (5, "The price is 'NA', which is no number."),
    ]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("12,90", "12.90"),
        ("1.234,5", "1234.50"),
        ("1,234.50", "1234.50"),
        ("0,50", "0.50"),
        ("$12.90", "12.90"),
        ("12,90 $", "12.90"),
        ("USD 12.90", "12.90"),
    ],
)
def test_prices_are_read_with_a_point_or_a_comma_and_with_the_shops_currency(
    tech, write, written, read
):
    import_catalogue(write([row(price=written)]), mapping=MAPPING)

    assert Variant.objects.get().price == Decimal(read)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("1,299", "The price is '1,299': write 1299, or 1.299."),
        ("1,2,3", "The price is '1,2,3', which is no number."),
        ("12,90.5", "The price is '12,90.5', which is no number."),
        ("1.23,90", "The price is '1.23,90', which is no number."),
        (",", "The price is ',', which is no number."),
        ("12,90 €", "The price is '12,90 €', which is no number."),
    ],
)
def test_a_price_that_could_be_two_is_refused(tech, write, written, reason):
    report = import_catalogue(write([row(price=written)]), mapping=MAPPING)

    assert [r.reason for r in report.rejections] == [reason]
    assert not Variant.objects.exists()


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        ({"name": "Artikel"}, "No column is named for the price"),
        (MAPPING | {"stock": "Bestand"}, "no column 'Bestand'"),
        (MAPPING | {"colour": "Nr"}, "'colour' is nothing"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(tech, write, mapping, problem):
    with pytest.raises(BrokenFile, match=problem):
        parse(write([row()]), mapping=mapping)


def test_the_command_takes_the_mapping(tech, write, capsys):
    path = str(write([row()]))
    columns = ["--column", "name=Artikel", "--column", "price=Preis", "--column", "sku=Nr"]

    call_command("import_products", path, "--tenant", "tech", *columns)

    assert "Format: Table" in capsys.readouterr().out
    assert Variant.objects.get().sku == "L-1"
    with pytest.raises(CommandError, match="FIELD=COLUMN"):
        call_command("import_products", path, "--tenant", "tech", "--column", "name")


@pytest.mark.parametrize(
    "first",
    [
        ["Lamp", "12.50"],
        ["Lamp", "12,50 €", "L-1"],
        ["Lamp", "Light", "https://pictures.example/lamp.jpg"],
        ["4006381333931", "Lamp", "Light"],
    ],
)
def test_a_first_row_that_is_a_product_is_told_from_names(tech, tmp_path, first):
    path = tmp_path / "table.csv"
    path.write_text("\t".join(first) + "\n" + "\t".join(["x"] * len(first)) + "\n")

    with pytest.raises(BrokenFile, match="names of the columns are missing") as refused:
        parse(path)

    assert "Lamp" in refused.value.details


@pytest.mark.parametrize(
    "names", [["Name", "2026"], ["Artikel", "12"], ["Thing", "Worth"], ["Größe", "38", "39"]]
)
def test_names_that_are_numbers_too_are_names(tech, tmp_path, names):
    path = tmp_path / "table.csv"
    path.write_text(",".join(names) + "\n" + ",".join(["x"] * len(names)) + "\n")

    with pytest.raises(NoFormatFits):
        parse(path)
