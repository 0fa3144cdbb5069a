"""Medusa's template and export, real and made up, taken into a shop."""

from decimal import Decimal

import pytest

from catalog.importing import import_catalogue
from catalog.models import Product, Variant

TEMPLATE = "medusa/product-import-template.csv"
EXPORT = "medusa/exported-products-comma.csv"


def row(handle="lamp", title="Lamp", price="10", **cells):
    return {
        "Product Handle": handle,
        "Product Title": title,
        "Variant Title": "One",
        "Variant Price USD": price,
    } | cells


def option(name, value):
    return {"Variant Option 1 Name": name, "Variant Option 1 Value": value}


@pytest.mark.shared_data
@pytest.mark.parametrize("currency", ["EUR", "USD"])
def test_the_template_gives_its_figures(tech, shared_file, truth_of, currency):
    truth = truth_of(TEMPLATE)
    tech.currency = currency

    report = import_catalogue(shared_file(TEMPLATE))

    assert report.rejections == []
    assert report.products.created == Product.objects.count() == truth["products"]
    assert report.variants.created == Variant.objects.count() == truth["variants"]
    prices = list(Variant.objects.values_list("price", flat=True))
    assert min(prices) == Decimal(truth[f"price_{currency.lower()}_min"])
    assert max(prices) == Decimal(truth[f"price_{currency.lower()}_max"])
    assert sum(Variant.objects.values_list("on_hand", flat=True)) == truth["stock_total"]
    made_up = Variant.objects.filter(sku_is_generated=True).count()
    assert made_up == truth["variants_without_sku"]


@pytest.mark.shared_data
@pytest.mark.parametrize("currency", ["DKK", "EUR", "USD"])
def test_the_export_gives_its_figures(tech, shared_file, truth_of, currency):
    truth = truth_of(EXPORT)
    tech.currency = currency

    report = import_catalogue(shared_file(EXPORT))

    assert report.rejections == []
    assert Product.objects.filter(status="draft").count() == truth["products"]
    prices = list(Variant.objects.values_list("price", flat=True))
    wanted = truth["prices"][f"Variant Price {currency}"]
    assert sorted(prices) == sorted(Decimal(price) for price in wanted)

    again = import_catalogue(shared_file(EXPORT))
    assert (again.products.changed, again.variants.changed) == (0, 0)


def test_each_row_with_the_handle_is_a_variant(tech, write):
    import_catalogue(
        write(
            [
                row(**option("Size", "S"), **{"Variant Sku": "S-1", "Product Tag 1": "new"}),
                row(price="12", **option("Size", "M"), **{"Variant Inventory Quantity": "3"}),
            ],
            delimiter=";",
        )
    )

    product = Product.objects.get()
    assert (product.option_names, product.tags) == (["Size"], ["new"])
    found = [(v.option_values, v.price, v.on_hand) for v in product.variants.order_by("position")]
    assert found == [(["S"], Decimal(10), 0), (["M"], Decimal(12), 3)]


def test_rows_that_cannot_be_taken_are_refused_with_line_and_reason(tech, write):
    report = import_catalogue(
        write(
            [
                row(**option("Size", "S")),
                row(**option("Colour", "Red")),
                row("cap", "Cap", "", **{"Variant Price DKK": "70"}),
                row("hat", ""),
                row("bag", "Bag", **{"Product Thumbnail": "javascript:alert(1)"}),
            ]
        )
    )

    assert Variant.objects.get().option_values == ["S"]
    refused = [(each.line, each.reason) for each in report.rejections]
    assert refused[:3] == [
        (3, "Its options are Colour; the product's are Size."),
        (4, "It has no price in USD, but in DKK."),
        (5, "The product has no title."),
    ]
    assert (refused[3][0], "begins with https://" in refused[3][1]) == (6, True)
