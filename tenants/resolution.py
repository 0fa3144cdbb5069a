"""How a host name or a slug becomes a tenant, without a statement once it is known.

The map is kept in each process, bounded and short-lived (hits 10 s, misses 5 s), and cleared when
an edit of a tenant or a domain commits in this process. Other processes may be stale for 10 s, so
writes that matter read `active` again in their own transaction. Hosts that are unknown are kept
apart, so that no flood of made-up names drives out those that are known.
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

from tenants.models import Domain, Tenant
from tenants.public import in_public

HIT_SECONDS = 10.0
MISS_SECONDS = 5.0
MAX_ENTRIES = 5000
_HOST = re.compile(r"(?=.{4,253}\Z)([a-z0-9_-]{1,63}\.)+[a-z][a-z0-9-]{0,62}\Z")

Key = tuple[str, str]
_Entries = OrderedDict[Key, tuple[float, Tenant | None]]


class _TenantMap:
    """A bounded map with expiry that several threads share."""

    def __init__(self) -> None:
        self._known: _Entries = OrderedDict()
        self._unknown: _Entries = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key, load: Callable[[], Tenant | None]) -> Tenant | None:
        now = time.monotonic()
        entry = self._known.get(key) or self._unknown.get(key)
        if entry is not None and entry[0] > now:
            return entry[1]
        tenant = load()
        with self._lock:
            self._known.pop(key, None)
            self._unknown.pop(key, None)
            entries = self._known if tenant else self._unknown
            entries[key] = (now + (HIT_SECONDS if tenant else MISS_SECONDS), tenant)
            while len(entries) > MAX_ENTRIES:
                entries.popitem(last=False)
        return tenant

    def clear(self) -> None:
        with self._lock:
            self._known.clear()
            self._unknown.clear()


_tenants = _TenantMap()


def clear_cache() -> None:
    """Forget every known host and slug of this process."""
    _tenants.clear()


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
