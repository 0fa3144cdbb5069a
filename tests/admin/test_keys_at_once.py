"""Two forms that ask for a key of one name at the same moment."""

import threading

import pytest
from django.db import connection, connections, transaction
from django.test import Client

from tenants.models import ApiKey, Tenant
from tenants.services.keys import make_key, revoke_key
from tests.admin.conftest import words
from tests.concurrency.conftest import wait_for
from tests.factories import make_member

pytestmark = pytest.mark.django_db(transaction=True)

TAKEN = "A key of this name is there already: revoke it first."


def in_tech() -> Tenant:
    connection.set_schema_to_public()
    tenant = Tenant.objects.get(slug="tech")
    connection.set_tenant(tenant)
    return tenant


@pytest.fixture
def race():
    """Sends a form while another one's key is written and not yet committed; the form's answer."""
    tenant = in_tech()
    owner = make_member(tenant)
    answers = []

    def send(name):
        client = Client(HTTP_HOST="tech.localhost")
        client.force_login(owner)
        form = {"name": name, "scopes": ["orders:read"]}
        answers.append(client.post("/admin/tenants/apikey/add/", form))
        connections.close_all()

    def run(name, end):
        form = threading.Thread(target=send, args=[name])
        with transaction.atomic():
            first, _token = make_key(
                tenant=tenant, name="ERP", scopes=["orders:read"], expires_at=None, user=owner
            )
            form.start()
            if name == "ERP":
                wait_for(behind=1)
            else:
                form.join()
            end(first, owner)
        form.join()
        in_tech()
        return answers[0]

    return run


def test_the_second_form_is_told_that_the_name_is_taken(race):
    answer = race("ERP", lambda key, user: None)

    assert answer.status_code == 200
    assert answer.context["form"].errors == {"name": [TAKEN]}
    assert TAKEN in words(answer)
    assert ApiKey.objects.count() == 1


def test_where_the_first_is_revoked_at_once_the_second_gets_its_key(race):
    answer = race("ERP", revoke_key)

    assert answer.context["token"]
    assert ApiKey.objects.count() == 2


def test_keys_of_two_names_do_not_wait_for_each_other(race):
    answer = race("Shelf", lambda key, user: None)

    assert answer.context["token"]
    assert ApiKey.objects.count() == 2
