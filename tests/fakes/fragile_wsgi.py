"""The product's application in a process that dies once at each of some moments; for tests alone.

`FRAGILE_DIR` keeps which of them have come. With `FRAGILE_NAIVE` the guards against it are taken
away as well: the control of the test.
"""

import os
import secrets
import signal
from functools import wraps
from pathlib import Path
from typing import Any

from pycommerce.wsgi import application  # isort: split

from checkout.services import events, starting
from checkout.stripe_gateway import Gateway
from orders import api
from orders.services import paying

__all__ = ["application"]

_FOLDER = Path(os.environ["FRAGILE_DIR"])


def _die_once(moment: str) -> None:
    try:
        (_FOLDER / moment).touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def _dies_after(place: Any, name: str, moment: str) -> None:
    real = getattr(place, name)

    @wraps(real)
    def fragile(*args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        _die_once(moment)
        return result

    setattr(place, name, fragile)


# What is done, and not answered yet.
MOMENTS = [
    (api, "once", "order-committed"),
    (starting, "_take_attempt", "attempt-committed"),
    (Gateway, "create_session", "session-made"),
    (starting, "_open_session", "session-stored"),
    (events, "verified_event", "event-arrived"),
    (paying, "_book", "charge-written"),
    (events, "book_of_shop", "payment-committed"),
    (Gateway, "create_refund", "refund-made"),
    (Gateway, "expire_session", "session-expired"),
]
for _place, _name, _moment in MOMENTS:
    _dies_after(_place, _name, _moment)

if os.environ.get("FRAGILE_NAIVE"):
    _create, _refund = Gateway.create_session, Gateway.create_refund

    def _with_any_key(self: Gateway, params: Any, key: str) -> Any:
        return _create(self, params, secrets.token_hex(8))

    def _refund_with_any_key(self: Gateway, **how: Any) -> Any:
        return _refund(self, **(how | {"key": secrets.token_hex(8)}))

    Gateway.create_session = _with_any_key  # type: ignore[method-assign]
    Gateway.create_refund = _refund_with_any_key  # type: ignore[method-assign]
    Gateway.refunds_of = lambda self, payment: []  # type: ignore[method-assign]
