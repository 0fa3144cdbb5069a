"""Calls are counted by credential, else by address, over all processes."""

from django.test import override_settings

from tests.api.conftest import error_of
from tests.factories import make_user


@override_settings(API_RATE_PER_MINUTE=3)
def test_the_call_beyond_the_limit_is_a_429(api):
    answers = [api.get("/api/tenants") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert error_of(answers[-1])["code"] == "rate_limited"
    assert int(answers[-1]["Retry-After"]) <= 60
    assert answers[0]["RateLimit-Limit"] == "3"


@override_settings(API_RATE_PER_MINUTE=2)
def test_another_credential_has_a_count_of_its_own(api, caller):
    for _ in range(3):
        api.get("/api/tenants")

    assert caller(make_user()).get("/api/tenants").status_code == 200


@override_settings(API_RATE_PER_MINUTE=2)
def test_without_a_token_the_address_is_counted_and_no_header_changes_it(stranger):
    statuses = [
        stranger.get("/api/health", HTTP_X_FORWARDED_FOR=f"203.0.113.{number}").status_code
        for number in range(3)
    ]

    assert statuses == [200, 200, 429]
    assert stranger.get("/api/health", REMOTE_ADDR="203.0.113.9").status_code == 200


@override_settings(API_RATE_PER_MINUTE=100, API_WRITES_PER_MINUTE=2)
def test_writes_have_a_lower_limit_of_their_own(stranger):
    body = {"refresh": "x"}
    statuses = [stranger.post("/api/auth/logout", body).status_code for _ in range(3)]

    assert statuses == [401, 401, 429]
    assert stranger.get("/api/health").status_code == 200


@override_settings(API_RATE_PER_MINUTE=2)
def test_a_refused_call_counts_too(stranger):
    statuses = [stranger.get("/api/tenants").status_code for _ in range(3)]

    assert statuses == [401, 401, 429]
