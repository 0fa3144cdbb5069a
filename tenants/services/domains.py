"""Custom hosts of shops: claimed, proven by a DNS record, then served; or entered by the platform.

Whatever changes which hosts a shop has also touches the shop's row, by which other processes
notice it (tenants/versions.py), at the latest when what they keep of a host has expired.
"""

import logging
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django_tenants.utils import tenant_context

from pycommerce.core.errors import InvalidRequest
from tenants.errors import HostTaken
from tenants.models import Domain, Tenant, new_challenge
from tenants.public import in_public
from tenants.services.audit import Person, record
from tenants.services.naming import clean_host
from tenants.services.records import Outcome, Texts, texts_of
from tenants.shop.models import AuditEntry

logger = logging.getLogger(__name__)

MOST_DOMAINS = 20
# Asked again sooner, the last answer stands: name servers are not to be pestered.
ASK_AGAIN_AFTER = timedelta(seconds=5)
# How long the worker looks for the record of a claim: often, then every hour, then not at all.
OFTEN_FOR, OFTEN_EVERY = timedelta(days=1), timedelta(minutes=10)
LOOKED_FOR, LOOK_EVERY = timedelta(days=30), timedelta(hours=1)
PROOF_LOOKED_AT_EVERY = timedelta(days=1)


def _lock(tenant: Tenant) -> Tenant:
    """The shop's row, locked: always before those of its hosts."""
    return Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)


def _touch(tenant: Tenant) -> None:
    """Have every process read the shop and its hosts again."""
    in_public(lambda: tenant.save(update_fields=["updated_at"]))


def _proven_elsewhere(tenant: Tenant, host: str) -> QuerySet[Domain]:
    return Domain.objects.filter(domain=host, proven_at__isnull=False).exclude(tenant=tenant)


# --- The shop's ----------------------------------------------------------------------------------


@transaction.atomic
def claim_domain(tenant: Tenant, host: str, user: Person) -> Domain:
    """A host that the shop wants to have: it serves nothing before its record is seen.

    Raises InvalidRequest naming `domain`, or HostTaken where a shop has proven it.
    """
    host = clean_host(host)
    tenant = _lock(tenant)
    mine = Domain.objects.filter(tenant=tenant)
    if mine.filter(domain=host).exists():
        raise HostTaken("It stands in this shop's list already.")
    # One whose record is gone may have a new owner, who proves it here.
    if _proven_elsewhere(tenant, host).filter(missing_since=None).exists():
        raise HostTaken(f"{host} belongs to another shop here.")
    if mine.count() >= MOST_DOMAINS:
        problem = f"A shop has at most {MOST_DOMAINS} domains: remove one first."
        raise InvalidRequest(problem, fields={"domain": [problem]})
    domain = Domain.objects.create(tenant=tenant, domain=host)
    record(user=user, action=AuditEntry.Action.CREATE, thing=domain)
    logger.info("Tenant %s claims domain %s", tenant.pk, domain.pk)
    return domain


def check_domain(domain: Domain) -> Domain | None:
    """Look for the record of a shop's host, and book what was seen.

    A host that was proven stays so when its record is gone. Returns the row as it is now, or None
    where it was removed meanwhile. Asks the name servers: never call it inside a transaction.
    """
    if domain.checked_at and domain.checked_at > timezone.now() - ASK_AGAIN_AFTER:
        return domain
    texts = texts_of(domain.record_name)
    try:
        return _book(domain, texts)
    except IntegrityError:
        # The platform gave it to another shop at this very moment, which is seen now.
        return _book(domain, texts)


@transaction.atomic
def _book(asked: Domain, texts: Texts) -> Domain | None:
    shops = Tenant.objects.select_for_update(no_key=True)
    locked = {
        each.pk: each
        for each in shops.filter(
            Exists(Domain.objects.filter(tenant=OuterRef("pk"), domain=asked.domain))
        ).order_by("pk")
    }
    claims = Domain.objects.select_for_update().filter(domain=asked.domain, tenant__in=locked)
    rows = {each.pk: each for each in claims.order_by("pk")}
    domain = rows.pop(asked.pk, None)
    if domain is None:
        return None
    domain.checked_at, domain.seen = timezone.now(), texts.words
    if domain.challenge in texts.values:
        domain.missing_since = None
        domain.seen = "The TXT record is right."
        if not domain.is_proven:
            _prove(domain, list(rows.values()), texts)
    else:
        if texts.outcome is Outcome.FOUND:
            domain.seen = f"{texts.words} None of it is the value asked for."[:500]
        if domain.is_proven and texts.outcome is not Outcome.UNKNOWN:
            domain.missing_since = domain.missing_since or domain.checked_at
    if domain.missing_since is None and domain.is_proven:
        domain.told_at = None
    domain.save()
    return domain


def _prove(domain: Domain, others: list[Domain], texts: Texts) -> None:
    """The record is right: the shop has the host, unless another's right to it stands."""
    holder = next((each for each in others if each.is_proven), None)
    if holder and (holder.is_vouched or holder.challenge in texts.values):
        domain.seen = (
            "The TXT record is right, but another shop here has proven this name. Remove its "
            "record too, or ask the platform."
        )
        return
    if holder:
        _lose(holder)
    domain.proven_at, domain.lost_at = domain.checked_at, None
    _touch(domain.tenant)
    with tenant_context(domain.tenant):
        changes = {"state": ("waiting", "proven")}
        record(user=None, action=AuditEntry.Action.CHANGE, thing=domain, changes=changes)
    logger.info("Tenant %s has proven domain %s", domain.tenant_id, domain.pk)


def _lose(holder: Domain) -> None:
    """Another shop has the record now, and this one's is gone."""
    holder.proven_at = holder.missing_since = holder.told_at = None
    holder.is_primary, holder.challenge = False, new_challenge()
    holder.lost_at = timezone.now()
    holder.seen = "Another shop here has proven this name, whose record says so."
    holder.save()
    _touch(holder.tenant)
    with tenant_context(holder.tenant):
        changes = {"state": ("proven", "waiting: another shop has proven the name")}
        record(user=None, action=AuditEntry.Action.CHANGE, thing=holder, changes=changes)
    logger.warning("Tenant %s lost domain %s", holder.tenant_id, holder.pk)


@transaction.atomic
def make_primary(tenant: Tenant, domain: Domain | None, user: Person | None = None) -> None:
    """Let the shop's links lead to this host of its own; None: to its slug below the base host.

    Raises InvalidRequest for one that is not proven.
    """
    tenant = _lock(tenant)
    mine = Domain.objects.select_for_update().filter(tenant=tenant)
    wanted = mine.get(pk=domain.pk) if domain else None
    if wanted and not wanted.is_proven:
        problem = "It is not proven yet."
        raise InvalidRequest(problem, fields={"domain": [problem]})
    before = mine.filter(is_primary=True).first()
    if before == wanted:
        return
    mine.filter(is_primary=True).update(is_primary=False)
    if wanted:
        wanted.is_primary = True
        wanted.save(update_fields=["is_primary"])
    _touch(tenant)
    if user:
        names = tuple(each.shown if each else tenant.default_host for each in (before, wanted))
        changes = {"main address": (names[0], names[1])}
        thing = wanted or before
        if thing:
            record(user=user, action=AuditEntry.Action.CHANGE, thing=thing, changes=changes)


@transaction.atomic
def remove_domain(domain: Domain, user: Person) -> None:
    """Stop serving at a host, and forget the claim to it."""
    tenant = _lock(domain.tenant)
    record(user=user, action=AuditEntry.Action.DELETE, thing=domain)
    domain.delete()
    _touch(tenant)


# --- The platform's ------------------------------------------------------------------------------


@transaction.atomic
def add_domain(tenant: Tenant, host: str, *, is_primary: bool = False) -> Domain:
    """Let the tenant answer at a custom host, for whose owner the platform vouches.

    Raises InvalidRequest, or HostTaken when a tenant has the host already.
    """
    host = clean_host(host)
    tenant = _lock(tenant)
    domain = Domain.objects.filter(tenant=tenant, domain=host).first()
    if domain is not None and domain.is_proven:
        raise HostTaken(f"The domain '{host}' belongs to this shop already.")
    domain = domain or Domain(tenant=tenant, domain=host)
    vouch(domain)
    try:
        with transaction.atomic():
            domain.save()
    except IntegrityError as error:
        raise HostTaken(f"The domain '{host}' belongs to a shop already.") from error
    if is_primary:
        make_primary(tenant, domain)
        domain.is_primary = True
    return domain


def vouch(domain: Domain) -> None:
    """The platform knows whose the host is; the caller saves."""
    domain.is_vouched, domain.proven_at = True, domain.proven_at or timezone.now()
    domain.missing_since = domain.lost_at = domain.told_at = None


def restore_domain(
    tenant: Tenant,
    *,
    domain: str,
    is_primary: bool,
    is_proven: bool = True,
    is_vouched: bool = True,
    challenge: str = "",
) -> None:
    """A host of a shop's archive: as it was, where none else has it. Raises HostTaken."""
    if _proven_elsewhere(tenant, domain).exists():
        raise HostTaken(f"The domain '{domain}' belongs to a shop already.")
    made = Domain.objects.create(
        tenant=tenant,
        domain=clean_host(domain),
        challenge=challenge or new_challenge(),
        is_vouched=is_vouched,
        proven_at=timezone.now() if is_proven else None,
    )
    if is_primary:
        make_primary(tenant, made)


# --- The worker's --------------------------------------------------------------------------------


def domains_to_check(limit: int) -> list[Domain]:
    """Whose record should be looked for now, those that waited longest first."""
    now = timezone.now()
    fresh = Q(created_at__gt=now - OFTEN_FOR, checked_at__lt=now - OFTEN_EVERY)
    waiting = Q(created_at__gt=now - LOOKED_FOR, checked_at__lt=now - LOOK_EVERY)
    proven = Q(proven_at__isnull=False, checked_at__lt=now - PROOF_LOOKED_AT_EVERY)
    unproven = Q(proven_at=None) & (Q(checked_at=None) | fresh | waiting)
    due = Domain.objects.filter(unproven | proven, is_vouched=False)
    return list(due.select_related("tenant").order_by("checked_at", "pk")[:limit])
