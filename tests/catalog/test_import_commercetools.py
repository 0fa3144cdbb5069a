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
