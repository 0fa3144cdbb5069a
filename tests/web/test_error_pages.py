"""What went wrong, said to people and to programs; never with the words of an exception."""

import pytest
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from psycopg import connect

from pycommerce.error_pages import server_error
from tenants.models import Tenant
from tests.factories import make_member, make_product, make_user


@pytest.fixture
def broken(tech):
    """A shop whose tables lack a column, so that every page of it fails."""
    make_product("Lamp")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE catalog_category RENAME COLUMN name TO lost")
    return Client(HTTP_HOST="tech.localhost", raise_request_exception=False)


def test_a_failure_is_a_page_with_a_reference_and_nothing_inside(broken):
    response = broken.get("/")

    assert response.status_code == 500
    page = response.content.decode()
    assert "Something went wrong" in page
    assert response["X-Request-ID"] in page
    assert "column" not in page


def test_a_failure_speaks_the_shops_language_and_leads_home(broken, tech):
    tech.language = "de"
    tech.save()

    page = broken.get("/").content.decode()

    assert '<html lang="de">' in page
    assert "Etwas ist schiefgegangen" in page
    assert '<a class="shop-name" href="/">Tech Gadgets</a>' in page
    assert "Neu laden" in page


def test_under_a_mount_a_failure_leads_to_the_shops_home(broken):
    page = broken.get("/stores/tech/", HTTP_HOST="localhost").content.decode()

    assert 'class="shop-name" href="/stores/tech/"' in page


def test_what_a_member_may_not_see_is_said_in_words(tech):
    desk = Client(HTTP_HOST="tech.localhost")
    desk.force_login(make_member(tech, "viewer"))

    response = desk.get("/admin/tenants/membership/")

    assert response.status_code == 403
    page = response.content.decode()
    assert "Ask an owner of the shop" in page
    assert 'href="/admin/"' in page


def test_on_the_platforms_own_host_nobody_is_sent_to_the_owner_of_a_shop(db):
    desk = Client(HTTP_HOST="localhost")
    desk.force_login(make_user(is_superuser=True))

    # Exports are read there, and added nowhere.
    response = desk.get("/admin/tenants/shopexport/add/")

    assert response.status_code == 403
    page = response.content.decode()
    assert "Ask whoever runs this platform" in page
    assert "an owner of the shop" not in page


@pytest.mark.parametrize("path", ["/", "/products/lamp/", "/admin/"])
def test_without_a_database_there_is_a_page_in_the_visitors_language(path):
    """Before any shop is known; this test may not ask the database."""
    request = RequestFactory().get(path, headers={"accept-language": "de-AT,de;q=0.9"})

    try:
        raise OperationalError("connection refused")
    except OperationalError:
        response = server_error(request)

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert "Einen Moment, bitte" in response.content.decode()


def test_where_no_shop_is_the_visitors_language_says_so(db):
    stranger = Client(HTTP_HOST="nobody.localhost")

    response = stranger.get("/", headers={"accept-language": "de"})

    assert response.status_code == 404
    assert '<html lang="de">' in response.content.decode()
    assert "Hier ist kein Shop" in response.content.decode()


def test_a_closed_shop_says_its_name_and_no_more(tech):
    make_product("Lamp")
    Tenant.objects.filter(pk=tech.pk).update(active=False)

    response = Client(HTTP_HOST="tech.localhost").get("/products/lamp/")

    assert response.status_code == 404
    page = response.content.decode()
    assert "<h1>Tech Gadgets</h1>" in page
    assert "Lamp" not in page
    assert 'content="noindex"' in page


@pytest.mark.django_db(transaction=True)
def test_a_lost_database_is_a_503_that_says_when_to_come_back(tech):
    host = connection.settings_dict["HOST"]
    client = Client(HTTP_HOST="tech.localhost", raise_request_exception=False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    name, user = connection.settings_dict["NAME"], connection.settings_dict["USER"]
    with connect(host=host, dbname=name, user=user, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [backend])

    page, called = client.get("/"), client.get("/api/health")

    assert (page.status_code, called.status_code) == (503, 503)
    assert page["Retry-After"] == called["Retry-After"] == "5"
    assert "One moment, please" in page.content.decode()
    assert called.json()["error"]["code"] == "service_unavailable"
