"""Mails that tell somebody what was done to their account, whoever did it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django import app

from tenants.models import Tenant, User
from tenants.origins import base_origin, origin_of_ours
from tenants.public import in_public
from tenants.services.mailing import PLATFORM_COLOR, PLATFORM_NAME, send_mail


class Deed(models.TextChoices):
    """What was done."""

    FACTOR_ON = "factor_on"
    FACTOR_OFF = "factor_off"
    FACTOR_RESET = "factor_reset"
    NEW_CODES = "new_codes"
    PASSWORD = "password"  # noqa: S105
    PASSWORD_SET = "password_set"  # noqa: S105
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Scene:
    """Where it was done: in which back office (None is the platform's), and from which address.

    Nothing of it is known of what the platform's staff or a command did.
    """

    tenant: Tenant | None = None
    origin: str = ""
    client_address: str = ""


# Subject, and what is true now.
_WORDS: dict[Deed, tuple[str | Promise, str | Promise]] = {
    Deed.FACTOR_ON: (
        gettext_lazy("Your second factor is on"),
        gettext_lazy("Signing in asks for a code as well now, after your password."),
    ),
    Deed.FACTOR_OFF: (
        gettext_lazy("Your second factor is off"),
        gettext_lazy("Your password alone lets you in now."),
    ),
    Deed.FACTOR_RESET: (
        gettext_lazy("Your second factor was reset"),
        gettext_lazy(
            "Those who run the platform turned it off. Your password alone lets you in now."
        ),
    ),
    Deed.NEW_CODES: (
        gettext_lazy("You have new recovery codes"),
        gettext_lazy("New recovery codes were made. Those from before do not work any more."),
    ),
    Deed.PASSWORD: (
        gettext_lazy("Your password was changed"),
        gettext_lazy("Whoever was signed in with the old one is signed out."),
    ),
    Deed.PASSWORD_SET: (
        gettext_lazy("Your password was changed"),
        gettext_lazy(
            "Those who run the platform changed it. Whoever was signed in with the old one is "
            "signed out."
        ),
    ),
    Deed.EMAIL: (
        gettext_lazy("Your e-mail address was changed"),
        gettext_lazy(
            "Those who run the platform changed the address that you sign in with. Your password "
            "is the same."
        ),
    ),
}


def tell_owner(user: User, deed: Deed, scene: Scene | None = None, *, to: str = "") -> None:
    """Mail it to the user, or to the address that was theirs; sent once the transaction commits."""
    scene = scene or Scene()
    app.configure_task("tenants.jobs.mail_deed").defer(
        user_id=str(user.pk),
        to=to or user.email,
        deed=deed.value,
        at=timezone.now().isoformat(),
        tenant_id=str(scene.tenant.pk) if scene.tenant else None,
        origin=scene.origin,
        client_address=scene.client_address,
    )


def send_deed(
    user_id: UUID,
    *,
    to: str,
    deed: Deed,
    at: datetime,
    tenant_id: UUID | None,
    origin: str,
    client_address: str,
) -> None:
    """Send the mail, in the language and by the clocks of a shop where the user works."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        return
    tenant = _home_of(user, tenant_id)
    if tenant:
        origin = origin_of_ours(tenant, origin if tenant.pk == tenant_id else "")
    else:
        origin = origin or base_origin()
    can_reset = deed != Deed.EMAIL and (tenant is not None or user.is_superuser)
    language = tenant.language if tenant else settings.LANGUAGE_CODE
    zone = tenant.time_zone if tenant else "UTC"
    with translation.override(language), timezone.override(zone):
        subject, text = _WORDS[deed]
        context = {
            "subject": str(subject),
            "text": text,
            "when": f"{date_format(timezone.localtime(at), 'DATETIME_FORMAT')} ({zone})",
            "client_address": client_address,
            "email": user.email,
            "language": language,
            "tenant": tenant,
            "name": tenant.name if tenant else PLATFORM_NAME,
            "color": tenant.primary_color if tenant else PLATFORM_COLOR,
            "origin": origin,
            "link": f"{origin}/admin/password_reset/" if can_reset else "",
            "button": _("Choose a new password"),
        }
        send_mail("deed", to, context)


def _home_of(user: User, tenant_id: UUID | None) -> Tenant | None:
    """The shop in whose name the mail is written: where it was done, else one where they work."""
    shops = Tenant.objects.filter(memberships__user=user).order_by("memberships__created_at", "pk")
    here = in_public(lambda: Tenant.objects.filter(pk=tenant_id).first())
    if here or user.is_superuser:
        return here
    return in_public(shops.first)
