"""Opening a shop by oneself: the form, the mailed link, and the way into the new shop."""

import re
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from orders.models import OrderSettings
from pycommerce.api.models import RateCounter
from pycommerce.core.errors import Refusal
from pycommerce.db import connection
from tenants.jobs import clean_up, mail_sign_up
from tenants.models import Membership, SecondFactor, SignUp, Tenant, User
from tenants.services.creating import create_tenant
from tenants.services.naming import RESERVED_SLUGS, clean_slug, propose_slug
from tenants.services.signing_up import entry_token_of, open_shop, send_confirmation
from tests.factories import PASSWORD, make_user

ASK = "/open-a-shop/"
OURS = {"HTTP_SEC_FETCH_SITE": "same-origin"}
ANN = "ann@example.com"


def browser(host: str = "localhost") -> Client:
    return Client(HTTP_HOST=host, **OURS)


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


def way_in(client: Client, address: str) -> str:
    """What the page behind the link sends to the new shop; "" where it sends nothing."""
    page = words(client.get(address))
    found = re.search(r'action="http://books\.localhost/admin/first-entry/"> <input (.*?)>', page)
    return re.findall(r'value="([^"]+)"', found.group(1))[0] if found else ""


def enter(client: Client, entry: str, origin: str = "http://localhost", **more: Any) -> Any:
    """What a browser does with that page's form."""
    more |= {"HTTP_SEC_FETCH_SITE": "same-site", "HTTP_ORIGIN": origin}
    return client.post("/admin/first-entry/", {"entry": entry}, **more)


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def form(**changed: str) -> dict[str, str]:
    return {
        "name": "Book Corner",
        "slug": "books",
        "country": "AT",
        "currency": "EUR",
        "language": "de",
        "time_zone": "Europe/Vienna",
        "email": ANN,
        "password": PASSWORD,
        "website": "",
    } | changed


def ask(client: Client | None = None, **changed: str) -> Any:
    address = changed.pop("REMOTE_ADDR", "127.0.0.1")
    return (client or browser()).post(ASK, form(**changed), REMOTE_ADDR=address)


def mailed() -> list[Any]:
    """Have the worker send what waits; the mails."""
    mail.outbox.clear()
    for job in ProcrastinateJob.objects.filter(task_name="tenants.jobs.mail_sign_up").order_by(
        "id"
    ):
        mail_sign_up(**job.args)
    return mail.outbox


def link() -> str:
    """The address in the newest mail, without its host."""
    found = re.search(r"http://localhost(/open-a-shop/\S+)", mailed()[-1].body)
    assert found
    return found.group(1)


def test_the_mail_names_the_shops_address_with_the_port_it_is_served_at(db):
    send_confirmation(str(asked_for("books").pk), "http://localhost:8001", "en")

    assert "a shop at books.localhost:8001. This link" in mail.outbox[-1].body


@pytest.fixture
def asked(db):
    """A browser in which Ann asked for a shop, and the link that she got."""
    client = browser()
    ask(client)
    return client, link()


def shops() -> set[str]:
    return set(Tenant.objects.values_list("slug", flat=True))


# --- The whole way ----------------------------------------------------------------------------


def test_the_link_opens_the_shop_and_its_owner_is_signed_in_there(asked):
    client, address = asked
    page = client.get(address)
    assert "Open Book Corner" in words(page)
    assert "books" not in shops()

    answer = client.post(address)

    tenant = Tenant.objects.get(slug="books")
    assert (tenant.name, tenant.currency, tenant.language, tenant.time_zone) == (
        "Book Corner",
        "EUR",
        "de",
        "Europe/Vienna",
    )
    member = Membership.objects.get(tenant=tenant)
    assert (member.user.email, member.role) == (ANN, "owner")
    assert answer["Location"] == address
    entered = enter(browser("books.localhost"), way_in(client, address), follow=True)
    assert entered.redirect_chain[-1][0] == "/admin/"
    assert "Book Corner is open. Welcome!" in words(entered)
    assert "Your first steps" in words(entered)


def test_the_new_shop_knows_its_country_and_whom_to_write_to(asked):
    client, address = asked
    client.post(address)

    connection.set_tenant(Tenant.objects.get(slug="books"))
    found = OrderSettings.objects.get()

    assert (found.country, found.contact_email, found.prices_include_tax) == ("AT", ANN, True)


def test_the_chosen_password_is_that_of_the_account_and_is_kept_nowhere_else(asked):
    client, address = asked
    assert PASSWORD not in str(SignUp.objects.values())
    client.post(address)

    signed_in = Client(HTTP_HOST="books.localhost").post(
        "/admin/login/", {"username": ANN, "password": PASSWORD}
    )

    assert signed_in.status_code == 302
    assert SignUp.objects.get().password == ""


def test_the_answer_may_lead_to_the_new_shop(asked):
    client, address = asked

    policy = client.get(address)["Content-Security-Policy"]

    assert "form-action 'self' http://*.localhost;" in policy


# --- Twice, late, or not at all ---------------------------------------------------------------


@pytest.fixture
def opened(asked):
    """The browser, and the link behind which the shop was opened just now."""
    client, address = asked
    client.post(address)
    return client, address


def test_a_second_click_opens_no_second_shop_and_leads_to_the_first(opened):
    client, address = opened

    assert client.post(address)["Location"] == address

    assert Tenant.objects.filter(name="Book Corner").count() == 1
    # Looked at twice, the page lets the owner in once.
    first, second = way_in(client, address), way_in(client, address)
    desk, other = browser("books.localhost"), browser("books.localhost")
    enter(desk, second)
    enter(other, first)
    assert (is_in(desk), is_in(other)) == (True, False)


def test_the_link_of_an_open_shop_leads_to_its_door(opened):
    client, address = opened
    assert "To your back office" in words(client.get(address))
    enter(browser("books.localhost"), way_in(client, address))

    page = words(client.get(address))

    assert "Book Corner is open" in page
    assert 'href="http://books.localhost/admin/"' in page
    assert way_in(client, address) == ""


def test_the_link_of_an_open_shop_lets_no_other_browser_in(opened):
    _client, address = opened
    phone = browser()
    assert "Book Corner is open" in words(phone.get(address))

    phone.post(address)

    assert way_in(phone, address) == ""


def test_a_first_way_in_is_used_up_and_its_own_shops_alone(opened):
    entry = way_in(*opened)
    elsewhere = browser("tech.localhost")
    assert enter(elsewhere, entry, follow=True).status_code == 200
    assert not is_in(elsewhere)
    desk = browser("books.localhost")
    enter(desk, entry)

    # Sent again, it leads on; elsewhere it leads to the door.
    assert enter(desk, entry)["Location"] == "/admin/"
    assert is_in(desk)
    thief = browser("books.localhost")
    enter(thief, entry)
    assert not is_in(thief)


@pytest.mark.parametrize("method", ["get", "head"])
def test_what_looks_at_addresses_uses_no_way_in(opened, method):
    client, address = opened
    entry = way_in(client, address)
    scanner, desk = browser("books.localhost"), browser("books.localhost")

    looked = getattr(scanner, method)("/admin/first-entry/", {"entry": entry})

    assert looked["Location"] == "/admin/"
    assert not is_in(scanner)
    enter(desk, entry)
    assert is_in(desk)


@pytest.mark.parametrize("origin", ["null", "", "http://tech.localhost", "http://evil.example"])
def test_another_site_lets_nobody_into_a_shop_of_its_own(opened, origin):
    victim = browser("books.localhost")

    enter(victim, way_in(*opened), origin)

    assert not is_in(victim)


def test_a_first_way_in_is_short(opened):
    entry = way_in(*opened)
    later = timezone.now().timestamp() + 601
    desk = browser("books.localhost")

    with patch("django.core.signing.time.time", lambda: later):
        enter(desk, entry)

    assert not is_in(desk)


@pytest.mark.parametrize("entry", ["", "nonsense", "\x00"])
def test_a_forged_way_in_leads_to_the_door(opened, entry):
    desk = browser("books.localhost")

    assert enter(desk, entry)["Location"] == "/admin/"
    assert not is_in(desk)


def test_who_set_up_a_second_factor_does_not_get_around_it(opened):
    entry = way_in(*opened)
    user = User.objects.get(email=ANN)
    SecondFactor.objects.create(user=user, seed="x", last_step=0)
    desk = browser("books.localhost")

    enter(desk, entry)

    assert not is_in(desk)


def test_an_hour_after_opening_there_is_no_way_in_without_a_password(opened):
    SignUp.objects.update(opened_at=timezone.now() - timedelta(minutes=61))

    assert entry_token_of(SignUp.objects.get()) == ""
    assert way_in(*opened) == ""


@pytest.mark.parametrize(("minutes", "works"), [(59, True), (61, False)])
def test_a_link_works_for_an_hour(asked, minutes, works):
    client, address = asked
    SignUp.objects.update(created_at=timezone.now() - timedelta(minutes=minutes))

    client.post(address)

    assert ("books" in shops()) is works
    assert client.get(address).status_code == (200 if works else 410)


@pytest.mark.parametrize("token", ["nonsense", "019a5c3e-8f7a-7d0c-9b1e-000000000000~AAAA"])
def test_a_forged_link_is_nothing(db, token):
    assert browser().get(f"/open-a-shop/{token}/").status_code == 410
    assert browser().post(f"/open-a-shop/{token}/").status_code == 410


def test_a_slug_that_was_taken_meanwhile_is_asked_for_again(asked):
    client, address = asked
    create_tenant(slug="books", name="Another")

    page = words(client.get(address))
    assert "taken the address books" in page
    assert 'value="books-2"' in page
    assert client.post(address, {"slug": "admin"}).status_code == 400
    assert "reserved for the platform" in words(client.post(address, {"slug": "admin"}))
    client.post(address, {"slug": "book-corner"})

    assert Tenant.objects.get(slug="book-corner").name == "Book Corner"


def test_a_slug_that_is_taken_at_the_last_moment_is_asked_for_again(asked):
    client, address = asked
    with patch("tenants.sign_up_views.free_slug_or_refuse", lambda slug: slug):
        create_tenant(slug="books", name="Another")
        answer = client.post(address)

    assert answer.status_code == 400
    assert Tenant.objects.filter(name="Book Corner").count() == 0
    assert "taken the address books" in words(client.get(address))


# --- Whose account ----------------------------------------------------------------------------


def test_in_another_browser_the_password_is_asked_again(asked):
    _client, address = asked
    phone = browser()
    assert "in another browser" in words(phone.get(address))

    assert phone.post(address).status_code == 400
    wrong = phone.post(address, {"password": "not the one that was chosen"})
    assert wrong.status_code == 400
    assert "not the password that you chose" in words(wrong)
    assert "books" not in shops()
    assert not User.objects.filter(email=ANN).exists()
    phone.post(address, {"password": PASSWORD})

    desk = browser("books.localhost")
    enter(desk, way_in(phone, address))
    assert is_in(desk)


def test_passwords_are_not_tried_for_long(asked):
    _client, address = asked
    phone = browser()
    tries = [phone.post(address, {"password": f"wrong {number}"}) for number in range(11)]

    assert [answer.status_code for answer in tries] == [400] * 10 + [429]
    assert phone.post(address, {"password": PASSWORD}).status_code == 429
    assert "books" not in shops()


def test_a_known_address_gets_the_same_answer_and_its_account_gets_the_shop(db):
    user = make_user(ANN)
    known, unknown = browser(), browser()
    answers = [ask(known, password="quite another passphrase"), ask(unknown, email="b@example.com")]

    assert [answer.status_code for answer in answers] == [302, 302]
    pages = [words(client.get("/open-a-shop/sent/")) for client in (known, unknown)]
    assert pages[0].replace(ANN, "b@example.com") == pages[1]
    to_known, to_unknown = mailed()
    assert "You have an account with this address already" in to_known.body
    assert "You have an account" not in to_unknown.body
    found = re.search(r"http://localhost(/open-a-shop/\S+)", to_known.body)
    assert found

    phone = browser()
    opened = phone.post(found.group(1), follow=True)

    # Through the shop's own door, with the password of the account.
    assert 'href="http://books.localhost/admin/"' in words(opened)
    assert way_in(phone, found.group(1)) == ""
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert Membership.objects.get(tenant__slug="books").user == user


def test_it_takes_as_many_statements_for_a_known_address(
    db, django_assert_num_queries, django_assert_max_num_queries
):
    make_user(ANN)
    ask(email="first@example.com")
    with django_assert_max_num_queries(30) as known:
        ask()

    with django_assert_num_queries(len(known)):
        ask(email="unknown@example.com")


def test_a_closed_account_gets_no_mail_and_no_shop(db):
    make_user(ANN, is_active=False)
    ask()

    assert mailed() == []
    with pytest.raises(Refusal, match="closed"):
        open_shop(SignUp.objects.get().pk)
    assert "books" not in shops()


def test_the_mail_says_nothing_that_a_stranger_wrote(db):
    ask(name="WIN A CAR at evil dot example", slug="books")

    (message,) = mailed()

    assert message.to == [ANN]
    assert message.subject == "Open your shop"
    assert "WIN" not in message.body + str(message.alternatives)


# --- What is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("name", "", "This field is required."),
        ("name", "!!!", "Use at least one letter or digit."),
        ("name", "x" * 61, "at most 60 characters"),
        ("slug", "", "This field is required."),
        ("slug", "admin", "is reserved for the platform"),
        ("slug", "my shop", "Use lower-case letters"),
        ("slug", "tech", "Another shop has the address"),
        ("country", "XX", "Select a valid choice"),
        ("currency", "ABC", "Select a valid choice"),
        ("language", "fr", "Select a valid choice"),
        ("time_zone", "Mars/Base", "Select a valid choice"),
        ("email", "ann", "Enter a valid email address."),
        ("password", "short", "This password is too short"),
        ("password", "12345678901", "entirely numeric"),
        ("password", "ann@example.com", "too similar to the email"),
    ],
)
def test_a_wrong_field_is_named(tech, field, value, problem):
    answer = ask(**{field: value})

    assert answer.status_code == 400
    page = words(answer)
    wrong = re.search(rf'id="id_{field}_error">([^<]*)<', page)
    assert wrong
    assert problem in wrong.group(1)
    # What was typed stands there still, but for the password.
    assert PASSWORD not in page
    assert SignUp.objects.count() == 0


def test_text_that_cannot_be_stored_is_refused(db):
    answer = ask(name="Shop \x00")

    assert answer.status_code == 400
    assert "characters that no text can hold" in words(answer)
    assert SignUp.objects.count() == 0


def test_a_form_from_elsewhere_is_refused(db):
    answer = Client(HTTP_HOST="localhost", HTTP_SEC_FETCH_SITE="cross-site").post(ASK, form())

    assert answer.status_code == 403
    assert SignUp.objects.count() == 0


def test_who_fills_in_what_nobody_sees_gets_the_same_answer_and_nothing_else(db):
    answer = ask(website="https://spam.example")

    assert answer["Location"] == "/open-a-shop/sent/"
    assert SignUp.objects.count() == 0
    assert mailed() == []


def test_where_sign_up_is_closed_the_pages_say_so(asked, settings):
    client, address = asked
    settings.SIGN_UP = False

    answers = [
        client.get(ASK),
        ask(client, slug="other"),
        client.get(address),
        client.post(address),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert "Sign-up is closed" in words(answers[0])
    assert client.get("/open-a-shop/address/?slug=books").status_code == 403
    assert "Open a shop" not in words(client.get("/"))
    assert "books" not in shops()


def test_the_landing_page_leads_to_the_form(db):
    assert f'href="{ASK}"' in words(browser().get("/"))


# --- Limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("clients", "mails"), [(1, 5), (12, 10)])
def test_an_address_gets_so_many_mails_an_hour_and_the_answer_stays_the_same(db, clients, mails):
    answers = [ask(REMOTE_ADDR=f"192.0.2.{number % clients}") for number in range(12)]

    assert {answer["Location"] for answer in answers} == {"/open-a-shop/sent/"}
    assert len(mailed()) == mails


def test_a_client_asks_twenty_times_an_hour(db):
    for number in range(20):
        assert ask(email=f"{number}@example.com").status_code == 302

    refused = ask()

    assert refused.status_code == 429
    assert "Please try again in an hour" in words(refused)
    assert ask(REMOTE_ADDR="192.0.2.9").status_code == 302


def asked_for(slug: str, client_address: str = "127.0.0.1") -> SignUp:
    return SignUp.objects.create(
        email=f"{slug}@example.com",
        password="!",
        name=slug,
        slug=slug,
        currency="EUR",
        language="en",
        time_zone="UTC",
        country="AT",
        client_address=client_address,
    )


def test_a_client_opens_five_shops_an_hour(asked):
    client, address = asked
    SignUp.objects.bulk_create(
        SignUp(opened_at=timezone.now(), tenant_id=number, client_address="127.0.0.1", email="x")
        for number in map("00000000-0000-0000-0000-{:012}".format, range(5))
    )

    refused = client.post(address)

    assert refused.status_code == 429
    assert "5 shops were opened from your connection" in words(refused)
    SignUp.objects.filter(email="x").update(opened_at=timezone.now() - timedelta(minutes=61))
    assert client.post(address).status_code == 302


def test_all_clients_together_open_so_many_shops_an_hour(asked, settings):
    client, address = asked
    settings.SHOPS_PER_HOUR = 1
    open_shop(asked_for("first", "192.0.2.1").pk)

    refused = client.post(address)

    assert refused.status_code == 429
    assert "Very many shops are being opened" in words(refused)
    assert "books" not in shops()
    settings.SHOPS_PER_HOUR = 2
    assert client.post(address).status_code == 302


# --- Addresses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Book Corner", "book-corner"),
        ("Müller & Söhne", "mueller-soehne"),
        ("Straße 5", "strasse-5"),
        ("O’Neill's", "oneills"),
        ("McDonald", "mcdonald"),
        ("北京茶馆", "bei-jing-cha-guan"),
        ("さくら屋", "sakura-wu"),
        ("Пекарня Ольги", "pekarnya-olgi"),
        ("Tech", "tech-2"),
        ("Admin", "admin-shop"),
        ("7", "shop-7"),
        ("2024", "shop-2024"),
        ("a", "shop-a"),
        ("!!!", ""),
        ("", ""),
    ],
)
def test_an_address_is_proposed_from_the_name(tech, name, slug):
    assert propose_slug(name) == slug


@pytest.mark.parametrize("name", ["x" * 200, "ab " * 40, *sorted(RESERVED_SLUGS), "-", "ß", "☃"])
def test_what_is_proposed_can_be_had(tech, name):
    create_tenant(slug="x" * 40, name="Long") if name[0] == "x" else None

    slug = propose_slug(name)

    assert not slug or clean_slug(slug) == slug
    assert slug not in shops()


def look(**query: str) -> Any:
    return browser().get("/open-a-shop/address/", query)


def test_while_typing_it_says_whether_an_address_can_be_had(tech):
    assert look(name="Müller").json() == {"slug": "mueller", "problem": ""}
    assert look(slug="tech").json()["problem"] == "Another shop has the address 'tech'."
    assert "reserved" in look(slug="Admin").json()["problem"]
    assert look(slug="x").json()["problem"] == "Use 2 to 40 characters."
    assert look().json() == {"slug": "", "problem": ""}


def test_it_is_asked_so_often_a_minute(db):
    for _ in range(60):
        assert look(name="A").status_code == 200

    refused = look(name="A")

    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    RateCounter.objects.all().delete()
    assert look(name="A").status_code == 200


@pytest.mark.parametrize(
    ("languages", "chosen"),
    [
        ("de-AT,de;q=0.9", ["AT", "EUR", "de", "Europe/Vienna"]),
        ("en-GB", ["GB", "GBP", "en", "Europe/London"]),
        ("ja", ["JP", "JPY", "en", "Asia/Tokyo"]),
        ("", ["US", "USD", "en", "America/New_York"]),
        ("*;q=x", ["US", "USD", "en", "America/New_York"]),
    ],
)
def test_the_form_begins_with_what_is_usual_where_the_visitor_is(db, languages, chosen):
    page = words(browser().get(ASK, headers={"Accept-Language": languages}))

    assert re.findall(r'value="([^"]+)" selected', page) == chosen


# --- Afterwards -------------------------------------------------------------------------------


def test_what_was_not_opened_is_forgotten_and_what_was_in_a_week(db):
    asked_for("waiting")
    old, opened = asked_for("old"), asked_for("opened")
    open_shop(opened.pk)
    ages = {old: timedelta(minutes=61), opened: timedelta(days=6)}
    for each, age in ages.items():
        SignUp.objects.filter(pk=each.pk).update(created_at=timezone.now() - age)

    assert clean_up()["sign_ups"] == 1
    assert set(SignUp.objects.values_list("slug", flat=True)) == {"waiting", "opened"}
    SignUp.objects.filter(slug="opened").update(opened_at=timezone.now() - timedelta(days=8))
    assert clean_up()["sign_ups"] == 1
