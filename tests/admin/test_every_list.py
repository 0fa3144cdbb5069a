"""Every list of both back offices stays as cheap with many rows as with few."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin.widgets import AutocompleteMixin
from django.contrib.postgres.indexes import GinIndex
from django.db import connection
from django.db.models import BooleanField, F
from django.forms import ModelChoiceField
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django import app

from catalog.models import Category, HomePage, ImportRun, Product, StockSettings, TextPage, Variant
from orders.models import (
    Customer,
    Discount,
    DiscountBatch,
    Order,
    OrderSettings,
    ShippingMethod,
    TaxRate,
)
from pycommerce.db import searching
from pycommerce.unfold_shim import AutocompleteSelectFilter
from tenants import long_lists
from tenants.admin_sites import platform_site, tenant_site
from tenants.models import (
    ApiKey,
    Domain,
    Membership,
    PaymentAccount,
    Role,
    Scope,
    ShopLocale,
    ShopLook,
    Tenant,
    User,
    schema_name_of,
)
from tenants.platform_models import FailedJob, Job, ShopDeletion, ShopExport, ShopFigures
from tenants.shop.models import (
    AuditEntry,
    ListExport,
    RetentionTimes,
    WebhookEndpoint,
    WebhookType,
)
from tests.factories import make_category, make_member, make_order, make_product, make_user

# A page of one row that is changed, and no list; batches stand in the list of discounts.
SINGLE = {
    DiscountBatch,
    HomePage,
    StockSettings,
    OrderSettings,
    ShopLook,
    ShopLocale,
    PaymentAccount,
    RetentionTimes,
    ShopDeletion,
}
# Lists that no shop makes long: they may be counted to their end.
SHORT = {Membership, Domain, WebhookEndpoint, ShippingMethod, TaxRate, ImportRun}
# What there may be 100,000 of: no drop-down names them all.
LARGE = {Product, Variant, Category, Order, Customer, Discount, DiscountBatch, User, Tenant}
# Of these there are thousands at most: all of them are read through in no time.
MODEST = {*SHORT, Category, DiscountBatch, TextPage, Tenant, ApiKey}


def _products(count: int) -> None:
    for _ in range(count):
        make_product(categories=[make_category(f"Category {Category.objects.count()}")])


def _orders(count: int) -> None:
    product = make_product(on_hand=count)
    for _ in range(count):
        make_order(product)


def _jobs(count: int) -> None:
    for _ in range(count):
        job_id = app.configure_task("tenants.jobs.mail_owner").defer(
            tenant_id=str(Tenant.objects.get(slug="tech").pk), user_id="", purpose="", origin=""
        )
        FailedJob.objects.create(job_id=job_id, error="a", traceback="a")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE id % 2 = 0")


def _tenants(count: int) -> None:
    for number in range(count):
        shop = Tenant(name="Shop", slug=f"shop-{Tenant.objects.count()}-{number}")
        shop.schema_name = schema_name_of(shop.pk)
        Tenant.objects.bulk_create([shop])
        ShopFigures.objects.create(tenant=shop)
        Membership.objects.create(user=make_user(), tenant=shop, role=Role.OWNER)


def _each(make: Callable[[str, Tenant], Any]) -> Callable[[int], None]:
    """Rows that a text makes differ."""

    def make_all(count: int) -> None:
        tenant = Tenant.objects.get(slug="tech")
        first = make_user().email.partition("@")[0]
        for number in range(count):
            make(f"{first}-{number}", tenant)

    return make_all


MAKERS: dict[type, Callable[[int], None]] = {
    Product: _products,
    Variant: _products,
    Category: _products,
    TextPage: _each(lambda text, _: TextPage.objects.create(title=text, slug=text, body=text)),
    ImportRun: _each(lambda text, _: ImportRun.objects.create(file_name=text, size=1)),
    Order: _orders,
    Customer: _each(lambda text, _: Customer.objects.create(email=text, name=text)),
    ShippingMethod: _each(
        lambda text, _: ShippingMethod.objects.create(code=text, name=text, price=Decimal(1))
    ),
    TaxRate: _each(lambda text, _: TaxRate.objects.create(country="US", state=text, percent=1)),
    Discount: _each(lambda text, _: Discount.objects.create(code=text.upper(), value=10)),
    Membership: _each(lambda text, tenant: make_member(tenant, "viewer", email=f"{text}@x.test")),
    Domain: _each(
        lambda text, tenant: Domain.objects.create(
            tenant=tenant, domain=f"{text}.example.com", is_primary=False
        )
    ),
    ApiKey: _each(
        lambda text, tenant: ApiKey.objects.create(
            tenant=tenant, name=text, scopes=[Scope.READ_ORDERS], created_by_name=text
        )
    ),
    AuditEntry: _each(
        lambda text, _: AuditEntry.objects.create(
            action="change", object_type="product", object_id=text, object_name=text
        )
    ),
    ListExport: _each(
        lambda text, _: ListExport.objects.create(
            kind="orders.order", form="csv", query=text, file_name=text, user_id=uuid4()
        )
    ),
    WebhookEndpoint: _each(
        lambda text, _: WebhookEndpoint.objects.create(
            address=f"https://{text}.example.com/", events=WebhookType.values
        )
    ),
    Tenant: _tenants,
    User: _each(lambda text, _: make_user(email=f"{text}@x.test")),
    Job: _jobs,
    ShopExport: _each(
        lambda text, tenant: ShopExport.objects.create(
            tenant_id=tenant.pk, shop_name=text, shop_slug="a", asked_by_name=text
        )
    ),
}
LISTS = [
    pytest.param(site, model, id=f"{site.__class__.__name__}-{model.__name__}")
    for site in (tenant_site, platform_site)
    for model in site._registry
    if model not in SINGLE
]


def _enter(site: Any, tech: Tenant) -> Client:
    user = make_user(is_superuser=True)
    host = "tech.localhost" if site is tenant_site else "localhost"
    client = Client(HTTP_HOST=host)
    client.force_login(user)
    return client


def _select(site: Any, tech: Tenant) -> None:
    connection.set_schema_to_public()
    if site is tenant_site:
        connection.set_tenant(tech)


def _statements(client: Client, model: type, query: str = "") -> list[str]:
    address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/{query}"  # type: ignore[attr-defined]
    client.get(address)  # the host is known from here on
    with CaptureQueriesContext(connection) as asked:
        response = client.get(address)
    assert response.status_code == 200
    # Without the look-up of the host, which is known for some seconds only.
    host = re.compile(r'SET search_path|SELECT "tenants_tenant".* "tenants_tenant"."slug" = ')
    sent = [each["sql"] for each in asked.captured_queries]
    return [sql for sql in sent if not host.match(sql)]


@pytest.mark.parametrize(("site", "model"), LISTS)
def test_a_list_takes_as_many_statements_for_50_rows_as_for_5(tech, site, model):
    _select(site, tech)
    client = _enter(site, tech)
    MAKERS[model](5)
    _statements(client, model)
    _select(site, tech)
    queries = ("", "?q=a", "?q=qzxqzx")
    few = [_statements(client, model, query) for query in queries]
    _select(site, tech)
    MAKERS[model](45)
    _select(site, tech)

    many = [_statements(client, model, query) for query in queries]

    assert list(map(len, many)) == list(map(len, few)), many
    if model not in SHORT:
        # A count of all rows, under no limit, takes seconds where there are many.
        tables = "|".join(each._meta.db_table for each in {*LARGE, model})
        endless = rf'COUNT\(\*\).*FROM "({tables})"(?!.*LIMIT)'
        assert not [sql for asked in many for sql in asked if re.search(endless, sql)]


def _leads_to(model: Any, field: str) -> tuple[Any, str]:
    """The model that a path of relations ends in, and the field there."""
    *way, name = field.split("__")
    for step in way:
        model = model._meta.get_field(step).related_model
    return model, name


def _columns(index: Any) -> list[str]:
    """The names of an index's columns, of its expressions too."""
    parts = (part for each in index.expressions for part in each.flatten())
    return [*index.fields, *(part.name for part in parts if isinstance(part, F))]


def test_whatever_is_searched_in_a_long_list_has_an_index_of_trigrams():
    missing = []
    for model, admin in (*tenant_site._registry.items(), *platform_site._registry.items()):
        for field in admin.search_fields:
            searched, name = _leads_to(model, field)
            indexes = [each for each in searched._meta.indexes if isinstance(each, GinIndex)]
            found = any(name in _columns(each) for each in indexes)
            if searched not in MODEST and model not in MODEST and not found:
                missing.append(f"{model.__name__}: {field}")

    assert missing == []


def test_what_sorts_a_long_list_has_an_index():
    missing = []
    for model, admin in (*tenant_site._registry.items(), *platform_site._registry.items()):
        for name in getattr(admin, "always_sortable", ()):
            field = model._meta.get_field(name)
            first = [_columns(each)[0] for each in model._meta.indexes]
            if not (field.unique or field.db_index or name in first):
                missing.append(f"{model.__name__}: {name}")

    assert missing == []


def test_no_filter_of_a_long_list_offers_all_rows_or_reads_them_to_know_its_choices():
    endless = []
    for model, admin in (*tenant_site._registry.items(), *platform_site._registry.items()):
        for each in admin.list_filter:
            name, kind = each if isinstance(each, tuple) else (each, None)
            if not isinstance(name, str):
                continue  # one of our own, that says its choices itself
            field = model._meta.get_field(name)
            if field.is_relation:
                is_short = field.related_model not in LARGE
                is_fine = is_short or (kind and issubclass(kind, AutocompleteSelectFilter))
            else:
                # Of other fields Django asks which values there are.
                is_fine = bool(field.choices) or isinstance(field, BooleanField)
            if not is_fine and model not in MODEST:
                endless.append(f"{model.__name__}: {name}")

    assert endless == []


@pytest.mark.parametrize(("site", "model"), LISTS)
def test_what_is_no_id_is_no_row_that_was_chosen(tech, site, model):
    _select(site, tech)
    client = _enter(site, tech)
    address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"

    for chosen in ("", "a", "a\0", "-1", "9" * 30, "9" * 5000):
        for action in ("delete_selected", "reset_second_factor"):
            sent = {"action": action, "_selected_action": chosen, "do": "retry", "chosen": chosen}
            response = client.post(address, sent)
            assert response.status_code < 500


@pytest.mark.parametrize(("site", "model"), LISTS)
def test_an_address_looks_up_no_column_that_the_list_has_no_filter_for(tech, site, model):
    _select(site, tech)
    client = _enter(site, tech)
    address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    for lookup, value in (("regex", "("), ("range", "1")):
        response = client.get(address, {f"pk__{lookup}": value})
        assert response.status_code in {200, 302}


def test_no_address_asks_for_a_secret_letter_by_letter(tech):
    client = _enter(tenant_site, tech)

    response = client.get("/admin/tenants/domain/", {"challenge__startswith": "a"})

    assert response.status_code == 302
    assert response["Location"].endswith("?e=1")


@pytest.mark.parametrize("sent", ["", "a", "a\0", "9" * 5000])
@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("catalog/product/add/", "categories"),
        ("catalog/category/add/", "parent"),
        ("catalog/homepage/1/change/", "button_category"),
    ],
)
def test_what_is_no_id_is_no_row_that_was_searched_for(tech, address, field, sent):
    client = _enter(tenant_site, tech)

    page = client.post(f"/admin/{address}", {field: sent})

    assert page.status_code == 200
    assert f'name="{field}"' in page.content.decode()


def test_every_list_has_rows_made_for_it():
    registered = {*tenant_site._registry, *platform_site._registry}

    assert registered - SINGLE == set(MAKERS)


@pytest.mark.parametrize("site", [tenant_site, platform_site], ids=["shop", "platform"])
def test_no_form_offers_all_rows_of_a_large_table(tech, site):
    _select(site, tech)
    request = RequestFactory().get("/")
    request.tenant = tech if site is tenant_site else None
    request.user = make_user(is_superuser=True)
    request.client_address = "127.0.0.1"
    endless = []
    for model, admin in site._registry.items():
        if not (admin.has_add_permission(request) or admin.has_change_permission(request)):
            continue
        forms = [admin.get_form(request)] if model not in {Tenant, Job} else []
        forms += [each.get_formset(request).form for each in admin.get_inline_instances(request)]
        for form in forms:
            for name, field in form.base_fields.items():
                widget = getattr(field.widget, "widget", field.widget)
                is_safe = isinstance(widget, AutocompleteMixin) or widget.is_hidden
                is_choice = isinstance(field, ModelChoiceField)
                if is_choice and field.queryset.model in LARGE and not is_safe:
                    endless.append(f"{model.__name__}: {form.__name__}.{name}")

    assert endless == [], endless


def test_what_many_rows_answer_is_counted_once(tech, monkeypatch):
    monkeypatch.setattr(searching, "MOST_FEW", 2)
    monkeypatch.setattr(long_lists, "MOST_LISTED", 3)
    for number in range(7):
        make_product(f"Lamp {number}", sku=f"LAMP-{number}", status="active")
    make_product("Chair", sku="CHAIR")
    client = _enter(tenant_site, tech)

    def shown(query):
        with CaptureQueriesContext(connection) as asked:
            page = client.get(f"/admin/catalog/product/{query}").context["cl"]
        counts = sum("COUNT(*)" in each["sql"].split(" FROM ")[0] for each in asked)
        return page.result_count, counts

    assert shown("?q=Lamp") == (3, 0)
    assert shown("?q=Chair") == (1, 1)
    # Of what else is asked for, nobody counted the rows.
    assert shown("?q=Lamp&status__exact=draft") == (0, 1)
    assert shown("?q=Lamp 4") == (1, 1)


@pytest.mark.parametrize("word", ["mp", "LA", "4", "qz"])
def test_a_word_too_short_for_an_index_is_found_all_the_same(tech, word):
    for number in range(6):
        make_product(f"Lamp {number}", sku=f"X{number}")
    client = _enter(tenant_site, tech)

    def found(model):
        page = client.get(f"/admin/catalog/{model}/", {"q": word}).context["cl"]
        return {getattr(row, "product_id", None) or row.pk for row in page.result_list}

    expected = set(Product.objects.filter(name__icontains=word).values_list("pk", flat=True))
    assert found("product") == found("variant") == expected


def test_a_field_offers_page_after_page_without_a_count(tech):
    for number in range(45):
        make_product(f"Lamp {number:02}", sku=f"LAMP-{number:02}")
    client = _enter(tenant_site, tech)

    def offered(page, term="Lamp"):
        asked = {
            "app_label": "catalog",
            "model_name": "featuredproduct",
            "field_name": "product",
            "term": term,
            "page": page,
        }
        with CaptureQueriesContext(connection) as statements:
            answer = client.get("/admin/autocomplete/", asked)
        assert not any(each["sql"].startswith("SELECT COUNT(*)") for each in statements)
        if answer.status_code == 404:
            return None
        body = answer.json()
        return [row["text"] for row in body["results"]], body["pagination"]["more"]

    pages = [offered(page) for page in (1, 2, 3)]

    assert [(len(rows), more) for rows, more in pages] == [(20, True), (20, True), (5, False)]
    assert len({row for rows, _ in pages for row in rows}) == 45
    assert offered(4) == ([], False)
    assert offered(1, "nothing") == ([], False)
    assert offered(999_999_999) is None
    assert offered("x") is None
    assert offered(0) is None
