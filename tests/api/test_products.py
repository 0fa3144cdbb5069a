"""`/api/products`: the documented shape, filters, pages, and answers that are kept."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.test import override_settings
from django.utils import timezone

from catalog.models import Product, Variant
from catalog.services.stock import adjust_stock
from tests.api.conftest import error_of
from tests.factories import make_category, make_product

URL = "/api/products?tenant=tech"


def _names(response):
    return [row["name"] for row in response.json()["products"]]


@pytest.fixture
def audio(tech):
    electronics = make_category("Electronics", description="Electronic devices and gadgets")
    return make_category("Audio", electronics, description="Audio devices and accessories")


@pytest.fixture
def documented(audio):
    """The two products of the founding document."""
    make_product(
        "Bluetooth Speaker",
        id=UUID("c6d7e8f9-a0b1-4c2d-8e3f-4a5b6c7d8e9f"),
        description="Waterproof portable Bluetooth speaker",
        price="79.99",
        on_hand=42,
        sku="BS-002",
        categories=[audio],
    )
    return make_product(
        "Wireless Headphones",
        id=UUID("b5c6d7e8-f9a0-4b1c-8d2e-3f4a5b6c7d8e"),
        description="Premium wireless headphones with noise cancellation",
        price="129.99",
        on_hand=25,
        sku="WH-001",
        categories=[audio],
    )


def test_the_list_answers_as_documented(api, documented):
    body = api.get(f"{URL}&category=Audio&in_stock=true").json()

    documented_members = ["id", "name", "description", "price", "sku", "stock", "categories"]
    assert [{name: row[name] for name in documented_members} for row in body["products"]] == [
        {
            "id": "b5c6d7e8-f9a0-4b1c-8d2e-3f4a5b6c7d8e",
            "name": "Wireless Headphones",
            "description": "Premium wireless headphones with noise cancellation",
            "price": 129.99,
            "sku": "WH-001",
            "stock": 25,
            "categories": ["Electronics", "Audio"],
        },
        {
            "id": "c6d7e8f9-a0b1-4c2d-8e3f-4a5b6c7d8e9f",
            "name": "Bluetooth Speaker",
            "description": "Waterproof portable Bluetooth speaker",
            "price": 79.99,
            "sku": "BS-002",
            "stock": 42,
            "categories": ["Electronics", "Audio"],
        },
    ]
    assert list(body["products"][0])[:7] == documented_members
    del body["products"]
    assert body == {
        "tenant": "tech",
        "count": 2,
        "filters": {"category": "Audio", "min_price": None, "max_price": None, "in_stock": True},
    }


def test_a_product_carries_its_variants_pictures_and_currency(api, tech):
    product = make_product(
        "Shirt",
        option_names=["Size"],
        variants=[
            {"option_values": ["S"], "price": "20.00", "sku": "S-S", "on_hand": 1},
            {"option_values": ["M"], "price": "18.50", "sku": "S-M", "on_hand": 2, "held": 1},
        ],
        image="A shirt",
    )

    row = api.get(f"/api/products/{product.pk}?tenant=tech").json()

    assert (row["price"], row["sku"], row["stock"], row["currency"]) == (18.5, "S-S", 2, "USD")
    assert [(v["sku"], v["price"], v["stock"], v["options"]) for v in row["variants"]] == [
        ("S-S", 20.0, 1, {"Size": "S"}),
        ("S-M", 18.5, 1, {"Size": "M"}),
    ]
    [picture] = row["images"]
    assert picture["url"].startswith("http://localhost/media/tenants/")
    assert picture["alt"] == "A shirt"
    assert row["updated_at"].endswith("Z")
    assert "." not in row["updated_at"]


def test_money_is_a_number_with_exactly_the_stored_value(api, tech):
    make_product(price="0.10")

    content = api.get(URL).content

    assert b'"price":0.10,' in content


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("category=Audio", {"Headphones", "Speaker"}),
        ("category=audio", {"Headphones", "Speaker"}),
        ("category=Electronics", {"Headphones", "Speaker"}),
        ("category=nothing", set()),
        ("min_price=50.01", {"Headphones"}),
        ("min_price=50", {"Headphones", "Speaker"}),
        ("max_price=50", {"Speaker", "Lamp"}),
        ("min_price=20.00&max_price=50.00", {"Speaker", "Lamp"}),
        ("in_stock=true", {"Headphones", "Speaker"}),
        ("in_stock=false", {"Lamp"}),
        ("category=audio&in_stock=false", set()),
    ],
)
def test_filters_narrow(api, audio, query, expected):
    make_product("Headphones", price="129.99", categories=[audio])
    make_product("Speaker", price="50.00", categories=[audio])
    make_product("Lamp", price="20.00", on_hand=0)
    make_product("Draft", status="draft")
    make_product("Archived", status="archived")

    response = api.get(f"{URL}&{query}")

    assert set(_names(response)) == expected
    assert response.json()["count"] == len(expected)


def test_held_units_are_not_in_stock(api, tech):
    make_product("Held", variants=[{"on_hand": 2, "held": 2}])

    assert _names(api.get(f"{URL}&in_stock=true")) == []
    assert api.get(URL).json()["products"][0]["stock"] == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("min_price=abc", "min_price"),
        ("min_price=NaN", "min_price"),
        ("min_price=-1", "min_price"),
        ("max_price=1.999", "max_price"),
        ("max_price=10000000000", "max_price"),
        ("in_stock=maybe", "in_stock"),
        ("limit=0", "limit"),
        ("limit=251", "limit"),
        ("limit=ten", "limit"),
        ("cursor=broken", "cursor"),
        ("sort=colour", "sort"),
        ("sort=relevance", "sort"),
        ("updated_since=yesterday", "updated_since"),
        ("q=" + "x" * 256, "q"),
    ],
)
def test_a_bad_parameter_is_a_400_that_names_it(api, query, field):
    response = api.get(f"{URL}&{query}")

    assert response.status_code == 400
    assert list(error_of(response)["fields"]) == [field]


def test_filters_are_echoed_with_their_types(api):
    filters = api.get(f"{URL}&min_price=10&max_price=20.5&in_stock=false").json()["filters"]

    assert filters == {"category": None, "min_price": 10, "max_price": 20.5, "in_stock": False}


def test_updated_since_is_inclusive_and_reads_a_plus_sign(api, tech):
    product = make_product()
    before, after = product.updated_at, product.updated_at + timedelta(seconds=1)

    assert len(_names(api.get(f"{URL}&updated_since={before.isoformat()}"))) == 1
    assert len(_names(api.get(f"{URL}&updated_since={after.isoformat()}"))) == 0


# --- Pages ------------------------------------------------------------------------------------


def _walk(api, url):
    """Every name by following `next`, then back by `prev`."""
    response, names = api.get(url), []
    while True:
        names += _names(response)
        links = _links(response)
        if "next" not in links:
            break
        response = api.get(links["next"])
    back = []
    while True:
        back = _names(response) + back
        links = _links(response)
        if "prev" not in links:
            break
        response = api.get(links["prev"])
    return names, back


def _links(response):
    found = {}
    for part in response.get("Link", "").split(", "):
        if part:
            address, _, relation = part.partition(">; rel=")
            found[relation.strip('"')] = address.lstrip("<").partition("localhost")[2]
    return found


@pytest.mark.parametrize("sort", ["newest", "price", "-price", "name", "relevance"])
def test_pages_show_every_product_once_forwards_and_backwards(api, tech, sort):
    for number in range(7):
        # Two share each price: the id decides between them.
        make_product(f"Lamp {number}", price=str(number // 2))
    extra = "&q=lamp" if sort == "relevance" else ""

    names, back = _walk(api, f"{URL}&limit=3&sort={sort}{extra}")

    assert len(names) == 7
    assert sorted(names) == sorted(f"Lamp {number}" for number in range(7))
    assert back == names


def test_a_product_added_meanwhile_neither_repeats_nor_hides_another(api, tech):
    for number in range(4):
        make_product(f"Lamp {number}")
    first = api.get(f"{URL}&limit=2")

    make_product("Newer")

    assert _names(first) + _names(api.get(_links(first)["next"])) == [
        "Lamp 3",
        "Lamp 2",
        "Lamp 1",
        "Lamp 0",
    ]


def test_a_cursor_belongs_to_its_query(api, tech, outdoor):
    for _ in range(2):
        make_product()
    cursor = _links(api.get("/api/products?tenant=outdoor&limit=1"))["next"].partition("cursor=")[2]

    for query in ("tenant=outdoor&in_stock=true", "tenant=outdoor&sort=name", "tenant=tech"):
        response = api.get(f"/api/products?{query}&cursor={cursor}")
        assert response.status_code == 400
        assert list(error_of(response)["fields"]) == ["cursor"]


def test_the_count_is_of_all_matches_and_asked_once(api, tech, django_assert_max_num_queries):
    for _ in range(5):
        make_product()
    assert api.get(f"{URL}&limit=2").json()["count"] == 5

    with django_assert_max_num_queries(2):
        api.get(f"{URL}&limit=3")


def test_search_finds_words_and_corrects_typos(api, audio):
    make_product("Wireless Headphones", categories=[audio], sku="WH-001")
    make_product("Lamp", description="<p>Wireless too</p>")

    assert _names(api.get(f"{URL}&q=wireless"))[0] == "Wireless Headphones"
    assert len(_names(api.get(f"{URL}&q=wireless"))) == 2
    for q in ("hedphones", "headph", "WH-001", "audio", "Wirless headphone"):
        assert _names(api.get(f"{URL}&q={q}")) == ["Wireless Headphones"], q
    assert _names(api.get(f"{URL}&q=zeppelin")) == []


@pytest.mark.parametrize("q", ["fitness watch", "FITNESS  Watch", "fítness wätch"])
def test_the_product_of_the_very_name_comes_first(api, tech, q):
    # Its own words are fewer, and those of its strap stand in more places.
    make_product("Fitness Watch")
    strap = "Spare Strap for the Fitness Watch in Woven Nylon"
    make_product(strap, description="<p>For the fitness watch.</p>", vendor="Fitness Watch")

    assert _names(api.get(f"{URL}&q={q}")) == ["Fitness Watch", strap]


@pytest.mark.parametrize(
    "q", ["'", '"', "!", "a & b", "|", "(", ":*", "%", "\\", "-", "the", "日本"]
)
def test_any_text_can_be_searched_for(api, tech, q):
    make_product("日本茶 100g")

    response = api.client.get("/api/products", {"tenant": "tech", "q": q}, **api.headers)

    assert response.status_code == 200
    assert _names(response) == (["日本茶 100g"] if q == "日本" else [])


# --- One product ------------------------------------------------------------------------------


def test_a_product_is_found_by_id_and_by_slug(api, documented):
    by_id = api.get(f"/api/products/{documented.pk}?tenant=tech").json()
    by_slug = api.get("/api/products/wireless-headphones?tenant=tech").json()

    assert by_id == by_slug
    assert by_id["sku"] == "WH-001"


@pytest.mark.parametrize("name", ["12345", "00000000-0000-4000-8000-000000000000", "x" * 300])
def test_an_unknown_product_is_a_404_that_quotes_it(api, name):
    response = api.get(f"/api/products/{name}?tenant=tech")

    assert response.status_code == 404
    assert error_of(response) | {"request_id": ""} == {
        "code": "resource_not_found",
        "message": "The requested resource was not found.",
        "details": f"Product with ID '{name}' does not exist.",
        "request_id": "",
    }


def test_a_draft_is_not_to_be_found(api, tech):
    draft = make_product(status="draft")

    assert api.get(f"/api/products/{draft.pk}?tenant=tech").status_code == 404


# --- Kept answers -----------------------------------------------------------------------------


@pytest.mark.parametrize("known", ["{}", "W/{}", '"x", {}', "*"])
def test_what_the_caller_holds_is_not_sent_again(api, documented, known):
    first = api.get(URL)
    again = api.get(URL, HTTP_IF_NONE_MATCH=known.format(first["ETag"]))

    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert again["Cache-Control"] == "private, no-cache"
    assert again["Vary"] == "Authorization, Accept-Encoding"


def test_another_etag_gets_the_body(api, documented):
    assert api.get(URL, HTTP_IF_NONE_MATCH='"another"').status_code == 200


def test_an_answer_is_never_older_than_the_last_commit(api, documented):
    assert api.get(URL).json()["products"][0]["stock"] == 25
    variant = Variant.objects.get(sku="WH-001")

    adjust_stock(variant_id=variant.pk, change=-5, reason="broken", user=None)

    assert api.get(URL).json()["products"][0]["stock"] == 20


@override_settings(API_RATE_PER_MINUTE=10_000)
def test_a_kept_list_costs_one_statement_and_a_new_one_two(
    api, documented, django_assert_num_queries
):
    api.get(URL)
    with django_assert_num_queries(1):
        api.get(URL)
    with django_assert_num_queries(2):
        api.get(f"{URL}&limit=17")


def test_one_tenants_kept_answer_is_not_anothers(api, tech, outdoor):
    make_product("Outdoor only")

    assert _names(api.get("/api/products?tenant=outdoor")) == ["Outdoor only"]
    assert _names(api.get(URL)) == []


def test_a_query_found_good_is_found_good_again_and_a_bad_one_bad(api, documented):
    for _ in range(2):
        assert api.get(f"{URL}&limit=1").json()["count"] == 2
        assert error_of(api.get(f"{URL}&limit=1&limit=1"))["fields"].keys() == {"limit"}


def test_a_whole_number_of_a_currency_without_decimals_stays_whole(api, tech):
    tech.currency = "JPY"
    tech.save()
    make_product(price=Decimal(1200))

    assert b'"price":1200,' in api.get(URL).content


def test_times_and_order_follow_creation(api, tech):
    make_product("Old", created_at=timezone.now() - timedelta(days=1))
    make_product("New")

    assert _names(api.get(URL)) == ["New", "Old"]
    assert Product.objects.count() == 2
