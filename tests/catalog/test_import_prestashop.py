"""PrestaShop's product file, real and made up, taken into a shop."""

from decimal import Decimal

import pytest

from catalog.importing import import_catalogue
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


# --- Combinations -----------------------------------------------------------------------------

COMBINATIONS = "prestashop/combinations_import.csv"


def combination(values, reference, number="1", impact="0", **cells):
    return {
        "Product ID*": number,
        "Attribute (Name:Type:Position)*": "Colour:color:0, Size:select:1",
        "Value (Value:Position)*": values,
        "Reference": reference,
        "Impact on price": impact,
        "Default (0 = No, 1 = Yes)": "0",
    } | cells


@pytest.fixture
def jacket(tech, write):
    import_catalogue(write([row("Jacket", "80", "JACKET", Quantity="9", Weight="0.5")]))
    return Product.objects.get()


@pytest.mark.shared_data
def test_the_sample_combinations_give_their_figures(tech, shared_file, truth_of):
    truth = truth_of(COMBINATIONS)
    import_catalogue(shared_file(SAMPLE))
    before = Variant.objects.count()

    report = import_catalogue(shared_file(COMBINATIONS))

    # Two of a laptop have the same attributes; the second is refused. Four take a product's place.
    (refused,) = report.rejections
    assert "The product has a variant with these options: Metal / Optional 64GB" in refused.reason
    variants = list(Variant.objects.filter(source_fields__has_key="Impact on price"))
    assert len(variants) + 1 == truth["variants"]
    products = {variant.product_id for variant in variants}
    assert len(products) == truth["products_referenced"]
    assert Variant.objects.count() == before - len(products) + len(variants)
    assert sum(each.on_hand for each in variants) + 10 == truth["stock_total"]
    impacts = [Decimal(each.source_fields["Impact on price"]) for each in variants]
    assert min(impacts) == Decimal(truth["price_impact_min"])
    impact_of_refused = Decimal(refused.raw[8])
    assert max([*impacts, impact_of_refused]) == Decimal(truth["price_impact_max"])
    nano = Product.objects.get(name="iPod Nano")
    assert nano.option_names == ["Color", "Disk space"]
    assert set(nano.variants.values_list("price", flat=True)) == {Decimal(100), Decimal(140)}

    for sample in (COMBINATIONS, SAMPLE):
        again = import_catalogue(shared_file(sample))
        assert (again.products.changed, again.variants.changed, again.images_added) == (0, 0, 0)


def test_combinations_become_the_variants_of_their_product(jacket, write):
    plain = jacket.variants.get().pk
    rows = [
        combination("Red:0, M:1", "J-RED-M", Quantity="3"),
        combination("Blue:0, L:1", "J-BLUE-L", impact="-5.50", Quantity="4", EAN13="123")
        | {"Default (0 = No, 1 = Yes)": "1", "Impact on weight": "0.1"}
        | {"Image URLs (x,y,z...)": "https://images.example/b.jpg"}
        | {"Image alt texts (x,y,z...)": "A blue one"},
    ]

    report = import_catalogue(write(rows, "combinations.csv"))

    assert (report.format, report.rejections) == ("PrestaShop combinations", [])
    jacket.refresh_from_db()
    assert jacket.option_names == ["Colour", "Size"]
    found = {each.sku: each for each in jacket.variants.all()}
    assert set(found) == {"J-RED-M", "J-BLUE-L"}
    blue, red = found["J-BLUE-L"], found["J-RED-M"]
    assert (blue.pk, blue.option_values) == (plain, ["Blue", "L"])
    assert (blue.price, blue.on_hand, blue.barcode) == (Decimal("74.50"), 4, "123")
    assert (red.price, red.on_hand) == (Decimal(80), 3)
    assert (blue.weight_grams, red.weight_grams) == (Decimal(600), Decimal(500))
    assert [(each.source_url, each.alt) for each in jacket.images.all()] == [
        ("https://images.example/b.jpg", "A blue one")
    ]


def test_the_products_again_leave_the_combinations_at_prices_that_follow(jacket, write):
    rows = [combination("Red:0, M:1", "A"), combination("Blue:0, L:1", "B", impact="-5")]
    import_catalogue(write(rows, "combinations.csv"))

    report = import_catalogue(write([row("Jacket", "90", "JACKET", Quantity="9")]))
    assert dict(Variant.objects.values_list("sku", "price")) == {"A": Decimal(90), "B": Decimal(85)}
    assert (report.variants.created, report.variants.updated) == (0, 2)

    report = import_catalogue(write([row("Jacket", "4", "JACKET", Quantity="9")]))
    assert [each.reason for each in report.rejections] == [
        "The price of a combination is negative."
    ]


def test_combinations_that_cannot_be_taken_are_refused_with_line_and_reason(jacket, write):
    rows = [
        combination("Red:0, M:1", "A"),
        combination("Red:0", "B"),
        combination("Red:0, M:1", "C"),
        combination("Red:0, L:1", "D", impact="cheap"),
        combination("Red:0, L:1", "E", impact="-90"),
        combination("Red:0, M:1", "F", number="7"),
        combination("Red:0, XL:1", "A"),
    ]

    report = import_catalogue(write(rows, "combinations.csv"))

    assert [(each.line, each.reason) for each in report.rejections] == [
        (3, "The combination has no Size."),
        (4, "The product has a variant with these options: Red / M."),
        (5, "Impact on price is 'cheap', which is no number."),
        (6, "The price is negative."),
        (
            7,
            "No product of the shop has PrestaShop's number '7': import the products first.",
        ),
    ]
    # There a reference may stand twice; here the second has a made-up SKU and keeps it.
    made_up = Variant.objects.get(sku_is_generated=True)
    assert (made_up.option_values, made_up.source_fields["Reference"]) == (["Red", "XL"], "A")
