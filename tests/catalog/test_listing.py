"""Pages of a category are the same however they are found."""

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from catalog import listing, search
from catalog.listing import ProductFilters, find_cards
from catalog.models import Product
from catalog.services.refresh import refresh_products
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


def _there_and_back(page_at):
    """The names of each page in turn, and of each on the way back from the last."""
    pages, cursor = [], None
    while not pages or cursor:
        page = page_at(cursor)
        pages.append([row.name for row in page.rows])
        cursor = page.next_cursor
    back = [pages[-1]]
    while page.previous_cursor:
        page = page_at(page.previous_cursor)
        back.append([row.name for row in page.rows])
    return pages, back


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

    pages, back = _there_and_back(lambda cursor: _page(category, cursor))

    assert [name for names in pages for name in names] == wanted
    assert back == pages[::-1]


def test_the_width_of_a_category_is_asked_once(category_of, django_assert_num_queries):
    category = category_of(3)
    _page(category)

    with django_assert_num_queries(1):
        _page(category)


# --- Searches ------------------------------------------------------------------------------------


def _search(cursor=None, **filters):
    asked = ProductFilters(q="lamp", **filters)
    return find_cards(asked, sort="relevance", limit=2, cursor=cursor, version=1)


@pytest.fixture
def lamps(tech, monkeypatch):
    """Twelve products, four of which are ranked; those that say "lamp" so often say it twice."""
    monkeypatch.setattr(listing, "RANKED", 4)

    def _make(count):
        for number in range(12):
            is_lamp = number % (12 // count) == 0
            name = f"Lamp {number:02}" if is_lamp else f"Chair {number:02}"
            description = "Lamp, lamp." if is_lamp and number % 4 == 0 else ""
            make_product(name, description=description)
        forget_everything()

    return _make


# Four are ranked: of six, the fourth is the eighth document from the end.
@pytest.mark.parametrize(("count", "walks"), [(12, True), (6, False)])
def test_a_word_that_most_have_is_found_without_its_index(lamps, count, walks):
    lamps(count)
    _search()

    with CaptureQueriesContext(connection) as asked:
        _search()

    keys = [each["sql"] for each in asked if "p.rank" in each["sql"]]
    assert ["IS TRUE" in sql for sql in keys] == [walks]


@pytest.mark.parametrize("filters", [{}, {"in_stock": True}])
@pytest.mark.parametrize("count", [12, 6, 4])
def test_the_newest_matches_are_ranked_and_the_others_follow_by_age(lamps, count, filters):
    lamps(count)
    newest = [number for number in range(11, -1, -1) if number % (12 // count) == 0]
    ranked = sorted(newest[:4], key=lambda number: number % 4 != 0)

    pages, back = _there_and_back(lambda cursor: _search(cursor, **filters))

    found = [name for names in pages for name in names]
    assert found == [f"Lamp {number:02}" for number in ranked + newest[4:]]
    assert back == pages[::-1]


# Among the four that are ranked, and older than all of them.
@pytest.mark.parametrize("named", [11, 5, 0])
@pytest.mark.parametrize("filters", [{}, {"in_stock": True}])
def test_what_has_the_name_that_is_searched_stands_first_whatever_its_age(lamps, named, filters):
    lamps(12)
    product = Product.objects.get(name=f"Lamp {named:02}")
    product.name = "LÁMP"
    product.save(update_fields=["name"])
    refresh_products([product.pk])
    forget_everything()

    pages, back = _there_and_back(lambda cursor: _search(cursor, **filters))

    found = [name for names in pages for name in names]
    assert found[0] == "LÁMP"
    others = [f"Lamp {number:02}" for number in range(11, -1, -1) if number != named]
    assert sorted(found[1:], reverse=True) == others
    assert found[-4:] == others[-4:]
    assert back == pages[::-1]


def test_of_many_of_the_same_name_the_newest_stand_first(lamps, monkeypatch):
    monkeypatch.setattr(search, "MOST_NAMED", 3)
    lamps(12)
    Product.objects.update(name="Lamp")
    refresh_products(None)
    forget_everything()
    newest = list(Product.objects.order_by("-created_at").values_list("pk", flat=True))

    page = find_cards(ProductFilters(q="lamp"), sort="relevance", limit=12, version=1)

    found = [row.id for row in page.rows]
    assert set(found[:3]) == set(newest[:3])
    assert sorted(found) == sorted(newest)


def test_what_goes_while_a_page_is_read_leaves_no_short_page(lamps, monkeypatch):
    lamps(12)
    first, second = (row.name for row in _search().rows)
    find = connection.fetch_planned

    def find_then_archive(statement, arguments):
        keys = find(statement, arguments)
        Product.objects.filter(name=first).update(status="archived")
        refresh_products(Product.objects.filter(name=first).values_list("pk", flat=True))
        return keys

    monkeypatch.setattr(connections["default"], "fetch_planned", find_then_archive)
    page = _search()

    assert page.rows[0].name == second
    assert len(page.rows) == 2
    assert page.next_cursor


def test_a_document_that_no_product_on_sale_has_any_more_is_left_out(tech):
    lamp, old = make_product("Lamp"), make_product("Lamp of old")
    # Behind the back of whatever keeps documents in step.
    Product.objects.filter(pk=old.pk).update(status="archived")

    page = find_cards(ProductFilters(q="lamp"), sort="relevance", limit=5, version=1)

    assert [row.id for row in page.rows] == [lamp.pk]
