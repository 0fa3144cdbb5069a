"""Rows within forms that somebody tampered with: the form names what is wrong."""

import pytest
from django.db import connection
from django.test import Client

from catalog.models import FeaturedCategory, HomePage, Variant
from tenants.models import Domain, Membership
from tests.admin.conftest import sent_by
from tests.admin.test_meanwhile import words_shown
from tests.factories import make_category, make_member, make_product, make_user

pytestmark = pytest.mark.django_db


def _product(tech):
    return f"/admin/catalog/product/{make_product('Lamp').pk}/change/", "variants", Variant


def _home(tech):
    FeaturedCategory.objects.create(home=HomePage.objects.get(), category=make_category("A"))
    return "/admin/catalog/homepage/1/change/", "categories", FeaturedCategory


def _shop(tech):
    Domain.objects.create(tenant=tech, domain="a.example.org")
    return f"/admin/tenants/tenant/{tech.pk}/change/", "domains", Domain


def _user(tech):
    user = make_member(tech, email="m@example.com")
    return f"/admin/tenants/user/{user.pk}/change/", "memberships", Membership


TAMPERED = {
    "missing": ({"TOTAL_FORMS": None, "INITIAL_FORMS": None}, ("TOTAL_FORMS", "INITIAL_FORMS")),
    "no number": ({"TOTAL_FORMS": "x"}, ("TOTAL_FORMS",)),
    "negative": ({"TOTAL_FORMS": "-1"}, ("TOTAL_FORMS",)),
    "more there than sent": ({"INITIAL_FORMS": "7"}, ("INITIAL_FORMS",)),
    "negative there": ({"INITIAL_FORMS": "-1"}, ("INITIAL_FORMS",)),
    "there, and to be added": ({"INITIAL_FORMS": "0"}, ("0-id",)),
}


@pytest.mark.parametrize("tampered", TAMPERED)
@pytest.mark.parametrize("make", [_product, _home, _shop, _user])
def test_rows_that_no_page_sends_are_refused_and_named(desk, tech, make, tampered):
    is_platform = make in {_shop, _user}
    if is_platform:
        connection.set_schema_to_public()
        desk = Client(HTTP_HOST="localhost")
        desk.force_login(make_user(is_superuser=True))
    address, prefix, model = make(tech)
    changes, names = TAMPERED[tampered]
    data = sent_by(desk.get(address)) | {f"{prefix}-{name}": to for name, to in changes.items()}
    before = model.objects.count()

    response = desk.post(
        address, {name: value for name, value in data.items() if value is not None}
    )

    assert response.status_code == 200
    named = ", ".join(f"{prefix}-{name}" for name in names)
    said = f"The form was not sent as its page has it ({named}"
    assert said in words_shown(response)
    if not is_platform:
        connection.set_tenant(tech)
    assert model.objects.count() == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"form-INITIAL_FORMS": None}, "(form-INITIAL_FORMS): load the page again. Nothing was"),
        ({"form-INITIAL_FORMS": "x"}, "(form-INITIAL_FORMS): load the page again. Nothing was"),
        ({"form-INITIAL_FORMS": "9"}, "(form-INITIAL_FORMS): load the page again. Nothing was"),
        ({"form-TOTAL_FORMS": None}, "Nothing was saved."),
        ({"form-TOTAL_FORMS": "x"}, "Nothing was saved."),
        ({"form-0-id": None}, "Nothing was saved."),
    ],
)
def test_a_list_that_no_page_sends_is_refused(desk, tech, change, said):
    make_product("Lamp", price="10.00")
    data = sent_by(desk.get("/admin/catalog/product/"))
    data |= {"form-0-price_shown": "12.00", "_save": "1"} | change

    sent = {name: value for name, value in data.items() if value is not None}
    response = desk.post("/admin/catalog/product/", sent, follow=True)

    assert response.status_code == 200
    assert said in words_shown(response)
    connection.set_tenant(tech)
    assert Variant.objects.get().price == 10
