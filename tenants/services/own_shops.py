"""Where somebody signs in: a shop by what they write of its address, and their shops by mail."""

import re
from typing import Any
from urllib.parse import urlsplit

import idna
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from tenants.models import PasswordRequest, Tenant, User
from tenants.origins import shop_origin
from tenants.resolution import is_platform_host, normalise_host, tenant_by_host, tenant_by_slug
from tenants.services.mail_limits import may_have_mail
from tenants.services.mailing import PLATFORM_COLOR, PLATFORM_NAME, send_mail
from tenants.services.signing_in import is_known_address


def shop_at(written: str) -> Tenant | None:
    """The shop that is meant: by its slug, its host, or the whole address of a page of it."""
    address = written.strip().lower()
    address = re.sub(r"^[a-z]+://", "", address)
    host, *parts = re.split(r"[/?#]", address)
    host = normalise_host(host)
    if is_platform_host(host):
        return tenant_by_slug(parts[1]) if parts[:1] == ["stores"] and len(parts) > 1 else None
    if "." not in host:
        return tenant_by_slug(host)
    try:
        return tenant_by_host(idna.encode(host, uts46=True).decode("ascii"))
    except idna.IDNAError:
        return None


@transaction.atomic
def ask_for_shops(*, email: str, client_address: str, origin: str, language: str) -> None:
    """Mail whoever has this address which shops they work in, and where they sign in there.

    For an address that nobody here has the same is done, and nothing is sent. Counted together
    with the links to choose a password: see `mail_limits`.

    Raises RateLimited where this client asked too often.
    """
    email = email.strip().lower()
    asker = {"client_address": client_address}
    asked = PasswordRequest.objects.filter(invited_to=None)
    is_known = is_known_address(email, client_address)
    if not may_have_mail(asked, email=email, asker=asker, is_known=is_known):
        return
    PasswordRequest.objects.create(email=email, client_address=client_address)
    user_id = User.objects.filter(email=email, is_active=True).values_list("pk", flat=True).first()
    # A job also for nobody, so that an answer takes as long.
    job = app.configure_task("tenants.jobs.mail_shops")
    job.defer(user_id=str(user_id) if user_id else None, origin=origin, language=language)


def send_shops(user_id: str, *, origin: str, language: str) -> None:
    """Send the mail, if the user works anywhere by then."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    doors = _doors(user, origin) if user else []
    if user is None or not doors:
        return
    with translation.override(language):
        context: dict[str, Any] = {
            "subject": _("Where you sign in"),
            "language": language,
            "name": PLATFORM_NAME,
            "color": PLATFORM_COLOR,
            "origin": origin,
            "doors": doors,
        }
        send_mail("own_shops", user.email, context)


def _doors(user: User, origin: str) -> list[tuple[str, str]]:
    """Name and address of each back office, on hosts of the installation alone."""
    port = str(urlsplit(origin).port or "")
    shops = Tenant.objects.filter(memberships__user=user).order_by("name", "id")
    doors = [
        (shop.name, f"{shop_origin(shop, host=shop.default_host, port=port)}/admin/")
        for shop in shops
    ]
    return [*doors, (PLATFORM_NAME, f"{origin}/admin/")] if user.is_superuser else doors
