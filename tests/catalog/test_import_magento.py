"""Magento's export, real and made up, taken into a shop."""

import time
from decimal import Decimal

import pytest

from catalog.importing import import_catalogue
from catalog.importing.running import parse
from catalog.models import Category, Product, Variant

SAMPLE = "magento/products.csv"


def row(sku="lamp", name="Lamp", price="10", kind="simple", **cells):
    return {
        "sku": sku,
        "attribute_set_code": "Default",
        "product_type": kind,
        "name": name,
        "price": price,
    } | cells


@pytest.mark.shared_data
def test_the_sample_catalogue_gives_its_figures(tech, shared_file, truth_of):
    truth = truth_of(SAMPLE)

    report = import_catalogue(shared_file(SAMPLE))

    assert report.rejections == []
    assert report.products.created == Product.objects.count() == truth["products"]
    assert report.variants.created == Variant.objects.count() == truth["variants"]
    prices = list(Variant.objects.values_list("price", flat=True))
    assert min(prices) == Decimal(truth["price_min"])
    assert max(prices) == Decimal(truth["price_max"])
    assert sum(Variant.objects.values_list("on_hand", flat=True)) == truth["stock_total"]
    # Magento's own root is no category of the shop.
    assert Category.objects.count() == truth["category_nodes"] - 1
    pictures = set()
    for kept in Product.objects.values_list("source_fields", flat=True):
        pictures |= set(kept["Pictures"].split(", "))
    assert len(pictures) == truth["images"]
    assert report.picture_files >= truth["images"]

    again = import_catalogue(shared_file(SAMPLE))
    assert (again.products.changed, again.variants.changed) == (0, 0)


def test_pictures_that_have_only_a_name_are_counted_and_told_of(tech, write):
    path = write([row(base_image="/l/a/lamp.jpg", additional_images="/l/a/a.jpg,/l/a/b.jpg")])

    report = import_catalogue(path)

    assert (report.images_added, report.picture_files) == (0, 3)
    assert any("3 pictures have no address" in line for line in report.lines())
    assert import_catalogue(path).picture_files == 0


def test_a_configurable_product_finds_its_variants_by_sku(tech, write):
    variations = "sku=tee-s,size=S,frame_color=Red|sku=tee-m,size=M,frame_color=Red|sku=gone,size=L"
    report = import_catalogue(
        write(
            [
                row("tee-s", "Tee S", "20", qty="3"),
                row("tee", "Tee", "", "configurable", configurable_variations=variations)
                | {"configurable_variation_labels": "size=Size of shirt"},
                row("tee-m", "Tee M", "22.50", qty="0"),
            ]
        )
    )

    product = Product.objects.get()
    assert product.option_names == ["Size of shirt", "Frame color"]
    found = {v.sku: (v.option_values, v.price, v.on_hand) for v in product.variants.all()}
    assert found == {
        "tee-s": (["S", "Red"], Decimal(20), 3),
        "tee-m": (["M", "Red"], Decimal("22.50"), 0),
    }
    assert [(r.line, r.reason) for r in report.rejections] == [
        (3, "Its variation 'gone' is not in the file.")
    ]


@pytest.mark.parametrize("kind", ["bundle", "grouped", "downloadable", "giftcard"])
def test_what_cannot_be_sold_is_refused_with_the_reason(tech, write, kind):
    report = import_catalogue(write([row(kind=kind), row("cap", "Cap")]))

    [refused] = report.rejections
    assert (refused.line, f"type {kind} cannot be sold here" in refused.reason) == (2, True)


def test_translations_and_rows_without_a_price_are_refused(tech, write):
    report = import_catalogue(
        write([row(), row(store_view_code="de", name="Lampe"), row("cap", "Cap", "")])
    )

    assert Product.objects.get().name == "Lamp"
    assert [(r.line, r.reason) for r in report.rejections] == [
        (3, "It speaks for the store view 'de'."),
        (4, "It has no price."),
    ]


def test_a_special_price_counts_unless_it_begins_or_ends_by_itself(tech, write):
    import_catalogue(
        write(
            [
                row("a", "A", "10", special_price="8"),
                row("b", "B", "10", special_price="8", special_price_to_date="2031-01-01"),
            ]
        )
    )

    prices = {v.sku: (v.price, v.compare_at_price) for v in Variant.objects.all()}
    assert prices == {"a": (Decimal(8), Decimal(10)), "b": (Decimal(10), None)}


def test_categories_are_a_tree_below_the_root_and_a_slash_may_be_in_a_name(tech, write):
    cell = r"Default Category/Men/Tops\/Shirts,Default Category"
    import_catalogue(write([row(categories=cell)]))

    assert Product.objects.get().category_names == ["Men", "Tops/Shirts"]


def test_attributes_are_read_in_a_time_that_grows_with_them(tech, write):
    path = write([row(additional_attributes="size=" + "," * 1_000_000)])
    began = time.process_time()

    [product] = parse(path).products

    assert time.process_time() - began < 4
    assert product.kept["Attribute: size"] == "," * 1_000_000
