"""Holds a request against the parameter types that the `stripe` package ships."""

import re
import types
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from stripe._request_options import RequestOptions
from stripe.params import (
    PaymentIntentRetrieveParams,
    RefundCreateParams,
    RefundListParams,
    RefundRetrieveParams,
)
from stripe.params._account_retrieve_current_params import AccountRetrieveCurrentParams
from stripe.params.checkout import (
    SessionCreateParams,
    SessionExpireParams,
    SessionListParams,
    SessionRetrieveParams,
)
from typing_extensions import is_typeddict

TYPES = {
    "create_session": SessionCreateParams,
    "list_sessions": SessionListParams,
    "get_session": SessionRetrieveParams,
    "expire_session": SessionExpireParams,
    "create_refund": RefundCreateParams,
    "list_refunds": RefundListParams,
    "get_refund": RefundRetrieveParams,
    "get_intent": PaymentIntentRetrieveParams,
    "get_account": AccountRetrieveCurrentParams,
}
# How the library is called, not what is sent.
_OPTIONS = frozenset(RequestOptions.__annotations__)
# Names of the options that the modules of the parameters do not import.
_NAMES = {"StripeContext": str, "Mapping": Mapping}
_NUMBERS = {int: r"-?\d+", float: r"-?\d+(\.\d+)?", Decimal: r"-?\d+(\.\d+)?"}


def problems(operation: str, params: dict[str, Any]) -> list[str]:
    """What in the decoded form is no parameter of the operation, or of another type."""
    return list(_members(params, TYPES[operation], ""))


def _members(value: dict[str, Any], hint: Any, path: str) -> Iterator[str]:
    hints = get_type_hints(hint, localns=_NAMES)
    known = set(hints) - _OPTIONS
    for name in sorted(set(value) - known):
        yield f"{path}{name}: unknown"
    for name in sorted(hint.__required_keys__ - set(value) - _OPTIONS):
        yield f"{path}{name}: missing"
    for name in sorted(known & set(value)):
        yield from _problems(value[name], hints[name], f"{path}{name}")


def _problems(value: Any, hint: Any, path: str) -> Iterator[str]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        found = [list(_problems(value, each, path)) for each in arguments]
        if all(found):
            yield from min(found, key=len)
    elif is_typeddict(hint):
        if isinstance(value, dict):
            yield from _members(value, hint, f"{path}.")
        else:
            yield f"{path}: no object"
    elif origin is Literal:
        if value not in arguments:
            yield f"{path}: {value!r} is none of {arguments}"
    elif origin is list:
        if not isinstance(value, list):
            yield f"{path}: no list"
            return
        for index, each in enumerate(value):
            yield from _problems(each, arguments[0], f"{path}[{index}]")
    elif origin is dict:
        if not isinstance(value, dict):
            yield f"{path}: no mapping"
            return
        for name, each in value.items():
            yield from _problems(each, arguments[1], f"{path}.{name}")
    elif hint in _NUMBERS:
        if not isinstance(value, str) or not re.fullmatch(_NUMBERS[hint], value):
            yield f"{path}: {value!r} is no {hint.__name__}"
    elif hint is bool:
        if value not in {"true", "false"}:
            yield f"{path}: {value!r} is no boolean"
    elif hint is str:
        if not isinstance(value, str):
            yield f"{path}: {value!r} is no text"
    elif origin is not None and not isinstance(value, dict):
        # An object of the library itself, in whose place a mapping may stand.
        yield f"{path}: no object"


def decode(form: list[tuple[str, str]]) -> dict[str, Any]:
    """The form of nested names, `a[b][0][c]=x`, as objects and lists."""
    root: dict[str, Any] = {}
    for name, value in form:
        keys = re.findall(r"[^\[\]]+", name)
        place = root
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        if keys[-1] in place:
            raise ValueError(f"{name} is given twice.")
        place[keys[-1]] = value
    return {key: _with_lists(value) for key, value in root.items()}


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        assert sorted(map(int, value)) == list(range(len(value))), "A list has gaps."
        return [_with_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _with_lists(each) for key, each in value.items()}
