"""A shop's own domains: claimed, proven by a DNS record, served, lost."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from pycommerce.core.errors import InvalidRequest
from tenants.errors import HostTaken
from tenants.jobs import check_domains
from tenants.models import Domain
from tenants.resolution import clear_cache, tenant_by_host
from tenants.services.domain_mail import tell_owners
from tenants.services.domains import (
    MOST_DOMAINS,
    add_domain,
    check_domain,
    claim_domain,
    make_primary,
    remove_domain,
)
from tenants.shop.models import AuditEntry
from tests.factories import make_member

HOST = "shop.example.org"


@pytest.fixture
def owner(tech):
    return make_member(tech, email="owner@example.com")


@pytest.fixture
def others_owner(outdoor):
    return make_member(outdoor, email="other@example.com")


@pytest.fixture
def claim(tech, owner):
    return claim_domain(tech, HOST, owner)


def check(domain: Domain) -> Domain:
    """As if some time had passed since the last check."""
    Domain.objects.filter(pk=domain.pk).update(checked_at=None)
    checked = check_domain(Domain.objects.get(pk=domain.pk))
    assert checked is not None
    return checked


def prove(domain: Domain, server) -> Domain:
    server.texts.setdefault(domain.record_name, []).append(domain.challenge)
    return check(domain)


def in_shop(tenant) -> None:
    connection.set_schema_to_public()
    connection.set_tenant(tenant)


# --- Claiming ------------------------------------------------------------------------------------


def test_a_claim_serves_nothing_until_its_record_is_seen(claim, name_server):
    page = Client(HTTP_HOST=HOST).get("/")
    unknown = Client(HTTP_HOST="nobody.example.org").get("/")
    assert (page.status_code, page.content) == (404, unknown.content)

    checked = prove(claim, name_server)

    clear_cache()
    assert checked.is_proven
    assert name_server.asked == [f"_pycommerce-challenge.{HOST}"]
    assert b"Tech Gadgets" in Client(HTTP_HOST=HOST).get("/").content


def test_each_claim_has_a_value_of_its_own_that_nobody_guesses(claim, outdoor, others_owner):
    theirs = claim_domain(outdoor, HOST, others_owner)

    assert claim.record_name == theirs.record_name
    assert claim.challenge != theirs.challenge
    assert len(claim.challenge) == len("pycommerce-") + 32


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("localhost", "whole host name"),
        ("tech.localhost", "slug"),
        ("a.b.localhost", "slug"),
        ("192.0.2.1", "address of numbers"),
        ("[2001:db8::1]", "host name alone"),
        ("intranet", "with its dots"),
        ("*.example.org", "on its own"),
        ("https://shop.example.org/", "host name alone"),
        ("printer.local", "nobody's"),
        ("shop.internal", "nobody's"),
        ("shop.testserver", "platform"),
        (("y" * 58 + ".") * 4 + "org", "at most"),
    ],
)
def test_a_name_that_no_shop_can_have_is_refused_with_its_reason(tech, owner, host, reason):
    with pytest.raises(InvalidRequest) as refusal:
        claim_domain(tech, host, owner)

    assert reason in refusal.value.fields["domain"][0]
    assert not Domain.objects.exists()


def test_a_name_of_another_script_is_kept_in_ascii_and_shown_as_it_is_written(tech, owner):
    domain = claim_domain(tech, "Bücher.Example.", owner)

    assert domain.domain == "xn--bcher-kva.example"
    assert domain.shown == str(domain) == "bücher.example"
    assert domain.record_name == "_pycommerce-challenge.xn--bcher-kva.example"


def test_a_name_is_claimed_once_in_a_shop_and_not_when_it_is_anothers(
    claim, tech, owner, outdoor, others_owner, name_server
):
    with pytest.raises(HostTaken, match="already"):
        claim_domain(tech, HOST, owner)
    prove(claim, name_server)

    with pytest.raises(HostTaken, match="another shop"):
        claim_domain(outdoor, HOST, others_owner)


def test_a_shop_claims_so_many_and_no_more(tech, owner):
    for number in range(MOST_DOMAINS):
        claim_domain(tech, f"shop{number}.example.org", owner)

    with pytest.raises(InvalidRequest, match="at most"):
        claim_domain(tech, HOST, owner)


# --- Proving -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "seen"),
    [
        (None, "There is no _pycommerce-challenge.shop.example.org yet."),
        (["pycommerce-of-somebody-else"], "None of it is the value asked for."),
        ([], "without a TXT record"),
    ],
)
def test_a_wrong_record_proves_nothing_and_is_shown(claim, name_server, texts, seen):
    if texts is not None:
        name_server.texts[claim.record_name] = texts

    checked = check(claim)

    assert not checked.is_proven
    assert seen in checked.seen
    assert tenant_by_host(HOST) is None


def test_the_right_value_among_others_proves_it(claim, name_server):
    half = len(claim.challenge) // 2
    pieces = [claim.challenge[:half], claim.challenge[half:]]
    name_server.texts[claim.record_name] = ["v=spf1 -all", pieces]

    assert check(claim).is_proven


def test_the_name_servers_are_not_asked_again_at_once(claim, name_server):
    checked = check(claim)

    assert check_domain(checked) == checked
    assert len(name_server.asked) == 1


def test_of_two_shops_the_one_with_the_record_gets_the_name(
    claim, outdoor, others_owner, name_server, tech
):
    theirs = claim_domain(outdoor, HOST, others_owner)

    assert prove(theirs, name_server).is_proven
    assert not check(claim).is_proven

    clear_cache()
    assert tenant_by_host(HOST) == outdoor
    # While the first one's record stands the second's changes nothing.
    refused = prove(claim, name_server)
    assert not refused.is_proven
    assert "another shop here has proven" in refused.seen


def test_a_name_that_was_sold_goes_to_its_new_owner_and_the_old_one_is_told(
    claim, outdoor, others_owner, name_server, owner
):
    make_primary(claim.tenant, prove(claim, name_server), owner)
    name_server.texts[claim.record_name] = []
    check(claim)
    theirs = claim_domain(outdoor, HOST, others_owner)

    assert prove(theirs, name_server).is_proven

    clear_cache()
    assert tenant_by_host(HOST) == outdoor
    lost = Domain.objects.get(pk=claim.pk)
    assert (lost.is_proven, lost.is_primary) == (False, False)
    assert lost.challenge != claim.challenge
    assert tell_owners() == 1
    assert (mail.outbox[0].to, mail.outbox[0].subject) == (
        ["owner@example.com"],
        f"{HOST} belongs to another shop now",
    )
    assert tell_owners() == 0


def test_the_platforms_word_is_not_undone_by_a_record(tech, outdoor, others_owner, name_server):
    theirs = claim_domain(outdoor, HOST, others_owner)
    add_domain(tech, HOST)

    assert not prove(theirs, name_server).is_proven
    assert tenant_by_host(HOST) == tech


def test_the_platform_enters_a_name_that_a_shop_claimed(claim, tech):
    added = add_domain(tech, HOST)

    assert (added.pk, added.is_proven, added.is_vouched) == (claim.pk, True, True)


@pytest.mark.parametrize(
    "fields",
    [
        {"is_primary": True},
        {"is_vouched": True},
        {"domain": "taken.example.org", "proven_at": timezone.now()},
    ],
)
def test_the_database_itself_keeps_what_must_be_true(claim, outdoor, fields):
    add_domain(outdoor, "taken.example.org")

    with pytest.raises(IntegrityError), transaction.atomic():
        Domain.objects.filter(pk=claim.pk).update(**fields)


# --- Afterwards ----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["gone", "SERVFAIL"])
def test_a_shop_goes_on_answering_when_its_record_is_not_seen(claim, name_server, state):
    prove(claim, name_server)
    name_server.texts.clear()
    if state == "SERVFAIL":
        name_server.failures[claim.record_name] = state

    checked = check(claim)

    clear_cache()
    assert checked.is_proven
    assert tenant_by_host(HOST) == claim.tenant
    # No answer says nothing about the record.
    assert (checked.missing_since is not None) == (state == "gone")
    assert checked.state == ("proof missing" if state == "gone" else "proven")


def test_links_lead_to_the_main_address_and_back(claim, tech, owner, name_server):
    with pytest.raises(InvalidRequest, match="not proven"):
        make_primary(tech, claim, owner)
    second = claim_domain(tech, "second.example.org", owner)
    for each in (claim, second):
        make_primary(tech, prove(each, name_server), owner)

    assert list(Domain.objects.filter(is_primary=True)) == [second]
    make_primary(tech, None, owner)
    assert not Domain.objects.filter(is_primary=True).exists()
    changes = AuditEntry.objects.filter(changes__has_key="main address")
    assert [entry.changes["main address"] for entry in changes.order_by("created_at")] == [
        ["tech.localhost", HOST],
        [HOST, "second.example.org"],
        ["second.example.org", "tech.localhost"],
    ]


def test_a_removed_domain_serves_nothing(claim, owner, name_server):
    remove_domain(prove(claim, name_server), owner)

    clear_cache()
    assert tenant_by_host(HOST) is None
    actions = AuditEntry.objects.filter(object_name=HOST).order_by("created_at")
    assert [entry.action for entry in actions] == ["create", "change", "delete"]


def test_other_processes_notice_by_the_shops_row(claim, owner, name_server):
    """The middleware compares it at most a second later."""
    before = claim.tenant.updated_at
    proven = prove(claim, name_server)
    claim.tenant.refresh_from_db()
    after_proof = claim.tenant.updated_at
    remove_domain(proven, owner)
    claim.tenant.refresh_from_db()

    assert before < after_proof < claim.tenant.updated_at


# --- By itself -----------------------------------------------------------------------------------


def ago(domain: Domain, **fields: timedelta) -> None:
    now = timezone.now()
    Domain.objects.filter(pk=domain.pk).update(
        **{name: now - since for name, since in fields.items()}
    )


def test_the_worker_finds_the_record_and_says_so(claim, name_server):
    assert check_domains() == 1
    assert check_domains() == 0
    name_server.texts[claim.record_name] = [claim.challenge]
    ago(claim, checked_at=timedelta(minutes=11))

    assert check_domains() == 1

    clear_cache()
    assert tenant_by_host(HOST) == claim.tenant
    [message] = mail.outbox
    assert message.subject == f"{HOST} is connected"
    assert f"http://tech.localhost/admin/tenants/domain/{claim.pk}/change/" in message.body


@pytest.mark.parametrize(
    ("created", "checked", "is_due"),
    [
        (timedelta(hours=1), timedelta(minutes=9), False),
        (timedelta(hours=1), timedelta(minutes=11), True),
        (timedelta(days=2), timedelta(minutes=11), False),
        (timedelta(days=2), timedelta(minutes=61), True),
        (timedelta(days=31), timedelta(days=2), False),
    ],
)
def test_a_claim_is_looked_for_less_and_less(claim, name_server, created, checked, is_due):
    ago(claim, created_at=created, checked_at=checked)

    assert check_domains() == int(is_due)


def test_a_proof_is_looked_for_once_a_day_and_the_platforms_word_never(claim, tech, name_server):
    prove(claim, name_server)
    vouched = add_domain(tech, "known.example.org")
    for each in (claim, vouched):
        ago(each, checked_at=timedelta(hours=25))

    assert check_domains() == 1
    assert name_server.asked[-1] == claim.record_name
    assert check_domains() == 0


def test_a_claim_without_a_record_for_a_week_is_told_once(claim, name_server):
    ago(claim, created_at=timedelta(days=6))
    assert tell_owners() == 0
    ago(claim, created_at=timedelta(days=8))

    assert (tell_owners(), tell_owners()) == (1, 0)

    [message] = mail.outbox
    assert message.to == ["owner@example.com"]
    assert claim.challenge in message.body
    assert claim.record_name in message.body


def test_a_proof_that_is_gone_for_a_day_is_told_once_in_the_shops_language(claim, tech):
    tech.language = "de"
    tech.save(update_fields=["language"])
    now = timezone.now()
    Domain.objects.filter(pk=claim.pk).update(proven_at=now, missing_since=now)
    assert tell_owners() == 0
    ago(claim, missing_since=timedelta(hours=25))

    assert (tell_owners(), tell_owners()) == (1, 0)

    [message] = mail.outbox
    assert message.subject == f"Der Nachweis für {HOST} fehlt"


def test_nothing_is_written_for_a_domain_that_was_removed_during_the_check(claim, name_server):
    asked = Domain.objects.get(pk=claim.pk)
    Domain.objects.all().delete()

    assert check_domain(asked) is None
