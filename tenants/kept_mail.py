"""Mails that were kept in files instead of being sent: the platform's mail page, in development."""

import re
import secrets
import time
from collections.abc import Sequence
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage as Mail
from django.core.mail.backends.base import BaseEmailBackend
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from pycommerce.core.http import HttpRequest
from tenants.platform_pages import platform_page

MOST = 200
KEPT_FOR = timedelta(days=30)
_NAME = re.compile(r"[\w-]+\.eml\Z")
# A mail's own inline styles, and nothing else.
_HTML_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups"


class EmailBackend(BaseEmailBackend):
    """Keeps every mail in a file of its own, whose name sorts by the time it was sent.

    Django's backend names a file by second and address in memory: mails that are sent one after
    the other share one, and all but the first would be hidden.
    """

    def send_messages(self, email_messages: Sequence[Mail]) -> int:
        folder = Path(settings.EMAIL_CONFIG["EMAIL_FILE_PATH"])
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            path = folder / f"{time.time_ns()}-{secrets.token_hex(4)}.eml"
            # Moved into its place when it is whole: a page may read at any moment.
            part = path.with_suffix(".part")
            part.write_bytes(message.message().as_bytes())
            part.rename(path)
        return len(email_messages)


def forget_old_mails() -> int:
    """Delete mails that were kept for a month; returns how many."""
    if not settings.MAIL_IS_KEPT:
        return 0
    over = timezone.now().timestamp() - KEPT_FOR.total_seconds()
    folder = Path(settings.EMAIL_CONFIG["EMAIL_FILE_PATH"])
    old = [path for path in folder.glob("*.eml") if path.stat().st_mtime < over]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _folder() -> Path:
    if settings.PRODUCTION or not settings.MAIL_IS_KEPT:
        raise Http404
    return Path(settings.EMAIL_CONFIG["EMAIL_FILE_PATH"])


def _read(path: Path) -> EmailMessage:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _find(name: str) -> EmailMessage:
    path = _folder() / name
    if not _NAME.match(name) or not path.is_file():
        raise Http404
    return _read(path)


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()) if body else ""


@require_safe
@platform_page
def mails(request: HttpRequest) -> HttpResponse:
    """The newest mails of every shop."""
    folder = _folder()
    paths = sorted(folder.glob("*.eml"), key=lambda path: path.name, reverse=True)[:MOST]
    found = [(path.name, _read(path)) for path in paths]
    rows = [
        {
            "name": name,
            "sender": mail["From"],
            "to": mail["To"],
            "subject": mail["Subject"],
            "date": mail["Date"],
        }
        for name, mail in found
    ]
    return _private(render(request, "tenants/mails.html", {"mails": rows}))


@require_safe
@platform_page
def mail(request: HttpRequest, name: str) -> HttpResponse:
    """One mail as text, with a link to its HTML."""
    message = _find(name)
    context = {"mail": message, "name": name, "text": _part(message, "plain")}
    context |= {"subject": message["Subject"], "to": message["To"], "sender": message["From"]}
    return _private(render(request, "tenants/mail.html", context))


@require_safe
def mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML of a mail, as it would be shown."""
    response = HttpResponse(_part(_find(name), "html"))
    response["Content-Security-Policy"] = _HTML_POLICY
    return _private(response)


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
