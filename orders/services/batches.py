"""Discount codes by the thousand: made together, and switched off together."""

import secrets
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from orders.models import Discount, DiscountBatch, OrderSettings
from pycommerce.core.errors import wrong_field
from tenants.services.audit import Person, record
from tenants.shop.models import AuditEntry

MOST_CODES = 10_000
# Without letters and digits that look or sound like others on paper: 0 O, 1 I L.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
MOST_RANDOM = 20
# So many guesses find one code of a batch, at least.
GUESSES = 1_000_000
_AT_ONCE = 2_000


def shortest(count: int) -> int:
    """How many random characters codes need, that of so many none is guessed."""
    length = 1
    while len(ALPHABET) ** length < count * GUESSES:
        length += 1
    return length


@transaction.atomic
def make_batch(
    *,
    name: str,
    prefix: str,
    count: int,
    length: int,
    terms: Mapping[str, Any],
    user: Person | None,
) -> DiscountBatch:
    """Make `count` codes of `length` random characters after the prefix, each with these terms.

    `terms` are fields of Discount. Raises InvalidRequest naming `name`, `count` or `length`.
    """
    if not 1 <= count <= MOST_CODES:
        raise wrong_field("count", f"Between 1 and {MOST_CODES:,} codes are made at once.")
    if not shortest(count) <= length <= MOST_RANDOM:
        raise wrong_field(
            "length", f"Between {shortest(count)} and {MOST_RANDOM}: shorter ones can be guessed."
        )
    # One batch at a time: two that hit upon the same codes would wait for each other.
    OrderSettings.objects.select_for_update().get()
    try:
        with transaction.atomic():
            batch = DiscountBatch.objects.create(name=name)
    except IntegrityError as error:
        raise wrong_field("name", "A batch of this name is there already.") from error
    missing = count
    while missing:
        codes = {prefix + _random(length) for _ in range(missing)}
        # What another code is called already is left out, and made up for.
        Discount.objects.bulk_create(
            [Discount(code=code, batch=batch, **terms) for code in codes],
            batch_size=_AT_ONCE,
            ignore_conflicts=True,
        )
        missing = count - batch.codes.count()
    made = {"codes": (None, count), **{field: (None, value) for field, value in terms.items()}}
    record(user=user, action=AuditEntry.Action.CREATE, thing=batch, changes=made)
    return batch


@transaction.atomic
def switch_batch(batch: DiscountBatch, *, active: bool, user: Person | None) -> int:
    """Let all codes of a batch count, or none; returns how many that changed."""
    changed = batch.codes.exclude(active=active).update(active=active)
    if changed:
        record(
            user=user,
            action=AuditEntry.Action.CHANGE,
            thing=batch,
            changes={"active": (not active, active), "codes": (None, changed)},
        )
    return changed


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
