"""Vendure's file, real and made up, taken into a shop."""

from decimal import Decimal

import pytest

from catalog.importing import import_catalogue
from catalog.models import Product, Variant

SAMPLE = "vendure/products.csv"


def row(name="", slug="", sku="LAMP", price="10", **cells):
    cells = {"optionGroups": "", "optionValues": ""} | cells
    return {"name": name, "slug": slug, "sku": sku, "price": price} | cells


@pytest.mark.shared_data
def test_the_sample_catalogue_gives_its_figures(tech, shared_file, truth_of):
    truth = truth_of(SAMPLE)

    report = import_catalogue(shared_file(SAMPLE))

    # One SKU stands on three variants: the first has it.
    again = truth["variants"] - truth["distinct_skus"]
    assert ["stands in the file before" in each.reason for each in report.rejections] == [
        True
    ] * again
    assert report.products.created == Product.objects.count() == truth["products"]
    assert report.variants.created == Variant.objects.count() == truth["distinct_skus"]
    prices = list(Variant.objects.values_list("price", flat=True))
    assert min(prices) == Decimal(truth["price_min"])
    assert max(prices) == Decimal(truth["price_max"])
    on_hand = sum(Variant.objects.values_list("on_hand", flat=True))
    assert on_hand == truth["stock_total"] - again * 100
    kept = list(Product.objects.values_list("source_fields", flat=True))
    assert len({each["Pictures"] for each in kept}) == truth["assets"]
    kept += Variant.objects.values_list("source_fields", flat=True)
    facets = [item for each in kept for item in each.items() if item[0].startswith("Facet: ")]
    found = {(name, value) for name, text in facets for value in text.split(", ")}
    # Of one colour only a refused variant speaks.
    assert len(found) == truth["facet_values"] - 1
    assert len({name for name, _ in found}) == truth["facet_groups"]

    twice = import_catalogue(shared_file(SAMPLE))
    assert (twice.products.changed, twice.variants.changed) == (0, 0)


def test_padding_is_no_part_of_a_value_and_rows_without_a_name_are_variants(tech, write):
    import_catalogue(
        write(
            [
                row("Lamp   ", "lamp  ", "L-1  ", "10.00 ", optionGroups="size|colour ")
                | {"optionValues": "S|Red  ", "facets": "category:Light|brand:Lumen  "},
                row(sku="L-2", price="12", optionValues="M|Red", stockOnHand="3"),
            ]
        )
    )

    product = Product.objects.get()
    assert (product.name, product.slug, product.vendor) == ("Lamp", "lamp", "Lumen")
    assert product.category_names == ["Light"]
    found = {v.sku: (v.option_values, v.price, v.on_hand) for v in product.variants.all()}
    assert found == {"L-1": (["S", "Red"], Decimal(10), 0), "L-2": (["M", "Red"], Decimal(12), 3)}


def test_rows_that_cannot_be_taken_are_refused_with_line_and_reason(tech, write):
    report = import_catalogue(
        write(
            [
                row(sku="LOST"),
                row("Lamp", "lamp", "L-1", optionGroups="size", optionValues="S"),
                row(sku="L-2", optionValues="M|Red"),
                row(sku="L-3", optionValues="S"),
                row("Cap", "cap", "CAP", ""),
            ]
        )
    )

    assert Variant.objects.get().sku == "L-1"
    assert [(r.line, r.reason) for r in report.rejections] == [
        (2, "It has no name, and no product stands above it."),
        (4, "The product's variants have 1 option values, it has 2."),
        (5, "The product has a variant with these options: S."),
        (6, "The variant has no price."),
    ]
