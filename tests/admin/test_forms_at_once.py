"""Two forms that make the same at the same moment: the second is told which field must differ."""

import threading

import pytest
from django.db import connection, connections, transaction
from django.test import Client

from catalog.models import TextPage
from tenants.models import Tenant, User
from tests.admin.conftest import words
from tests.concurrency.conftest import wait_for
from tests.factories import PASSWORD, make_member, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def sent_while(make, user, host, address, form):
    """The answer to a form that is sent while the same is written and not yet committed."""
    answers = []

    def send():
        client = Client(HTTP_HOST=host)
        client.force_login(user)
        answers.append(client.post(address, form))
        connections.close_all()

    second = threading.Thread(target=send)
    with transaction.atomic():
        make()
        second.start()
        wait_for(behind=1)
    second.join()
    return answers[0]


def test_of_two_text_pages_with_one_address_the_second_is_asked_for_another(db):
    connection.set_schema_to_public()
    tenant = Tenant.objects.get(slug="tech")
    owner = make_member(tenant)
    connection.set_tenant(tenant)

    answer = sent_while(
        lambda: TextPage.objects.create(title="Terms", slug="terms-of-ours"),
        owner,
        "tech.localhost",
        "/admin/catalog/textpage/add/",
        {"title": "Our terms", "slug": "terms-of-ours", "body": "<p>x</p>", "position": "1"},
    )

    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == ["slug"]
    assert "already exists" in words(answer)
    connection.set_tenant(tenant)
    assert TextPage.objects.filter(slug="terms-of-ours").count() == 1


def test_of_two_users_with_one_e_mail_address_the_second_is_asked_for_another(db):
    connection.set_schema_to_public()
    staff = make_user(is_superuser=True)

    answer = sent_while(
        lambda: make_user(email="ada@example.com"),
        staff,
        "localhost",
        "/admin/tenants/user/add/",
        {"email": "ada@example.com", "name": "A", "password1": PASSWORD, "password2": PASSWORD},
    )

    assert answer.status_code == 200
    assert "email" in answer.context["adminform"].form.errors
    connection.set_schema_to_public()
    assert User.objects.filter(email="ada@example.com").count() == 1
