"""Tokens: for a password, for a refresh token, and no longer than they should."""

import threading
import time

import jwt
import pytest
from django.conf import settings
from django.db import connections
from django.test import override_settings

from tenants.models import Tenant, User
from tenants.services.tokens import issue_tokens
from tests.api.conftest import Caller, error_of
from tests.factories import PASSWORD, make_member, make_user


def _login(caller, email, password=PASSWORD, **headers):
    return caller.post("/api/auth/login", {"email": email, "password": password}, **headers)


def test_a_login_answers_a_pair_of_tokens_as_documented(stranger):
    user = make_user("jane@example.com")

    response = _login(stranger, "Jane@Example.com ")

    assert response.status_code == 200
    body = response.json()
    assert list(body) == ["access", "refresh", "token_type", "expires_in"]
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 300)
    me = stranger.get("/api/auth/me", HTTP_AUTHORIZATION=f"Bearer {body['access']}").json()
    assert me["id"] == str(user.pk)
    assert response["Cache-Control"] == "no-store"


def test_spaces_count_in_the_length_that_is_described(stranger):
    email = f"{'a' * 248}@x.org"
    assert len(email) == 254

    assert _login(stranger, email).status_code == 401
    refused = _login(stranger, f"{email} ")

    assert refused.status_code == 400
    assert list(error_of(refused)["fields"]) == ["email"]


def test_me_names_tenants_and_roles(caller, tech):
    user = make_member(tech, "manager")

    body = caller(user).get("/api/auth/me").json()

    assert body["tenants"] == [
        {"id": str(tech.pk), "name": "Tech Gadgets", "slug": "tech", "role": "manager"}
    ]
    assert body["is_platform_staff"] is False


@pytest.mark.parametrize("password", ["wrong", ""])
def test_a_wrong_password_and_an_unknown_address_answer_alike(stranger, password):
    make_user("jane@example.com")

    answers = [
        _login(stranger, email, "wrong") for email in ("jane@example.com", "nobody@example.com")
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert {error_of(answer)["code"] for answer in answers} == {"invalid_credentials"}


def test_a_deactivated_user_cannot_sign_in(stranger):
    make_user("jane@example.com", is_active=False)

    assert _login(stranger, "jane@example.com").status_code == 401


def test_no_token_is_a_401_with_a_challenge(stranger):
    response = stranger.get("/api/tenants")

    assert response.status_code == 401
    assert error_of(response)["code"] == "authentication_required"
    assert response["WWW-Authenticate"].startswith("Bearer")


def _forged(user, algorithm="HS256", key=settings.JWT_SECRET, **claims):
    payload = {
        "token_type": "access",
        "exp": int(time.time()) + 300,
        "iat": int(time.time()),
        "jti": "x",
        "sub": str(user.pk),
        "epoch": user.token_epoch,
        "iss": "pycommerce",
    } | claims
    return jwt.encode(payload, key, algorithm)


def _try(stranger, token):
    return stranger.get("/api/tenants", HTTP_AUTHORIZATION=f"Bearer {token}")


def test_a_token_is_believed_only_as_we_make_it(stranger):
    user = make_user()
    assert _try(stranger, _forged(user)).status_code == 200

    bad = {
        "another algorithm": _forged(user, "HS512"),
        "none": _forged(user, "none", key=""),
        "another key": _forged(user, key="another key that is long enough for this algorithm"),
        "a refresh token": _forged(user, token_type="refresh"),
        "another issuer": _forged(user, iss="elsewhere"),
        "another epoch": _forged(user, epoch=user.token_epoch + 1),
        "nobody": _forged(user, sub="not-a-uuid"),
        "noise": "a.b.c",
        "nothing": "",
    }
    for name, token in bad.items():
        response = _try(stranger, token)
        assert (name, response.status_code) == (name, 401)
        assert error_of(response)["code"] == "token_invalid"


def test_an_expired_token_says_so(stranger):
    response = _try(stranger, _forged(make_user(), exp=int(time.time()) - 1))

    assert response.status_code == 401
    assert error_of(response)["code"] == "token_expired"
    assert 'error="invalid_token"' in response["WWW-Authenticate"]


def test_deactivating_a_user_ends_their_tokens_at_once(caller):
    user = make_user()
    mine = caller(user)
    assert mine.get("/api/tenants").status_code == 200

    User.objects.filter(pk=user.pk).update(is_active=False)

    assert error_of(mine.get("/api/tenants"))["code"] == "token_invalid"


def test_a_new_password_ends_tokens_at_once_refresh_tokens_too(caller, stranger):
    user = make_user()
    mine, pair = caller(user), issue_tokens(user)

    user.set_password("another passphrase")
    user.save()

    assert mine.get("/api/tenants").status_code == 401
    assert stranger.post("/api/auth/refresh", {"refresh": pair["refresh"]}).status_code == 401


def test_a_refresh_token_works_once_and_its_reuse_ends_the_family(stranger):
    first = issue_tokens(make_user())["refresh"]
    second = stranger.post("/api/auth/refresh", {"refresh": first}).json()["refresh"]

    assert stranger.post("/api/auth/refresh", {"refresh": first}).status_code == 401
    assert stranger.post("/api/auth/refresh", {"refresh": second}).status_code == 401


def test_logging_out_ends_the_refresh_token(stranger):
    refresh = issue_tokens(make_user())["refresh"]

    assert stranger.post("/api/auth/logout", {"refresh": refresh}).status_code == 204
    assert stranger.post("/api/auth/logout", {"refresh": refresh}).status_code == 204
    assert stranger.post("/api/auth/refresh", {"refresh": refresh}).status_code == 401


@pytest.mark.parametrize("path", ["refresh", "logout"])
def test_a_refresh_token_that_is_none_is_a_401(stranger, path):
    access = issue_tokens(make_user())["access"]

    for token in ("noise", access):
        response = stranger.post(f"/api/auth/{path}", {"refresh": token})
        assert (response.status_code, error_of(response)["code"]) == (401, "token_invalid")


@pytest.mark.django_db(transaction=True)
def test_of_many_refreshes_at_once_one_is_accepted():
    refresh = issue_tokens(make_user())["refresh"]
    start, statuses = threading.Barrier(8), []

    def attempt():
        start.wait()
        response = Caller().post("/api/auth/refresh", {"refresh": refresh})
        statuses.append(response.status_code)
        connections.close_all()

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [200] + [401] * 7


# --- Failed tries ---------------------------------------------------------------------------


@override_settings(LOGIN_FAILURES_PER_MINUTE=3)
def test_too_many_failed_tries_are_a_429_even_with_the_right_password(stranger):
    make_user("jane@example.com")
    for _ in range(3):
        assert _login(stranger, "jane@example.com", "wrong").status_code == 401

    response = _login(stranger, "jane@example.com")

    assert response.status_code == 429
    assert error_of(response)["code"] == "rate_limited"
    assert 0 < int(response["Retry-After"]) <= 60


@override_settings(LOGIN_FAILURES_PER_MINUTE=3)
def test_good_logins_are_not_counted_as_tries(stranger):
    make_user("jane@example.com")

    assert {_login(stranger, "jane@example.com").status_code for _ in range(6)} == {200}


@override_settings(LOGIN_FAILURES_PER_MINUTE=3)
def test_one_address_cannot_try_many_accounts(stranger):
    for number in range(3):
        _login(stranger, f"user{number}@example.com", "wrong")

    assert _login(stranger, "another@example.com", "wrong").status_code == 429
    elsewhere = _login(stranger, "another@example.com", "wrong", REMOTE_ADDR="203.0.113.7")
    assert elsewhere.status_code == 401


@override_settings(LOGIN_FAILURES_PER_MINUTE=3)
def test_nobody_can_lock_a_merchant_out_of_a_known_address(stranger):
    make_user("jane@example.com")
    assert _login(stranger, "jane@example.com", REMOTE_ADDR="198.51.100.1").status_code == 200
    for number in range(5):
        _login(stranger, "jane@example.com", "wrong", REMOTE_ADDR=f"203.0.113.{number}")

    locked = _login(stranger, "jane@example.com", REMOTE_ADDR="203.0.113.77")
    known = _login(stranger, "jane@example.com", REMOTE_ADDR="198.51.100.1")

    assert locked.status_code == 429
    assert known.status_code == 200


def test_a_token_of_one_host_is_good_on_every_host(caller, tech: Tenant):
    user = make_user()
    for host in ("localhost", "api.localhost", "tech.localhost"):
        assert caller(user, host).get("/api/products?tenant=tech").status_code == 200
