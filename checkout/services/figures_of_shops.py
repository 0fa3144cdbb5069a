"""What the platform knows of its shops in numbers, gathered shop by shop."""

from functools import partial
from typing import Any

from django.db.models import Count, Max
from django.utils import timezone

from catalog.models import Product
from catalog.services.directory import note_whether_it_sells
from checkout.services.sweeping import in_each, tenants_named
from checkout.stripe_inbox.models import StripeEvent
from orders.models import Order, OutboxMessage, Refund
from orders.services.mailing import MOST_ATTEMPTS
from pycommerce.db import connection
from tenants.models import Tenant
from tenants.platform_models import ShopFigures
from tenants.public import in_public
from tenants.shop.models import AuditEntry

_SIZES = """
SELECT n.nspname, sum(pg_total_relation_size(c.oid))::bigint
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname LIKE 't\\_%%'
GROUP BY n.nspname
"""


def gather_figures() -> int:
    """Count every shop anew, for the platform's list of them; returns for how many it was done."""
    tenants = tenants_named()
    sizes, dead_events = _sizes(), _dead_events()
    done = 0
    for tenant, found in in_each(tenants, _figures_of):
        if isinstance(found, Exception):
            continue
        found |= {
            "size": sizes.get(tenant.schema_name, 0),
            "failing_payments": dead_events.get(tenant.pk, 0),
            "gathered_at": timezone.now(),
        }
        done += in_public(partial(_keep, tenant, found))
    return done


def _figures_of(tenant: Tenant) -> dict[str, Any]:
    # Two that publish and withdraw products at once do not see each other's: this one is exact.
    note_whether_it_sells()
    orders = Order.objects.aggregate(count=Count("pk"), last=Max("created_at"))
    by_staff = AuditEntry.objects.exclude(user_id=None)
    changed_at = by_staff.aggregate(last=Max("created_at"))["last"]
    given_up = OutboxMessage.objects.filter(sent_at=None, attempts__gte=MOST_ATTEMPTS)
    moments = [at for at in (orders["last"], changed_at) if at]
    return {
        "products": Product.objects.count(),
        "orders": orders["count"],
        "last_order_at": orders["last"],
        "last_change_at": changed_at,
        "last_activity_at": max(moments, default=None),
        "failing_messages": given_up.count(),
        "failing_refunds": Refund.objects.filter(state=Refund.State.FAILED).count(),
    }


def _keep(tenant: Tenant, found: dict[str, Any]) -> int:
    # A shop that was deleted meanwhile gets none.
    if not Tenant.objects.filter(pk=tenant.pk).exists():
        return 0
    ShopFigures.objects.update_or_create(tenant_id=tenant.pk, defaults=found)
    return 1


def _sizes() -> dict[str, int]:
    """Bytes of the tables of each schema."""
    with connection.cursor() as cursor:
        cursor.execute(_SIZES, [])
        return dict(cursor.fetchall())


def _dead_events() -> dict[Any, int]:
    """Tenant to events of the payment provider that were given up."""
    dead = StripeEvent.objects.filter(state=StripeEvent.State.DEAD).exclude(tenant_id=None)
    counted = dead.order_by().values("tenant_id").annotate(count=Count("pk"))
    return dict(counted.values_list("tenant_id", "count"))
