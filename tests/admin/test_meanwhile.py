"""Two people on one product's page: what the first saved is not undone by what the second left."""

from decimal import Decimal

import pytest
from django.db import connection

from catalog.models import Product, ProductImage, Variant
from catalog.services.editing import edit_product
from tests.admin.conftest import words
from tests.admin.test_import import _files_of_this_test  # noqa: F401
from tests.admin.test_import_undone import brought_in, row, undone
from tests.admin.test_merchant import _bound, _text, filled
from tests.factories import make_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(tech):
    return make_product("Lamp", price="10.00", sku="L-1")


def page_of(product):
    return f"/admin/catalog/product/{product.pk}/change/"


def opened(desk, product):
    """The page's form as a browser sends it, with what was seen beside what is typed."""
    response = desk.get(page_of(product))
    data = filled(response)
    for each in response.context["inline_admin_formsets"]:
        for part in each.formset.initial_forms:
            for _name, field in _bound(part):
                if field.field.show_hidden_initial:
                    data[field.html_initial_name] = _text(field.value()) or ""
                    assert f'name="{field.html_initial_name}"' in response.content.decode()
    return {name: "" if value is None else value for name, value in data.items()}


def colleague(product, **new):
    """Somebody else saves this of the variant."""
    variant = product.variants.get()
    Variant.objects.filter(pk=variant.pk).update(**new)


def test_what_was_left_alone_stays_as_a_colleague_made_it(desk, product):
    data = opened(desk, product)
    colleague(product, price="12.00", barcode="4006381333931")

    response = desk.post(page_of(product), data | {"variants-0-low_stock_limit": "3"})

    assert response.status_code == 302, response.context["errors"]
    variant = Variant.objects.get()
    assert (variant.price, variant.barcode) == (Decimal(12), "4006381333931")
    assert variant.low_stock_limit == 3


def test_what_both_changed_is_shown_first_and_saved_when_it_is_sent_again(desk, product):
    data = opened(desk, product) | {"variants-0-price": "15.00"}
    colleague(product, price="12.00")

    response = desk.post(page_of(product), data)

    assert response.status_code == 200
    assert "It is 12.00 meanwhile. Save again to set it." in words(response)
    assert Variant.objects.get().price == Decimal(12)
    assert 'value="15.00"' in response.content.decode()
    # As the page that says so sends it.
    shown = 'name="initial-variants-0-price" value="12.00"'
    assert shown in response.content.decode()
    assert (
        desk.post(page_of(product), data | {"initial-variants-0-price": "12.00"}).status_code == 302
    )
    assert Variant.objects.get().price == Decimal(15)


def test_where_both_wrote_the_same_nothing_is_asked(desk, product):
    data = opened(desk, product) | {"variants-0-price": "12.00"}
    colleague(product, price="12.00")

    assert desk.post(page_of(product), data).status_code == 302


def test_a_former_price_that_was_taken_off_meanwhile_is_said_to_be_empty(desk, product):
    colleague(product, compare_at_price="20.00")
    data = opened(desk, product) | {"variants-0-compare_at_price": "25.00"}
    colleague(product, compare_at_price=None)

    response = desk.post(page_of(product), data)

    assert "It is empty meanwhile. Save again to set it." in words(response)
    assert Variant.objects.get().compare_at_price is None


# --- Pictures ------------------------------------------------------------------------------------


@pytest.fixture
def picture(product):
    return ProductImage.objects.create(
        product=product, source_url="https://images.example/a.jpg", alt="A lamp"
    )


def sent(picture, typed, seen="A lamp"):
    names = {"picture": str(picture.pk), f"{picture.pk}-alt": typed}
    return names | {f"initial-{picture.pk}-alt": seen}


def test_a_pictures_page_says_what_was_seen(desk, product, picture):
    page = desk.get(page_of(product)).content.decode()

    assert f'name="initial-{picture.pk}-alt" value="A lamp"' in page


def test_an_alternative_text_that_was_left_alone_stays_as_a_colleague_wrote_it(
    desk, product, picture
):
    ProductImage.objects.update(alt="A desk lamp")

    desk.post(f"/admin/catalog/product/{product.pk}/pictures/", sent(picture, "A lamp"))

    assert ProductImage.objects.get().alt == "A desk lamp"


def test_an_alternative_text_that_both_wrote_is_the_first_ones_and_the_second_is_told(
    desk, product, picture
):
    ProductImage.objects.update(alt="A desk lamp")
    address = f"/admin/catalog/product/{product.pk}/pictures/"

    response = desk.post(address, sent(picture, "My lamp"), follow=True)

    assert ProductImage.objects.get().alt == "A desk lamp"
    assert "Picture 1: somebody changed “alternative text” meanwhile" in words(response)
    desk.post(address, sent(picture, "My lamp", seen="A desk lamp"))
    assert ProductImage.objects.get().alt == "My lamp"


def test_an_alternative_text_is_emptied(desk, product, picture):
    desk.post(f"/admin/catalog/product/{product.pk}/pictures/", sent(picture, ""))

    assert ProductImage.objects.get().alt == ""


# --- The order in which they wait for each other -------------------------------------------------


def _save_page(desk, product):
    data = opened(desk, product) | {"variants-0-price": "15.00"}
    return lambda: desk.post(page_of(product), data)


def _save_list(desk, product):
    data = {
        "_save": "1",
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "1",
        "form-0-id": str(product.pk),
        "form-0-price_shown": "15.00",
        "initial-form-0-price_shown": "10.00",
    }
    return lambda: desk.post("/admin/catalog/product/", data)


def _edit(desk, product):
    new = {product.variants.get().pk: {"price": Decimal(15)}}
    return lambda: edit_product(product.pk, fields={"name": "Light"}, prices=new, user=None)


@pytest.fixture
def locks():
    """The tables of products and variants, as statements locked or wrote them."""
    found = []

    def watch(execute, sql, *rest):
        for table in ("catalog_variant", "catalog_product"):
            writes = sql.startswith((f'UPDATE "{table}" ', f"UPDATE {table} "))
            if writes or ("UPDATE" in sql[-60:] and f'FROM "{table}"' in sql):
                found.append(table)
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        yield found


@pytest.mark.parametrize("way", [_save_page, _save_list, _edit])
def test_variants_are_locked_before_products(desk, product, tech, way, locks):
    change = way(desk, product)
    connection.set_tenant(tech)
    locks.clear()

    change()

    connection.set_tenant(tech)
    assert Variant.objects.get().price == Decimal(15)
    assert locks[:2] == ["catalog_variant", "catalog_product"]
    assert Product.objects.get().price == Decimal(15)


def test_an_import_and_its_undoing_lock_variants_before_products(desk, tech, locks):
    product = make_product("Lamp", price="10.00", sku="L-2", slug="lamp-2")
    locks.clear()
    run = brought_in(desk, row("lamp-2", "L-2", price="12.00"))
    imported = list(locks)
    locks.clear()

    undone(desk, run)

    assert imported[:2] == ["catalog_variant", "catalog_product"]
    assert locks[:2] == ["catalog_variant", "catalog_product"]
    assert Product.objects.get(pk=product.pk).price == Decimal(10)
