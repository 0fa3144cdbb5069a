"""Signing in by password, with one count of failed tries over all doors (API and admin)."""

import hashlib
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import authenticate
from django.utils import timezone

from pycommerce.api.rates import count, seconds_left, take_back
from pycommerce.core.errors import InvalidCredentials, RateLimited
from tenants.models import KnownAddress, User

KNOWN_FOR = timedelta(days=30)


def sign_in(*, email: str, password: str, address: str) -> User:
    """The user with this e-mail address and password.

    A try is counted before the password is looked at and taken back when it was right, so that
    many tries at once are no more than the limit. An address from which this account signed in
    during the last 30 days has a counter of its own: nobody can lock a merchant out.

    Raises InvalidCredentials, or RateLimited after too many failed tries in this minute.
    """
    email = email.strip().lower()
    keys = _counters(email, address)
    hits = count(*keys)
    if max(hits.values()) > settings.LOGIN_FAILURES_PER_MINUTE:
        left = seconds_left()
        raise RateLimited(f"Too many failed tries; try again in {left} seconds.", retry_after=left)
    user = authenticate(username=email, password=password)
    if not isinstance(user, User):
        raise InvalidCredentials()
    take_back(*keys)
    KnownAddress.objects.update_or_create(
        user=user, address=address, defaults={"last_used_at": timezone.now()}
    )
    return user


def is_known_address(email: str, address: str) -> bool:
    """Whether the account of this e-mail address signed in from there during the last 30 days."""
    since = timezone.now() - KNOWN_FOR
    known = KnownAddress.objects.filter(user__email=email, address=address, last_used_at__gt=since)
    return known.exists()


def _counters(email: str, address: str) -> list[str]:
    account = hashlib.sha256(email.encode()).hexdigest()[:32]
    if is_known_address(email, address):
        return [f"login:{account}:{address}"]
    return [f"login:{account}", f"login:a:{address}"]
