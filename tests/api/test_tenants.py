"""Health, the list of tenants, and how a call names its tenant."""

import pytest

from tenants.models import Tenant
from tenants.resolution import clear_cache
from tenants.services import add_domain
from tests.api.conftest import error_of
from tests.factories import make_user


def test_health_answers_as_documented(stranger):
    response = stranger.get("/api/health")

    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "version": "1.0.0",
        "message": "PyCommerce API is running",
    }


def test_the_tenants_are_listed_as_documented(api):
    for tenant in Tenant.objects.all():
        add_domain(tenant, f"{tenant.slug}.pycommerce.org", is_primary=True)

    assert api.get("/api/tenants").json() == {
        "tenants": [
            {
                "id": "ea6c4bc0-d5aa-4f5c-b769-c51c812a5037",
                "name": "Tech Gadgets",
                "slug": "tech",
                "domain": "tech.pycommerce.org",
                "active": True,
            },
            {
                "id": "f8a7b6c5-e4d3-4c2b-a1b0-9f8e7d6c5b4a",
                "name": "Outdoor Adventures",
                "slug": "outdoor",
                "domain": "outdoor.pycommerce.org",
                "active": True,
            },
        ],
        "count": 2,
    }


def test_an_inactive_tenant_is_listed_and_answers_403(api):
    Tenant.objects.filter(slug="outdoor").update(active=False)
    clear_cache()

    listed = {row["slug"]: row["active"] for row in api.get("/api/tenants").json()["tenants"]}
    refused = api.get("/api/products?tenant=outdoor")

    assert listed == {"tech": True, "outdoor": False}
    assert refused.status_code == 403
    assert error_of(refused)["code"] == "tenant_inactive"


def test_the_list_of_tenants_is_paged(api):
    first = api.get("/api/tenants?limit=1")
    assert [row["slug"] for row in first.json()["tenants"]] == ["tech"]
    following = first["Link"].partition("<")[2].partition(">")[0]

    second = api.get(following.partition("localhost")[2])

    assert [row["slug"] for row in second.json()["tenants"]] == ["outdoor"]
    assert second.json()["count"] == 2
    assert 'rel="prev"' in second["Link"]


@pytest.mark.parametrize(
    ("host", "query", "status", "code"),
    [
        ("localhost", "", 400, "missing_parameter"),
        ("localhost", "?tenant=", 400, "missing_parameter"),
        ("localhost", "?tenant=nowhere", 404, "tenant_not_found"),
        ("localhost", "?tenant=tech", 200, None),
        ("api.localhost", "?tenant=tech", 200, None),
        ("tech.localhost", "", 200, None),
        ("tech.localhost", "?tenant=tech", 200, None),
        ("tech.localhost", "?tenant=outdoor", 400, "tenant_mismatch"),
        ("nowhere.localhost", "?tenant=tech", 404, "tenant_not_found"),
        ("elsewhere.example", "?tenant=tech", 404, "tenant_not_found"),
    ],
)
def test_a_call_is_in_the_tenant_of_its_host_or_of_its_parameter(
    caller, tech, host, query, status, code
):
    response = caller(make_user(), host).get(f"/api/products{query}")

    assert response.status_code == status
    if code:
        assert error_of(response)["code"] == code
    else:
        assert response.json()["tenant"] == "tech"


def test_a_mount_is_the_tenants_host_under_a_path(caller, tech):
    mine = caller(make_user())

    assert mine.get("/stores/tech/api/products").json()["tenant"] == "tech"
    assert mine.get("/stores/tech/api/products?tenant=outdoor").status_code == 400


def test_a_stranger_learns_nothing_about_tenants(stranger, tech):
    answers = [stranger.get(f"/api/products?tenant={slug}") for slug in ("tech", "nowhere", "")]

    assert {answer.status_code for answer in answers} == {401}
