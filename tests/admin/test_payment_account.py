"""Which account a shop's payments go to: by its owners, and by the platform's staff."""

import pytest
from django.db import connection
from django.test import Client

from checkout.models import PaymentAttempt
from checkout.services.settling import settle
from checkout.services.starting import start_payment
from tenants.models import Role, Tenant
from tenants.services import add_member
from tenants.shop.models import AuditEntry
from tests.admin.conftest import words
from tests.factories import make_order, make_product, make_user


@pytest.fixture
def page(tech):
    return f"/admin/tenants/paymentaccount/{tech.pk}/change/"


def account_of(slug: str = "tech") -> str:
    return Tenant.objects.get(slug=slug).stripe_account


def test_an_owner_sets_changes_and_empties_the_account(desk, page, fake):
    fake.accounts |= {"acct_1New", "acct_2New"}
    assert desk.get("/admin/tenants/paymentaccount/")["Location"] == page

    for account, said in (
        ("acct_1New", "takes payments"),
        ("acct_2New", "takes payments"),
        ("", "the platform&#x27;s own account"),
    ):
        assert said in words(desk.post(page, {"stripe_account": account}, follow=True))
        assert account_of() == account

    rows = AuditEntry.objects.filter(changes__has_key="stripe_account").order_by("created_at")
    assert [(row.user_name, row.changes["stripe_account"]) for row in rows] == [
        ("owner@example.com", [None, "acct_1New"]),
        ("owner@example.com", ["acct_1New", "acct_2New"]),
        ("owner@example.com", ["acct_2New", None]),
    ]


@pytest.mark.parametrize(
    ("account", "fault", "problem"),
    [
        ("1New", "", "written as acct_"),
        ("acct_1 New", "", "written as acct_"),
        ("acct_" + "x" * 300, "", "at most 255"),
        ("acct_1Unknown", "", "not connected to this platform"),
        ("acct_1New", "500", "nothing was changed"),
        ("acct_1New", "reset", "nothing was changed"),
        ("acct_1New", "html", "nothing was changed"),
    ],
)
def test_an_account_that_stripe_does_not_vouch_for_is_refused(
    desk, page, fake, account, fault, problem
):
    fake.accounts.add("acct_1New")
    if fault:
        fake.fail(fault, "get_account", times=9)

    response = desk.post(page, {"stripe_account": account})

    assert response.status_code == 200
    assert problem in words(response)
    assert account_of() == ""
    assert not AuditEntry.objects.filter(changes__has_key="stripe_account").exists()


def test_an_account_that_is_not_complete_is_taken_and_said(desk, page, fake):
    fake.accounts.add("acct_1New")
    fake.incomplete.add("acct_1New")

    said = words(desk.post(page, {"stripe_account": "acct_1New"}, follow=True))

    assert "cannot take payments yet" in said
    assert account_of() == "acct_1New"


def test_the_simulator_looks_nothing_up(desk, page):
    assert "Payments are simulated here" in words(desk.get(page))

    said = words(desk.post(page, {"stripe_account": "acct_1New"}, follow=True))

    assert "not looked up" in said


def test_anothers_account_is_for_those_who_own_both_shops(desk, page, fake, outdoor, tech):
    fake.accounts.add("acct_1Other")
    Tenant.objects.filter(pk=outdoor.pk).update(stripe_account="acct_1Other")

    refused = desk.post(page, {"stripe_account": "acct_1Other"})
    assert "belongs to another shop" in words(refused)
    assert account_of() == ""

    owner = tech.memberships.get(role=Role.OWNER).user
    add_member(owner, outdoor, Role.OWNER)
    desk.post(page, {"stripe_account": "acct_1Other"})
    assert account_of() == "acct_1Other"


@pytest.mark.parametrize("role", ["manager", "fulfilment", "viewer"])
def test_the_account_is_for_owners(desk_of, page, role):
    client = desk_of(role)

    for address in (page, "/admin/tenants/paymentaccount/"):
        assert client.get(address).status_code == 403
    assert client.post(page, {"stripe_account": "acct_1New"}).status_code == 403
    assert account_of() == ""


def test_a_payment_that_waits_is_settled_in_the_account_where_it_began(desk, page, fake):
    fake.accounts |= {"acct_1Old", "acct_2New"}
    desk.post(page, {"stripe_account": "acct_1Old"})
    tech = Tenant.objects.get(slug="tech")
    connection.set_schema_to_public()
    connection.set_tenant(tech)
    order = make_order(make_product())
    session_id = start_payment(order.pk, origin="http://tech.localhost").session_id
    desk.post(page, {"stripe_account": "acct_2New"})
    connection.set_schema_to_public()
    connection.set_tenant(Tenant.objects.get(slug="tech"))

    fake.pay(session_id)
    settle(session_id)

    order.refresh_from_db()
    assert order.payment_status == "paid"
    assert PaymentAttempt.objects.get().account == "acct_1Old"
    asked = [call.account for call in fake.calls if call.operation != "get_account"]
    assert set(asked) == {"acct_1Old"}
    again = start_payment(make_order(make_product()).pk, origin="http://tech.localhost")
    assert again.account == "acct_2New"


# --- The platform's staff ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("account", "problem"),
    [("acct_1New", ""), ("acct_1Unknown", "not connected"), ("1New", "written as acct_")],
)
def test_the_platform_sets_it_too_and_the_shop_reads_so(tech, fake, account, problem):
    fake.accounts.add("acct_1New")
    connection.set_schema_to_public()
    staff = Client(HTTP_HOST="localhost")
    staff.force_login(make_user("staff@example.com", is_superuser=True))
    address = f"/admin/tenants/tenant/{tech.pk}/change/"
    form = staff.get(address).context["adminform"].form
    data = {name: form.initial.get(name) or "" for name in form.fields if name != "logo"}
    data |= {"domains-TOTAL_FORMS": "0", "domains-INITIAL_FORMS": "0"}

    response = staff.post(address, data | {"stripe_account": account})

    assert response.status_code == (200 if problem else 302)
    assert account_of() == ("" if problem else account)
    connection.set_tenant(tech)
    rows = AuditEntry.objects.filter(changes__has_key="stripe_account")
    if problem:
        assert problem in words(response)
        assert not rows.exists()
    else:
        [row] = rows
        assert (row.user_name, row.changes["stripe_account"]) == (
            "staff@example.com",
            [None, account],
        )
