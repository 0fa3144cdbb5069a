"""Passwords of staff: mailed links to choose one, for a shop's back office or the platform's."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from pycommerce.core.errors import RateLimited
from tenants.backends import may_enter
from tenants.models import PasswordRequest, Tenant, User
from tenants.origins import origin_of_ours
from tenants.services.mail_limits import may_have_mail
from tenants.services.mailing import PLATFORM_COLOR, PLATFORM_NAME, send_mail
from tenants.services.signing_in import is_known_address

INVITATION_LIFE = timedelta(days=7)
RESET, INVITATION = "password_reset", "invitation"


class InvitationTokens:
    """Tokens of links that let an invited member choose a password: for a week, and once."""

    def make_token(self, user: User) -> str:
        return self._signer().sign(self._state(user)).replace(":", "~")

    def check_token(self, user: User | None, token: str | None) -> bool:
        if user is None or not token:
            return False
        try:
            state = self._signer().unsign(token.replace("~", ":"), max_age=INVITATION_LIFE)
        except BadSignature:
            return False
        return constant_time_compare(state, self._state(user))

    def _signer(self) -> TimestampSigner:
        return TimestampSigner(salt="invitation")

    def _state(self, user: User) -> str:
        # Another one as soon as a password was chosen: a link that was used is worth nothing.
        state = f"{user.pk} {user.email} {user.password}"
        return salted_hmac("invitation.state", state, algorithm="sha256").hexdigest()


invitation_tokens = InvitationTokens()


@transaction.atomic
def ask_for_link(
    *, email: str, tenant: Tenant | None, client_address: str, origin: str, language: str
) -> None:
    """Mail a link to whoever has this address and may enter the tenant's back office.

    None is the platform's. For anybody else the same is done, and nothing is sent. An address
    that had its mails for this hour gets no further one, silently; a client from which its account
    signed in lately has mails of its own. See `mail_limits`.

    Raises RateLimited where this client asked too often.
    """
    email = email.strip().lower()
    asker = {"client_address": client_address}
    asked = PasswordRequest.objects.filter(invited_to=None)
    is_known = is_known_address(email, client_address)
    if not may_have_mail(asked, email=email, asker=asker, is_known=is_known):
        return
    PasswordRequest.objects.create(email=email, client_address=client_address)
    enters = Q(is_superuser=True)
    if tenant:
        enters |= Q(memberships__tenant=tenant)
    known = User.objects.filter(enters, email=email, is_active=True)
    user_id = known.values_list("pk", flat=True).first()
    _mail_later(RESET, user_id, tenant, origin, language)


@transaction.atomic
def count_invitation(*, email: str, tenant: Tenant, client_address: str) -> None:
    """Count an invitation to the tenant before it is sent.

    Raises RateLimited where the shop invited too often, or this address had too many invitations.
    """
    invitations = PasswordRequest.objects.exclude(invited_to=None)
    if not may_have_mail(invitations, email=email, asker={"invited_to": tenant.pk}):
        problem = _("This address was invited too often. Please try again in an hour.")
        raise RateLimited(problem, retry_after=3600)
    PasswordRequest.objects.create(email=email, client_address=client_address, invited_to=tenant.pk)


def mail_invitation(*, user: User, tenant: Tenant, origin: str, language: str) -> None:
    """Mail a new member the way in: to choose a password, or to sign in with the one they have."""
    _mail_later(INVITATION, user.pk, tenant, origin, language)


def _mail_later(
    purpose: str, user_id: Any, tenant: Tenant | None, origin: str, language: str
) -> None:
    # A job also for nobody, so that an answer takes as long for an unknown address. The link is
    # made when it is sent: what waits in the database opens nothing.
    job = app.configure_task("tenants.jobs.mail_password_link")
    job.defer(
        purpose=purpose,
        user_id=str(user_id) if user_id else None,
        tenant_id=str(tenant.pk) if tenant else None,
        origin=origin,
        language=language,
    )


def send_link(
    purpose: str, *, user_id: str, tenant_id: str | None, origin: str, language: str
) -> None:
    """Send the mail of an invitation or a reset, if the user may still enter there."""
    user = User.objects.get(pk=user_id)
    tenant = None
    if tenant_id:
        tenant = Tenant.objects.filter(pk=tenant_id).first()
        if tenant is None:
            return
        origin = origin_of_ours(tenant, origin)
    if not may_enter(user, tenant):
        return
    name = tenant.name if tenant else PLATFORM_NAME
    color = tenant.primary_color if tenant else PLATFORM_COLOR
    with translation.override(language):
        subject, link = _about(purpose, user, name, origin)
        context = {
            "subject": subject,
            "language": language,
            "tenant": tenant,
            "name": name,
            "origin": origin,
            "link": link,
            "has_password": user.has_usable_password(),
            "color": color,
        }
        send_mail(purpose, user.email, context)


def _about(purpose: str, user: User, name: str, origin: str) -> tuple[str, str]:
    """Subject and link of a mail."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    if purpose == RESET:
        token = default_token_generator.make_token(user)
        subject = _("A new password for %(name)s") % {"name": name}
        return subject, f"{origin}/admin/password_reset/{uid}/{token}/"
    subject = _("You now work in %(shop)s") % {"shop": name}
    if user.has_usable_password():
        return subject, f"{origin}/admin/"
    return subject, f"{origin}/admin/invitation/{uid}/{invitation_tokens.make_token(user)}/"
