"""Two forms that make the same at the same moment: the second is told which field must differ."""

import threading

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.db import connection, connections, transaction
from django.test import Client
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from catalog.models import TextPage
from tenants.models import Tenant, User
from tenants.services.passwords import invitation_tokens
from tests.admin.conftest import words
from tests.concurrency.conftest import wait_for
from tests.factories import PASSWORD, make_member, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def sent_while(make, user, host, address, form):
    """The answer to a form that is sent while the same is written and not yet committed."""
    client = Client(HTTP_HOST=host)
    client.force_login(user)
    return sent_by(client, make, address, form)


def sent_by(client, make, address, form):
    answers = []

    def send():
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


@pytest.mark.parametrize("kind", ["password_reset", "invitation"])
def test_of_two_who_send_one_link_s_form_the_second_is_told_that_it_is_used(db, kind):
    connection.set_schema_to_public()
    member = make_member(Tenant.objects.get(slug="tech"))
    tokens = default_token_generator if kind == "password_reset" else invitation_tokens
    token = tokens.make_token(member)
    browser = Client(HTTP_HOST="tech.localhost")
    entered = browser.get(f"/admin/{kind}/{urlsafe(member)}/{token}/")

    def choose_first():
        User.objects.select_for_update().get(pk=member.pk)
        member.set_password("the first one's passphrase")
        member.save(update_fields=["password"])

    second = {"new_password1": "the second one's passphrase"}
    second["new_password2"] = second["new_password1"]
    answer = sent_by(browser, choose_first, entered["Location"], second)

    assert answer.status_code == 200
    assert answer.context["validlink"] is False
    connection.set_schema_to_public()
    member.refresh_from_db()
    assert member.check_password("the first one's passphrase")


def urlsafe(user):
    return urlsafe_base64_encode(force_bytes(user.pk))
