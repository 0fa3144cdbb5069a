"""The end of a shop with a waiting time: asked for, taken back, and done by a job."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context
from procrastinate.contrib.django import app

from pycommerce.core.errors import Conflict, InvalidRequest
from pycommerce.db import connection
from tenants.errors import TenantNotFound
from tenants.models import Membership, Role, Tenant, User
from tenants.origins import origin_of_ours
from tenants.platform_models import ShopDeletion
from tenants.services.audit import record
from tenants.services.exports import LAST_KEPT_FOR, ask_for_export, finish, new_export, path_of
from tenants.services.lifecycle import delete_tenant, set_active
from tenants.services.mailing import send_mail
from tenants.shop.models import AuditEntry

logger = logging.getLogger(__name__)

# A deletion that began so long ago was cut off, and is begun anew.
BEGIN_ANEW_AFTER = timedelta(hours=6)
# So long before a shop is deleted its owners are told once more; at the earliest half-way.
REMIND_BEFORE = timedelta(days=3)
PLANNED, SOON, TAKEN_BACK = "deletion_planned", "deletion_soon", "deletion_taken_back"


def waiting_time() -> timedelta:
    """How long a shop stays to be taken back."""
    return timedelta(days=settings.DELETION_WAIT_DAYS)


def suspend(tenant: Tenant, *, reason: str, user: User) -> None:
    """Close the shop for a while; its members read the reason in their history.

    One that its owners closed to be deleted stays closed when they take that back. Raises Conflict
    where it is suspended already.
    """
    with transaction.atomic():
        shop = _locked(tenant)
        will_open = ShopDeletion.objects.filter(tenant=shop, was_active=True)
        if not (shop.active or will_open.update(was_active=False)):
            raise Conflict("The shop is closed already.")
        set_active(shop, active=False, reason=reason)
        _write_down(shop, user, {"open": (True, False), "reason": (None, reason)})


def reopen(tenant: Tenant, *, user: User) -> None:
    """Open a suspended shop again. Raises Conflict where it is open, or about to be deleted."""
    with transaction.atomic():
        shop = _locked(tenant)
        if shop.active:
            raise Conflict("The shop is open already.")
        set_active(shop, active=True)
        _write_down(shop, user, {"open": (False, True)})


def plan_deletion(
    tenant: Tenant, *, typed_slug: str, user: User, by_platform: bool, origin: str = ""
) -> ShopDeletion:
    """Close the shop, have it exported, tell its owners, and delete it when the time is over.

    Raises InvalidRequest where the typed slug is another, Conflict where it is planned already.
    """
    if typed_slug.strip() != tenant.slug:
        problem = f"Type {tenant.slug}, the short name of the shop. Nothing was done."
        raise InvalidRequest(problem, fields={"slug": [problem]})
    with transaction.atomic():
        shop = _locked(tenant)
        if ShopDeletion.objects.filter(tenant=shop).exists():
            raise Conflict("The shop is about to be deleted already.")
        deletion = ShopDeletion.objects.create(
            tenant=shop,
            asked_by_name=user.author,
            by_platform=by_platform,
            was_active=shop.active,
            delete_after=timezone.now() + waiting_time(),
        )
        set_active(shop, active=False, reason=shop.closed_reason)
        ask_for_export(shop, by=user.author)
        _write_down(shop, user, {"deletion": (None, deletion.delete_after)})
        _mail_later(PLANNED, shop, origin)
    return deletion


def take_back(tenant: Tenant, *, user: User, by_platform: bool, origin: str = "") -> None:
    """Keep the shop after all, open or suspended as it was before.

    Raises Conflict where nothing is planned, where it has begun, or where the platform planned it
    and somebody of the shop takes it back.
    """
    with transaction.atomic():
        shop = _locked(tenant)
        deletion = ShopDeletion.objects.select_for_update().filter(tenant_id=tenant.pk).first()
        if deletion is None:
            raise Conflict("The shop is not about to be deleted.")
        if deletion.by_platform and not by_platform:
            raise Conflict("The platform closes this shop: only its staff can take that back.")
        if deletion.started_at:
            raise Conflict("The shop is being deleted at this moment.")
        deletion.delete()
        open_again = deletion.was_active
        set_active(shop, active=open_again, reason="" if open_again else shop.closed_reason)
        _write_down(shop, user, {"deletion": (deletion.delete_after, None)})
        _mail_later(TAKEN_BACK, shop, origin)


def remind_owners() -> int:
    """Tell the owners of shops that are deleted soon, once; returns of how many shops.

    A job for each mail waits from the same moment on at which the shop counts as told of.
    """
    connection.set_schema_to_public()
    now = timezone.now()
    waiting = ShopDeletion.objects.filter(
        reminded_at=None,
        started_at=None,
        delete_after__gt=now,
        delete_after__lte=now + REMIND_BEFORE,
    )
    return sum(
        _remind(deletion)
        for deletion in waiting.select_related("tenant")
        if now - deletion.asked_at >= deletion.delete_after - now
    )


@transaction.atomic
def _remind(deletion: ShopDeletion) -> bool:
    mine = ShopDeletion.objects.filter(pk=deletion.pk, reminded_at=None, started_at=None)
    if not mine.update(reminded_at=timezone.now()):
        return False
    _mail_later(SOON, deletion.tenant, "")
    return True


def delete_those_due() -> list[str]:
    """Delete every shop whose waiting time is over; gives the slugs of those that are gone.

    Each is exported once more, as it is at the end, and that file is kept for `LAST_KEPT_FOR`.
    One that fails is tried again the next time, and its page says why.
    """
    connection.set_schema_to_public()
    now = timezone.now()
    due = ShopDeletion.objects.filter(
        Q(started_at=None) | Q(started_at__lt=now - BEGIN_ANEW_AFTER), delete_after__lte=now
    )
    return [deletion.tenant.slug for deletion in due.select_related("tenant") if _delete(deletion)]


def _delete(deletion: ShopDeletion) -> bool:
    mine = ShopDeletion.objects.filter(
        pk=deletion.pk, started_at=deletion.started_at, delete_after__lte=timezone.now()
    )
    # Whoever takes it back at this moment is first, or finds that it has begun.
    if not mine.update(started_at=timezone.now(), problem=""):
        return False
    tenant = deletion.tenant
    export = new_export(tenant, by=deletion.asked_by_name)
    try:
        delete_tenant(tenant, export_to=path_of(export))
    except Exception as error:
        logger.exception("Tenant %s: deletion failed", tenant.pk)
        connection.set_schema_to_public()
        path_of(export).unlink(missing_ok=True)
        export.delete()
        problem = str(error).strip().partition("\n")[0][:500] or type(error).__name__
        ShopDeletion.objects.filter(pk=deletion.pk).update(started_at=None, problem=problem)
        return False
    finish(export, kept_for=LAST_KEPT_FOR)
    return True


def _locked(tenant: Tenant) -> Tenant:
    """Raises TenantNotFound where it was deleted meanwhile."""
    shop = Tenant.objects.select_for_update().filter(pk=tenant.pk).first()
    if shop is None:
        raise TenantNotFound(tenant.slug)
    return shop


def _write_down(tenant: Tenant, user: User, changes: dict[str, tuple[object, object]]) -> None:
    """In the shop's own history, where its members read it."""
    with tenant_context(tenant):
        record(user=user, action=AuditEntry.Action.CHANGE, thing=tenant, changes=changes)


# --- Mails ---------------------------------------------------------------------------------------


def _mail_later(purpose: str, tenant: Tenant, origin: str) -> None:
    """A job for each owner: one that is done again reaches nobody twice."""
    job = app.configure_task("tenants.jobs.mail_owner")
    owners = Membership.objects.filter(tenant=tenant, role=Role.OWNER, user__is_active=True)
    for user_id in owners.values_list("user_id", flat=True):
        job.defer(tenant_id=str(tenant.pk), user_id=str(user_id), purpose=purpose, origin=origin)


def mail_owner(user: User, tenant: Tenant, *, purpose: str, origin: str) -> None:
    """Tell an owner that the shop will be deleted, or soon, or that it stays: if it is true yet."""
    connection.set_schema_to_public()
    deletion = ShopDeletion.objects.filter(tenant=tenant).first()
    if (purpose == TAKEN_BACK) == (deletion is not None):
        return
    origin = origin_of_ours(tenant, origin)
    with translation.override(tenant.language), timezone.override(tenant.time_zone):
        if deletion:
            day = date_format(timezone.localtime(deletion.delete_after), "DATE_FORMAT")
            named = {"shop": tenant.name, "day": day}
            if purpose == SOON:
                subject = _("Reminder: %(shop)s will be deleted on %(day)s") % named
            else:
                subject = _("%(shop)s will be deleted on %(day)s") % named
        else:
            subject = _("%(shop)s will not be deleted") % {"shop": tenant.name}
        context = {
            "subject": subject,
            "language": tenant.language,
            "tenant": tenant,
            "name": tenant.name,
            "origin": origin,
            "link": f"{origin}/admin/tenants/shopdeletion/",
            "deletion": deletion,
            "color": tenant.primary_color,
        }
        send_mail(purpose, user.email, context)
