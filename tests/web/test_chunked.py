"""A body without a length, as some HTTP clients send it, over a socket to the real server."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection

from tests.factories import PASSWORD, make_user


@pytest.fixture
def port(transactional_db: None) -> Iterator[int]:
    database = connection.settings_dict
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = int(probe.getsockname()[1])
    environment = os.environ | {
        "BIND": f"127.0.0.1:{number}",
        "WEB_CONCURRENCY": "1",
        "DATABASE_URL": f"postgres://{database['USER']}@/{database['NAME']}"
        f"?host={database['HOST']}",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "python:pycommerce.gunicorn_conf"]
    server = subprocess.Popen([*command, "pycommerce.wsgi"], cwd=settings.BASE_DIR, env=environment)
    try:
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", number), timeout=1).close()
                break
            except OSError:
                assert server.poll() is None
        yield number
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def test_a_chunked_body_is_read(port):
    user = make_user()
    body = json.dumps({"email": user.email, "password": PASSWORD}).encode()
    half = len(body) // 2
    chunks = b"".join(
        f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in (body[:half], body[half:])
    )
    request = (
        b"POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    )

    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(request + b"0\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"access"' in answer
