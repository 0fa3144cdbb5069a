"""The page "Domains" of a shop's back office."""

import pytest
from django.test import Client

from tenants.models import Domain
from tenants.resolution import clear_cache
from tests.admin.conftest import words
from tests.tenants.conftest import name_server  # noqa: F401 - a fixture

LIST = "/admin/tenants/domain/"


def page(domain: Domain, step: str = "change") -> str:
    return f"{LIST}{domain.pk}/{step}/"


@pytest.fixture
def domain(desk):
    desk.post(f"{LIST}add/", {"domain": "Bücher.example"})
    return Domain.objects.get()


def test_an_owner_adds_proves_and_uses_a_domain(desk, name_server):  # noqa: F811
    added = desk.post(f"{LIST}add/", {"domain": "Bücher.example"}, follow=True)

    domain = Domain.objects.get()
    text = words(added)
    for shown in (
        "bücher.example",
        "waiting",
        "_pycommerce-challenge.xn--bcher-kva.example",
        domain.challenge,
        "CNAME",
    ):
        assert shown in text
    missing = words(desk.post(page(domain, "check"), follow=True))
    assert "There is no _pycommerce-challenge.xn--bcher-kva.example yet." in missing

    name_server.texts[domain.record_name] = [domain.challenge]
    Domain.objects.update(checked_at=None)
    assert "is proven" in words(desk.post(page(domain, "check"), follow=True))
    clear_cache()
    assert b"Tech Gadgets" in Client(HTTP_HOST="xn--bcher-kva.example").get("/").content

    main = words(desk.post(page(domain, "primary"), follow=True))
    assert "Links in mails and feeds lead to bücher.example." in main
    back = words(desk.post(page(domain, "secondary"), follow=True))
    assert "Make it the main address" in back

    assert "bücher.example" in words(desk.get(page(domain, "delete")))
    desk.post(page(domain, "delete"), {"post": "yes"})
    clear_cache()
    assert Client(HTTP_HOST="xn--bcher-kva.example").get("/").status_code == 404
    history = words(desk.get("/admin/shop/auditentry/?q=bücher"))
    assert history.count("bücher.example") >= 4


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "This field is required."),
        ("tech.localhost", "follow from the shop"),
        ("*.example.org", "on its own"),
        ("192.0.2.1", "address of numbers"),
        ("x" * 301, "at most 300"),
        ("a\u2044b.example", "no host name that browsers can open"),
    ],
)
def test_a_bad_name_is_refused_beside_its_field(desk, written, reason):
    response = desk.post(f"{LIST}add/", {"domain": written})

    assert response.status_code == 200
    refused = words(response).replace("This is not a", "no").replace("&#x27;", "'")
    assert reason in refused
    assert not Domain.objects.exists()


def test_what_is_not_proven_is_no_main_address(desk, domain):
    answer = desk.post(page(domain, "primary"), follow=True)

    assert "It is not proven yet." in words(answer)
    assert not Domain.objects.get().is_primary


def test_looking_changes_nothing(desk, domain):
    for step in ("check", "primary", "secondary"):
        assert desk.get(page(domain, step)).status_code == 302

    assert Domain.objects.get().checked_at is None


@pytest.mark.parametrize("role", ["manager", "fulfilment", "viewer"])
def test_domains_are_for_owners(desk_of, domain, role):
    client = desk_of(role)

    assert client.get(LIST).status_code == 403
    assert client.post(f"{LIST}add/", {"domain": "other.example.org"}).status_code == 403
    for step in ("change", "check", "primary", "secondary", "delete"):
        assert client.post(page(domain, step)).status_code == 403
    assert "Domains" not in words(client.get("/admin/"))
    assert Domain.objects.get() == domain


@pytest.mark.parametrize("domain_id", ["0", "99999999999999999999", "nothing"])
def test_a_domain_that_is_none_is_no_failure(desk, domain_id):
    for step in ("change", "check", "primary", "delete"):
        assert desk.get(f"{LIST}{domain_id}/{step}/").status_code in {302, 404}


def test_the_list_costs_the_same_for_many(desk, tech, django_assert_max_num_queries):
    Domain.objects.bulk_create(
        Domain(tenant=tech, domain=f"shop{number}.example.org") for number in range(20)
    )

    with django_assert_max_num_queries(8):
        assert "shop19.example.org" in words(desk.get(LIST))
