"""Categories of more products than follow within a request: they follow in the worker."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Category, CategoryChange, Product
from catalog.services import categories
from catalog.services.categories import have_products_follow
from checkout.jobs import have_products_follow_regularly
from tenants.models import DueWork
from tenants.shop.models import catalogue_version
from tests.admin.conftest import words
from tests.factories import make_category, make_product

LIST = "/admin/catalog/category/"


@pytest.fixture(autouse=True)
def _some_at_once(monkeypatch):
    monkeypatch.setattr(categories, "AT_ONCE", 2)


@pytest.fixture
def lamps(tech) -> Category:
    """Of five products, all of which are in another category too."""
    light = make_category("Light")
    other, found = make_category("Sale"), make_category("Lamps", light)
    for number in range(5):
        make_product(f"Lamp {number}", categories=[found, other])
    return found


def names() -> set[tuple[str, ...]]:
    """What products keep of their categories."""
    return {tuple(each) for each in Product.objects.values_list("category_names", flat=True)}


def are_right() -> bool:
    """Whether each product keeps what its categories are."""
    for product in Product.objects.prefetch_related("categories"):
        present = {each.pk for each in product.categories.all()}
        above = {each.parent_id for each in product.categories.all()} - {None}
        if set(product.category_ids) != present | above:
            return False
    return True


def delete(desk, category):
    return desk.post(f"{LIST}{category.pk}/delete/", {"post": "yes"}, follow=True)


def change(desk, category, **fields):
    address = f"{LIST}{category.pk}/change/"
    form = desk.get(address).context["adminform"].form
    data = {name: value for name, value in form.initial.items() if value is not None}
    return desk.post(address, data | fields)


def test_a_category_is_deleted_when_its_last_product_left_it(desk, lamps):
    answer = words(delete(desk, lamps))

    assert "they leave first" in answer
    assert "Light › Lamps (being deleted)" in answer
    assert names() == {("Light", "Lamps", "Sale")}
    assert DueWork.objects.filter(kind="catalogue").count() == 1
    before = catalogue_version()
    assert have_products_follow() == 5

    assert not Category.objects.filter(pk=lamps.pk).exists()
    assert names() == {("Sale",)}
    assert catalogue_version() > before
    assert not CategoryChange.objects.exists()


def test_each_product_is_right_after_each_step(desk, lamps):
    delete(desk, lamps)
    left = []
    while True:
        assert are_right()
        left.append(Product.objects.filter(categories=lamps).count())
        if not categories._follow(lamps.pk):
            break

    assert left == [5, 3, 1, 0]
    assert Category.objects.filter(pk=lamps.pk).exists()


def test_the_worker_does_it_in_each_shop_that_has_some(desk, lamps):
    delete(desk, lamps)

    have_products_follow_regularly(0)

    assert not Category.objects.filter(pk=lamps.pk).exists()
    assert not DueWork.objects.filter(kind="catalogue").exists()


def test_a_turn_that_is_over_goes_on_later(desk, lamps, monkeypatch):
    delete(desk, lamps)
    DueWork.objects.all().delete()
    monkeypatch.setattr(categories, "TURN_SECONDS", 0.0)

    assert have_products_follow() == 0

    assert DueWork.objects.filter(kind="catalogue").count() == 1
    monkeypatch.undo()
    assert have_products_follow() == 5


def test_what_is_put_into_it_meanwhile_leaves_it_as_well(desk, lamps):
    delete(desk, lamps)
    categories._follow(lamps.pk)
    late = make_product("Late", categories=[lamps])

    have_products_follow()

    late.refresh_from_db()
    assert late.category_names == []
    assert not Category.objects.filter(pk=lamps.pk).exists()


def test_it_is_not_deleted_with_a_product_that_nobody_took_out(desk, lamps):
    delete(desk, lamps)

    assert categories._delete_if_empty(lamps.pk) is False

    assert Category.objects.filter(pk=lamps.pk).exists()


def test_nothing_is_put_below_it_by_hand_and_what_is_there_all_the_same_keeps_it(desk, lamps):
    delete(desk, lamps)
    sale = Category.objects.get(name="Sale")

    refused = change(desk, sale, parent=str(lamps.pk))
    make_category("Bulbs", lamps)
    have_products_follow()

    assert "This category is being deleted." in words(refused)
    assert Category.objects.filter(pk=lamps.pk).exists()
    assert not CategoryChange.objects.exists()


def test_products_follow_another_name_and_another_place(desk, lamps):
    sale = Category.objects.get(name="Sale")
    change(desk, lamps, name="Lights")
    assert names() == {("Light", "Lamps", "Sale")}
    categories._follow(lamps.pk)
    # From the first one again: two have got the name of before.
    change(desk, Category.objects.get(pk=lamps.pk), name="Luminaires", parent=str(sale.pk))

    have_products_follow()

    assert names() == {("Sale", "Luminaires")}
    assert are_right()
    assert not CategoryChange.objects.exists()


def test_other_fields_leave_the_products_as_they_are(desk, lamps):
    def updated() -> list[Any]:
        return list(Product.objects.order_by("pk").values_list("updated_at", flat=True))

    before = updated()

    change(desk, lamps, description="All that shines", slug="shining")

    assert not CategoryChange.objects.exists()
    assert updated() == before


@pytest.mark.parametrize("act", [delete, lambda desk, each: change(desk, each, name=f"New {each}")])
def test_the_request_costs_the_same_however_many_products(desk, lamps, act):
    few = make_category("Few", lamps.parent)
    for _ in range(3):
        make_product(categories=[few, Category.objects.get(name="Sale")])
    desk.get(LIST)

    with CaptureQueriesContext(connection) as of_few:
        act(desk, few)
    desk.get(LIST)  # which shows what the session was told
    with CaptureQueriesContext(connection) as of_more:
        act(desk, lamps)

    assert len(of_more) <= len(of_few)
