"""Two people, or one impatient one, at the same order at the same moment."""

import threading

import pytest
from django.db import connection, connections, transaction
from django.test import Client

from orders.models import Fulfilment, Order, Refund
from orders.services.paying import lock_order
from tenants.models import Tenant
from tests.admin.conftest import page_of, words
from tests.checkout.conftest import paid
from tests.factories import make_member, make_order, make_product

pytestmark = pytest.mark.django_db(transaction=True)


def _select() -> Tenant:
    connection.set_schema_to_public()
    tenant = Tenant.objects.get(slug="tech")
    connection.set_tenant(tenant)
    return tenant


@pytest.fixture
def sold() -> Order:
    """Nine units, paid."""
    _select()
    return paid(make_order(make_product(on_hand=20), quantity=9))


@pytest.fixture
def send(sold):
    """Sends forms of a step at the same moment, each from a browser of its own."""
    user = make_member(_select())

    def at_once(step, forms):
        start = threading.Barrier(len(forms))
        answers = []

        def one(data):
            client = Client(HTTP_HOST="tech.localhost")
            client.force_login(user)
            start.wait()
            answers.append(client.post(page_of(sold, step), data).status_code)
            connections.close_all()

        threads = [threading.Thread(target=one, args=[data]) for data in forms]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        _select()
        return answers

    return at_once


def _forms(sold, keys, **data):
    units = {f"units_{sold.line_items.get().pk}": "1"}
    return [{"request_key": key * 32, **units, **data} for key in keys]


def test_a_form_that_is_sent_four_times_at_once_sends_once(sold, send):
    assert send("fulfil", _forms(sold, "1111")) == [302] * 4
    assert Fulfilment.objects.count() == 1

    # The control: four forms are four parcels.
    assert send("fulfil", _forms(sold, "2345")) == [302] * 4
    assert Fulfilment.objects.count() == 5
    assert sold.line_items.get().fulfilled == 5


def test_a_refund_that_is_sent_four_times_at_once_goes_back_once(sold, send):
    data = {"what": "amount", "amount": "5", "agreed": "5"}

    assert send("refund", _forms(sold, "1111", **data)) == [302] * 4
    assert Refund.objects.count() == 1

    # The control: four forms are four refunds.
    send("refund", _forms(sold, "2345", **data))
    assert Refund.objects.count() == 5


def test_an_order_that_somebody_else_changes_asks_for_patience(sold):
    client = Client(HTTP_HOST="tech.localhost")
    client.force_login(make_member(_select()))
    locked, finished = threading.Event(), threading.Event()

    def hold():
        _select()
        with transaction.atomic():
            lock_order(sold.pk)
            locked.set()
            finished.wait(120)
        connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    locked.wait(120)
    with connection.cursor() as cursor:
        # As in a web process, and sooner.
        cursor.execute("SET lock_timeout = '100ms'")
    try:
        response = client.post(page_of(sold, "fulfil"), _forms(sold, "1")[0])
    finally:
        finished.set()
        thread.join()

    assert "Somebody else is changing this order at this moment." in words(response)
    _select()
    assert not Fulfilment.objects.exists()
