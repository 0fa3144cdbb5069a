"""Where a shop's payments go: its account at the payment provider."""

import logging
from collections.abc import Callable

from django.db import transaction
from django_tenants.utils import tenant_context

from pycommerce.core.errors import wrong_field
from pycommerce.db import connection
from tenants.models import Membership, Role, Tenant, User
from tenants.public import in_public
from tenants.services.audit import record
from tenants.shop.models import AuditEntry

logger = logging.getLogger(__name__)

# Asked of a new account: gives a sentence on how it is, or raises a refusal naming
# `stripe_account`. The app that speaks to the provider appends itself.
account_checks: list[Callable[[str], str]] = []


def check_account(account: str) -> str:
    """What the provider says of an account, in a sentence; "" where nobody can be asked.

    Raises InvalidRequest naming `stripe_account` for one that cannot be used, or where the
    provider does not answer: the shop keeps the account that it has, which goes on working.
    Never called inside a transaction.
    """
    return " ".join(words for check in account_checks if account and (words := check(account)))


def refuse_anothers(tenant: Tenant, account: str, user: User) -> None:
    """Owners set no account that belongs to a shop of others: its payments would go there.

    Raises InvalidRequest naming `stripe_account`.
    """
    owned = Membership.objects.filter(user=user, role=Role.OWNER).values("tenant")
    others = Tenant.objects.filter(stripe_account=account).exclude(pk=tenant.pk)
    if account and in_public(others.exclude(pk__in=owned).exists):
        raise wrong_field("stripe_account", "This account belongs to another shop here.")


@transaction.atomic
def change_account(tenant: Tenant, account: str, user: User) -> bool:
    """Let payments that begin from now on go to this account ("" for the platform's own).

    Those that began before are settled and refunded where they were made. Returns whether it is
    another one than before. Raises as `refuse_anothers`.
    """
    # Of two shops that take an account at once, the second finds that the first has it: no
    # constraint says so, since who owns both shops may set it in both.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"account {account}"])
    refuse_anothers(tenant, account, user)
    row = in_public(lambda: Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk))
    before = row.stripe_account
    if before == account:
        return False
    row.stripe_account = account
    in_public(lambda: row.save(update_fields=["stripe_account", "updated_at"]))
    note_account(row, before, account, user)
    return True


def note_account(tenant: Tenant, before: str, after: str, user: User) -> None:
    """Write the change into the shop's own history."""
    changes = {"stripe_account": (before or None, after or None)}
    with tenant_context(tenant):
        record(user=user, action=AuditEntry.Action.CHANGE, thing=tenant, changes=changes)
    logger.info("Tenant %s: payments go to another account", tenant.pk)
