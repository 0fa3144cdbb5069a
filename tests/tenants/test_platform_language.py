"""The platform's own pages speak the visitor's language, and no cache mixes two."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from tenants.jobs import mail_sign_up
from tenants.models import SignUp, Tenant
from tests.factories import PASSWORD

GERMAN = {"HTTP_ACCEPT_LANGUAGE": "de-AT,de;q=0.9,en;q=0.5"}
OURS = {"HTTP_SEC_FETCH_SITE": "same-origin"}
PAGES = ["/", "/open-a-shop/", "/open-a-shop/sent/", "/open-a-shop/nonsense/", "/nothing/"]
PAGES += ["/sign-in/", "/sign-in/sent/", "/stores/nobody/", "/mail/", "/stripe-demo/"]


def german(host: str = "localhost") -> Client:
    return Client(HTTP_HOST=host, **GERMAN, **OURS)


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture(autouse=True)
def _kept_mails(settings, tmp_path):
    settings.EMAIL_CONFIG = {"EMAIL_FILE_PATH": str(tmp_path)}
    settings.MAIL_IS_KEPT = True


@pytest.mark.parametrize("path", PAGES)
def test_a_page_speaks_what_the_browser_asks_for_and_says_so_to_caches(db, path):
    english, in_german = Client(HTTP_HOST="localhost").get(path), german().get(path)

    assert '<html lang="en">' in words(english)
    assert '<html lang="de">' in words(in_german)
    for response, language in ((english, "en"), (in_german, "de")):
        assert response["Content-Language"] == language
        assert {"Accept-Language", "Cookie"} <= set(re.split(r",\s*", response["Vary"]))


def test_a_host_of_no_shop_speaks_the_visitors_language(db):
    response = german("nobody.localhost").get("/")

    assert '<html lang="de">' in words(response)
    assert "Accept-Language" in response["Vary"]


def test_another_language_is_chosen_by_a_link_and_remembered(db):
    client = german()
    page = words(client.get("/?page=1"))
    assert 'href="?page=1&amp;language=en"' in page
    assert 'href="?page=1&amp;language=de"' not in page

    chosen = client.get("/?page=1&language=en")

    assert '<html lang="en">' in words(chosen)
    cookie = chosen.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert (cookie.value, cookie["samesite"], cookie["httponly"]) == ("en", "Lax", True)
    assert '<html lang="en">' in words(client.get("/open-a-shop/"))
    # Told once: what is remembered already is not set again.
    assert client.get("/?language=en").cookies == {}


@pytest.mark.parametrize("language", ["fr", "", "DE", "../de"])
def test_a_language_that_there_is_not_changes_nothing(db, language):
    response = Client(HTTP_HOST="localhost").get("/nothing/", {"language": language})

    assert '<html lang="en">' in words(response)
    assert response.cookies == {}


def test_search_engines_find_the_landing_page_in_each_language(db):
    page = words(Client(HTTP_HOST="localhost").get("/?language=de"))

    assert '<link rel="canonical" href="http://localhost/?language=de">' in page
    for language, address in {
        "en": "/?language=en",
        "de": "/?language=de",
        "x-default": "/",
    }.items():
        assert f'hreflang="{language}" href="http://localhost{address}"' in page


def test_the_landing_page_stays_as_public_as_it_was(db):
    assert german().get("/")["Cache-Control"] == "public, max-age=10"


def test_the_back_office_and_the_api_stay_in_english(db):
    assert "Sign in" in words(german().get("/admin/login/"))
    answer = german().get("/api/tenants")
    assert answer.json()["error"]["message"] == "Authentication is required."
    assert "Content-Language" not in answer


# --- Opening a shop ---------------------------------------------------------------------------


def form(**changed: str) -> dict[str, str]:
    return {
        "name": "Teeladen",
        "slug": "teeladen",
        "country": "CH",
        "currency": "CHF",
        "language": "de",
        "time_zone": "Europe/Zurich",
        "email": "ann@example.com",
        "password": PASSWORD,
        "website": "",
    } | changed


def chosen(page: str, field: str) -> str:
    select = re.search(rf'name="{field}".*?</select>', page)
    assert select
    found = re.search(r'value="(\w+)" selected', select.group(0))
    assert found
    return found.group(1)


def test_the_form_proposes_a_german_shop_with_german_names(db):
    page = words(german().get("/open-a-shop/"))

    assert (chosen(page, "language"), chosen(page, "currency")) == ("de", "EUR")
    assert ">Österreich</option>" in page
    assert ">Schweizer Franken (CHF)</option>" in page
    assert page.index(">Österreich<") < page.index(">Polen<")


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("name", "!!!", "mindestens einen Buchstaben oder eine Ziffer"),
        ("slug", "admin", "ist der Plattform vorbehalten"),
        ("slug", "x", "Verwenden Sie 2 bis 40 Zeichen."),
        ("slug", "mein shop", "Verwenden Sie Kleinbuchstaben"),
        ("slug", "tech", "Ein anderer Shop hat die Adresse „tech“."),
        ("email", "ann", "E-Mail-Adresse"),
        ("password", "short", "Passwort ist zu kurz"),
    ],
)
def test_what_is_wrong_is_said_in_the_language_of_the_form(tech, field, value, problem):
    answer = german().post("/open-a-shop/", form(**{field: value}))

    assert answer.status_code == 400
    assert problem in words(answer)
    assert "markierten Felder" in words(answer)


def test_a_form_from_elsewhere_is_refused_in_the_visitors_language(db):
    client = Client(HTTP_HOST="localhost", **GERMAN, HTTP_SEC_FETCH_SITE="cross-site")

    assert "Das hat nicht geklappt" in words(client.post("/open-a-shop/", form()))


def test_an_address_is_looked_at_in_the_visitors_language(tech):
    answer = german().get("/open-a-shop/address/", {"slug": "tech"})

    assert answer.json()["problem"] == "Ein anderer Shop hat die Adresse „tech“."
    assert "Accept-Language" in answer["Vary"]


def test_the_mail_is_in_the_language_of_the_form_and_the_shop_in_the_one_it_chose(db):
    client = german()
    client.post("/open-a-shop/", form(language="en"))
    mail_sign_up(**ProcrastinateJob.objects.get(task_name="tenants.jobs.mail_sign_up").args)

    (message,) = mail.outbox
    html = str(message.alternatives[0][0])
    assert message.subject == "Eröffnen Sie Ihren Shop"
    assert "möchte unter teeladen.localhost einen Shop eröffnen" in message.body
    assert '<html lang="de">' in html
    assert "Den Shop eröffnen" in html
    link = re.search(r"http://localhost(/open-a-shop/\S+)", message.body)
    assert link
    assert "Teeladen eröffnen" in words(client.get(link.group(1)))
    client.post(link.group(1))
    assert Tenant.objects.get(slug="teeladen").language == "en"
    assert SignUp.objects.get().opened_at


def test_a_german_shop_greets_in_german(db):
    client = german()
    client.post("/open-a-shop/", form())
    mail_sign_up(**ProcrastinateJob.objects.get(task_name="tenants.jobs.mail_sign_up").args)
    link = re.search(r"http://localhost(/open-a-shop/\S+)", mail.outbox[0].body)
    assert link
    client.post(link.group(1))

    home = words(Client(HTTP_HOST="teeladen.localhost").get("/"))

    assert '<html lang="de">' in home
    assert Tenant.objects.get(slug="teeladen").currency == "CHF"
