"""Settings from the environment: safe defaults for development, refusals in production."""

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
