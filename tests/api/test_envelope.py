"""Whatever goes wrong under /api/ is said in one envelope."""

import json
from urllib.parse import urlencode

import pytest
from django.test import override_settings
from rest_framework.exceptions import ValidationError

from pycommerce.api.errors import known_refusals, refusal_for
from tests.api.conftest import error_of

LOGIN = "/api/auth/login"


def test_an_unknown_route_is_a_404_in_the_envelope(stranger):
    response = stranger.get("/api/nothing/here")

    assert response.status_code == 404
    assert error_of(response)["code"] == "resource_not_found"
    assert "/api/nothing/here" in error_of(response)["details"]


def test_a_wrong_method_names_the_right_ones(api):
    response = api.request("DELETE", "/api/products?tenant=tech")

    assert response.status_code == 405
    assert error_of(response)["code"] == "method_not_allowed"
    assert response["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("path", ["/api/products", "/api/auth/login", "/api/tenants/"])
def test_options_is_a_204_with_allow(stranger, path):
    response = stranger.request("OPTIONS", path)

    assert response.status_code == 204
    assert "OPTIONS" in response["Allow"]


def test_a_trailing_slash_answers_the_same(api):
    assert (
        api.get("/api/products/?tenant=tech").content
        == api.get("/api/products?tenant=tech").content
    )


def test_head_answers_like_get_without_a_body(api):
    got, head = (api.request(method, "/api/tenants") for method in ("GET", "HEAD"))

    assert head.status_code == 200
    assert head.content == b""
    assert head["Content-Length"] == str(len(got.content))
    assert head["ETag"] == got["ETag"]


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b"{", "malformed_json", "line 1"),
        (b'{"a": NaN}', "malformed_json", "NaN"),
        (b'{"email": "a", "email": "b"}', "malformed_json", "'email'"),
        (b"[" * 30 + b"]" * 30, "malformed_json", "20 levels"),
        (b'{"a": 1' + b"0" * 100 + b"}", "malformed_json", "too long"),
        (b'{"a": 1e999999}', "malformed_json", "out of range"),
        (b'"text"', "invalid_request", "object"),
        (b"\xff\xfe", "malformed_json", "UTF-8"),
        (b'{"email": "\\u0000"}', "invalid_request", "email"),
        (b'{"email": "\\ud800"}', "invalid_request", "email"),
        (b'{"email": {"a": 1}, "password": "x"}', "invalid_request", "email"),
        (b"{}", "missing_parameter", "email, password"),
    ],
)
def test_a_bad_body_is_a_400_that_says_what(stranger, body, code, words):
    response = stranger.post(LOGIN, body)

    assert response.status_code == 400
    assert error_of(response)["code"] == code
    assert words in error_of(response)["details"]


def test_a_field_at_fault_is_named(stranger):
    response = stranger.post(LOGIN, {"email": "a" * 300, "password": "x"})

    assert response.status_code == 400
    assert list(error_of(response)["fields"]) == ["email"]


def test_another_media_type_is_a_415(stranger):
    response = stranger.post(LOGIN, b"a=b", content_type="application/x-www-form-urlencoded")

    assert response.status_code == 415
    assert error_of(response)["code"] == "unsupported_media_type"


def test_a_body_over_256_kib_is_a_413(stranger):
    response = stranger.post(LOGIN, b" " * (256 * 1024 + 1))

    assert response.status_code == 413
    assert error_of(response)["code"] == "payload_too_large"


def test_a_parameter_given_twice_is_a_400(api):
    response = api.get("/api/products?tenant=tech&limit=1&limit=2")

    assert response.status_code == 400
    assert list(error_of(response)["fields"]) == ["limit"]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/api/products?tenant=tech&q=%00", ["q"]),
        ("/api/products?tenant=%00x&q=a&sort%00=1", ["tenant", "sort"]),
        ("/api/products?%00=1", ["query"]),
        ("/api/products/a%00b", ["path"]),
    ],
)
def test_a_nul_in_an_address_is_a_400_that_names_where_it_stands(api, path, fields):
    response = api.get(path)

    assert response.status_code == 400
    error = error_of(response)
    assert list(error["fields"]) == fields
    assert error["details"] == " ".join(f"{name}: It contains a NUL character." for name in fields)


@pytest.mark.parametrize("path", ["/api/products", "/api/auth/me", "/api/nothing"])
def test_more_parameters_than_a_request_may_have_are_a_400(api, path):
    response = api.get(f"{path}?tenant=tech" + "&a=1" * 1000)

    assert response.status_code in {400, 404}
    assert error_of(response)["details"] != error_of(response)["message"]


def test_a_host_that_is_none_is_a_400_in_the_envelope(stranger):
    response = stranger.get("/api/health", HTTP_HOST="")

    assert response.status_code == 400
    assert error_of(response)["details"] == "The host that the request names is no host name."


@override_settings(HTTPS_REQUIRED=True)
def test_plain_http_is_rejected_and_not_redirected(stranger):
    response = stranger.get("/api/health")

    assert response.status_code == 403
    assert error_of(response)["code"] == "https_required"


def test_every_code_stands_in_the_description_and_in_no_two_statuses(stranger):
    schema = stranger.get("/api/schema").json()
    codes = schema["components"]["schemas"]["ErrorDetail"]["properties"]["code"]["enum"]

    refusals = known_refusals()
    assert codes == sorted(refusal.code for refusal in refusals)


def test_an_exception_nobody_foresaw_tells_nothing_of_itself():
    refusal = refusal_for(RuntimeError("the password is swordfish"))

    assert refusal.status == 500
    assert "swordfish" not in json.dumps([refusal.message, refusal.details])


LISTS = {
    "products": {
        "min_price": ("-3", "Use 0 or more."),
        "max_price": ("a lot", "Write a number such as 129.99."),
        "in_stock": ("perhaps", "Write true or false."),
        "updated_since": ("then", "Write a time such as 2025-03-15T10:30:00Z."),
        "sort": ("beauty", "Use one of newest, price, -price, name."),
        "limit": ("0", "Write a whole number from 1 to 250."),
        "category": ("x" * 256, "Use at most 255 characters."),
    },
    "orders": {
        "status": ("lost", "Use one of pending, processing, completed, cancelled."),
        "customer_id": ("1", "Write a UUID."),
        "created_after": ("then", "Write a time such as 2025-03-15T10:30:00Z."),
        "limit": ("-1", "Write a whole number from 1 to 250."),
    },
    "categories": {
        "parent_id": ("1", "Write a UUID."),
        "limit": ("251", "Write a whole number from 1 to 250."),
    },
    "tenants": {
        "limit": ("x", "Write a whole number from 1 to 250."),
        "cursor": ("x" * 1001, "Use at most 1000 characters."),
    },
}


@pytest.mark.parametrize("name", LISTS)
def test_all_parameters_that_are_wrong_are_told_at_once(merchant, name):
    wrong = LISTS[name]
    query = urlencode({each: value for each, (value, _) in wrong.items()})
    tenant = "&tenant=tech" if name != "tenants" else ""

    response = merchant.get(f"/api/{name}?{query}{tenant}")

    assert response.status_code == 400
    error = error_of(response)
    assert error["fields"] == {each: [problem] for each, (_, problem) in wrong.items()}
    for each, (_, problem) in wrong.items():
        assert f"{each}: {problem}" in error["details"]


def test_parameters_that_are_given_twice_are_told_at_once(api):
    response = api.get("/api/products?tenant=tech&limit=1&limit=2&q=a&q=b")

    assert list(error_of(response)["fields"]) == ["limit", "q"]
    assert "limit: It is given more than once. q: It is" in error_of(response)["details"]


def test_all_members_that_are_wrong_are_told_at_once_and_of_very_many_the_first():
    problems = {f"m{number}": ["No."] for number in range(12)}
    few = dict(list(problems.items())[:10])

    told = [refusal_for(ValidationError(members)).details for members in (few, problems)]

    assert told[0].count("No.") == 10
    assert "more" not in told[0]
    assert told[1] == f"{told[0]} And 2 more."
