"""The mail that tells somebody how the list ended that they asked for."""

from uuid import UUID

from django.utils import timezone, translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from pycommerce.db import connection
from tenants.backends import rights_in
from tenants.models import User
from tenants.origins import origin_of_ours
from tenants.roles import Right
from tenants.services.mailing import send_mail
from tenants.shop.models import ListExport

State = ListExport.State


def tell_of_export(export_id: UUID, *, origin: str) -> None:
    """Write to who asked, in the shop's language, while they may still have it.

    Nothing is sent of an export that has neither succeeded nor failed.
    """
    export = ListExport.objects.filter(pk=export_id, state__in=[State.READY, State.FAILED]).first()
    user = User.objects.filter(pk=export.user_id).first() if export else None
    tenant = connection.tenant
    if export is None or user is None or Right.EXPORT not in rights_in(user, tenant):
        return
    origin = origin_of_ours(tenant, origin)
    with translation.override(tenant.language), timezone.override(tenant.time_zone):
        subject, text = _words(export)
        context = {
            "subject": subject,
            "text": text,
            "language": tenant.language,
            "tenant": tenant,
            "name": tenant.name,
            "origin": origin,
            "link": f"{origin}/admin/shop/listexport/{export.pk}/change/",
            "color": tenant.primary_color,
        }
        send_mail("list_export", user.email, context)


def _words(export: ListExport) -> tuple[str, str]:
    """Subject and text."""
    name = {"file": export.file_name}
    if export.state == State.FAILED:
        return _("%(file)s could not be written") % name, _(
            "The list that you exported could not be written. Its page says why, and there you can "
            "try again."
        )
    until = timezone.localtime(export.expires_at)
    values = {"count": number_format(export.total, force_grouping=True)}
    return _("%(file)s is ready") % name, _(
        "The list that you exported is written, with %(count)s entries. Sign in to download it, "
        "until %(until)s."
    ) % {**values, "until": date_format(until, "DATETIME_FORMAT")}
