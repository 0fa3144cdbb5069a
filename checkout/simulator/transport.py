"""Answers the calls of the `stripe` library as Stripe would, from tables of our own.

Sources: docs.stripe.com/api/checkout/sessions (create, expire: 30 minutes to 24 hours),
docs.stripe.com/api/idempotent_requests (first answer kept; other parameters are an error),
docs.stripe.com/api/refunds.
"""

import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from stripe._http_client import HTTPClient

from checkout.simulator.models import Refund, Session, StoredAnswer
from checkout.simulator.store import expire, intent_json, refund_json, session_json, tell_refund
from pycommerce.core.money import most_minor_units
from pycommerce.db import connection
from tenants.public import in_public

SECRET_KEY = "sk_test_simulator"  # noqa: S105 - it opens nothing
Params = dict[str, Any]


class ApiProblem(Exception):
    """What Stripe would answer with a status of 4xx."""

    def __init__(self, message: str, *, status: int = 400, param: str = "", code: str = "") -> None:
        super().__init__(message)
        kind = "idempotency_error" if code == "idempotency" else "invalid_request_error"
        error = {"type": kind, "message": message, "param": param or None, "code": code or None}
        self.status, self.body = status, {"error": error}


class SimulatorTransport(HTTPClient):
    """The library's HTTP client, without HTTP."""

    name = "simulator"

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        **kwargs: Any,
    ) -> tuple[str, int, Mapping[str, str]]:
        parts = urlsplit(url)
        given = post_data if method.lower() == "post" else parts.query
        if isinstance(given, bytes):
            given = given.decode()
        names = {name.lower(): value for name, value in (headers or {}).items()}
        status, body = in_public(
            lambda: answer(
                method.upper(),
                parts.path,
                decode(given or ""),
                key=names.get("idempotency-key", ""),
                account=names.get("stripe-account", ""),
            )
        )
        return json.dumps(body), status, {"Request-Id": f"req_{secrets.token_hex(7)}"}

    def close(self) -> None:
        pass


def decode(text: str) -> Params:
    """The form of nested names, `a[b][0][c]=x`, as objects and lists."""
    root: Params = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        keys = re.findall(r"[^\[\]]+", name)
        place = root
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = value
    plain: Params = _lists(root)
    return plain


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _lists(each) for key, each in value.items()}


_ROUTES: list[tuple[str, str, str]] = [
    ("POST", r"/v1/checkout/sessions", "create_session"),
    ("GET", r"/v1/checkout/sessions", "list_sessions"),
    ("GET", r"/v1/checkout/sessions/([\w]+)", "get_session"),
    ("POST", r"/v1/checkout/sessions/([\w]+)/expire", "expire_session"),
    ("POST", r"/v1/refunds", "create_refund"),
    ("GET", r"/v1/refunds", "list_refunds"),
    ("GET", r"/v1/payment_intents/([\w]+)", "get_intent"),
]


def answer(
    method: str, path: str, params: Params, *, key: str = "", account: str = ""
) -> tuple[int, dict[str, Any]]:
    """Status and body for a call; the same for the same idempotency key."""
    for verb, pattern, name in _ROUTES:
        found = re.fullmatch(pattern, path)
        if found and verb == method:
            handler: Callable[..., dict[str, Any]] = globals()[f"_{name}"]
            work = lambda: handler(params, account, *found.groups())  # noqa: B023, E731
            try:
                return _once(key, account, path, params, work) if key else (200, work())
            except ApiProblem as problem:
                return problem.status, problem.body
    unknown = ApiProblem(f"Unrecognized request URL ({method}: {path}).", status=404)
    return unknown.status, unknown.body


@transaction.atomic
def _once(
    key: str, account: str, path: str, params: Params, work: Callable[[], dict[str, Any]]
) -> tuple[int, dict[str, Any]]:
    digest = hashlib.sha256(json.dumps([path, params], sort_keys=True).encode()).hexdigest()
    stored_key = f"{account}:{key}"
    with connection.cursor() as cursor:
        # Calls with one key wait for each other here; Stripe answers 409 and the library repeats.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [stored_key])
    known = StoredAnswer.objects.filter(key=stored_key).first()
    if known:
        if known.fingerprint != digest:
            raise ApiProblem(
                "Keys for idempotent requests can only be used with the same parameters.",
                code="idempotency",
            )
        return known.status, known.body
    body = work()
    StoredAnswer.objects.create(key=stored_key, fingerprint=digest, status=200, body=body)
    return 200, body


# --- Sessions ------------------------------------------------------------------------------------


def _create_session(params: Params, account: str) -> dict[str, Any]:
    items = params.get("line_items")
    if params.get("mode") != "payment" or not isinstance(items, list) or not items:
        raise ApiProblem("Missing required param: line_items.", param="line_items")
    if len(items) > 100:
        raise ApiProblem("At most 100 line items.", param="line_items")
    if not params.get("success_url", "").startswith(("http://", "https://")):
        raise ApiProblem("Not a valid URL", param="success_url", code="url_invalid")
    total, currencies = 0, set()
    for index, item in enumerate(items):
        where = f"line_items[{index}]"
        data = item.get("price_data", {})
        amount, quantity = data.get("unit_amount", ""), item.get("quantity", "")
        if not re.fullmatch(r"\d{1,12}", amount):
            raise ApiProblem("Invalid integer", param=f"{where}[price_data][unit_amount]")
        if not re.fullmatch(r"[1-9]\d{0,8}", quantity):
            raise ApiProblem("Invalid integer", param=f"{where}[quantity]")
        if not 1 <= len(data.get("product_data", {}).get("name", "")) <= 250:
            raise ApiProblem("Invalid string", param=f"{where}[price_data][product_data][name]")
        total += int(amount) * int(quantity)
        currencies.add(data.get("currency", ""))
    if len(currencies) != 1 or not re.fullmatch(r"[a-z]{3}", min(currencies)):
        raise ApiProblem("Invalid currency", param="line_items[0][price_data][currency]")
    most = most_minor_units(min(currencies).upper())
    if total > most:
        raise ApiProblem(f"The total amount must be {most} or less.", param="line_items")
    expires = int(params.get("expires_at", int(time.time()) + 86_400))
    if not 1_790 <= expires - time.time() <= 86_410:
        raise ApiProblem(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours.",
            param="expires_at",
        )
    session_id = f"cs_test_{secrets.token_hex(24)}"
    parts = urlsplit(params["success_url"])
    session = Session.objects.create(
        id=session_id,
        account=account,
        params=params,
        amount_total=total,
        currency=min(currencies),
        url=f"{parts.scheme}://{parts.netloc}/stripe-demo/pay/{session_id}",
        expires_at=datetime.fromtimestamp(expires, UTC),
    )
    return session_json(session)


def _find(session_id: str, account: str) -> Session:
    session = Session.objects.filter(pk=session_id, account=account).first()
    if session is None:
        raise ApiProblem(
            f"No such checkout.session: '{session_id}'",
            status=404,
            param="session",
            code="resource_missing",
        )
    if session.status == "open" and session.expires_at <= timezone.now():
        # Stripe expires by its own clock, and tells so by an event.
        expire(session.pk)
        session.refresh_from_db()
    return session


def _get_session(params: Params, account: str, session_id: str) -> dict[str, Any]:
    expand = "payment_intent" in (params.get("expand") or [])
    return session_json(_find(session_id, account), expand=expand)


def _list_sessions(params: Params, account: str) -> dict[str, Any]:
    found = Session.objects.filter(account=account)
    if since := params.get("created", {}).get("gte"):
        found = found.filter(created__gte=datetime.fromtimestamp(int(since), UTC))
    if intent_id := params.get("payment_intent"):
        found = found.filter(payment_intent=intent_id)
    if after := params.get("starting_after"):
        last = Session.objects.get(pk=after)
        found = found.filter(created__lte=last.created).exclude(pk=after)
        found = found.exclude(created=last.created, pk__gt=after)
    limit = int(params.get("limit", 10))
    rows = list(found[: limit + 1])
    return {
        "object": "list",
        "url": "/v1/checkout/sessions",
        "has_more": len(rows) > limit,
        "data": [session_json(row, expand=True) for row in rows[:limit]],
    }


def _expire_session(params: Params, account: str, session_id: str) -> dict[str, Any]:
    session = _find(session_id, account)
    if session.status != "open" or not expire(session.pk):
        raise ApiProblem(
            'Only Checkout Sessions with a status in ["open"] can be expired.',
            param="session",
        )
    session.refresh_from_db()
    return session_json(session)


# --- Payments and refunds ------------------------------------------------------------------------


def _paid_session(intent_id: str, account: str) -> Session:
    """The session behind a payment."""
    session = Session.objects.filter(payment_intent=intent_id, account=account).first()
    if not intent_id or session is None:
        raise ApiProblem(
            f"No such payment_intent: '{intent_id}'",
            status=404,
            param="payment_intent",
            code="resource_missing",
        )
    return session


def _get_intent(params: Params, account: str, intent_id: str) -> dict[str, Any]:
    return intent_json(_paid_session(intent_id, account))


def _create_refund(params: Params, account: str) -> dict[str, Any]:
    session = _paid_session(params.get("payment_intent", ""), account)
    amount = int(params.get("amount", session.amount_total - session.amount_refunded))
    left = Session.objects.filter(
        pk=session.pk,
        payment_status="paid",
        amount_refunded__lte=F("amount_total") - amount,
    )
    if amount <= 0 or not left.update(amount_refunded=F("amount_refunded") + amount):
        raise ApiProblem(
            "Refund amount is greater than unrefunded amount on charge.", param="amount"
        )
    refund = Refund.objects.create(
        id=f"re_{secrets.token_hex(12)}",
        session=session,
        amount=amount,
        metadata=params.get("metadata", {}),
    )
    tell_refund(refund)
    return refund_json(refund)


def _list_refunds(params: Params, account: str) -> dict[str, Any]:
    found = Refund.objects.filter(session__account=account)
    if intent_id := params.get("payment_intent"):
        found = found.filter(session=_paid_session(intent_id, account))
    if since := params.get("created", {}).get("gte"):
        found = found.filter(created__gte=datetime.fromtimestamp(int(since), UTC))
    if after := params.get("starting_after"):
        last = Refund.objects.get(pk=after)
        found = found.filter(created__lte=last.created).exclude(pk=after)
        found = found.exclude(created=last.created, pk__gt=after)
    limit = int(params.get("limit", 10))
    rows = list(found.select_related("session")[: limit + 1])
    return {
        "object": "list",
        "url": "/v1/refunds",
        "has_more": len(rows) > limit,
        "data": [refund_json(refund) for refund in rows[:limit]],
    }
