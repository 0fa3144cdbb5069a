"""The search page, and pages that find nothing: what they say and where they lead on."""

import re
import time
from decimal import Decimal

import pytest
from django.test import Client

from catalog import near
from catalog.listing import ProductFilters, count_products
from pycommerce.core.bounded_cache import forget_everything
from tenants.changes import HELD_SECONDS
from tenants.shop.models import catalogue_version, raise_catalogue_version
from tests.factories import make_category, make_product


@pytest.fixture
def shop(tech, client_for):
    return client_for(tech)


@pytest.fixture
def audio(tech):
    return make_category("Audio", make_category("Electronics"))


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def cards(page: str) -> list[str]:
    return re.findall(r'<h3 class="card-name"><a href="[^"]*">(.*?)</a>', page)


def test_a_typo_is_corrected_said_and_can_be_insisted_on(shop, tech):
    make_product("Wireless Headphones")

    page = text_of(shop.get("/search/?q=hedphones"))

    assert cards(page) == ["Wireless <mark>Headphones</mark>"]
    assert "Nothing found for “hedphones”. Showing results for" in page
    assert "<strong>“headphones”</strong>" in page
    [insisting] = re.findall(r'<a href="(\?[^"]*exact[^"]*)">Search for “hedphones”', page)

    page = text_of(shop.get("/search/" + insisting.replace("&amp;", "&")))

    assert "Nothing found for “hedphones”." in page
    assert "What comes closest" in page
    assert "Showing results" not in page


def test_the_product_of_the_very_name_is_shown_and_suggested_first(shop, tech):
    make_product("Fitness Watch")
    make_product("Strap for the Fitness Watch", description="<p>For the fitness watch.</p>")

    page = text_of(shop.get("/search/?q=Fitness watch"))
    suggested = text_of(shop.get("/search/suggestions/?q=fitness watch"))

    assert [name.count("Strap") for name in cards(page)] == [0, 1]
    assert "/products/strap-for-the-fitness-watch/" in suggested
    assert suggested.index("/products/fitness-watch/") < suggested.index("/products/strap-for")


def test_who_insists_still_insists_with_filters_and_order(shop, tech):
    make_product("Hedphones Live")

    page = text_of(shop.get("/search/?q=hedphones&exact=on&in_stock=on"))

    assert '<input type="hidden" name="exact" value="on">' in page
    assert 'href="?q=hedphones&amp;exact=on"' in page


def test_a_search_that_finds_nothing_shows_what_comes_closest(shop, audio):
    make_product("Purple Lamp", categories=[audio])
    make_product("Chair")

    page = text_of(shop.get("/search/?q=purple+zeppelin"))

    assert "Nothing found for “purple zeppelin”." in page
    assert cards(page) == ["<mark>Purple</mark> Lamp"]
    assert 'href="/categories/electronics/"' in page


def test_a_search_like_nothing_shows_what_is_new_and_the_categories(shop, audio):
    make_product("Chair")

    page = text_of(shop.get("/search/?q=zeppelin"))

    assert "Try fewer or more general words." in page
    assert "New in the shop" in page
    assert cards(page) == ["Chair"]
    assert 'href="/categories/electronics/"' in page


def test_what_was_typed_is_escaped_wherever_it_stands(shop, tech):
    make_product("<b>Bold</b> Lamp")

    for q in ("<b>Bold", "<script>lamp</script>", "lampp</a>", "&lt;b&gt;"):
        page = text_of(shop.get("/search/", {"q": q}))
        assert "<script>lamp" not in page
        assert "<b>" not in page
    assert cards(text_of(shop.get("/search/?q=bold"))) == [
        "&lt;b&gt;<mark>Bold</mark>&lt;/b&gt; Lamp"
    ]


def test_a_card_with_marks_is_not_kept_for_other_lists(shop, tech):
    make_product("Desk Lamp")

    assert cards(text_of(shop.get("/search/?q=lamp"))) == ["Desk <mark>Lamp</mark>"]
    assert cards(text_of(shop.get("/products/"))) == ["Desk Lamp"]
    assert cards(text_of(shop.get("/search/?q=desk"))) == ["<mark>Desk</mark> Lamp"]


def test_filters_that_leave_nothing_say_which_one_is_in_the_way(shop, audio):
    make_product("Chair", price="50", categories=[audio])
    make_product("Table", price="10", on_hand=0, categories=[audio])
    make_product("Lamp", price="10", on_hand=0, categories=[audio])

    page = text_of(shop.get("/categories/audio/?max_price=20&in_stock=on"))

    ways = re.findall(r'<a href="(\?[^"]*)">Without “(.*?)”</a> <span class="quiet">(.*?)<', page)
    assert ways == [
        ("?max_price=20", "In stock", "2 products"),
        ("?in_stock=on", "up to $20.00", "1 product"),
    ]
    assert 'href="/categories/audio/">Remove all filters' in page


def test_an_empty_category_leads_on(shop, audio):
    make_category("Computers", audio.parent)
    make_product("Chair")

    page = text_of(shop.get("/categories/audio/"))

    assert "There is nothing here at the moment." in page
    assert cards(page) == ["Chair"]
    beside = page.partition("Look through the categories")[2]
    assert 'href="/categories/computers/"' in beside
    assert 'href="/categories/audio/"' not in beside


@pytest.mark.parametrize(
    "path",
    [
        "/products/wireless-hedphones/",
        "/products/headphones-2019.html/",
        "/collections/old/products/headphones/",
        "/product/headphones/",
    ],
)
def test_the_page_of_what_is_gone_searches_for_it(shop, tech, path):
    make_product("Wireless Headphones Pro")
    make_product("Chair")

    response = shop.get(path)
    page = text_of(response)

    assert response.status_code == 404
    assert "What comes closest" in page
    assert [re.sub("</?mark>", "", card) for card in cards(page)] == ["Wireless Headphones Pro"]


def test_any_other_page_that_is_not_there_shows_what_is_new(shop, audio):
    make_product("Chair")

    page = text_of(shop.get("/wp-login.php"))

    assert "New in the shop" in page
    assert cards(page) == ["Chair"]
    assert 'href="/categories/electronics/"' in page


@pytest.mark.parametrize("q", ["lamp", "lapm", "deks lapm", "zeppelin lapm"])
def test_a_search_costs_few_statements(shop, tech, q, django_assert_max_num_queries):
    make_product("Desk Lamp")
    shop.get("/robots.txt")  # the host is known from here on
    forget_everything()

    with django_assert_max_num_queries(10):
        shop.get("/search/", {"q": q})


@pytest.mark.parametrize("q", ["zeppelin", "zeppelin lapm", "xqzjk wvbnm", "chiar zeppelin"])
def test_a_search_that_finds_nothing_costs_few_statements(
    shop, tech, q, django_assert_max_num_queries
):
    make_product("Desk Lamp")
    shop.get("/search/?q=lamp")  # the shop and what its pages link to are known from here on

    with django_assert_max_num_queries(8):
        page = text_of(shop.get("/search/", {"q": q}))

    assert "Desk Lamp" in page.replace("<mark>", "").replace("</mark>", "")


@pytest.mark.parametrize(("q", "count"), [("lapm", 2), ("lapm zeppelin", 0), ("lam", 2)])
def test_what_a_search_finds_is_counted_as_it_is_listed(shop, tech, q, count):
    lamps = [make_product("Desk Lamp", price="5"), make_product("Floor Lamp", price="50")]
    make_product("Chair")

    assert text_of(shop.get("/search/", {"q": q})).count('class="card-name"') >= count
    version = catalogue_version()
    assert count_products(ProductFilters(q=q), version) == count
    dear = ProductFilters(q=q, min_price=Decimal(40))
    assert count_products(dear, version) == min(count, len(lamps) - 1)


def test_pages_that_are_gone_keep_what_they_show(shop, django_assert_max_num_queries):
    make_product("Wireless Headphones")
    path = "/products/wireless-hedphones/"
    first = text_of(shop.get(path))

    with django_assert_max_num_queries(3):
        again = text_of(shop.get(path))

    assert cards(again) == cards(first) != []
    # Until something changes.
    make_product("Hedphones, Wireless")
    raise_catalogue_version()
    time.sleep(HELD_SECONDS)
    assert "<mark>Hedphones</mark>, <mark>Wireless</mark>" in cards(text_of(shop.get(path)))


def test_whoever_follows_dead_links_is_shown_what_is_new(
    shop, monkeypatch, django_assert_max_num_queries
):
    make_product("Wireless Headphones")
    make_product("Chair")
    assert cards(text_of(shop.get("/products/wireless-one/"))) != []
    monkeypatch.setattr(near, "GONE_SEARCHES", 0)

    page = text_of(shop.get("/products/wireless-two/"))
    with django_assert_max_num_queries(3):
        shop.get("/products/wireless-six/")

    assert "What comes closest" not in page
    assert cards(page) == ["Chair", "Wireless Headphones"]
    # What was searched for before is there still.
    assert "What comes closest" in text_of(shop.get("/products/wireless-one/"))


def test_under_a_mount_every_link_stays_under_it(tech, audio):
    make_product("Headphones", categories=[audio])
    client = Client(HTTP_HOST="localhost")

    for path in ("search/?q=hedphones", "search/?q=zeppelin", "products/hedphones/"):
        page = text_of(client.get(f"/stores/tech/{path}"))
        links = re.findall(r'(?:href|action)="(/[^"]*)"', page)
        assert [link for link in links if not link.startswith(("/stores/tech/", "/static/"))] == []
