"""API keys at the desk: made, shown once, revoked, by owners alone."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tenants.models import ApiKey, Scope
from tenants.shop.models import AuditEntry
from tests.admin.conftest import words
from tests.api.conftest import in_tech

KEYS = "/admin/tenants/apikey/"
NEW = {"name": "Warehouse", "scopes": [Scope.READ_CATALOGUE.value]}


def _token(page):
    return page.context["token"]


def test_an_owner_makes_a_key_that_works_and_is_shown_once(desk):
    page = desk.post(f"{KEYS}add/", NEW)

    assert page.status_code == 200
    assert _token(page) in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    api = Client(HTTP_HOST="tech.localhost", HTTP_AUTHORIZATION=f"Bearer {_token(page)}")
    assert api.get("/api/products").status_code == 200
    in_tech()
    key = ApiKey.objects.get()
    assert (key.created_by_name, key.scopes) == ("owner@example.com", ["catalogue:read"])
    for path in (KEYS, f"{KEYS}{key.pk}/change/", "/admin/shop/auditentry/", "/admin/"):
        assert _token(page) not in desk.get(path, follow=True).content.decode()
    assert "Warehouse" in words(desk.get(KEYS))


def test_the_same_form_sent_again_makes_no_second_key(desk):
    desk.post(f"{KEYS}add/", NEW)

    again = desk.post(f"{KEYS}add/", NEW)

    assert "A key of this name is there already" in words(again)
    assert ApiKey.objects.count() == 1


def test_a_revoked_key_stays_in_the_list_and_its_name_is_free(desk):
    token = _token(desk.post(f"{KEYS}add/", NEW))
    key = ApiKey.objects.get()

    desk.post(f"{KEYS}{key.pk}/revoke/")

    api = Client(HTTP_HOST="tech.localhost", HTTP_AUTHORIZATION=f"Bearer {token}")
    assert api.get("/api/products").status_code == 401
    assert "revoked" in words(desk.get(KEYS))
    assert "Revoke the key" not in words(desk.get(f"{KEYS}{key.pk}/change/"))
    assert desk.post(f"{KEYS}add/", NEW).status_code == 200
    in_tech()
    assert ApiKey.objects.filter(revoked_at=None).count() == 1
    history = list(AuditEntry.objects.values_list("action", "user_name").order_by("created_at"))
    assert history == [(each, "owner@example.com") for each in ("create", "change", "create")]


def test_looking_at_the_address_of_revoking_revokes_nothing(desk):
    desk.post(f"{KEYS}add/", NEW)
    key = ApiKey.objects.get()

    desk.get(f"{KEYS}{key.pk}/revoke/")

    assert ApiKey.objects.get().revoked_at is None


def test_the_last_day_is_a_whole_day_of_the_shops_clock(desk, tech):
    tech.time_zone = "Asia/Tokyo"
    tech.save()
    day = timezone.localdate() + timedelta(days=3)

    desk.post(f"{KEYS}add/", NEW | {"last_day": day.isoformat()})

    in_tech()
    assert ApiKey.objects.get().expires_at.isoformat() == f"{day}T14:59:59+00:00"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"scopes": []}, "Allow it something."),
        ({"scopes": ["all"]}, "all is not one of the available choices."),
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"last_day": "2020-01-01"}, "This day is in the past."),
        ({"last_day": "9999-12-31"}, "Choose a day within 100 years, or none."),
    ],
)
def test_a_form_that_is_wrong_makes_no_key(desk, data, problem):
    page = desk.post(f"{KEYS}add/", NEW | data)

    assert problem in words(page)
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("role", ["manager", "fulfilment", "viewer"])
def test_only_owners_connect_other_systems(desk, desk_of, role):
    desk.post(f"{KEYS}add/", NEW)
    key = ApiKey.objects.get()
    other = desk_of(role)

    for path in (KEYS, f"{KEYS}add/", f"{KEYS}{key.pk}/change/", f"{KEYS}{key.pk}/revoke/"):
        assert other.get(path).status_code == 403
        assert other.post(path, NEW | {"name": "Mine"}).status_code == 403
    assert ApiKey.objects.get().revoked_at is None
    assert KEYS not in other.get("/admin/").content.decode()
