"""What a request says of its body's charset, as gunicorn hands it over: it is no word about the
address, and nothing that fails before anybody can answer."""

import io
import json
from urllib.parse import quote

import pytest
from django.core.exceptions import BadRequest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import RequestFactory

from tenants.services.tokens import issue_tokens
from tests.factories import make_product, make_user

UNUSABLE = ["base64", "hex", "rot13", "zlib", "undefined", "punycode", "utf-16", "no-such"]


@pytest.fixture
def one_connection(db):
    """Nobody closes the connection, in whose transaction the test is, between requests."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def ask(one_connection, tech):
    """Hands a request to the application; returns status, headers and body."""
    from pycommerce.wsgi import application

    token = issue_tokens(make_user())["access"]

    def _ask(path, content_type, method="GET"):
        path, _, query = path.partition("?")
        environ = RequestFactory()._base_environ(
            PATH_INFO=path,
            QUERY_STRING=query,
            REQUEST_METHOD=method,
            CONTENT_TYPE=content_type,
            HTTP_HOST="localhost",
            HTTP_AUTHORIZATION=f"Bearer {token}",
        )
        started = []
        response = application(environ, lambda *given: started.append(given))
        body = b"".join(response)
        response.close()
        [(status, headers)] = started
        return int(status[:3]), dict(headers), body

    return _ask


@pytest.mark.parametrize(
    "parameter",
    ["x*=no-such''%ff", "x*=undefined''%ff", "x*=idna''%ff", "x*=punycode''%ff", "x*0=a; x*=b"],
)
def test_a_content_type_that_cannot_be_read_is_none(ask, parameter):
    content_type = f"application/json; {parameter}"

    status, _, body = ask("/api/products/x?tenant=tech", content_type, method="PATCH")

    assert (status, json.loads(body)["error"]["code"]) == (403, "permission_denied")
    assert ask("/", content_type)[0] == 200


@pytest.mark.parametrize("charset", UNUSABLE)
@pytest.mark.parametrize(
    "path", ["/api/products?tenant=tech&q=caf%C3%A9", "/?q=%C3%A9", "/healthz"]
)
def test_an_unusable_charset_changes_nothing(ask, path, charset):
    make_product("Café")

    status, headers, body = ask(path, f"application/json; charset={charset}")

    assert status == 200
    assert headers["X-Request-ID"]
    if path.startswith("/api"):
        assert json.loads(body)["count"] == 1


def test_what_is_kept_for_an_address_is_what_all_ask_for(ask):
    make_product("Café")
    path = f"/api/products?tenant=tech&q={quote('café')}"

    # Latin-1 would have it look for "cafÃ©".
    for charset in ("latin-1", "utf-8"):
        _, _, body = ask(path, f"application/json; charset={charset}")
        assert json.loads(body)["count"] == 1


def test_the_address_of_a_writing_call_is_utf_8(ask):
    status, _, body = ask(
        "/api/products/x?tenant=tech", "application/json; charset=utf-16", method="PATCH"
    )

    # As UTF-16 no tenant would be named.
    assert (status, json.loads(body)["error"]["code"]) == (403, "permission_denied")


def test_more_parameters_than_there_may_be_are_refused_in_the_envelope(ask):
    query = "&".join(f"p{number}=1" for number in range(1100))

    status, headers, body = ask(f"/api/products?{query}", "application/json; charset=utf-8")

    error = json.loads(body)["error"]
    assert (status, error["code"]) == (400, "invalid_request")
    assert error["request_id"] == headers["X-Request-ID"]


def _form(content_type, body):
    from pycommerce.wsgi import Request

    environ = RequestFactory()._base_environ(
        REQUEST_METHOD="POST",
        CONTENT_TYPE=content_type,
        CONTENT_LENGTH=str(len(body)),
        **{"wsgi.input": io.BytesIO(body)},
    )
    return Request(environ).POST


FORM = "application/x-www-form-urlencoded"
PARTS = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xc3\xa9\r\n--x--\r\n'


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, b"a=%C3%A9"),
        (f"{FORM}; charset=UTF-8", b"a=%C3%A9"),
        (f"{FORM}; charset=utf8", b"a=%C3%A9"),
        ("multipart/form-data; boundary=x", PARTS),
        ("multipart/form-data; boundary=x; charset=base64", PARTS),
    ],
)
def test_forms_are_utf_8(content_type, body):
    assert _form(content_type, body)["a"] == "é"


@pytest.mark.parametrize("charset", ["latin-1", "base64", "no-such"])
def test_a_form_of_another_charset_is_refused(charset):
    with pytest.raises(BadRequest):
        _form(f"{FORM}; charset={charset}", b"a=%E9")
