"""Which tenant a request belongs to."""

import pytest
from django.db import connection
from django.test import override_settings

from tenants.models import Tenant
from tenants.resolution import clear_cache, normalise_host, tenant_by_host, tenant_by_slug
from tenants.services import add_domain

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("Tech.LocalHost:8000", "tech.localhost"),
        ("tech.localhost.", "tech.localhost"),
        ("[::1]:8000", "[::1]"),
        (" tech.localhost ", "tech.localhost"),
    ],
)
def test_a_host_is_compared_without_case_port_and_trailing_dot(written, compared):
    assert normalise_host(written) == compared


def test_a_tenant_is_found_by_slug_below_the_base_host_and_by_custom_domain(tech):
    connection.set_schema_to_public()
    add_domain(tech, "shop.example.org", is_primary=True)
    clear_cache()

    assert tenant_by_host("tech.localhost") == tech
    assert tenant_by_host("shop.example.org") == tech
    assert tenant_by_slug("tech") == tech
    assert tenant_by_host("other.example.org") is None


def test_a_known_host_costs_no_statement(tech, django_assert_num_queries):
    connection.set_schema_to_public()
    tenant_by_host("tech.localhost")

    with django_assert_num_queries(0):
        assert tenant_by_host("tech.localhost") == tech


def test_an_unknown_host_is_remembered_too(db, django_assert_num_queries):
    tenant_by_host("nobody.example.org")

    with django_assert_num_queries(0):
        assert tenant_by_host("nobody.example.org") is None


def test_an_edit_is_seen_once_it_commits(tech, django_capture_on_commit_callbacks):
    connection.set_schema_to_public()
    tenant_by_slug("tech")

    with django_capture_on_commit_callbacks(execute=True):
        tenant = Tenant.objects.get(pk=tech.pk)
        tenant.name = "Renamed"
        tenant.save(update_fields=["name"])

    found = tenant_by_slug("tech")
    assert found is not None
    assert found.name == "Renamed"


@pytest.mark.parametrize("host", ["nobody.localhost", "nobody.example.org", "tech.localhost.evil"])
def test_an_unknown_host_is_a_404_page(client, host):
    response = client.get("/", headers={"host": host})

    assert response.status_code == 404
    assert b"Tech Gadgets" not in response.content


def test_an_unknown_host_answers_api_calls_in_the_envelope(client):
    response = client.get("/api/health", headers={"host": "nobody.localhost"})

    assert response.status_code == 404
    assert response.json()["error"]["code"] == "tenant_not_found"


def test_a_tenants_own_host_never_honours_another_tenants_slug(client, tech, outdoor):
    response = client.get("/stores/outdoor/", headers={"host": "tech.localhost"})

    assert response.status_code == 404
    assert b"Outdoor Adventures" not in response.content


def test_a_mount_serves_the_shop_and_keeps_its_prefix_in_links(client, tech):
    response = client.get("/stores/tech/", headers={"host": "localhost"})

    assert response.status_code == 200
    assert b"Tech Gadgets" in response.content
    assert b'href="/stores/tech/' in response.content
    assert b'href="/search/' not in response.content


def test_a_mount_without_its_slash_redirects_and_keeps_the_query(client, tech):
    response = client.get("/stores/tech?a=1", headers={"host": "localhost"})

    assert response.status_code == 301
    assert response["Location"] == "/stores/tech/?a=1"


def test_after_a_mount_the_next_page_has_no_prefix(client, tech):
    client.get("/stores/tech/", headers={"host": "localhost"})

    response = client.get("/", headers={"host": "tech.localhost"})

    assert b"/stores/tech/" not in response.content


def test_a_closed_shop_shows_its_name_only_and_refuses_the_api(client, tech):
    connection.set_schema_to_public()
    Tenant.objects.filter(pk=tech.pk).update(active=False)
    clear_cache()

    page = client.get("/", headers={"host": "tech.localhost"})
    call = client.get("/api/products", headers={"host": "tech.localhost"})

    assert (page.status_code, call.status_code) == (404, 403)
    assert b"Tech Gadgets" in page.content
    assert call.json()["error"]["code"] == "tenant_inactive"


@override_settings(BASE_HOST="shops.example")
def test_a_slug_counts_only_below_the_base_host(tech):
    clear_cache()

    assert tenant_by_host("tech.localhost") is None
    assert tenant_by_host("tech.shops.example") == tech
