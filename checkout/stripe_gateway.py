"""The only importer of `stripe`: speaks our types, passes an idempotency key and short time-outs.

Never called inside a database transaction: a slow provider must hold no lock.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NoReturn, TypeVar

import stripe
from django.conf import settings
from django.db import connection as django_connection
from django.utils.translation import gettext as _
from stripe._http_client import HTTPClient, RequestsClient

from checkout.errors import NotThatSession, PaymentProviderUnavailable, PaymentRefused
from checkout.simulator.transport import SECRET_KEY as SIMULATOR_KEY
from checkout.simulator.transport import SimulatorTransport
from pycommerce.core.money import from_minor_units

Result = TypeVar("Result")

CONNECT_SECONDS, READ_SECONDS, RETRIES = 2.0, 8.0, 1
# After so many failures in a row the provider is left alone for a while.
BREAK_AFTER, BREAK_SECONDS = 5, 30.0


class PatientTransport(RequestsClient):
    """requests, with a limit for the whole answer: one that drips byte by byte is cut off."""

    def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        **kwargs: Any,
    ) -> tuple[bytes, int, Mapping[str, str]]:
        deadline = time.monotonic() + CONNECT_SECONDS + READ_SECONDS
        raw, status, answer_headers = self.request_stream(method, url, headers, post_data)
        parts = []
        try:
            while part := raw.read1(65536, decode_content=True):
                parts.append(part)
                if time.monotonic() > deadline:
                    raise TimeoutError("The answer did not end in time.")
        except Exception as error:
            raw.close()
            raise stripe.APIConnectionError(str(error), should_retry=False) from error
        raw.release_conn()
        return b"".join(parts), status, answer_headers


class _Breaker:
    """Stops asking a provider that failed several times in a row; shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until = 0.0

    def check(self) -> None:
        if time.monotonic() < self._open_until:
            raise PaymentProviderUnavailable()

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= BREAK_AFTER:
                self._open_until = time.monotonic() + BREAK_SECONDS
                self._failures = BREAK_AFTER - 1

    def succeeded(self) -> None:
        self._failures, self._open_until = 0, 0.0


breaker = _Breaker()


@dataclass(frozen=True, slots=True)
class Session:
    """A checkout session at the provider."""

    id: str
    url: str
    status: str
    payment_status: str
    amount: Decimal
    currency: str
    order_id: str
    metadata: dict[str, str]
    payment_intent: str
    intent_status: str
    created_at: datetime

    @property
    def is_paid(self) -> bool:
        return self.status == "complete" and self.payment_status in {
            "paid",
            "no_payment_required",
        }

    @property
    def has_failed(self) -> bool:
        """A delayed payment that did not come."""
        return (
            self.status == "complete"
            and self.payment_status == "unpaid"
            and self.intent_status in {"requires_payment_method", "canceled"}
        )


@dataclass(frozen=True, slots=True)
class RefundFact:
    """A refund at the provider; `state` is succeeded, pending or failed."""

    id: str
    payment_intent: str
    amount: Decimal
    state: str
    problem: str
    metadata: dict[str, str] = field(default_factory=dict)


def is_test_mode() -> bool:
    """Whether no real money can move."""
    return settings.STRIPE_SIMULATOR or settings.STRIPE_SECRET_KEY.startswith(
        ("sk_test_", "rk_test_")
    )


def provider_name() -> str:
    return "simulator" if settings.STRIPE_SIMULATOR else "stripe"


_transports = threading.local()


def _transport() -> HTTPClient:
    """One for each thread: its connections are kept."""
    kind = "simulator" if settings.STRIPE_SIMULATOR else "http"
    kept: dict[str, HTTPClient] = _transports.__dict__.setdefault("kept", {})
    if kind not in kept:
        kept[kind] = (
            SimulatorTransport()
            if settings.STRIPE_SIMULATOR
            else PatientTransport(timeout=(CONNECT_SECONDS, READ_SECONDS))
        )
    return kept[kind]


class Gateway:
    """Stripe for one shop: `account` is its Connect account, or the platform's own."""

    def __init__(self, account: str = "") -> None:
        key = SIMULATOR_KEY if settings.STRIPE_SIMULATOR else settings.STRIPE_SECRET_KEY
        if not key:
            raise PaymentProviderUnavailable(_("This shop takes no card payments yet."))
        base = settings.STRIPE_API_BASE
        self._client = stripe.StripeClient(
            key,
            stripe_account=account or None,
            http_client=_transport(),
            max_network_retries=RETRIES,
            base_addresses={"api": base} if base else None,
        )

    def _ask(self, call: Callable[[], Result]) -> Result:
        """The provider's answer. Raises PaymentProviderUnavailable or PaymentRefused."""
        _assert_no_transaction()
        breaker.check()
        try:
            answer = call()
        except stripe.InvalidRequestError:
            breaker.succeeded()
            raise
        except stripe.CardError as error:
            breaker.succeeded()
            raise PaymentRefused(error.user_message or "") from error
        except (stripe.StripeError, ValueError) as error:
            breaker.failed()
            raise PaymentProviderUnavailable() from error
        breaker.succeeded()
        return answer

    # --- Sessions ---------------------------------------------------------------------------

    def create_session(self, params: Mapping[str, Any], key: str) -> Session:
        """Make a session; a repeat with the same key and parameters gets the same one."""
        try:
            found = self._ask(
                lambda: self._client.v1.checkout.sessions.create(
                    dict(params),  # type: ignore[arg-type]
                    {"idempotency_key": key},
                )
            )
        except stripe.InvalidRequestError as error:
            _refuse(error)
        return _session(found)

    def retrieve_session(self, session_id: str) -> Session | None:
        """The session, or None where there is none of this id."""
        try:
            found = self._ask(
                lambda: self._client.v1.checkout.sessions.retrieve(
                    session_id, {"expand": ["payment_intent"]}
                )
            )
        except stripe.InvalidRequestError:
            return None
        return _session(found)

    def expire_session(self, session_id: str) -> Session:
        """End an open session. Raises NotThatSession where it is complete or gone."""
        try:
            found = self._ask(lambda: self._client.v1.checkout.sessions.expire(session_id))
        except stripe.InvalidRequestError as error:
            raise NotThatSession(session_id) from error
        return _session(found)

    def sessions_since(self, moment: datetime) -> Iterator[Session]:
        """Every session made since then, newest first."""
        page = self._ask(
            lambda: self._client.v1.checkout.sessions.list(
                {
                    "created": {"gte": int(moment.timestamp())},
                    "limit": 100,
                    "expand": ["data.payment_intent"],
                }
            )
        )
        while True:
            for found in page.data:
                yield _session(found)
            if not page.has_more:
                return
            page = self._ask(page.next_page)

    # --- Refunds ----------------------------------------------------------------------------

    def create_refund(
        self, *, payment_intent: str, minor: int, key: str, metadata: Mapping[str, str]
    ) -> RefundFact:
        """Give money back. Raises PaymentRefused where it can never be."""
        try:
            found = self._ask(
                lambda: self._client.v1.refunds.create(
                    {
                        "payment_intent": payment_intent,
                        "amount": minor,
                        "metadata": dict(metadata),
                    },
                    {"idempotency_key": key},
                )
            )
        except stripe.InvalidRequestError as error:
            _refuse(error)
        return _refund(found)

    def refunds_of(self, payment_intent: str) -> list[RefundFact]:
        """Every refund of a payment."""
        page = self._ask(
            lambda: self._client.v1.refunds.list({"payment_intent": payment_intent, "limit": 100})
        )
        return [_refund(found) for found in page.data]

    def metadata_of_payment(self, payment_intent: str) -> dict[str, str]:
        """What we wrote onto the payment when its session was made; {} for a strange one."""
        try:
            found = self._ask(lambda: self._client.v1.payment_intents.retrieve(payment_intent))
        except stripe.InvalidRequestError:
            return {}
        return _plain(found.metadata)


def _refuse(error: stripe.InvalidRequestError) -> NoReturn:
    raise PaymentRefused(error.user_message or "") from error


def _assert_no_transaction() -> None:
    blocks = getattr(django_connection, "atomic_blocks", [])
    assert all(block._from_testcase for block in blocks), "Stripe was asked inside a transaction."


def _plain(value: Any) -> dict[str, str]:
    found = value.to_dict() if value is not None and hasattr(value, "to_dict") else value or {}
    return {str(name): str(text) for name, text in found.items()}


def _session(found: stripe.checkout.Session) -> Session:
    currency = (found.currency or "usd").upper()
    intent = found.payment_intent
    is_expanded = intent is not None and not isinstance(intent, str)
    return Session(
        id=found.id,
        url=found.url or "",
        status=found.status or "",
        payment_status=found.payment_status,
        amount=from_minor_units(found.amount_total or 0, currency),
        currency=currency,
        order_id=found.client_reference_id or "",
        metadata=_plain(found.metadata),
        payment_intent=_id_of(intent),
        intent_status=intent.status if is_expanded else "",  # type: ignore[union-attr]
        created_at=datetime.fromtimestamp(found.created, UTC),
    )


def _id_of(thing: Any) -> str:
    """The id of what Stripe sends as an id, expanded, or not at all."""
    if thing is None:
        return ""
    return thing if isinstance(thing, str) else str(thing.id)


_REFUND_STATES = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}


def _refund(found: stripe.Refund) -> RefundFact:
    currency = (found.currency or "usd").upper()
    return RefundFact(
        id=found.id,
        payment_intent=_id_of(found.payment_intent),
        amount=from_minor_units(found.amount, currency),
        state=_REFUND_STATES.get(found.status or "", "pending"),
        problem=getattr(found, "failure_reason", "") or "",
        metadata=_plain(found.metadata),
    )


# --- Events --------------------------------------------------------------------------------------


class BadSignature(Exception):
    """The body was not signed by the provider, or too long ago."""


def verified_event(body: bytes, signature: str, secrets: list[str]) -> dict[str, Any]:
    """The event in a signed body, as plain JSON. Raises BadSignature.

    Each endpoint has a secret of its own, and two while one is rolled.
    """
    for secret in secrets:
        try:
            event = stripe.Webhook.construct_event(body, signature, secret)
        except (stripe.SignatureVerificationError, ValueError, KeyError, AttributeError):
            continue
        plain: dict[str, Any] = event.to_dict()
        return plain
    raise BadSignature()


def signature_of(body: str, secret: str) -> str:
    """The header with which the provider would sign this body now."""
    header: str = stripe.WebhookSignature.generate_signature_header(body, secret)
    return header
