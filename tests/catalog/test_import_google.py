"""Google's product feed, real and made up, taken into a shop."""

import time
from decimal import Decimal

import pytest

from catalog.importing import import_catalogue
from catalog.importing.reader import BrokenFile
from catalog.importing.running import parse
from catalog.models import Product, Variant

SAMPLE = "google-shopping/siroop_sample_feed.xml"


@pytest.fixture
def feed(tmp_path):
    """A feed with these items, each as XML."""

    def _feed(*items, before=""):
        path = tmp_path / "feed.xml"
        space = 'xmlns:g="http://base.google.com/ns/1.0"'
        lines = [f'{before}<rss version="2.0" {space}><channel><title>Shop</title>']
        lines += [f"<item>{item}</item>" for item in items]
        path.write_text("\n".join([*lines, "</channel></rss>"]))
        return path

    return _feed


def item(item_id="LAMP", title="Lamp", price="10.00 USD", more=""):
    return (
        f"<g:id>{item_id}</g:id><title>{title}</title><g:price>{price}</g:price>"
        f"<g:image_link>https://pictures.example/{item_id}.jpg</g:image_link>{more}"
    )


@pytest.mark.shared_data
def test_the_sample_feed_gives_its_figures(tech, shared_file, truth_of):
    truth = truth_of(SAMPLE)
    tech.currency = "CHF"

    report = import_catalogue(shared_file(SAMPLE))

    assert report.rejections == []
    assert report.products.created == truth["products"]
    variant = Variant.objects.get()
    assert [f"{variant.price:.2f} CHF"] == truth["prices"]
    assert [variant.barcode] == truth["gtins"]
    assert [variant.sku] == truth["ids"]
    assert variant.on_hand == 10
    product = Product.objects.get()
    assert (product.name, product.vendor) == ("LEGO City Tiefsee-Tauchscooter", "LEGO")
    assert product.source_fields["Attribute: grösse"] == "L"

    again = import_catalogue(shared_file(SAMPLE))
    assert (again.products.changed, again.variants.changed, again.images_added) == (0, 0, 0)


def test_items_of_a_group_are_variants_by_what_they_differ_in(tech, feed):
    group = "<g:item_group_id>tee</g:item_group_id><g:color>Red</g:color>"
    shipping = "<g:shipping><g:price>4.00 USD</g:price></g:shipping>"
    import_catalogue(
        feed(
            item("T-S", "Tee", more=f"{group}<g:size>S</g:size>{shipping}"),
            item("T-M", "Tee", "12 USD", more=f"{group}<g:size>M</g:size>"),
        )
    )

    product = Product.objects.get()
    assert product.option_names == ["Size"]
    found = {v.sku: (v.option_values, v.price) for v in product.variants.all()}
    assert found == {"T-S": (["S"], Decimal(10)), "T-M": (["M"], Decimal(12))}
    assert product.images.count() == 2


def test_the_table_with_tabs_says_the_same(tech, write):
    row = {"id": "LAMP", "title": "Lamp", "price": "10 USD", "sale_price": "8.50 USD"}
    row |= {"image_link": "https://pictures.example/a.jpg", "product_type": "Home > Light"}
    import_catalogue(write([row | {"shipping_weight": "1.5 kg"}], delimiter="\t"))

    variant = Variant.objects.get()
    assert (variant.price, variant.compare_at_price) == (Decimal("8.50"), Decimal(10))
    assert variant.weight_grams == Decimal(1500)
    assert variant.product.category_names == ["Home", "Light"]


def test_items_that_cannot_be_taken_are_refused_with_line_and_reason(tech, feed):
    report = import_catalogue(
        feed(
            item(),
            item("CAP", price="9 EUR"),
            item("HAT", title=""),
            item("BAG", price="cheap"),
            item(""),
        )
    )

    assert Variant.objects.get().sku == "LAMP"
    assert [(r.line, r.reason) for r in report.rejections] == [
        (3, "The price is in EUR; the shop sells in USD."),
        (4, "The product has no title."),
        (5, "The price is 'cheap', which is no price."),
        (6, "It has no id."),
    ]


def test_refused_items_are_written_as_a_table_that_can_be_imported(tech, feed):
    path = feed(item(), item("CAP", "Cap", "9 EUR"))
    rejected = import_catalogue(path).write_rejected(path)
    rejected.write_text(rejected.read_text().replace("9 EUR", "9 USD"))

    report = import_catalogue(rejected)

    assert (report.products.created, report.rejections) == (1, [])


@pytest.mark.parametrize(
    ("before", "problem"),
    [
        ('<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>', "document type"),
        ("<rss>", "no sound XML"),
        ('<?xml version="1.0" encoding="shift_jis"?>', "save it as UTF-8"),
        ('<?xml version="1.0" encoding="nonesuch"?>', "save it as UTF-8"),
    ],
)
def test_xml_that_is_unsound_or_declares_entities_is_refused(tech, feed, before, problem):
    with pytest.raises(BrokenFile, match=problem):
        parse(feed(item(), before=before))


def test_xml_without_items_is_no_feed(tech, feed):
    with pytest.raises(BrokenFile, match="no item"):
        parse(feed())


def test_a_feed_of_more_cells_than_allowed_is_refused(tech, feed):
    with pytest.raises(BrokenFile, match="too many items"):
        parse(feed(*[item(f"L-{number}") for number in range(20)]), most_cells=50)


def test_items_that_share_no_elements_are_refused_before_their_table_is_made(tech, feed):
    odd = [item(f"L-{number}", more=f"<e{number}/>") for number in range(100)]

    with pytest.raises(BrokenFile, match="too many items"):
        parse(feed(*odd), most_cells=5_000)


@pytest.mark.parametrize(
    ("hostile", "reason"),
    [
        (item("LAMP", price=f"1{' ' * 60_000}AB"), "which is no price"),
        (item("LAMP", more="<product_type>a long enough name</product_type>" * 200_000), ""),
    ],
    ids=["price", "categories"],
)
def test_an_item_is_read_in_a_time_that_grows_with_it(tech, feed, hostile, reason):
    began = time.process_time()

    catalogue = parse(feed(hostile))

    assert time.process_time() - began < 4
    assert [reason in each.reason for each in catalogue.rejections] == ([True] if reason else [])
