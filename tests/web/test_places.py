"""What opens something is worth something where it was given: in that shop, on that very host."""

import json
import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from tenants.middleware import PLACE_KEY, StaffSessionMiddleware
from tenants.models import Domain, Tenant
from tenants.resolution import clear_cache
from tenants.services import add_domain
from tests.checkout.conftest import SAME_ORIGIN
from tests.factories import PASSWORD, make_member, make_product, make_user

pytestmark = pytest.mark.django_db

DOMAIN = "gadgets.example"
# Each place a shop or the platform has: its host, and the mount.
PLACES = {
    "shop": ("tech.localhost", ""),
    "domain": (DOMAIN, ""),
    "other shop": ("outdoor.localhost", ""),
    "platform": ("localhost", ""),
    "platform by address": ("127.0.0.1", ""),
    "mount": ("localhost", "/stores/tech"),
    "other mount": ("localhost", "/stores/outdoor"),
}


@pytest.fixture(autouse=True)
def domain(tech, outdoor):
    """Tech Gadgets has a host of its own too."""
    connection.set_schema_to_public()
    made = add_domain(tech, DOMAIN, is_primary=True)
    clear_cache()
    return made


@pytest.fixture
def everybody(domain):
    """Somebody with rights everywhere, so that the session alone decides."""
    return make_user("staff@example.com", is_superuser=True)


@pytest.fixture
def variant(tech):
    """What a form names to put Headphones into the cart."""
    connection.set_tenant(tech)
    made = make_product("Headphones").variants.get().pk
    connection.set_schema_to_public()
    return {"variant": str(made)}


def name_at(place, name="session"):
    mount = PLACES[place][1]
    return f"{name}-{mount.rpartition('/')[2]}" if mount else name


def sign_in(place, email="staff@example.com", **client):
    """A browser that signed in there."""
    host, mount = PLACES[place]
    browser = Client(HTTP_HOST=host, **client)
    fields = {"username": email, "password": PASSWORD}
    assert browser.post(f"{mount}/admin/login/", fields).status_code == 302
    return browser


def is_in(browser, place):
    """Whether the back office there is open, or asks to sign in."""
    response = browser.get(f"{PLACES[place][1]}/admin/")
    assert response.status_code in {200, 302}
    return response.status_code == 200


@pytest.mark.parametrize("opened", PLACES)
def test_a_session_of_staff_is_one_where_it_was_opened_and_nowhere_else(everybody, opened):
    browser = sign_in(opened)
    stolen = browser.cookies[name_at(opened)].value
    assert is_in(browser, opened)

    for place in PLACES.keys() - {opened}:
        thief = Client(HTTP_HOST=PLACES[place][0])
        thief.cookies[name_at(place)] = stolen
        assert not is_in(thief, place), place
        # Nothing of it ended: nobody is signed out by what strangers send.
        assert thief.cookies[name_at(place)].value == stolen
        thief.post(f"{PLACES[place][1]}/admin/logout/")
    assert is_in(browser, opened)


def test_a_host_that_leads_to_another_shop_now_knows_nobody_of_the_first(everybody, domain):
    browser = sign_in("domain")
    Domain.objects.filter(pk=domain.pk).update(tenant=Tenant.objects.get(slug="outdoor"))
    clear_cache()

    assert not is_in(browser, "domain")
    assert "Outdoor Adventures" in browser.get("/admin/", follow=True).content.decode()


def test_whoever_signs_in_where_a_strange_session_came_along_leaves_that_one_be(everybody):
    at_home = sign_in("shop")
    browser = Client(HTTP_HOST="outdoor.localhost")
    browser.cookies["session"] = at_home.cookies["session"].value
    browser.post("/admin/login/", {"username": "staff@example.com", "password": PASSWORD})

    assert is_in(browser, "other shop")
    assert is_in(at_home, "shop")
    assert Session.objects.count() == 2


def test_the_port_and_the_case_of_a_host_are_no_other_place(everybody):
    browser = sign_in("shop")

    for written in ("tech.localhost:8000", "TECH.localhost"):
        assert browser.get("/admin/", HTTP_HOST=written).status_code == 200


def test_a_session_that_names_no_place_is_nobodys(everybody):
    browser = sign_in("shop")
    session = browser.session
    del session[PLACE_KEY]
    session.save()

    assert not is_in(browser, "shop")


def test_signing_out_ends_the_session_and_its_cookie(everybody):
    browser = sign_in("shop")

    browser.post("/admin/logout/")

    assert browser.cookies["session"].value == ""
    assert not Session.objects.exists()


def test_what_a_page_has_to_say_is_said_in_its_own_shop(everybody):
    browser = sign_in("mount")
    sign = {"username": "staff@example.com", "password": PASSWORD}
    browser.post("/stores/outdoor/admin/login/", sign)
    fields = {"name": "Secret", "slug": "secret", "parent": "", "position": "0"}
    assert browser.post("/stores/tech/admin/catalog/category/add/", fields).status_code == 302

    elsewhere = browser.get("/stores/outdoor/admin/catalog/category/").content.decode()
    assert "Secret" not in elsewhere
    assert "Secret" in browser.get("/stores/tech/admin/").content.decode()


@pytest.mark.parametrize("place", ["domain", "mount", "other shop"])
def test_a_cart_is_one_where_it_was_filled(variant, place):
    shopper = Client(HTTP_HOST="tech.localhost")
    shopper.post("/cart/add/", variant, **SAME_ORIGIN)
    assert "Headphones" in shopper.get("/cart/").content.decode()

    host, mount = PLACES[place]
    other = Client(HTTP_HOST=host)
    other.cookies[name_at(place, "cart")] = shopper.cookies["cart"].value

    assert "Your cart is empty." in other.get(f"{mount}/cart/").content.decode()
    assert "Headphones" in shopper.get("/cart/").content.decode()


def test_every_cookie_in_production_is_its_hosts_own_and_never_sent_in_clear():
    environment = {
        "PYCOMMERCE_MODE": "production",
        "SECRET_KEY": "s" * 40,
        "JWT_SECRET": "j" * 40,
        "BASE_HOST": "shops.example",
        "DATABASE_URL": "postgres://nobody@localhost/nothing",
    }
    names = ("SESSION", "CSRF", "CART", "CUSTOMER")
    program = (
        "import json; from pycommerce import settings as s; print(json.dumps("
        f"[getattr(s, name + '_COOKIE_NAME') for name in {names}]"
        "+ [s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.HTTPS_REQUIRED]))"
    )
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("PYCOMMERCE")
    }
    told = subprocess.run(
        [sys.executable, "-c", program],
        cwd=settings.BASE_DIR,
        env=inherited | environment,
        capture_output=True,
        check=True,
    )

    cookies = [f"__Host-{name.lower()}" for name in names]
    assert json.loads(told.stdout) == [*cookies, True, True, True]


@pytest.mark.parametrize(("mount", "prefix"), [("", "__Host-"), ("/stores/tech", "__Secure-")])
def test_every_cookie_over_https_is_set_as_its_name_promises(
    everybody, variant, settings, mount, prefix
):
    settings.HTTPS_REQUIRED = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    for name in ("session", "csrf", "cart"):
        setattr(settings, f"{name.upper()}_COOKIE_NAME", f"__Host-{name}")
    browser = Client(HTTP_HOST="localhost" if mount else "tech.localhost")
    fields = {"username": "staff@example.com", "password": PASSWORD}
    browser.get(f"{mount}/admin/login/", secure=True)
    browser.post(f"{mount}/admin/login/", fields, secure=True)
    browser.post(f"{mount}/cart/add/", variant, secure=True, **SAME_ORIGIN)

    suffix = "-tech" if mount else ""
    wanted = {f"{prefix}{name}{suffix}" for name in ("session", "csrf", "cart")}
    assert set(browser.cookies) == wanted | {f"cart_count{suffix}"}
    for cookie in browser.cookies.values():
        assert cookie["secure"]
        assert cookie["domain"] == ""
        assert cookie["path"] == f"{mount}/"
        assert cookie["samesite"] == "Lax"


def test_a_member_is_in_on_each_host_of_the_shop_by_signing_in_there(tech):
    make_member(tech, "viewer", email="anna@example.com")

    for place in ("shop", "domain", "mount"):
        assert is_in(sign_in(place, "anna@example.com"), place)


def _token_on(page):
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode()).group(1)


@pytest.mark.parametrize("place", ["shop", "mount"])
def test_forms_are_signed_with_a_cookie_of_their_place(everybody, place):
    host, mount = PLACES[place]
    browser = Client(HTTP_HOST=host, enforce_csrf_checks=True)
    token = _token_on(browser.get(f"{mount}/admin/login/"))
    fields = {"username": "staff@example.com", "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert browser.post(f"{mount}/admin/login/", fields).status_code == 302

    add = f"{mount}/admin/catalog/category/add/"
    fields = {"name": "New", "slug": "new", "parent": "", "position": "0"}
    fields["csrfmiddlewaretoken"] = _token_on(browser.get(add))
    assert browser.post(add, fields).status_code == 302
    assert browser.cookies[name_at(place, "csrf")]["path"] == f"{mount}/"
    assert len([name for name in browser.cookies if "csrf" in name]) == 1


def test_a_session_that_ended_while_a_page_was_made_has_the_page_asked_for_again(rf, tech):
    """As where a form is sent twice, and the first one got the session another key."""
    desk = Client(HTTP_HOST="tech.localhost")
    desk.force_login(make_member(tech))
    request = rf.post("/admin/second-factor/?x=1", HTTP_HOST="tech.localhost")
    request.COOKIES = {name: cookie.value for name, cookie in desk.cookies.items()}
    request.tenant, request.mount, request.host = tech, "", "tech.localhost"

    def end_meanwhile(asked):
        asked.session["seed"] = "x"
        Session.objects.all().delete()
        return HttpResponse("made")

    response = StaffSessionMiddleware(end_meanwhile)(request)

    assert (response.status_code, response["Location"]) == (302, "/admin/second-factor/?x=1")
    assert not Session.objects.exists()
