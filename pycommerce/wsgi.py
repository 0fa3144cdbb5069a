"""What gunicorn serves."""

import os
import tempfile
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pycommerce.settings")
os.environ.setdefault("DATABASE_WEB_TIMEOUTS", "1")

_django = get_wsgi_application()
_CHUNK, _IN_MEMORY, _LONGEST = 64 * 1024, 1024 * 1024, 64 * 1024 * 1024


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django, which reads no body without a length: a chunked one is read first and measured.

    gunicorn ends such a body itself (`wsgi.input_terminated`). A body over 64 MiB is cut there,
    and refused by its length as any other that is too large.
    """
    chunked = environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
    if not chunked or "CONTENT_LENGTH" in environ or not environ.get("wsgi.input_terminated"):
        return _django(environ, start_response)
    body = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - lives as long as the request
    while body.tell() < _LONGEST and (part := environ["wsgi.input"].read(_CHUNK)):
        body.write(part)
    environ["CONTENT_LENGTH"] = str(body.tell())
    body.seek(0)
    environ["wsgi.input"] = body
    return _django(environ, start_response)
