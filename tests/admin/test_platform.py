"""The platform's back office: shops, hosts, users."""

import pytest
from django.db import connection
from django.test import Client

from tenants.models import Domain, Tenant, User
from tenants.services.domains import add_domain, make_primary
from tenants.services.tokens import issue_tokens
from tests.factories import PASSWORD, make_user

INLINE = {"domains-TOTAL_FORMS": "0", "domains-INITIAL_FORMS": "0"}
NEW = INLINE | {
    "name": "Book Corner",
    "slug": "books",
    "active": "on",
    "currency": "eur",
    "language": "de",
    "time_zone": "Europe/Berlin",
    "primary_color": "#123456",
    "accent_color": "#654321",
    "radius": "small",
    "density": "compact",
    "type_scale": "classic",
}


@pytest.fixture
def desk(tech):
    connection.set_schema_to_public()
    client = Client(HTTP_HOST="localhost")
    client.force_login(make_user(is_superuser=True))
    return client


def test_a_new_shop_has_its_schema_and_opens(desk):
    response = desk.post("/admin/tenants/tenant/add/", NEW)

    assert response.status_code == 302, response.context["errors"]
    shop = Tenant.objects.get(slug="books")
    assert (shop.currency, shop.language, shop.schema_name) == ("EUR", "de", f"t_{shop.pk.hex}")
    assert shop.time_zone == "Europe/Berlin"
    assert (shop.radius, shop.density, shop.type_scale) == ("small", "compact", "classic")
    page = Client(HTTP_HOST="books.localhost").get("/").content.decode()
    assert "Book Corner" in page


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"slug": "admin"}, "reserved"),
        ({"slug": "tech"}, "already exists"),
        ({"slug": "Books"}, "lower-case"),
        ({"currency": "EURO"}, "3 characters"),
        ({"currency": "12 "}, "ISO 4217"),
        ({"time_zone": "Mars/Olympus"}, "Select a valid choice"),
        ({"primary_color": "red"}, "#rrggbb"),
    ],
)
def test_a_bad_shop_is_refused_and_leaves_nothing(desk, cells, words):
    response = desk.post("/admin/tenants/tenant/add/", NEW | cells)

    assert response.status_code == 200
    assert words in response.content.decode()
    assert Tenant.objects.count() == 2


def test_a_shop_gets_its_domain_and_is_not_closed_by_its_settings(desk, tech):
    address = f"/admin/tenants/tenant/{tech.pk}/change/"
    data = NEW | {
        "name": "Tech Gadgets",
        "active": "",
        "domains-TOTAL_FORMS": "1",
        "domains-0-domain": "Shop.Example.org",
        "domains-0-is_primary": "on",
        "domains-0-tenant": str(tech.pk),
    }

    response = desk.post(address, {name: value for name, value in data.items() if value})

    assert response.status_code == 302, response.context["errors"]
    tech.refresh_from_db()
    assert (tech.active, tech.slug, tech.currency) == (True, "tech", "USD")
    assert Domain.objects.get().domain == "shop.example.org"


ROWS = {"domains-TOTAL_FORMS": "3", "domains-INITIAL_FORMS": "0"}


def test_a_new_shop_gets_its_domains_at_once(desk):
    rows = {
        "domains-0-domain": "bücher.example",
        "domains-1-domain": "books.example",
        "domains-1-is_primary": "on",
    }

    response = desk.post("/admin/tenants/tenant/add/", NEW | ROWS | rows)

    assert response.status_code == 302, response.context["errors"]
    domains = Domain.objects.filter(tenant__slug="books")
    assert [(each.domain, each.is_primary, each.is_proven) for each in domains] == [
        ("books.example", True, True),
        ("xn--bcher-kva.example", False, True),
    ]


def test_two_main_addresses_and_anothers_domain_are_refused(desk, tech):
    add_domain(tech, "shop.example.org")
    primary = {f"domains-{n}-{name}": "on" for n in (0, 1) for name in ("is_primary",)}
    names = {"domains-0-domain": "a.example.org", "domains-1-domain": "b.example.org"}

    two = desk.post("/admin/tenants/tenant/add/", NEW | ROWS | names | primary)
    taken = desk.post(
        "/admin/tenants/tenant/add/", NEW | ROWS | {"domains-0-domain": "shop.example.org"}
    )

    assert "choose one" in two.content.decode()
    assert "belongs to a shop already" in taken.content.decode()
    assert Tenant.objects.count() == 2


def test_the_main_address_moves_and_a_claim_waits_unless_it_is_known(desk, tech):
    first, second = (add_domain(tech, f"{name}.example.org") for name in ("a", "b"))
    make_primary(tech, first)
    claim = Domain.objects.create(tenant=tech, domain="c.example.org")
    rows = {"domains-TOTAL_FORMS": "3", "domains-INITIAL_FORMS": "3"}
    for number, each in enumerate((first, second, claim)):
        rows |= {
            f"domains-{number}-id": str(each.pk),
            f"domains-{number}-tenant": str(tech.pk),
            f"domains-{number}-domain": each.domain,
        }
        if each.is_vouched:
            rows[f"domains-{number}-is_known"] = "on"
    address = f"/admin/tenants/tenant/{tech.pk}/change/"

    assert desk.post(address, NEW | rows | {"domains-1-is_primary": "on"}).status_code == 302
    claim.refresh_from_db()
    assert list(Domain.objects.filter(is_primary=True)) == [second]
    assert not claim.is_proven

    refused = desk.post(address, NEW | rows | {"domains-2-is_primary": "on"})
    claim.refresh_from_db()
    assert "c.example.org is not proven" in refused.content.decode()
    assert not claim.is_proven

    desk.post(address, NEW | rows | {"domains-1-is_primary": "on", "domains-2-is_known": "on"})
    claim.refresh_from_db()
    assert (claim.is_proven, claim.is_vouched) == (True, True)

    desk.post(address, NEW | rows)
    claim.refresh_from_db()
    assert (claim.is_proven, claim.is_vouched) == (True, False)


@pytest.mark.parametrize("account", ["acct_\0", "acct_" + "a" * 300, "a"])
def test_a_payment_account_that_is_none_is_refused_at_its_field(desk, tech, account):
    address = f"/admin/tenants/tenant/{tech.pk}/change/"

    response = desk.post(address, NEW | {"stripe_account": account})

    assert response.status_code == 200
    assert response.context["adminform"].form.errors.keys() == {"stripe_account"}


def test_a_user_is_made_changed_and_deactivated(desk):
    new = {
        "email": "new@example.com",
        "name": "New",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "usable_password": "true",
    }
    assert desk.post("/admin/tenants/user/add/", new).status_code == 302
    user = User.objects.get(email="new@example.com")
    assert user.check_password(PASSWORD)
    token = issue_tokens(user)["access"]

    inline = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    changed = desk.post(
        f"/admin/tenants/user/{user.pk}/change/", inline | {"email": user.email, "name": "Newer"}
    )

    assert changed.status_code == 302, changed.context["errors"]
    user.refresh_from_db()
    assert (user.name, user.is_active) == ("Newer", False)
    refused = Client().get("/api/tenants", HTTP_AUTHORIZATION=f"Bearer {token}")
    assert refused.status_code == 401


def test_a_new_password_from_the_platform_ends_tokens(desk):
    user = make_user()
    token = issue_tokens(user)["access"]
    passwords = {"password1": "an entirely new one", "password2": "an entirely new one"}

    response = desk.post(
        f"/admin/tenants/user/{user.pk}/password/", passwords | {"usable_password": "true"}
    )

    assert response.status_code == 302
    refused = Client().get("/api/tenants", HTTP_AUTHORIZATION=f"Bearer {token}")
    assert refused.status_code == 401
