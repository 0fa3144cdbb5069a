"""From the platform's pages to the back office of a shop: by its address, or by a mail."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from tenants.jobs import mail_shops
from tenants.models import Domain, PasswordRequest, Tenant
from tests.factories import make_member, make_user

OURS = {"HTTP_SEC_FETCH_SITE": "same-origin"}
ANN = "ann@example.com"


@pytest.fixture
def browser() -> Client:
    return Client(HTTP_HOST="localhost", **OURS)


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


def problem(response: Any, field: str) -> str:
    found = re.search(rf'id="id_{field}_error">([^<]*)<', words(response))
    return found.group(1) if found else ""


def mailed() -> list[Any]:
    """Have the worker send what waits; the mails."""
    mail.outbox.clear()
    for job in ProcrastinateJob.objects.filter(task_name="tenants.jobs.mail_shops"):
        mail_shops(**job.args)
    return mail.outbox


@pytest.mark.parametrize("path", ["/", "/open-a-shop/", "/nothing/", "/sign-in/"])
def test_the_platforms_pages_lead_there(browser, tech, path):
    assert '<a href="/sign-in/">Sign in</a>' in words(browser.get(path))


# --- By address -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "tech",
        " Tech ",
        "tech.localhost",
        "tech.localhost:8000",
        "http://tech.localhost/products/?page=2",
        "HTTPS://TECH.LOCALHOST",
        "localhost/stores/tech/",
        "http://localhost:8000/stores/tech",
        "shop.example.org",
        "https://shop.example.org/#top",
        "bücher.example",
    ],
)
def test_an_address_leads_to_the_shops_own_sign_in(browser, tech, written):
    for domain in ("shop.example.org", "xn--bcher-kva.example"):
        Domain.objects.create(domain=domain, tenant=tech, proven_at=timezone.now())

    answer = browser.post("/sign-in/", {"shop": written})

    assert answer.status_code == 302
    # On a host of the installation: a domain may lead elsewhere any day.
    assert answer["Location"] == "http://tech.localhost/admin/"


def test_the_answer_may_lead_to_a_shops_host(db):
    page = Client().get("/sign-in/", HTTP_HOST="localhost:8123")

    assert "form-action 'self' http://*.localhost:8123;" in page["Content-Security-Policy"]
    assert "my-shop.localhost:8123" in words(page)


def test_over_a_bare_address_a_shop_is_entered_by_path(tech):
    answer = Client(HTTP_HOST="127.0.0.1:8000", **OURS).post("/sign-in/", {"shop": "tech"})

    assert answer["Location"] == "/stores/tech/admin/"


def test_a_closed_shop_is_entered_as_well(browser, tech):
    Tenant.objects.filter(pk=tech.pk).update(active=False)

    answer = browser.post("/sign-in/", {"shop": "tech"})

    assert answer["Location"] == "http://tech.localhost/admin/"


@pytest.mark.parametrize(
    "written",
    [
        "nobody",
        "nobody.localhost",
        "localhost",
        "localhost/stores/nobody/",
        "evil.example",
        "unproven.example",
        "//evil.example/",
        "a..b",
        "-",
        "[::1]",
        "☃.example",
        "x" * 300,
    ],
)
def test_what_is_no_shops_address_leads_nowhere(browser, tech, written):
    Domain.objects.create(domain="unproven.example", tenant=tech)

    answer = browser.post("/sign-in/", {"shop": written})

    assert answer.status_code == 400
    assert "There is no shop at this address." in problem(answer, "shop")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "This field is required."),
        ("ann@example.com", "This is an e-mail address."),
        ("x" * 301, "at most 300 characters"),
    ],
)
def test_what_is_no_address_is_said_at_the_field(browser, db, written, said):
    answer = browser.post("/sign-in/", {"shop": written})

    assert answer.status_code == 400
    assert said in problem(answer, "shop")
    assert 'aria-invalid="true" aria-describedby="id_shop_error"' in words(answer)


@pytest.mark.parametrize("path", ["/sign-in/", "/sign-in/shops/"])
def test_a_form_from_elsewhere_is_refused(tech, path):
    stranger = Client(HTTP_HOST="localhost", HTTP_SEC_FETCH_SITE="cross-site")

    answer = stranger.post(path, {"shop": "tech", "email": ANN})

    assert answer.status_code == 403
    assert "works on its own page only" in words(answer)
    assert PasswordRequest.objects.count() == 0


@pytest.mark.parametrize("path", ["/sign-in/", "/sign-in/shops/"])
def test_text_that_cannot_be_stored_is_refused(browser, db, path):
    answer = browser.post(path, {"shop": "tech\x00", "email": "a\x00@example.com"})

    assert answer.status_code == 400


# --- By mail ----------------------------------------------------------------------------------


def test_the_mail_names_the_shops_of_its_reader_and_no_other(browser, tech, outdoor):
    make_member(tech, email=ANN)
    make_member(outdoor, email="bob@example.com")
    Domain.objects.create(domain="shop.example.org", tenant=tech, proven_at=timezone.now())

    answer = browser.post("/sign-in/shops/", {"email": " Ann@Example.com "})

    assert answer["Location"] == "/sign-in/sent/"
    (message,) = mailed()
    assert (message.to, message.subject) == ([ANN], "Where you sign in")
    for text in (message.body, message.alternatives[0][0]):
        assert "Tech Gadgets" in text
        assert "http://tech.localhost/admin/" in text
        assert "shop.example.org" not in text
        assert "Outdoor" not in text


def test_who_runs_the_platform_is_told_its_own_door_too(browser, db):
    make_user(ANN, is_superuser=True)
    browser.post("/sign-in/shops/", {"email": ANN})

    (message,) = mailed()

    assert "http://localhost/admin/" in message.body


def test_the_mail_is_in_the_language_of_who_asks(browser, tech):
    make_member(tech, email=ANN)
    browser.post("/sign-in/shops/", {"email": ANN}, HTTP_ACCEPT_LANGUAGE="de-AT,de")

    (message,) = mailed()

    assert message.subject == "Wo Sie sich anmelden"


def test_nobody_else_is_written_to_and_every_answer_is_the_same(browser, tech):
    make_member(tech, email=ANN)
    make_user("lone@example.com")
    closed = make_member(tech, email="closed@example.com")
    closed.is_active = False
    closed.save()
    asked = [ANN, "lone@example.com", "closed@example.com", "nobody@example.com"]

    answers = [browser.post("/sign-in/shops/", {"email": email}, follow=True) for email in asked]

    assert {answer.redirect_chain[-1] for answer in answers} == {("/sign-in/sent/", 302)}
    assert len({words(answer) for answer in answers}) == 1
    assert [message.to for message in mailed()] == [[ANN]]


def test_it_takes_as_many_statements_for_a_known_address(
    browser, tech, django_assert_num_queries, django_assert_max_num_queries
):
    make_member(tech, email=ANN)
    browser.post("/sign-in/shops/", {"email": "first@example.com"})
    with django_assert_max_num_queries(30) as known:
        browser.post("/sign-in/shops/", {"email": ANN})

    with django_assert_num_queries(len(known)):
        browser.post("/sign-in/shops/", {"email": "unknown@example.com"})


def test_an_address_gets_a_few_mails_an_hour_and_a_client_causes_few(browser, tech):
    make_member(tech, email=ANN)
    answers = [browser.post("/sign-in/shops/", {"email": ANN}) for _number in range(6)]

    assert [answer.status_code for answer in answers] == [302] * 6
    assert len(mailed()) == 5
    for number in range(15):
        browser.post("/sign-in/shops/", {"email": f"{number}@example.com"})
    refused = browser.post("/sign-in/shops/", {"email": "last@example.com"})
    assert refused.status_code == 429
    assert "Too many e-mails were requested." in words(refused)


@pytest.mark.parametrize(
    ("email", "said"), [("", "This field is required."), ("ann", "valid email address")]
)
def test_what_is_no_e_mail_address_is_said_at_the_field(browser, db, email, said):
    answer = browser.post("/sign-in/shops/", {"email": email})

    assert answer.status_code == 400
    assert said in problem(answer, "email")


def test_looking_at_it_sends_nothing(browser, db):
    assert browser.get("/sign-in/shops/")["Location"] == "/sign-in/"
    assert ProcrastinateJob.objects.filter(task_name="tenants.jobs.mail_shops").count() == 0
