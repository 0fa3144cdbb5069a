"""PrestaShop's product file, real and made up, taken into a shop."""

from decimal import Decimal

import pytest

from catalog.importing import import_catalogue
from catalog.importing.reader import BrokenFile
from catalog.models import Category, Product, Variant

SAMPLE = "prestashop/products_import.csv"


def row(name="Lamp", price="10", reference="LAMP", **cells):
    return {
        "Product ID": "1",
        "Name *": name,
        "Price tax excluded": price,
        "Reference #": reference,
    } | cells


@pytest.mark.shared_data
def test_the_sample_catalogue_gives_its_figures(tech, shared_file, truth_of):
    truth = truth_of(SAMPLE)

    report = import_catalogue(shared_file(SAMPLE))

    assert report.rejections == []
    assert report.products.created == Product.objects.count() == truth["products"]
    prices = list(Variant.objects.values_list("price", flat=True))
    assert min(prices) == Decimal(truth["price_min"])
    assert max(prices) == Decimal(truth["price_max"])
    kept = list(Product.objects.values_list("source_fields", flat=True))
    discounted = [each for each in kept if {"Discount amount", "Discount percent"} & set(each)]
    assert len(discounted) == truth["products_with_discount"]
    assert Category.objects.count() == truth["categories"]
    assert sum(Variant.objects.values_list("on_hand", flat=True)) == truth["stock_total"]
    made_up = Variant.objects.filter(sku_is_generated=True).count()
    assert made_up == truth["products_without_reference"]

    again = import_catalogue(shared_file(SAMPLE))
    assert (again.products.changed, again.variants.changed, again.images_added) == (0, 0, 0)


def test_a_row_is_a_product_with_one_variant(tech, write):
    import_catalogue(
        write(
            [
                row(Quantity="4", Weight="0.25")
                | {"Categories (x,y,z...)": "Home/Light/Desk,Sale", "Tags (x,y,z...)": "a, b"}
                | {"URL rewritten": "desk-lamp", "EAN13": "0000080446392"}
            ],
            delimiter=";",
        )
    )

    product = Product.objects.get()
    assert (product.slug, product.tags) == ("desk-lamp", ["a", "b"])
    assert product.category_names == ["Light", "Desk", "Sale"]
    variant = product.variants.get()
    assert (variant.sku, variant.price, variant.on_hand) == ("LAMP", Decimal(10), 4)
    assert (variant.barcode, variant.weight_grams) == ("0000080446392", Decimal(250))


@pytest.mark.parametrize(
    "cells",
    [
        {"Active (0/1)": "0"},
        {"Visibility": "none"},
        {"Available for order (0 = No, 1 = Yes)": "0"},
        {"Show price (0 = No, 1 = Yes)": "0"},
    ],
)
def test_what_was_not_sold_there_is_a_draft(tech, write, cells):
    import_catalogue(write([row(**cells)]))

    assert Product.objects.get().status == "draft"


def test_rows_that_cannot_be_taken_are_refused_with_line_and_reason(tech, write):
    report = import_catalogue(
        write([row("", reference="A"), row("Cap", "", "B"), row("Hat", "x", "C"), row()])
    )

    assert Variant.objects.get().sku == "LAMP"
    assert [(r.line, r.reason) for r in report.rejections] == [
        (2, "The product has no name."),
        (3, "It has no price."),
        (4, "The price is 'x', which is no number."),
    ]


def test_combinations_are_refused_by_their_name(tech, write):
    path = write([{"Product ID*": "1", "Impact on price": "40"}])

    with pytest.raises(BrokenFile, match="PrestaShop's combinations"):
        import_catalogue(path)
