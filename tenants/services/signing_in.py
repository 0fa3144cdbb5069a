"""Signing in, with one count of failed tries over all doors (API and admin).

Who has a second factor signs in by two steps: the password, and then a code.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import authenticate
from django.utils import timezone

from pycommerce.api.rates import count, seconds_left, take_back
from pycommerce.core.errors import InvalidCredentials, RateLimited
from tenants.models import KnownAddress, User
from tenants.services.second_factor import check_code, has_second_factor

KNOWN_FOR = timedelta(days=30)
NEEDS_CODE = (
    "This account has a second factor: send its code, or a recovery code, as 'otp', "
    "or call with an API key."
)


def sign_in(*, email: str, password: str, address: str, otp: str = "") -> User:
    """The user with this e-mail address and password, and this code of their second factor.

    `otp` is looked at where the user has a second factor, and needed there.

    Raises InvalidCredentials, or RateLimited after too many failed tries in this minute.
    """
    user = check_password(email=email, password=password, address=address)
    if has_second_factor(user):
        if not otp:
            raise InvalidCredentials(NEEDS_CODE)
        check_second_step(user, otp, address)
    return user


def check_password(*, email: str, password: str, address: str) -> User:
    """The first step: the user with this e-mail address and password.

    A try is counted before the password is looked at and taken back when it was right, so that
    many tries at once are no more than the limit. An address from which this account signed in
    during the last 30 days has a counter of its own: nobody can lock a merchant out. It counts as
    such once nothing more is asked.

    Raises InvalidCredentials, or RateLimited after too many failed tries in this minute.
    """
    email = email.strip().lower()
    with _counted(email, address):
        user = authenticate(username=email, password=password)
        if not isinstance(user, User):
            raise InvalidCredentials()
    if not has_second_factor(user):
        know_address(user, address)
    return user


def check_second_step(user: User, code: str, address: str) -> None:
    """The second step: take a code of the user's, under the same count as passwords.

    Raises InvalidCredentials, or RateLimited.
    """
    with _counted(user.email, address):
        check_code(user, code, address)
    know_address(user, address)


@contextmanager
def _counted(email: str, address: str) -> Iterator[None]:
    keys = _counters(email, address)
    hits = count(*keys)
    if max(hits.values()) > settings.LOGIN_FAILURES_PER_MINUTE:
        left = seconds_left()
        raise RateLimited(f"Too many failed tries; try again in {left} seconds.", retry_after=left)
    yield
    take_back(*keys)


def know_address(user: User, address: str) -> None:
    """Count failed tries from this address on their own: the user was here."""
    KnownAddress.objects.update_or_create(
        user=user, address=address, defaults={"last_used_at": timezone.now()}
    )


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
