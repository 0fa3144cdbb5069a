"""Two people on one product's page: what the first saved is not undone by what the second left."""

from decimal import Decimal
from html import unescape

import pytest
from django.db import connection

from catalog.models import Category, Product, ProductImage, TextPage, Variant
from catalog.services.editing import edit_product
from tests.admin.conftest import words
from tests.admin.test_import import _files_of_this_test  # noqa: F401
from tests.admin.test_import_undone import brought_in, row, undone
from tests.admin.test_merchant import _bound, _text, filled
from tests.factories import make_category, make_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(tech):
    return make_product("Lamp", price="10.00", sku="L-1")


def page_of(product):
    return f"/admin/catalog/product/{product.pk}/change/"


def opened(desk, product):
    return opened_at(desk, page_of(product))


def opened_at(desk, address):
    """The page's form as a browser sends it, with what was seen beside what is typed."""
    response = desk.get(address)
    data = filled(response)
    inlines = response.context["inline_admin_formsets"]
    forms = [response.context["adminform"].form]
    for part in [*forms, *(form for each in inlines for form in each.formset.initial_forms)]:
        for _name, field in _bound(part):
            if field.field.show_hidden_initial:
                data[field.html_initial_name] = _text(field.value()) or ""
                assert f'name="{field.html_initial_name}"' in response.content.decode()
    return {name: "" if value is None else value for name, value in data.items()}


def words_shown(response):
    """The text of the page, as it is read."""
    return unescape(words(response))


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


# --- The product itself --------------------------------------------------------------------------

FIELDS = {
    "name": ("Desk lamp", "Floor lamp", "Desk lamp"),
    "slug": ("desk-lamp", "floor-lamp", "desk-lamp"),
    "status": ("draft", "archived", "Draft"),
    "description": ("<p>Bright</p>\n<p>Warm</p>", "<p>Dim</p>", "<p>Bright</p> <p>Warm</p>"),
    "vendor": ("Lumen", "Lux", "Lumen"),
    "tags": (["warm"], "cold", "warm"),
    "seo_title": ("A lamp", "The lamp", "A lamp"),
}


@pytest.mark.parametrize("name", FIELDS)
def test_what_both_wrote_of_a_product_is_shown_first(desk, desk_of, product, tech, name):
    first, second, shown = FIELDS[name]
    data = opened(desk, product) | {name: second}
    colleague_data = opened(desk, product) | {name: ",".join(first) if name == "tags" else first}
    assert desk_of("manager").post(page_of(product), colleague_data).status_code == 302

    response = desk.post(page_of(product), data)

    assert response.status_code == 200
    said = words_shown(response)
    assert f"It is {shown} meanwhile (manager@example.com, " in said
    assert "Save again to set it." in said
    connection.set_tenant(tech)
    assert getattr(Product.objects.get(), name) == first
    # What was typed stands there still, and the page that says so has seen the other.
    form = response.context["adminform"].form
    assert form[name].value() == second
    seen = {form[name].html_initial_name: form.data[form[name].html_initial_name]}
    assert desk.post(page_of(product), data | seen).status_code == 302
    connection.set_tenant(tech)
    saved = getattr(Product.objects.get(), name)
    assert saved == ([second] if name == "tags" else second)


def test_what_was_left_alone_of_a_product_stays_as_a_colleague_made_it(desk, product):
    product.description = "<p>Bright</p>\n<p>Warm</p>"
    product.save(update_fields=["description"])
    data = opened(desk, product) | {"vendor": "Lux"}
    # As browsers send lines.
    for name in ("description", "initial-description"):
        data[name] = data[name].replace("\n", "\r\n")
    Product.objects.update(name="Desk lamp", tags=["warm"])

    response = desk.post(page_of(product), data)

    assert response.status_code == 302, response.context["errors"]
    product.refresh_from_db()
    assert (product.name, product.tags, product.vendor) == ("Desk lamp", ["warm"], "Lux")
    assert product.description == "<p>Bright</p>\n<p>Warm</p>"


def test_categories_that_both_chose_are_shown_first(desk, product, tech):
    lamps, tables = make_category("Lamps"), make_category("Tables")
    data = opened(desk, product) | {"categories": [str(tables.pk)]}
    product.categories.set([lamps])

    response = desk.post(page_of(product), data)

    assert "It is Lamps meanwhile. Save again to set it." in words_shown(response)
    connection.set_tenant(tech)
    assert [each.name for each in product.categories.all()] == ["Lamps"]
    sent = data | {"initial-categories": [str(lamps.pk)]}
    assert desk.post(page_of(product), sent).status_code == 302
    connection.set_tenant(tech)
    assert [each.name for each in product.categories.all()] == ["Tables"]


def test_categories_that_were_left_alone_stay_as_a_colleague_chose_them(desk, product, tech):
    data = opened(desk, product) | {"vendor": "Lux"}
    product.categories.set([make_category("Lamps")])

    assert desk.post(page_of(product), data).status_code == 302
    connection.set_tenant(tech)
    assert [each.name for each in product.categories.all()] == ["Lamps"]


def test_a_category_chosen_in_a_form_with_a_mistake_is_there_when_that_is_mended(
    desk, product, tech
):
    lamps = make_category("Lamps")
    data = opened(desk, product) | {"categories": [str(lamps.pk)]}

    response = desk.post(page_of(product), data | {"name": ""})
    form = response.context["adminform"].form
    assert 'name="initial-categories"' in response.content.decode()
    assert form["categories"].value() == [str(lamps.pk)]
    assert desk.post(page_of(product), data).status_code == 302

    connection.set_tenant(tech)
    assert [each.name for each in product.categories.all()] == ["Lamps"]


def test_a_category_is_watched_as_a_product_is(desk, tech):
    above, below = make_category("Lamps"), make_category("Light")
    address = f"/admin/catalog/category/{below.pk}/change/"
    data = opened_at(desk, address) | {"name": "Lights", "parent": str(above.pk)}
    Category.objects.filter(pk=below.pk).update(name="Bright", parent=make_category("House").pk)

    response = desk.post(address, data)

    said = words_shown(response)
    assert "It is Bright meanwhile. Save again to set it." in said
    assert "It is House meanwhile. Save again to set it." in said
    assert Category.objects.filter(name="Bright").exists()


def test_a_page_of_text_keeps_what_a_colleague_wrote_and_nobody_else_changed(desk, tech):
    text = TextPage.objects.create(title="Terms", slug="terms", body="<p>Old</p>")
    address = f"/admin/catalog/textpage/{text.pk}/change/"
    data = opened_at(desk, address) | {"title": "Our terms"}
    TextPage.objects.update(body="<p>New</p>", is_published=True)

    assert desk.post(address, data).status_code == 302

    text.refresh_from_db()
    assert (text.title, text.body, text.is_published) == ("Our terms", "<p>New</p>", True)


def test_who_changed_a_price_is_named(desk, desk_of, product):
    data = opened(desk, product) | {"variants-0-price": "15.00"}
    theirs = opened(desk, product) | {"variants-0-price": "12.00"}
    assert desk_of("manager").post(page_of(product), theirs).status_code == 302

    said = words_shown(desk.post(page_of(product), data))

    assert "It is 12.00 meanwhile (manager@example.com, " in said


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
