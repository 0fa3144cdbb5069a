"""Whoever has an account learns by mail what was done to it."""

import pyotp
import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from pycommerce.db import connection
from tenants.jobs import mail_deed
from tenants.models import Tenant, User
from tenants.services.account_mail import Deed, Scene, tell_owner
from tenants.services.second_factor import new_seed, secret_of, turn_on
from tests.admin.conftest import words
from tests.admin.test_passwords import ask, choose, link_in
from tests.admin.test_passwords import mailed as password_links
from tests.factories import PASSWORD, make_member, make_user

ANNA = "anna@example.com"
NEW = "quite another long passphrase"
PAGE = "/admin/second-factor/"
NOT_ME = "Was it not you?"


@pytest.fixture
def member(tech):
    return make_member(tech, "manager", email=ANNA)


@pytest.fixture
def codes(member):
    """The recovery codes of the member's second factor, which is on and was told of."""
    seed = new_seed()
    _factor, codes = turn_on(member, seed, pyotp.TOTP(secret_of(member, seed)).now())
    ProcrastinateJob.objects.all().delete()
    return codes


def sign_in(code=""):
    client = Client(HTTP_HOST="tech.localhost", REMOTE_ADDR="192.0.2.7")
    client.post("/admin/login/", {"username": ANNA, "password": PASSWORD})
    if code:
        client.post("/admin/login/code/", {"code": code})
    return client


def staff():
    client = Client(HTTP_HOST="localhost", REMOTE_ADDR="192.0.2.99")
    client.force_login(make_user("staff@example.com", is_superuser=True))
    return client


def mailed():
    """Have the worker send what waits; the mails."""
    mail.outbox.clear()
    connection.set_schema_to_public()
    for job in ProcrastinateJob.objects.filter(task_name="tenants.jobs.mail_deed").order_by("id"):
        mail_deed(**job.args)
    return mail.outbox


def the_mail(subject, *sentences):
    """The one mail to Anna, whose text and HTML both say all of this."""
    (message,) = mailed()
    assert (message.to, message.subject) == ([ANNA], subject)
    for text in (message.body, message.alternatives[0][0]):
        said = " ".join(text.split())
        for sentence in (*sentences, NOT_ME, f"Account: {ANNA}", "(UTC)"):
            assert sentence in said
    return message


# --- What somebody did themselves -------------------------------------------------------------


HERE = "From the address: 192.0.2.7"
RESET = "http://tech.localhost/admin/password_reset/"


def test_a_second_factor_that_is_turned_on_is_told(member):
    desk = sign_in()
    key = desk.get(PAGE).context["key"].replace(" ", "")

    desk.post(PAGE, {"code": pyotp.TOTP(key).now(), "password": PASSWORD})

    the_mail("Your second factor is on", "asks for a code as well now", HERE, RESET)


def test_new_recovery_codes_are_told_and_stand_in_no_mail(codes):
    desk = sign_in(codes[0])

    page = desk.post(f"{PAGE}codes/", {"codes-password": PASSWORD, "codes-code": codes[1]})

    message = the_mail("You have new recovery codes", "do not work any more", HERE, RESET)
    assert not any(code in message.body for code in page.context["codes"])


def test_a_second_factor_that_is_turned_off_is_told(codes):
    desk = sign_in(codes[0])

    desk.post(f"{PAGE}off/", {"off-password": PASSWORD, "off-code": codes[1]})

    the_mail("Your second factor is off", "Your password alone lets you in now.", HERE, RESET)


def test_a_password_that_is_changed_is_told(member):
    desk = sign_in()
    given = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}

    desk.post("/admin/password_change/", given)

    the_mail("Your password was changed", "signed in with the old one is signed out", HERE, RESET)
    member.refresh_from_db()
    assert member.check_password(NEW)


def test_a_password_that_is_chosen_behind_a_link_is_told(member):
    ask(ANNA)
    link = link_in(password_links()[0])

    choose(link)

    the_mail("Your password was changed", RESET)


def test_the_first_password_of_an_invited_member_changes_none(member):
    member.set_unusable_password()
    member.save()
    ask(ANNA)

    choose(link_in(password_links()[0]))

    member.refresh_from_db()
    assert member.has_usable_password()
    assert mailed() == []


def test_what_did_not_happen_is_not_told(codes):
    desk = sign_in(codes[0])
    wrong = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}

    desk.post("/admin/password_change/", wrong)
    desk.post(f"{PAGE}off/", {"off-password": "wrong", "off-code": codes[1]})
    desk.post(f"{PAGE}codes/", {"codes-password": PASSWORD, "codes-code": "000000"})

    assert mailed() == []


def test_the_password_of_before_is_not_guessed_for_long(member, settings, monkeypatch):
    monkeypatch.setattr("pycommerce.api.rates.window_now", lambda: 1)
    settings.LOGIN_FAILURES_PER_MINUTE = 3
    desk = sign_in()
    given = {"new_password1": NEW, "new_password2": NEW}
    for _try in range(3):
        page = desk.post("/admin/password_change/", given | {"old_password": "wrong"})
        assert "This is not your password." in words(page)

    page = desk.post("/admin/password_change/", given | {"old_password": PASSWORD})

    assert "Too many failed tries" in words(page)
    member.refresh_from_db()
    assert member.check_password(PASSWORD)


# --- What others did --------------------------------------------------------------------------


BY_STAFF = "Those who run the platform"


def test_a_reset_by_the_platforms_staff_is_told_without_their_address(codes, member):
    form = {"action": "reset_second_factor", "_selected_action": [str(member.pk)]}

    staff().post("/admin/tenants/user/", form)

    message = the_mail("Your second factor was reset", f"{BY_STAFF} turned it off.", RESET)
    assert "192.0.2" not in message.body


def test_a_reset_by_a_command_is_told(codes):
    call_command("reset_second_factor", ANNA)

    the_mail("Your second factor was reset", f"{BY_STAFF} turned it off.", RESET)


def test_a_password_that_the_platforms_staff_gives_is_told(member):
    form = {"password1": NEW, "password2": NEW, "usable_password": "true"}

    staff().post(f"/admin/tenants/user/{member.pk}/password/", form)

    the_mail("Your password was changed", f"{BY_STAFF} changed it.", RESET)
    member.refresh_from_db()
    assert member.check_password(NEW)


def change_user(member, **changed):
    none = {"TOTAL_FORMS": "0", "INITIAL_FORMS": "0"}
    form = {f"memberships-{name}": value for name, value in none.items()}
    form |= {"email": member.email, "name": member.name, "is_active": "on"} | changed
    return staff().post(f"/admin/tenants/user/{member.pk}/change/", form)


def test_another_e_mail_address_is_told_to_the_old_one_and_to_the_new(member):
    assert change_user(member, email="new@example.com").status_code == 302

    old, new = mailed()

    assert (old.to, new.to) == ([ANNA], ["new@example.com"])
    for message in (old, new):
        assert message.subject == "Your e-mail address was changed"
        assert "Tell those who run the platform at once" in message.body
        # A link to a new password would be mailed to whoever has the new address.
        assert "password_reset" not in message.body + message.alternatives[0][0]
    assert User.objects.get(pk=member.pk).email == "new@example.com"


def test_another_name_is_not_told(member):
    assert change_user(member, name="Anna B.").status_code == 302

    assert mailed() == []


# --- The mail itself --------------------------------------------------------------------------


def test_it_speaks_the_shops_language_and_by_its_clocks(member, tech):
    Tenant.objects.filter(pk=tech.pk).update(language="de", time_zone="Europe/Vienna")
    tell_owner(member, Deed.FACTOR_ON)
    job = ProcrastinateJob.objects.latest("id")
    at = "2026-07-01T21:30:00+00:00"

    mail.outbox.clear()
    mail_deed(**job.args | {"at": at})

    (message,) = mail.outbox
    assert message.subject == "Ihr zweiter Faktor ist eingeschaltet"
    assert "Wann: 1. Juli 2026, 23:30 (Europe/Vienna)" in message.body
    assert message.from_email.startswith('"Tech Gadgets"')


def test_it_links_to_no_custom_domain(member, tech, outdoor):
    tell_owner(member, Deed.PASSWORD, Scene(tech, "http://shop.example.org", "192.0.2.7"))

    (message,) = mailed()

    assert RESET in message.body
    assert "shop.example.org" not in message.body


def test_who_runs_the_platform_is_written_to_in_its_name(db):
    user = make_user("root@example.com", is_superuser=True)
    tell_owner(user, Deed.PASSWORD, Scene(None, "http://localhost:8000", "192.0.2.7"))

    (message,) = mailed()

    assert message.from_email.startswith('"PyCommerce"')
    assert "http://localhost:8000/admin/password_reset/" in message.body


def test_who_works_nowhere_has_no_link_to_follow(db):
    tell_owner(make_user("lone@example.com"), Deed.PASSWORD_SET)

    (message,) = mailed()

    assert "http" not in message.body
    assert "Tell those who run the platform at once" in message.body
