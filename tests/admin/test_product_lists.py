"""The lists of products and of stock: what a row shows, and what is edited in it."""

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Product, StockMovement, Variant
from catalog.services.editing import edit_product
from catalog.services.stock import adjust_stock
from pycommerce.db import searching
from tenants import long_lists
from tenants.shop.models import AuditEntry, catalogue_version
from tests.admin.conftest import words
from tests.factories import make_category, make_order, make_product

PRODUCTS, STOCK = "/admin/catalog/product/", "/admin/catalog/variant/"
TWO = {"option_names": ["Size"]}
SIZES = [{"option_values": [size], "on_hand": 3, "price": "20.00"} for size in ("S", "M")]


def sent(page, **typed):
    """The list's form as a browser sends it.

    `typed` maps a row's name or SKU to what is typed in its first field, or to that by fields.
    """
    data = {"_save": "Save", "reason": typed.pop("reason", "")}
    for element in re.findall(r"<input[^>]*>", page.content.decode()):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', element))
        if attributes.get("name", "").startswith(("form-", "initial-form-")):
            data[attributes["name"]] = attributes.get("value", "")
    for form in page.context["cl"].formset.forms:
        name = str(form.row).replace("-", "_")
        if name in typed:
            fields = typed[name]
            fields = fields if isinstance(fields, dict) else {form.edited[0]: fields}
            data |= {form.add_prefix(field): value for field, value in fields.items()}
    return data


def save(desk, address, **typed):
    return desk.post(address, sent(desk.get(address), **typed))


def test_a_row_says_what_is_for_sale_and_how_much_of_it(desk, tech):
    make_product("Shirt", variants=SIZES, **TWO)
    make_product("Lamp", on_hand=0, status="draft")

    page = desk.get(PRODUCTS)

    assert '6<span class="row-quiet"> in 2 variants</span>' in words(page)
    assert re.search(r'<input[^>]*name="form-0-stock"[^>]*value="0"[^>]*is-out', words(page))
    assert "Draft" in words(page)
    assert [
        field.row.name for field in page.context["cl"].formset if "price_shown" in field.fields
    ] == ["Lamp"]


def test_prices_are_changed_in_the_list(desk, tech, client_for):
    lamp = make_product("Lamp", price="10.00")
    make_product("Chair", price="30.00")
    version = catalogue_version()

    answer = save(desk, PRODUCTS, Lamp="12.50")

    assert answer.status_code == 302
    lamp.refresh_from_db()
    assert (lamp.price, lamp.variants.get().price) == (Decimal("12.50"), Decimal("12.50"))
    entry = AuditEntry.objects.get()
    assert (entry.object_name, entry.user_name) == ("Lamp", "owner@example.com")
    assert entry.changes[f"price of {lamp.sku}"] == ["10.000", "12.50"]
    assert catalogue_version() > version
    assert "$12.50" in client_for(tech).get("/products/lamp/").content.decode()


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("0.999", "USD has 2 decimals"),
        ("1000000", "At most 999999.99 USD can be paid at once."),
        ("-1", "greater than or equal to 0"),
        ("", "This field is required"),
        ("ten", "Price is &#x27;ten&#x27;, which is no number."),
        ("1.234", "which could be 1234 or 1.234"),
    ],
)
def test_a_wrong_price_stands_at_its_row_and_nothing_is_written(desk, tech, typed, problem):
    make_product("Lamp", price="10.00")
    make_product("Chair", price="30.00")

    answer = save(desk, PRODUCTS, Lamp=typed, Chair="31.00")

    assert answer.status_code == 200
    (form,) = [each for each in answer.context["cl"].formset if each.errors]
    assert form.row.name == "Lamp"
    assert problem in words(answer)
    assert 'value="31.00"' in words(answer)
    assert set(Product.objects.values_list("price", flat=True)) == {10, 30}


def test_a_price_that_somebody_else_changed_is_not_overwritten_unseen(desk, tech):
    lamp, chair = make_product("Lamp", price="10.00"), make_product("Chair", price="30.00")
    data = sent(desk.get(PRODUCTS), Lamp="12.50")
    for product, price in ((lamp, "11.00"), (chair, "33.00")):
        new = {product.variants.get().pk: {"price": Decimal(price)}}
        edit_product(product.pk, fields={}, prices=new, user=None)

    refused = desk.post(PRODUCTS, data)

    assert "It is 11.00 meanwhile" in words(refused)
    assert [
        str(price) for price in Product.objects.order_by("price").values_list("price", flat=True)
    ] == [
        "11.000",
        "33.000",
    ]

    # The page that said so is sent again: now it was seen.
    assert desk.post(PRODUCTS, sent(refused, Lamp="12.50")).status_code == 302
    lamp.refresh_from_db()
    chair.refresh_from_db()
    assert (lamp.price, chair.price) == (Decimal("12.50"), Decimal("33.00"))


def test_stock_is_set_in_the_list_by_a_movement(desk, tech):
    lamp, chair = make_product("Lamp", on_hand=5), make_product("Chair", on_hand=7)
    make_order(lamp, quantity=2)
    page = desk.get(PRODUCTS)
    assert [form["stock"].value() for form in page.context["cl"].formset] == [7, 3]

    answer = desk.post(PRODUCTS, sent(page, Lamp={"stock": "10"}))

    assert answer.status_code == 302
    variant = lamp.variants.get()
    assert (variant.on_hand, variant.held, variant.stock) == (12, 2, 10)
    movement = StockMovement.objects.filter(kind="adjustment").get()
    assert (movement.variant, movement.quantity) == (variant, 7)
    assert (movement.reason, movement.user_name) == (
        "Set in the list of products",
        "owner@example.com",
    )
    assert chair.variants.get().on_hand == 7
    assert {entry.object_name for entry in AuditEntry.objects.all()} == {variant.sku}


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("-1", "greater than or equal to 0"),
        ("", "This field is required"),
        ("1,000", "Stock is &#x27;1,000&#x27;"),
        ("999999999", "At most 999,999,998 can be in stock."),
    ],
)
def test_wrong_stock_stands_at_its_row_and_nothing_is_written(desk, tech, typed, problem):
    lamp = make_product("Lamp", price="10.00", on_hand=5)
    make_order(lamp, quantity=2)

    answer = save(desk, PRODUCTS, Lamp={"stock": typed, "price_shown": "11.00"})

    assert answer.status_code == 200
    assert problem in words(answer)
    assert (lamp.variants.get().on_hand, lamp.variants.get().price) == (5, 10)


def test_units_that_were_sold_meanwhile_are_not_put_back(desk, tech):
    lamp = make_product("Lamp", on_hand=5)
    data = sent(desk.get(PRODUCTS), Lamp={"stock": "8"})
    adjust_stock(variant_id=lamp.variants.get().pk, change=-1, reason="Broken", user=None)

    refused = desk.post(PRODUCTS, data)

    assert "It is 4 meanwhile" in words(refused)
    assert lamp.variants.get().on_hand == 4
    assert desk.post(PRODUCTS, sent(refused, Lamp={"stock": "8"})).status_code == 302
    assert lamp.variants.get().on_hand == 8


def test_a_price_typed_while_a_second_variant_came_is_refused(desk, tech):
    shirt = make_product("Shirt", variants=SIZES[:1], **TWO)
    data = sent(desk.get(PRODUCTS), Shirt="12.50")
    Variant.objects.create(product=shirt, sku="second", option_values=["M"], price=20)

    refused = desk.post(PRODUCTS, data)

    assert "It has several variants by now" in words(refused)


def test_rows_stay_with_what_was_typed_when_the_list_begins_anew(desk, tech):
    make_product("Lamp")
    data = sent(desk.get(PRODUCTS), Lamp="x")
    make_product("Newer")

    refused = desk.post(PRODUCTS, data)

    (row,) = refused.context["cl"].result_list
    assert row.name == "Lamp"


@pytest.mark.parametrize(
    "broken",
    [{"form-0-id": "x"}, {"form-TOTAL_FORMS": "9"}, {"form-TOTAL_FORMS": "x"}, {"form-0-id": ""}],
)
def test_a_page_that_is_not_ours_saves_nothing(desk, tech, broken):
    make_product("Lamp", price="10.00")

    answer = desk.post(PRODUCTS, sent(desk.get(PRODUCTS), Lamp="1.00") | broken, follow=True)

    assert "Nothing was saved" in words(answer)
    assert Product.objects.get().price == 10


# --- Stock ------------------------------------------------------------------------------------


def test_counts_are_saved_together_for_one_reason(desk, tech):
    for sku, units in (("A-1", 5), ("B-2", 7), ("C-3", 9)):
        make_product(sku=sku, on_hand=units)

    save(desk, STOCK, A_1="4", B_2="10", reason="Stocktaking")

    on_hand = Variant.objects.order_by("sku").values_list("on_hand", flat=True)
    assert list(on_hand) == [4, 10, 9]
    moved = StockMovement.objects.filter(kind="adjustment").order_by("quantity")
    assert [(each.quantity, each.reason) for each in moved] == [
        (-1, "Stocktaking"),
        (3, "Stocktaking"),
    ]
    assert AuditEntry.objects.count() == 2


def test_counts_need_a_reason(desk, tech):
    make_product(sku="A", on_hand=5)

    refused = save(desk, STOCK, A="4", reason="  ")

    assert "Give the reason" in words(refused)
    assert 'value="4"' in words(refused)
    assert Variant.objects.get().on_hand == 5


def test_lists_say_what_they_count_and_what_to_do_where_nothing_is(desk, tech):
    assert "There are no products yet." in words(desk.get(PRODUCTS))
    make_product("Lamp", sku="A")
    make_product("Chair", sku="B")

    assert "2 variants" in words(desk.get(STOCK))
    assert "Show all" not in words(desk.get(PRODUCTS))
    found = words(desk.get(f"{PRODUCTS}?q=sofa"))
    assert "Nothing was found." in found
    assert "Show all" in found


def test_units_that_orders_hold_are_not_counted_away(desk, tech):
    held, free = make_product(sku="HELD", on_hand=5), make_product(sku="FREE", on_hand=5)
    make_order(held, quantity=3)

    refused = save(desk, STOCK, HELD="2", FREE="1", reason="Broken")

    (form,) = [each for each in refused.context["cl"].formset if each.errors]
    assert form.row.sku == "HELD"
    assert "3 units are held for orders" in words(refused)
    assert free.variants.get().on_hand == 5


def test_a_count_that_came_meanwhile_is_not_overwritten_unseen(desk, tech):
    variant = make_product(sku="A", on_hand=5).variants.get()
    data = sent(desk.get(STOCK), A="6", reason="Found one")
    adjust_stock(variant_id=variant.pk, change=20, reason="Delivery", user=None)

    refused = desk.post(STOCK, data)

    assert "It is 25 meanwhile" in words(refused)
    assert Variant.objects.get().on_hand == 25


@pytest.mark.parametrize("address", [PRODUCTS, STOCK])
@pytest.mark.parametrize("role", ["viewer", "fulfilment"])
def test_who_only_reads_has_no_fields_and_saves_nothing(desk, desk_of, tech, role, address):
    make_product("Lamp", sku="Lamp", price="10.00", on_hand=5)
    data = sent(desk.get(address), Lamp="3", reason="x")
    reader = desk_of(role)

    assert 'name="_save"' not in words(reader.get(address))
    assert reader.post(address, data).status_code == 403
    variant = Variant.objects.get()
    assert (variant.on_hand, variant.price) == (5, 10)


# --- Long lists -------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [PRODUCTS, STOCK])
def test_a_row_more_costs_no_statement_more(desk, tech, address):
    def count():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            desk.get(address)
        return len(asked)

    make_product()
    desk.get(address)
    one = count()
    for _ in range(20):
        make_product(categories=[make_category(f"Category {Product.objects.count()}")])

    assert count() == one <= 12


def test_pages_end_at_a_limit_beyond_which_nothing_is_done_at_once(desk, tech, monkeypatch):
    monkeypatch.setattr(long_lists, "MOST_LISTED", 2)
    products = [make_product() for _ in range(3)]

    page = desk.get(PRODUCTS)
    chosen = {"action": "archive", "select_across": "1", "index": "0"}
    refused = desk.post(PRODUCTS, chosen | {"_selected_action": [str(products[0].pk)]}, follow=True)

    assert "or more: search or filter to find the rest" in words(page)
    assert "These are more than 2" in words(refused)
    assert set(Product.objects.values_list("status", flat=True)) == {"active"}


def test_a_list_that_is_too_long_is_sorted_by_what_an_index_has(desk, tech, monkeypatch):
    make_product("Dear", price=9, sku="B"), make_product("Cheap", price=1, sku="A")

    def skus(address):
        return [each.sku for each in desk.get(address).context["cl"].result_list]

    by_price, by_sku = f"{PRODUCTS}?o=-4", f"{STOCK}?o=-0"
    assert skus(by_price) == ["B", "A"]
    assert "?o=" in desk.get(PRODUCTS).content.decode()
    make_product("Middle", price=5, sku="C")
    monkeypatch.setattr(long_lists, "MOST_LISTED", 2)

    assert skus(by_price) == ["C", "A", "B"]  # the newest first, as without an order
    assert "?o=" not in desk.get(PRODUCTS).content.decode()
    assert skus(by_sku) == ["C", "B", "A"]


def test_late_pages_show_what_follows_in_the_list(desk, tech):
    names = [f"Lamp {number:03}" for number in range(60)]
    for name in names:
        make_product(name)

    page = desk.get(f"{PRODUCTS}?p=2&o=2")

    assert [each.name for each in page.context["cl"].result_list] == names[50:]


@pytest.mark.parametrize("most", [0, 10_000], ids=["many", "few"])
def test_a_search_finds_the_same_whether_few_or_many_have_it(desk, tech, monkeypatch, most):
    monkeypatch.setattr(searching, "MOST_FEW", most)
    lamp = make_product("Desk Lamp", sku="LIGHT-1")
    make_product("Chair", sku="SEAT-1")

    def found(address, word):
        shown = desk.get(address, {"q": word}).context["cl"].result_list
        return [getattr(each, "sku", "") for each in shown]

    for word in ("desk", "lamp desk", "ight-1", '"desk lamp"', lamp.slug):
        assert found(PRODUCTS, word) == ["LIGHT-1"]
    for word in ("ight", "esk lam", "lamp light"):
        assert found(STOCK, word) == ["LIGHT-1"]
    for address in (PRODUCTS, STOCK):
        assert found(address, "lamp chair") == []


def test_filters_find_by_category_and_what_runs_out(desk, tech):
    light = make_category("Light")
    lamps = make_category("Lamps", light)
    make_product("Lamp", categories=[lamps], on_hand=0)
    make_product("Chair", on_hand=50, status="draft")

    def shown(query):
        return [each.name for each in desk.get(f"{PRODUCTS}?{query}").context["cl"].result_list]

    assert shown(f"categories__id__exact={light.pk}") == ["Lamp"]
    assert desk.get(f"{PRODUCTS}?categories__id__exact=nonsense")["Location"].endswith("?e=1")
    assert shown("level=out") == ["Lamp"]
    assert shown("status__exact=draft") == ["Chair"]


def test_what_was_typed_for_a_product_without_variants_by_now_is_refused(desk, tech):
    lamp = make_product("Lamp", on_hand=3)
    typed = sent(desk.get(PRODUCTS), Lamp={"stock": "9"})
    lamp.variants.get().delete()

    page = desk.post(PRODUCTS, typed)

    assert page.status_code == 200
    assert "set their stock on its page" in words(page)


def test_a_row_with_a_second_variant_by_now_stands_in_nobodys_way_who_left_it_alone(desk, tech):
    chair, lamp = make_product("Chair", on_hand=3), make_product("Lamp")
    typed = sent(desk.get(PRODUCTS), Chair={"stock": "9"})
    Variant.objects.create(product=lamp, sku="LAMP-2", price=1, position=2, option_values=["Red"])

    assert desk.post(PRODUCTS, typed).status_code == 302

    assert chair.variants.get().on_hand == 9
