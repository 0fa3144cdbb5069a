"""The line to Stripe: how long a call may take, how many wait at once, and when we stop asking."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import stripe
from django.conf import settings
from stripe._http_client import RequestsClient

from checkout.errors import PaymentProviderUnavailable

CONNECT_SECONDS, READ_SECONDS, RETRIES = 2.0, 8.0, 1
# A call with its retry; a retry that could not be answered within the rest is not made.
CALL_SECONDS, LEAST_SECONDS = 11.0, 2.0
# After so many failures in a row the provider is left alone for a while.
BREAK_AFTER, BREAK_SECONDS = 5, 30.0
# How long a call waits for its turn while others wait for the provider.
TURN_SECONDS = 2.0


class PatientTransport(RequestsClient):
    """requests, with a limit for the whole call; an answer that drips byte by byte is cut off.

    One for each thread: it keeps the deadline of the call that it makes.
    """

    def __init__(self) -> None:
        super().__init__(timeout=(CONNECT_SECONDS, READ_SECONDS))
        self._deadline = 0.0

    def _left(self) -> float:
        return self._deadline - time.monotonic()

    def request_with_retries(self, *args: Any, **kwargs: Any) -> Any:
        self._deadline = time.monotonic() + CALL_SECONDS
        return super().request_with_retries(*args, **kwargs)

    def _should_retry(self, *args: Any, **kwargs: Any) -> bool:
        return self._left() > LEAST_SECONDS and bool(super()._should_retry(*args, **kwargs))

    def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        **kwargs: Any,
    ) -> tuple[bytes, int, Mapping[str, str]]:
        left = max(self._left(), 0.1)
        self._timeout = (min(CONNECT_SECONDS, left), min(READ_SECONDS, left))
        raw, status, answer_headers = self.request_stream(method, url, headers, post_data)
        parts = []
        try:
            while part := raw.read1(65536, decode_content=True):
                parts.append(part)
                if self._left() < 0:
                    raise TimeoutError("The answer did not end in time.")
        except Exception as error:
            raw.close()
            raise stripe.APIConnectionError(str(error), should_retry=True) from error
        raw.release_conn()
        return b"".join(parts), status, answer_headers


class Breaker:
    """Stops asking a provider that failed several times in a row; shared by threads.

    After the pause calls go through again, and the first failure shuts it again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._shut_until = 0.0

    def check(self) -> None:
        """Raises PaymentProviderUnavailable while the provider is left alone."""
        if time.monotonic() < self._shut_until:
            raise PaymentProviderUnavailable()

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= BREAK_AFTER:
                self._shut_until = time.monotonic() + BREAK_SECONDS

    def succeeded(self) -> None:
        with self._lock:
            self._failures, self._shut_until = 0, 0.0


class Breakers:
    """One for the line, which all accounts share, and one for each account.

    A line that hangs is shut for everybody; an account that Stripe answers with errors is shut
    for itself, and no shop closes another's checkout.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self._line = Breaker()
        self._accounts: dict[str, Breaker] = {}

    def _of(self, account: str) -> Breaker:
        with self._lock:
            return self._accounts.setdefault(account, Breaker())

    def check(self, account: str) -> None:
        """Raises PaymentProviderUnavailable while either is shut."""
        self._line.check()
        self._of(account).check()

    def failed(self, account: str, error: Exception) -> None:
        """Count a failure: of the line where no answer came, else of the account."""
        if isinstance(error, stripe.APIConnectionError):
            self._line.failed()
            return
        self._line.succeeded()
        self._of(account).failed()

    def succeeded(self, account: str) -> None:
        self._line.succeeded()
        self._of(account).succeeded()


breakers = Breakers()
_turns = threading.BoundedSemaphore(settings.STRIPE_CALLS_AT_ONCE)


@contextmanager
def turn() -> Iterator[None]:
    """A place among the calls that may wait for Stripe at once: the other threads serve pages.

    Raises PaymentProviderUnavailable where none gets free.
    """
    if not _turns.acquire(timeout=TURN_SECONDS):
        raise PaymentProviderUnavailable()
    try:
        yield
    finally:
        _turns.release()
