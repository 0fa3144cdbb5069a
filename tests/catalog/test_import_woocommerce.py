"""WooCommerce's export, real and made up, taken into a shop."""

import time
from decimal import Decimal

import pytest

from catalog.importing import import_catalogue
from catalog.importing.running import parse
from catalog.models import Category, Product, ProductImage, Variant

SAMPLE = "woocommerce/sample_products.csv"
FASHION = "woocommerce/experimental_fashion_sample_9_products.csv"


def row(sku="lamp", name="Lamp", price="10", kind="simple", **cells):
    return {"Type": kind, "SKU": sku, "Name": name, "Regular price": price} | cells


@pytest.mark.shared_data
def test_the_sample_catalogue_gives_its_figures(tech, shared_file, truth_of):
    truth = truth_of(SAMPLE)

    report = import_catalogue(shared_file(SAMPLE))

    refused = {rejection.line: rejection.reason for rejection in report.rejections}
    assert set(refused) == {24, 25}
    assert "grouped" in refused[24]
    assert "external" in refused[25]
    assert report.products.created + len(refused) == truth["products"]
    variations = Variant.objects.exclude(option_values=[]).count()
    assert variations == truth["variations"]
    prices = Variant.objects.values_list("price", flat=True)
    assert min(prices) == Decimal(truth["effective_price_min"])
    assert max(prices) == Decimal(truth["effective_price_max"])
    # The pennant's category goes with the refused row.
    assert Category.objects.count() == truth["category_nodes"] - 1
    assert ProductImage.objects.values("source_url").distinct().count() == truth["images"] - 2
    assert sum(Variant.objects.values_list("on_hand", flat=True)) == truth["stock_total"]


@pytest.mark.shared_data
def test_the_fashion_catalogue_gives_its_figures(tech, shared_file, truth_of):
    truth = truth_of(FASHION)

    report = import_catalogue(shared_file(FASHION))

    reasons = [rejection.reason for rejection in report.rejections]
    assert sum("without any variation" in reason for reason in reasons) == 2
    assert sum("no price" in reason for reason in reasons) == 1
    assert report.products.created + len(reasons) == truth["products"]


@pytest.mark.shared_data
@pytest.mark.parametrize("name", [SAMPLE, FASHION])
def test_the_same_file_twice_changes_nothing(tech, shared_file, name):
    import_catalogue(shared_file(name))

    report = import_catalogue(shared_file(name))

    assert (report.products.changed, report.variants.changed, report.images_added) == (0, 0, 0)


def test_a_sale_price_is_the_price_and_the_regular_one_what_it_was_before(tech, write):
    import_catalogue(write([row(**{"Sale price": "8.50"})]))

    variant = Variant.objects.get()
    assert (variant.price, variant.compare_at_price) == (Decimal("8.50"), Decimal(10))


def test_variations_stand_anywhere_and_an_attribute_none_sets_is_no_choice(tech, write):
    colour = {"Attribute 1 name": "Color", "Attribute 2 name": "Size"}
    report = import_catalogue(
        write(
            [
                row("tee-red", "Tee - Red", kind="variation", Parent="tee", **colour)
                | {"Attribute 1 value(s)": "Red"},
                row("cap", "Cap"),
                row("tee", "Tee", "", "variable", **colour)
                | {"Attribute 1 value(s)": "Red, Blue", "Attribute 2 value(s)": "S, M"},
                row("tee-blue", "Tee - Blue", kind="variation", Parent="tee", **colour)
                | {"Attribute 1 value(s)": "Blue"},
                row("lost", "Lost", kind="variation", Parent="nobody"),
            ]
        )
    )

    tee = Product.objects.get(slug="tee")
    assert tee.option_names == ["Color"]
    assert {tuple(v.option_values) for v in tee.variants.all()} == {("Red",), ("Blue",)}
    assert [(r.line, r.reason) for r in report.rejections] == [
        (6, "Its parent 'nobody' is not in the file.")
    ]


def test_the_time_it_takes_grows_with_the_rows_and_no_faster(tech, write):
    rows = []
    for number in range(6000):
        rows.append(row(f"S-{number}", kind="variable", **{"Attribute 1 name": "Colour"}))
        variation = row(f"V-{number}", kind="variation", Parent=f"S-{number}")
        rows.append(variation | {"Attribute 1 name": "Colour", "Attribute 1 value(s)": "Red"})
    started = time.process_time()

    catalogue = parse(write(rows))

    assert (len(catalogue.products), catalogue.rejections) == (6000, [])
    assert time.process_time() - started < 4, "each product looks at all variations"


@pytest.mark.parametrize("kind", ["grouped", "external", "subscription", ""])
def test_what_cannot_be_sold_is_refused_with_the_reason(tech, write, kind):
    report = import_catalogue(write([row(kind=kind), row("cap", "Cap")]))

    [refused] = report.rejections
    assert refused.line == 2
    assert "cannot be sold here" in refused.reason


def test_a_picture_that_is_no_address_on_the_web_is_refused_with_its_row(tech, write):
    report = import_catalogue(write([row(Images="javascript:alert(1)"), row("cap", "Cap")]))

    [refused] = report.rejections
    assert (refused.line, "begins with https://" in refused.reason) == (2, True)
    assert Variant.objects.count() == report.variants.created == 1


def test_weights_are_taken_in_the_unit_of_the_header(tech, write):
    import_catalogue(write([row(**{"Weight (lbs)": ".5"})]))

    assert Variant.objects.get().weight_grams == Decimal("226.796")


def test_hidden_and_unpublished_products_are_drafts(tech, write):
    import_catalogue(
        write(
            [
                row("a", "A", **{"Visibility in catalog": "hidden", "Published": "1"}),
                row("b", "B", Published="0"),
                row("c", "C", Published="1"),
            ]
        )
    )

    statuses = dict(Product.objects.values_list("name", "status"))
    assert statuses == {"A": "draft", "B": "draft", "C": "active"}


def test_categories_are_a_tree(tech, write):
    import_catalogue(write([row(Categories="Clothing > Tshirts, Sale")]))

    product = Product.objects.get()
    assert product.category_names == ["Clothing", "Tshirts", "Sale"]


def test_many_products_of_one_name_take_a_time_that_grows_with_them(tech, write):
    path = write([row(f"S-{number}") for number in range(10_000)])
    started = time.process_time()

    products = parse(path).products

    assert time.process_time() - started < 3
    assert [each.slug for each in products[:3]] == ["lamp", "lamp-2", "lamp-3"]
    assert products[-1].slug == "lamp-10000"


def test_many_attributes_that_no_variation_sets_are_looked_at_once(tech, write):
    named = {f"Attribute {number} name": f"A{number}" for number in range(1, 401)}
    rows = [row("tee", "Tee", kind="variable", **named)]
    rows += [row(f"V-{n}", kind="variation", Parent="tee") for n in range(1, 201)]
    path = write(rows)
    started = time.process_time()

    [product] = parse(path).products

    assert time.process_time() - started < 3
    assert (product.option_names, len(product.variants)) == ([], 1)
