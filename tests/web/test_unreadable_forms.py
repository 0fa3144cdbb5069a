"""A form that cannot be read, over HTTP: refused as the fault of whoever sent it."""

import json
from http.client import HTTPConnection

import pytest
from django.http import HttpResponse
from django.urls import path

from pycommerce.urls_public import handler400, handler500

__all__ = ["handler400", "handler500"]


def look(request):
    return HttpResponse(str(len(request.POST)))


urlpatterns = [path("api/look", look), path("look", look)]

UNREADABLE = [
    ("multipart/form-data; boundary=", b"x"),
    ("multipart/form-data; boundary=é", b"x"),
    ("application/x-www-form-urlencoded; charset=latin-1", b"a=\xe9"),
]


@pytest.fixture
def post(live_server, settings):
    """Sends a body to a view of this module; gives status, content type and text."""
    settings.PUBLIC_SCHEMA_URLCONF = __name__

    def send(where, content_type, body):
        asked = HTTPConnection(*live_server.url.removeprefix("http://").split(":"), timeout=60)
        asked.request("POST", where, body, {"Content-Type": content_type.encode()})
        response = asked.getresponse()
        answer = response.status, response.headers["Content-Type"], response.read().decode()
        asked.close()
        return answer

    return send


@pytest.mark.parametrize(("content_type", "body"), UNREADABLE)
def test_a_call_with_an_unreadable_form_is_refused_in_the_envelope(post, content_type, body):
    status, kind, text = post("/api/look", content_type, body)

    assert (status, kind) == (400, "application/json")
    assert json.loads(text)["error"]["code"] == "invalid_request"


@pytest.mark.parametrize(("content_type", "body"), UNREADABLE)
def test_a_page_that_is_sent_an_unreadable_form_says_so(post, content_type, body):
    status, kind, text = post("/look", content_type, body)

    assert (status, kind) == (400, "text/html; charset=utf-8")
    assert "cannot be read" in text
