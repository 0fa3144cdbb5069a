"""A Stripe for tests: the real library talks to it over HTTP, and it knows what is true.

It refuses what Stripe refuses (docs.stripe.com/api: checkout/sessions, refunds,
idempotent_requests), fails as it is told to, and keeps the ground truth that our books are
compared with. Whatever we send is held against the library's own types; what does not fit them
is answered with 400 and kept in `violations`, which the fixture looks at.
"""

import json
import re
import secrets
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe

from tests.fakes.stripe_params import decode, problems

Json = dict[str, Any]

_ROUTES = [
    ("POST", r"/v1/checkout/sessions", "create_session"),
    ("GET", r"/v1/checkout/sessions", "list_sessions"),
    ("GET", r"/v1/checkout/sessions/(\w+)", "get_session"),
    ("POST", r"/v1/checkout/sessions/(\w+)/expire", "expire_session"),
    ("POST", r"/v1/refunds", "create_refund"),
    ("GET", r"/v1/refunds", "list_refunds"),
    ("GET", r"/v1/refunds/(\w+)", "get_refund"),
    ("GET", r"/v1/payment_intents/(\w+)", "get_intent"),
    ("GET", r"/v1/account", "get_account"),
]
# How a call can go wrong: with "_after" Stripe did it, and could not say so.
FAULTS = (
    "hang",
    "hang_after",
    "reset",
    "reset_after",
    "500",
    "500_after",
    "429",
    "409",
    "malformed",
    "wrong_shape",
    "html",
    "drip",
)


class Refused(Exception):
    """An answer of 4xx."""

    def __init__(
        self, message: str, *, status: int = 400, param: str = "", code: str = "", kind: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {
            "error": {
                "type": kind or "invalid_request_error",
                "message": message,
                "param": param or None,
                "code": code or None,
            }
        }


@dataclass
class Session:
    id: str
    account: str
    params: Json
    amount: int
    currency: str
    url: str
    created: int
    expires_at: int
    status: str = "open"
    payment_status: str = "unpaid"
    intent: str = ""
    intent_status: str = ""

    @property
    def metadata(self) -> Json:
        return self.params.get("metadata", {})


@dataclass
class Refund:
    id: str
    intent: str
    amount: int
    created: int
    status: str = "succeeded"
    metadata: Json = field(default_factory=dict)


@dataclass
class Call:
    """A request that arrived."""

    operation: str
    key: str
    account: str
    params: Json
    fault: str = ""


@dataclass
class _Fault:
    mode: str
    operation: str
    left: int
    needs: Callable[[Call], bool]


class FakeStripe:
    """The account of a platform, and those that are connected to it."""

    def __init__(self, *, port: int = 0) -> None:
        self.key = "sk_test_fake"
        self.webhook_secret = "whsec_" + secrets.token_hex(16)
        self.accounts = {""}
        # Connected, and not completed by their owners.
        self.incomplete: set[str] = set()
        self.sessions: dict[str, Session] = {}
        self.refunds: dict[str, Refund] = {}
        self.events: list[Json] = []
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.offset = 0
        # Sessions whose payment is being made at this moment: they cannot be expired.
        self.busy: set[str] = set()
        self._kept: dict[tuple[str, str], tuple[Json, int, Json]] = {}
        self._running: set[tuple[str, str]] = set()
        self._faults: list[_Fault] = []
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        handler = type("Handler", (_Handler,), {"fake": self})
        self._server = _Server(("127.0.0.1", port), handler)
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def now(self) -> int:
        """By Stripe's clock, which a test may set ahead."""
        return int(time.time()) + self.offset

    # --- What goes wrong ------------------------------------------------------------------------

    def fail(
        self,
        mode: str,
        operation: str = "",
        *,
        times: int = 1,
        when: Callable[[Call], bool] = lambda call: True,
    ) -> None:
        """Let the next calls (of an operation) go wrong."""
        assert mode in {*FAULTS, "400"}, mode
        with self._lock:
            self._faults.append(_Fault(mode, operation, times, when))

    def heal(self) -> None:
        with self._lock:
            self._faults.clear()

    def _fault_for(self, call: Call) -> str:
        for fault in self._faults:
            if fault.left and fault.operation in {"", call.operation} and fault.needs(call):
                fault.left -= 1
                return fault.mode
        return ""

    # --- What is asked --------------------------------------------------------------------------

    def answer(self, method: str, url: str, headers: Json, body: str) -> tuple[int, Json, str]:
        """Status, body and the fault of a request; a fault of "…_after" has happened already."""
        parts = urlsplit(url)
        form = parse_qsl(
            body if method == "POST" else parts.query, keep_blank_values=True, strict_parsing=False
        )
        found = [
            (name, re.fullmatch(pattern, parts.path))
            for verb, pattern, name in _ROUTES
            if verb == method
        ]
        operation, match = next(((name, match) for name, match in found if match), ("", None))
        if match is None:
            self.violations.append(f"{method} {url}")
            return 404, Refused("Unrecognized request URL").body, ""
        call = Call(
            operation,
            key=headers.get("idempotency-key", ""),
            account=headers.get("stripe-account", ""),
            params=decode(form),
        )
        with self._lock:
            self.calls.append(call)
            call.fault = self._fault_for(call)
        try:
            self._check(call, headers)
            if call.fault in {"429", "409", "400", "hang", "reset"}:
                return (*_plain_failure(call.fault), call.fault)
            status, answer = self._once(call, match.groups())
        except Refused as refused:
            return refused.status, refused.body, ""
        return status, answer, call.fault

    def _check(self, call: Call, headers: Json) -> None:
        if headers.get("authorization") != f"Bearer {self.key}":
            raise Refused("Invalid API Key provided", status=401)
        if call.account not in self.accounts:
            raise Refused(
                f"The provided key does not have access to account '{call.account}'",
                status=403,
                code="account_invalid",
            )
        if wrong := problems(call.operation, call.params):
            self.violations += [f"{call.operation}: {each}" for each in wrong]
            raise Refused("; ".join(wrong), code="parameter_unknown")

    def _once(self, call: Call, arguments: tuple[str, ...]) -> tuple[int, Json]:
        """Act once for a key: the first answer is kept and given again, 500 included."""
        if not call.key:
            return 200, self._act(call, arguments)
        key = (call.account, call.key)
        fingerprint = {"operation": call.operation, "path": arguments, "params": call.params}
        with self._lock:
            if key in self._kept:
                known, status, body = self._kept[key]
                if known != fingerprint:
                    self.violations.append(f"{call.operation}: other parameters for one key")
                    raise Refused(
                        "Keys for idempotent requests can only be used with the same parameters "
                        "they were first used with.",
                        kind="idempotency_error",
                    )
                return status, body | {"_replayed": True}
            if key in self._running:
                raise Refused(
                    "There is currently another in-progress request using this key.",
                    status=409,
                    kind="idempotency_error",
                    code="idempotency_key_in_use",
                )
            self._running.add(key)
        try:
            status, body = 200, {}
            if call.fault != "500":
                body = self._act(call, arguments)
            if call.fault in {"500", "500_after"}:
                status, body = 500, {"error": {"type": "api_error", "message": "Our fault."}}
            with self._lock:
                self._kept[key] = (fingerprint, status, body)
        finally:
            with self._lock:
                self._running.discard(key)
        return status, body

    def forget_keys(self) -> None:
        """As Stripe may after a day."""
        with self._lock:
            self._kept.clear()

    def _act(self, call: Call, arguments: tuple[str, ...]) -> Json:
        if call.fault == "500" and not call.key:
            return {"error": {"type": "api_error", "message": "Our fault."}}
        with self._lock:
            answer: Json = getattr(self, f"_{call.operation}")(call, *arguments)
            return answer

    # --- Sessions -------------------------------------------------------------------------------

    def _create_session(self, call: Call) -> Json:
        params = call.params
        amount, currency = _total_of(params)
        expires_at = int(params.get("expires_at", self.now() + 86_400))
        if not 1800 <= expires_at - self.now() <= 86_400:
            raise Refused(
                "The `expires_at` timestamp must be at least 30 minutes from Checkout Session "
                "creation and at most 24 hours.",
                param="expires_at",
            )
        _check_session(params)
        session_id = f"cs_test_{secrets.token_hex(20)}"
        session = Session(
            id=session_id,
            account=call.account,
            params=params,
            amount=amount,
            currency=currency,
            url=f"{self.base}/c/pay/{session_id}",
            created=self.now(),
            expires_at=expires_at,
        )
        self.sessions[session_id] = session
        return self.session_json(session)

    def _find(self, session_id: str, account: str) -> Session:
        session = self.sessions.get(session_id)
        if session is None or session.account != account:
            raise Refused(
                f"No such checkout.session: '{session_id}'",
                status=404,
                param="session",
                code="resource_missing",
            )
        if session.status == "open" and session.expires_at <= self.now():
            self.expire(session_id)
        return session

    def _get_session(self, call: Call, session_id: str) -> Json:
        return self.session_json(
            self._find(session_id, call.account),
            expand="payment_intent" in call.params.get("expand", []),
        )

    def _list_sessions(self, call: Call) -> Json:
        params = call.params
        found = [each for each in self.sessions.values() if each.account == call.account]
        if "payment_intent" in params:
            found = [each for each in found if each.intent == params["payment_intent"]]
        expand = "data.payment_intent" in params.get("expand", [])
        rows = [(each.id, each.created, self.session_json(each, expand=expand)) for each in found]
        return _page(rows, params, "/v1/checkout/sessions")

    def _expire_session(self, call: Call, session_id: str) -> Json:
        session = self._find(session_id, call.account)
        if session_id in self.busy:
            raise Refused("This session is being paid.")
        if session.status != "open":
            raise Refused(
                'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
                f"Session has a status of `{session.status}`."
            )
        self.expire(session_id)
        return self.session_json(session)

    def session_json(self, session: Session, *, expand: bool = False) -> Json:
        params = session.params
        intent: Any = session.intent or None
        if expand and intent:
            intent = self.intent_json(session)
        return {
            "id": session.id,
            "object": "checkout.session",
            "amount_subtotal": session.amount,
            "amount_total": session.amount,
            "cancel_url": params.get("cancel_url"),
            "client_reference_id": params.get("client_reference_id"),
            "created": session.created,
            "currency": session.currency,
            "customer_email": params.get("customer_email"),
            "expires_at": session.expires_at,
            "livemode": False,
            "metadata": session.metadata,
            "mode": params["mode"],
            "payment_intent": intent,
            "payment_status": session.payment_status,
            "status": session.status,
            "success_url": params.get("success_url"),
            "url": session.url if session.status == "open" else None,
        }

    # --- Payments and refunds -------------------------------------------------------------------

    def _of_intent(self, intent: str, account: str) -> Session:
        for session in self.sessions.values():
            if session.intent == intent and intent and session.account == account:
                return session
        raise Refused(
            f"No such payment_intent: '{intent}'",
            status=404,
            param="payment_intent",
            code="resource_missing",
        )

    def _get_account(self, call: Call) -> Json:
        enabled = call.account not in self.incomplete
        return {"id": call.account, "object": "account", "charges_enabled": enabled}

    def _get_intent(self, call: Call, intent: str) -> Json:
        return self.intent_json(self._of_intent(intent, call.account))

    def intent_json(self, session: Session) -> Json:
        return {
            "id": session.intent,
            "object": "payment_intent",
            "amount": session.amount,
            "currency": session.currency,
            "livemode": False,
            "metadata": session.params.get("payment_intent_data", {}).get("metadata", {}),
            "status": session.intent_status,
        }

    def _create_refund(self, call: Call) -> Json:
        session = self._of_intent(call.params.get("payment_intent", ""), call.account)
        amount = int(call.params.get("amount", self.left_of(session.intent)))
        return self.refund_json(self._refund(session, amount, call.params.get("metadata", {})))

    def _refund(self, session: Session, amount: int, metadata: Json) -> Refund:
        if session.payment_status != "paid":
            raise Refused("This PaymentIntent does not have a successful charge to refund.")
        left = self.left_of(session.intent)
        if left == 0:
            raise Refused("Charge has already been refunded.", code="charge_already_refunded")
        if not 0 < amount <= left:
            raise Refused(
                f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
                param="amount",
            )
        refund = Refund(
            id=f"re_{secrets.token_hex(12)}",
            intent=session.intent,
            amount=amount,
            created=self.now(),
            metadata=metadata,
        )
        self.refunds[refund.id] = refund
        self._tell("refund.created", self.refund_json(refund), session)
        self._tell("charge.refunded", self._charge_json(session), session)
        return refund

    def _list_refunds(self, call: Call) -> Json:
        params = call.params
        mine = {each.intent for each in self.sessions.values() if each.account == call.account}
        found = [refund for refund in self.refunds.values() if refund.intent in mine]
        if "payment_intent" in params:
            self._of_intent(params["payment_intent"], call.account)
            found = [refund for refund in found if refund.intent == params["payment_intent"]]
        rows = [(each.id, each.created, self.refund_json(each)) for each in found]
        return _page(rows, params, "/v1/refunds")

    def _get_refund(self, call: Call, refund_id: str) -> Json:
        refund = self.refunds.get(refund_id)
        if refund is None:
            raise Refused(f"No such refund: '{refund_id}'", status=404, code="resource_missing")
        self._of_intent(refund.intent, call.account)
        return self.refund_json(refund)

    def refund_json(self, refund: Refund) -> Json:
        session = next(each for each in self.sessions.values() if each.intent == refund.intent)
        return {
            "id": refund.id,
            "object": "refund",
            "amount": refund.amount,
            "charge": f"ch_{refund.intent[3:]}",
            "created": refund.created,
            "currency": session.currency,
            "metadata": refund.metadata,
            "payment_intent": refund.intent,
            "status": refund.status,
        }

    def _charge_json(self, session: Session) -> Json:
        return {
            "id": f"ch_{session.intent[3:]}",
            "object": "charge",
            "amount": session.amount,
            "amount_refunded": session.amount - self.left_of(session.intent),
            "currency": session.currency,
            "metadata": self.intent_json(session)["metadata"],
            "payment_intent": session.intent,
        }

    # --- What customers, banks and merchants do over there ----------------------------------------

    def pay(self, session_id: str, outcome: str = "paid") -> bool:
        """The customer pays: `paid`, or `delayed` by a method that takes days."""
        with self._lock:
            session = self.sessions[session_id]
            self._find(session_id, session.account)
            if session.status != "open":
                return False
            session.status = "complete"
            if session.amount == 0:
                session.payment_status = "no_payment_required"
            else:
                session.intent = f"pi_{secrets.token_hex(12)}"
                session.intent_status = "succeeded" if outcome == "paid" else "processing"
                session.payment_status = "paid" if outcome == "paid" else "unpaid"
            self._tell("checkout.session.completed", self.session_json(session), session)
            return True

    def decide(self, session_id: str, *, succeeds: bool = True) -> None:
        """The bank says how a delayed payment went."""
        with self._lock:
            session = self.sessions[session_id]
            assert session.intent_status == "processing"
            session.intent_status = "succeeded" if succeeds else "requires_payment_method"
            session.payment_status = "paid" if succeeds else "unpaid"
            kind = "succeeded" if succeeds else "failed"
            name = f"checkout.session.async_payment_{kind}"
            self._tell(name, self.session_json(session), session)

    def expire(self, session_id: str) -> bool:
        with self._lock:
            session = self.sessions[session_id]
            if session.status != "open":
                return False
            session.status = "expired"
            self._tell("checkout.session.expired", self.session_json(session), session)
            return True

    def refund(self, session_id: str, amount: int | None = None) -> Refund:
        """The merchant gives money back in the dashboard."""
        with self._lock:
            session = self.sessions[session_id]
            return self._refund(session, amount or self.left_of(session.intent), {})

    def move_refund(self, refund_id: str, status: str) -> None:
        """A refund becomes `pending`, `succeeded` or `failed`."""
        with self._lock:
            refund = self.refunds[refund_id]
            refund.status = status
            session = next(each for each in self.sessions.values() if each.intent == refund.intent)
            kind = "failed" if status == "failed" else "updated"
            self._tell(f"refund.{kind}", self.refund_json(refund), session)

    def dispute(self, session_id: str) -> None:
        with self._lock:
            session = self.sessions[session_id]
            thing = {
                "id": f"du_{secrets.token_hex(12)}",
                "object": "dispute",
                "amount": session.amount,
                "charge": f"ch_{session.intent[3:]}",
                "currency": session.currency,
                "metadata": {},
                "payment_intent": session.intent,
                "reason": "fraudulent",
                "status": "needs_response",
            }
            self._tell("charge.dispute.created", thing, session)

    # --- What is true ---------------------------------------------------------------------------

    def left_of(self, intent: str) -> int:
        """What of a payment was not given back."""
        amount = sum(each.amount for each in self.sessions.values() if each.intent == intent)
        given = [each for each in self.refunds.values() if each.intent == intent]
        return amount - sum(each.amount for each in given if each.status != "failed")

    def paid_sessions(self) -> list[Session]:
        return [each for each in self.sessions.values() if each.payment_status == "paid"]

    # --- Events ---------------------------------------------------------------------------------

    def _tell(self, kind: str, thing: Json, session: Session) -> None:
        event = {
            "id": f"evt_{secrets.token_hex(12)}",
            "object": "event",
            "api_version": stripe.api_version,
            "created": self.now(),
            "data": {"object": json.loads(json.dumps(thing))},
            "livemode": False,
            "pending_webhooks": 1,
            "type": kind,
        }
        if session.account:
            event["account"] = session.account
        self.events.append(event)

    def signed(self, event: Json) -> tuple[bytes, str]:
        """The body of an event and its header, signed now."""
        body = json.dumps(event)
        header = stripe.WebhookSignature.generate_signature_header(body, self.webhook_secret)
        return body.encode(), header


def _plain_failure(mode: str) -> tuple[int, Json]:
    if mode == "400":
        return 400, Refused("You cannot do this now.").body
    if mode == "429":
        return 429, {"error": {"type": "invalid_request_error", "code": "rate_limit"}}
    return 409, {
        "error": {"type": "idempotency_error", "code": "idempotency_key_in_use", "message": ""}
    }


def _total_of(params: Json) -> tuple[int, str]:
    items = params.get("line_items")
    if params.get("mode") != "payment" or not items:
        raise Refused("Missing required param: line_items.", param="line_items")
    if len(items) > 100:
        raise Refused("A session has at most 100 line items.", param="line_items")
    total = 0
    for index, item in enumerate(items):
        data = item["price_data"]
        amount, quantity = int(data["unit_amount"]), int(item["quantity"])
        if not 0 <= amount <= 99_999_999 or quantity < 1:
            raise Refused("Invalid integer", param=f"line_items[{index}]")
        if not data.get("product_data", {}).get("name"):
            raise Refused("You passed an empty string", param=f"line_items[{index}]")
        total += amount * quantity
    currencies = {item["price_data"]["currency"] for item in items}
    if len(currencies) != 1 or not re.fullmatch(r"[a-z]{3}", min(currencies)):
        raise Refused("All line items must have one currency.", param="line_items")
    currency = min(currencies)
    if total > 99_999_999:
        raise Refused("The total amount is too large.", code="amount_too_large")
    if currency in {"usd", "eur"} and 0 < total < 50:
        raise Refused("The total amount must be at least 50 cents.", code="amount_too_small")
    return total, currency


def _check_session(params: Json) -> None:
    for name in ("success_url", "cancel_url"):
        if not re.match(r"https?://[^/\s]+", params.get(name, "")):
            raise Refused("Not a valid URL", param=name, code="url_invalid")
    if len(params.get("client_reference_id", "")) > 200:
        raise Refused("Invalid string", param="client_reference_id")
    email = params.get("customer_email")
    if email is not None and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
        raise Refused(f"Invalid email address: {email}", param="customer_email")
    payment = params.get("payment_intent_data", {})
    for metadata in (params.get("metadata", {}), payment.get("metadata", {})):
        if len(metadata) > 50 or any(
            len(name) > 40 or len(text) > 500 for name, text in metadata.items()
        ):
            raise Refused("Metadata is too long.", param="metadata")


def _page(rows: list[tuple[str, int, Json]], params: Json, url: str) -> Json:
    created = params.get("created", {})
    rows = sorted(rows, key=lambda row: (row[1], row[0]), reverse=True)
    if "gte" in created:
        rows = [row for row in rows if row[1] >= int(created["gte"])]
    if "starting_after" in params:
        ids = [row[0] for row in rows]
        rows = rows[ids.index(params["starting_after"]) + 1 :]
    limit = int(params.get("limit", 10))
    if not 1 <= limit <= 100:
        raise Refused("limit must be between 1 and 100", param="limit")
    return {
        "object": "list",
        "url": url,
        "has_more": len(rows) > limit,
        "data": [row[2] for row in rows[:limit]],
    }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no news; anything else fails the test that looks."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body of an answer leave together.
    wbufsize = 65536
    fake: FakeStripe

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._serve("")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self._serve(self.rfile.read(length).decode())

    def _serve(self, body: str) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            status, content, fault = self.fake.answer(self.command, self.path, headers, body)
        except Exception as error:
            self.fake.violations.append(f"{self.command} {self.path}: {error!r}")
            status, content, fault = 400, Refused(repr(error)).body, ""
        replayed = bool(content.pop("_replayed", False)) if "_replayed" in content else False
        if "error" in content and status == 200:
            status = 500
        text = json.dumps(content).encode()
        kind = "application/json"
        match fault:
            case "hang" | "hang_after":
                self.fake._stopping.wait(30)
                self.close_connection = True
                return
            case "reset" | "reset_after":
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.close_connection = True
                self.connection.close()
                return
            case "malformed":
                text = text[: len(text) // 2]
            case "wrong_shape":
                text = b'{"object": "list"}' if self.command == "POST" else b"[]"
            case "html":
                text, kind = b"<h1>Bad gateway</h1>", "text/html"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Request-Id", f"req_{secrets.token_hex(7)}")
        if replayed:
            self.send_header("Idempotent-Replayed", "true")
        self.end_headers()
        if fault != "drip":
            self.wfile.write(text)
            return
        for byte in text:
            if self.fake._stopping.wait(0.1):
                return
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
