"""What the search field suggests: products, categories and how a word may end."""

import json
import re

import pytest
from django.test import Client

from catalog.suggestions import suggestions_for
from pycommerce.core.bounded_cache import forget_everything
from tests.factories import make_category, make_product

VERSION = 1
URL = "/search/suggestions/"


@pytest.fixture
def shop(tech, client_for):
    audio = make_category("Audio", make_category("Electronics"))
    for name in ("Wireless Headphones", "Wireless Speaker", "Wired Mouse", "Desk Lamp"):
        make_product(name, price="19.99", categories=[audio])
    return client_for(tech)


def options(client, q: str) -> list[tuple[str, str]]:
    """Address and text of each option."""
    html = json.loads(client.get(URL, {"q": q}).content)["html"]
    found = re.findall(r'<a role="option" tabindex="-1" href="(.*?)">(.*?)</a>', html, re.DOTALL)
    return [(href, " ".join(re.sub("<.*?>", "", text).split())) for href, text in found]


def test_the_beginning_of_a_word_gives_words_and_products(shop):
    assert options(shop, "wirel") == [
        ("/search/?q=wireless", "wireless"),
        ("/products/wireless-speaker/", "Wireless Speaker $19.99"),
        ("/products/wireless-headphones/", "Wireless Headphones $19.99"),
    ]


def test_words_end_as_most_products_have_them(shop):
    assert suggestions_for("desk wir", VERSION).completions == []
    assert suggestions_for("wir", VERSION).completions == ["wireless", "wired"]
    assert suggestions_for("wireless spe", VERSION).completions == ["wireless speaker"]
    assert suggestions_for("lamp", VERSION).completions == []


def test_a_typo_is_suggested_corrected(shop):
    assert options(shop, "hedphones")[0] == ("/search/?q=headphones", "headphones")


def test_categories_are_suggested_by_each_word(shop):
    assert ("/categories/audio/", "Audio") in options(shop, "aud")
    make_category("Küche und Bad", slug="kueche")
    forget_everything()
    for q in ("kuche", "bad küch"):
        assert ("/categories/kueche/", "Küche und Bad") in options(shop, q)
    assert [text for _, text in options(shop, "bad audio")] == []


def test_a_word_written_without_spaces_is_suggested_from_two_signs_on(shop):
    make_product("無線耳機", slug="ear")
    forget_everything()

    assert options(shop, "耳機") == [("/products/ear/", "無線耳機 $10.00")]


@pytest.mark.parametrize(
    "q", ["", " ", "w", "wi", "x" * 81, "zeppelin", "\x00", "--", "'", "\\", "_:*"]
)
def test_what_gives_nothing_says_so(shop, q):
    response = shop.get(URL, {"q": q})

    if q == "\x00":
        assert response.status_code == 400
    else:
        assert json.loads(response.content)["said"] == "No suggestions"


def test_the_number_is_said_in_the_shops_language(shop, tech):
    tech.language = "de"
    tech.save()

    assert json.loads(shop.get(URL, {"q": "lamp"}).content)["said"] == "1 Vorschlag"
    assert json.loads(shop.get(URL, {"q": "wirel"}).content)["said"] == "3 Vorschläge"


def test_names_are_escaped(shop):
    make_product('<b>"Bold"</b> Lamp')
    forget_everything()

    html = json.loads(shop.get(URL, {"q": "bold"}).content)["html"]

    assert "&lt;b&gt;&quot;<mark>Bold</mark>&quot;" in html
    assert "<b>" not in html


def test_suggestions_are_the_same_for_everybody_and_may_be_kept(shop):
    response = shop.get(URL, {"q": "wirel"}, HTTP_COOKIE="session=1")

    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "public, max-age=1"
    assert not response.cookies
    again = shop.get(URL, {"q": "wirel"}, HTTP_IF_NONE_MATCH=response["ETag"])
    assert again.status_code == 304


def test_suggestions_cost_few_statements(shop, django_assert_max_num_queries):
    shop.get("/robots.txt")  # the host is known from here on
    forget_everything()

    with django_assert_max_num_queries(9):
        shop.get(URL, {"q": "wirelss hedph"})


def test_under_a_mount_suggestions_lead_below_it(shop, tech):
    client = Client(HTTP_HOST="localhost")

    found = json.loads(client.get(f"/stores/tech{URL}", {"q": "wirel"}).content)["html"]

    assert re.findall(r'href="(/[^"?]*)', found) == [
        "/stores/tech/search/",
        "/stores/tech/products/wireless-speaker/",
        "/stores/tech/products/wireless-headphones/",
    ]
    assert f'data-suggestions="/stores/tech{URL}"' in client.get("/stores/tech/").content.decode()
