"""What gunicorn serves."""

import codecs
import os
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest, get_bytes_from_wsgi
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pycommerce.settings")
os.environ.setdefault("DATABASE_WEB_TIMEOUTS", "1")

django.setup(set_prefix=False)
_FORM = "application/x-www-form-urlencoded"


class Request(WSGIRequest):
    """A request whose address is UTF-8, whatever is said of its body.

    Django reads the query by the charset of the body, and as soon as the request is made: where
    that fails (`charset=base64`, too many parameters) nobody is there yet to answer. And what is
    kept for an address would be what one caller's charset made of it.
    """

    @cached_property
    def GET(self) -> Any:  # type: ignore[override]  # noqa: N802 - Django's name
        return QueryDict(get_bytes_from_wsgi(self.environ, "QUERY_STRING", ""), encoding="utf-8")

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            given = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except (ValueError, TypeError):
            # Of an unknown encoding, or in parts that do not follow each other (RFC 2231), of which
            # Python's own parser makes these: a body of no kind that anybody reads.
            given = "", {}
        self.content_type, self.content_params = given
        charset = self.content_params.get("charset")
        if charset and self.content_type == _FORM:
            with suppress(LookupError, ValueError):
                charset = codecs.lookup(charset).name
            # Django refuses the form where it is another than UTF-8.
            self._encoding = charset


class _Handler(WSGIHandler):
    request_class = Request


_django = _Handler()
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
