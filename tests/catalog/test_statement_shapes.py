"""How many rows the statements of lists read: as many as they need, and none of them twice."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.facets import find_facets
from catalog.listing import RANKED, ProductFilters, count_products, find_cards
from catalog.models import Product, Variant
from catalog.search import plan_search
from catalog.services.refresh import refresh_products
from pycommerce.core.bounded_cache import forget_everything
from tenants.shop.models import catalogue_version, raise_catalogue_version
from tests.factories import make_category

PRODUCTS, PAGE = 4000, 20
# A product and its variant, and one product more than a page shows.
ROWS_OF_ONE = 2
OF_A_PAGE = ROWS_OF_ONE * (PAGE + 1)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
READ = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
TABLES = ("catalog_product", "catalog_searchdocument", "catalog_variant")


@pytest.fixture
def categories(tech):
    """4,000 products, every fourth of them a lamp; half of all and a hundredth in categories."""
    half, hundredth = make_category("Half"), make_category("Hundredth")
    products = Product.objects.bulk_create(
        Product(
            name=f"{'Lamp' if number % 4 == 0 else 'Chair'} {number}",
            slug=f"product-{number}",
            vendor=f"Vendor {number % 7}",
            option_names=["Size"],
            created_at=FIRST + timedelta(minutes=number),
        )
        for number in range(PRODUCTS)
    )
    Variant.objects.bulk_create(
        Variant(
            product=product,
            sku=f"SKU-{number}",
            price=number % 90 + 1,
            option_values=["SML"[number % 3]],
            position=1,
        )
        for number, product in enumerate(products)
    )
    half.products.set(products[::2])
    hundredth.products.set(products[::100])
    refresh_products(None)
    raise_catalogue_version()
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ANALYZE {table}")
    forget_everything()
    return {"half": half.pk, "hundredth": hundredth.pk}


def _rows_of(plan):
    """Rows that a plan and what is below it take from tables, the ones it drops as well."""
    own = sum(plan.get(name, 0) for name in READ) * plan["Actual Loops"]
    below = sum(map(_rows_of, plan.get("Plans", [])))
    return below + (own if "Relation Name" in plan else 0)


def _explained(sql):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql.replace('%', '%%')}", [])
        ((found,),) = cursor.fetchall()
    [statement] = json.loads(found) if isinstance(found, str) else found
    return _rows_of(statement["Plan"])


def rows_read(work):
    """How many rows each statement on the catalogue reads in what is done, by its text."""
    with CaptureQueriesContext(connection) as asked:
        work()
    statements = [each["sql"] for each in asked if any(table in each["sql"] for table in TABLES)]
    assert statements
    return {sql: _explained(sql) for sql in statements}


def _page(sort="newest", cursor=None, **filters):
    version = catalogue_version()
    asked = ProductFilters(**filters)
    return find_cards(asked, sort=sort, limit=PAGE, cursor=cursor, version=version)


def test_how_far_a_ranking_goes_is_found_by_reading_each_document_once(categories):
    """Those that are younger once more: counted for each match that is passed over, they were
    nearly two million."""
    lamps = ProductFilters(q="lamp")
    assert count_products(lamps) == PRODUCTS / 4 > RANKED

    read = rows_read(lambda: _page("relevance", q="lamp"))

    [extent] = [rows for sql, rows in read.items() if "younger" in sql]
    assert extent <= 2 * PRODUCTS
    assert sum(read.values()) <= 4 * PRODUCTS


def test_products_of_the_very_name_are_found_without_reading_others(categories):
    read = rows_read(lambda: plan_search("lamp 400", catalogue_version()))

    [named] = [rows for sql, rows in read.items() if "sort_name" in sql]
    # Whatever is read of documents, no product but the one.
    assert named <= PRODUCTS + 1


@pytest.mark.parametrize("sort", ["newest", "price", "-price", "name"])
def test_a_page_reads_its_own_rows_wherever_it_stands(categories, sort):
    cursor = _page(sort).next_cursor
    for _ in range(20):
        cursor = _page(sort, cursor).next_cursor

    first, later = (rows_read(lambda at=at: _page(sort, at)) for at in (None, cursor))

    assert sum(first.values()) <= OF_A_PAGE
    assert sum(later.values()) <= OF_A_PAGE


def test_a_page_of_a_wide_category_passes_over_few_rows_of_others(categories):
    _page(category_id=categories["half"])

    read = rows_read(lambda: _page(category_id=categories["half"]))

    # Every other one is of the category.
    assert sum(read.values()) <= OF_A_PAGE + 2 * (PAGE + 1)


def test_a_page_of_a_narrow_category_reads_no_product_of_another(categories):
    _page(category_id=categories["hundredth"])

    read = rows_read(lambda: _page(category_id=categories["hundredth"]))

    assert sum(read.values()) <= PRODUCTS / 100 + OF_A_PAGE


@pytest.mark.parametrize("filters", [{}, {"q": "lamp"}, {"options": ("Size=S",), "in_stock": True}])
def test_choices_are_counted_by_reading_each_product_once(categories, filters):
    asked = ProductFilters(**filters)

    read = rows_read(lambda: find_facets(asked, catalogue_version()))

    # Of a search also its document; whatever the number of groups.
    assert max(read.values()) <= (ROWS_OF_ONE + 1) * PRODUCTS
