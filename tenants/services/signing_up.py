"""Opening a shop by oneself: asked for by e-mail, and opened once the address is confirmed."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.signing import BadSignature, Signer, TimestampSigner
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from pycommerce.api.parameters import parse_uuid
from pycommerce.api.rates import count, seconds_left, take_back
from pycommerce.core.errors import InvalidRequest, RateLimited
from pycommerce.db import connection
from tenants.models import SignUp, Tenant, User
from tenants.services.creating import create_tenant, ready_template
from tenants.services.mail_limits import COUNTED_FOR, may_have_mail
from tenants.services.mailing import PLATFORM_COLOR, PLATFORM_NAME, send_mail
from tenants.services.second_factor import has_second_factor
from tenants.services.signing_in import is_known_address

logger = logging.getLogger(__name__)

LINK_LIFE = timedelta(hours=1)
ENTRY_LIFE = timedelta(minutes=10)
# How long a link still leads to the shop that it opened.
KEPT_AFTER_OPENING = timedelta(days=7)
SHOPS_OF_A_CLIENT = 5

# What the apps above set in a shop that was just opened; its schema is selected.
furnish: list[Callable[[SignUp], None]] = []


class WrongPassword(InvalidRequest):
    """Not the one that was chosen when the shop was asked for."""

    def __init__(self) -> None:
        problem = _("This is not the password that you chose for the new shop.")
        super().__init__(problem, fields={"password": [problem]})


@dataclass(frozen=True, slots=True)
class Wanted:
    """The shop that somebody wants, its values clean, and its owner's address and password."""

    email: str
    password: str
    name: str
    slug: str
    currency: str
    language: str
    time_zone: str
    country: str


# --- Links -----------------------------------------------------------------------------------


def token_of(sign_up: SignUp) -> str:
    """What stands in the mailed link; the database alone does not know it."""
    return Signer(salt="sign-up").sign(str(sign_up.pk)).replace(":", "~")


def browser_token_of(sign_up: SignUp) -> str:
    """What the browser keeps in which the shop was asked for."""
    return Signer(salt="sign-up-browser").sign(str(sign_up.pk))


def _find(signer: Signer, token: str) -> SignUp | None:
    try:
        sign_up_id = parse_uuid(signer.unsign(token))
    except BadSignature:
        return None
    return SignUp.objects.filter(pk=sign_up_id).first() if sign_up_id else None


def find_sign_up(token: str) -> SignUp | None:
    """What is behind a mailed link: to be opened for an hour, or opened already."""
    sign_up = _find(Signer(salt="sign-up"), token.replace("~", ":"))
    if sign_up is None or sign_up.opened_at or sign_up.created_at > timezone.now() - LINK_LIFE:
        return sign_up
    return None


def sign_up_of_browser(token: str) -> SignUp | None:
    """What was asked for in this browser last."""
    return _find(Signer(salt="sign-up-browser"), token)


# --- Asking ----------------------------------------------------------------------------------


@transaction.atomic
def ask_to_open(
    wanted: Wanted, *, client_address: str, origin: str, language: str
) -> SignUp | None:
    """Mail a link to the wanted shop's owner, behind which it is opened, in their language.

    The same is done for an address that has an account and for one that has none. None for an
    address that had its mails for this hour: it gets no further one, silently; see `mail_limits`.

    Raises RateLimited where this client asked too often.
    """
    email = wanted.email.strip().lower()
    asker = {"client_address": client_address}
    is_known = is_known_address(email, client_address)
    if not may_have_mail(SignUp.objects.all(), email=email, asker=asker, is_known=is_known):
        return None
    sign_up = SignUp.objects.create(
        email=email,
        password=make_password(wanted.password),
        name=wanted.name,
        slug=wanted.slug,
        currency=wanted.currency,
        language=wanted.language,
        time_zone=wanted.time_zone,
        country=wanted.country,
        client_address=client_address,
    )
    # The link is made when it is sent: what waits in the database opens nothing.
    job = app.configure_task("tenants.jobs.mail_sign_up")
    job.defer(sign_up_id=str(sign_up.pk), origin=origin, language=language)
    return sign_up


def _one_after_the_other(*keys: str) -> None:
    with connection.cursor() as cursor:
        for key in sorted(keys):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [key])


def send_confirmation(sign_up_id: str, origin: str, language: str) -> None:
    """Send the mail with the link, but to an account that was closed.

    It names nothing that a stranger could have written freely.
    """
    sign_up = SignUp.objects.filter(pk=sign_up_id).first()
    if sign_up is None:
        return
    user = User.objects.filter(email=sign_up.email).first()
    if user and not user.is_active:
        return
    port = urlsplit(origin).port
    with translation.override(language):
        context = {
            "subject": _("Open your shop"),
            "language": language,
            "name": PLATFORM_NAME,
            "color": PLATFORM_COLOR,
            "origin": origin,
            "link": f"{origin}/open-a-shop/{token_of(sign_up)}/",
            "host": f"{sign_up.slug}.{settings.BASE_HOST}" + (f":{port}" if port else ""),
            "is_known": user is not None,
        }
        send_mail("sign_up", sign_up.email, context)


# --- Opening ---------------------------------------------------------------------------------


def has_account(sign_up: SignUp) -> bool:
    """Whether the shop goes to an account that is there already, with its own password."""
    return User.objects.filter(email=sign_up.email).exists()


def check_chosen_password(sign_up: SignUp, password: str) -> None:
    """Raises WrongPassword, or RateLimited after too many tries in this minute."""
    key = f"sign-up:{sign_up.pk}"
    if count(key)[key] > settings.LOGIN_FAILURES_PER_MINUTE:
        left = seconds_left()
        problem = _("Too many failed tries; try again in %(seconds)s seconds.") % {"seconds": left}
        raise RateLimited(problem, retry_after=left)
    if not check_password(password, sign_up.password):
        raise WrongPassword()
    take_back(key)


def open_shop(sign_up_id: UUID, *, slug: str = "") -> Tenant:
    """Open the shop that was asked for, under another slug where one is given; or the same again.

    Raises InvalidRequest for a slug that cannot be had, SlugTaken, or RateLimited where too many
    shops were opened in this hour; then nothing has changed, and the link still works.
    """
    ready_template()
    with transaction.atomic():
        # Shops are opened one after the other: whoever comes second finds the first one's.
        _one_after_the_other("sign-up opening")
        sign_up = SignUp.objects.select_for_update().get(pk=sign_up_id)
        if sign_up.tenant_id:
            return Tenant.objects.get(pk=sign_up.tenant_id)
        _refuse_a_flood(sign_up)
        user, sign_up.is_new_user = _owner_of(sign_up)
        tenant = create_tenant(
            slug=slug or sign_up.slug,
            name=sign_up.name,
            owner=user,
            currency=sign_up.currency,
            language=sign_up.language,
            time_zone=sign_up.time_zone,
        )
        connection.set_tenant(tenant)
        try:
            for each in furnish:
                each(sign_up)
        finally:
            connection.set_schema_to_public()
        sign_up.tenant_id, sign_up.slug = tenant.pk, tenant.slug
        sign_up.password, sign_up.opened_at = "", timezone.now()
        sign_up.save()
    logger.info("Tenant %s opened by sign-up %s", tenant.pk, sign_up.pk)
    return tenant


def _refuse_a_flood(sign_up: SignUp) -> None:
    recent = SignUp.objects.filter(opened_at__gt=timezone.now() - COUNTED_FOR)
    if recent.filter(client_address=sign_up.client_address).count() >= SHOPS_OF_A_CLIENT:
        problem = _(
            "%(count)s shops were opened from your connection within an hour. Please try again "
            "later."
        )
        raise RateLimited(problem % {"count": SHOPS_OF_A_CLIENT})
    if recent.count() >= settings.SHOPS_PER_HOUR:
        raise RateLimited(_("Very many shops are being opened. Please try again in some minutes."))


def _owner_of(sign_up: SignUp) -> tuple[User, bool]:
    """The owner's account, and whether it was made now."""
    user = User.objects.filter(email=sign_up.email).first()
    if user is None:
        try:
            with transaction.atomic():
                # The hash of the password that was chosen when the shop was asked for.
                made = User.objects.create(email=sign_up.email, password=sign_up.password)
                return made, True
        except IntegrityError:
            user = User.objects.get(email=sign_up.email)
    if not user.is_active:
        raise InvalidRequest(
            _("The account of this address is closed. Please use another address.")
        )
    return user, False


# --- The first way in ------------------------------------------------------------------------


def _entry_signer() -> TimestampSigner:
    return TimestampSigner(salt="first-entry")


def entry_token_of(sign_up: SignUp) -> str:
    """Signs the new owner in at the new shop, once and within ten minutes; "" where it may not.

    Only an account that was made with the shop, and only in the hour after: any other has its own
    ways of signing in.
    """
    is_fresh = sign_up.opened_at and sign_up.opened_at > timezone.now() - LINK_LIFE
    if not (sign_up.is_new_user and is_fresh) or sign_up.entered_at:
        return ""
    return _entry_signer().sign(str(sign_up.pk))


def use_entry(token: str, tenant: Tenant) -> User | None:
    """The owner whom a first way in lets into this shop: one conditional update lets one in."""
    try:
        sign_up_id = parse_uuid(_entry_signer().unsign(token, max_age=ENTRY_LIFE))
    except BadSignature:
        return None
    if sign_up_id is None:
        return None
    unused = SignUp.objects.filter(pk=sign_up_id, tenant_id=tenant.pk, entered_at=None)
    email = unused.values_list("email", flat=True).first()
    if email is None or not unused.update(entered_at=timezone.now()):
        return None
    user = User.objects.filter(email=email, is_active=True, memberships__tenant=tenant).first()
    return None if user is None or has_second_factor(user) else user


def sign_ups_that_ended() -> QuerySet[SignUp]:
    """What was asked for and not opened, and what was opened long ago."""
    now = timezone.now()
    waiting = SignUp.objects.filter(
        opened_at=None, created_at__lt=now - max(LINK_LIFE, COUNTED_FOR)
    )
    return waiting | SignUp.objects.filter(opened_at__lt=now - KEPT_AFTER_OPENING)
