"""What went wrong, said to people and to programs; never with the words of an exception."""

import pytest
from django.db import connection
from django.test import Client
from psycopg import connect

from tests.factories import make_product


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
