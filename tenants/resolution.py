"""How a host name or a slug becomes a tenant, without a statement once it is known.

The map is kept in each process, bounded, and cleared when an edit of a tenant or a domain commits
in this process, or when another process is seen to have written a tenant (a domain that is proven
or removed writes its tenant). That is looked for every 10 s, so writes that matter read `active`
again in their own transaction. Hosts that are unknown are kept apart and for 5 s, so that no flood
of made-up names drives out those that are known.
"""

import ipaddress
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_delete, post_save

from tenants.changes import changes
from tenants.models import Domain, Tenant
from tenants.public import in_public

KNOWN_SECONDS = 10.0  # since they were read, or since it was looked whether any was written
MISS_SECONDS = 5.0
MAX_ENTRIES = 5000
_HOST = re.compile(r"(?=.{4,253}\Z)([a-z0-9_-]{1,63}\.)+[a-z][a-z0-9-]{0,62}\Z")

Key = tuple[str, str]
_Entries = OrderedDict[Key, tuple[float, Tenant | None]]


class _TenantMap:
    """A bounded map that several threads share; an entry says when it was begun to be read."""

    def __init__(self) -> None:
        self._known: _Entries = OrderedDict()
        self._unknown: _Entries = OrderedDict()
        self._cleared_at = float("-inf")
        self._lock = threading.Lock()

    def get(self, key: Key, load: Callable[[], Tenant | None]) -> Tenant | None:
        entry, now = self._known.get(key), time.monotonic()
        if entry is None or now - max(entry[0], changes.looked_at) >= KNOWN_SECONDS:
            changes.look(KNOWN_SECONDS)
            entry, now = self._known.get(key), time.monotonic()
        entry = entry or self._unknown.get(key)
        if entry is not None and (entry[1] or now - entry[0] < MISS_SECONDS):
            return entry[1]
        tenant = load()
        with self._lock:
            self._known.pop(key, None)
            self._unknown.pop(key, None)
            # What was read while the map was cleared may be from before what cleared it.
            if now > self._cleared_at:
                entries = self._known if tenant else self._unknown
                entries[key] = (now, tenant)
                while len(entries) > MAX_ENTRIES:
                    entries.popitem(last=False)
        return tenant

    def clear(self) -> None:
        with self._lock:
            self._cleared_at = time.monotonic()
            self._known.clear()
            self._unknown.clear()


_tenants = _TenantMap()


def clear_cache() -> None:
    """Forget every known host and slug of this process."""
    _tenants.clear()


changes.call_when_shops_change(clear_cache)


def normalise_host(host: str) -> str:
    """The host name as it is compared: without port and trailing dot, in lower case."""
    host = host.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].rstrip(".")


def is_platform_host(host: str) -> bool:
    """Whether a normalised host belongs to the platform itself."""
    return host in settings.PLATFORM_HOSTS


def tenant_by_slug(slug: str) -> Tenant | None:
    """The tenant with this slug, active or not."""
    return _tenants.get(
        ("slug", slug), lambda: in_public(lambda: Tenant.objects.filter(slug=slug).first())
    )


def tenant_by_id(tenant_id: UUID) -> Tenant | None:
    """The tenant with this id, active or not."""
    return _tenants.get(
        ("id", str(tenant_id)),
        lambda: in_public(lambda: Tenant.objects.filter(pk=tenant_id).first()),
    )


def tenant_by_host(host: str) -> Tenant | None:
    """The tenant of a normalised host: its slug below the base host, or a proven custom domain."""
    label, dot, parent = host.partition(".")
    if dot and parent == settings.BASE_HOST:
        return tenant_by_slug(label)
    return _tenants.get(("host", host), lambda: in_public(lambda: _by_domain(host)))


def _by_domain(host: str) -> Tenant | None:
    proven = Domain.objects.filter(domain=host, proven_at__isnull=False)
    domain = proven.select_related("tenant").first()
    return domain.tenant if domain else None


def is_served(host: str) -> bool:
    """Whether a normalised host is the platform's or a shop's, and may have a certificate.

    What cannot be a name costs no statement.
    """
    if is_platform_host(host):
        return "." in host and not _is_address(host)
    return bool(_HOST.match(host)) and tenant_by_host(host) is not None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _forget_on_commit(sender: type[Model], **kwargs: object) -> None:
    transaction.on_commit(clear_cache)


def watch_edits() -> None:
    """Clear the map whenever a tenant or a domain was edited in this process."""
    for model in (Tenant, Domain):
        post_save.connect(_forget_on_commit, sender=model, dispatch_uid="tenant_map")
        post_delete.connect(_forget_on_commit, sender=model, dispatch_uid="tenant_map")
