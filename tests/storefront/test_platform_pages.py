"""The platform's own pages."""

import pytest
from django.db import connection

from catalog.models import Product
from catalog.services.editing import delete_products, edit_product
from checkout.services.figures_of_shops import gather_figures
from tenants.models import Tenant
from tenants.services.ending import plan_deletion
from tenants.services.looking import change_look
from tests.factories import make_member, make_product


@pytest.fixture
def lamp(tech):
    """What Tech Gadgets has to sell."""
    return make_product("Lamp")


def listed(client) -> list[str]:
    """The names of the shops in the directory, in its order."""
    connection.set_schema_to_public()
    page = client.get("/")
    assert page.status_code == 200
    return [entry.tenant.name for entry in page.context["entries"]]


def set_status(product: Product, status: str) -> None:
    edit_product(product.pk, fields={"status": status}, prices={}, user=None)


def test_the_directory_lists_open_shops_with_their_address(platform_client, outdoor, lamp):
    Tenant.objects.filter(slug="outdoor").update(active=False, has_products=True)

    page = platform_client.get("/").content.decode()

    assert 'href="http://tech.localhost/"' in page
    assert "Tech Gadgets" in page
    assert "Outdoor" not in page


def test_a_shop_is_listed_from_its_first_product_on_sale_to_its_last(platform_client, tech):
    assert listed(platform_client) == []
    connection.set_tenant(tech)
    first = make_product("Lamp", status="draft")
    assert listed(platform_client) == []

    connection.set_tenant(tech)
    set_status(first, "active")
    assert listed(platform_client) == ["Tech Gadgets"]

    connection.set_tenant(tech)
    second = make_product("Chair", on_hand=0)
    set_status(first, "archived")
    # Sold out for now, and there all the same.
    assert listed(platform_client) == ["Tech Gadgets"]
    connection.set_tenant(tech)
    delete_products([second.pk])
    assert listed(platform_client) == []


def test_a_shop_is_not_listed_where_its_owner_does_not_want_it(platform_client, tech, lamp):
    change_look(tech.pk, is_listed=False)

    assert listed(platform_client) == []


def test_a_shop_that_is_about_to_be_deleted_is_not_listed(platform_client, tech, lamp):
    owner = make_member(tech)
    connection.set_schema_to_public()
    plan_deletion(tech, typed_slug="tech", user=owner, by_platform=False)

    assert listed(platform_client) == []


@pytest.mark.parametrize("sells", [True, False])
def test_the_worker_puts_right_what_two_changes_at_once_left_wrong(platform_client, tech, sells):
    if sells:
        make_product("Lamp")
    Tenant.objects.filter(pk=tech.pk).update(has_products=not sells)

    gather_figures()

    assert listed(platform_client) == (["Tech Gadgets"] if sells else [])


def test_the_directory_asks_as_little_of_many_shops_as_of_few(
    platform_client, lamp, django_assert_num_queries
):
    assert len(listed(platform_client)) == 1
    with django_assert_num_queries(2):
        platform_client.get("/")
    Tenant.objects.bulk_create(
        Tenant(name=f"Shop {n:04}", slug=f"shop-{n}", schema_name=f"t_{n}", has_products=True)
        for n in range(1000)
    )

    with django_assert_num_queries(2):
        page = platform_client.get("/")
    assert len(page.context["entries"]) == 48


def test_the_port_of_the_directory_is_that_of_its_shops(client, lamp):
    page = client.get("/", HTTP_HOST="localhost:8123").content.decode()

    assert 'href="http://tech.localhost:8123/"' in page


def test_over_a_bare_address_shops_are_opened_by_path(client, lamp):
    page = client.get("/", HTTP_HOST="127.0.0.1:8000").content.decode()

    assert 'href="/stores/tech/"' in page


def test_each_shop_has_its_colours(platform_client, tech, lamp):
    css = platform_client.get("/theme.css").content.decode()

    assert f".shop-tech{{--brand:{tech.primary_color}" in css


def test_the_page_of_a_shop_that_there_is_not_leads_back(platform_client, db):
    response = platform_client.get("/stores/nobody/")

    assert response.status_code == 404
    page = response.content.decode()
    assert "There is no shop at this address." in page
    assert 'href="/"' in page
    call = platform_client.get("/stores/nobody/api/health")
    assert call.json()["error"]["code"] == "tenant_not_found"


def test_an_unknown_page_leads_back(platform_client, db):
    response = platform_client.get("/nothing/")

    assert response.status_code == 404
    assert 'href="/"' in response.content.decode()


def test_operators_ask_process_and_installation(platform_client, tech):
    assert platform_client.get("/healthz").content == b"ok\n"
    ready = platform_client.get("/readyz")

    assert ready.status_code == 200
    assert ready.json() == {
        "status": "ready",
        "checks": {"database": "ok", "migrations": "ok", "tenants": "ok"},
    }


def test_a_shop_that_lacks_a_table_is_not_ready(platform_client, tech):
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE catalog_searchword")

    response = platform_client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"]["tenants"] == "1 shop is without all tables."


def test_a_shop_that_lags_is_not_ready_and_the_log_names_it(platform_client, tech, caplog):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'catalog'")

    response = platform_client.get("/readyz")

    assert response.status_code == 503
    checks = response.json()["checks"]
    assert "1 shop is behind" in checks["migrations"]
    assert checks["tenants"] == "not checked"
    assert tech.schema_name in caplog.text
