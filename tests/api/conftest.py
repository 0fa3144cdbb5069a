"""A caller of the API."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tenants.models import User
from tenants.services.tokens import issue_tokens
from tests.factories import make_user


class Caller:
    """Calls on one host, with the token of a user where there is one."""

    def __init__(self, user: User | None = None, host: str = "localhost") -> None:
        self.client = Client(HTTP_HOST=host, raise_request_exception=False)
        self.headers: dict[str, str] = {}
        if user:
            self.headers["HTTP_AUTHORIZATION"] = f"Bearer {issue_tokens(user)['access']}"

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, **(self.headers | headers))

    def post(self, path: str, body: object = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def patch(self, path: str, body: object = None, **headers: str) -> Any:
        return self.send("PATCH", path, body, **headers)

    def send(self, method: str, path: str, body: object, **headers: str) -> Any:
        """Send JSON; bytes are sent as they are."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"content_type": "application/json"} | self.headers | headers
        return self.client.generic(method, path, content, **headers)

    def request(self, method: str, path: str, **headers: str) -> Any:
        return self.client.generic(method, path, **(self.headers | headers))


@pytest.fixture
def caller(db: None) -> Callable[..., Caller]:
    return Caller


@pytest.fixture
def api(tech: object) -> Caller:
    """Somebody with a token and no role anywhere, on the platform's host."""
    return Caller(make_user())


@pytest.fixture
def stranger(db: None) -> Caller:
    return Caller()


def error_of(response: Any) -> dict[str, Any]:
    """The envelope of a refusal, which must be complete."""
    error: dict[str, Any] = response.json()["error"]
    assert {"code", "message", "details", "request_id"} <= set(error)
    assert error["request_id"] == response["X-Request-ID"]
    return error
