"""Owners and managers change the shop's language and time zone; what depends on them follows."""

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob as Job

from catalog.jobs import follow_language
from catalog.models import Product, SearchDocument
from catalog.search import plan_search
from pycommerce.db import connection
from tenants.models import Tenant
from tenants.resolution import clear_cache
from tenants.shop.models import AuditEntry, catalogue_version
from tests.admin.conftest import words
from tests.factories import make_order, make_product, make_user

LIST = "/admin/tenants/shoplocale/"
GERMAN = {"language": "de", "time_zone": "Europe/Berlin"}
TASK = "catalog.jobs.follow_language"


@pytest.fixture
def change(tech):
    """The address of the form."""
    return f"{LIST}{tech.pk}/change/"


def work_off(tenant: Tenant) -> int:
    """Do the waiting jobs as the worker does; returns how many there were."""
    waiting = list(Job.objects.filter(task_name=TASK, status="todo").values_list("args", flat=True))
    connection.set_schema_to_public()
    for arguments in waiting:
        follow_language(**arguments)
    connection.set_tenant(Tenant.objects.get(pk=tenant.pk))
    return len(waiting)


def read_as(product: Product) -> str:
    return SearchDocument.objects.values_list("search", flat=True).get(pk=product.pk)


@pytest.mark.parametrize("role", ["owner", "manager"])
def test_owners_and_managers_change_both(desk_of, tech, change, role):
    desk = desk_of(role)

    response = desk.post(change, GERMAN)

    assert response.status_code == 302
    shop = Tenant.objects.get(pk=tech.pk)
    assert (shop.language, shop.time_zone) == ("de", "Europe/Berlin")
    entry = AuditEntry.objects.get(object_type="language and time")
    assert entry.changes == {"language": ["en", "de"], "time_zone": ["UTC", "Europe/Berlin"]}
    assert entry.user_name == f"{role}@example.com"


@pytest.mark.parametrize("role", ["fulfilment", "viewer"])
def test_others_neither_see_nor_change_them(desk_of, tech, change, role):
    desk = desk_of(role)

    assert LIST not in words(desk.get("/admin/"))
    assert desk.get(change).status_code == 403
    assert desk.post(change, GERMAN).status_code == 403
    assert Tenant.objects.get(pk=tech.pk).language == "en"


def test_the_menu_leads_to_the_own_shop_alone(desk, outdoor, tech, change):
    connection.set_tenant(tech)

    assert f'href="{LIST}"' in words(desk.get("/admin/"))
    assert desk.get(LIST)["Location"] == change
    desk.post(f"{LIST}{outdoor.pk}/change/", GERMAN)
    assert Tenant.objects.get(pk=outdoor.pk).language == "en"


@pytest.mark.parametrize("field", ["language", "time_zone"])
def test_what_there_is_not_is_refused_beside_its_field(desk, tech, change, field):
    response = desk.post(change, GERMAN | {field: "Mars"})

    assert list(response.context["adminform"].form.errors) == [field]
    assert Tenant.objects.get(pk=tech.pk).language == "en"


def test_the_database_knows_every_time_zone_that_can_be_chosen(desk, change):
    form = desk.get(change).context["adminform"].form
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_timezone_names")
        known = {name for (name,) in cursor.fetchall()}

    assert {name for name, _ in form.fields["time_zone"].choices} - known == set()


def test_the_currency_stays_and_the_page_says_so(desk, tech, change):
    assert "USD. It stays: prices, orders and payments are in it." in words(desk.get(change))

    desk.post(change, GERMAN | {"currency": "EUR", "kept_currency": "EUR"})

    assert Tenant.objects.get(pk=tech.pk).currency == "USD"


def test_the_pages_and_the_next_mails_follow_at_once(desk, client_for, tech, change):
    lamp = make_product("Lamp", price="1234.50", on_hand=9)
    shop, before = client_for(tech), make_order(lamp)
    assert 'lang="en"' in words(shop.get("/"))

    desk.post(change, GERMAN)
    clear_cache()  # which its commit does, and no test commits

    assert 'lang="de"' in words(shop.get("/"))
    page = words(shop.get(f"/products/{lamp.slug}/"))
    assert "1.234,50" in page
    assert "In den Warenkorb" in page
    connection.set_tenant(Tenant.objects.get(pk=tech.pk))
    after = make_order(lamp)
    before.refresh_from_db()
    assert (before.language, after.language) == ("en", "de")


def test_the_search_reads_words_in_the_new_language_and_products_stay(desk, tech, change):
    houses = make_product("Häuser")
    assert "'hauser'" in read_as(houses)
    desk.post(change, GERMAN)
    before = catalogue_version()

    assert work_off(tech) == 1

    assert "'haus'" in read_as(houses)
    assert catalogue_version() > before
    assert Product.objects.get(pk=houses.pk).updated_at == houses.updated_at


def test_what_is_written_meanwhile_is_read_in_the_new_language(desk, tech, change):
    desk.post(change, GERMAN)
    assert connection.tenant.language == "en"  # as a process that has not heard of it

    assert "'haus'" in read_as(make_product("Häuser"))


def test_a_search_that_was_planned_in_the_old_language_is_planned_anew(tech):
    english = plan_search("running", 1).tsquery
    tech.language = "de"

    assert plan_search("running", 1).tsquery != english


def test_nothing_is_done_where_the_language_is_as_it_was(desk, tech, change):
    desk.post(change, {"language": "en", "time_zone": "Europe/Berlin"})

    assert work_off(tech) == 0
    assert Tenant.objects.get(pk=tech.pk).time_zone == "Europe/Berlin"


def test_the_platform_has_the_search_follow_too(tech):
    platform = Client(HTTP_HOST="localhost")
    platform.force_login(make_user(email="platform@example.com", is_superuser=True))
    page = f"/admin/tenants/tenant/{tech.pk}/change/"
    form = platform.get(page).context["adminform"].form
    fields = {
        name: "" if form[name].value() is None else form[name].value()
        for name in form.fields
        if name != "logo"
    }
    domains = {"domains-TOTAL_FORMS": 0, "domains-INITIAL_FORMS": 0}

    response = platform.post(page, fields | domains | {"language": "de"})

    assert response.status_code == 302, response.context["errors"]
    assert work_off(tech) == 1
