"""A shop that another process deleted, asked for where it is still known: as if it never was."""

import json
import re
import time

import pytest
from django.test import Client

from pycommerce.db import connection
from tenants import resolution
from tenants.changes import changes
from tenants.errors import TenantNotFound
from tenants.services import ending
from tenants.services.lifecycle import delete_tenant
from tenants.services.tokens import issue_tokens
from tests.factories import PASSWORD, make_product, make_user

pytestmark = pytest.mark.django_db(transaction=True)

PLACES = {"by host": ("{}.localhost", ""), "under a mount": ("localhost", "/stores/{}")}
PAGES = ["/", "/products/", "/cart/", "/account/"]
ADMIN = ["/admin/", "/admin/catalog/product/add/", "/admin/orders/order/"]
CALLS = ["/api/products", "/api/orders", "/api/categories", "/api/products/lamp"]


@pytest.fixture
def gone(tech, tmp_path):
    """Makes this process one that has just heard of Tech Gadgets, which is there no longer."""
    make_product("Lamp")
    delete_tenant(tech, export_to=tmp_path / "tech.zip")

    def know():
        resolution.clear_cache()
        connection.set_schema_to_public()
        changes.looked_at = time.monotonic()
        for key in (("slug", "tech"), ("id", str(tech.pk))):
            assert resolution._tenants.get(key, lambda: tech) is tech

    return know


@pytest.fixture
def platform_staff(db):
    return make_user(is_superuser=True)


def browser(host):
    return Client(HTTP_HOST=host, raise_request_exception=False)


def answer_of(response):
    """Status and text, without what differs from request to request or by the shop's address."""
    text = re.sub(r'"request_id":"\w+"', "", response.content.decode())
    text = re.sub(r'(csrf\w+" value=")\w+', r"\1", text)
    return response.status_code, response["Content-Type"], re.sub(r"\b(tech|nowhere)\b", "…", text)


@pytest.mark.parametrize("place", PLACES)
def test_its_pages_are_those_of_an_unknown_shop(gone, place):
    host, mount = PLACES[place]
    for path in PAGES:
        gone()
        known, unknown = (
            browser(host.format(slug)).get(mount.format(slug) + path)
            for slug in ("tech", "nowhere")
        )

        assert known.status_code == 404, path
        assert answer_of(known) == answer_of(unknown), path


@pytest.mark.parametrize("place", PLACES)
def test_its_back_office_is_gone_for_the_platform_staff(gone, platform_staff, place):
    host, mount = (each.format("tech") for each in PLACES[place])
    desk = browser(host)
    signed_in = {"username": platform_staff.email, "password": PASSWORD}
    gone()
    desk.post(f"{mount}/admin/login/", signed_in)
    assert desk.cookies

    for path in ADMIN:
        gone()
        assert desk.get(mount + path).status_code == 404, path


@pytest.mark.parametrize("place", [*PLACES, "by name"])
def test_a_call_is_told_that_there_is_no_such_shop(gone, platform_staff, place):
    host, mount = PLACES.get(place, ("localhost", ""))
    token = issue_tokens(platform_staff)["access"]
    headers = {"Authorization": f"Bearer {token}"}
    for path in CALLS:
        gone()
        known, unknown = (
            browser(host.format(slug)).get(
                mount.format(slug) + path,
                {"tenant": slug} if place == "by name" else {},
                headers=headers,
            )
            for slug in ("tech", "nowhere")
        )

        assert known.status_code == 404, path
        assert known.json()["error"]["code"] == "tenant_not_found"
        assert answer_of(known) == answer_of(unknown), path


def test_nothing_is_written_by_a_call_that_comes_too_late(gone, platform_staff, tech):
    token = issue_tokens(platform_staff)["access"]
    body = {"sku": "x", "change": 1, "reason": "x"}
    gone()

    response = browser("localhost").post(
        "/api/stock-adjustments?tenant=tech",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "once"},
    )

    assert response.status_code == 404
    assert response.json()["error"]["code"] == "tenant_not_found"


@pytest.mark.parametrize(
    "step",
    [
        lambda shop, user: ending.suspend(shop, reason="x", user=user),
        lambda shop, user: ending.reopen(shop, user=user),
        lambda shop, user: ending.take_back(shop, user=user, by_platform=True),
        lambda shop, user: ending.plan_deletion(
            shop, typed_slug="tech", user=user, by_platform=True
        ),
    ],
)
def test_a_step_of_the_platform_that_comes_too_late_is_refused(gone, platform_staff, tech, step):
    connection.set_schema_to_public()

    with pytest.raises(TenantNotFound, match="tech"):
        step(tech, platform_staff)


def test_control_a_failure_in_a_shop_that_is_there_stays_one(outdoor):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_category RENAME COLUMN name TO lost")

    response = browser("outdoor.localhost").get("/")

    assert response.status_code == 500
