"""What a search finds: words as they were typed, as they may be meant, and what comes closest."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.highlights import marked_names
from catalog.listing import ProductFilters, find_cards
from catalog.models import Product, SearchDocument
from catalog.near import categories_like, instead_of_gone, near_products
from catalog.search import plan_search
from catalog.services.refresh import refresh_products
from catalog.spelling import slips_between
from pycommerce.core.bounded_cache import forget_everything
from tests.factories import make_category, make_product

VERSION = 1


def names(q: str, **filters) -> list[str]:
    forget_everything()
    asked = ProductFilters(q=q, **filters)
    page = find_cards(asked, sort="relevance", limit=20, version=VERSION)
    return [row.name for row in page.rows]


@pytest.fixture
def shop(tech):
    for name in ("Wireless Headphones", "Desk Lamp", "Power Bank", "Family Tent", "Café Table"):
        make_product(name)


@pytest.mark.parametrize(
    ("typed", "corrected", "found"),
    [
        ("hedphones", "headphones", "Wireless Headphones"),
        ("headhpones", "headphones", "Wireless Headphones"),
        ("wirless hedphones", "wireless headphones", "Wireless Headphones"),
        ("lapm", "lamp", "Desk Lamp"),
        ("tetn", "tent", "Family Tent"),
        ("kamp", "lamp", "Desk Lamp"),
        ("head phones", "headphones", "Wireless Headphones"),
        ("powerbank", "power bank", "Power Bank"),
        ("hedph", "headphones", "Wireless Headphones"),
        ("haed", "headphones", "Wireless Headphones"),
        ("caffe", "café", "Café Table"),
    ],
)
def test_a_word_that_the_shop_does_not_know_is_taken_for_the_nearest(shop, typed, corrected, found):
    assert plan_search(typed, VERSION).corrected_q == corrected
    assert names(typed) == [found]


@pytest.mark.parametrize(
    ("typed", "corrected", "found"),
    [
        ("Kopfhöhrer", "kopfhörer", "Kopfhörer"),
        ("kopfhoerer", None, "Kopfhörer"),
        ("kofhorer", "kopfhörer", "Kopfhörer"),
        ("kopfhorern", None, "Kopfhörer"),
        ("Küchen Messer", "küchenmesser", "Küchenmesser"),
        ("strase", "straße", "Straße"),
    ],
)
def test_german_words_are_corrected_with_their_accents(tech, typed, corrected, found):
    tech.language = "de"
    for name in ("Kopfhörer", "Küchenmesser", "Straße"):
        make_product(name)

    assert plan_search(typed, VERSION).corrected_q == corrected
    assert names(typed) == [found]


@pytest.mark.parametrize("typed", ["headphones", "HEADPH", "cafe", "power bank"])
def test_what_is_found_as_it_was_typed_is_not_corrected(shop, typed):
    assert plan_search(typed, VERSION).corrected_q is None
    assert len(names(typed)) == 1


@pytest.mark.parametrize(
    "typed", ["zeppelin", "qqqq", "lxxp", "heaphnos123", "--", "'", "\\", "_", "x½ʼn"]
)
def test_what_is_like_nothing_is_not_corrected(shop, typed):
    assert names(typed) == []


def test_the_stem_of_a_typo_is_not_searched_for(shop):
    # English takes "haed" for a form of "ha".
    make_product("Hat")

    assert names("haed") == ["Wireless Headphones"]


def test_who_insists_gets_what_was_typed(shop):
    assert names("hedphones", as_typed=True) == []
    make_product("Hedphones, a band")
    assert names("hedphones", as_typed=True) == ["Hedphones, a band"]


def test_what_was_typed_stands_before_what_begins_so(tech):
    make_product("Lamp lampshade lamps lampshade")
    make_product("A shade for a lamp that is old")
    make_product("Lampshade Lampshade")

    assert names("lamp")[-1] == "Lampshade Lampshade"


def test_a_long_word_costs_no_long_look(shop, django_assert_num_queries):
    with django_assert_num_queries(2):
        plan_search("x" * 200, VERSION)


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [("lamp", "lamp", 0), ("lapm", "lamp", 1), ("lam", "lamp", 1), ("ca", "abc", 3), ("", "ab", 2)],
)
def test_slips_are_letters_left_out_added_changed_or_swapped(one, other, slips):
    assert slips_between(one, other) == slips_between(other, one) == slips


def test_near_are_products_with_one_of_the_words(shop):
    near = near_products(plan_search("purple lamp", VERSION).near, limit=8, version=VERSION)

    assert [card.name for card in near.cards] == ["Desk Lamp"]


def test_a_number_alone_is_not_near_beside_words(tech):
    for name in ("Lamp 2", "Chair 3"):
        make_product(name)

    assert [card.name for card in instead_of_gone("lamp 3", limit=8, version=VERSION).cards] == [
        "Lamp 2"
    ]
    assert plan_search("3 x", VERSION).near == "3 | x"


def test_near_are_products_with_a_word_like_one_of_them(shop):
    near = instead_of_gone("zeppelin hedphones", limit=8, version=VERSION)

    assert [card.name for card in near.cards] == ["Wireless Headphones"]
    assert "headphon" in near.tsquery


def test_products_with_more_of_the_words_are_nearer(tech):
    make_product("Family Tent")
    for name in ("Tent tent tents", "Tent of tents", "Tent"):
        make_product(name, description="tent, tents")

    near = instead_of_gone("family tent zeppelin", limit=8, version=VERSION)

    assert near.cards[0].name == "Family Tent"
    assert len(near.cards) == 4


def test_where_nothing_is_near_there_are_the_newest(shop):
    near = instead_of_gone("zeppelin", limit=2, version=VERSION)

    assert [card.name for card in near.cards] == ["Café Table", "Family Tent"]
    assert near.tsquery == ""


def test_what_is_not_for_sale_is_not_near(tech):
    make_product("Purple Lamp", status="draft")

    assert instead_of_gone("purple zeppelin", limit=8, version=VERSION).cards == []


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_what_is_taken_from_the_shop_is_not_found(shop, status):
    lamp = Product.objects.get(name="Desk Lamp")
    Product.objects.filter(pk=lamp.pk).update(status=status)
    refresh_products([lamp.pk])

    assert names("lamp") == []
    assert not SearchDocument.objects.filter(pk=lamp.pk).exists()

    Product.objects.filter(pk=lamp.pk).update(status="active")
    refresh_products([lamp.pk])

    assert names("lamp") == ["Desk Lamp"]


def test_categories_are_found_by_the_beginning_of_a_word(tech):
    make_category("Küche und Bad")
    make_category("Lights")

    assert [node.name for node in categories_like("zeppelin:* | küch:*", VERSION)] == [
        "Küche und Bad"
    ]


# --- Marks ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("q", "name", "html"),
    [
        ("lamp", "Desk Lamp", "Desk <mark>Lamp</mark>"),
        ("lamps", "Desk Lamp", "Desk <mark>Lamp</mark>"),
        ("batteries", "Battery <AA>", "<mark>Battery</mark> &lt;AA&gt;"),
        ("headph", "Headphones & Case", "<mark>Headphones</mark> &amp; Case"),
        ("hedphones", "Wireless Headphones", "Wireless <mark>Headphones</mark>"),
        ("cafe", "Café-Tisch", "<mark>Café</mark>-Tisch"),
    ],
)
def test_the_words_that_were_found_are_marked(tech, q, name, html):
    make_product(name)
    make_product("Something else")

    marked = marked_names([name, "Something else"], plan_search(q, VERSION).tsquery)

    assert marked == {name: html}


def test_a_part_of_a_name_without_spaces_is_marked(tech):
    make_product("無線耳機")

    assert names("耳機") == ["無線耳機"]
    assert marked_names(["無線耳機"], "", "耳機") == {"無線耳機": "無線<mark>耳機</mark>"}


# --- Cost -------------------------------------------------------------------------------------


def test_of_the_words_of_a_large_shop_few_are_read(tech):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalog_searchword SELECT DISTINCT left(translate(md5(n::text), "
            "'0123456789', 'ghijklmnop'), 9) FROM generate_series(1, 20000) AS n"
        )
        cursor.execute("ANALYZE catalog_searchword")
        with CaptureQueriesContext(connection) as asked:
            plan_search("zeppelin hedphones", VERSION)
        looked = [each["sql"] for each in asked.captured_queries if "searchword" in each["sql"]]
        assert len(looked) == 2
        for sql in looked:
            cursor.execute(f"EXPLAIN {sql}")
            assert "Seq Scan" not in str(cursor.fetchall())
