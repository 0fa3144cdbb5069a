"""API keys: a shop's other systems call with them, in their shop and within their scopes."""

import time
from datetime import timedelta

import jwt
import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import StockMovement
from orders.models import Order, OrderEvent
from pycommerce.core.bounded_cache import forget_everything
from tenants.callers import KeyCaller
from tenants.models import ApiKey, Membership, Scope
from tenants.roles import Right
from tenants.services.keys import make_key, revoke_key
from tenants.services.tokens import token_of_key
from tenants.shop.models import AuditEntry
from tests.api.conftest import Caller, error_of, in_tech, pay
from tests.factories import make_member, make_order, make_product, make_shipping_method


@pytest.fixture
def owner(tech):
    return make_member(tech, email="owner@example.com")


@pytest.fixture
def key_of(tech, owner):
    """A caller with a new key of Tech Gadgets that has these scopes."""

    def make(*scopes, host="localhost", name="", expires_at=None):
        in_tech()
        key, token = make_key(
            tenant=tech,
            name=name or f"Key {ApiKey.objects.count()}",
            scopes=scopes,
            expires_at=expires_at,
            user=owner,
        )
        caller = Caller(host=host)
        caller.headers["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        caller.key, caller.token = key, token
        return caller

    return make


@pytest.fixture
def shop(tech):
    """The product that calls are about, and how it is sent."""
    in_tech()
    make_shipping_method("express", "0.00")
    return make_product("Lamp", price="10.00", on_hand=50, sku="L-1")


def _new_order(tech, product):
    return {
        "tenant_id": str(tech.pk),
        "customer": {"name": "John", "email": "john@example.com"},
        "shipping_address": {"line1": "1 Road", "city": "New York", "state": "NY", "country": "US"}
        | {"postal_code": "10001"},
        "items": [{"product_id": str(product.pk), "quantity": 1}],
        "shipping_method": "express",
        "payment_method": "credit_card",
    }


READ_ORDERS = {Scope.READ_ORDERS, Scope.FULFIL_ORDERS, Scope.WRITE_ORDERS}
READ_CATALOGUE = {Scope.READ_CATALOGUE, Scope.WRITE_CATALOGUE, Scope.WRITE_STOCK}
# Method, path, body, and the scopes of which each alone is enough.
CALLS = {
    "products": ("GET", "/api/products", None, READ_CATALOGUE),
    "product": ("GET", "/api/products/{product}", None, READ_CATALOGUE),
    "categories": ("GET", "/api/categories", None, READ_CATALOGUE),
    "category": ("GET", "/api/categories/nothing", None, READ_CATALOGUE),
    "change": ("PATCH", "/api/products/{product}", {"name": "Light"}, {Scope.WRITE_CATALOGUE}),
    "stock": (
        "POST",
        "/api/stock-adjustments",
        {"sku": "L-1", "change": 1, "reason": "Count"},
        {Scope.WRITE_STOCK},
    ),
    "orders": ("GET", "/api/orders", None, READ_ORDERS),
    "order": ("GET", "/api/orders/{order}", None, READ_ORDERS),
    "create": ("POST", "/api/orders", "new", {Scope.WRITE_ORDERS}),
    "cancel": ("POST", "/api/orders/{order}/cancel", {}, {Scope.WRITE_ORDERS}),
    "refund": ("POST", "/api/orders/{order}/refund", {}, {Scope.WRITE_ORDERS}),
    "fulfil": (
        "POST",
        "/api/orders/{order}/fulfil",
        {},
        {Scope.FULFIL_ORDERS, Scope.WRITE_ORDERS},
    ),
}


def _call(caller, name, tech, shop, order, query=""):
    method, path, body, _scopes = CALLS[name]
    body = _new_order(tech, shop) if body == "new" else body
    path = path.format(product=shop.pk, order=order.pk)
    if method == "GET":
        return caller.get(path + query)
    return caller.send(method, path + query, body)


@pytest.mark.parametrize("name", CALLS)
def test_each_call_is_answered_within_the_scopes_alone(key_of, tech, shop, name):
    """By the shop's own host, and by its slug on the platform's; the control is the answer."""
    order = make_order(shop)
    enough = CALLS[name][3]
    for host, query in (("tech.localhost", ""), ("localhost", "?tenant=tech")):
        for scope in Scope.values:
            response = _call(key_of(scope, host=host), name, tech, shop, order, query)
            if scope in enough:
                assert response.status_code in {200, 201, 404, 409}, (scope, response.content)
            else:
                assert (scope, response.status_code) == (scope, 403)
                assert error_of(response)["code"] == "permission_denied"


@pytest.mark.parametrize("name", CALLS)
def test_no_call_is_answered_in_another_shop(key_of, tech, outdoor, shop, name):
    other = key_of(*Scope.values)
    in_tech()
    order = make_order(shop)
    ApiKey.objects.filter(pk=other.key.pk).update(tenant=outdoor)
    for host, query in (("tech.localhost", ""), ("localhost", "?tenant=tech")):
        other.client.defaults["HTTP_HOST"] = host
        response = _call(other, name, tech, shop, order, query)
        assert response.status_code == 403
        assert error_of(response)["details"] == "This API key belongs to another shop."
    in_tech()
    assert Order.objects.get().status == Order.Status.PENDING


def test_a_key_has_no_right_away_from_home(key_of, tech, outdoor):
    key = key_of(*Scope.values).key
    caller = KeyCaller(key.pk, key.name, tech.pk, key.scopes, is_home=False)

    assert caller.rights == frozenset()
    assert caller.in_tenant(outdoor).rights == frozenset()
    assert Right.WRITE_ORDERS in caller.in_tenant(tech).rights
    assert Right.CONNECT not in caller.in_tenant(tech).rights


def test_an_order_is_found_by_its_id_alone_in_the_keys_own_shop(key_of, tech, outdoor, shop):
    mine, other = key_of(Scope.READ_ORDERS), key_of(Scope.READ_ORDERS)
    in_tech()
    path = f"/api/orders/{make_order(shop).pk}"
    ApiKey.objects.filter(pk=other.key.pk).update(tenant=outdoor)

    assert mine.get(path).status_code == 200
    refused = other.get(path)

    assert (refused.status_code, error_of(refused)["code"]) == (404, "resource_not_found")


def test_the_body_cannot_name_another_shop(key_of, outdoor, shop):
    response = key_of(Scope.WRITE_ORDERS).post("/api/orders", _new_order(outdoor, shop))

    assert (response.status_code, error_of(response)["code"]) == (403, "permission_denied")


def test_a_key_says_what_it_is(key_of, tech):
    key = key_of(Scope.READ_ORDERS, name="Warehouse")

    body = key.get("/api/auth/me").json()

    assert (body["id"], body["name"], body["email"]) == (str(key.key.pk), "Warehouse", "")
    assert body["tenants"] == [
        {"id": str(tech.pk), "name": "Tech Gadgets", "slug": "tech", "role": "api_key"}
    ]
    assert key.get("/api/tenants").status_code == 200


# --- How long it lives ---------------------------------------------------------------------------


def test_a_revoked_key_is_refused_at_once(key_of, owner):
    key = key_of(Scope.READ_CATALOGUE, host="tech.localhost")
    assert key.get("/api/products").status_code == 200

    in_tech()
    assert revoke_key(key.key, owner) is True
    refused = key.get("/api/products")

    assert (refused.status_code, error_of(refused)["code"]) == (401, "token_invalid")
    in_tech()
    assert revoke_key(key.key, owner) is False


def test_a_key_ends_when_it_was_said_to(key_of):
    # Where a machine is so busy that the key ends before its call does, with more time.
    for seconds in (4, 60):
        soon = timezone.now() + timedelta(seconds=seconds)
        key = key_of(Scope.READ_CATALOGUE, host="tech.localhost", expires_at=soon)
        answer = key.get("/api/products")
        if timezone.now() < soon - timedelta(seconds=1):
            break
    assert answer.status_code == 200

    time.sleep(max(0, (soon - timezone.now()).total_seconds()))
    refused = [key.get("/api/products"), _again(key)]

    assert [each.status_code for each in refused] == [401, 401]
    assert {error_of(each)["code"] for each in refused} == {"token_expired"}


def _again(key):
    """The call of a process that has not seen the key before."""
    forget_everything()
    return key.get("/api/products")


def test_a_key_outlives_the_password_and_the_place_of_who_made_it(key_of, owner):
    key = key_of(Scope.READ_CATALOGUE, host="tech.localhost")

    owner.set_password("another passphrase")
    owner.is_active = False
    owner.save()
    Membership.objects.filter(user=owner).delete()

    assert "exp" not in jwt.decode(key.token, options={"verify_signature": False})
    assert key.get("/api/products").status_code == 200


def test_a_key_is_believed_only_as_we_make_it(key_of):
    key = key_of(Scope.READ_CATALOGUE, host="tech.localhost")
    claims = jwt.decode(key.token, options={"verify_signature": False})
    unknown = ApiKey(pk="019a5c3e-8f7a-7d0c-9b1e-2f3a4b5c6d7e")
    bad = {
        "another key": jwt.encode(claims, "another key that is long enough to sign with", "HS256"),
        "another algorithm": jwt.encode(claims, settings.JWT_SECRET, "HS512"),
        "as an access token": jwt.encode(
            claims | {"token_type": "access"}, settings.JWT_SECRET, "HS256"
        ),
        "as a refresh token": jwt.encode(
            claims | {"token_type": "refresh"}, settings.JWT_SECRET, "HS256"
        ),
        "unknown": token_of_key(unknown),
        "noise": jwt.encode(claims | {"sub": "x"}, settings.JWT_SECRET, "HS256"),
    }
    good = jwt.encode(claims, settings.JWT_SECRET, "HS256")

    def status(token):
        return key.get("/api/products", HTTP_AUTHORIZATION=f"Bearer {token}").status_code

    assert {name: status(token) for name, token in bad.items()} == dict.fromkeys(bad, 401)
    assert status(good) == 200


def test_a_key_is_no_refresh_token(key_of):
    key = key_of(*Scope.values)

    assert key.post("/api/auth/refresh", {"refresh": key.token}).status_code == 401


# --- What it leaves behind -----------------------------------------------------------------------


def test_what_a_key_does_is_done_in_its_name(key_of, tech, shop):
    key = key_of(
        Scope.WRITE_ORDERS,
        Scope.WRITE_STOCK,
        Scope.WRITE_CATALOGUE,
        host="tech.localhost",
        name="Warehouse",
    )
    author = "Warehouse (API key)"

    key.post("/api/stock-adjustments", {"sku": "L-1", "change": 3, "reason": "Count"})
    key.patch(f"/api/products/{shop.pk}", {"name": "Light"})
    made = key.post("/api/orders", _new_order(tech, shop)).json()
    in_tech()
    pay(Order.objects.get(pk=made["id"]))
    key.post(f"/api/orders/{made['id']}/fulfil", {})

    in_tech()
    movement = StockMovement.objects.get(kind=StockMovement.Kind.ADJUSTMENT)
    assert (movement.user_id, movement.user_name) == (key.key.pk, author)
    names = AuditEntry.objects.filter(object_type="product").values_list("user_name", flat=True)
    assert set(names) == {author}
    named = OrderEvent.objects.filter(user_id=key.key.pk)
    assert set(named.values_list("user_name", flat=True)) == {author}
    assert named.count() >= 2


def test_an_idempotency_key_belongs_to_the_api_key_that_sent_it(key_of, tech, shop):
    first, second = key_of(Scope.WRITE_ORDERS), key_of(Scope.WRITE_ORDERS)
    body = _new_order(tech, shop)

    answers = [
        caller.post("/api/orders", body, HTTP_IDEMPOTENCY_KEY="the same")
        for caller in (first, first, second)
    ]

    ids = [answer.json()["id"] for answer in answers]
    assert ids[0] == ids[1] != ids[2]
    assert answers[1]["Idempotent-Replayed"] == "true"


def test_a_call_costs_no_more_statements_than_a_users(key_of, owner, shop):
    key, user = key_of(Scope.READ_ORDERS), Caller(owner)
    order = make_order(shop)

    for path in ("/api/orders?tenant=tech", f"/api/orders/{order.pk}", "/api/tenants"):
        counts = []
        for caller in (user, key):
            caller.get(path)
            with CaptureQueriesContext(connection) as asked:
                assert caller.get(path).status_code == 200
            counts.append(len(asked))
        assert counts[1] <= counts[0], path


def test_when_it_was_used_is_written_once_a_minute(key_of):
    key = key_of(Scope.READ_CATALOGUE, host="tech.localhost")

    def used():
        key.get("/api/products")
        return ApiKey.objects.values_list("last_used_at", flat=True).get(pk=key.key.pk)

    first = used()
    assert timezone.now() - first < timedelta(minutes=1)
    earlier = timezone.now() - timedelta(seconds=50)
    ApiKey.objects.filter(pk=key.key.pk).update(last_used_at=earlier)
    assert used() == earlier
    ApiKey.objects.filter(pk=key.key.pk).update(last_used_at=earlier - timedelta(seconds=20))
    assert used() > earlier


@override_settings(API_RATE_PER_MINUTE=2)
def test_each_key_has_a_count_of_its_own(key_of):
    key, other = (key_of(Scope.READ_CATALOGUE, host="tech.localhost") for _ in range(2))

    statuses = [key.get("/api/products").status_code for _ in range(3)]

    assert statuses == [200, 200, 429]
    assert other.get("/api/products").status_code == 200


def test_the_description_names_the_scope_of_each_operation(stranger):
    document = stranger.get("/api/schema", HTTP_ACCEPT="application/json").json()

    paths = document["paths"]
    assert paths["/api/orders"]["post"]["security"] == [{"bearer": ["orders:write"]}]
    assert paths["/api/products"]["get"]["security"] == [{"bearer": ["catalogue:read"]}]
    assert paths["/api/stock-adjustments"]["post"]["security"] == [{"bearer": ["stock:write"]}]
    assert paths["/api/tenants"]["get"]["security"] == [{"bearer": []}]
    assert "API key" in document["components"]["securitySchemes"]["bearer"]["description"]


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("one_live_api_key_of_a_name", {"name": "ERP", "scopes": [Scope.READ_ORDERS]}),
        ("an_api_key_may_do_something", {"name": "Other", "scopes": []}),
    ],
)
def test_the_database_refuses_two_of_a_name_and_a_key_for_nothing(tech, constraint, fields):
    ApiKey.objects.create(tenant=tech, name="ERP", scopes=[Scope.READ_ORDERS])

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ApiKey.objects.create(tenant=tech, **fields)
