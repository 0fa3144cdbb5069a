"""A merchant's other system, on loopback: it keeps what it was sent and answers as it is told."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Receiver:
    """`address` is where it listens; `answer` writes each answer; `got` are headers and bodies.

    `names` are the hosts that TLS was asked for.
    """

    address: str
    answer: Answer
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)


def say(status: int, body: bytes = b"ok", **headers: str) -> Answer:
    """Answer so."""

    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return write


@contextmanager
def receiver(answer: Answer | None = None, certificate: str = "") -> Iterator[Receiver]:
    """One that listens until the end; over TLS with a file of certificate and key."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.got.append((dict(self.headers), body))
            found.answer(self)

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            found.got.append((dict(self.headers), b"followed"))
            say(200)(self)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found = Receiver(f"http://127.0.0.1:{server.server_port}/hook", answer or say(200))
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.sni_callback = lambda _socket, name, _context: found.names.append(name)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        found.address = found.address.replace("http:", "https:")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
