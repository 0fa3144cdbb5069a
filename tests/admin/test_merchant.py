"""A merchant's morning: products, stock, categories, members."""

import re
import threading
from decimal import Decimal

import pytest
from django.db import connection, connections
from django.test import Client

from catalog.models import Category, Product, ProductPastSlug, StockMovement, Variant
from catalog.services.stock import adjust_stock
from pycommerce.core.errors import InvalidRequest
from tenants.errors import LastOwner
from tenants.models import Membership, Tenant
from tenants.services import remove_member
from tenants.shop.models import AuditEntry, catalogue_version
from tests.admin.conftest import words
from tests.factories import (
    PASSWORD,
    make_category,
    make_member,
    make_order,
    make_product,
    make_user,
)


@pytest.fixture
def owner(tech):
    return make_member(tech, "owner")


@pytest.fixture
def desk(owner):
    client = Client(HTTP_HOST="tech.localhost")
    client.force_login(owner)
    return client


def filled(response) -> dict[str, str]:
    """The admin's form as a browser would send it again."""
    form = response.context["adminform"].form
    data = {form.add_prefix(name): field.value() for name, field in _bound(form)}
    for each in response.context["inline_admin_formsets"]:
        for part in (each.formset.management_form, *each.formset.forms):
            data |= {part.add_prefix(name): field.value() for name, field in _bound(part)}
    return {
        name: _text(value)
        for name, value in data.items()
        if value is not None and value is not False
    }


def _bound(form):
    return ((name, form[name]) for name in form.fields if not form.fields[name].disabled)


def _text(value):
    if isinstance(value, list) and value and isinstance(value[0], str):
        return ",".join(value)
    return value


NEW = {
    "name": "Desk Lamp",
    "status": "active",
    "description": "<p onclick='x()'>Bright</p>",
    "option_names": "",
    "tags": "",
    "variants-TOTAL_FORMS": "1",
    "variants-INITIAL_FORMS": "0",
    "variants-0-price": "49.90",
    "variants-0-position": "1",
    "variants-0-first_stock": "12",
}


def test_a_new_product_is_for_sale_at_once(desk, tech, client_for):
    category = make_category("Light")
    version = catalogue_version()

    response = desk.post("/admin/catalog/product/add/", NEW | {"categories": str(category.pk)})

    assert response.status_code == 302, response.context["errors"]
    product = Product.objects.get()
    assert (product.slug, product.price, product.category_names) == (
        "desk-lamp",
        Decimal("49.90"),
        ["Light"],
    )
    assert product.description == "<p>Bright</p>"
    variant = product.variants.get()
    assert (variant.sku, variant.sku_is_generated, variant.on_hand) == ("desk-lamp", True, 12)
    assert StockMovement.objects.get().quantity == 12
    assert catalogue_version() > version
    assert b"Desk Lamp" in client_for(tech).get("/products/desk-lamp/").content
    assert AuditEntry.objects.get().action == "create"


def _with_variants(data, first, *prices):
    """The form with new variants, one of each price (option to price), from that row on."""
    rows = dict(enumerate(prices, first))
    sent = {f"variants-{row}-option_values": option for row, (option, _) in rows.items()}
    sent |= {f"variants-{row}-price": price for row, (_, price) in rows.items()}
    sent |= {f"variants-{row}-position": "" for row in rows}
    return data | sent | {"variants-TOTAL_FORMS": str(first + len(rows))}


def _variants_in_order(product):
    return list(product.variants.values_list("option_values__0", "position"))


def test_new_variants_come_last_in_the_order_of_the_form(desk):
    sizes = NEW | {"option_names": "Size", "variants-0-position": ""}
    sent = _with_variants(sizes, 0, ("50 g", "4.90"), ("250 g", "12.50"))
    assert desk.post("/admin/catalog/product/add/", sent).status_code == 302
    product = Product.objects.get()
    assert _variants_in_order(product) == [("50 g", 1), ("250 g", 2)]

    product.variants.filter(option_values=["50 g"]).update(position=7)
    address = f"/admin/catalog/product/{product.pk}/change/"
    page = desk.get(address)
    blank = page.context["inline_admin_formsets"][0].formset.empty_form
    assert blank["position"].value() is None
    sent = _with_variants(filled(page), 2, ("5 g", "1.00"), ("1 g", "0.50"))
    answer = desk.post(address, sent)
    assert answer.status_code == 302, answer.context["errors"]
    assert _variants_in_order(product) == [("250 g", 2), ("50 g", 7), ("5 g", 8), ("1 g", 9)]

    emptied = filled(desk.get(address)) | {"variants-0-position": ""}
    assert b"This field is required" in desk.post(address, emptied).content


def test_new_variants_without_a_sku_get_one_each(desk):
    make_product(sku="desk-lamp-15-m-2")
    sizes = NEW | {"option_names": "Length", "variants-0-sku": ""}
    sent = _with_variants(sizes, 0, ("1.5 m", "4.90"), ("15 m", "12.50"))

    answer = desk.post("/admin/catalog/product/add/", sent)

    assert answer.status_code == 302, answer.context["errors"]
    product = Product.objects.get(name="Desk Lamp")
    skus = ["desk-lamp-15-m", "desk-lamp-15-m-3"]
    assert list(product.variants.values_list("sku", flat=True)) == skus

    address = f"/admin/catalog/product/{product.pk}/change/"
    emptied = filled(desk.get(address)) | {"variants-0-sku": "", "variants-0-price": "5.00"}
    assert desk.post(address, emptied).status_code == 302
    assert list(product.variants.values_list("sku", flat=True)) == skus


def test_a_part_that_is_folded_is_open_where_something_is_wrong_in_it(desk):
    page = desk.get("/admin/catalog/product/add/")
    folded = [each.name for each in page.context["adminform"] if each.is_collapsible]
    assert folded == ["More", "Search engines"]

    wrong = desk.post("/admin/catalog/product/add/", NEW | {"vendor": "x" * 256})
    folded = [each.name for each in wrong.context["adminform"] if each.is_collapsible]
    assert folded == ["Search engines"]


def test_an_edit_keeps_the_old_address_and_writes_old_and_new(desk, tech, owner):
    product = make_product("Lamp", price="10.00", sku="L-1")
    address = f"/admin/catalog/product/{product.pk}/change/"
    data = filled(desk.get(address))

    response = desk.post(address, data | {"slug": "light", "variants-0-price": "12.50"})

    assert response.status_code == 302, response.context["errors"]
    product.refresh_from_db()
    assert (product.slug, product.price) == ("light", Decimal("12.50"))
    assert ProductPastSlug.objects.get().slug == "lamp"
    entry = AuditEntry.objects.get()
    assert (entry.user_name, entry.changes["slug"]) == (owner.email, ["lamp", "light"])
    assert list(entry.changes) == ["slug", "variant L-1"], "no more than was changed"


def test_an_edit_leaves_units_that_an_order_holds_meanwhile(desk, tech):
    product = make_product("Desk Lamp", on_hand=12)
    page = desk.get(f"/admin/catalog/product/{product.pk}/change/")
    placed = []

    def place_first(execute, sql, *rest):
        if sql.startswith('UPDATE "catalog_variant"') and not placed:
            placed.append(sql)
            make_order(product, quantity=2)
        return execute(sql, *rest)

    with connection.execute_wrapper(place_first):
        desk.post(page.request["PATH_INFO"], filled(page) | {"variants-0-price": "44.90"})

    variant = product.variants.get()
    assert placed
    assert (variant.price, variant.on_hand, variant.held) == (Decimal("44.90"), 12, 2)


def test_a_product_of_which_orders_hold_units_is_not_deleted(desk, tech):
    held, free = make_product("Desk Lamp", sku="DL-1"), make_product("Chair", sku="CH-1")
    make_order(held)
    address = f"/admin/catalog/product/{held.pk}/delete/"

    page = desk.get(address)
    desk.post(address, {"post": "yes"})
    other = desk.get(f"/admin/catalog/product/{free.pk}/delete/").content.decode()
    desk.post(f"/admin/catalog/product/{free.pk}/delete/", {"post": "yes"})

    assert "DL-1: held for orders" in page.content.decode()
    # What goes is said by names that a merchant knows.
    assert "Chair: CH-1" in other
    assert "Stock movement" not in other
    assert [product.name for product in Product.objects.all()] == ["Desk Lamp"]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"variants-0-price": "0.999"}, "USD has 2 decimals"),
        ({"variants-0-price": "1000000"}, "At most 999999.99 USD can be paid at once."),
        ({"variants-0-price": "-1"}, "greater than or equal to 0"),
        ({"variants-0-price": ""}, "This field is required"),
        ({"option_names": "Size"}, "Give 1 values"),
        ({"option_names": "Size,Size"}, "name of its own"),
        ({"name": ""}, "This field is required"),
        ({"variants-0-first_stock": "-3"}, "greater than or equal to 0"),
        ({"name": "a\x00b"}, "Null characters"),
    ],
)
def test_a_bad_product_is_refused_beside_its_field(desk, tech, cells, words):
    response = desk.post("/admin/catalog/product/add/", NEW | cells)

    assert response.status_code == 200
    assert words in response.content.decode()
    assert not Product.objects.exists()


def test_a_sku_of_another_product_is_refused(desk, tech):
    make_product(sku="TAKEN")

    response = desk.post("/admin/catalog/product/add/", NEW | {"variants-0-sku": "TAKEN"})

    assert response.status_code == 200
    assert "already exists" in response.content.decode()


def test_products_are_published_and_archived_in_bulk(desk, tech):
    draft, live = make_product(status="draft"), make_product()
    chosen = {"action": "archive", "_selected_action": [str(draft.pk), str(live.pk)]}

    desk.post("/admin/catalog/product/", chosen)

    assert set(Product.objects.values_list("status", flat=True)) == {"archived"}
    assert AuditEntry.objects.count() == 2


# --- Stock ------------------------------------------------------------------------------------


def test_stock_changes_by_an_adjustment_with_a_reason(desk, tech, owner):
    variant = make_product(on_hand=5).variants.get()
    address = f"/admin/catalog/variant/{variant.pk}/change/"
    inline = {"movements-TOTAL_FORMS": "0", "movements-INITIAL_FORMS": "0"}

    response = desk.post(address, inline | {"change": "7", "reason": "Delivery"})

    assert response.status_code == 302, response.context["errors"]
    variant.refresh_from_db()
    assert variant.on_hand == 12
    movement = StockMovement.objects.filter(kind="adjustment").get()
    assert (movement.quantity, movement.reason) == (7, "Delivery")
    assert movement.user_name == owner.email
    assert "Delivery" in desk.get(address).content.decode()


@pytest.mark.breaks_books
@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"change": "5"}, "This field is required"),
        ({"reason": "Count"}, "either a count or a change"),
        ({"change": "5", "on_hand_now": "5", "reason": "x"}, "either a count or a change"),
        ({"on_hand_now": "1", "reason": "Count"}, "2 units are held"),
        ({"change": "-4", "reason": "Broken"}, "2 units are held"),
        ({"change": "-500", "reason": "Broken"}, "Only 5 are on hand"),
        ({"change": "1000000000", "reason": "x"}, "At most 1,000,000,000"),
    ],
)
def test_a_wrong_adjustment_changes_nothing(desk, tech, cells, words):
    variant = make_product(variants=[{"on_hand": 5, "held": 2}]).variants.get()
    inline = {"movements-TOTAL_FORMS": "0", "movements-INITIAL_FORMS": "0"}

    response = desk.post(f"/admin/catalog/variant/{variant.pk}/change/", inline | cells)

    assert response.status_code == 200
    assert words in response.content.decode()
    variant.refresh_from_db()
    assert variant.on_hand == 5


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"reason": "x"}, "change"),
        ({"change": 1, "on_hand": 1, "reason": "x"}, "change"),
        ({"change": 1, "reason": " "}, "reason"),
        ({"on_hand": -1, "reason": "x"}, "on_hand"),
    ],
)
def test_the_service_refuses_by_field(tech, given, field):
    variant = make_product().variants.get()

    with pytest.raises(InvalidRequest) as refusal:
        adjust_stock(variant_id=variant.pk, user=None, **given)

    assert field in refusal.value.fields


@pytest.mark.breaks_books
@pytest.mark.django_db(transaction=True)
def test_adjustments_at_once_are_all_counted():
    def prepare(tenant):
        connection.set_tenant(tenant)
        return make_product(on_hand=100).variants.get()

    tech = Tenant.objects.get(slug="tech")
    variant = prepare(tech)
    start = threading.Barrier(6)

    def take(adjust):
        connection.set_tenant(tech)
        start.wait()
        adjust()
        connections.close_all()

    def run(adjust):
        threads = [threading.Thread(target=take, args=[adjust]) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        variant.refresh_from_db()
        return variant.on_hand

    def properly():
        for _ in range(5):
            adjust_stock(variant_id=variant.pk, change=-1, reason="x", user=None)

    def naively():
        for _ in range(5):
            mine = Variant.objects.get(pk=variant.pk)
            mine.on_hand -= 1
            mine.save(update_fields=["on_hand"])

    assert run(properly) == 70
    assert (
        -sum(StockMovement.objects.filter(kind="adjustment").values_list("quantity", flat=True))
        == 30
    )
    # The control: without the lock, units that were taken come back.
    assert run(naively) > 40


# --- Categories -------------------------------------------------------------------------------


def test_a_renamed_category_is_renamed_on_its_products(desk, tech):
    root = make_category("Light")
    leaf = make_category("Lamps", root)
    product = make_product(categories=[leaf])
    address = f"/admin/catalog/category/{root.pk}/change/"

    data = filled(desk.get(address)) | {"name": "Lighting", "slug": "lighting"}
    assert desk.post(address, data).status_code == 302

    product.refresh_from_db()
    assert product.category_names == ["Lighting", "Lamps"]
    assert desk.get("/categories/light/")["Location"] == "/categories/lighting/"


def test_categories_stand_as_in_their_tree(desk, tech):
    light = make_category("Light", position=1)
    sound = make_category("Sound", position=-1)
    lamps = make_category("Lamps", light, position=7)
    make_category("Bulbs", lamps)
    make_category("Candles", light, position=2)
    make_category("Amplifiers", sound)

    def shown(query=""):
        page = desk.get(f"/admin/catalog/category/{query}")
        return [" › ".join(row.names) for row in page.context["cl"].result_list]

    tree = [
        "Sound",
        "Sound › Amplifiers",
        "Light",
        "Light › Candles",
        "Light › Lamps",
        "Light › Lamps › Bulbs",
    ]
    assert shown() == tree
    assert shown("?q=amp") == [tree[1], tree[4]]


def test_a_category_cannot_stand_below_itself(desk, tech):
    root = make_category("Light")
    leaf = make_category("Lamps", root)
    address = f"/admin/catalog/category/{root.pk}/change/"

    response = desk.post(address, filled(desk.get(address)) | {"parent": str(leaf.pk)})

    assert "cannot stand below itself" in response.content.decode()


def test_before_a_deletion_what_may_be_many_is_counted_and_not_listed(desk, tech):
    light = make_category("Light")
    lamps = make_category("Table lamps", light)
    product = make_product("Bedside", sku="BED-1", categories=[lamps])

    def asked(thing, pk):
        return " ".join(desk.get(f"/admin/catalog/{thing}/{pk}/delete/").content.decode().split())

    of_product, of_category = asked("product", product.pk), asked("category", lamps.pk)
    assert "Variants, with their stock: 1" in of_product
    assert "Receipt" not in of_product
    assert "Categories: 1" in of_category
    assert "Bedside" not in of_category
    assert "<li>Table lamps</li>" in asked("category", light.pk)  # which forbids it


def test_a_deleted_category_leaves_its_products(desk, tech):
    category = make_category("Light")
    product = make_product(categories=[category])

    desk.post(f"/admin/catalog/category/{category.pk}/delete/", {"post": "yes"})

    assert not Category.objects.exists()
    product.refresh_from_db()
    assert product.category_names == []
    assert AuditEntry.objects.get().action == "delete"


# --- Members ----------------------------------------------------------------------------------


def test_who_is_invited_may_look_unless_more_is_chosen(desk):
    form = desk.get("/admin/tenants/membership/add/").content.decode()

    assert re.search(r'<option value="viewer" selected>', form)
    assert not re.search(r'<option value="owner" selected>', form)


def test_an_invitation_is_called_one_and_says_that_a_mail_goes_out(desk, owner):
    assert "Invite a member</a>" in words(desk.get("/admin/tenants/membership/"))

    form = words(desk.get("/admin/tenants/membership/add/"))
    assert "Invite a member" in form
    assert "A mail with a link to get in goes there at once." in form
    assert "Send the invitation" in form
    assert 'name="_continue"' not in form
    member = Membership.objects.get(user=owner)
    change = words(desk.get(f"/admin/tenants/membership/{member.pk}/change/"))
    assert "Send the invitation" not in change
    assert 'name="_continue"' in change

    answer = desk.post(
        "/admin/tenants/membership/add/",
        {"email": "finn@example.com", "role": "fulfilment"},
        follow=True,
    )
    assert "finn@example.com was invited: a mail with a link is on its way." in words(answer)
    assert "is fulfilment of" not in words(answer)


def test_pages_are_named_by_what_they_list_and_who_leaves_is_signed_out(desk):
    assert "<title>Members |" in re.sub(
        r"\s+", " ", words(desk.get("/admin/tenants/membership/"))
    ).replace("> ", ">")

    page = words(desk.post("/admin/logout/"))

    assert "You are signed out." in page
    assert "quality time" not in page


def test_who_is_a_member_is_not_invited_again(desk, tech, owner):
    make_member(tech, "viewer", email="known@example.com")

    response = desk.post(
        "/admin/tenants/membership/add/", {"email": "Known@example.com", "role": "manager"}
    )

    assert "They work here already" in response.content.decode()
    assert Membership.objects.get(user__email="known@example.com").role == "viewer"


def test_the_last_owner_stays(desk, tech, owner):
    membership = Membership.objects.get(user=owner)
    address = f"/admin/tenants/membership/{membership.pk}"

    desk.post(f"{address}/change/", {"role": "viewer"})
    removed = desk.post(f"{address}/delete/", {"post": "yes"})

    membership.refresh_from_db()
    assert membership.role == "owner"
    assert removed.status_code == 403
    with pytest.raises(LastOwner):
        remove_member(membership)


@pytest.mark.parametrize(
    ("role", "reads", "writes", "invites"),
    [
        ("owner", True, True, True),
        ("manager", True, True, False),
        ("fulfilment", True, False, False),
        ("viewer", True, False, False),
    ],
)
def test_a_role_allows_what_its_table_says(tech, role, reads, writes, invites):
    client = Client(HTTP_HOST="tech.localhost")
    client.force_login(make_member(tech, role))
    product = make_product()

    def status(path):
        return client.get(f"/admin/{path}").status_code

    assert (status(f"catalog/product/{product.pk}/change/") == 200) is reads
    assert (status("catalog/product/add/") == 200) is writes
    assert (status("tenants/membership/add/") == 200) is invites
    posted = client.post(f"/admin/catalog/product/{product.pk}/delete/", {"post": "yes"})
    assert (posted.status_code == 302) is writes
    assert Product.objects.exists() is not writes


# --- Getting in -------------------------------------------------------------------------------


def _sign_in(host, email, password=PASSWORD, path=""):
    client = Client(HTTP_HOST=host)
    return client.post(f"{path}/admin/login/", {"username": email, "password": password}), client


def test_only_members_get_in_and_others_are_told_why(tech, outdoor):
    make_member(tech, "viewer", email="tech@example.com")
    make_user("staff@example.com", is_superuser=True)

    assert _sign_in("tech.localhost", "tech@example.com")[0].status_code == 302
    assert _sign_in("tech.localhost", "staff@example.com")[0].status_code == 302
    refused, _ = _sign_in("outdoor.localhost", "tech@example.com")
    assert "This account has no role in Outdoor Adventures." in refused.content.decode()
    refused, _ = _sign_in("localhost", "tech@example.com")
    assert "This account has no role on the platform." in refused.content.decode()


def test_a_wrong_password_is_counted_over_all_doors(tech, settings):
    settings.LOGIN_FAILURES_PER_MINUTE = 2
    make_member(tech, "owner", email="tech@example.com")
    for _ in range(2):
        _sign_in("tech.localhost", "tech@example.com", "wrong")

    refused, _ = _sign_in("tech.localhost", "tech@example.com")
    body = {"email": "tech@example.com", "password": PASSWORD}
    called = Client().post("/api/auth/login", body, content_type="application/json")

    assert "Too many failed tries" in refused.content.decode()
    assert called.status_code == 429


def test_under_a_mount_the_back_office_has_cookies_of_its_own(tech):
    make_member(tech, "owner", email="tech@example.com")

    response, client = _sign_in("localhost", "tech@example.com", path="/stores/tech")

    assert response["Location"] == "/stores/tech/admin/"
    cookie = client.cookies["session-tech"]
    assert cookie["path"] == "/stores/tech/"
    assert client.get("/stores/tech/admin/catalog/product/").status_code == 200
    assert client.get("/stores/outdoor/admin/").status_code == 302


def test_a_form_without_its_token_is_refused(tech, owner):
    client = Client(HTTP_HOST="tech.localhost", enforce_csrf_checks=True)
    client.force_login(owner)

    assert client.post("/admin/catalog/product/add/", NEW).status_code == 403


@pytest.mark.parametrize("model", ["product", "variant", "category"])
def test_a_list_costs_the_same_whatever_its_length(
    desk, tech, model, django_assert_max_num_queries
):
    for number in range(20):
        make_product(categories=[make_category(f"Category {number}")])

    with django_assert_max_num_queries(12):
        desk.get(f"/admin/catalog/{model}/")


def test_the_back_office_loads_nothing_from_elsewhere(desk, tech):
    product = make_product()

    for path in ("", "catalog/product/", f"catalog/product/{product.pk}/change/"):
        page = desk.get(f"/admin/{path}").content.decode()
        assert re.findall(r'(?:src|<link[^>]*href)="(?:https?:)?//[^"]*', page) == []


@pytest.mark.parametrize("kind", ["product", "category"])
def test_an_emptied_slug_beside_another_mistake_shows_the_form_again(desk, tech, kind):
    category = make_category("Lamps")
    thing = make_product("Lamp", categories=[category]) if kind == "product" else category
    address = f"/admin/catalog/{kind}/{thing.pk}/change/"
    form = filled(desk.get(address)) | {"slug": "", "name": ""}

    response = desk.post(address, form)

    assert response.status_code == 200
    assert response.context["adminform"].form.errors.keys() == {"name"}
