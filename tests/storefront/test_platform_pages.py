"""The platform's own pages."""

from django.db import connection

from tenants.models import Tenant


def test_the_directory_lists_open_shops_with_their_address(platform_client, tech, outdoor):
    Tenant.objects.filter(slug="outdoor").update(active=False)

    page = platform_client.get("/").content.decode()

    assert 'href="http://tech.localhost/"' in page
    assert "Tech Gadgets" in page
    assert "Outdoor" not in page


def test_the_port_of_the_directory_is_that_of_its_shops(client, tech):
    page = client.get("/", HTTP_HOST="localhost:8123").content.decode()

    assert 'href="http://tech.localhost:8123/"' in page


def test_over_a_bare_address_shops_are_opened_by_path(client, tech):
    page = client.get("/", HTTP_HOST="127.0.0.1:8000").content.decode()

    assert 'href="/stores/tech/"' in page


def test_each_shop_has_its_colours(platform_client, tech):
    css = platform_client.get("/theme.css").content.decode()

    assert f".shop-tech{{--brand:{tech.primary_color}" in css


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
