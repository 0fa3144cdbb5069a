"""Another system's pictures, on loopback: each address answers as it is told."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image

from tests.fakes.receiver import Answer, say


@dataclass
class PictureServer:
    """`answers` maps a path to its answer, else it is 404; `asked` are the paths in their order."""

    base: str
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def has(self, path: str, answer: Answer | None = None) -> str:
        """Answer there so, else with a picture; returns the address."""
        self.answers[path] = answer or say(200, a_picture(), **{"Content-Type": "image/jpeg"})
        return self.base + path


def a_picture(size: tuple[int, int] = (900, 600)) -> bytes:
    """A JPEG that says, beside its pixels, where it was taken."""
    image, made = Image.new("RGB", size, (180, 40, 30)), io.BytesIO()
    exif = image.getexif()
    exif[0x010E] = "Taken at home"
    image.save(made, "JPEG", exif=exif)
    return made.getvalue()


@contextmanager
def picture_server() -> Iterator[PictureServer]:
    """One that answers until the end."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            found.answers.get(self.path, say(404, b"gone"))(self)

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found = PictureServer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
