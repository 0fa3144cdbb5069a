"""One answer for one key: what the outside may repeat happens once.

The key is tried, not waited for: an advisory lock that another call holds is a 409 at once. Where
the work is ours alone, answer and change commit together, so that a crash loses both or none.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.utils import timezone

from pycommerce.api.errors import error_response, refusal_for
from pycommerce.api.http import Request
from pycommerce.api.renderers import dumps
from pycommerce.core.errors import Conflict, InvalidRequest, Refusal
from pycommerce.core.text import problem_in
from pycommerce.db import connection
from pycommerce.db.retrying import once_more
from tenants.shop.models import IdempotencyKey

KEPT_FOR = timedelta(hours=24)
MAX_LENGTH = 255
# Refusals that a repeat gets again; every other one lets the same key try again.
_STORED_CODES = {"resource_not_found", "out_of_stock", "illegal_transition"}
# In place of a status: the call began, and nobody knows yet how it ended.
_BEGUN = 0
_TRY_LOCK = "SELECT pg_try_advisory_xact_lock(%s)"


class KeyReused(Conflict):
    code = "idempotency_key_reused"
    message = "The idempotency key was used for another request."


class RequestInProgress(Conflict):
    code = "request_in_progress"
    message = "A request with this idempotency key is still running."

    def __init__(self) -> None:
        super().__init__(retry_after=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call is answered with; `finish` are the last statements before the commit."""

    status: int
    content: object
    headers: dict[str, str] = field(default_factory=dict)
    finish: Callable[[], object] = lambda: None


def key_of(request: Request) -> str | None:
    """The call's key. Raises InvalidRequest for one that is empty, too long or not printable."""
    key = request._request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_LENGTH or problem_in(key) or not key.isprintable():
        problem = f"Use 1 to {MAX_LENGTH} printable characters."
        raise InvalidRequest(f"Idempotency-Key: {problem}", fields={"Idempotency-Key": [problem]})
    return key


def scope_of(request: Request, key: str) -> str:
    """A digest of tenant, caller, method, path and key."""
    django_request = request._request
    # The same call by host, by mount or by parameter is the same call.
    path = django_request.path_info.rstrip("/")
    parts = (connection.schema_name, str(request.user.id), str(request.method), path, key)
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()


def fingerprint_of(request: Request) -> str:
    """A digest of the raw body."""
    return hashlib.sha256(request._request.body).hexdigest()


def once(request: Request, work: Callable[[], Answer]) -> HttpResponse:
    """Answer a call whose work is ours alone: all of it in one transaction with its key.

    Raises KeyReused, RequestInProgress, and whatever `work` refuses.
    """
    fingerprint_of(request)  # reads the body before a parser does
    key = key_of(request)
    if key is None:
        return once_more(partial(_work_without_key, work))
    scope = scope_of(request, key)
    try:
        return once_more(partial(_work_with_key, request, scope, work))
    except IntegrityError as error:
        if "shop_idempotency_key" in str(error):
            raise RequestInProgress() from error
        raise


@transaction.atomic
def _work_without_key(work: Callable[[], Answer]) -> HttpResponse:
    answer = work()
    response = _response(answer.status, dumps(answer.content), answer.headers)
    answer.finish()
    return response


@transaction.atomic
def _work_with_key(request: Request, scope: str, work: Callable[[], Answer]) -> HttpResponse:
    if replay := begin(request, scope):
        return replay
    try:
        # What is refused undoes itself, while the key stays taken until the refusal is stored.
        with transaction.atomic():
            answer = work()
    except Refusal as refusal:
        if not is_stored(refusal):
            raise
        response = error_response(refusal, request._request)
        _remember(request, scope, response.status_code, response.content, {})
        return response
    body = dumps(answer.content)
    _remember(request, scope, answer.status, body, answer.headers)
    answer.finish()
    return _response(answer.status, body, answer.headers)


@contextmanager
def held(request: Request, scope: str) -> Iterator[HttpResponse | None]:
    """Hold a key over several transactions; gives the stored answer where there is one.

    The key is written down before the work begins, so that after a crash the same body resumes it
    and another one is refused; a malformed call gives it free. Raises KeyReused or
    RequestInProgress.
    """
    with _locked(scope) as free:
        try:
            known = stored(request, scope)
            if known is None:
                if not free:
                    raise RequestInProgress()
                _remember(request, scope, _BEGUN, b"", {}, again=True)
            yield known
        except Exception as error:
            if free and refusal_for(error).status == 400:
                IdempotencyKey.objects.filter(scope=scope, status=_BEGUN).delete()
            raise


@contextmanager
def _locked(scope: str) -> Iterator[bool]:
    """Hold the lock of a key, if it is free; gives whether it was.

    A transaction of its own connection holds it: it ends with the process however that ends, also
    behind a pooler in transaction mode, where a lock of the session would stay with the pooler.
    """
    own = connection.copy()
    try:
        own.set_autocommit(False)
        with own.cursor() as cursor:
            cursor.execute(_TRY_LOCK, [_lock_number(scope)])
            (free,) = cursor.fetchone()
        yield free
    finally:
        own.close()


def _lock_number(scope: str) -> int:
    return int.from_bytes(bytes.fromhex(scope)[:8], "big", signed=True)


def plain(answer: Answer) -> HttpResponse:
    """An answer that nobody keeps."""
    return _response(answer.status, dumps(answer.content), answer.headers)


def begin(request: Request, scope: str) -> HttpResponse | None:
    """Take the key inside a transaction; returns the stored answer where there is one.

    Raises KeyReused or RequestInProgress.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TRY_LOCK, [_lock_number(scope)])
        (free,) = cursor.fetchone()
    known = stored(request, scope)
    if known is None and not free:
        raise RequestInProgress()
    return known


def stored(request: Request, scope: str) -> HttpResponse | None:
    """The answer that is kept under this scope. Raises KeyReused for another body."""
    since = timezone.now() - KEPT_FOR
    row = IdempotencyKey.objects.filter(scope=scope).first()
    if row is None:
        return None
    if row.created_at < since:
        row.delete()
        return None
    if row.fingerprint != fingerprint_of(request):
        raise KeyReused("Use a new key for another body.")
    if row.status == _BEGUN:
        return None
    headers = {**row.headers, "Idempotent-Replayed": "true"}
    return _response(row.status, bytes(row.body), headers)


def remember(scope: str, answer: Answer) -> HttpResponse:
    """Keep an answer that was worked out in several steps, and give it."""
    body = dumps(answer.content)
    _finish(scope, answer.status, body)
    return _response(answer.status, body, answer.headers)


def remember_refusal(request: Request, scope: str, refusal: Refusal) -> HttpResponse:
    """Keep a refusal that a repeat gets again, and give it."""
    response = error_response(refusal, request._request)
    _finish(scope, response.status_code, response.content)
    return response


def _finish(scope: str, status: int, body: bytes) -> None:
    IdempotencyKey.objects.filter(scope=scope, status=_BEGUN).update(status=status, body=body)


def is_stored(refusal: Refusal) -> bool:
    """Whether a repeat of the call gets this refusal again."""
    return refusal.code in _STORED_CODES


def _remember(
    request: Request,
    scope: str,
    status: int,
    body: bytes,
    headers: dict[str, str],
    again: bool = False,
) -> None:
    IdempotencyKey.objects.bulk_create(
        [
            IdempotencyKey(
                scope=scope,
                fingerprint=fingerprint_of(request),
                status=status,
                body=body,
                headers=headers,
            )
        ],
        ignore_conflicts=again,
    )


def _response(status: int, body: bytes, headers: dict[str, str]) -> HttpResponse:
    return HttpResponse(body, status=status, content_type="application/json", headers=headers)


def comes_first(*parts: str) -> bool:
    """Whether a form is sent for the first time; `parts` name who sent what under which key.

    Asked inside the transaction of what it does: a second one waits for the first to commit.
    """
    text = "\x00".join((connection.schema_name, "form", *parts))
    _key, is_first = IdempotencyKey.objects.get_or_create(
        scope=hashlib.sha256(text.encode()).hexdigest(),
        defaults={"fingerprint": "", "status": 204, "body": b""},
    )
    return is_first


def forget_old_keys() -> int:
    """Delete the selected shop's keys that ended; returns how many."""
    since = timezone.now() - KEPT_FOR
    return IdempotencyKey.objects.filter(created_at__lt=since).delete()[0]
