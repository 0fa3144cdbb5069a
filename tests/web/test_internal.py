"""What programs beside us ask, and nobody from outside."""

import pytest
from django.db import connection
from django.test import Client

from tenants import resolution
from tenants.changes import changes
from tenants.models import Domain
from tenants.resolution import KNOWN_SECONDS, clear_cache, tenant_by_host
from tenants.services import add_domain

ASK = "/internal/tls-allowed"


@pytest.fixture
def proxy(tech):
    """The proxy on this machine, which knows us by our address alone."""
    connection.set_schema_to_public()
    add_domain(tech, "shop.example.org")
    Domain.objects.create(tenant=tech, domain="claimed.example.org")
    clear_cache()
    return Client(HTTP_HOST="127.0.0.1:8000", REMOTE_ADDR="127.0.0.1")


@pytest.fixture
def production(settings):
    settings.HTTPS_REQUIRED = True
    settings.BASE_HOST = "shops.example"
    settings.PLATFORM_HOSTS = frozenset({"shops.example", "www.shops.example"})


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("shop.example.org", 200),
        ("SHOP.Example.org.", 200),
        ("tech.shops.example", 200),
        ("shops.example", 200),
        ("www.shops.example", 200),
        ("claimed.example.org", 404),
        ("nobody.shops.example", 404),
        ("a.tech.shops.example", 404),
        ("api.nobody.example", 404),
        ("127.0.0.1", 404),
        ("localhost", 404),
        ("", 404),
        ("*.example.org", 404),
        ("shop.example.org/", 404),
        ("x" * 5000, 404),
    ],
)
def test_who_may_have_a_certificate(proxy, production, host, status):
    answer = proxy.get(ASK, {"domain": host})

    assert answer.status_code == status
    assert answer["Content-Type"] == "text/plain"


def test_it_answers_once_or_not_at_all(proxy, production):
    assert proxy.get(ASK).status_code == 404
    assert proxy.post(ASK).status_code in {403, 405}
    assert proxy.get("/internal/nothing").status_code == 404
    assert proxy.get("/internal/").status_code == 404


@pytest.mark.parametrize(
    "relayed",
    [
        {"HTTP_X_FORWARDED_FOR": "203.0.113.9"},
        {"HTTP_X_FORWARDED_PROTO": "https"},
        {"HTTP_X_FORWARDED_HOST": "shops.example"},
        {"HTTP_FORWARDED": "for=203.0.113.9"},
        {"REMOTE_ADDR": "203.0.113.9"},
    ],
)
@pytest.mark.parametrize("host", ["shops.example", "tech.shops.example", "127.0.0.1:8000"])
def test_nobody_from_outside_is_answered(proxy, production, settings, relayed, host):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    asked = {"HTTP_HOST": host, "secure": True} | relayed

    answer = proxy.get(ASK, {"domain": "shop.example.org"}, **asked)

    assert answer.status_code in {301, 404}
    assert answer.content != b"yes\n"


def test_a_named_proxy_elsewhere_is_answered(proxy, production, settings):
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]

    answer = proxy.get(ASK, {"domain": "shop.example.org"}, REMOTE_ADDR="10.1.2.3")

    assert answer.status_code == 200


def test_a_host_is_looked_up_once_known_or_not(proxy, django_assert_num_queries):
    names = ("shop.example.org", "nobody.example.org")
    changes.look(KNOWN_SECONDS)
    with django_assert_num_queries(2):
        for name in names:
            proxy.get(ASK, {"domain": name})

    with django_assert_num_queries(0):
        for name in (*names, "no name", "192.0.2.1", "single", "x" * 300 + ".org"):
            proxy.get(ASK, {"domain": name})


def test_made_up_names_drive_out_no_shop(proxy, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(resolution, "MAX_ENTRIES", 50)
    tenant_by_host("shop.example.org")
    for number in range(60):
        tenant_by_host(f"host{number}.example.org")

    with django_assert_num_queries(0):
        assert tenant_by_host("shop.example.org") is not None
