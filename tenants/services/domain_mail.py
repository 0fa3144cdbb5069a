"""What a shop's owners are told about its domains while nobody looks at the page."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tenants.models import Domain, Role, User
from tenants.origins import shop_origin
from tenants.services.mailing import send_mail

UNPROVEN_FOR = timedelta(days=7)
# A record that is gone is looked for once more before anybody is troubled.
MISSING_FOR = timedelta(days=1)


def tell_owners() -> int:
    """Write of domains that wait for a week, whose proof is gone, or that went to another shop.

    Once of each; returns how many.
    """
    now = timezone.now()
    waiting = Q(proven_at=None, created_at__lt=now - UNPROVEN_FOR)
    missing = Q(proven_at__isnull=False, missing_since__lt=now - MISSING_FOR)
    wrong = waiting | missing | Q(lost_at__isnull=False)
    found = Domain.objects.filter(wrong, told_at=None, is_vouched=False)
    domains = list(found.select_related("tenant").order_by("pk"))
    for domain in domains:
        tell(domain)
        Domain.objects.filter(pk=domain.pk).update(told_at=now)
    return len(domains)


def tell(domain: Domain) -> None:
    """A mail to each owner of the shop, in its language, of how the domain is now."""
    tenant = domain.tenant
    # Never by the domain itself: nobody knows yet, or any more, where it leads.
    origin = shop_origin(tenant, host=tenant.default_host)
    owners = User.objects.filter(memberships__tenant=tenant, memberships__role=Role.OWNER)
    with translation.override(tenant.language):
        subject, text = _words(domain)
        context = {
            "subject": subject,
            "text": text,
            "domain": domain,
            "language": tenant.language,
            "tenant": tenant,
            "name": tenant.name,
            "origin": origin,
            "link": f"{origin}/admin/tenants/domain/{domain.pk}/change/",
            "color": tenant.primary_color,
        }
        for owner in owners.filter(is_active=True).order_by("email"):
            send_mail("domain", owner.email, context)


def _words(domain: Domain) -> tuple[str, str]:
    """Subject and text."""
    name = {"domain": domain.shown}
    if domain.lost_at:
        return _("%(domain)s belongs to another shop now") % name, _(
            "Its DNS record names another shop, and yours is gone: your shop does not answer there "
            "any more. If the domain is yours, set your record, and then check it."
        )
    if not domain.is_proven:
        return _("%(domain)s is not connected yet") % name, _(
            "You added this domain to your shop, and the DNS record that proves it has not been "
            "found yet. The shop does not answer there before it is."
        )
    if domain.missing_since:
        return _("The proof of %(domain)s is gone") % name, _(
            "The DNS record that proves this domain is not there any more. Your shop goes on "
            "answering there. Set the record again, so that nobody else can prove the domain."
        )
    return _("%(domain)s is connected") % name, _(
        "The DNS record was found: your shop answers at this domain as soon as it leads here."
    )


def is_news(before: datetime | None, domain: Domain | None) -> bool:
    """Whether the worker's check proved what was not proven before."""
    return before is None and domain is not None and domain.is_proven
