"""A second factor for staff: set up, asked for after the password, required, and lost."""

import re
import threading
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from unittest.mock import patch

import pyotp
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.tokens import default_token_generator
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import Client
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from pycommerce.core.errors import InvalidCredentials
from tenants.models import KnownAddress, RecoveryCode, SecondFactor, Tenant
from tenants.services.second_factor import check_code, new_seed, secret_of, turn_on
from tenants.services.tokens import issue_tokens
from tenants.shop.models import AuditEntry
from tests.admin.conftest import words
from tests.factories import PASSWORD, make_member, make_order, make_user

PAGE, LOGIN, CODE = "/admin/second-factor/", "/admin/login/", "/admin/login/code/"
NEW = "quite another long passphrase"
TAKEN = "This code is wrong, too old, or was used already."


@contextmanager
def clock(moment):
    with patch("django.utils.timezone.now", lambda: moment):
        yield


@pytest.fixture
def member(tech):
    return make_member(tech, "manager", email="anna@example.com")


@pytest.fixture
def factor(member):
    """The member's second factor, whose first code was used a while ago; with its codes."""
    with clock(timezone.now() - timedelta(minutes=5)):
        made, codes = turn_on(member, seed := new_seed(), code_of(secret_of(member, seed)))
    made.codes = codes
    return made


def code_of(secret, steps=0):
    """What the app shows now, or shows so many steps of 30 s later."""
    return pyotp.TOTP(secret).at(timezone.now(), counter_offset=steps)


def app_code(factor, steps=0):
    return code_of(secret_of(factor.user, factor.seed), steps)


def browser(host="tech.localhost", **extra):
    return Client(HTTP_HOST=host, **extra)


def give_password(client, email="anna@example.com", password=PASSWORD, query=""):
    return client.post(LOGIN + query, {"username": email, "password": password})


def give_code(client, code, query=""):
    return client.post(CODE + query, {"code": code})


def is_in(client):
    return client.get("/admin/password_change/").status_code == 200


def enters(code, host="tech.localhost", email="anna@example.com", **extra):
    """Whether password and this code let somebody in."""
    client = browser(host, **extra)
    give_password(client, email)
    give_code(client, code)
    return is_in(client)


def set_up(client):
    """Set the app up as the page says; the secret, and the page with recovery codes."""
    page = client.get(PAGE)
    secret = re.search(r'id="key"[^>]*>([A-Z2-7 ]+)<', page.content.decode()).group(1)
    secret = secret.replace(" ", "")
    return secret, client.post(PAGE, {"code": code_of(secret), "password": PASSWORD})


def codes_on(page):
    return re.findall(r"<code>([a-z2-7]{4}(?:-[a-z2-7]{4}){3})</code>", words(page))


# --- Setting up -------------------------------------------------------------------------------


def test_the_page_shows_a_code_to_scan_and_its_key_and_a_code_turns_it_on(member):
    desk = browser()
    give_password(desk)
    page = words(desk.get(PAGE))
    assert 'src="data:image/svg+xml' in page
    assert "otpauth://totp/PyCommerce%20localhost:anna%40example.com?secret=" in page

    secret, shown = set_up(desk)

    assert len(set(codes_on(shown))) == 10
    assert "download=" in words(shown)
    assert desk.get("/admin/").status_code == 200
    assert "10 recovery codes are left" in words(desk.get(PAGE))
    assert not enters(code_of(secret)), "the code that turned it on was used"
    assert enters(code_of(secret, 1))


def test_neither_secret_nor_recovery_code_stands_in_the_database(factor):
    with connection.cursor() as cursor:
        cursor.execute("SELECT f::text FROM tenants_secondfactor f")
        text = str(cursor.fetchall())
        cursor.execute("SELECT c::text FROM tenants_recoverycode c")
        text += str(cursor.fetchall())

    assert secret_of(factor.user, factor.seed) not in text
    assert RecoveryCode.objects.count() == 10
    assert not any(code in text or code.replace("-", "") in text for code in factor.codes)


def test_the_secret_hangs_on_the_installations_key(factor, settings):
    before = secret_of(factor.user, factor.seed)

    settings.SECRET_KEY = "another key of the installation, long enough"

    assert secret_of(factor.user, factor.seed) != before
    assert enters(factor.codes[0]), "recovery codes outlive the key"


def test_a_wrong_code_turns_nothing_on_and_the_key_stays(member):
    desk = browser()
    give_password(desk)
    first = desk.get(PAGE).context["key"]

    page = desk.post(PAGE, {"code": "000000", "password": PASSWORD})

    assert "This code is wrong" in words(page)
    assert page.context["key"] == first
    assert not SecondFactor.objects.exists()
    assert "This field is required" in words(desk.post(PAGE, {}))


def test_sent_again_the_form_does_nothing(member):
    desk = browser()
    give_password(desk)
    secret, _ = set_up(desk)

    again = desk.post(PAGE, {"code": code_of(secret, 1)})

    assert codes_on(again) == []
    assert RecoveryCode.objects.count() == 10


def test_turned_on_it_ends_what_a_password_alone_let_in(member):
    here, elsewhere = browser(), browser()
    give_password(here)
    give_password(elsewhere)
    token = {"HTTP_AUTHORIZATION": f"Bearer {issue_tokens(member)['access']}"}
    assert is_in(elsewhere)
    assert browser().get("/api/auth/me", **token).status_code == 200

    set_up(here)

    assert is_in(here)
    assert not is_in(elsewhere)
    assert browser().get("/api/auth/me", **token).status_code == 401


# --- Signing in -------------------------------------------------------------------------------


def test_who_gave_the_password_alone_is_nobody(factor):
    client = browser()

    response = give_password(client, query="?next=/admin/catalog/product/")

    assert response["Location"] == f"{CODE}?next=%2Fadmin%2Fcatalog%2Fproduct%2F"
    for path in ("/admin/", PAGE, "/admin/catalog/product/", "/admin/password_change/"):
        assert "/admin/login/" in client.get(path)["Location"], path
    assert client.post(PAGE, {"code": app_code(factor)}).status_code == 302
    assert not KnownAddress.objects.exists()
    done = give_code(client, app_code(factor), "?next=/admin/catalog/product/")
    assert done["Location"] == "/admin/catalog/product/"
    assert is_in(client)
    assert KnownAddress.objects.filter(user=factor.user).exists()


def test_the_way_back_leads_to_no_other_site(factor):
    client = browser()
    give_password(client, query="?next=https://evil.example/")

    done = give_code(client, app_code(factor), "?next=https://evil.example/")

    assert done["Location"] == "/admin/"


def test_a_code_works_once_and_so_does_one_before_it(factor):
    code, earlier, later = (app_code(factor, steps) for steps in (0, -1, 1))

    assert enters(code)
    assert not enters(code)
    assert not enters(earlier)
    assert enters(f"{later[:3]} {later[3:]}")


def test_clocks_may_differ_by_one_step_and_no_more(factor):
    assert not enters(app_code(factor, -2))
    assert not enters(app_code(factor, 2))
    assert enters(app_code(factor, -1))


def test_a_recovery_code_works_once_however_it_is_typed(factor):
    first, second, *_ = factor.codes

    assert enters(first.upper().replace("-", " "))
    assert not enters(first)
    assert enters(second)
    assert factor.recovery_codes.filter(used_at=None).count() == 8


def test_the_half_way_state_ends_after_five_minutes(factor):
    client = browser()
    give_password(client)
    now = timezone.now()
    with clock(now + timedelta(seconds=299)):
        # What else the session keeps makes it no longer.
        session = client.session
        session["touched"] = True
        session.save()

    with clock(now + timedelta(seconds=301)):
        late = client.post(CODE, {"code": app_code(factor)}, follow=True)

    assert late.redirect_chain[-1][0] == LOGIN
    assert not is_in(client)


def test_the_half_way_state_ends_with_the_password_and_with_the_membership(factor):
    for change in ("password", "membership"):
        client = browser()
        give_password(client)
        if change == "password":
            factor.user.set_password(NEW)
            factor.user.save()
        else:
            factor.user.memberships.all().delete()

        give_code(client, app_code(factor, 1))

        assert not is_in(client), change
        factor.user.set_password(PASSWORD)
        factor.user.save()


def test_the_half_way_state_of_one_shop_is_nothing_in_another(factor, outdoor):
    make_member(outdoor, email="ben@example.com")
    outdoor.memberships.create(user=factor.user, role="owner")
    here, there = browser(), browser("outdoor.localhost")
    give_password(here)
    there.cookies["session"] = here.cookies["session"].value

    assert give_code(there, app_code(factor))["Location"] == LOGIN
    assert not is_in(there)


def test_nobody_reaches_the_second_page_without_the_first(factor):
    assert browser().get(CODE)["Location"] == LOGIN
    assert browser().post(CODE, {"code": app_code(factor)})["Location"] == LOGIN


def test_a_session_of_one_factor_ends_with_it(factor):
    """Reset and set up anew, an old session is worth nothing."""
    client = browser()
    give_password(client)
    give_code(client, app_code(factor))
    call_command("reset_second_factor", "anna@example.com", stdout=StringIO())

    turn_on(factor.user, seed := new_seed(), code_of(secret_of(factor.user, seed)))

    assert not is_in(client)


def test_wrong_codes_make_the_next_wait_longer_and_longer(factor, settings):
    settings.LOGIN_FAILURES_PER_MINUTE = 1000
    client = browser()
    give_password(client)
    for _ in range(5):
        assert TAKEN in words(give_code(client, "000000"))

    assert "Too many wrong codes; try again in" in words(give_code(client, app_code(factor)))
    now = timezone.now()
    with clock(now + timedelta(seconds=31)):
        assert TAKEN in words(give_code(client, "000000"))
    with clock(now + timedelta(seconds=31 + 59)):
        assert "Too many wrong codes" in words(give_code(client, app_code(factor)))
    with clock(now + timedelta(seconds=31 + 61)):
        give_code(client, app_code(factor))
        assert is_in(client)
    factor.refresh_from_db()
    assert factor.wrong_codes == 0


def test_no_wait_is_longer_than_a_quarter_of_an_hour(factor):
    long_ago = timezone.now() - timedelta(minutes=14)
    SecondFactor.objects.update(wrong_codes=1000, wrong_code_at=long_ago)
    assert not enters(factor.codes[0])

    SecondFactor.objects.update(wrong_code_at=long_ago - timedelta(minutes=2))

    assert enters(factor.codes[0])


def test_a_factor_that_is_reset_at_that_moment_lets_nobody_in(factor):
    code = app_code(factor)
    SecondFactor.objects.all().delete()

    with pytest.raises(InvalidCredentials, match="turned off meanwhile"):
        check_code(factor.user, code, "127.0.0.1")


def test_an_address_that_is_known_counts_on_its_own(factor):
    assert enters(app_code(factor), REMOTE_ADDR="10.0.0.1")
    stranger = browser(REMOTE_ADDR="10.0.0.2")
    give_password(stranger)
    for _ in range(5):
        give_code(stranger, "000000")

    assert not enters(factor.codes[0], REMOTE_ADDR="10.0.0.3")
    assert enters(factor.codes[0], REMOTE_ADDR="10.0.0.1")


def test_wrong_codes_count_as_failed_tries_of_signing_in(factor, settings):
    settings.LOGIN_FAILURES_PER_MINUTE = 2
    client = browser()
    give_password(client)
    give_code(client, "000000")
    give_code(client, "000001")

    assert "Too many failed tries" in words(give_code(client, app_code(factor)))
    assert "Too many failed tries" in words(give_password(browser()))


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_with_one_code_one_gets_in():
    tenant = Tenant.objects.get(slug="tech")
    user = make_member(tenant, email="anna@example.com")
    with clock(timezone.now() - timedelta(minutes=5)):
        factor, codes = turn_on(user, seed := new_seed(), code_of(secret_of(user, seed)))
    for code in (app_code(factor), codes[0]):
        outcomes = []

        def try_it(code=code, outcomes=outcomes):
            try:
                check_code(user, code, "10.0.0.1")
                outcomes.append("in")
            except InvalidCredentials:
                outcomes.append("refused")
            finally:
                connections.close_all()

        threads = [threading.Thread(target=try_it) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(outcomes) == ["in", "refused", "refused", "refused"]


def test_a_new_password_does_not_go_around_it(factor):
    uid = urlsafe_base64_encode(force_bytes(factor.user.pk))
    token = default_token_generator.make_token(factor.user)
    client = browser()
    page = client.get(f"/admin/password_reset/{uid}/{token}/", follow=True)
    form = {"new_password1": NEW, "new_password2": NEW}

    client.post(page.redirect_chain[-1][0], form)

    assert not is_in(client)
    assert give_password(client, password=NEW)["Location"].startswith(CODE)
    assert not is_in(client)
    give_code(client, app_code(factor))
    assert is_in(client)


def test_under_a_mount_it_works_the_same(factor):
    client = browser("localhost")
    page = client.post(
        "/stores/tech/admin/login/", {"username": "anna@example.com", "password": PASSWORD}
    )
    assert page["Location"].startswith("/stores/tech/admin/login/code/")

    done = client.post(page["Location"], {"code": app_code(factor)})

    assert done["Location"] == "/stores/tech/admin/"
    assert client.get("/stores/tech/admin/").status_code == 200


def test_each_page_asks_the_database_as_often_as_without(
    factor, tech, django_assert_max_num_queries
):
    with_factor, without = browser(), browser()
    give_password(with_factor)
    give_code(with_factor, app_code(factor))
    without.force_login(make_member(tech, "manager"))
    path = "/admin/password_change/"
    with django_assert_max_num_queries(20) as plain:
        without.get(path)

    with django_assert_max_num_queries(len(plain)):
        with_factor.get(path)


# --- Recovery codes, and turned off -----------------------------------------------------------


@pytest.fixture
def desk(factor):
    client = browser()
    give_password(client)
    give_code(client, app_code(factor))
    return client


def test_new_recovery_codes_take_the_place_of_the_old_for_a_code(desk, factor):
    given = {"codes-password": PASSWORD}
    refused = desk.post(f"{PAGE}codes/", given | {"codes-code": "000000"})
    assert TAKEN in words(refused)
    assert codes_on(refused) == []

    shown = desk.post(f"{PAGE}codes/", given | {"codes-code": app_code(factor, 1)})

    new = codes_on(shown)
    assert len(set(new) - set(factor.codes)) == 10
    assert not enters(factor.codes[0])
    assert enters(new[0])


@pytest.mark.parametrize(
    ("password", "good_code", "is_off"),
    [(PASSWORD, True, True), ("wrong", True, False), (PASSWORD, False, False)],
)
def test_it_is_turned_off_by_password_and_code(desk, factor, password, good_code, is_off):
    code = factor.codes[0] if good_code else "000000"

    desk.post(f"{PAGE}off/", {"off-password": password, "off-code": code})

    assert SecondFactor.objects.exists() is not is_off
    assert is_in(desk)
    if is_off:
        assert give_password(browser())["Location"] == "/admin/"


WRONG = "This is not your password."


def guess(client, step, secret="", code="", password="wrong"):
    """Send the form of a step with a password and a good code."""
    if step == "on":
        return client.post(PAGE, {"code": code or code_of(secret), "password": password})
    return client.post(f"{PAGE}{step}/", {f"{step}-code": code, f"{step}-password": password})


def says_at_the_password(page, words_said):
    """Whether that stands below the field of the password, which is marked."""
    field = r'<div class="desk-field is-wrong"> <label for="[^"]*password">(?:(?!</div>).)*'
    return re.search(field + re.escape(words_said), words(page)) is not None


def test_a_session_alone_sets_nothing_up(member):
    """Whoever stole one would lock its owner out."""
    desk = browser()
    give_password(desk)
    secret = desk.get(PAGE).context["key"].replace(" ", "")

    for password in ("wrong", ""):
        page = guess(desk, "on", secret, password=password)
        assert says_at_the_password(page, WRONG if password else "This field is required.")

    assert not SecondFactor.objects.exists()


@pytest.mark.parametrize("step", ["codes", "off"])
def test_a_session_and_a_code_alone_change_nothing(desk, factor, step):
    for password in ("wrong", ""):
        page = guess(desk, step, code=factor.codes[0], password=password)
        assert says_at_the_password(page, WRONG if password else "This field is required.")

    assert SecondFactor.objects.exists()
    # Nothing was learned of the code, and it was not used up.
    assert enters(factor.codes[0])


@pytest.mark.parametrize("step", ["on", "codes", "off"])
def test_the_password_is_not_guessed_there_for_long(member, settings, monkeypatch, step):
    monkeypatch.setattr("pycommerce.api.rates.window_now", lambda: 1)
    settings.LOGIN_FAILURES_PER_MINUTE = 3
    desk = browser()
    if step == "on":
        give_password(desk)
        good = {"secret": desk.get(PAGE).context["key"].replace(" ", "")}
    else:
        made, codes = turn_on(member, seed := new_seed(), code_of(secret_of(member, seed), -1))
        give_password(desk)
        give_code(desk, app_code(made, 1))
        good = {"code": codes[0]}
    for _try in range(3):
        assert says_at_the_password(guess(desk, step, **good), WRONG)

    page = guess(desk, step, **good, password=PASSWORD)

    assert says_at_the_password(page, "Too many failed tries")
    assert SecondFactor.objects.exists() is (step != "on")


def test_both_are_done_by_posts_alone(desk):
    for path in (f"{PAGE}codes/", f"{PAGE}off/"):
        assert desk.get(path)["Location"] == PAGE

    assert SecondFactor.objects.exists()


def test_the_history_says_what_was_done_to_it(desk, factor, tech):
    given = {"codes-password": PASSWORD, "codes-code": factor.codes[0]}
    desk.post(f"{PAGE}codes/", given)
    desk.post(f"{PAGE}off/", {"off-password": PASSWORD, "off-code": app_code(factor, 1)})
    connection.set_tenant(tech)

    told = AuditEntry.objects.filter(object_type="member").order_by("created_at")

    assert [entry.changes["second factor"][1] for entry in told][-2:] == [
        "new recovery codes",
        "off",
    ]
    assert {entry.object_name for entry in told} == {"anna@example.com"}


# --- Required ---------------------------------------------------------------------------------


@pytest.fixture
def requiring(tech):
    Tenant.objects.filter(pk=tech.pk).update(second_factor_required=True)


@pytest.mark.usefixtures("requiring")
def test_who_has_none_in_a_shop_that_requires_it_is_led_to_set_it_up_first(member):
    desk = browser()

    assert give_password(desk).status_code == 302
    assert desk.get("/admin/")["Location"] == PAGE
    assert desk.post("/admin/orders/order/", {})["Location"] == PAGE
    assert "requires a second factor" in words(desk.get(PAGE))
    assert "codes" not in desk.post(f"{PAGE}codes/", {}).get("Location", "")

    set_up(desk)

    assert desk.get("/admin/").status_code == 200


@pytest.mark.usefixtures("requiring")
def test_who_must_set_it_up_may_still_sign_out(member):
    desk = browser()
    give_password(desk)

    desk.post("/admin/logout/")

    assert "/admin/login/" in desk.get(PAGE)["Location"]


@pytest.mark.usefixtures("requiring")
def test_where_it_is_required_it_cannot_be_turned_off_not_even_from_another_shop(factor, outdoor):
    outdoor.memberships.create(user=factor.user, role="owner")
    for host in ("tech.localhost", "outdoor.localhost"):
        client = browser(host)
        give_password(client)
        give_code(client, factor.codes.pop())

        form = {"off-password": PASSWORD, "off-code": factor.codes[-1]}
        page = client.post(f"{PAGE}off/", form, follow=True)

        assert "It stays on: Tech Gadgets asks for one." in words(page)
    assert SecondFactor.objects.exists()


def test_an_owner_requires_it_once_they_have_one_themselves(tech):
    owner = make_member(tech, "owner", email="owner@example.com")
    desk = browser()
    give_password(desk, owner.email)
    form, path = {"required": "yes"}, "/admin/tenants/membership/second-factor/"

    refused = desk.post(path, form, follow=True)
    assert "Set up your own second factor first." in words(refused)
    tech.refresh_from_db()
    assert tech.second_factor_required is False

    set_up(desk)
    assert "is required of everybody" in words(desk.post(path, form, follow=True))
    tech.refresh_from_db()
    assert tech.second_factor_required is True
    list_ = words(desk.get("/admin/tenants/membership/"))
    assert "Make it optional" in list_
    connection.set_tenant(tech)
    assert AuditEntry.objects.filter(
        changes={"second factor required": [False, True]}, user_name=owner.email
    ).exists()


@pytest.mark.parametrize("role", ["manager", "fulfilment", "viewer"])
def test_nobody_but_an_owner_says_whether_it_is_required(tech, role):
    desk = browser()
    desk.force_login(make_member(tech, role))

    response = desk.post("/admin/tenants/membership/second-factor/", {"required": "yes"})

    assert response.status_code == 403
    tech.refresh_from_db()
    assert tech.second_factor_required is False


def test_the_platform_requires_it_of_its_staff_alone(tech, settings):
    settings.PLATFORM_SECOND_FACTOR_REQUIRED = True
    staff, member = make_user(is_superuser=True), make_member(tech)
    at_platform, in_shop, merchant = browser("localhost"), browser(), browser()
    at_platform.force_login(staff)
    in_shop.force_login(staff)
    merchant.force_login(member)

    assert at_platform.get("/admin/")["Location"] == PAGE
    assert in_shop.get("/admin/")["Location"] == PAGE
    assert merchant.get("/admin/").status_code == 200
    set_up(at_platform)
    assert at_platform.get("/admin/").status_code == 200


# --- Lost -------------------------------------------------------------------------------------


def test_the_command_resets_it_and_every_shop_of_theirs_is_told(factor, tech, outdoor):
    outdoor.memberships.create(user=factor.user, role="viewer")
    out = StringIO()

    call_command("reset_second_factor", "Anna@example.com ", stdout=out)

    assert out.getvalue() == "The second factor of anna@example.com is reset.\n"
    assert give_password(browser())["Location"] == "/admin/"
    for shop in (tech, outdoor):
        connection.set_tenant(shop)
        entry = AuditEntry.objects.latest("created_at")
        assert entry.changes == {"second factor": ["on", "reset by a command"]}


@pytest.mark.parametrize("email", ["nobody@example.com", "anna@example.com"])
def test_the_command_says_where_there_is_nothing_to_reset(member, email):
    with pytest.raises(CommandError, match=email):
        call_command("reset_second_factor", email)


def test_platform_staff_resets_it_in_the_list_of_users(factor):
    staff = make_user(is_superuser=True)
    platform = browser("localhost")
    platform.force_login(staff)
    path = "/admin/tenants/user/"
    form = {"action": "reset_second_factor", "_selected_action": [str(factor.user.pk)]}

    page = platform.post(path, form, follow=True)

    assert "The second factor of anna@example.com is reset." in words(page)
    assert not SecondFactor.objects.exists()
    assert LogEntry.objects.get().change_message == "Reset the second factor."


def test_an_owner_of_a_shop_cannot_turn_off_a_members(factor, tech):
    """Who works in two shops is no weaker in one for what the owner of the other does."""
    desk = browser()
    desk.force_login(make_member(tech, "owner"))
    membership = factor.user.memberships.get()
    change = f"/admin/tenants/membership/{membership.pk}/change/"

    desk.post(change, {"email": "anna@example.com", "role": "viewer", "second_factor": ""})
    desk.post("/admin/tenants/membership/second-factor/", {"required": "no"})

    assert SecondFactor.objects.filter(user=factor.user).exists()


# --- The API ----------------------------------------------------------------------------------


def login(**body):
    given = {"email": "anna@example.com", "password": PASSWORD} | body
    return browser("localhost").post("/api/auth/login", given, content_type="application/json")


def test_the_api_asks_for_the_code_as_well(factor):
    refused = login()
    assert refused.status_code == 401
    error = refused.json()["error"]
    assert error["code"] == "invalid_credentials"
    assert "send its code" in error["details"]
    assert "API key" in error["details"]

    wrong = login(otp="000000").json()["error"]
    assert (wrong["code"], wrong["details"]) == ("invalid_credentials", TAKEN)
    assert "second factor" not in login(password="wrong").json()["error"]["details"]
    answer = login(otp=app_code(factor))
    assert answer.status_code == 200
    assert list(answer.json()) == ["access", "refresh", "token_type", "expires_in"]
    assert login(otp=app_code(factor)).status_code == 401
    assert login(otp=factor.codes[0]).status_code == 200


def test_without_a_factor_an_otp_is_not_looked_at(member):
    assert login(otp="anything").status_code == 200
    assert login(otp=7).status_code == 400


def test_a_shop_that_requires_it_answers_tokens_without_by_403(member, tech, outdoor):
    outdoor.memberships.create(user=member, role="owner")
    token = {"HTTP_AUTHORIZATION": f"Bearer {login().json()['access']}"}
    orders = "/api/orders?tenant=tech"
    assert browser("localhost").get(orders, **token).status_code == 200

    Tenant.objects.filter(pk=tech.pk).update(second_factor_required=True)

    for host, path in (("localhost", orders), ("tech.localhost", "/api/orders")):
        refused = browser(host).get(path, **token)
        assert refused.status_code == 403
        assert "Set up a second factor first" in refused.json()["error"]["details"]
    assert browser("localhost").get("/api/orders?tenant=outdoor", **token).status_code == 200
    assert browser("localhost").get("/api/products?tenant=tech", **token).status_code == 200
    with clock(timezone.now() - timedelta(minutes=5)):
        turn_on(member, seed := new_seed(), code_of(secret_of(member, seed)))
    code = code_of(secret_of(member, seed))
    token = {"HTTP_AUTHORIZATION": f"Bearer {login(otp=code).json()['access']}"}
    assert browser("localhost").get(orders, **token).status_code == 200


def test_an_order_of_a_requiring_shop_is_not_found_by_its_id_alone(member, tech):
    order = make_order()
    token = {"HTTP_AUTHORIZATION": f"Bearer {login().json()['access']}"}
    path = f"/api/orders/{order.pk}"
    assert browser("localhost").get(path, **token).status_code == 200

    Tenant.objects.filter(pk=tech.pk).update(second_factor_required=True)

    assert browser("localhost").get(path, **token).status_code == 404


def test_platform_staff_without_one_calls_with_no_rights_where_it_is_required(tech, settings):
    staff = make_user("staff@example.com", is_superuser=True)
    token = {"HTTP_AUTHORIZATION": f"Bearer {issue_tokens(staff)['access']}"}
    orders = "/api/orders?tenant=tech"
    assert browser("localhost").get(orders, **token).status_code == 200

    settings.PLATFORM_SECOND_FACTOR_REQUIRED = True

    assert browser("localhost").get(orders, **token).status_code == 403
