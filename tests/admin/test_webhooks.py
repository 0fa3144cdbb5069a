"""Webhooks at the desk: where they go, their secret, their log, by owners alone."""

import pytest
from django.db import connection

from checkout import jobs
from tenants.shop.models import AuditEntry, WebhookDelivery, WebhookEndpoint, WebhookEvent
from tenants.webhooks.signing import secret_of
from tests.admin.conftest import words
from tests.api.conftest import in_tech
from tests.fakes.receiver import receiver, say

HOOKS = "/admin/shop/webhookendpoint/"
NEW = {"address": "https://erp.example.com/hook", "events": ["order.paid"], "is_active": "on"}


def make(desk, **data):
    response = desk.post(f"{HOOKS}add/", NEW | data)
    assert response.status_code == 302, words(response)
    in_tech()
    return WebhookEndpoint.objects.get()


def work():
    connection.set_schema_to_public()
    jobs.send_webhooks_regularly(timestamp=0)
    in_tech()


def test_an_owner_adds_one_and_reads_its_secret(desk):
    endpoint = make(desk)

    assert (endpoint.events, endpoint.is_active) == (["order.paid"], True)
    page = words(desk.get(f"{HOOKS}{endpoint.pk}/change/"))
    assert secret_of(endpoint) in page
    assert "Nothing yet." in page
    assert "https://erp.example.com/hook" in words(desk.get(HOOKS))
    assert AuditEntry.objects.get().action == "create"


def test_a_test_is_sent_and_its_answer_shown_and_sent_again(desk):
    with receiver(say(418, b"<b>teapot</b>")) as found:
        endpoint = make(desk, address=found.address)
        desk.post(f"{HOOKS}{endpoint.pk}/test/")
        in_tech()
        work()
        page = words(desk.get(f"{HOOKS}{endpoint.pk}/change/"))
        in_tech()
        delivery = WebhookDelivery.objects.get()
        desk.post(f"{HOOKS}{endpoint.pk}/again/{delivery.pk}/")
        in_tech()
        work()

    assert "answered 418" in page
    assert "&lt;b&gt;teapot&lt;/b&gt;" in page
    assert "given up" in page
    assert len(found.got) == 2


def test_what_is_only_looked_at_changes_nothing(desk):
    endpoint = make(desk)
    for step in ("test/", "rotate/"):
        assert desk.get(f"{HOOKS}{endpoint.pk}/{step}").status_code == 302

    in_tech()
    assert not WebhookEvent.objects.exists()
    assert WebhookEndpoint.objects.get().secret_number == 1


def test_a_new_secret_is_in_the_history_and_its_value_is_not(desk):
    endpoint = make(desk)
    before = secret_of(endpoint)

    desk.post(f"{HOOKS}{endpoint.pk}/rotate/")

    in_tech()
    endpoint.refresh_from_db()
    after = secret_of(endpoint)
    assert after != before
    page = words(desk.get(f"{HOOKS}{endpoint.pk}/change/"))
    assert after in page
    assert before not in page
    in_tech()
    assert "whsec" not in str(list(AuditEntry.objects.values()))


def test_one_that_is_deleted_takes_its_log_with_it(desk):
    endpoint = make(desk)
    event = WebhookEvent.objects.create(type="order.paid", body="{}")
    WebhookDelivery.objects.create(endpoint=endpoint, event=event)

    desk.post(f"{HOOKS}{endpoint.pk}/delete/", {"post": "yes"})

    in_tech()
    assert not WebhookEndpoint.objects.exists()
    assert not WebhookDelivery.objects.exists()
    assert AuditEntry.objects.first().action == "delete"


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("http://erp.example.com/hook", "It must begin with https://."),
        ("ftp://erp.example.com/", "It must begin with https://."),
        ("https://10.0.0.1/hook", "This is no public address."),
        ("https://[::1]/hook", "This is no public address."),
        ("https://user:secret@erp.example.com/", "Leave out the user"),
        ("https://erp.example.com/#here", "Leave out what stands behind #"),
        ("https://erp.example.com:99999/", "This is no address."),
        ("https:///hook", "Write an address such as"),
        ("hook", "Write an address such as"),
        ("https://erp.example.com/a b", "Write an address such as"),
        ("https://erp.example.com/\r\nX: y", "Write an address such as"),
    ],
)
def test_an_address_that_is_never_called_is_refused(desk, settings, address, problem):
    settings.WEBHOOK_LOOPBACK = False

    page = desk.post(f"{HOOKS}add/", NEW | {"address": address})

    assert problem in words(page)
    assert not WebhookEndpoint.objects.exists()


def test_one_that_is_switched_on_again_has_not_failed(desk):
    endpoint = make(desk)
    WebhookEndpoint.objects.update(is_active=False, failing_since=endpoint.created_at)

    desk.post(f"{HOOKS}{endpoint.pk}/change/", NEW)

    in_tech()
    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.failing_since) == (True, None)


@pytest.mark.parametrize("role", ["manager", "fulfilment", "viewer"])
def test_only_owners_connect_other_systems(desk, desk_of, role):
    endpoint = make(desk)
    other = desk_of(role)

    for step in ("", "add/", *(f"{endpoint.pk}/{each}/" for each in ("change", "test", "rotate"))):
        assert other.get(HOOKS + step).status_code == 403
        assert other.post(HOOKS + step, NEW).status_code == 403
    in_tech()
    assert WebhookEndpoint.objects.get().secret_number == 1
    assert not WebhookEvent.objects.exists()
