"""Staff without a password: a mailed link to choose one, and the invitation of a member."""

import re
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.core.signing import TimestampSigner
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from orders.services.customers import LINK_LIFE
from tenants.jobs import mail_password_link
from tenants.models import KnownAddress, Membership, PasswordRequest, User
from tenants.services import add_domain, remove_member
from tenants.services.mail_limits import COUNTED_FOR
from tenants.services.passwords import INVITATION_LIFE
from tenants.services.tokens import issue_tokens
from tests.admin.conftest import words
from tests.factories import PASSWORD, make_member, make_user

NEW = "quite another long passphrase"
ASK = "/admin/password_reset/"


@pytest.fixture
def member(tech):
    return make_member(tech, "manager", email="anna@example.com")


def ask(email: str, host: str = "tech.localhost", **extra: str):
    return Client(HTTP_HOST=host).post(ASK, {"email": email}, **extra)


def jobs() -> list[dict]:
    """What waits for the worker."""
    waiting = ProcrastinateJob.objects.filter(task_name="tenants.jobs.mail_password_link")
    return list(waiting.order_by("id").values_list("args", flat=True))


def mailed() -> list:
    """Have the worker send what waits; the mails."""
    mail.outbox.clear()
    for job in jobs():
        mail_password_link(**job)
    return mail.outbox


def link_in(message) -> str:
    """The address in a mail, without its host."""
    return re.search(r"http://[^/\s]+(/\S+)", message.body).group(1)


def choose(link: str, password: str = NEW, host: str = "tech.localhost"):
    """Follow a link in a browser of its own, and send the form behind it."""
    browser = Client(HTTP_HOST=host)
    page = browser.get(link, follow=True)
    if "new_password1" not in words(page):
        return page
    form = {"new_password1": password, "new_password2": password}
    return browser.post(page.redirect_chain[-1][0], form, follow=True)


def enters(email: str, password: str, host: str = "tech.localhost") -> bool:
    form = {"username": email, "password": password}
    return Client(HTTP_HOST=host).post("/admin/login/", form).status_code == 302


# --- Asked for --------------------------------------------------------------------------------


def test_the_page_to_sign_in_leads_to_a_link_and_the_link_to_a_new_password(member):
    assert f'href="{ASK}"' in words(Client(HTTP_HOST="tech.localhost").get("/admin/login/"))
    assert "Send the link" in words(Client(HTTP_HOST="tech.localhost").get(ASK))
    ask("Anna@Example.com ")
    (message,) = mailed()

    page = choose(link_in(message))

    assert message.to == ["anna@example.com"]
    assert message.body.count("http://tech.localhost/admin/password_reset/") == 1
    assert page.redirect_chain[-1][0] == "/admin/login/"
    assert "Your password is saved" in words(page)
    assert enters("anna@example.com", NEW)
    assert not enters("anna@example.com", PASSWORD)


def test_a_new_password_ends_sessions_and_tokens(member):
    desk = Client(HTTP_HOST="tech.localhost")
    desk.force_login(member)
    token = {"HTTP_AUTHORIZATION": f"Bearer {issue_tokens(member)['access']}"}
    caller = Client(HTTP_HOST="tech.localhost")
    assert desk.get("/admin/").status_code == 200
    assert caller.get("/api/auth/me", **token).status_code == 200
    ask(member.email)

    choose(link_in(mailed()[0]))

    assert desk.get("/admin/").status_code == 302
    assert caller.get("/api/auth/me", **token).status_code == 401


def test_a_password_changed_by_its_owner_ends_other_sessions_and_tokens(member):
    here, elsewhere = Client(HTTP_HOST="tech.localhost"), Client(HTTP_HOST="tech.localhost")
    here.force_login(member)
    elsewhere.force_login(member)
    token = {"HTTP_AUTHORIZATION": f"Bearer {issue_tokens(member)['access']}"}
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}

    here.post("/admin/password_change/", form)

    assert here.get("/admin/").status_code == 200
    assert elsewhere.get("/admin/").status_code == 302
    assert Client(HTTP_HOST="tech.localhost").get("/api/auth/me", **token).status_code == 401


def test_a_link_works_once(member):
    ask(member.email)
    link = link_in(mailed()[0])
    choose(link)

    again = choose(link, "a third long passphrase")

    assert "does not work any more" in words(again)
    assert enters(member.email, NEW)


@pytest.mark.parametrize(("minutes", "works"), [(59, True), (61, False)])
def test_a_link_works_for_an_hour(member, minutes, works):
    ask(member.email)
    link = link_in(mailed()[0])
    later = default_token_generator._now() + timedelta(minutes=minutes)

    with patch.object(type(default_token_generator), "_now", lambda self: later):
        choose(link)

    assert enters(member.email, NEW) is works


@pytest.mark.parametrize("password", ["short", "12345678901", "password"])
def test_a_weak_password_is_refused(member, password):
    ask(member.email)

    page = choose(link_in(mailed()[0]), password)

    assert page.status_code == 200
    assert "This password is too" in words(page)
    assert enters(member.email, PASSWORD)


# --- Who gets one -----------------------------------------------------------------------------


def test_the_answer_is_the_same_for_everybody_and_only_members_get_a_mail(member, outdoor):
    make_member(outdoor, email="other@example.com")
    make_user("gone@example.com", is_active=False)
    make_user("nobody-here@example.com")
    asked = [
        "other@example.com",
        "gone@example.com",
        "nobody-here@example.com",
        "unknown@example.com",
        member.email,
    ]

    answers = [ask(email) for email in asked]

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(jobs()) == PasswordRequest.objects.count() == 5
    assert [message.to for message in mailed()] == [[member.email]]


def test_it_takes_as_many_statements_for_an_unknown_address(
    member, django_assert_num_queries, django_assert_max_num_queries
):
    ask("first@example.com")
    with django_assert_max_num_queries(30) as known:
        ask(member.email)

    with django_assert_num_queries(len(known)):
        ask("unknown@example.com")


def test_who_left_before_the_mail_gets_none(member):
    ask(member.email)
    make_member(member.memberships.get().tenant)
    remove_member(Membership.objects.get(user=member))

    assert mailed() == []


def test_a_link_is_nothing_where_its_user_has_no_role(member):
    ask(member.email)
    link = link_in(mailed()[0])

    elsewhere = [choose(link, host=host) for host in ("outdoor.localhost", "localhost")]

    assert ["does not work any more" in words(page) for page in elsewhere] == [True, True]
    choose(link)
    assert enters(member.email, NEW)


def test_below_a_mount_the_link_leads_there(member):
    Client(HTTP_HOST="localhost").post(
        "/stores/tech/admin/password_reset/", {"email": member.email}
    )

    link = link_in(mailed()[0])

    assert link.startswith("/stores/tech/admin/password_reset/")
    page = choose(link, host="localhost")
    assert page.redirect_chain[-1][0] == "/stores/tech/admin/login/"


@pytest.fixture
def custom_domain(tech):
    """A host of the shop that its owner, and not the installation, leads wherever they like."""
    add_domain(tech, "shop.example", is_primary=True)
    return "shop.example"


def test_no_link_leads_to_a_domain_that_a_merchant_can_lead_elsewhere(member, custom_domain):
    ask(member.email, custom_domain)

    (message,) = mailed()

    assert message.body.count("http://tech.localhost/admin/password_reset/") == 1
    assert custom_domain not in message.body + message.alternatives[0][0]
    choose(link_in(message))
    assert enters(member.email, NEW)


def test_nor_does_an_invitation(tech, custom_domain):
    desk = Client(HTTP_HOST=custom_domain)
    desk.force_login(make_member(tech))

    invite(desk, "new@example.com")

    (message,) = mailed()
    assert message.body.count("http://tech.localhost/admin/invitation/") == 1
    assert custom_domain not in message.body + message.alternatives[0][0]


def test_a_shops_mail_speaks_its_language(member, tech):
    type(tech).objects.update(language="de")

    ask(member.email)

    (message,) = mailed()
    assert message.subject == "Ein neues Passwort für Tech Gadgets"
    assert "funktioniert einmal" in message.body
    assert "Neues Passwort wählen" in message.alternatives[0][0]


def test_on_the_platforms_host_only_its_staff_gets_a_mail(member):
    staff = make_user("staff@example.com", is_superuser=True)
    for email in (staff.email, member.email):
        ask(email, "localhost")

    (message,) = mailed()
    choose(link_in(message), host="localhost")

    assert message.to == ["staff@example.com"]
    assert "http://localhost/admin/password_reset/" in message.body
    assert enters(staff.email, NEW, "localhost")


# --- Limits -----------------------------------------------------------------------------------


def test_a_client_causes_five_mails_an_hour_to_an_address_and_the_answer_stays_the_same(member):
    answers = [ask(member.email, REMOTE_ADDR="192.0.2.1") for _ in range(7)]

    assert len({answer.content for answer in answers}) == 1
    assert len(mailed()) == 5
    PasswordRequest.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    ask(member.email, REMOTE_ADDR="192.0.2.1")
    assert len(mailed()) == 6


def test_a_stranger_who_asks_and_asks_leaves_the_member_their_own_mails(member):
    for _ in range(12):
        ask(member.email, REMOTE_ADDR="192.0.2.66")
    before = len(mailed())

    ask(member.email, REMOTE_ADDR="192.0.2.7")

    assert len(mailed()) == before + 1


def test_all_clients_together_cause_ten_mails_an_hour_to_an_address(member):
    for number in range(14):
        ask(member.email, REMOTE_ADDR=f"192.0.2.{number}")

    assert len(mailed()) == 10


def test_where_a_member_signed_in_lately_nobody_uses_up_their_mails(member):
    KnownAddress.objects.create(user=member, address="192.0.2.200")
    for number in range(14):
        ask(member.email, REMOTE_ADDR=f"192.0.2.{number}")

    for _ in range(7):
        ask(member.email, REMOTE_ADDR="192.0.2.200")

    assert len(mailed()) == 10 + 5


def test_whoever_gets_no_further_mail_has_one_whose_link_works(member):
    """What was refused is not counted: otherwise a stranger who goes on would keep it shut."""
    first = timezone.now() - timedelta(minutes=59)
    with patch("django.utils.timezone.now", return_value=first):
        for number in range(14):
            ask(member.email, REMOTE_ADDR=f"192.0.2.{number}")
    last = mailed()[-1]
    ask(member.email, REMOTE_ADDR="192.0.2.99")
    assert len(mailed()) == 10

    choose(link_in(last))
    assert enters(member.email, NEW)

    PasswordRequest.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    ask(member.email, REMOTE_ADDR="192.0.2.99")
    assert len(mailed()) == 11


def test_links_live_as_long_as_requests_are_counted(settings):
    counted = COUNTED_FOR.total_seconds()

    assert counted <= settings.PASSWORD_RESET_TIMEOUT
    assert counted <= LINK_LIFE.total_seconds()


def test_a_client_asks_twenty_times_an_hour(member):
    for number in range(20):
        assert ask(f"{number}@example.com").status_code == 200

    refused = ask(member.email)

    assert refused.status_code == 429
    assert "try again in an hour" in words(refused)
    assert mailed() == []
    assert ask(member.email, REMOTE_ADDR="192.0.2.9").status_code == 200


# --- Invited ----------------------------------------------------------------------------------


def invite(desk, email: str, role: str = "manager"):
    form = {"email": email, "role": role}
    return desk.post("/admin/tenants/membership/add/", form, follow=True)


def test_an_invited_member_chooses_a_password_and_gets_in(desk, tech):
    page = invite(desk, "New@Example.com")

    member = Membership.objects.get(user__email="new@example.com")
    assert (member.tenant, member.role) == (tech, "manager")
    (message,) = mailed()
    assert message.to == ["new@example.com"]
    assert message.subject == "You now work in Tech Gadgets"
    assert message.body.count("http://tech.localhost/admin/invitation/") == 1
    # Whoever invites does not get to choose: only the mail's reader does.
    assert "/admin/invitation/" not in words(page)
    link = link_in(message)
    choose(link)
    assert enters("new@example.com", NEW)
    assert "does not work any more" in words(choose(link, PASSWORD))


def test_a_shop_invites_an_address_five_times_an_hour(desk, tech):
    for _ in range(5):
        page = invite(desk, "new@example.com")
        assert "was invited: a mail" in words(page)
        remove_member(Membership.objects.get(user__email="new@example.com"))

    refused = invite(desk, "new@example.com")

    assert refused.context["adminform"].form.errors == {
        "email": ["This address was invited too often. Please try again in an hour."]
    }
    assert not Membership.objects.filter(user__email="new@example.com").exists()
    assert len(jobs()) == 5


def test_a_shop_invites_twenty_people_an_hour_and_another_shop_its_own(desk, tech, outdoor):
    for number in range(20):
        invite(desk, f"{number}@example.com")

    refused = invite(desk, "one.more@example.com")

    assert "Too many e-mails were requested" in words(refused)
    assert not User.objects.filter(email="one.more@example.com").exists()
    assert len(mailed()) == 20
    other = Client(HTTP_HOST="outdoor.localhost")
    other.force_login(make_member(outdoor))
    assert "was invited: a mail" in words(invite(other, "one.more@example.com"))
    # What shops did is not counted where somebody asks for a new password.
    assert ask("one.more@example.com").status_code == 200


def test_a_role_that_is_changed_is_no_invitation(desk, tech):
    member = make_member(tech, "viewer")
    row = Membership.objects.get(user=member)

    desk.post(f"/admin/tenants/membership/{row.pk}/change/", {"role": "manager"})

    assert Membership.objects.get(pk=row.pk).role == "manager"
    assert not PasswordRequest.objects.exists()


def test_somebody_with_a_password_is_told_to_sign_in(desk):
    make_user("known@example.com")

    pages = [words(invite(desk, f"{name}@example.com")) for name in ("known", "fresh")]

    known, _fresh = mailed()
    assert link_in(known) == "/admin/"
    assert "password that you have" in known.body
    assert User.objects.filter(email="known@example.com").count() == 1
    # The page says nothing of who has an account already.
    for name, page in zip(("known", "fresh"), pages, strict=True):
        assert f"{name}@example.com was invited: a mail with a link is on its way." in page


@pytest.mark.parametrize(("hours", "works"), [(-1, True), (1, False)])
def test_an_invitation_works_for_a_week(desk, hours, works):
    invite(desk, "new@example.com")
    age = (INVITATION_LIFE + timedelta(hours=hours)).total_seconds()
    began = timezone.now().timestamp() - age
    with patch("django.core.signing.time.time", lambda: began):
        link = link_in(mailed()[0])

    choose(link)

    assert enters("new@example.com", NEW) is works


def test_whoever_chose_a_password_signs_in_without_typing_their_address(desk):
    invite(desk, "new@example.com")

    page = choose(link_in(mailed()[0]))

    form = page.context["form"]
    assert form["username"].value() == "new@example.com"
    assert "autofocus" in form.fields["password"].widget.attrs
    # Once: whoever opens the page after that finds it empty.
    again = page.client.get("/admin/login/")
    assert not again.context["form"]["username"].value()


def test_an_invitation_is_no_reset_and_ends_with_the_membership(desk):
    invite(desk, "new@example.com")
    link = link_in(mailed()[0])
    assert "does not work any more" in words(choose(link.replace("invitation", "password_reset")))
    remove_member(Membership.objects.get(user__email="new@example.com"))

    assert "does not work any more" in words(choose(link))


def test_a_forged_invitation_is_nothing(desk):
    invite(desk, "new@example.com")
    start, token = link_in(mailed()[0]).rstrip("/").rsplit("/", 1)
    forged = TimestampSigner(key="another", salt="invitation").sign(token.split("~")[0])

    assert "does not work any more" in words(choose(f"{start}/{forged.replace(':', '~')}/"))
    assert enters("new@example.com", NEW) is False
