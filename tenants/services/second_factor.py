"""The second factor of staff: codes of an app (TOTP, RFC 6238), and recovery codes on paper.

No secret is kept. It is worked out from the installation's `SECRET_KEY` and a random seed in the
user's row, as the secrets of webhooks are: a dump, a backup or an archive makes no code. Of the
recovery codes, 80 random bits each, only digests are kept, which hang on no key: under a new
`SECRET_KEY` they still let their owner in, to set the app up anew, and `reset_second_factor` helps
everybody else.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

import pyotp
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from pycommerce.core.errors import InvalidCredentials, RateLimited, wrong_field
from pycommerce.db import connection
from tenants.models import KnownAddress, RecoveryCode, SecondFactor, Tenant, User
from tenants.public import in_public
from tenants.services.account_mail import Deed, Scene, tell_owner
from tenants.services.audit import Person, record
from tenants.shop.models import AuditEntry

RECOVERY_CODES = 10
STEP_SECONDS = 30
# Clocks may differ by one step.
_DRIFT = (-1, 0, 1)
# After so many wrong codes in a row each further one makes the next wait, twice as long as before.
FREE_TRIES, FIRST_WAIT, LONGEST_WAIT = 5, timedelta(seconds=30), timedelta(minutes=15)
# Wrong codes are counted together until none came for so long.
_FORGOTTEN_AFTER = timedelta(days=1)
WRONG_CODE = "This code is wrong, too old, or was used already."


def needs_second_factor(user: User, tenant: Tenant | None) -> bool:
    """Whether the user has to set one up before anything else here; None is the platform."""
    asked = tenant is not None and tenant.second_factor_required
    asked = asked or (user.is_superuser and settings.PLATFORM_SECOND_FACTOR_REQUIRED)
    return asked and not has_second_factor(user)


def has_second_factor(user: User) -> bool:
    """Whether signing in asks the user for a code."""
    return hasattr(user, "second_factor")


def who_requires_it(user: User) -> list[str]:
    """The shops where the user works, and the platform, that ask for one: by name."""
    asking = Tenant.objects.filter(memberships__user=user, second_factor_required=True)
    names = list(asking.values_list("name", flat=True))
    if user.is_superuser and settings.PLATFORM_SECOND_FACTOR_REQUIRED:
        names.append("the platform")
    return names


def require_second_factor(tenant: Tenant, *, is_required: bool, by: User) -> None:
    """Say whether whoever works in the selected shop needs one.

    Raises InvalidRequest where the user would be the first to be kept out.
    """
    if is_required and not has_second_factor(by):
        raise wrong_field("required", "Set up your own second factor first.")
    with transaction.atomic():
        row = Tenant.objects.select_for_update().get(pk=tenant.pk)
        was, row.second_factor_required = row.second_factor_required, is_required
        row.save(update_fields=["second_factor_required", "updated_at"])
        if was != is_required:
            changes = {"second factor required": (was, is_required)}
            record(user=by, action=AuditEntry.Action.CHANGE, thing=row, changes=changes)


# --- Setting up -----------------------------------------------------------------------------------


def new_seed() -> str:
    """What a secret is made from, beside the installation's key."""
    return secrets.token_hex(16)


def secret_of(user: User, seed: str) -> str:
    """The secret that app and server share: 160 bits in base32."""
    key = hashlib.sha256(f"second factor {settings.SECRET_KEY}".encode()).digest()
    digest = hmac.new(key, f"{user.pk} {seed}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:20]).decode()


def address_of(user: User, seed: str) -> str:
    """The `otpauth://` address that the QR code holds."""
    app = pyotp.TOTP(secret_of(user, seed))
    return app.provisioning_uri(name=user.email, issuer_name=f"PyCommerce {settings.BASE_HOST}")


def turn_on(
    user: User, seed: str, code: str, scene: Scene | None = None
) -> tuple[SecondFactor, list[str]]:
    """Have the user's app asked from now on; the factor, and recovery codes that are shown once.

    Ends all tokens, and all sessions but those that are told of the factor: they came in by a
    password alone. Raises InvalidRequest for a wrong code, or where one is on.
    """
    step = _step_of(user, seed, _clean(code), after=0)
    if step is None:
        raise wrong_field("code", "This code is wrong: look whether the clock of the phone is.")
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        if SecondFactor.objects.filter(user=user).exists():
            raise wrong_field("code", "A second factor is on already.")
        factor = SecondFactor.objects.create(user=user, seed=seed, last_step=step)
        locked.token_epoch += 1
        locked.save(update_fields=["token_epoch"])
        codes = _new_codes(factor)
        _tell_histories(user, user, "off", "on")
        tell_owner(user, Deed.FACTOR_ON, scene)
    return factor, codes


def new_recovery_codes(user: User, scene: Scene | None = None) -> list[str]:
    """Ten recovery codes in place of those before."""
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().get(user=user)
        codes = _new_codes(factor)
        _tell_histories(user, user, "earlier recovery codes", "new recovery codes")
        tell_owner(user, Deed.NEW_CODES, scene)
    return codes


def turn_off(user: User, scene: Scene | None = None) -> None:
    """Ask the user for no code any more, as they wish."""
    _end(user, user, "off", Deed.FACTOR_OFF, scene)


def reset(user: User, by: Person | None, words: str) -> bool:
    """As somebody else wishes; whether there was a factor. `by` is None for a command.

    `words` are those of the shops' histories.
    """
    return _end(user, by, words, Deed.FACTOR_RESET)


def _end(user: User, by: Person | None, words: str, deed: Deed, scene: Scene | None = None) -> bool:
    with transaction.atomic():
        deleted, _ = SecondFactor.objects.filter(user=user).delete()
        if deleted:
            _tell_histories(user, by, "on", words)
            tell_owner(user, deed, scene)
    return bool(deleted)


def _new_codes(factor: SecondFactor) -> list[str]:
    factor.recovery_codes.all().delete()
    codes = [_readable(secrets.token_bytes(10)) for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(factor=factor, digest=_digest(factor, _clean(code))) for code in codes
    )
    return codes


def _readable(random: bytes) -> str:
    text = base64.b32encode(random).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _clean(code: str) -> str:
    """A code as it is compared, however it was typed."""
    return "".join(letter for letter in code.lower() if letter.isalnum())


def _digest(factor: SecondFactor, code: str) -> str:
    return hashlib.sha256(f"{factor.seed} {code}".encode()).hexdigest()


def _tell_histories(user: User, by: Person | None, old: str, new: str) -> None:
    """Write it into the history of every shop where the user works."""
    selected = connection.tenant
    memberships = in_public(
        lambda: list(user.memberships.select_related("tenant").order_by("tenant_id"))
    )
    try:
        for membership in memberships:
            connection.set_tenant(membership.tenant)
            record(
                user=by,
                action=AuditEntry.Action.CHANGE,
                thing=membership,
                changes={"second factor": (old, new)},
                name=user.email,
            )
    finally:
        if isinstance(selected, Tenant):
            connection.set_tenant(selected)
        else:
            connection.set_schema_to_public()


# --- Asking ---------------------------------------------------------------------------------------


def check_code(user: User, code: str, address: str) -> None:
    """Take a code of the user's app, or a recovery code: each works once.

    Tries wait for each other, so that of many at once with one code one gets in. Wrong codes are
    counted for the account; an address from which it signed in lately has a count of its own.

    Raises InvalidCredentials, or RateLimited after too many wrong codes.
    """
    now = timezone.now()
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().filter(user=user).first()
        if factor is None:
            raise InvalidCredentials("The second factor was turned off meanwhile: sign in again.")
        known = KnownAddress.objects.filter(user=user, address=address).first()
        counted: SecondFactor | KnownAddress = known or factor
        wait = _wait(counted.wrong_codes, counted.wrong_code_at, now)
        if wait > timedelta(0):
            seconds = int(wait.total_seconds()) + 1
            problem = f"Too many wrong codes; try again in {seconds} seconds."
            raise RateLimited(problem, retry_after=seconds)
        is_good = _use(factor, _clean(code), now)
        if is_good:
            counted.wrong_codes = 0
        else:
            last = counted.wrong_code_at
            is_over = last is None or last < now - _FORGOTTEN_AFTER
            counted.wrong_codes = 1 if is_over else min(counted.wrong_codes + 1, 1000)
            counted.wrong_code_at = now
        counted.save(update_fields=["wrong_codes", "wrong_code_at"])
    if not is_good:
        raise InvalidCredentials(WRONG_CODE)


def _wait(wrong: int, last: datetime | None, now: datetime) -> timedelta:
    if last is None or wrong < FREE_TRIES:
        return timedelta(0)
    pause = min(FIRST_WAIT * 2 ** min(wrong - FREE_TRIES, 10), LONGEST_WAIT)
    return last + pause - now


def _use(factor: SecondFactor, code: str, now: datetime) -> bool:
    step = _step_of(factor.user, factor.seed, code, after=factor.last_step)
    if step is not None:
        factor.last_step = step
        factor.save(update_fields=["last_step"])
        return True
    unused = factor.recovery_codes.filter(digest=_digest(factor, code), used_at=None)
    return bool(unused.update(used_at=now))


def _step_of(user: User, seed: str, code: str, after: int) -> int | None:
    """The step of time that this is the code of, if it is later than the last that was used."""
    app = pyotp.TOTP(secret_of(user, seed), interval=STEP_SECONDS)
    here = int(timezone.now().timestamp()) // STEP_SECONDS
    good = [
        here + drift
        for drift in _DRIFT
        if hmac.compare_digest(app.generate_otp(here + drift).encode(), code.encode())
    ]
    return next((step for step in good if step > after), None)
