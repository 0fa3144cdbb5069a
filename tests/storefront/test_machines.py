"""What crawlers, feeds and previews read of a shop."""

import json
import re
from xml.etree import ElementTree

import pytest
from django.test import Client

from catalog import feeds
from catalog.models import Product
from tests.factories import make_category, make_product

G = "{http://base.google.com/ns/1.0}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture
def shop(tech):
    return Client(HTTP_HOST="tech.localhost")


@pytest.fixture
def audio(tech):
    return make_category("Audio", parent=make_category("Electronics"))


def text_of(response):
    return b"".join(response).decode() if response.streaming else response.content.decode()


def graph_of(page):
    [text] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return {thing["@type"]: thing for thing in json.loads(text)["@graph"]}


def addresses_of(xml):
    return [each.text for each in ElementTree.fromstring(xml).iter(f"{SITEMAP}loc")]


def items_of(xml):
    """Each item of a feed, as a mapping of its members."""
    return [
        {member.tag.removeprefix(G): member.text for member in item}
        for item in ElementTree.fromstring(xml).iter("item")
    ]


# --- Structured data -----------------------------------------------------------------------------


def test_the_home_page_says_who_the_shop_is_and_how_it_is_searched(shop):
    graph = graph_of(text_of(shop.get("/")))

    assert graph["Organization"]["name"] == "Tech Gadgets"
    assert graph["Organization"]["url"] == "http://tech.localhost/"
    target = graph["WebSite"]["potentialAction"]["target"]["urlTemplate"]
    assert target == "http://tech.localhost/search/?q={search_term_string}"


def test_a_product_says_what_it_costs_in_the_decimals_of_its_currency(shop, tech, audio):
    make_product("Lamp </script>", price="129.99", on_hand=3, categories=[audio], slug="lamp")

    graph = graph_of(text_of(shop.get("/products/lamp/")))

    offer = graph["Product"]["offers"]
    assert offer["price"] == "129.99"
    assert offer["priceCurrency"] == "USD"
    assert offer["availability"] == "https://schema.org/InStock"
    names = [step["name"] for step in graph["BreadcrumbList"]["itemListElement"]]
    assert names == ["Electronics", "Audio", "Lamp </script>"]


def test_several_prices_are_a_range(shop):
    variants = [
        {"option_values": ["S"], "price": "10", "on_hand": 0},
        {"option_values": ["M"], "price": "12", "on_hand": 0},
    ]
    make_product("Shirt", option_names=["Size"], variants=variants)

    offer = graph_of(text_of(shop.get("/products/shirt/")))["Product"]["offers"]

    assert (offer["lowPrice"], offer["highPrice"]) == ("10.00", "12.00")
    assert offer["availability"] == "https://schema.org/OutOfStock"


def test_a_shared_product_shows_its_picture_by_its_whole_address(shop):
    make_product("Lamp", price="5", image="A lamp")

    page = text_of(shop.get("/products/lamp/"))

    assert re.search(r'property="og:image" content="http://tech\.localhost/media/', page)
    assert 'property="product:price:amount" content="5.00"' in page


def described(page):
    """The description for search engines, and the one for those who share the page."""
    return re.findall(r'(?:name="|property="og:)description"\s+content="([^"]*)"', page)


def test_a_category_without_words_is_described_by_what_is_in_it(shop, audio):
    make_product("Lamp & Shade", price="5", image="A lamp", categories=[audio])
    make_product("Chair", price="5", categories=[audio])
    make_category("Video", description="To be seen")

    page = text_of(shop.get("/categories/audio/"))

    assert described(page) == ["Audio: Chair, Lamp &amp; Shade"] * 2
    assert re.search(r'property="og:image" content="http://tech\.localhost/media/', page)
    assert described(text_of(shop.get("/categories/video/"))) == ["To be seen"] * 2


def test_the_home_page_and_the_list_of_all_are_described(shop, tech):
    make_product("Lamp")
    tech.tagline = "Useful electronics."
    tech.save()

    assert described(text_of(shop.get("/"))) == ["Useful electronics."] * 2
    assert described(text_of(shop.get("/products/"))) == ["All products: Lamp"] * 2


# --- Sitemap and robots --------------------------------------------------------------------------


def test_robots_names_the_sitemap_and_what_is_private(shop):
    lines = text_of(shop.get("/robots.txt")).splitlines()

    assert "Sitemap: http://tech.localhost/sitemap.xml" in lines
    assert "Disallow: /checkout/" in lines


def test_under_a_mount_everything_stays_under_it(audio):
    make_product("Lamp", categories=[audio], image="A lamp")
    client = Client(HTTP_HOST="localhost")
    home = "http://localhost/stores/tech/"

    robots = text_of(client.get("/stores/tech/robots.txt"))
    assert f"Sitemap: {home}sitemap.xml" in robots
    assert "Disallow: /stores/tech/cart/" in robots
    addresses = addresses_of(text_of(client.get("/stores/tech/sitemap.xml")))
    assert f"{home}products/lamp/" in addresses
    assert all(address.startswith(home) for address in addresses)
    [item] = items_of(text_of(client.get("/stores/tech/feeds/google.xml")))
    assert item["link"] == f"{home}products/lamp/"
    [news] = items_of(text_of(client.get("/stores/tech/feeds/new.rss")))
    assert news["link"] == f"{home}products/lamp/"


def test_the_sitemap_lists_what_is_public(shop, audio):
    make_product("Lamp", categories=[audio])
    make_product("Secret", status=Product.Status.DRAFT)

    addresses = addresses_of(text_of(shop.get("/sitemap.xml")))

    assert "http://tech.localhost/products/lamp/" in addresses
    assert "http://tech.localhost/categories/audio/" in addresses
    assert "http://tech.localhost/" in addresses
    assert not any("secret" in address for address in addresses)


def test_many_addresses_are_parts_of_an_index_that_miss_none(shop, audio, monkeypatch):
    made = {f"http://tech.localhost/products/{make_product().slug}/" for _ in range(5)}
    # The limit of the format, made small: 5 products are too many for one file.
    monkeypatch.setattr(feeds, "MOST_ADDRESSES", 4)

    parts = addresses_of(text_of(shop.get("/sitemap.xml")))
    listed = [
        address
        for part in parts
        for address in addresses_of(text_of(shop.get(part.removeprefix("http://tech.localhost"))))
    ]

    assert len(parts) == 16
    assert {address for address in listed if "/products/" in address and address in made} == made
    assert len(listed) == len(set(listed))


def test_a_million_products_fit_into_the_parts():
    assert len(feeds.sitemap_parts(40_000)) == 0
    assert len(feeds.sitemap_parts(40_001)) == 16
    assert len(feeds.sitemap_parts(1_000_000)) == 256


# --- Feeds ---------------------------------------------------------------------------------------


def test_every_variant_is_an_offer_with_what_google_asks_for(shop, audio):
    variants = [
        {"option_values": ["S"], "price": "20", "compare_at_price": "25", "on_hand": 1},
        {"option_values": ["M"], "price": "22", "on_hand": 0, "barcode": "4006381333931"},
    ]
    make_product("Shirt & Co", option_names=["Size"], variants=variants, categories=[audio])

    small, medium = items_of(text_of(shop.get("/feeds/google.xml")))

    assert small["title"] == "Shirt & Co – S"
    assert (small["price"], small["sale_price"]) == ("25.00 USD", "20.00 USD")
    assert (medium["price"], medium["availability"]) == ("22.00 USD", "out_of_stock")
    assert (medium["gtin"], medium["identifier_exists"]) == ("4006381333931", "yes")
    assert small["item_group_id"] == medium["item_group_id"]
    assert (small["size"], small["condition"]) == ("S", "new")
    assert small["product_type"] == "Electronics > Audio"


def test_a_feed_is_read_in_batches_that_miss_and_repeat_nothing(shop, monkeypatch):
    made = {str(make_product().variants.get().pk) for _ in range(7)}
    make_product(status=Product.Status.ARCHIVED)
    monkeypatch.setattr(feeds, "BATCH", 3)

    ids = [item["id"] for item in items_of(text_of(shop.get("/feeds/google.xml")))]

    assert len(ids) == 7
    assert set(ids) == made


def test_the_newest_products_are_news(shop):
    make_product("Old lamp", description="<p>Bright &amp; old</p>")
    make_product("New lamp")

    items = items_of(text_of(shop.get("/feeds/new.rss")))

    assert [item["title"] for item in items] == ["New lamp", "Old lamp"]
    assert items[1]["description"] == "Bright & old"
    assert 'type="application/rss+xml"' in text_of(shop.get("/"))


def test_head_of_a_feed_has_no_body(shop):
    make_product("Lamp")

    response = shop.head("/feeds/google.xml")

    assert response.status_code == 200
    assert text_of(response) == ""
