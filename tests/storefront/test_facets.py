"""Choices beside a list: what they count, what they find, how they are taken back."""

import re

import pytest

from catalog.facets import find_facets
from catalog.listing import ProductFilters, count_products
from catalog.services.refresh import refresh_products
from pycommerce.core.bounded_cache import forget_everything
from tests.factories import make_category, make_product

VERSION = 1


@pytest.fixture
def shop(tech, client_for):
    return client_for(tech)


@pytest.fixture
def shirts(tech):
    """Three shirts: S and M in red, M in blue (sold out), L in red by another maker, reduced."""
    category = make_category("Shirts")

    def shirt(name, *values, **fields):
        variants = [{"option_values": list(value), "on_hand": 3, "price": "20"} for value in values]
        for variant in variants:
            variant |= fields.pop("variant", {})
        return make_product(
            name,
            option_names=["Size", "Colour"],
            variants=variants,
            categories=[category],
            **fields,
        )

    shirt("Red", ("S", "Red"), ("M", "Red"), vendor="Halden")
    shirt("Blue", ("M", "Blue"), vendor="Halden", variant={"on_hand": 0, "price": "30"})
    shirt("Large", ("L", "Red"), vendor="Norr", variant={"price": "15", "compare_at_price": "25"})
    return category


def facets_of(category, **filters):
    forget_everything()
    return find_facets(ProductFilters(category_id=category.pk, **filters), VERSION)


def test_each_choice_counts_products_and_not_variants(shirts):
    facets = facets_of(shirts)

    assert facets.options == {"Size": {"S": 1, "M": 2, "L": 1}, "Colour": {"Blue": 1, "Red": 2}}
    assert facets.vendors == {"Halden": 2, "Norr": 1}
    assert (facets.in_stock, facets.on_sale) == (2, 1)
    assert (facets.lowest, facets.highest) == (15, 30)


def test_the_fields_show_the_lowest_and_the_highest_price_as_they_are_typed(shop, shirts):
    make_product("Cheap", price="9.9", categories=[shirts])

    page = shop.get("/categories/shirts/").content.decode()

    assert re.findall(r'placeholder="([\d.]+)"', page) == ["9.90", "30"]


def test_a_choice_narrows_the_other_groups_and_not_its_own(shirts):
    facets = facets_of(shirts, options=("Size=M",))

    assert facets.options["Size"] == {"S": 1, "M": 2, "L": 1}
    assert facets.options["Colour"] == {"Blue": 1, "Red": 1}
    assert facets.vendors == {"Halden": 2}


@pytest.mark.parametrize(
    "filters",
    [
        {"options": ("Size=M",)},
        {"options": ("Size=S", "Size=L")},
        {"options": ("Size=M", "Colour=Red")},
        {"options": ("Size=XS",)},
        {"vendors": ("Halden",), "in_stock": True},
        {"on_sale": True, "options": ("Colour=Red",)},
        {"min_price": 16, "max_price": 30, "options": ("Colour=Red",)},
    ],
)
def test_what_a_choice_promises_is_what_it_shows(shirts, filters):
    """Whatever is on: ticking one more box shows as many products as stood beside it."""
    facets = facets_of(shirts, **filters)

    for name, values in facets.options.items():
        others = tuple(o for o in filters.get("options", ()) if not o.startswith(f"{name}="))
        for value, count in values.items():
            narrowed = filters | {"options": (*others, f"{name}={value}")}
            found = count_products(ProductFilters(category_id=shirts.pk, **narrowed), VERSION)
            assert found == count, (name, value)
    for vendor, count in facets.vendors.items():
        narrowed = filters | {"vendors": (vendor,)}
        found = count_products(ProductFilters(category_id=shirts.pk, **narrowed), VERSION)
        assert found == count
    narrowed = filters | {"in_stock": True}
    found = count_products(ProductFilters(category_id=shirts.pk, **narrowed), VERSION)
    assert facets.in_stock == found


def test_a_chosen_value_stays_to_be_taken_back(shirts):
    facets = facets_of(shirts, options=("Size=XXL",), vendors=("Nobody",))

    assert facets.options["Size"]["XXL"] == 0
    assert facets.vendors["Nobody"] == 0


def test_sizes_stand_from_small_to_large_and_numbers_by_size(tech):
    category = make_category("Rings")
    for names, values in ((["Size"], ["XL", "S", "M"]), (["Width"], ["10 mm", "9 mm", "2,5 mm"])):
        variants = [{"option_values": [value]} for value in values]
        make_product(option_names=names, variants=variants, categories=[category])

    options = facets_of(category).options

    assert list(options["Size"]) == ["S", "M", "XL"]
    assert list(options["Width"]) == ["2,5 mm", "9 mm", "10 mm"]


def test_the_page_ticks_what_is_on_and_links_back(shop, shirts):
    page = shop.get("/categories/shirts/?option=Size=M&option=Colour=Red&in_stock=on&sort=price")
    html = page.content.decode()

    assert re.search(r'value="Size=M"\s+checked', html)
    assert not re.search(r'value="Size=S"\s+checked', html)
    chips = re.findall(r'<a href="(\?[^"]*)"><span class="visually-hidden">Remove:', html)
    assert len(chips) == 3
    assert "?option=Colour%3DRed&amp;in_stock=on&amp;sort=price" in chips
    assert "/products/red/" in html
    assert "/products/blue/" not in html
    assert 'role="status"' in html


def test_pages_keep_every_choice(shop, shirts):
    for number in range(30):
        make_product(f"More {number}", vendor="Halden", categories=[shirts])
    forget_everything()

    html = shop.get("/categories/shirts/?vendor=Halden&vendor=Norr").content.decode()

    [following] = re.findall(r'rel="next"\s+href="([^"]*)"', html)
    assert "vendor=Halden&amp;vendor=Norr&amp;cursor=" in following


@pytest.mark.parametrize(
    "query", ["option=", "option=Size", "option=%ED%A0%80", "vendor=" + "x" * 999]
)
def test_a_choice_that_cannot_be_is_no_choice(shop, shirts, query):
    response = shop.get(f"/categories/shirts/?{query}")

    assert response.status_code == 200
    assert "/products/blue/" in response.content.decode()


def test_an_option_that_is_gone_is_no_choice_any_more(shirts):
    product = shirts.products.get(name="Blue")
    product.variants.update(option_values=["M", "Green"])
    refresh_products([product.pk])

    assert set(facets_of(shirts).options["Colour"]) == {"Green", "Red"}
