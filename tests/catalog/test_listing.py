"""Pages of a category are the same however they are found."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.listing import ProductFilters, find_cards
from pycommerce.core.bounded_cache import forget_everything
from tests.factories import make_category, make_product

WALK, SORT = "= ANY(p.category_ids)", "OFFSET 0"


@pytest.fixture
def category_of(tech):
    """A category of so many products out of twelve."""

    def _make(count):
        category = make_category("Some")
        for number in range(12):
            places = [category] if number % (12 // count) == 0 else []
            make_product(f"Product {number:02}", categories=places)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE catalog_product")
        forget_everything()
        return category

    return _make


def _page(category, cursor=None):
    filters = ProductFilters(category_id=category.pk)
    return find_cards(filters, sort="name", limit=2, cursor=cursor, version=1)


# One row more than a page, three of twelve: both ways cost the same at √(3 × 12) = 6 products.
@pytest.mark.parametrize(("count", "way"), [(12, WALK), (3, SORT)])
def test_a_category_is_walked_or_sorted_by_its_size(category_of, count, way):
    category = category_of(count)

    with CaptureQueriesContext(connection) as asked:
        _page(category)

    assert way in asked[-1]["sql"]


@pytest.mark.parametrize("count", [12, 6, 3, 1])
def test_pages_of_a_category_follow_each_other_there_and_back(category_of, count):
    category = category_of(count)
    wanted = [f"Product {number:02}" for number in range(0, 12, 12 // count)]

    pages, cursor = [], None
    while not pages or cursor:
        page = _page(category, cursor)
        pages.append([row.name for row in page.rows])
        cursor = page.next_cursor
    back = [pages[-1]]
    while page.previous_cursor:
        page = _page(category, page.previous_cursor)
        back.append([row.name for row in page.rows])

    assert [name for names in pages for name in names] == wanted
    assert back == pages[::-1]


def test_the_width_of_a_category_is_asked_once(category_of, django_assert_num_queries):
    category = category_of(3)
    _page(category)

    with django_assert_num_queries(1):
        _page(category)
