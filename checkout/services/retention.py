"""What a shop no longer keeps: people who bought long ago, old history, abandoned carts.

Orders are business records: their numbers, dates, lines, amounts, payments and refunds stay
whatever the times are; only who bought leaves them.
"""

import logging
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from checkout.models import Cart
from checkout.services.erasing import erase_person
from orders.errors import IllegalTransition
from orders.models import Customer, Order
from pycommerce.core.errors import NotFound
from pycommerce.db.batches import delete_in_batches
from pycommerce.db.retrying import once_more
from tenants.shop.models import AuditEntry, RetentionTimes, retention_times

logger = logging.getLogger(__name__)

# So many people of a shop are erased in one night, each in a transaction of their own.
MOST_PEOPLE = 2_000
_AT_ONCE = 200
A_YEAR = timedelta(days=365.25)


@dataclass(slots=True)
class Forgotten:
    """How much went; `waiting` people have an order that still needs them."""

    people: int = 0
    waiting: int = 0
    history: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def quiet_since(times: RetentionTimes) -> datetime | None:
    """People who ordered nothing from this moment on are erased; None: nobody is."""
    if times.customers_years is None:
        return None
    return timezone.now() - times.customers_years * A_YEAR


def quiet_people(since: datetime) -> QuerySet[Customer]:
    """The customers whose last order is older."""
    later = Order.objects.filter(customer=OuterRef("pk"), created_at__gte=since)
    return Customer.objects.filter(~Exists(later), created_at__lt=since)


def keep_retention_times() -> Forgotten:
    """Erase and delete what the selected shop's times for people and history leave."""
    times, forgotten = retention_times(), Forgotten()
    if times.history_months is not None:
        over = timezone.now() - times.history_months * A_YEAR / 12
        forgotten.history = delete_in_batches(AuditEntry.objects.filter(created_at__lt=over))
    if since := quiet_since(times):
        _erase_quiet_people(since, forgotten)
    return forgotten


def forget_old_carts() -> int:
    """Delete the selected shop's abandoned carts; returns how many."""
    over = timezone.now() - timedelta(days=retention_times().carts_days)
    return delete_in_batches(Cart.objects.filter(updated_at__lt=over))


def _erase_quiet_people(since: datetime, forgotten: Forgotten) -> None:
    people, last = quiet_people(since).order_by("pk"), None
    while forgotten.people < MOST_PEOPLE:
        ahead = people if last is None else people.filter(pk__gt=last)
        ids = list(ahead.values_list("pk", flat=True)[:_AT_ONCE])
        if not ids:
            return
        last = ids[-1]
        for customer_id in ids[: MOST_PEOPLE - forgotten.people]:
            try:
                once_more(partial(erase_person, customer_id, user=None, quiet_since=since))
                forgotten.people += 1
            except (IllegalTransition, NotFound):
                forgotten.waiting += 1
