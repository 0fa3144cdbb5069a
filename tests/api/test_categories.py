"""`/api/categories`."""

from uuid import UUID

import pytest

from tests.api.conftest import error_of
from tests.factories import make_category

ELECTRONICS = UUID("a1b2c3d4-e5f6-4a7b-9c8d-9e0f1a2b3c4d")
AUDIO = UUID("b2c3d4e5-f6a7-4b8c-9d0e-1f2a3b4c5d6e")
URL = "/api/categories?tenant=tech"


@pytest.fixture
def documented(tech):
    electronics = make_category(
        "Electronics", id=ELECTRONICS, description="Electronic devices and gadgets"
    )
    make_category(
        "Audio", electronics, id=AUDIO, description="Audio devices and accessories", position=1
    )


def test_the_list_answers_as_documented(api, documented):
    assert api.get(URL).json() == {
        "categories": [
            {
                "id": "a1b2c3d4-e5f6-4a7b-9c8d-9e0f1a2b3c4d",
                "name": "Electronics",
                "description": "Electronic devices and gadgets",
                "slug": "electronics",
                "parent_id": None,
            },
            {
                "id": "b2c3d4e5-f6a7-4b8c-9d0e-1f2a3b4c5d6e",
                "name": "Audio",
                "description": "Audio devices and accessories",
                "slug": "audio",
                "parent_id": "a1b2c3d4-e5f6-4a7b-9c8d-9e0f1a2b3c4d",
            },
        ],
        "tenant": "tech",
        "count": 2,
    }


def test_parent_id_lists_sub_categories(api, documented):
    body = api.get(f"{URL}&parent_id={ELECTRONICS}").json()

    assert [row["slug"] for row in body["categories"]] == ["audio"]
    assert body["count"] == 1


def test_an_unknown_parent_gives_an_empty_list_and_a_broken_one_a_400(api, documented):
    unknown = api.get(f"{URL}&parent_id=00000000-0000-4000-8000-000000000000")
    broken = api.get(f"{URL}&parent_id=12345")

    assert (unknown.status_code, unknown.json()["count"]) == (200, 0)
    assert broken.status_code == 400
    assert list(error_of(broken)["fields"]) == ["parent_id"]


@pytest.mark.parametrize("name", [str(AUDIO), "audio"])
def test_a_category_is_found_by_id_and_by_slug(api, documented, name):
    body = api.get(f"/api/categories/{name}?tenant=tech").json()

    assert list(body) == ["id", "name", "description", "slug", "parent_id"]
    assert body["name"] == "Audio"


def test_an_unknown_category_is_a_404_that_quotes_it(api, documented):
    response = api.get("/api/categories/12345?tenant=tech")

    assert response.status_code == 404
    assert error_of(response)["details"] == "Category with ID '12345' does not exist."


def test_categories_are_paged(api, tech):
    for number in range(5):
        make_category(f"Category {number}")
    response, names = api.get(f"{URL}&limit=2"), []
    while True:
        names += [row["name"] for row in response.json()["categories"]]
        if 'rel="next"' not in response.get("Link", ""):
            break
        following = response["Link"].split(">")[0].lstrip("<").partition("localhost")[2]
        if 'rel="next"' not in response["Link"].split(",")[0]:
            break
        response = api.get(following)

    assert names == [f"Category {number}" for number in range(5)]
