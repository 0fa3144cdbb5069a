"""Two shops, every route: what one shop keeps, the other never shows.

Each route of both URL roots stands in a table with what it needs. A route that is missing there
fails the run. The other shop holds things with a name that occurs nowhere else; every route is
asked by everybody, and that name may only be seen by those who belong there.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from procrastinate.contrib.django import app

from catalog.models import (
    HomePage,
    ImportRun,
    Product,
    ProductImage,
    StockMovement,
    TextPage,
    Variant,
)
from catalog.services.import_runs import upload_import, work_on
from checkout.models import PaymentAttempt
from checkout.order_steps import STEPS
from checkout.services.starting import start_payment
from checkout.simulator.models import Session
from orders.models import Customer, Discount, DiscountBatch, Order, SignIn, TaxRate
from orders.services.customers import remember_address, token_of
from orders.services.mailing import deliver_outbox
from orders.services.placing import Address, Buyer
from pycommerce.core.bounded_cache import forget_everything
from tenants.admin_sites import platform_site, tenant_site
from tenants.changes import changes
from tenants.exporting import list_again
from tenants.models import Domain, Membership, Scope, Tenant, User
from tenants.platform_models import FailedJob, Job, ShopExport
from tenants.resolution import clear_cache
from tenants.services import add_domain, add_member
from tenants.services.audit import record
from tenants.services.domains import claim_domain
from tenants.services.exports import finish, new_export, path_of
from tenants.services.keys import make_key
from tenants.services.list_exports import ask_for_list, write_list
from tenants.services.list_exports import path_of as path_of_list
from tenants.services.tokens import issue_tokens
from tenants.shop.models import (
    AuditEntry,
    ListExport,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
    WebhookType,
    catalogue_version,
    raise_catalogue_version,
)
from tests.factories import (
    make_category,
    make_member,
    make_order,
    make_product,
    make_shipping_method,
    make_user,
)

# What the other shop sells bears the one name, who bought there the other.
SECRET, PERSON = "Zwiebelturm", "Quittenbaum"

# Who may see the content of a route: anybody, anybody with a token, members, platform staff,
# whoever holds the shop's link or cookie.
ANYBODY, TOKEN, MEMBER, PLATFORM, LINK = "anybody", "token", "member", "platform", "link"
# What the payment provider shows to whoever has the session's id, on whichever host; and the
# mails of all shops, on a machine that keeps mails instead of sending them.
PROVIDER, DEVELOPMENT = "provider", "development"

SEARCH = f"search/?q={SECRET}"
DOMAIN_STEPS = ("check", "primary", "secondary")
_ADMIN_MODEL = ("", "add/", "{id}/", "{id}/change/", "{id}/delete/", "{id}/history/")
_TENANT_MODELS = {
    "catalog/product": "product",
    "catalog/variant": "variant",
    "catalog/category": "category",
    "catalog/textpage": "page",
    "catalog/homepage": "settings",
    "catalog/stocksettings": "settings",
    "catalog/importrun": "import",
    "orders/order": "order",
    "orders/customer": "customer",
    "orders/shippingmethod": "shipping",
    "orders/taxrate": "tax",
    "orders/discount": "discount",
    "orders/discountbatch": "batch",
    "orders/ordersettings": "settings",
    "tenants/membership": "membership",
    "tenants/apikey": "key",
    "tenants/domain": "domain",
    "tenants/paymentaccount": "tenant",
    "tenants/shoplook": "tenant",
    "tenants/shoplocale": "tenant",
    "tenants/shopdeletion": "tenant",
    "shop/auditentry": "audit",
    "shop/webhookendpoint": "hook",
    "shop/retentiontimes": "settings",
    "shop/listexport": "list",
}
_PLATFORM_MODELS = {
    "tenants/tenant": "tenant",
    "tenants/user": "user",
    "tenants/job": "job",
    "tenants/shopexport": "export",
}
_ADMIN = {
    "admin/": None,
    "admin/search/": None,
    "admin/login/": ANYBODY,
    "admin/login/code/": ANYBODY,
    "admin/logout/": ANYBODY,
    "admin/second-factor/": None,
    "admin/second-factor/codes/": None,
    "admin/second-factor/off/": None,
    "admin/password_reset/": ANYBODY,
    "admin/password_reset/{user}/token/": ANYBODY,
    "admin/invitation/{user}/token/": ANYBODY,
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
    "api/stock-adjustments": TOKEN,
    "api/categories": TOKEN,
    "api/categories/{category}": TOKEN,
    "api/orders": TOKEN,
    "api/orders/{order}": TOKEN,
    "api/orders/{order}/cancel": TOKEN,
    "api/orders/{order}/fulfil": TOKEN,
    "api/orders/{order}/refund": TOKEN,
    "api/schema": ANYBODY,
    "api/docs": ANYBODY,
    "api/nothing": ANYBODY,
}
_BOTH = _API | {
    "media/{media}": ANYBODY,
    "healthz": ANYBODY,
    "readyz": ANYBODY,
    "stripe-demo/create-checkout-session-json": ANYBODY,
    "stripe-demo/pay/{session}": PROVIDER,
    "checkout/return/?session_id={session}": LINK,
}


def _models(models: dict[str, str], who: str, extra: tuple[str, ...] = ()) -> dict[str, str]:
    return {
        f"admin/{path}/{view.replace('{id}', '{' + name + '}')}": who
        for path, name in models.items()
        for view in (*_ADMIN_MODEL, *extra)
    }


TENANT_ROUTES: dict[str, str] = {
    **_BOTH,
    **{path: who or MEMBER for path, who in _ADMIN.items()},
    **{f"admin/{app}/": MEMBER for app in ("catalog", "orders", "tenants", "shop")},
    **_models(_TENANT_MODELS, MEMBER),
    **{f"admin/orders/order/{{order}}/{step}/": MEMBER for step in STEPS},
    "admin/orders/discount/batch/": MEMBER,
    "admin/orders/discount/batch/{batch}/": MEMBER,
    "admin/orders/discount/export/csv/": MEMBER,
    "admin/orders/order/print/slips/?id={order}": MEMBER,
    "admin/orders/order/print/slips/pdf/?id={order}": MEMBER,
    "admin/orders/customer/{customer}/data/": MEMBER,
    "admin/orders/customer/{customer}/erase/": MEMBER,
    "admin/style-guide/": MEMBER,
    "admin/catalog/importrun/{import}/rejected/": MEMBER,
    "admin/catalog/importrun/template/": MEMBER,
    "admin/catalog/product/{product}/pictures/": MEMBER,
    "admin/tenants/shoplook/preview/": MEMBER,
    "admin/tenants/shoplook/preview/theme.css": MEMBER,
    "admin/tenants/shoplook/preview/colours/": MEMBER,
    **{
        f"admin/{list_}/export/csv/": MEMBER
        for list_ in ("catalog/product", "orders/order", "orders/customer")
    },
    "admin/shop/listexport/{list}/download/": MEMBER,
    "admin/tenants/membership/second-factor/": MEMBER,
    "admin/first-entry/": ANYBODY,
    "admin/first-steps/end/": MEMBER,
    "admin/tenants/apikey/{key}/revoke/": MEMBER,
    "admin/tenants/shopdeletion/keep/": MEMBER,
    **{f"admin/tenants/domain/{{domain}}/{step}/": MEMBER for step in DOMAIN_STEPS},
    "admin/shop/webhookendpoint/{hook}/test/": MEMBER,
    "admin/shop/webhookendpoint/{hook}/rotate/": MEMBER,
    "admin/shop/webhookendpoint/{hook}/again/{delivery}/": MEMBER,
    "": ANYBODY,
    "products/": ANYBODY,
    "products/{slug}/": ANYBODY,
    "categories/{category_slug}/": ANYBODY,
    "pages/{page_slug}/": ANYBODY,
    SEARCH: ANYBODY,
    f"search/suggestions/?q={SECRET}": ANYBODY,
    "cart/": LINK,
    "cart/add/": LINK,
    "checkout/": LINK,
    "checkout/pay/{token}/": LINK,
    "checkout/back/{token}/": LINK,
    "orders/{token}/": LINK,
    "account/": LINK,
    "account/sign-in/{sign_in}/": LINK,
    "account/sign-out/": LINK,
    "account/addresses/{address}/remove/": LINK,
    "account/orders/{token}/again/": LINK,
    "theme.css": ANYBODY,
    "robots.txt": ANYBODY,
    "sitemap.xml": ANYBODY,
    "feeds/google.xml": ANYBODY,
    "feeds/new.rss": ANYBODY,
    "favicon.ico": ANYBODY,
}
PLATFORM_ROUTES: dict[str, str] = {
    **_BOTH,
    **{path: who or PLATFORM for path, who in _ADMIN.items()},
    "admin/tenants/": PLATFORM,
    **_models(_PLATFORM_MODELS, PLATFORM),
    "admin/tenants/user/{user}/password/": PLATFORM,
    **{
        f"admin/tenants/tenant/{{tenant}}/{step}/": PLATFORM
        for step in ("shop", "suspend", "reopen", "export", "end", "keep")
    },
    "admin/tenants/shopexport/{export}/download/": PLATFORM,
    **{f"admin/tenants/job/{{job}}/{step}/": PLATFORM for step in ("retry", "give-up")},
    "": ANYBODY,
    "open-a-shop/": ANYBODY,
    "open-a-shop/address/?name={slug}": ANYBODY,
    "open-a-shop/sent/": ANYBODY,
    "open-a-shop/token/": ANYBODY,
    "sign-in/": ANYBODY,
    "sign-in/shops/": ANYBODY,
    "sign-in/sent/": ANYBODY,
    "stripe/webhook": ANYBODY,
    "mail/": DEVELOPMENT,
    "stripe-demo/": ANYBODY,
    "mail/{mail}/": DEVELOPMENT,
    "mail/{mail}/html": DEVELOPMENT,
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
    cookies: dict[str, str]
    tech_owner: User
    outdoor_owner: User
    staff: User

    def path(self, route: str) -> str:
        return "/" + route.format(**self.ids)


_SAME_ORIGIN = {"HTTP_SEC_FETCH_SITE": "same-origin"}
_BUYER = Buyer(PERSON, f"{PERSON}@example.com", "+1 555 0100")
_ADDRESS = Address(
    line1=f"1 {PERSON} Road",
    city=PERSON,
    state="NY",
    postal_code="10001",
    country="USA",
    code="US",
)


def _in(tenant: Tenant) -> None:
    connection.set_schema_to_public()
    connection.set_tenant(tenant)


@pytest.fixture
def shops(tech: Tenant, outdoor: Tenant, settings: Any, tmp_path: Path) -> Shops:
    settings.IMPORT_ROOT = settings.EXPORT_ROOT = tmp_path
    _in(tech)
    make_shipping_method("express", "5.00")
    make_product("Lamp", on_hand=9)
    _in(outdoor)
    category = make_category(f"{SECRET} category", slug="secret-category")
    product = make_product(f"{SECRET} product", slug="secret-product", categories=[category])
    variant = product.variants.get()
    image = ProductImage.objects.create(product=product, alt=SECRET)
    HomePage.objects.update(heading=SECRET, text=SECRET)
    page = TextPage.objects.create(
        title=f"{SECRET} page", slug="secret-page", body=SECRET, is_published=True
    )
    order = make_order(product, buyer=_BUYER, shipping_address=_ADDRESS, notes=PERSON)
    attempt = start_payment(order.pk, origin="http://outdoor.localhost")
    customer = Customer.objects.get()
    remember_address(order)
    sign_in, link = (
        SignIn.objects.create(email=customer.email, client_address="127.0.0.1", customer=customer)
        for _ in range(2)
    )
    shipping = make_shipping_method("secret", name=SECRET)
    tax = TaxRate.objects.create(country="US", percent=5, name=SECRET)
    batch = DiscountBatch.objects.create(name=SECRET)
    discount = Discount.objects.create(code=SECRET.upper(), value=10, batch=batch)
    audit = record(user=None, action=AuditEntry.Action.CHANGE, thing=product)
    assert StockMovement.objects.filter(variant=variant).exists()
    owner = make_member(outdoor, email=f"owner-{SECRET.lower()}@example.com", name=SECRET)
    delivery = _delivery()
    key, _token = make_key(
        tenant=outdoor, name=SECRET, scopes=Scope.values, expires_at=None, user=owner
    )
    return Shops(
        tech=tech,
        outdoor=outdoor,
        ids={
            "product": str(product.pk),
            "variant": str(variant.pk),
            "category": str(category.pk),
            "image": str(image.pk),
            "page": str(page.pk),
            "order": str(order.pk),
            "customer": str(customer.pk),
            "shipping": str(shipping.pk),
            "tax": str(tax.pk),
            "batch": str(batch.pk),
            "discount": str(discount.pk),
            "settings": "1",
            "audit": str(audit.pk),
            "import": str(_import_of(owner).pk),
            "membership": str(Membership.objects.get(user=owner).pk),
            "key": str(key.pk),
            "domain": str(_domain_of(outdoor, owner).pk),
            "hook": str(delivery.endpoint_id),
            "delivery": str(delivery.pk),
            "tenant": str(outdoor.pk),
            "user": str(owner.pk),
            "slug": "secret-product",
            "category_slug": "secret-category",
            "page_slug": "secret-page",
            "media": f"tenants/{outdoor.pk}/products/secret.webp",
            "token": order.access_token,
            "sign_in": token_of(sign_in),
            "address": str(customer.addresses.get().pk),
            "session": str(attempt.session_id),
            "mail": "1742034600-1.eml",
            "job": str(_failed_job_of(outdoor).pk),
            "export": str(_export_of(outdoor).pk),
            "list": str(_list_of(outdoor, owner).pk),
        },
        cookies=_cookies(f"/account/sign-in/{token_of(link)}/", variant),
        tech_owner=make_member(tech),
        outdoor_owner=owner,
        staff=make_user(is_superuser=True),
    )


def _domain_of(tenant: Tenant, owner: User) -> Domain:
    """A proven domain of the other shop, with its name in it."""
    domain = claim_domain(tenant, f"{SECRET}.example", owner)
    domain.proven_at = domain.checked_at = timezone.now()
    domain.save()
    return domain


def _delivery() -> WebhookDelivery:
    """Something that another system of the other shop was told."""
    endpoint = WebhookEndpoint.objects.create(
        address=f"https://{SECRET}.example.com/hook", events=WebhookType.values
    )
    event = WebhookEvent.objects.create(type="order.paid", body=PERSON)
    return WebhookDelivery.objects.create(
        endpoint=endpoint, event=event, next_try_at=None, response=SECRET
    )


def _failed_job_of(tenant: Tenant) -> Job:
    """A job of the other shop that failed, and why."""
    job_id = app.configure_task("tenants.jobs.mail_owner").defer(
        tenant_id=str(tenant.pk), user_id=SECRET, purpose=SECRET, origin=SECRET
    )
    app.job_manager.connector.execute_query(
        "UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %(job_id)s", job_id=job_id
    )
    FailedJob.objects.create(job_id=job_id, error=SECRET, traceback=PERSON)
    return Job.objects.get(pk=job_id)


def _export_of(tenant: Tenant) -> ShopExport:
    """All of the other shop in a file."""
    export = new_export(tenant, by=SECRET)
    path_of(export).write_text(f"{SECRET} {PERSON}")
    finish(export, kept_for=timedelta(days=1))
    return export


def _list_of(tenant: Tenant, owner: User) -> ListExport:
    """A list of the other shop's people that its worker wrote."""
    export = ask_for_list(
        kind="orders.customer",
        form="csv",
        query=urlencode({"q": PERSON}),
        file_name=f"{SECRET}.csv",
        user=owner,
        origin="http://outdoor.localhost",
    )
    write_list(export.pk, export.attempt, list_again)
    assert PERSON in path_of_list(export).read_text()
    return export


def _import_of(owner: User) -> ImportRun:
    """An import of the other shop that refused a row, and waits."""
    file = f"Handle,Title,Variant Price\nlamp,{SECRET},1\nlamp,{SECRET},{SECRET}\n"
    run = upload_import(SimpleUploadedFile(f"{SECRET}.csv", file.encode()), owner)
    work_on(run.pk)
    return run


def _cookies(sign_in: str, variant: Variant) -> dict[str, str]:
    """A shopper of the other shop: something in the cart, and signed in."""
    shopper = Client(HTTP_HOST="outdoor.localhost")
    shopper.post("/cart/add/", {"variant": str(variant.pk)}, **_SAME_ORIGIN)
    shopper.post(sign_in, **_SAME_ORIGIN)
    assert {"cart", "customer"} <= set(shopper.cookies)
    return {name: morsel.value for name, morsel in shopper.cookies.items()}


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
        ("tenants.internal", {"internal/tls-allowed": ANYBODY}),
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
    headers = dict(_SAME_ORIGIN)
    if user:
        client.force_login(user)
        headers["HTTP_AUTHORIZATION"] = f"Bearer {issue_tokens(user)['access']}"
    return client, headers


def _carry_cookies(client: Client, shops: Shops) -> None:
    """The other shop's cookies, under the names that this shop's host and its mount read."""
    for name, value in shops.cookies.items():
        client.cookies[name] = value
        client.cookies[f"{name}-tech"] = value


def _bodies(shops: Shops) -> list[dict[str, Any]]:
    """What a program could send to change the other shop's things, with and without its name."""
    address = {"line1": "1 Road", "city": "New York", "country": "US", "state": "NY"}
    body = {
        "customer": {"name": "A", "email": _BUYER.email},
        "shipping_address": address,
        "items": [
            {
                "product_id": shops.ids["product"],
                "variant_id": shops.ids["variant"],
                "id": shops.ids["variant"],
                "name": "A",
                "price": 10,
                "quantity": 1,
            }
        ],
        "shipping_method": "express",
        "payment_method": "credit_card",
        "order_id": shops.ids["order"],
    }
    return [body, body | {"tenant_id": shops.ids["tenant"]}]


def _form(shops: Shops) -> dict[str, str]:
    """What a form could send to change the other shop's things."""
    return {
        "variant": shops.ids["variant"],
        "quantity": "1",
        "email": _BUYER.email,
        "confirmation": _BUYER.email,
        "name": "A",
        "country": "US",
        "line1": "1 Road",
        "city": "New York",
        "state": "NY",
        "postal_code": "10001",
        "shipping_method": "express",
    }


def _ask(client: Client, path: str, shops: Shops, headers: dict[str, str]) -> Iterator[Any]:
    """The answers to every way of asking for a route."""
    if "api/" in path or "create-checkout-session" in path:
        headers = {"content_type": "application/json", **headers}
        writes = [(method, body) for method in ("POST", "PATCH") for body in _bodies(shops)]
        sent = [(method, json.dumps(body)) for method, body in writes]
    else:
        headers = {"content_type": "application/x-www-form-urlencoded", **headers}
        sent = [("POST", urlencode(_form(shops)))]
    for method, body in [("GET", ""), ("DELETE", ""), *sent]:
        _carry_cookies(client, shops)
        yield client.generic(method, path, body, **headers)


def _hides(content: str) -> bool:
    return SECRET.lower() not in content and PERSON.lower() not in content


def _shown(response: HttpResponse) -> str:
    headers = "".join(f"{name}: {value}\n" for name, value in response.headers.items())
    return (headers + response.getvalue().decode(errors="replace")).lower()


def _contents(shops: Shops) -> dict[str, str]:
    """A digest of every table of the other shop, and of what it has elsewhere."""
    schema = shops.outdoor.schema_name
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s", [schema]
        )
        sources = {f'"{schema}"."{name}"': ("true", None) for (name,) in cursor.fetchall()}
        assert len(sources) > 20
        sources |= {
            "public.simulator_session": ("id = %s", shops.ids["session"]),
            "public.tenants_membership": ("tenant_id = %s", shops.ids["tenant"]),
            "public.tenants_apikey": ("tenant_id = %s", shops.ids["tenant"]),
            "public.tenants_domain": ("tenant_id = %s", shops.ids["tenant"]),
            "public.tenants_tenant": ("id = %s", shops.ids["tenant"]),
            "public.tenants_shopdeletion": ("tenant_id = %s", shops.ids["tenant"]),
            "public.tenants_shopexport": ("tenant_id = %s", shops.ids["tenant"]),
            "public.procrastinate_jobs": ("id = %s", shops.ids["job"]),
        }
        found = {}
        for table, (condition, value) in sources.items():
            cursor.execute(
                "SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) "
                f"FROM {table} t WHERE {condition}",
                [value] if value else [],
            )
            (found[table],) = cursor.fetchone()
    return found


@pytest.mark.parametrize("route", [path for path, who in TENANT_ROUTES.items() if who != PROVIDER])
@pytest.mark.parametrize("who", ["nobody", "the other shop's owner", "this shop's owner"])
def test_no_route_of_a_shop_shows_or_changes_the_other_shops_things(shops, route, who):
    user = {
        "nobody": None,
        "the other shop's owner": shops.outdoor_owner,
        "this shop's owner": shops.tech_owner,
    }[who]
    before = _contents(shops)
    for host, prefix in (("tech.localhost", ""), ("localhost", "/stores/tech")):
        client, headers = _client(host, user)
        for response in _ask(client, prefix + shops.path(route), shops, headers):
            content = _shown(response)
            # Who asked may be repeated, and so may what was typed or searched for.
            if user:
                content = content.replace(user.email, "")
            if response.request["REQUEST_METHOD"] == "POST":
                content = content.replace(f'value="{_BUYER.email}"'.lower(), "")
            if route == SEARCH:
                for echo in (f"q={SECRET}", f"“{SECRET}”", f'value="{SECRET}"', f": {SECRET}"):
                    content = content.replace(echo.lower(), "")
            if user == shops.outdoor_owner and "auth/me" in route:
                continue
            assert _hides(content), response.request
            assert response.status_code < 500

    assert _contents(shops) == before


def _make_alike(shops: Shops) -> None:
    """Have both shops at the same version and changed at the same moment, with nothing kept."""
    for tenant in (shops.outdoor, shops.tech):
        _in(tenant)
        raise_catalogue_version(at_least=1000)
        assert catalogue_version() == 1000
    Tenant.objects.update(updated_at=timezone.now())
    forget_everything()
    changes.forget()
    clear_cache()


@pytest.mark.parametrize("route", ["", "products/", "api/products", "api/categories"])
def test_a_domain_that_went_to_the_other_shop_shows_nothing_of_the_first(shops, route):
    client, headers = _client("shop.example.org", shops.staff)
    domain = add_domain(shops.outdoor, "shop.example.org")
    _make_alike(shops)
    assert not _hides(_shown(client.get(shops.path(route), **headers)))

    Domain.objects.filter(pk=domain.pk).update(tenant=shops.tech)
    clear_cache()

    response = client.get(shops.path(route), **headers)
    assert response.status_code == 200
    assert _hides(_shown(response))


def test_what_is_kept_of_one_shop_is_never_the_others(shops):
    """At the same version and of the same moment, on one process that was asked for both."""
    _make_alike(shops)
    told = set()
    for route in [path for path, who in TENANT_ROUTES.items() if who not in (MEMBER, PROVIDER)]:
        for host, user in (
            ("outdoor.localhost", shops.outdoor_owner),
            ("tech.localhost", shops.tech_owner),
        ):
            client, headers = _client(host, user)
            response = client.get(shops.path(route), **headers)
            if host == "outdoor.localhost":
                told |= {route} if not _hides(_shown(response)) else set()
            elif route != SEARCH:
                assert _hides(_shown(response)), route

    assert {"", "products/", "categories/{category_slug}/", "api/products"} <= told


def test_a_category_of_the_same_name_is_each_shops_own(shops):
    both = {shops.outdoor: shops.outdoor_owner, shops.tech: shops.tech_owner}
    for tenant in both:
        _in(tenant)
        make_product(f"A thing of {tenant.slug}", categories=[make_category("Everything")])
    _make_alike(shops)

    for tenant, user in both.items():
        client, headers = _client(f"{tenant.slug}.localhost", user)
        found = client.get("/api/products?category=everything", **headers).json()["products"]
        assert [row["name"] for row in found] == [f"A thing of {tenant.slug}"]


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


@pytest.mark.parametrize(
    "route", [path for path, who in PLATFORM_ROUTES.items() if who != PROVIDER]
)
def test_no_route_of_the_platform_shows_a_shops_things_to_strangers(shops, route):
    for user in (None, shops.tech_owner):
        client, headers = _client("localhost", user)
        response = client.get(shops.path(route), **headers)
        assert _hides(_shown(response))
        assert response.status_code < 500


def test_the_table_would_notice(shops):
    """The control: those who belong there do see it."""
    client, headers = _client("outdoor.localhost", shops.outdoor_owner)

    for route in (
        "",
        "api/products",
        "admin/catalog/product/",
        "admin/catalog/importrun/{import}/change/",
        "admin/catalog/importrun/{import}/rejected/",
        "admin/tenants/membership/",
        "admin/tenants/apikey/",
        "admin/tenants/apikey/{key}/change/",
        "admin/tenants/domain/",
        "admin/tenants/domain/{domain}/change/",
        "admin/shop/webhookendpoint/",
        "admin/shop/listexport/",
        "admin/shop/listexport/{list}/change/",
    ):
        assert SECRET in client.get(shops.path(route), **headers).getvalue().decode(), route
    for route in (
        "admin/orders/order/",
        "admin/orders/order/{order}/change/",
        "admin/orders/order/{order}/payment/",
        "admin/orders/order/print/slips/?id={order}",
        "admin/orders/order/export/csv/",
        "admin/orders/customer/export/csv/",
        "admin/orders/customer/{customer}/change/",
        "admin/orders/customer/{customer}/data/",
        "admin/orders/customer/{customer}/erase/",
        "admin/shop/webhookendpoint/{hook}/change/",
        "admin/shop/listexport/{list}/download/",
    ):
        assert PERSON in client.get(shops.path(route), **headers).getvalue().decode(), route


def test_a_custom_domain_shows_its_own_shop_only(shops):
    add_domain(shops.tech, "shop.example.org")

    response = Client(HTTP_HOST="shop.example.org").get("/products/secret-product/")

    assert response.status_code == 404


def test_the_two_back_offices_share_no_model():
    assert set(tenant_site._registry) & set(platform_site._registry) == set()


@pytest.mark.parametrize("route", [path for path, who in TENANT_ROUTES.items() if who == LINK])
def test_who_guesses_a_link_sees_no_shopper(shops, route):
    """On the other shop's own host, without its cookies."""
    guess = re.sub(
        r"\{(token|sign_in|session|address)\}", "019a5c3e-8f7a-7d0c-9b1e-000000000000", route
    )
    stranger = Client(HTTP_HOST="outdoor.localhost", **_SAME_ORIGIN)
    before = _contents(shops)

    for method in (stranger.get, stranger.post):
        response = method(shops.path(guess))
        assert PERSON.lower() not in _shown(response)
        assert response.status_code < 500

    assert _contents(shops) == before


def test_who_holds_the_link_or_the_cookie_sees_them(shops):
    """The control of both tests above."""
    holder = Client(HTTP_HOST="outdoor.localhost", **_SAME_ORIGIN)
    for name, value in shops.cookies.items():
        holder.cookies[name] = value

    for route in ("checkout/", "orders/{token}/", "account/"):
        assert PERSON.lower() in _shown(holder.get(shops.path(route))), route
    assert f"{SECRET} product" in holder.get("/cart/").content.decode()
    assert holder.get(shops.path("account/sign-in/{sign_in}/")).status_code == 200
    again = holder.post(shops.path("account/orders/{token}/again/"))
    assert again["Location"] == "/cart/"


def test_the_other_shops_order_is_paid_on_its_own_page_only(shops):
    """The provider's page opens on every host, and what is paid there is the other shop's order."""
    page = shops.path("stripe-demo/pay/{session}")
    for host in ("tech.localhost", "outdoor.localhost", "localhost"):
        client = Client(HTTP_HOST=host)
        assert SECRET in client.get(page).content.decode()
        assert client.post(page, {"card": "4242424242424242"}).status_code == 403
    here = Client(HTTP_HOST="tech.localhost", **_SAME_ORIGIN)
    before = _orders_of(shops.tech)

    paid = here.post(page, {"card": "4242424242424242"})
    returned = here.get(shops.path("checkout/return/?session_id={session}"))

    assert paid["Location"].startswith("http://outdoor.localhost/checkout/return/")
    assert returned.status_code == 404
    assert _orders_of(shops.tech) == before == []
    assert _orders_of(shops.outdoor) == [(shops.ids["order"], "paid")]


def _orders_of(tenant: Tenant) -> list[tuple[str, str]]:
    _in(tenant)
    return [(str(order.pk), order.payment_status) for order in Order.objects.all()]


def test_the_other_shops_order_id_is_unknown_to_the_checkout_call(shops):
    here = Client(HTTP_HOST="tech.localhost", **_SAME_ORIGIN)
    item = {"id": shops.ids["variant"], "name": "A", "price": 1, "quantity": 1}

    response = here.post(
        "/stripe-demo/create-checkout-session-json",
        {"order_id": shops.ids["order"], "items": [item]},
        content_type="application/json",
    )

    # A test session, which can pay for nothing: the other shop's stays the only one of its order.
    assert response.json()["session_id"] != shops.ids["session"]
    session = Session.objects.get(pk=response.json()["session_id"])
    assert session.params["metadata"] == {"kind": "test"}
    _in(shops.outdoor)
    assert PaymentAttempt.objects.get().session_id == shops.ids["session"]


def test_a_key_of_one_shop_is_unknown_in_the_other(shops):
    """The same person, key and body: each shop answers for itself."""
    member = make_member(shops.tech)
    add_member(member, shops.outdoor, "owner")
    token = f"Bearer {issue_tokens(member)['access']}"
    answers = []
    for tenant in (shops.tech, shops.outdoor):
        _in(tenant)
        product = Product.objects.get()
        body = _bodies(shops)[0] | {
            "shipping_method": "standard",
            "items": [{"product_id": str(product.pk), "quantity": 1}],
        }
        client = Client(HTTP_HOST=f"{tenant.slug}.localhost", HTTP_AUTHORIZATION=token)
        answers += [
            client.post(
                "/api/orders",
                body,
                content_type="application/json",
                HTTP_IDEMPOTENCY_KEY="the same",
            )
            for _ in range(2)
        ]

    assert [answer.status_code for answer in answers] == [201] * 4
    replayed = [answer.get("Idempotent-Replayed") for answer in answers]
    assert replayed == [None, "true", None, "true"]
    assert answers[0].json()["id"] != answers[2].json()["id"]


def test_a_customer_of_one_shop_is_nobody_in_the_other(shops):
    """The same answer as for anybody, and no mail."""
    answers = []
    for email in (_BUYER.email, "nobody@example.com"):
        client = Client(HTTP_HOST="tech.localhost", **_SAME_ORIGIN)
        answers.append(client.post("/account/", {"email": email}))
    _in(shops.tech)
    deliver_outbox()

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert mail.outbox == []


def test_kept_mails_are_for_development_alone(shops, settings, tmp_path):
    _keep_a_mail(settings, tmp_path, shops.ids["mail"])
    platform, shop = Client(HTTP_HOST="localhost"), Client(HTTP_HOST="outdoor.localhost")
    routes = [path for path, who in PLATFORM_ROUTES.items() if who == DEVELOPMENT]
    for route in routes:
        assert SECRET in platform.get(shops.path(route)).content.decode()
        assert shop.get(shops.path(route)).status_code == 404

    settings.PRODUCTION = True

    for route in routes:
        assert platform.get(shops.path(route)).status_code == 404


def _keep_a_mail(settings: Any, folder: Path, name: str) -> None:
    settings.MAIL_IS_KEPT = True
    settings.EMAIL_CONFIG = {"EMAIL_FILE_PATH": str(folder)}
    message = EmailMultiAlternatives(f"For {SECRET}", SECRET, "shop@example.com", [_BUYER.email])
    message.attach_alternative(f"<p>{SECRET}</p>", "text/html")
    (folder / name).write_bytes(message.message().as_bytes())
