"""Stripe in our own types: with this module and its transport alone is `stripe` spoken to.

Never called inside a database transaction: a slow provider must hold no lock.
"""

import json
import logging
import math
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NoReturn, TypeVar

import stripe
from django.conf import settings
from django.db import connection as django_connection
from stripe._http_client import HTTPClient

from checkout.errors import (
    KeptFailure,
    NotThatSession,
    PaymentProviderUnavailable,
    PaymentRefused,
    UnknownAccount,
)
from checkout.simulator.transport import SECRET_KEY as SIMULATOR_KEY
from checkout.simulator.transport import SimulatorTransport
from checkout.stripe_transport import RETRIES, PatientTransport, breakers, turn
from pycommerce.api.parsers import check_depth
from pycommerce.core.errors import MalformedJSON
from pycommerce.core.money import from_minor_units

# The library would keep an id of this machine in the home directory, and send it.
stripe.enable_telemetry = False

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
Thing = TypeVar("Thing")


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


def is_live() -> bool:
    """Whether real money moves: a key that does not say `test`."""
    key = settings.STRIPE_SECRET_KEY
    return bool(key) and not key.startswith(("sk_test_", "rk_test_"))


def is_test_mode() -> bool:
    """Whether payments can be made and no real money moves."""
    return settings.STRIPE_SIMULATOR or (bool(settings.STRIPE_SECRET_KEY) and not is_live())


def provider_name() -> str:
    return "simulator" if settings.STRIPE_SIMULATOR else "stripe"


_transports = threading.local()


def _transport() -> HTTPClient:
    """One for each thread: its connections are kept."""
    kind = SimulatorTransport if settings.STRIPE_SIMULATOR else PatientTransport
    kept: dict[type[HTTPClient], HTTPClient] = _transports.__dict__.setdefault("kept", {})
    if kind not in kept:
        kept[kind] = kind()
    return kept[kind]


class Gateway:
    """Stripe for one shop: `account` is its Connect account, or "" for the platform's own."""

    def __init__(self, account: str = "") -> None:
        key = SIMULATOR_KEY if settings.STRIPE_SIMULATOR else settings.STRIPE_SECRET_KEY
        if not key:
            raise PaymentProviderUnavailable("This installation takes no card payments yet.")
        base = settings.STRIPE_API_BASE
        self.account = account
        self._client = stripe.StripeClient(
            key,
            stripe_account=account or None,
            http_client=_transport(),
            max_network_retries=RETRIES,
            base_addresses={"api": base} if base else None,
        )

    def _ask(self, call: Callable[[], Thing], read: Callable[[Thing], Result]) -> Result:
        """What `read` makes of the provider's answer.

        Raises stripe.InvalidRequestError for what the provider refuses, PaymentProviderUnavailable
        for whatever else is no answer.
        """
        _assert_no_transaction()
        breakers.check(self.account)
        try:
            with nullcontext() if settings.STRIPE_SIMULATOR else turn():
                answer = read(call())
        except (stripe.InvalidRequestError, stripe.CardError):
            breakers.succeeded(self.account)
            raise
        except (stripe.AuthenticationError, stripe.PermissionError, stripe.IdempotencyError) as no:
            # It works, and does not let us: our configuration, or an account that left.
            breakers.succeeded(self.account)
            logger.error("Stripe refuses to answer for account %r: %s", self.account, no)
            raise PaymentProviderUnavailable() from no
        except stripe.StripeError as error:
            breakers.failed(self.account, error)
            kept = (error.headers or {}).get("Idempotent-Replayed") == "true"
            raise (KeptFailure if kept else PaymentProviderUnavailable)() from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # JSON, but none of Stripe's.
            breakers.failed(self.account, error)
            raise PaymentProviderUnavailable() from error
        breakers.succeeded(self.account)
        return answer

    def _pages(
        self, first: Callable[[], stripe.ListObject[Any]], read: Callable[[Any], Result]
    ) -> Iterator[Result]:
        """Every row of a list, page by page."""
        rest: Callable[[], stripe.ListObject[Any]] | None = first
        while rest:
            rows, rest = self._ask(
                rest,
                lambda page: (
                    [read(found) for found in page.data],
                    page.next_page if page.has_more else None,
                ),
            )
            yield from rows

    # --- The account ------------------------------------------------------------------------

    def takes_charges(self) -> bool:
        """Whether the account can be paid into already. Raises UnknownAccount."""
        try:
            return self._ask(
                self._client.v1.accounts.retrieve_current,
                lambda found: bool(found.charges_enabled),
            )
        except stripe.InvalidRequestError as error:
            _must_be_missing(error)
            raise UnknownAccount() from error
        except PaymentProviderUnavailable as error:
            told = getattr(error.__cause__, "error", None)
            if told is not None and told.code == "account_invalid":
                raise UnknownAccount() from error
            raise

    # --- Sessions ---------------------------------------------------------------------------

    def create_session(self, params: Mapping[str, Any], key: str) -> Session:
        """Make a session; a repeat with the same key and parameters gets the same one.

        Raises PaymentRefused, or KeptFailure: then only another key can help.
        """
        try:
            return self._ask(
                lambda: self._client.v1.checkout.sessions.create(
                    dict(params),  # type: ignore[arg-type]
                    {"idempotency_key": key},
                ),
                _session,
            )
        except (stripe.InvalidRequestError, stripe.CardError) as error:
            _refuse(error)

    def retrieve_session(self, session_id: str) -> Session | None:
        """The session, or None where there is none of this id."""
        try:
            return self._ask(
                lambda: self._client.v1.checkout.sessions.retrieve(
                    session_id, {"expand": ["payment_intent"]}
                ),
                _session,
            )
        except stripe.InvalidRequestError as error:
            _must_be_missing(error)
            return None

    def expire_session(self, session_id: str) -> Session:
        """End an open session. Raises NotThatSession where it is none."""
        try:
            return self._ask(
                lambda: self._client.v1.checkout.sessions.expire(
                    session_id, {"expand": ["payment_intent"]}
                ),
                _session,
            )
        except stripe.InvalidRequestError as error:
            raise NotThatSession(session_id) from error

    def sessions_since(self, moment: datetime) -> Iterator[Session]:
        """Every session made since then, newest first."""
        try:
            yield from self._pages(
                lambda: self._client.v1.checkout.sessions.list(
                    {
                        "created": {"gte": int(moment.timestamp())},
                        "limit": 100,
                        "expand": ["data.payment_intent"],
                    }
                ),
                _session,
            )
        except stripe.InvalidRequestError as error:
            _must_be_missing(error)

    def session_of_payment(self, payment_intent: str) -> Session | None:
        """The session in which a payment was made; None where it was made elsewhere."""
        try:
            found = self._ask(
                lambda: self._client.v1.checkout.sessions.list(
                    {
                        "payment_intent": payment_intent,
                        "limit": 1,
                        "expand": ["data.payment_intent"],
                    }
                ),
                lambda page: [_session(found) for found in page.data],
            )
        except stripe.InvalidRequestError as error:
            _must_be_missing(error)
            return None
        return found[0] if found else None

    # --- Refunds ----------------------------------------------------------------------------

    def create_refund(
        self, *, payment_intent: str, minor: int, key: str, metadata: Mapping[str, str]
    ) -> RefundFact:
        """Give money back. Raises PaymentRefused where it can never be."""
        try:
            return self._ask(
                lambda: self._client.v1.refunds.create(
                    {
                        "payment_intent": payment_intent,
                        "amount": minor,
                        "metadata": dict(metadata),
                    },
                    {"idempotency_key": key},
                ),
                _refund,
            )
        except (stripe.InvalidRequestError, stripe.CardError) as error:
            _refuse(error)

    def refunds_of(self, payment_intent: str) -> list[RefundFact]:
        """Every refund of a payment. Raises PaymentRefused where there is no such payment."""
        try:
            return list(
                self._pages(
                    lambda: self._client.v1.refunds.list(
                        {"payment_intent": payment_intent, "limit": 100}
                    ),
                    _refund,
                )
            )
        except stripe.InvalidRequestError as error:
            _refuse(error)

    def refunds_since(self, moment: datetime) -> Iterator[RefundFact]:
        """Every refund made since then, newest first."""
        try:
            yield from self._pages(
                lambda: self._client.v1.refunds.list(
                    {"created": {"gte": int(moment.timestamp())}, "limit": 100}
                ),
                _refund,
            )
        except stripe.InvalidRequestError as error:
            _must_be_missing(error)

    def metadata_of_payment(self, payment_intent: str) -> dict[str, str]:
        """What we wrote onto the payment when its session was made; {} for a strange one."""
        try:
            return self._ask(
                lambda: self._client.v1.payment_intents.retrieve(payment_intent),
                lambda found: _plain(found.metadata),
            )
        except stripe.InvalidRequestError as error:
            _must_be_missing(error)
            return {}


def _refuse(error: stripe.StripeError) -> NoReturn:
    reason = error.user_message or ""
    logger.warning("Stripe refuses: %s", reason)
    raise PaymentRefused(reason=reason) from error


def _must_be_missing(error: stripe.InvalidRequestError) -> None:
    """Passes for what does not exist; any other refusal of a question is no answer to it."""
    if error.http_status != 404 and error.code != "resource_missing":
        logger.error("Stripe does not understand: %s", error)
        raise PaymentProviderUnavailable() from error


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

# Stripe's own events are far flatter.
_MAX_DEPTH = 100


class BadSignature(Exception):
    """The body was not signed by the provider, or too long ago, or holds no event."""


def verified_event(body: bytes, signature: str, secrets: list[str]) -> dict[str, Any]:
    """The event in a signed body, as plain JSON. Raises BadSignature.

    Each endpoint has a secret of its own, and two while one is rolled.
    """
    for secret in secrets:
        try:
            stripe.WebhookSignature.verify_header(
                body, signature, secret, stripe.Webhook.DEFAULT_TOLERANCE
            )
            event = _event_in(body)
            if event["id"] and "object" in dict(event["data"]):
                return event
        except (
            stripe.SignatureVerificationError,
            MalformedJSON,
            ValueError,
            LookupError,
            TypeError,
        ):
            continue
    raise BadSignature()


def _event_in(body: bytes) -> dict[str, Any]:
    """What the body holds, such as can be kept as JSON. Raises MalformedJSON or ValueError."""
    check_depth(body.decode(), _MAX_DEPTH)
    event: dict[str, Any] = json.loads(body, parse_float=_finite, parse_constant=_finite)
    return event


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a JSON number.")
    return number


def signature_of(body: str, secret: str) -> str:
    """The header with which the provider would sign this body now."""
    header: str = stripe.WebhookSignature.generate_signature_header(body, secret)
    return header
