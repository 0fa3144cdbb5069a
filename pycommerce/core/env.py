"""Settings from the environment: safe defaults for development, refusals in production."""

import ipaddress
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

_POSTGRES = {"postgres", "postgresql"}
_NO = {"false", "off", "n", "no", "0", ""}


class _Env(environ.Env):
    """Refuses a value that is no number or no yes or no, and names its variable."""

    def get_value(self, var: str, cast: Any = None, *args: Any, **kwargs: Any) -> Any:
        try:
            value = super().get_value(var, cast, *args, **kwargs)
        except ValueError as error:
            raise ImproperlyConfigured(f"{var} is wrong: {error}.") from error
        if cast is bool and value is False and self.ENVIRON.get(var, "").strip().lower() not in _NO:
            raise ImproperlyConfigured(f"{var} is yes or no, not '{self.ENVIRON[var]}'.")
        return value


env = _Env()


def required_in_production(
    name: str, *, production: bool, default: str, least_length: int = 1
) -> str:
    """The variable's value, or `default` outside production.

    Raises ImproperlyConfigured naming the variable when production lacks it, or it is too short.
    """
    value: str = env.str(name, default="")
    if not production:
        return value or default
    if not value:
        raise ImproperlyConfigured(f"Set {name}: production does not start without it.")
    if len(value) < least_length:
        raise ImproperlyConfigured(f"{name} is too short: it needs {least_length} characters.")
    return value


def database(url: str) -> dict[str, Any]:
    """The address of a database as one of Django's DATABASES. Raises ImproperlyConfigured."""
    try:
        parts = urlsplit(url)
        if parts.scheme not in _POSTGRES or not parts.path.strip("/"):
            raise ValueError("no PostgreSQL server and database")
        known: dict[str, Any] = env.db_url_config(url)
    except ValueError as error:
        raise ImproperlyConfigured(
            "DATABASE_URL is written as postgres://user:password@host:5432/name, "
            "with %-escapes in the password."
        ) from error
    known.setdefault("OPTIONS", {})
    # A Unix socket, as libpq writes it: postgres://user@/name?host=/run/postgresql
    if socket := known["OPTIONS"].pop("host", ""):
        known["HOST"] = socket
    return known


def proxies(name: str) -> list[str]:
    """Addresses and networks, or `unix`. Raises ImproperlyConfigured naming the variable."""
    values: list[str] = [value.strip() for value in env.list(name, default=[])]
    for value in values:
        try:
            if value != "unix":
                ipaddress.ip_network(value, strict=False)
        except ValueError as error:
            raise ImproperlyConfigured(
                f"{name} holds addresses, networks or `unix`, not '{value}'."
            ) from error
    return values


def api_base(name: str) -> str:
    """The address of an API that stands in for another: https, or loopback.

    Raises ImproperlyConfigured naming the variable for any other.
    """
    value: str = env.str(name, default="").rstrip("/")
    if not value:
        return ""
    parts = urlsplit(value)
    host = parts.hostname or ""
    if parts.scheme == "https" and host:
        return value
    if parts.scheme == "http" and (host == "localhost" or _is_loopback(host)):
        return value
    raise ImproperlyConfigured(f"{name} is an https address, or one on loopback.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def name_server(name: str) -> tuple[str, int] | None:
    """Address and port of a name server, written as `127.0.0.1:53`; None where none is named.

    Raises ImproperlyConfigured naming the variable.
    """
    value: str = env.str(name, default="").strip()
    if not value:
        return None
    try:
        parts = urlsplit(f"//{value}")
        address, port = str(ipaddress.ip_address(parts.hostname or "")), parts.port or 53
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} is the address of a name server, such as 127.0.0.1:53."
        ) from error
    return address, port


def addresses(name: str) -> list[str]:
    """Addresses by comma. Raises ImproperlyConfigured naming the variable."""
    values: list[str] = [value.strip() for value in env.list(name, default=[])]
    try:
        return [str(ipaddress.ip_address(value)) for value in values]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} holds addresses by comma: {error}.") from error
