"""commercetools' product file, real and made up, taken into a shop."""

from decimal import Decimal

import pytest

from catalog.importing import import_catalogue
from catalog.models import Category, Product, ProductImage, Variant

SAMPLE = "commercetools/products.csv"


def row(sku="LAMP", prices="USD 1999", kind="main", **cells):
    cells = {"name.en": "Lamp", "slug.en": "lamp"} | cells if kind else cells
    return {"productType": kind, "variantId": "1", "sku": sku, "prices": prices} | cells


@pytest.mark.shared_data
def test_the_sample_catalogue_gives_its_figures(tech, shared_file, truth_of):
    truth = truth_of(SAMPLE)
    tech.currency = "EUR"

    report = import_catalogue(shared_file(SAMPLE))

    assert report.rejections == []
    assert report.products.created == Product.objects.count() == truth["products"]
    assert report.variants.created == Variant.objects.count() == truth["variants"]
    assert Variant.objects.filter(sku_is_generated=False).count() == truth["distinct_skus"]
    prices = list(Variant.objects.values_list("price", flat=True))
    assert min(prices) == Decimal(truth["plain_price_by_currency"]["EUR"]["price_min"])
    assert max(prices) == Decimal(truth["plain_price_by_currency"]["EUR"]["price_max"])
    assert Category.objects.count() == truth["category_nodes"]
    assert ProductImage.objects.values("source_url").distinct().count() == truth["images"]
    kept = Variant.objects.values_list("source_fields", flat=True)
    assert sum(len(each["Prices"].split(";")) for each in kept) == truth["price_entries"]

    again = import_catalogue(shared_file(SAMPLE))
    assert (again.products.changed, again.variants.changed, again.images_added) == (0, 0, 0)


def test_what_differs_between_the_variants_is_chosen(tech, write):
    import_catalogue(
        write(
            [
                row("L-1", size="S", color="red", categories="Home>Light;Sale"),
                row("L-2", "US-USD 10;USD 2499;USD 5 b2b;USD 6#shop", "", size="M", color="red"),
            ]
        )
    )

    product = Product.objects.get()
    assert (product.option_names, product.category_names) == (["Size"], ["Home", "Light", "Sale"])
    found = {v.sku: (v.option_values, v.price) for v in product.variants.all()}
    assert found == {"L-1": (["S"], Decimal("19.99")), "L-2": (["M"], Decimal("24.99"))}


def test_texts_are_in_the_language_of_the_shop_or_in_one_that_has_them(tech, write):
    tech.language = "de"
    german = {"name.de": "Lampe", "slug.de": "lampe"}
    import_catalogue(
        write([row("L-1") | german, row("L-2") | {"name.en": "Cap", "slug.en": "cap"}])
    )

    assert dict(Product.objects.values_list("slug", "name")) == {"lampe": "Lampe", "cap": "Cap"}


def test_rows_that_cannot_be_taken_are_refused_with_line_and_reason(tech, write):
    report = import_catalogue(
        write(
            [
                row("LOST", kind=""),
                row("L-1", size="S"),
                row("L-2", kind="", size="S"),
                row("L-3", kind="", size=""),
                row("CAP", "EUR 500;US-USD 500", **{"name.en": "Cap", "slug.en": "cap"}),
                row("HAT", **{"name.en": ""}),
            ]
        )
    )

    assert Variant.objects.get().sku == "L-1"
    assert [(r.line, r.reason) for r in report.rejections] == [
        (2, "It has no product type, and no product stands above it."),
        (4, "The product has a variant with these options: S."),
        (5, "The variant has no size."),
        (6, "It has no price for everybody in USD, but in EUR."),
        (7, "The product has no name."),
    ]


# --- Stock ------------------------------------------------------------------------------------

INVENTORY = "commercetools/inventory.csv"


def units(sku, count, channel=""):
    return {"sku": sku, "quantityOnStock": count, "supplyChannel": channel}


@pytest.mark.shared_data
def test_the_sample_inventory_gives_its_figures(tech, shared_file, truth_of):
    truth = truth_of(INVENTORY)
    tech.currency = "EUR"
    import_catalogue(shared_file(SAMPLE))

    report = import_catalogue(shared_file(INVENTORY))

    assert (report.format, report.rejections) == ("commercetools stock", [])
    counted = list(Variant.objects.filter(on_hand__gt=0).values_list("on_hand", flat=True))
    assert len(counted) == truth["distinct_skus"]
    assert Variant.objects.filter(on_hand=0).count() == truth["skus_with_zero_stock"]
    assert sum(counted) == truth["stock_total"]
    assert report.variants.updated == truth["data_rows"]
    for sample in (INVENTORY, SAMPLE):
        again = import_catalogue(shared_file(sample))
        assert (again.products.changed, again.variants.changed) == (0, 0)


def test_units_of_all_channels_are_added_up_and_nothing_else_changes(tech, write):
    import_catalogue(write([row("L-1", size="S"), row("L-2", kind="", size="M")]))
    known = Product.objects.get()

    report = import_catalogue(
        write([units("L-2", "4", "berlin"), units("L-2", "3", "rome")], "stock.csv")
    )

    assert dict(Variant.objects.values_list("sku", "on_hand")) == {"L-1": 0, "L-2": 7}
    assert (report.products.updated, report.variants.updated) == (1, 1)
    product = Product.objects.get()
    assert (product.name, product.option_names) == (known.name, known.option_names)


def test_stock_that_cannot_be_taken_is_refused_with_line_and_reason(tech, write):
    import_catalogue(write([row("L-1")]))

    report = import_catalogue(
        write([units("L-1", "4"), units("X", "1"), units("", "1"), units("L-1", "x")], "stock.csv")
    )

    assert Variant.objects.get().on_hand == 4
    assert [(each.line, each.reason) for each in report.rejections] == [
        (3, "No product of the shop has the SKU 'X': import the products first."),
        (4, "The row has no SKU."),
        (5, "The quantity is 'x', which is no number."),
    ]
