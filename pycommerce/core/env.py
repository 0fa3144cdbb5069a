"""Settings from the environment: safe defaults for development, refusals in production."""

import ipaddress
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()


def required_in_production(name: str, *, production: bool, default: str) -> str:
    """The variable's value, or `default` outside production.

    Raises ImproperlyConfigured naming the variable when production lacks it.
    """
    value: str = env.str(name, default="")
    if value:
        return value
    if production:
        raise ImproperlyConfigured(f"Set {name}: production does not start without it.")
    return default


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
