"""What every request meets first."""

import io
import logging

import pytest
import structlog
from django.http import FileResponse, HttpResponse
from django.test import Client, override_settings

from pycommerce.core.csp import CSP
from pycommerce.middleware import RequestMiddleware
from pycommerce.unfold_shim import ADMIN_CSP

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(rf):
    """Run a request with these META entries through the middleware; returns it and its answer."""

    def _ask(path="/api/health", method="get", **meta):
        request = getattr(rf, method)(path, **meta)
        response = RequestMiddleware(lambda request: HttpResponse(b"body"))(request)
        return request, response

    return _ask


def test_every_answer_carries_a_request_id_of_its_own(ask):
    first, second = ask()[1], ask()[1]

    assert len(first["X-Request-ID"]) == 32
    assert first["X-Request-ID"] != second["X-Request-ID"]


_OF_ALL = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"}
_OF_DATA = _OF_ALL | {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
_OF_PAGES = _OF_ALL | {
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": CSP,
}
_OF_THE_ADMIN = _OF_PAGES | {"Content-Security-Policy": ADMIN_CSP}


@pytest.mark.parametrize("mount", ["", "/stores/tech"])
@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("get", "/", _OF_PAGES),
        ("get", "/no-such-page", _OF_PAGES),
        ("get", "/theme.css", _OF_PAGES),
        ("get", "/admin/login/", _OF_THE_ADMIN),
        ("get", "/api/docs", _OF_PAGES),
        ("get", "/stripe-demo/no-such-page", _OF_PAGES),
        ("get", "/api/health", _OF_DATA),
        ("head", "/api/health", _OF_DATA),
        ("options", "/api/health", _OF_DATA),
        ("get", "/api/products", _OF_DATA),
        ("get", "/api/no-such-thing", _OF_DATA),
        ("post", "/stripe-demo/create-checkout-session-json", _OF_DATA),
    ],
)
def test_pages_and_data_carry_what_browsers_need_of_them(tech, mount, method, path, expected):
    host = "localhost" if mount else "tech.localhost"
    answer = getattr(Client(), method)(mount + path, headers={"host": host})

    assert {name: answer.headers[name] for name in _OF_PAGES if name in answer.headers} == expected


def test_forwarded_headers_of_a_stranger_change_nothing(ask):
    request, _ = ask(
        REMOTE_ADDR="203.0.113.9", HTTP_X_FORWARDED_FOR="10.0.0.1", HTTP_X_FORWARDED_PROTO="https"
    )

    assert request.client_address == "203.0.113.9"
    assert not request.is_secure()


@override_settings(TRUSTED_PROXIES=["127.0.0.1", "10.0.0.0/8"])
def test_a_named_proxy_tells_client_and_scheme(ask):
    request, _ = ask(
        REMOTE_ADDR="127.0.0.1",
        HTTP_X_FORWARDED_FOR="6.6.6.6, 203.0.113.9, 10.1.2.3",
        HTTP_X_FORWARDED_PROTO="https",
    )

    assert request.client_address == "203.0.113.9"
    assert request.is_secure()


@override_settings(TRUSTED_PROXIES=["unix"])
def test_a_proxy_on_a_unix_socket_can_be_named(ask):
    request, _ = ask(REMOTE_ADDR="", HTTP_X_FORWARDED_FOR="203.0.113.9")

    assert request.client_address == "203.0.113.9"


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:DB8:1:2::ffff", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("203.0.113.9", "203.0.113.9"),
    ],
)
@override_settings(TRUSTED_PROXIES=["127.0.0.1"])
def test_all_addresses_that_a_client_was_given_are_one_client(ask, address, client):
    directly, _ = ask(REMOTE_ADDR=address)
    by_the_proxy, _ = ask(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR=address)

    assert directly.client_address == by_the_proxy.client_address == client


@override_settings(HTTPS_REQUIRED=True)
@pytest.mark.parametrize(
    "path", ["/api/health", "/stripe-demo/x", "/stripe/webhook", "/stores/tech/api/products"]
)
def test_calls_over_plain_http_are_rejected_and_not_redirected(ask, path):
    _, response = ask(path)

    assert response.status_code == 403
    assert b'"https_required"' in response.content


@override_settings(HTTPS_REQUIRED=True)
def test_pages_over_plain_http_are_redirected(ask):
    _, response = ask("/products/a/?b=1", HTTP_HOST="tech.localhost")

    assert response.status_code == 301
    assert response["Location"] == "https://tech.localhost/products/a/?b=1"


@pytest.mark.parametrize("path", ["/api/products/a%00b", "/api/products?q=%00"])
def test_a_nul_in_an_address_is_a_400(ask, path):
    _, response = ask(path)

    assert response.status_code == 400
    assert b'"fields"' in response.content


def test_head_says_the_length_and_sends_nothing(ask):
    _, response = ask(method="head")

    assert response.content == b""
    assert response["Content-Length"] == "4"


def test_head_of_a_file_says_its_length_and_sends_nothing(rf):
    file = io.BytesIO(b"picture")
    response = RequestMiddleware(lambda request: FileResponse(file))(rf.head("/media/a.png"))

    assert response["Content-Length"] == "7"
    assert b"".join(response) == b""
    response.close()
    assert file.closed


def test_scripts_from_anywhere_else_are_forbidden_except_evaluation_in_the_admin(ask):
    _, page = ask("/")
    _, admin = ask("/stores/tech/admin/")

    assert "script-src 'self';" in page["Content-Security-Policy"]
    assert "'unsafe-eval'" in admin["Content-Security-Policy"]


@override_settings(ACCESS_LOG=True)
@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("localhost", "/open-a-shop/{}/"),
        ("localhost", "/stores/tech/account/sign-in/{}/"),
        ("tech.localhost", "/orders/{}/"),
        ("tech.localhost", "/admin/password_reset/MQ/{}/"),
    ],
)
def test_the_log_has_nothing_that_opens_something(tech, host, path):
    logged = []

    class Keeper(logging.Handler):
        def emit(self, record):
            logged.append(structlog.contextvars.get_contextvars()["path"])

    keeper = Keeper()
    logging.getLogger("pycommerce.access").addHandler(keeper)
    try:
        Client(HTTP_HOST=host).get(path.format("a-secret~1"))
    finally:
        logging.getLogger("pycommerce.access").removeHandler(keeper)

    assert logged == [path.format("[token]")]
