"""Two shops, every route: what one shop keeps, the other never shows.

Each route of both URL roots stands in a table with what it needs. A route that is missing there
fails the run. The other shop holds things with a name that occurs nowhere else; every route is
asked by everybody, and that name may only be seen by those who belong there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from catalog.models import Product, ProductImage, StockMovement, Variant
from orders.services.placing import Buyer
from tenants.admin_sites import platform_site, tenant_site
from tenants.models import Domain, Membership, Tenant, User
from tenants.services.audit import record
from tenants.services.tokens import issue_tokens
from tenants.shop.models import AuditEntry
from tests.factories import make_category, make_member, make_order, make_product, make_user

SECRET = "Zwiebelturm"

# Who may see the content of a route: anybody, anybody with a token, members, platform staff.
ANYBODY, TOKEN, MEMBER, PLATFORM = "anybody", "token", "member", "platform"

_ADMIN_MODEL = ("", "add/", "{id}/", "{id}/change/", "{id}/delete/", "{id}/history/")
_TENANT_MODELS = {
    "catalog/product": "product",
    "catalog/variant": "variant",
    "catalog/category": "category",
    "tenants/membership": "membership",
    "shop/auditentry": "audit",
}
_PLATFORM_MODELS = {"tenants/tenant": "tenant", "tenants/user": "user"}
_ADMIN = {
    "admin/": None,
    "admin/search/": None,
    "admin/login/": ANYBODY,
    "admin/logout/": ANYBODY,
    "admin/password_change/": None,
    "admin/password_change/done/": None,
    "admin/autocomplete/": None,
    "admin/jsi18n/": None,
    "admin/nothing": None,
}
_API = {
    "api/health": ANYBODY,
    "api/auth/login": ANYBODY,
    "api/auth/refresh": ANYBODY,
    "api/auth/logout": ANYBODY,
    "api/auth/me": TOKEN,
    "api/tenants": TOKEN,
    "api/products": TOKEN,
    "api/products/{product}": TOKEN,
    "api/categories": TOKEN,
    "api/categories/{category}": TOKEN,
    "api/orders": TOKEN,
    "api/orders/{order}": TOKEN,
    "api/orders/{order}/fulfil": TOKEN,
    "api/schema": ANYBODY,
    "api/docs": ANYBODY,
    "api/nothing": ANYBODY,
}
_BOTH = _API | {"media/{media}": ANYBODY, "healthz": ANYBODY, "readyz": ANYBODY}


def _models(models: dict[str, str], who: str, extra: tuple[str, ...] = ()) -> dict[str, str]:
    return {
        f"admin/{path}/{view.replace('{id}', '{' + name + '}')}": who
        for path, name in models.items()
        for view in (*_ADMIN_MODEL, *extra)
    }


TENANT_ROUTES: dict[str, str] = {
    **_BOTH,
    **{path: who or MEMBER for path, who in _ADMIN.items()},
    **{f"admin/{app}/": MEMBER for app in ("catalog", "tenants", "shop")},
    **_models(_TENANT_MODELS, MEMBER),
    "admin/tenants/membership/invitation/{user}/token/": ANYBODY,
    "": ANYBODY,
    "products/": ANYBODY,
    "products/{slug}/": ANYBODY,
    "categories/{category_slug}/": ANYBODY,
    "search/?q=" + SECRET: ANYBODY,
    "theme.css": ANYBODY,
    "robots.txt": ANYBODY,
    "sitemap.xml": ANYBODY,
    "favicon.ico": ANYBODY,
}
PLATFORM_ROUTES: dict[str, str] = {
    **_BOTH,
    **{path: who or PLATFORM for path, who in _ADMIN.items()},
    "admin/tenants/": PLATFORM,
    **_models(_PLATFORM_MODELS, PLATFORM),
    "admin/tenants/user/{user}/password/": PLATFORM,
    "": ANYBODY,
    "theme.css": ANYBODY,
    "robots.txt": ANYBODY,
    "favicon.ico": ANYBODY,
}


@dataclass
class Shops:
    """Both shops, what the other one keeps, and the ids of its things."""

    tech: Tenant
    outdoor: Tenant
    ids: dict[str, str]
    tech_owner: User
    outdoor_owner: User
    staff: User

    def path(self, route: str) -> str:
        return "/" + route.format(**self.ids)


@pytest.fixture
def shops(tech: Tenant, outdoor: Tenant) -> Shops:
    connection.set_tenant(outdoor)
    category = make_category(f"{SECRET} category", slug="secret-category")
    product = make_product(f"{SECRET} product", slug="secret-product", categories=[category])
    variant = product.variants.get()
    image = ProductImage.objects.create(product=product, alt=SECRET)
    order = make_order(product, buyer=Buyer(SECRET, f"{SECRET}@example.com"))
    audit = record(user=None, action=AuditEntry.Action.CHANGE, thing=product)
    assert StockMovement.objects.filter(variant=variant).exists()
    owner = make_member(outdoor, email=f"{SECRET.lower()}@example.com", name=SECRET)
    return Shops(
        tech=tech,
        outdoor=outdoor,
        ids={
            "product": str(product.pk),
            "variant": str(variant.pk),
            "category": str(category.pk),
            "image": str(image.pk),
            "order": str(order.pk),
            "audit": str(audit.pk),
            "membership": str(Membership.objects.get(user=owner).pk),
            "tenant": str(outdoor.pk),
            "user": str(owner.pk),
            "slug": "secret-product",
            "category_slug": "secret-category",
            "media": f"tenants/{outdoor.pk}/products/secret.webp",
        },
        tech_owner=make_member(tech),
        outdoor_owner=owner,
        staff=make_user(is_superuser=True),
    )


def _routes(urlconf: str) -> Iterator[str]:
    def walk(patterns: list[Any], prefix: str) -> Iterator[str]:
        for pattern in patterns:
            here = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, here)
            elif isinstance(pattern, URLPattern):
                yield here

    yield from walk(get_resolver(urlconf).url_patterns, "")


@pytest.mark.parametrize(
    ("urlconf", "table"),
    [
        ("pycommerce.urls_tenant", TENANT_ROUTES),
        ("pycommerce.urls_public", PLATFORM_ROUTES),
    ],
)
def test_every_route_stands_in_the_table(shops, urlconf, table):
    resolver = get_resolver(urlconf)
    known = set()
    for route in table:
        path = shops.path(route).partition("?")[0]
        known.add(resolver.resolve(path).route)

    every = {route.replace("^", "") for route in _routes(urlconf)}
    assert every - {route.replace("^", "") for route in known} == set()


def _client(host: str, user: User | None) -> tuple[Client, dict[str, str]]:
    client = Client(HTTP_HOST=host, raise_request_exception=True)
    headers = {}
    if user:
        client.force_login(user)
        headers["HTTP_AUTHORIZATION"] = f"Bearer {issue_tokens(user)['access']}"
    return client, headers


@pytest.mark.parametrize("route", TENANT_ROUTES)
@pytest.mark.parametrize("who", ["nobody", "the other shop's owner", "this shop's owner"])
def test_no_route_of_a_shop_shows_the_other_shops_things(shops, route, who):
    user = {
        "nobody": None,
        "the other shop's owner": shops.outdoor_owner,
        "this shop's owner": shops.tech_owner,
    }[who]
    for host, prefix in (("tech.localhost", ""), ("localhost", "/stores/tech")):
        client, headers = _client(host, user)
        for method in ("get", "post", "delete"):
            response = getattr(client, method)(prefix + shops.path(route), **headers)
            # What was asked for may be repeated, and so may who asked.
            content = response.content.decode(errors="replace")
            own = shops.outdoor_owner.email
            for mine in (
                own,
                f"search/?q={SECRET}",
                f"“{SECRET}”",
                f'value="{SECRET}"',
                f": {SECRET}",
            ):
                content = content.replace(mine, "")
            if who == "the other shop's owner" and "auth/me" in route:
                continue
            assert SECRET.lower() not in content.lower(), (host, method)
            assert response.status_code < 500

    connection.set_tenant(shops.outdoor)
    assert Product.objects.filter(name=f"{SECRET} product").exists()
    assert Variant.objects.count() == 1
    assert Membership.objects.filter(tenant=shops.outdoor).count() == 1


@pytest.mark.parametrize("route", [path for path, who in TENANT_ROUTES.items() if who == MEMBER])
def test_only_members_enter_a_shops_back_office(shops, route):
    for user in (None, shops.tech_owner):
        client, _ = _client("outdoor.localhost", user)
        response = client.get(shops.path(route))
        assert response.status_code == 302
        assert "/admin/login/" in response["Location"]

    client, _ = _client("outdoor.localhost", shops.outdoor_owner)
    response = client.get(shops.path(route))
    assert response.status_code in {200, 302, 400, 403, 404}
    assert "/admin/login/" not in response.get("Location", "")


@pytest.mark.parametrize(
    "route", [path for path, who in PLATFORM_ROUTES.items() if who == PLATFORM]
)
def test_only_platform_staff_enters_the_platforms_back_office(shops, route):
    for user in (None, shops.outdoor_owner):
        client, _ = _client("localhost", user)
        response = client.get(shops.path(route))
        assert response.status_code == 302
        assert "/admin/login/" in response["Location"]

    client, _ = _client("localhost", shops.staff)
    response = client.get(shops.path(route))
    assert response.status_code in {200, 302, 400, 403, 404}
    assert "/admin/login/" not in response.get("Location", "")


@pytest.mark.parametrize("route", [path for path, who in TENANT_ROUTES.items() if who == TOKEN])
def test_the_api_needs_a_token(shops, route):
    for host in ("tech.localhost", "localhost"):
        client, _ = _client(host, None)
        assert client.get(shops.path(route)).status_code == 401


@pytest.mark.parametrize("route", PLATFORM_ROUTES)
def test_no_route_of_the_platform_shows_a_shops_things_to_strangers(shops, route):
    for user in (None, shops.tech_owner):
        client, headers = _client("localhost", user)
        response = client.get(shops.path(route), **headers)
        assert SECRET.lower() not in response.content.decode(errors="replace").lower()
        assert response.status_code < 500


def test_the_table_would_notice(shops):
    """The control: those who belong there do see it."""
    client, headers = _client("outdoor.localhost", shops.outdoor_owner)

    for route in ("", "api/products", "admin/catalog/product/", "admin/tenants/membership/"):
        assert SECRET in client.get(shops.path(route), **headers).content.decode()


def test_a_custom_domain_shows_its_own_shop_only(shops):
    Domain.objects.create(tenant=shops.tech, domain="shop.example.org")

    response = Client(HTTP_HOST="shop.example.org").get("/products/secret-product/")

    assert response.status_code == 404


def test_the_two_back_offices_share_no_model():
    assert set(tenant_site._registry) & set(platform_site._registry) == set()
