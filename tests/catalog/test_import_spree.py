"""Spree's file, real and made up, taken into a shop."""

from decimal import Decimal

import pytest

from catalog.importing import import_catalogue
from catalog.models import Category, Product, ProductImage, Variant

SAMPLE = "spree/products.csv"


def row(slug="lamp", sku="LAMP", name="", price="0", currency="USD", **cells):
    cells = {"option1_name": "", "option1_value": ""} | cells
    return {"slug": slug, "sku": sku, "name": name, "price": price, "currency": currency} | cells


def red(**cells):
    return row(sku="LAMP-RED", option1_name="Color", option1_value="Red", **cells)


@pytest.mark.shared_data
@pytest.mark.parametrize("currency", ["USD", "EUR"])
def test_the_sample_catalogue_gives_its_figures(tech, shared_file, truth_of, currency):
    truth = truth_of(SAMPLE)
    tech.currency = currency

    report = import_catalogue(shared_file(SAMPLE))

    assert report.rejections == []
    assert report.products.created == Product.objects.count() == truth["products"]
    assert report.variants.created == Variant.objects.count() == truth["variants"]
    prices = list(Variant.objects.values_list("price", flat=True))
    assert min(prices) == Decimal(truth["price_by_currency"][currency]["price_min"])
    assert max(prices) == Decimal(truth["price_by_currency"][currency]["price_max"])
    assert not Variant.objects.filter(compare_at_price=0).exists()
    assert sum(Variant.objects.values_list("on_hand", flat=True)) == truth["stock_total"]
    assert Category.objects.count() == truth["category_nodes"]
    assert ProductImage.objects.values("source_url").distinct().count() == truth["images"]

    again = import_catalogue(shared_file(SAMPLE))
    assert (again.products.changed, again.variants.changed, again.images_added) == (0, 0, 0)


def test_a_variant_has_the_price_of_the_shops_currency(tech, write):
    tech.currency = "EUR"
    import_catalogue(
        write(
            [
                row(name="Lamp"),
                red(price="12", weight="2", weight_unit="lb", inventory_count="4"),
                row(sku="LAMP-RED", price="10.50", currency="EUR"),
            ]
        )
    )

    variant = Variant.objects.get()
    assert (variant.price, variant.option_values) == (Decimal("10.50"), ["Red"])
    assert (variant.on_hand, variant.weight_grams) == (4, Decimal("907.185"))


def test_a_product_without_variants_is_sold_by_its_own_row(tech, write):
    import_catalogue(write([row(name="Lamp", price="19.90", inventory_count="2")]))

    variant = Variant.objects.get()
    assert (variant.sku, variant.price, variant.option_values) == ("LAMP", Decimal("19.90"), [])


def test_rows_that_cannot_be_taken_are_refused_with_line_and_reason(tech, write):
    report = import_catalogue(
        write(
            [
                row(name="Lamp"),
                red(price="12"),
                row(sku="LAMP-L", price="12", option1_name="Size", option1_value="L"),
                row("cap", "CAP", "Cap", "5", "PLN"),
                row("hat", "HAT", "", "5"),
            ]
        )
    )

    assert Variant.objects.get().sku == "LAMP-RED"
    assert [(r.line, r.reason) for r in report.rejections] == [
        (4, "Its options are Size; the product's are Color."),
        (5, "It has no price in USD, but in PLN."),
        (6, "The product has no name."),
    ]
